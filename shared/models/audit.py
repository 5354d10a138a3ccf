"""Who did what: kept when the connection is gone, and never holding a secret."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any

from peewee import SQL, NodeList, fn

from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.statements import Statement, insert_row, slot
from shared.models.values import AuditEntry

_AFTER_ALL = 2**62


def add(who: str, action: str, connection_name: str, detail: str, now: datetime) -> None:
    """Note an action of a person."""
    _ADD.run(at_ms=millis(now), who=who, action=action, connection=connection_name, detail=detail)


_ADD = insert_row(t.Audit)


def entries(
    limit: int = 100,
    *,
    before_id: int | None = None,
    connection: str | None = None,
    who: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Return the latest entries, newest first, those older than ``before_id``.

    Only those of the ``connection`` and the ``action`` named so, and of people whose name holds
    ``who``, upper and lower case alike.
    """
    part = None if who is None else _pattern(who)
    wanted = {"connection": connection, "who": part, "action": action}
    given = {name: text for name, text in wanted.items() if text is not None}
    page = {"limit": limit, "before": before_id or _AFTER_ALL}
    return [
        AuditEntry(id_, moment(at_ms), *words)
        for id_, at_ms, *words in _entries(frozenset(given)).all(**page, **given)
    ]


@functools.cache
def _entries(filters: frozenset[str]) -> Statement:
    return Statement(lambda: _page(filters))


def _page(filters: frozenset[str]) -> Any:
    conditions = {
        "connection": t.Audit.connection == slot("connection"),
        "who": NodeList((fn.LOWER(t.Audit.who), SQL("LIKE"), slot("who"), SQL("ESCAPE '!'"))),
        "action": t.Audit.action == slot("action"),
    }
    return (
        t.Audit.select(
            *(t.Audit.id, t.Audit.at_ms, t.Audit.who, t.Audit.action),
            *(t.Audit.connection, t.Audit.detail),
        )
        .where(t.Audit.id < slot("before"), *(conditions[name] for name in sorted(filters)))
        .order_by(t.Audit.id.desc())
        .limit(slot("limit"))
    )


def _pattern(part: str) -> str:
    """A LIKE pattern for what holds this text, whatever signs are in it."""
    for sign in "!%_":
        part = part.replace(sign, f"!{sign}")
    return f"%{part.lower()}%"
