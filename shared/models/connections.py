"""Connections, the applications they have in the Web Connector, and who may log in."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from peewee import Case

from shared.models import tables as t
from shared.models.convert import day_text, millis, millis_or_none, moment_or_none
from shared.models.errors import BadName, NameTaken, NotFound
from shared.models.rows import (
    APPLICATION_FIELDS,
    APPLICATION_WIDTH,
    CONNECTION_FIELDS,
    read_application,
    read_connection,
)
from shared.models.statements import (
    Row,
    Statement,
    among,
    insert_row,
    slot,
    update_columns,
)
from shared.models.values import (
    Application,
    ApplicationKind,
    CompanyBinding,
    Connection,
    Credentials,
    JobMode,
    Layout,
)

NAME_LENGTH = 60
_EDITABLE = {
    *("name", "layout", "company_file", "jobs", "start_date", "run_every_minutes"),
    *("minimum_interval_seconds", "debug"),
}
_KINDS = {
    Layout.TWO: (ApplicationKind.INVOICE, ApplicationKind.PAYMENT),
    Layout.COMBINED: (ApplicationKind.COMBINED,),
}
_APP_NAMES = {
    ApplicationKind.INVOICE: ("Invoice Sync", "Deskbridge Invoice"),
    ApplicationKind.PAYMENT: ("Payment Sync", "Deskbridge Payment"),
    ApplicationKind.COMBINED: ("Invoiced", "Deskbridge Invoiced"),
}
_UNBOUND = {
    **dict.fromkeys(("company_name", "product_name", "major_version", "minor_version"), ""),
    **dict.fromkeys(("country", "qbxml_version", "home_currency"), ""),
    "multicurrency": False,
    "bound_ms": None,
}


def kinds_of(layout: Layout) -> tuple[ApplicationKind, ...]:
    """Return which applications a connection of this layout has, in the order of listings."""
    return _KINDS[layout]


def add(
    name: str,
    *,
    layout: Layout = Layout.TWO,
    company_file: str = "",
    jobs: JobMode = JobMode.ROLL_UP,
    start_date: date | None = None,
    run_every_minutes: int = 0,
    minimum_interval_seconds: int = 0,
    debug: bool = False,
    now: datetime,
    new_id: Callable[[], UUID] = uuid4,
) -> Connection:
    """Make a connection with the applications of its layout; nobody can log in yet.

    Raises BadName or NameTaken.
    """
    name = _checked_name(name)
    _refuse_taken(name)
    id_ = _ADD.value(
        name=name,
        name_key=_key(name),
        layout=layout,
        company_file=company_file,
        jobs=jobs,
        start_date=day_text(start_date),
        run_every_minutes=run_every_minutes,
        minimum_interval_seconds=minimum_interval_seconds,
        debug=debug,
        created_ms=millis(now),
        **_UNBOUND,
    )
    _add_missing_applications(id_, name, layout, new_id)
    return by_id(id_)


_ADD = insert_row(t.Connection)


def get(name: str) -> Connection:
    """Find a connection by its name, upper and lower case alike; raises NotFound."""
    row = _BY_KEY.one(name_key=_key(name))
    if row is None:
        raise NotFound("connection", name, _nearest(name))
    return read_connection(row)


_BY_KEY = Statement(
    lambda: t.Connection.select(*CONNECTION_FIELDS).where(t.Connection.name_key == slot("name_key"))
)


def by_id(connection_id: int) -> Connection:
    """Find a connection by its number; raises NotFound."""
    row = _BY_ID.one(id=connection_id)
    if row is None:
        raise NotFound("connection", connection_id)
    return read_connection(row)


_BY_ID = Statement(
    lambda: t.Connection.select(*CONNECTION_FIELDS).where(t.Connection.id == slot("id"))
)


def all() -> list[Connection]:  # noqa: A001 - reads as connections.all()
    """Return every connection, by name."""
    return [read_connection(row) for row in _ALL.all()]


_ALL = Statement(lambda: t.Connection.select(*CONNECTION_FIELDS).order_by(t.Connection.name_key))


def edit(connection_id: int, *, new_id: Callable[[], UUID] = uuid4, **changes: Any) -> Connection:
    """Change what ``add`` takes; returns the connection as it is then.

    Another layout makes the applications that are missing and revokes those that no longer
    belong. Raises NotFound, BadName, NameTaken, or TypeError for an unknown field.
    """
    unknown = set(changes) - _EDITABLE
    if unknown:
        raise TypeError(f"a connection has no {', '.join(sorted(unknown))}")
    before = by_id(connection_id)
    if "name" in changes:
        changes["name"] = _checked_name(changes["name"])
        changes["name_key"] = _key(changes["name"])
        if changes["name_key"] != _key(before.name):
            _refuse_taken(changes["name"])
    if "start_date" in changes:
        changes["start_date"] = day_text(changes["start_date"])
    if changes:
        update_columns(t.Connection, id=connection_id, **changes)
    after = by_id(connection_id)
    if after.layout != before.layout:
        _change_layout(after, new_id)
    return after


def remove(connection_id: int) -> None:
    """Remove a connection with its applications, syncs, ledger and problems."""
    _REMOVE.run(id=connection_id)


_REMOVE = Statement(lambda: t.Connection.delete().where(t.Connection.id == slot("id")))


def bind(connection_id: int, binding: CompanyBinding) -> None:
    """Remember the company file that the connection belongs to."""
    columns = asdict(binding)
    columns["bound_ms"] = millis(columns.pop("bound_at"))
    _BIND.run(id=connection_id, **columns)


def unbind(connection_id: int) -> None:
    """Forget the company file: the next session binds the connection anew."""
    _BIND.run(id=connection_id, **_UNBOUND)


_BIND = Statement(
    lambda: t.Connection.update(
        {getattr(t.Connection, name): slot(name) for name in _UNBOUND}
    ).where(t.Connection.id == slot("id"))
)


def applications(connection_id: int) -> list[Application]:
    """Return the applications of the connection's present layout, invoices first."""
    layout = by_id(connection_id).layout
    known = {found.kind: found for found in _all_applications(connection_id)}
    return [known[kind] for kind in kinds_of(layout)]


