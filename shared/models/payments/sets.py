"""Message sets: each write to QuickBooks, from before it leaves until its outcome is known.

The bytes of a request are written once, by ``begin``; nothing here changes them afterward.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from peewee import fn

from shared.errors import NotFound, NotPossible, StoreError
from shared.models import connections
from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.mapper import Mapper
from shared.models.payments import standing
from shared.models.statements import Statement, among, slot, slots, update_columns
from shared.rules.payments.values import MessageSet

SENT = "sent"


def open_set(connection_id: int) -> MessageSet | None:
    """Return the write of a company whose outcome is not known; None when there is none."""
    row = _OPEN.one(connection=connection_id)
    return None if row is None else _SET.read(row)


_OPEN = Statement(lambda: _select().where(_is_open()))


def _is_open() -> Any:
    return t.MessageSet.has("connection") & t.OPEN_SET


def begin(
    *,
    connection_id: int,
    company: str,
    application_id: int,
    posting_id: int,
    set_id: str,
    request: bytes,
    session_id: int,
    now: datetime,
    phase: str,
) -> None:
    """Note a write, byte for byte, before it is handed out for the first time.

    ``company`` is the company file's key. Raises StoreError while another write of the company is
    open, through whichever connection, or when ``set_id`` was used before; nothing is written then.
    """
    row = _begin.one(
        connection=connection_id,
        company=company,
        application=application_id,
        posting=posting_id,
        set_id=set_id,
        request=request,
        digest=hashlib.sha256(request).hexdigest(),
        phase=phase,
        now_ms=millis(now),
        session=session_id,
    )
    if row is None:
        raise _refusal(connection_id, company, set_id)


@Statement
def _begin() -> Any:
    row = t.MessageSet.insert(
        **slots("connection", "company", "application", "posting", "set_id", "request", "digest"),
        **slots("phase", "session"),
        outcome="",
        sends=1,
        settle_now_by="",
        closed_ms=None,
        first_sent_ms=slot("now_ms"),
        last_sent_ms=slot("now_ms"),
        **dict.fromkeys(("doubted", "ran", "turned_away", "cleared"), False),
    )
    # An error would end the whole transaction on PostgreSQL, and with it the words for it.
    return row.on_conflict_ignore().returning(t.MessageSet.id)


def _refusal(connection_id: int, company: str, set_id: str) -> StoreError:
    held = open_set(connection_id)
    if held is not None:
        return StoreError(
            f"A write to QuickBooks is open already: message set {held.set_id}.",
            "The next Payment Sync settles it before anything else is posted.",
        )
    if is_open_elsewhere(company, connection_id):
        return StoreError(
            "Another connection has a write to the same company file open.",
            "Keep one of the two connections; deskbridge doctor names them.",
        )
    return StoreError(
        f"The message set ID {set_id} was used before.",
        "Report this: each write to QuickBooks needs an ID of its own.",
    )


def is_open_elsewhere(company: str, connection_id: int) -> bool:
    """Whether another connection has a write to this company file whose outcome is not known."""
    return _OPEN_ELSEWHERE.one(company=company, connection=connection_id) is not None


_OPEN_ELSEWHERE = Statement(
    lambda: _of_others_on_file().where(t.MessageSet.closed_ms.is_null()).limit(1)
)


def written_elsewhere(company: str, connection_id: int, since: datetime) -> bool:
    """Whether another connection's write to this company file was settled since then.

    What QuickBooks showed before does not tell what that write brought.
    """
    parameters = {"company": company, "connection": connection_id, "since_ms": millis(since)}
    return _WRITTEN_ELSEWHERE.one(**parameters) is not None


_WRITTEN_ELSEWHERE = Statement(
    lambda: _of_others_on_file().where(t.MessageSet.closed_ms >= slot("since_ms")).limit(1)
)


def _of_others_on_file() -> Any:
    others = t.Connection.select("id").where(t.Connection.company_key == slot("company"))
    on_file = (t.MessageSet.has("company")) | t.MessageSet.connection.in_(others)
    return t.MessageSet.select("id").where(
        on_file & (t.MessageSet.connection != slot("connection"))
    )


def save(held: MessageSet) -> None:
    """Write how far a set is; ``closed_at`` belongs to the phase ``closed``."""
    update_columns(t.MessageSet, id=held.id, **_SET.stored(held, but=_NEVER_CHANGED))


_NEVER_CHANGED = (
    *("id", "connection_id", "application_id", "posting_id", "set_id", "request", "first_sent_at"),
)


def by_posting(posting_id: int) -> list[MessageSet]:
    """Return the sets that were made for a posting, oldest first."""
    return [_SET.read(row) for row in _BY_POSTING.all(posting=posting_id)]


_BY_POSTING = Statement(
    lambda: _select().where(t.MessageSet.has("posting")).order_by(t.MessageSet.id)
)


def count(posting_id: int) -> int:
    """Return how many sets were made for a posting."""
    return int(_COUNT.value(posting=posting_id))


_COUNT = Statement(
    lambda: t.MessageSet.select(fn.COUNT(t.MessageSet.id)).where(t.MessageSet.has("posting"))
)


def last_begun(posting_ids: Collection[int]) -> dict[int, datetime]:
    """Return when the latest set of each posting was first sent; none for one without a set."""
    return {id_: moment(at_ms) for id_, at_ms in _LAST_BEGUN.all(ids=posting_ids)}


_LAST_BEGUN = Statement(
    lambda: (
        t.MessageSet.select("posting", fn.MAX(t.MessageSet.first_sent_ms))
        .where(among(t.MessageSet.posting, "ids"))
        .group_by(t.MessageSet.posting)
    )
)


def clearable(connection_id: int, application_id: int) -> str:
    """Return the ID of the latest set that QuickBooks may forget; empty for none.

    It goes out as oldMessageSetID with the next set of this application. A set that was ever
    in doubt is never forgotten: a late copy of it must still find itself remembered.
    """
    row = _CLEARABLE.one(connection=connection_id, application=application_id)
    return "" if row is None else str(row[0])


_CLEARABLE = Statement(
    lambda: (
        t.MessageSet.select("set_id")
        .where(t.MessageSet.has("connection", "application"), _to_clear())
        .order_by(t.MessageSet.id.desc())
        .limit(1)
    )
)


def _to_clear() -> Any:
    return t.CLEARABLE_SET


def cleared_by(set_row_id: int) -> None:
    """Note that QuickBooks took a set, and so forgot the one that this set told it to."""
    _cleared_by.run(set=set_row_id)


@Statement
def _cleared_by() -> Any:
    telling = t.MessageSet.alias("telling")
    application = telling.select(telling.application).where(telling.id == slot("set"))
    return t.MessageSet.update(cleared=True).where(
        (t.MessageSet.application == application) & (t.MessageSet.id < slot("set")) & _to_clear()
    )


def move_windows(by_ms: int) -> None:
    """Move the doubt windows of open sets by what the clock was set; they stay as long."""
    _move_windows.run(by_ms=by_ms)


@Statement
def _move_windows() -> Any:
    sent = (t.MessageSet.first_sent_ms, t.MessageSet.last_sent_ms)
    moved = {column: column + slot("by_ms") for column in sent}
    return t.MessageSet.update(moved).where(t.OPEN_SET)


def settle_now(connection_id: int, who: str, now: datetime) -> MessageSet:
    """Note that ``who`` vouches that no copy of the open request is left anywhere.

    The doubt window counts as over then. Raises NotFound when nothing is open, NotPossible
    while the request is out and its answer awaited.
    """
    # In one statement: the request must not go out again between a look and a write.
    row = _SETTLE_NOW.one(connection=connection_id, who=who)
    if row is None:
        raise _not_in_doubt(connection_id)
    held = _get(row[0])
    standing.add_event(
        held.posting_id,
        now,
        "to be settled now",
        "No copy of its request is left on any PC.",
        held.set_id,
        who,
    )
    return held


_SETTLE_NOW = Statement(
    lambda: (
        t.MessageSet.update(settle_now_by=slot("who"))
        .where(_is_open() & (t.MessageSet.phase != SENT))
        .returning(t.MessageSet.id)
    )
)


def _not_in_doubt(connection_id: int) -> StoreError:
    held = open_set(connection_id)
    if held is None:
        return NotFound("payment in doubt in", connections.by_id(connection_id).name)
    return NotPossible(
        (
            f"The request of message set {held.set_id} is being posted now, so its outcome is not "
            "unknown yet."
        ),
        "Wait until the sync ends: the next Payment Sync looks for the payment.",
    )


def _get(id_: int) -> MessageSet:
    [row] = _GET.all(id=id_)
    return _SET.read(row)


_GET = Statement(lambda: _select().where(t.MessageSet.has("id")))


def _select() -> Any:
    return t.MessageSet.select(*_SET.fields)


_SET = Mapper(MessageSet, t.MessageSet)
