"""Who did what: kept when the connection is gone, and never holding a secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from peewee import NodeList, fn

from shared.models import searching
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.statements import Statement, insert_rows, slot
from shared.rules.values import AuditEntry


def add(who: str, action: str, connection_name: str, detail: str, now: datetime) -> None:
    """Note an action of a person."""
    add_all(who, action, connection_name, [detail], now)


def add_all(
    who: str, action: str, connection_name: str, details: Iterable[str], now: datetime
) -> None:
    """Note one action of a person on many records."""
    _ADD.many((millis(now), who, action, connection_name, detail) for detail in details)


_ADD = insert_rows(t.Audit)


def entries(
    limit: int = 100,
    *,
    before_id: int | None = None,
    connection: str | None = None,
    who: str | None = None,
    action: str | None = None,
    holding: Sequence[tuple[str, str]] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditEntry]:
    """Return the latest entries, newest first, those older than ``before_id``.

    Only those of the ``connection`` and the ``action`` named so, and of people whose name holds
    ``who``, upper and lower case alike. Each of ``holding`` is a place (``who``, ``action``,
    ``connection``, ``detail``, or ``anywhere``) and what it must hold, whatever the case.
    ``until`` is not included.
    """
    parts = [*holding, *([("who", who)] if who is not None else [])]
    texts = {f"text_{number}": searching.pattern(part) for number, (_, part) in enumerate(parts)}
    exact = {"connection": connection, "action": action}
    given = {name: text for name, text in exact.items() if text is not None}
    page = {
        "limit": limit,
        "before": before_id or searching.ALL,
        "since_ms": 0 if since is None else millis(since),
        "until_ms": searching.ALL if until is None else millis(until),
    }
    statement = _entries(frozenset(given), tuple(place for place, _ in parts))
    return [_ENTRY.read(row) for row in statement.all(**page, **given, **texts)]


def how_many(until: datetime) -> int:
    """Return how many entries are from before that time."""
    return int(_HOW_MANY.value(until_ms=millis(until)))


def forget(until: datetime) -> int:
    """Forget the entries from before that time, which somebody has kept elsewhere."""
    return _FORGET.run(until_ms=millis(until))


_HOW_MANY = Statement(
    lambda: t.Audit.select(fn.COUNT(t.Audit.id)).where(t.Audit.at_ms < slot("until_ms"))
)
_FORGET = Statement(lambda: t.Audit.delete().where(t.Audit.at_ms < slot("until_ms")))


_ENTRY = Mapper(AuditEntry, t.Audit)


@searching.by_shape
def _entries(exact: frozenset[str], places: tuple[str, ...]) -> Any:
    named = {"connection": t.Audit.connection, "action": t.Audit.action}
    return searching.newest_first(
        t.Audit.select(*_ENTRY.fields),
        t.Audit.id,
        t.Audit.at_ms >= slot("since_ms"),
        t.Audit.at_ms < slot("until_ms"),
        *(named[name] == slot(name) for name in sorted(exact)),
        *(_holds(place, f"text_{number}") for number, place in enumerate(places)),
    )


def _holds(place: str, text: str) -> NodeList:
    everything = (t.Audit.who, t.Audit.action, t.Audit.connection, t.Audit.detail)
    return searching.holding(
        text, *(everything if place == "anywhere" else (getattr(t.Audit, place),))
    )