def _all_applications(connection_id: int) -> list[Application]:
    return [read_application(row) for row in _APPLICATIONS.all(connection=connection_id)]


_APPLICATIONS = Statement(
    lambda: (
        t.Application.select(*APPLICATION_FIELDS)
        .where(t.Application.connection == slot("connection"))
        .order_by(t.Application.id)
    )
)


def application_by_username(username: str) -> Credentials | None:
    """Return what a login is compared with, also for a revoked application; else None.

    A revoked application, or one before its first ``.qwc``, has an empty password hash.
    """
    row = _CREDENTIALS.one(username=username)
    return None if row is None else _read_credentials(row)


def _read_credentials(row: Row) -> Credentials:
    password_hash, previous_password_hash, failed_logins, locked_until_ms = row[:4]
    return Credentials(
        application=read_application(row[4 : 4 + APPLICATION_WIDTH]),
        connection=read_connection(row[4 + APPLICATION_WIDTH :]),
        password_hash=password_hash,
        previous_password_hash=previous_password_hash,
        failed_logins=failed_logins,
        locked_until=moment_or_none(locked_until_ms),
    )


_CREDENTIALS = Statement(
    lambda: (
        t.Application.select(
            t.Application.password_hash,
            t.Application.previous_password_hash,
            t.Application.failed_logins,
            t.Application.locked_until_ms,
            *APPLICATION_FIELDS,
            *CONNECTION_FIELDS,
        )
        .join(t.Connection)
        .where(t.Application.username == slot("username"))
    )
)


def set_password(application_ids: Iterable[int], password_hash: str) -> None:
    """Give applications a new password; the one before is only recognised, not let in."""
    _SET_PASSWORD.run(ids=application_ids, password_hash=password_hash)


_SET_PASSWORD = Statement(
    lambda: t.Application.update(
        {
            t.Application.previous_password_hash: Case(
                None,
                [(t.Application.password_hash != "", t.Application.password_hash)],
                t.Application.previous_password_hash,
            ),
            t.Application.password_hash: slot("password_hash"),
            t.Application.password_generation: t.Application.password_generation + 1,
            t.Application.failed_logins: 0,
            t.Application.locked_until_ms: None,
        }
    ).where(among(t.Application.id, "ids"))
)


def renew_ids(application_ids: Iterable[int], *, new_id: Callable[[], UUID] = uuid4) -> None:
    """Give applications a new OwnerID, FileID and AppUniqueName, the cure for QBWC1039."""
    for application_id in application_ids:
        kind = ApplicationKind(_KIND.value(id=application_id))
        update_columns(t.Application, id=application_id, **_new_ids(kind, new_id))


_KIND = Statement(
    lambda: t.Application.select(t.Application.kind).where(t.Application.id == slot("id"))
)


