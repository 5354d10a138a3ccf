"""What comes in: how far each feed of the platform was read, how that goes, what is watched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.mapper import Mapper
from shared.models.searching import ALL
from shared.models.statements import Statement, put_rows, slot
from shared.rules.connectors import InboxStanding, Watched

_WATCHED = Mapper(Watched, t.Watched)


def cursor(connection_id: int, feed: str) -> str:
    """Return how far a feed was read, in the words of the platform; empty: not at all."""
    row = _CURSOR.one(connection=connection_id, feed=feed)
    return "" if row is None else str(row[0])


def set_cursor(connection_id: int, feed: str, position: str) -> None:
    """Keep how far a feed was read, in the transaction that takes in what it brought."""
    _SET_CURSOR.many([(connection_id, feed, position)])


_CURSOR = Statement(
    lambda: t.InboxCursor.select("position").where(t.InboxCursor.has("connection", "feed"))
)
_SET_CURSOR = put_rows(t.InboxCursor)


def watch(
    connection_id: int,
    identity: str,
    their_id: str,
    reason: str,
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    """Have a record of the platform looked at again; since when it is watched stays."""
    row = (connection_id, identity, their_id, reason, millis(now), millis(due_at))
    _WATCH.many([row])


_WATCH = put_rows(t.Watched, stays=["since_ms"])


def unwatch(connection_id: int, identity: str, their_id: str) -> None:
    """Look at a record no more: what was waited for happened."""
    _UNWATCH.run(connection=connection_id, identity=identity, their_id=their_id)


def _of_account(table: Any) -> Any:
    return (table.connection == slot("connection")) & (table.identity == slot("identity"))


def _this() -> Any:
    return _of_account(t.Watched) & t.Watched.has("their_id")


_UNWATCH = Statement(lambda: t.Watched.delete().where(_this()))


def since(connection_id: int, identity: str, their_id: str) -> datetime | None:
    """Return since when a record is watched; None: it is not."""
    row = _SINCE.one(connection=connection_id, identity=identity, their_id=their_id)
    return None if row is None else moment(row[0])


_SINCE = Statement(lambda: t.Watched.select("since_ms").where(_this()))


def watched(connection_id: int, identity: str, until: datetime, limit: int = ALL) -> list[Watched]:
    """Return the watched records that are due by then, those first that are due longest."""
    rows = _DUE.all(
        connection=connection_id, identity=identity, until_ms=millis(until), limit=limit
    )
    return [_WATCHED.read(row) for row in rows]


_DUE = Statement(
    lambda: (
        t.Watched.select(*_WATCHED.fields)
        .where(_of_account(t.Watched) & (t.Watched.due_ms <= slot("until_ms")))
        .order_by(t.Watched.due_ms, t.Watched.their_id)
        .limit(slot("limit"))
    )
)


def works(connection_id: int, identity: str, now: datetime) -> bool:
    """Keep that the platform told what happened there; return whether it did not before."""
    was_failing = standing(connection_id, identity).failing_at is not None
    _STANDS.many([(connection_id, identity, millis(now), None, "")])
    return was_failing


def fails(connection_id: int, identity: str, reason: str, now: datetime) -> datetime:
    """Keep why receiving does not work; return since when that is so."""
    known = standing(connection_id, identity)
    received_at = known.received_at and millis(known.received_at)
    since_at = known.failing_at or now
    _STANDS.many([(connection_id, identity, received_at, millis(since_at), reason)])
    return since_at


def standing(connection_id: int, identity: str) -> InboxStanding:
    """Return how receiving from an account goes."""
    row = _STANDING_OF.one(connection=connection_id, identity=identity)
    return InboxStanding(None, None, "") if row is None else _STANDING.read(row)


_STANDING = Mapper(InboxStanding, t.InboxStanding)
_STANDS = put_rows(t.InboxStanding)
_STANDING_OF = Statement(
    lambda: t.InboxStanding.select(*_STANDING.fields).where(_of_account(t.InboxStanding))
)
