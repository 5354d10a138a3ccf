"""Applications: what the Web Connector lists in its rows, and who may log in as them."""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

from peewee import Case

from shared.application_names import app_name, new_guid, new_unique_name
from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis, millis_or_none
from shared.models.mapper import Mapper
from shared.models.rows import APPLICATION, CONNECTION
from shared.models.statements import Statement, among, insert_row, slot, update_columns
from shared.rules.events import EventKind
from shared.rules.values import Application, ApplicationKind, Credentials, Layout

_KINDS = {
    Layout.TWO: (ApplicationKind.INVOICE, ApplicationKind.PAYMENT),
    Layout.COMBINED: (ApplicationKind.COMBINED,),
}


def kinds_of(layout: Layout) -> tuple[ApplicationKind, ...]:
    """Return which applications a connection of this layout has, in the order of listings."""
    return _KINDS[layout]


def all_of(connection_id: int) -> list[Application]:
    """Return every application that the connection ever had, whatever its layout."""
    return [APPLICATION.read(row) for row in _APPLICATIONS.all(connection=connection_id)]


_APPLICATIONS = Statement(
    lambda: (
        t.Application.select(*APPLICATION.fields)
        .where(t.Application.has("connection"))
        .order_by(t.Application.id)
    )
)


def fit_to_layout(
    connection_id: int, name: str, layout: Layout, *, new_id: Callable[[], UUID] = uuid4
) -> None:
    """Make the applications that the layout lacks, and revoke those that it does not have.

    New user names are made from ``name``; an application of an earlier time comes back with
    the names and ids that it had.
    """
    present = all_of(connection_id)
    for kind in kinds_of(layout):
        if kind not in {application.kind for application in present}:
            _add(connection_id, kind, name, new_id)
    for application in present:
        if application.kind not in kinds_of(layout):
            revoke(application.id)


def _add(connection_id: int, kind: ApplicationKind, name: str, new_id: Callable[[], UUID]) -> None:
    ids = _new_ids(kind, new_id)
    _ADD.value(
        connection=connection_id,
        kind=kind.value,
        username=_free_username(name, kind, new_id),
        app_name=_free_app_name(name, kind),
        **ids,
    )


_ADD = insert_row(t.Application)


def _new_ids(kind: ApplicationKind, new_id: Callable[[], UUID]) -> dict[str, str]:
    return {
        "owner_id": new_guid(new_id),
        "file_id": new_guid(new_id),
        "app_unique_name": new_unique_name(kind, new_id),
    }


def _free_username(name: str, kind: ApplicationKind, new_id: Callable[[], UUID]) -> str:
    """Return a user name that says whose it is: ASCII, at most 40 characters, unused.

    Its end is random, so that nobody who knows the company can guess it, and try passwords or
    have its sign-in locked.
    """
    candidates = (f"{slug(name)}-{kind}-{_random_part(new_id())}" for _ in count())
    return next(username for username in candidates if not _USERNAME_TAKEN.all(username=username))


def _random_part(random: UUID) -> str:
    """Six characters, 30 bits: ``7f3k2q``."""
    return b32encode(random.bytes[-5:]).decode("ascii")[-6:].lower()


def _free_app_name(name: str, kind: ApplicationKind) -> str:
    """Return an AppName that no other application has: QuickBooks grants access by it."""
    candidates = (app_name(kind, name, number) for number in count(1))
    return next(one for one in candidates if not _APP_NAME_TAKEN.all(app_name=one))