def revoke(application_id: int) -> None:
    """Let the application log in no longer; its password stays recognisable."""
    _REVOKE.run(id=application_id)


_REVOKE = Statement(
    lambda: t.Application.update(
        {
            t.Application.previous_password_hash: t.Application.password_hash,
            t.Application.password_hash: "",
        }
    ).where((t.Application.id == slot("id")) & (t.Application.password_hash != ""))
)


def login_failed(application_id: int, *, locked_until: datetime | None) -> None:
    """Count a wrong password; ``locked_until`` closes the door meanwhile."""
    _LOGIN_FAILED.run(id=application_id, locked_until_ms=millis_or_none(locked_until))


_LOGIN_FAILED = Statement(
    lambda: t.Application.update(
        {
            t.Application.failed_logins: t.Application.failed_logins + 1,
            t.Application.locked_until_ms: slot("locked_until_ms"),
        }
    ).where(t.Application.id == slot("id"))
)


def login_succeeded(application_id: int, now: datetime) -> None:
    """Forget earlier wrong passwords, and note that the Web Connector called."""
    _LOGIN_SUCCEEDED.run(id=application_id, now_ms=millis(now))


_LOGIN_SUCCEEDED = Statement(
    lambda: t.Application.update(
        {
            t.Application.failed_logins: 0,
            t.Application.locked_until_ms: None,
            t.Application.last_seen_ms: slot("now_ms"),
            t.Application.last_call: "authenticate",
        }
    ).where(t.Application.id == slot("id"))
)


def seen(application_id: int, call: str, now: datetime) -> None:
    """Note when the Web Connector last called for this application, and what."""
    _SEEN.run(id=application_id, call=call, now_ms=millis(now))


_SEEN = Statement(
    lambda: t.Application.update(
        {t.Application.last_seen_ms: slot("now_ms"), t.Application.last_call: slot("call")}
    ).where(t.Application.id == slot("id"))
)


def _change_layout(connection: Connection, new_id: Callable[[], UUID]) -> None:
    _add_missing_applications(connection.id, connection.name, connection.layout, new_id)
    for application in _all_applications(connection.id):
        if application.kind not in kinds_of(connection.layout):
            revoke(application.id)


def _add_missing_applications(
    connection_id: int, name: str, layout: Layout, new_id: Callable[[], UUID]
) -> None:
    present = {application.kind for application in _all_applications(connection_id)}
    for kind in kinds_of(layout):
        if kind not in present:
            _ADD_APPLICATION.run(
                connection=connection_id,
                kind=kind,
                username=_free_username(name, kind),
                app_name=_APP_NAMES[kind][0],
                password_hash="",
                previous_password_hash="",
                password_generation=0,
                failed_logins=0,
                locked_until_ms=None,
                last_seen_ms=None,
                last_call="",
                **_new_ids(kind, new_id),
            )


_ADD_APPLICATION = insert_row(t.Application)


def _new_ids(kind: ApplicationKind, new_id: Callable[[], UUID]) -> dict[str, str]:
    return {
        "owner_id": f"{{{new_id()}}}".upper(),
        "file_id": f"{{{new_id()}}}".upper(),
        "app_unique_name": f"{_APP_NAMES[kind][1]} {new_id().hex[:8]}",
    }


def _free_username(name: str, kind: ApplicationKind) -> str:
    """Return a user name that says whose it is: ASCII, at most 40 characters, unused."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:24].strip("-") or "company"
    candidates = (f"{stem}{number}-{kind}" for number in ("", *range(2, 1_000_000)))
    return next(username for username in candidates if not _USERNAME_TAKEN.all(username=username))


_USERNAME_TAKEN = Statement(
    lambda: t.Application.select(t.Application.id).where(t.Application.username == slot("username"))
)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadName(name, "it is empty", "Give a name such as 'Larkspur Tile'.")
    if len(name) > NAME_LENGTH:
        raise BadName(
            name, f"it has {len(name)} characters", f"Use {NAME_LENGTH} characters at most."
        )
    if not name.isprintable():
        raise BadName(name, "it has control characters", "Use letters, digits and signs.")
    return name


def _refuse_taken(name: str) -> None:
    if _BY_KEY.one(name_key=_key(name)) is not None:
        raise NameTaken(name)


def _key(name: str) -> str:
    """Return what makes two names the same: case and width of blanks do not matter."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _nearest(name: str) -> str:
    names = {_key(found.name): found.name for found in all()}
    close = difflib.get_close_matches(_key(name), names, n=1)
    return names[close[0]] if close else ""
