"""Issue passwords and ``.qwc`` files: the store, the disk and the audit trail in one step.

No terminal here; the commands (and any other front end) show what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import CannotBeMeant, StoreError
from shared.files import all_or_nothing

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.values import Application, Connection
    from shared.settings import Settings

LAYOUT_OF = {"invoice": "two", "payment": "two", "both": "two", "combined": "combined"}


class FileInTheWay(StoreError):
    """Something else has the name under which a file of ours should be written."""


@dataclass(frozen=True)
class IssuedFile:
    """One ``.qwc`` file on the disk and the application it describes."""

    application: Application
    path: Path


@dataclass(frozen=True)
class Issued:
    """A fresh password with what it opens. The password is kept nowhere else.

    ``replaced`` tells that an earlier password of these applications stopped working,
    ``relaid`` that the layout of the connection changed.
    """

    connection: Connection
    applications: Sequence[Application]
    password: str = field(repr=False)
    files: Sequence[IssuedFile] = ()
    replaced: bool = False
    relaid: bool = False


def issue_files(
    store: Store,
    settings: Settings,
    choose: Callable[[], Connection],
    who: str,
    *,
    which: str,
    folder: Path,
    renew_ids: bool,
) -> Issued:
    """Write the ``.qwc`` files of a connection and give their applications one new password.

    ``which`` is ``invoice``, ``payment``, ``both``, ``combined``, or empty for all that the
    layout has; it decides the layout. Either everything happened or nothing did: the files
    are in place before the store commits and go back when it cannot.
    Raises QwcRefused, FileInTheWay, OSError.
    """
    from shared.models import audit, connections
    from shared.passwords import generate_password, hash_password
    from shared.qwc import QwcRefused, shared_values

    password = generate_password()
    # Before the transaction: hashing is slow on purpose and would keep others waiting.
    password_hash = hash_password(password)
    with all_or_nothing(folder.absolute()) as put, store.transaction():
        before = choose()
        held = _laid_out(before, which)
        chosen = _wanted(held, which)
        replaced = any(application.password_generation for application in chosen)
        ids = [application.id for application in chosen]
        if renew_ids:
            connections.renew_ids(ids)
        connections.set_password(ids, password_hash)
        applications = _wanted(held, which)
        if faults := shared_values(applications):
            raise QwcRefused(faults)
        files = [
            IssuedFile(application, _written(application, held, settings, folder.absolute(), put))
            for application in applications
        ]
        audit.add(who, "qwc", held.name, _told(applications, renew_ids), store.now())
    return Issued(
        held, applications, password, files, replaced, relaid=before.layout != held.layout
    )


def rotate_password(
    store: Store, choose: Callable[[], Connection], who: str, *, which: str
) -> Issued:
    """Give the applications of a connection one new password; the files stay good.

    ``which`` as in ``issue_files``, but it must be something that the layout has: raises
    CannotBeMeant otherwise.
    """
    from shared.models import audit, connections
    from shared.passwords import generate_password, hash_password

    password = generate_password()
    password_hash = hash_password(password)
    with store.transaction():
        held = choose()
        if which and LAYOUT_OF[which] != held.layout:
            raise CannotBeMeant(
                f"{held.name} has no such application: its layout is {held.layout}.",
                "Leave --app out to rotate all of its passwords",
            )
        chosen = _wanted(held, which)
        replaced = any(application.password_generation for application in chosen)
        connections.set_password([application.id for application in chosen], password_hash)
        applications = _wanted(held, which)
        audit.add(
            who, "password.rotate", held.name, _told(applications, renewed=False), store.now()
        )
    return Issued(held, applications, password, replaced=replaced)


def _laid_out(held: Connection, which: str) -> Connection:
    """The connection in the layout that ``which`` asks for."""
    from shared.models import connections
    from shared.rules.values import Layout

    layout = Layout(LAYOUT_OF[which]) if which else held.layout
    return held if held.layout == layout else connections.edit(held.id, layout=layout)


def _wanted(held: Connection, which: str) -> list[Application]:
    from shared.models import connections

    kinds = {which} if which in ("invoice", "payment") else {"invoice", "payment", "combined"}
    return [a for a in connections.applications(held.id) if a.kind in kinds]


def _written(
    application: Application,
    held: Connection,
    settings: Settings,
    folder: Path,
    put: Callable[[str, bytes], Path],
) -> Path:
    from shared.qwc import build_qwc, file_name

    content = build_qwc(
        application,
        connection_name=held.name,
        public_url=settings.public_url,
        support_url=settings.support_url,
        run_every_minutes=held.run_every_minutes,
    )
    name = file_name(application.kind)
    _refuse_foreign(folder / name, application)
    return put(name, content)


def _refuse_foreign(target: Path, application: Application) -> None:
    """Refuse to overwrite anything but an earlier file of the same application."""
    if not target.exists():
        return
    owner = _username_in(target.read_bytes())
    if owner == application.username:
        return
    whose = f'belongs to the user name "{owner}"' if owner else "is not a .qwc file of ours"
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


def _told(applications: Sequence[Application], renewed: bool) -> str:
    """What the audit trail keeps: which applications, never the password."""
    names = ", ".join(application.username for application in applications)
    return f"{names}; new OwnerID and FileID" if renewed else names
