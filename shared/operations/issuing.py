"""Passwords and ``.qwc`` files: made once, shown once; links to the files; locks of sign-in.

Files, store and audit trail change together or not at all: a file that was written goes back when
the store cannot commit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

import platformdirs

from shared import dates
from shared.errors import CannotBeMeant, NotPossible, StoreError
from shared.files import all_or_nothing
from shared.models import connections, downloads, installation
from shared.models.applications import (
    application_by_username,
    renew_ids,
    set_password,
    slug,
    unlock,
)
from shared.operations.connections import AddPlan, layout_needs
from shared.operations.deciding import Need, Operator, Outcome, Plan
from shared.operations.describe import issuing as describe
from shared.operations.describe.connections import rows
from shared.operations.which import Which
from shared.operations.which import connection as chosen
from shared.passwords import generate_password, hash_password, proof_of
from shared.qwc import QwcRefused, build_qwc, file_name, shared_values
from shared.rules.operators import Role
from shared.rules.values import Application, ApplicationKind, Connection, Layout
from shared.structs import Value, replace

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.settings import Settings

REPLACES_PASSWORD = "replaces-password"  # noqa: S105 - a code
RENEWS_IDS = "renews-ids"

_LAYOUT_OF = {
    "invoice": Layout.TWO,
    "payment": Layout.TWO,
    "both": Layout.TWO,
    "combined": Layout.COMBINED,
}
_SQLITE = "sqlite:///"


class FileInTheWay(StoreError):
    """Something else has the name under which a file of ours should be written."""


class IssuedFile(Value):
    """One ``.qwc`` file on the disk and the application it describes."""

    application: Application
    path: Annotated[Path, "absolute path of the file"]


class Issued(Outcome, kw_only=True):
    """Files and a fresh password with what it opens. The password is kept nowhere else.

    ``password`` is empty where the present one stays. ``replaced`` tells that an earlier password
    of these applications stopped working, ``relaid`` that the layout of the connection changed,
    ``renewed`` that the files have new IDs.
    """

    HIDDEN: ClassVar = ("password",)

    connection: Connection
    applications: Annotated[Sequence[Application], "what it gives access to"]
    password: Annotated[str, "the new password; it cannot be read again"]
    files: Annotated[Sequence[IssuedFile], "the files"] = ()
    replaced: bool = False
    relaid: bool = False
    renewed: bool = False

    @property
    def new_password(
        self,
    ) -> Annotated[
        str | None, "the new password; it cannot be read again; null with --keep-password"
    ]:
        """The password; None where the present one stays."""
        return self.password or None

    @property
    def steps(self) -> list[str]:
        """What the bookkeeper has to do, in order."""
        if not self.files:
            return describe.password_steps(self.applications)
        return describe.file_steps(
            self.connection,
            self.applications,
            [file.path.name for file in self.files],
            with_password=bool(self.password),
            renewed=self.renewed,
        )


class _Fresh(Value):
    """What is made before the transaction, since hashing is slow on purpose."""

    HIDDEN: ClassVar = ("password", "password_hash")

    password: str
    password_hash: str
    put: Callable[[str, bytes], Path] | None


class IssuePlan(Plan[Issued], kw_only=True):
    """Files, a password, or both, for the applications of a connection.

    ``app`` is ``invoice``, ``payment``, ``both``, ``combined``, or empty for all that the layout
    has. ``folder`` is None where no files are written, ``adding`` a connection that is made first.
    """

    HIDDEN: ClassVar = ("fresh",)
    NOT_COMPARED: ClassVar = ("fresh",)

    role = Role.MANAGE
    connection_id: int | None
    app: str = ""
    folder: Path | None = None
    settings: Settings | None = None
    renew_ids: bool = False
    keep_password: bool = False
    adding: AddPlan | None = None
    fresh: _Fresh | None = None

    @property
    def everywhere(self) -> bool:
        return self.adding is not None

    def again(self, store: Store) -> IssuePlan:
        if self.adding is not None and self.settings and self.folder:
            return plan_set_up(store, self.settings, self.adding.again(store), self.folder)
        if self.folder is None or self.settings is None:
            return plan_rotation(store, self.connection_id, app=self.app)
        return plan_files(
            store,
            self.settings,
            self.connection_id,
            app=self.app,
            folder=self.folder,
            renew_ids=self.renew_ids,
            keep_password=self.keep_password,
        )

    @contextmanager
    def prepared(self, by: Operator) -> Iterator[Self]:
        """The plan with a password and its hash, and a way to the disk that goes back."""
        password = "" if self.keep_password else generate_password()
        password_hash = hash_password(password) if password else ""
        files = all_or_nothing(self.folder) if self.folder else nullcontext(None)
        with files as put:
            yield replace(self, fresh=_Fresh(password, password_hash, put))

    def apply(self, by: Operator) -> Issued:
        """Write and set everything; raises QwcRefused, FileInTheWay, OSError."""
        fresh = self.fresh
        if fresh is None:
            raise RuntimeError("a password is made before the transaction")
        before = self._connection(by)
        held = _laid_out(before, self.app)
        ids = [application.id for application in _wanted(held, self.app)]
        replaced = any(one.password_generation for one in _wanted(held, self.app))
        if self.renew_ids:
            renew_ids(ids)
        if fresh.password:
            proof = proof_of(fresh.password, installation.secret())
            set_password(ids, fresh.password_hash, proof)
        applications = _wanted(held, self.app)
        files = list(self._written(applications, held, fresh.put))
        by.note(*self._noted(held, applications))
        return Issued(
            sentence=self._told(held, replaced=replaced),
            count=len(applications),
            connection=held,
            applications=applications,
            password=fresh.password,
            files=files,
            replaced=replaced and not self.keep_password,
            relaid=before.layout != held.layout,
            renewed=self.renew_ids,
        )

    def _connection(self, by: Operator) -> Connection:
        if self.adding is not None:
            return self.adding.apply(by).connection
        return chosen(self.connection_id)

    def _written(
        self,
        applications: Sequence[Application],
        held: Connection,
        put: Callable[[str, bytes], Path] | None,
    ) -> Iterator[IssuedFile]:
        if put is None or self.folder is None or self.settings is None:
            return
        if faults := shared_values(applications):
            raise QwcRefused(faults)
        for one in applications:
            content, name = _content(one, held, self.settings), file_name(one.kind)
            _refuse_foreign(self.folder / name, one)
            yield IssuedFile(one, put(name, content))

    def _noted(self, held: Connection, applications: Sequence[Application]) -> tuple[str, str, str]:
        """What the audit trail keeps: which applications, never the password."""
        names = ", ".join(application.username for application in applications)
        if self.renew_ids:
            names += "; new OwnerID and FileID"
        if self.keep_password:
            names += "; same password"
        return "qwc" if self.folder else "password.rotate", held.name, names

    def _told(self, held: Connection, *, replaced: bool) -> str:
        if self.folder:
            return f"The .qwc files of {held.name} are in {self.folder}."
        gone = "; the previous one no longer works" if replaced else ""
        return f"{held.name} has a new password{gone}."


def plan_files(
    _store: Store,
    settings: Settings,
    which: Which,
    *,
    folder: Path,
    app: str = "",
    renew_ids: bool = False,
    keep_password: bool = False,
) -> IssuePlan:
    """Plan the ``.qwc`` files of a connection, with one fresh password unless it is kept.

    ``app`` decides the layout. Raises NotFound, and where the password is kept NotPossible when
    there is none yet, CannotBeMeant when something else would change.
    """
    held = chosen(which)
    if keep_password:
        _refuse_to_keep(held, app, renew_ids=renew_ids)
    relaid = bool(app) and _LAYOUT_OF[app] != held.layout
    in_use = [] if relaid or keep_password else _in_use(held, app)
    needs = [*(layout_needs(held) if relaid else ()), *_needs(in_use, renew_ids=renew_ids)]
    what = "Renew the IDs" if renew_ids else "Replace the password"
    return IssuePlan(
        title=f"{what if in_use else 'Generate the .qwc files'} of {held.name}?",
        verb="Generate",
        told=(describe.WHY_NEW_IDS,) if renew_ids else (),
        needs=tuple(needs),
        connection_id=held.id,
        app=app,
        folder=folder.absolute(),
        settings=settings,
        renew_ids=renew_ids,
        keep_password=keep_password,
    )


def plan_set_up(_store: Store, settings: Settings, adding: AddPlan, folder: Path) -> IssuePlan:
    """Plan a connection with its rules, its files and its password: all of it or nothing."""
    return IssuePlan(
        title=adding.title,
        verb="Create and generate",
        connection_id=None,
        folder=folder.absolute(),
        settings=settings,
        adding=adding,
    )


def plan_rotation(_store: Store, which: Which, *, app: str = "") -> IssuePlan:
    """Plan one new password for the applications of a connection; the files stay good.

    ``app`` must be something that the layout has: raises CannotBeMeant otherwise.
    """
    held = chosen(which)
    if app and _LAYOUT_OF[app] != held.layout:
        raise CannotBeMeant(
            f"{held.name} has no such application: its layout is {held.layout}.",
            "Leave out --app to rotate all of its passwords",
        )
    return IssuePlan(
        title=f"Replace the password of {held.name}?",
        verb="Replace password",
        told=("The .qwc files stay valid.",),
        needs=tuple(_needs(_in_use(held, app), renew_ids=False)),
        connection_id=held.id,
        app=app,
    )


def _needs(in_use: Sequence[Application], *, renew_ids: bool) -> Iterator[Need]:
    if in_use:
        names = [one.kind.label for one in in_use]
        yield Need(REPLACES_PASSWORD, describe.replaced(names))
        if renew_ids:
            yield Need(RENEWS_IDS, describe.AFTER_NEW_IDS)


def _in_use(held: Connection, app: str) -> list[Application]:
    return [one for one in _wanted(held, app) if one.password_used]


def _refuse_to_keep(held: Connection, app: str, *, renew_ids: bool) -> None:
    if renew_ids or (app and _LAYOUT_OF[app] != held.layout):
        raise CannotBeMeant(
            "--keep-password writes the files as they are, with the same IDs and the same layout.",
            "Leave out --keep-password",
        )
    without = [one for one in _wanted(held, app) if not _has_password(one)]
    if without:
        raise NotPossible(
            f"{rows(without)} of {held.name} {'have' if len(without) > 1 else 'has'} no password"
            " yet, so there is none to keep.",
            "Leave out --keep-password to make one",
        )


def _has_password(application: Application) -> bool:
    held = application_by_username(application.username)
    return held is not None and bool(held.password_hash)


def _laid_out(held: Connection, app: str) -> Connection:
    """The connection in the layout that ``app`` asks for."""
    layout = _LAYOUT_OF.get(app, held.layout)
    return held if held.layout == layout else connections.edit(held.id, layout=layout)


def _wanted(held: Connection, app: str) -> list[Application]:
    kinds: Collection[str] = {app} if app in ("invoice", "payment") else list(ApplicationKind)
    return [one for one in connections.applications(held.id) if one.kind in kinds]


def _content(application: Application, held: Connection, settings: Settings) -> bytes:
    return build_qwc(
        application,
        connection_name=held.name,
        public_url=settings.public_url,
        support_url=settings.support_url,
        run_every_minutes=held.run_every_minutes,
    )


def _refuse_foreign(target: Path, application: Application) -> None:
    """Refuse to overwrite anything but an earlier file of the same application."""
    if not target.exists():
        return
    owner = _username_in(target.read_bytes())
    if owner == application.username:
        return
    whose = (
        f'belongs to the user name "{owner}"' if owner else "is not a .qwc file made by Deskbridge"
    )
    raise FileInTheWay(
        f"{target} {whose} and was not overwritten. Nothing was changed.",
        "Choose another folder, or move that file away.",
    )


def _username_in(content: bytes) -> str:
    """The user name in a ``.qwc`` file; empty when it has none or is something else."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return (etree.fromstring(content, parser).findtext("UserName") or "").strip()
    except etree.XMLSyntaxError:
        return ""


