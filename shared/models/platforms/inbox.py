"""What comes in: how far each feed of the platform was read, and what is looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.mapper import Mapper
from shared.models.statements import Statement, insert_rows, slot
from shared.rules.connectors import Watched
from shared.rules.values import RecordKind

_WATCHED = Mapper(Watched, t.Watched)


def cursor(connection_id: int, feed: str) -> str:
    """Return how far a feed was read, in the words of the platform; empty: not at all."""
    row = _CURSOR.one(connection=connection_id, feed=feed)
    return "" if row is None else str(row[0])


def set_cursor(connection_id: int, feed: str, position: str) -> None:
    """Keep how far a feed was read, in the transaction that takes in what it brought."""
    _SET_CURSOR.many([(connection_id, feed, position)])


_CURSOR = Statement(
    lambda: t.InboxCursor.select(t.InboxCursor.position).where(
        (t.InboxCursor.connection == slot("connection")) & (t.InboxCursor.feed == slot("feed"))
    )
)
_FEED: list[Any] = [t.InboxCursor.connection, t.InboxCursor.feed, t.InboxCursor.position]
_SET_CURSOR = insert_rows(t.InboxCursor, _FEED, key=_FEED[:2], replace=_FEED[2:])


def watch(
    connection_id: int,
    kind: RecordKind,
    their_id: str,
    reason: str,
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    """Have a record of the platform looked at again; since when it is watched stays."""
    row = (connection_id, kind.value, their_id, reason, millis(now), millis(due_at))
    _WATCH.many([row])


_COLUMNS: list[Any] = [
    *(t.Watched.connection, t.Watched.kind, t.Watched.their_id),
    *(t.Watched.reason, t.Watched.since_ms, t.Watched.due_ms),
]
_WATCH = insert_rows(
    t.Watched, _COLUMNS, key=_COLUMNS[:3], replace=[t.Watched.reason, t.Watched.due_ms]
)


def unwatch(connection_id: int, kind: RecordKind, their_id: str) -> None:
    """Look at a record no more: what was waited for happened."""
    _UNWATCH.run(connection=connection_id, kind=kind.value, their_id=their_id)


_UNWATCH = Statement(
    lambda: t.Watched.delete().where(
        (t.Watched.connection == slot("connection"))
        & (t.Watched.kind == slot("kind"))
        & (t.Watched.their_id == slot("their_id"))
    )
)


def since(connection_id: int, kind: RecordKind, their_id: str) -> datetime | None:
    """Return since when a record is watched; None: it is not."""
    row = _SINCE.one(connection=connection_id, kind=kind.value, their_id=their_id)
    return None if row is None else moment(row[0])


_SINCE = Statement(
    lambda: t.Watched.select(t.Watched.since_ms).where(
        (t.Watched.connection == slot("connection"))
        & (t.Watched.kind == slot("kind"))
        & (t.Watched.their_id == slot("their_id"))
    )
)


def watched(connection_id: int, now: datetime, limit: int) -> list[Watched]:
    """Return the watched records that are due, those first that are due longest."""
    rows = _DUE.all(connection=connection_id, now_ms=millis(now), limit=limit)
    return [_WATCHED.read(row) for row in rows]


_DUE = Statement(
    lambda: (
        t.Watched.select(*_WATCHED.fields)
        .where((t.Watched.connection == slot("connection")) & (t.Watched.due_ms <= slot("now_ms")))
        .order_by(t.Watched.due_ms, t.Watched.their_id)
        .limit(slot("limit"))
    )
)
