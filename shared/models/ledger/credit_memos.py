"""Credit memos of which something is left, with what they are applied to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.models.searching import holding, pattern
from shared.models.statements import AnyOf, Statement, among, insert_rows, put_rows, slot
from shared.rules.ledger import CreditMemo, CreditUse
from shared.rules.values import Outcome
from shared.structs import replace

_MEMO = Mapper(CreditMemo, t.CreditMemo, but=("uses",))
_USE = Mapper(CreditUse, t.CreditUse)


def store(
    connection_id: int, sync_id: int, batch: Sequence[CreditMemo], *, of_all: bool
) -> dict[str, Outcome]:
    """Hold the credit memos of a batch as they are now, used up ones no longer.

    ``of_all``: the sync reads all, so that it is noted which it has read. Returns what became of
    those that are news, by TxnID.
    """
    shown = {memo.txn_id: memo for memo in batch}
    known = {memo.txn_id: memo for memo in _read(connection_id, _KNOWN, ids=list(shown))}
    left = [memo for memo in shown.values() if memo.remaining > 0]
    changed = [memo for memo in left if memo != known.get(memo.txn_id)]
    closed = [txn_id for txn_id in known if shown[txn_id].remaining <= 0]
    _forget(connection_id, closed)
    _FORGET_USES.run(connection=connection_id, ids=[memo.txn_id for memo in changed])
    _WRITE.many(
        (connection_id, sync_id, *_MEMO.row(memo)) for memo in (left if of_all else changed)
    )
    _WRITE_USES.many(
        (connection_id, memo.txn_id, position, *_USE.row(use))
        for memo in changed
        for position, use in enumerate(memo.uses)
    )
    news = {m.txn_id: Outcome.UPDATED if m.txn_id in known else Outcome.IMPORTED for m in changed}
    return news | dict.fromkeys(closed, Outcome.CLOSED)


def forget_unseen(connection_id: int, sync_id: int) -> list[CreditMemo]:
    """Hold no longer, and return, what a sync did not read."""
    gone = [replace(memo, uses=()) for memo in _read(connection_id, _UNSEEN, sync=sync_id)]
    _forget(connection_id, [memo.txn_id for memo in gone])
    return gone


def all_of(connection_id: int) -> list[CreditMemo]:
    """Return the credit memos that are held, by date."""
    return _read(connection_id, _ALL)


def called(text: str, limit: int) -> list[tuple[int, CreditMemo]]:
    """Those whose number or TxnID holds this text, each with its connection."""
    rows = _CALLED.all(text=pattern(text), limit=limit)
    return [(connection_id, _MEMO.read(tuple(row))) for connection_id, *row in rows]


def _read(connection_id: int, statement: Statement, **wanted: object) -> list[CreditMemo]:
    memos = [_MEMO.read(row) for row in statement.all(connection=connection_id, **wanted)]
    uses: dict[str, list[CreditUse]] = defaultdict(list)
    ids = [memo.txn_id for memo in memos]
    for memo_txn_id, *row in _USES.all(connection=connection_id, ids=ids) if ids else ():
        uses[memo_txn_id].append(_USE.read(tuple(row)))
    return [replace(memo, uses=tuple(uses[memo.txn_id])) for memo in memos]


def _forget(connection_id: int, txn_ids: Collection[str]) -> None:
    if txn_ids:
        _FORGET_USES.run(connection=connection_id, ids=txn_ids)
        _FORGET.run(connection=connection_id, ids=txn_ids)


def _select(*conditions: Any) -> Any:
    return (
        t.CreditMemo.select(*_MEMO.fields)
        .where(t.CreditMemo.has("connection"), *conditions)
        .order_by(t.CreditMemo.date, t.CreditMemo.txn_id)
    )


_ALL = Statement(lambda: _select())
_KNOWN = Statement(lambda: _select(among(t.CreditMemo.txn_id, "ids")))
_UNSEEN = Statement(lambda: _select(t.CreditMemo.shown_in != slot("sync")))
_CALLED = Statement(
    lambda: (
        t.CreditMemo.select("connection", *_MEMO.fields)
        .where(holding("text", t.CreditMemo.number, t.CreditMemo.txn_id))
        .order_by(t.CreditMemo.connection, t.CreditMemo.date, t.CreditMemo.txn_id)
        .limit(slot("limit"))
    )
)
_USES = Statement(
    lambda: (
        t.CreditUse.select("memo_txn_id", *_USE.fields)
        .where(t.CreditUse.has("connection", memo_txn_id=AnyOf("ids")))
        .order_by(t.CreditUse.memo_txn_id, t.CreditUse.position)
    )
)
_WRITE = put_rows(t.CreditMemo, "connection", "shown_in", *_MEMO.names)
_WRITE_USES = insert_rows(t.CreditUse)
_FORGET = Statement(
    lambda: t.CreditMemo.delete().where(t.CreditMemo.has("connection", txn_id=AnyOf("ids")))
)
_FORGET_USES = Statement(
    lambda: t.CreditUse.delete().where(t.CreditUse.has("connection", memo_txn_id=AnyOf("ids")))
)