def default_folder(database: str, name: str) -> Path:
    """Where files go unless somebody says otherwise: ``qwc/larkspur-tile`` beside the store.

    For a server's store, in the user's data folder.
    """
    if database.startswith(_SQLITE):
        beside = Path(database.removeprefix(_SQLITE)).absolute().parent
    else:
        beside = platformdirs.user_data_path("deskbridge")
    return beside / "qwc" / slug(name)


# Links.


class Link(Value):
    """An address that fetches a file once, until ``expires_at``; as secret as a password."""

    HIDDEN: ClassVar = ("address",)

    file_name: str
    address: str
    expires_at: datetime


class Offered(Outcome, kw_only=True):
    """The links, one for each file."""

    links: tuple[Link, ...]


class LinksPlan(Plan[Offered], kw_only=True):
    """A link for each file of a connection, handed out by the daemon once."""

    role = Role.MANAGE
    connection_id: int
    settings: Settings

    def again(self, store: Store) -> LinksPlan:
        return plan_links(store, self.settings, self.connection_id)

    def apply(self, by: Operator) -> Offered:
        """Keep the files for the daemon; raises QwcRefused."""
        held, now = connections.by_id(self.connection_id), by.now
        links = tuple(self._link(by, held, one, now) for one in connections.applications(held.id))
        by.note("qwc.link", held.name, ", ".join(link.file_name for link in links))
        works = "Each link works" if len(links) > 1 else "The link works"
        until = dates.time_of(links[0].expires_at)
        return Offered(sentence=f"{works} once, until {until}.", count=len(links), links=links)

    def _link(self, by: Operator, held: Connection, one: Application, now: datetime) -> Link:
        name = file_name(one.kind)
        token = downloads.offer(_content(one, held, self.settings), name, by.who, now)
        address = downloads.link(self.settings.public_url, token)
        return Link(name, address, now + downloads.LIFETIME)