def slug(name: str) -> str:
    """Return a connection's name as user names and folders have it: ``larkspur-tile``."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:24].strip("-") or "company"


_APP_NAME_TAKEN = Statement(lambda: t.Application.select("id").where(t.Application.has("app_name")))

_USERNAME_TAKEN = Statement(lambda: t.Application.select("id").where(t.Application.has("username")))


def application_by_username(username: str) -> Credentials | None:
    """Return what a login is compared with, also for a revoked application; else None.

    A revoked application, or one before its first ``.qwc``, has an empty password hash.
    """
    row = _CREDENTIALS.one(username=username)
    return None if row is None else _CREDENTIALS_OF.read(row)


_CREDENTIALS_OF = Mapper(Credentials, t.Application, application=APPLICATION, connection=CONNECTION)
_CREDENTIALS = Statement(
    lambda: (
        t.Application.select(*_CREDENTIALS_OF.fields)
        .join(t.Connection)
        .where(t.Application.has("username"))
    )
)


def set_password(application_ids: Iterable[int], password_hash: str, proof: str = "") -> None:
    """Give applications a new password; the one before is only recognized, not let in.

    ``proof`` is ``passwords.proof_of`` it; without one the first login that is right makes it.
    """
    ids = list(application_ids)
    _SET_PASSWORD.run(ids=ids, password_hash=password_hash, proof=proof)
    _tell(EventKind.PASSWORD_CHANGED, ids)


def _tell(kind: EventKind, application_ids: Collection[int]) -> None:
    """Record what became of the passwords of applications."""
    events.record_rows(_TELL, kind=kind.value, ids=application_ids)


_TELL = Statement(
    lambda: events.of_rows(
        t.Application.select(
            *events.columns(
                *(t.Application.connection, slot("kind")), *(t.Application.id, t.Application.kind)
            )
        )
        .where(among(t.Application.id, "ids"))
        .order_by(t.Application.id)
    )
)


_SET_PASSWORD = Statement(
    lambda: t.Application.update(
        previous_password_hash=Case(
            None,
            [(t.Application.password_hash != "", t.Application.password_hash)],
            t.Application.previous_password_hash,
        ),
        password_hash=slot("password_hash"),
        previous_password_proof=Case(
            None,
            [(t.Application.password_hash != "", t.Application.password_proof)],
            t.Application.previous_password_proof,
        ),
        password_proof=slot("proof"),
        password_generation=t.Application.password_generation + 1,
        password_used=False,
        failed_logins=0,
        locked_until_ms=None,
    ).where(among(t.Application.id, "ids"))
)


def renew_ids(application_ids: Iterable[int], *, new_id: Callable[[], UUID] = uuid4) -> None:
    """Give applications a new OwnerID, FileID and AppUniqueName, the cure for QBWC1039.

    Whether their company file is theirs alone is looked into again: its stamps change.
    """
    for application_id in application_ids:
        kind, connection_id = _KIND.all(id=application_id)[0]
        update_columns(t.Application, id=application_id, **_new_ids(ApplicationKind(kind), new_id))
        update_columns(t.Connection, id=connection_id, company_key="")


_KIND = Statement(lambda: t.Application.select("kind", "connection").where(t.Application.has("id")))


def revoke(application_id: int) -> None:
    """Let the application log in no longer; its password stays recognizable."""
    _REVOKE.run(id=application_id)


_REVOKE = Statement(
    lambda: t.Application.update(
        previous_password_hash=t.Application.password_hash,
        previous_password_proof=t.Application.password_proof,
        password_hash="",
        password_proof="",
    ).where(t.Application.has("id"), t.Application.password_hash != "")
)


def login_failed(application_id: int, *, locked_until: datetime | None) -> None:
    """Count a wrong password; ``locked_until`` closes the door meanwhile."""
    _LOGIN_FAILED.run(id=application_id, locked_until_ms=millis_or_none(locked_until))
    if locked_until is not None:
        _tell(EventKind.PASSWORD_LOCKED, [application_id])


_LOGIN_FAILED = Statement(
    lambda: t.Application.update(
        failed_logins=t.Application.failed_logins + 1, locked_until_ms=slot("locked_until_ms")
    ).where(t.Application.has("id"))
)


def unlock(application_ids: Iterable[int]) -> None:
    """Forget wrong passwords and end the lock that they brought."""
    ids = list(application_ids)
    _UNLOCK.run(ids=ids)
    _tell(EventKind.PASSWORD_UNLOCKED, ids)


_UNLOCK = Statement(
    lambda: t.Application.update(failed_logins=0, locked_until_ms=None).where(
        among(t.Application.id, "ids")
    )
)


def login_succeeded(application_id: int, password_hash: str, proof: str, now: datetime) -> bool:
    """Forget earlier wrong passwords, and note that the Web Connector called.

    False, and nothing is written, where the password is another one by now.
    """
    given = {"password_hash": password_hash, "proof": proof, "now_ms": millis(now)}
    return bool(_LOGIN_SUCCEEDED.run(id=application_id, **given))


_LOGIN_SUCCEEDED = Statement(
    lambda: t.Application.update(
        failed_logins=0,
        locked_until_ms=None,
        password_used=True,
        password_proof=slot("proof"),
        last_seen_ms=slot("now_ms"),
        last_call="authenticate",
    ).where(t.Application.has("id", "password_hash"))
)


def seen(application_id: int, call: str, now: datetime) -> None:
    """Note when the Web Connector last called for this application, and what."""
    _SEEN.run(id=application_id, call=call, now_ms=millis(now))


_SEEN = Statement(
    lambda: t.Application.update(last_seen_ms=slot("now_ms"), last_call=slot("call")).where(
        t.Application.has("id")
    )
)
