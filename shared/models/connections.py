"""Connections: which company file belongs to which ledger, by name.

Their applications and logins live in ``applications``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain, count
from typing import Any
from uuid import UUID, uuid4

from shared.errors import BadName, NameTaken, NotFound
from shared.models import events, problems
from shared.models import tables as t
from shared.models.applications import all_of, fit_to_layout, kinds_of
from shared.models.rows import BINDING, CONNECTION
from shared.models.statements import Statement, insert_row, locking, slot, unit_time, update_columns
from shared.rules.events import EventKind
from shared.rules.values import (
    Application,
    ApplicationKind,
    CompanyBinding,
    Connection,
    Layout,
    RecordKind,
)
from shared.structs import defaults, field_names

NAME_LENGTH = 60
_EDITABLE = set(field_names(Connection)) - {
    *("id", "created_at", "binding", "platform_account", "paused_at", "paused_by")
}
_UNBOUND = {
    **dict.fromkeys(("company_name", "product_name", "major_version", "minor_version"), ""),
    **dict.fromkeys(("closing_date", "company_key"), ""),
    **dict.fromkeys(("country", "qbxml_version", "home_currency"), ""),
    "multicurrency": False,
    "bound_ms": None,
}


_RUNNING = {"paused_ms": None, "paused_by": ""}


def add(
    name: str, *, now: datetime, new_id: Callable[[], UUID] = uuid4, **settings: Any
) -> Connection:
    """Make a connection with the applications of its layout; nobody can log in yet.

    What ``settings`` leave out is as usual. Raises BadName, NameTaken, or TypeError for an
    unknown setting.
    """
    _refuse_unknown(settings)
    name = _checked_name(name)
    _refuse_taken(name)
    account = _free_account(name)
    usual = {name: value for name, value in defaults(Connection).items() if name in _EDITABLE}
    columns = CONNECTION.changes(
        **(usual | settings | {"name": name}), created_at=now, platform_account=account
    )
    id_ = _ADD.value(name_key=_key(name), **columns, **_UNBOUND, **_RUNNING)
    fit_to_layout(id_, name, Layout(columns["layout"]), new_id=new_id)
    events.record(id_, EventKind.CONNECTION_ADDED, [events.Told(str(id_), name)])
    return by_id(id_)


def _refuse_unknown(settings: Mapping[str, Any]) -> None:
    if unknown := settings.keys() - _EDITABLE:
        raise TypeError(f"a connection has no {', '.join(sorted(unknown))}")


_ADD = insert_row(t.Connection)


def _free_account(name: str) -> str:
    """The name that tells whose payments these are, as it was when the connection was added.

    A connection that is removed and added again under its name knows its payments in QuickBooks.
    Where an older one that was renamed bears it, the new one is somebody else.
    """
    candidates = (f"{_key(name)}{number}" for number in chain([""], (f" {n}" for n in count(2))))
    return next(account for account in candidates if not _ACCOUNT_TAKEN.all(account=account))


_ACCOUNT_TAKEN = Statement(
    lambda: t.Connection.select("id").where(t.Connection.platform_account == slot("account"))
)


def names() -> dict[str, int]:
    """Return the names of all connections with their numbers, by name."""
    return dict(_NAMES.all())


_NAMES = Statement(lambda: t.Connection.select("name", "id").order_by(t.Connection.name_key))


def get(name: str) -> Connection:
    """Find a connection by its name, upper and lower case alike; raises NotFound."""
    row = _BY_KEY.one(name_key=_key(name))
    if row is None:
        raise NotFound("connection", name, _nearest(name))
    return CONNECTION.read(row)


_BY_KEY = Statement(
    lambda: t.Connection.select(*CONNECTION.fields).where(t.Connection.has("name_key"))
)


def by_id(connection_id: int) -> Connection:
    """Find a connection by its number; raises NotFound."""
    return CONNECTION.read(_BY_ID.found("connection", connection_id, id=connection_id))


_BY_ID = Statement(lambda: t.Connection.select(*CONNECTION.fields).where(t.Connection.has("id")))


def lock(connection_id: int) -> None:
    """Hold a connection until the unit ends: one login at a time, on whichever daemon."""
    _LOCK.one(id=connection_id)


_LOCK = Statement(
    lambda: locking(t.Connection.select("id").where(t.Connection.has("id")), t.Connection)
)


def all() -> list[Connection]:  # noqa: A001 - reads as connections.all()
    """Return every connection, by name."""
    return [CONNECTION.read(row) for row in _ALL.all()]


_ALL = Statement(lambda: t.Connection.select(*CONNECTION.fields).order_by(t.Connection.name_key))


def edit(connection_id: int, *, new_id: Callable[[], UUID] = uuid4, **changes: Any) -> Connection:
    """Change what ``add`` takes; returns the connection as it is then.

    Another layout makes the applications that are missing and revokes those that no longer
    belong. Raises NotFound, BadName, NameTaken, or TypeError for an unknown field.
    """
    _refuse_unknown(changes)
    before = by_id(connection_id)
    keys = {}
    if "name" in changes:
        changes["name"] = _checked_name(changes["name"])
        keys["name_key"] = _key(changes["name"])
        if keys["name_key"] != _key(before.name):
            _refuse_taken(changes["name"])
    if changes:
        columns = CONNECTION.changes(**changes)
        update_columns(t.Connection, id=connection_id, **columns, **keys)
    after = by_id(connection_id)
    if after.layout != before.layout:
        fit_to_layout(after.id, after.name, after.layout, new_id=new_id)
        _forget_failures(after.id, after.layout)
    events.settings_changed(connection_id, "connection", after.name)
    return after


def _forget_failures(connection_id: int, layout: Layout) -> None:
    """A failed sync of an application that is no more concerns nobody."""
    gone = [kind.value for kind in ApplicationKind if kind not in kinds_of(layout)]
    problems.resolve(connection_id, RecordKind.SYNC, gone, None, unit_time())


def pause(connection_id: int, who: str, now: datetime) -> None:
    """Let no sync of a connection begin or go on."""
    update_columns(
        t.Connection, id=connection_id, **CONNECTION.changes(paused_at=now, paused_by=who)
    )
    events.settings_changed(connection_id, "paused", by_id(connection_id).name)


def resume(connection_id: int) -> None:
    """Let syncs run again."""
    update_columns(
        t.Connection, id=connection_id, **CONNECTION.changes(paused_at=None, paused_by="")
    )
    events.settings_changed(connection_id, "resumed", by_id(connection_id).name)


def remove(connection_id: int) -> None:
    """Remove a connection with its applications, syncs, ledger, problems and events."""
    told = events.Told(str(connection_id), by_id(connection_id).name)
    _REMOVE.run(id=connection_id)
    events.forget_connection(connection_id)
    _FORGET_ALERTS.run(connection=connection_id)
    events.record(events.NOBODY, EventKind.CONNECTION_REMOVED, [told])


_REMOVE = Statement(lambda: t.Connection.delete().where(t.Connection.has("id")))
_FORGET_ALERTS = Statement(lambda: t.Alert.delete().where(t.Alert.has("connection")))


def bind(connection_id: int, binding: CompanyBinding) -> None:
    """Remember the company file that the connection belongs to."""
    _BIND.run(id=connection_id, **BINDING.stored(binding))


def unbind(connection_id: int) -> None:
    """Forget the company file: the next session binds the connection anew."""
    _BIND.run(id=connection_id, **_UNBOUND)


_BIND = Statement(
    lambda: t.Connection.update(
        {getattr(t.Connection, name): slot(name) for name in _UNBOUND}
    ).where(t.Connection.has("id"))
)


def applications(connection_id: int) -> list[Application]:
    """Return the applications of the connection's present layout, invoices first."""
    layout = by_id(connection_id).layout
    known = {found.kind: found for found in all_of(connection_id)}
    return [known[kind] for kind in kinds_of(layout)]


def check_name(name: str) -> None:
    """Raise BadName or NameTaken for what cannot name a new connection."""
    _refuse_taken(_checked_name(name))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadName(name, "it is empty", "Give a name such as 'Larkspur Tile'.")
    if len(name) > NAME_LENGTH:
        raise BadName(
            name, f"it has {len(name)} characters", f"Use {NAME_LENGTH} characters at most."
        )
    if not name.isprintable():
        raise BadName(name, "it has control characters", "Use letters, digits and symbols.")
    return name


def _refuse_taken(name: str) -> None:
    if _BY_KEY.one(name_key=_key(name)) is not None:
        raise NameTaken(name)


def _key(name: str) -> str:
    """Return what makes two names the same: case and width of blanks do not matter."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _nearest(name: str) -> str:
    import difflib  # 1 ms, for an unknown name alone

    names = {_key(found.name): found.name for found in all()}
    close = difflib.get_close_matches(_key(name), names, n=1)
    return names[close[0]] if close else ""