def plan_links(_store: Store, settings: Settings, which: Which) -> LinksPlan:
    """Plan links to the files of a connection; raises as ``which.connection``."""
    held = chosen(which)
    return LinksPlan(
        title=f"Make download links to the .qwc files of {held.name}?",
        verb="Make links",
        connection_id=held.id,
        settings=settings,
    )


# Locks.


class UnlockPlan(Plan[Outcome], kw_only=True):
    """The end of a lock that too many wrong passwords brought."""

    role = Role.RUN
    connection_id: int
    applications: tuple[int, ...]
    names: str

    def again(self, store: Store) -> UnlockPlan:
        """Plan it again; raises NotPossible once the lock ended by itself."""
        return plan_unlock(store, self.connection_id)

    def apply(self, by: Operator) -> Outcome:
        unlock(self.applications)
        held = connections.by_id(self.connection_id)
        by.note("password.unlock", held.name, self.names)
        return Outcome(f"{self.names} of {held.name} can sign in again.", len(self.applications))


def plan_unlock(store: Store, which: Which) -> UnlockPlan:
    """Plan to end the lock of whatever is locked; raises NotPossible where nothing is."""
    held, now = chosen(which), store.now()
    locked = [one for one in connections.applications(held.id) if one.locked(now)]
    if not locked:
        raise NotPossible(f"Sign-in is not locked for {held.name}: there is nothing to unlock.")
    return UnlockPlan(
        title=f"Unlock sign-in for {held.name}?",
        verb="Unlock",
        connection_id=held.id,
        applications=tuple(one.id for one in locked),
        names=rows(locked),
    )
