"""The payments that QuickBooks has: recorded there, and what they are applied to.

What we posted ourselves is not held here, but as a posting of a payment of the platform.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from peewee import SQL, Select, fn

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper, NewRows
from shared.models.payments import rows, telling
from shared.models.statements import AnyOf, Statement, among, current_engine, slot
from shared.rules.events import EventKind
from shared.rules.payments.values import (
    ChargeState,
    Payment,
    PaymentSource,
    PaymentStatus,
    PaymentUse,
    PostingState,
    ReceivedPayment,
    ReceivedUse,
    UseKind,
)
from shared.rules.values import Stored
from shared.structs import Value

_KINDS: Mapping[str, UseKind] = MappingProxyType(
    {"Invoice": UseKind.INVOICE, "CreditMemo": UseKind.CREDIT_NOTE}
)


class Latest(Value):
    """An imported payment, and when QuickBooks says that it changed last."""

    txn_id: str
    time_modified: str


def store(
    connection_id: int, sync_id: int, batch: Sequence[ReceivedPayment], now: datetime
) -> Stored:
    """Hold payments of QuickBooks as they are now, and mark them as read by this sync.

    One is changed when its EditSequence or TimeModified differs, or when it was taken for
    deleted. Storing a batch twice is storing it once.
    """
    payments = {payment.txn_id: payment for payment in batch}
    known = {row[0]: row[1:] for row in _KNOWN.all(connection=connection_id, ids=payments)}
    stored = Stored()
    for txn_id, payment in payments.items():
        before = known.get(txn_id)
        if before is None:
            stored.imported.append(txn_id)
        elif before == (payment.edit_sequence, payment.time_modified, False):
            stored.unchanged.append(txn_id)
        else:
            stored.updated.append(txn_id)
    written = [payments[txn_id] for txn_id in chain(stored.imported, stored.updated)]
    now_ms = millis(now)
    _WRITE.many((one, connection_id, sync_id, now_ms, now_ms) for one in written)
    numbers = _write_uses(connection_id, written, stored.updated)
    for kind, txn_ids in (
        (EventKind.PAYMENT_IMPORTED, stored.imported),
        (EventKind.PAYMENT_EDITED, stored.updated),
    ):
        telling.tell(kind, [numbers[txn_id] for txn_id in txn_ids])
    if stored.unchanged:
        _MARK_READ.run(connection=connection_id, sync=sync_id, ids=stored.unchanged)
    return stored


def _of_these(query: Any) -> Any:
    return query.where(_imported() & among(t.Payment.key, "ids"))


def _imported() -> Any:
    return t.Payment.has("connection", source=PaymentSource.QUICKBOOKS)


_KNOWN = Statement(
    lambda: _of_these(t.Payment.select("key", "edit_sequence", "time_modified", "deleted"))
)
_MARK_READ = Statement(lambda: _of_these(t.Payment.update(read_by_sync=slot("sync"))))

_RECEIVED = Mapper(
    ReceivedPayment, t.Payment, but=["uses"], txn_id=t.Payment.key, ref_number=t.Payment.reference
)
_WRITE = NewRows(
    _RECEIVED,
    *("connection", "read_by_sync", "received_ms", "changed_ms"),
    stays=["note", "changed_by", "received_ms"],
    source=PaymentSource.QUICKBOOKS.value,
    charge_state=ChargeState.SUCCEEDED.value,
    from_quickbooks=True,
    status=PaymentStatus.IMPORTED.value,
)


def _write_uses(
    connection_id: int, written: Sequence[ReceivedPayment], updated: Collection[str]
) -> dict[str, int]:
    """Write what payments are applied to; returns their numbers by TxnID."""
    numbers: dict[str, int] = dict(
        _NUMBERS.all(connection=connection_id, ids=[one.txn_id for one in written])
    )
    _FORGET_USES.run(ids=[numbers[txn_id] for txn_id in updated])
    _ADD_USES.many(
        (_use(use), numbers[one.txn_id], position)
        for one in written
        for position, use in enumerate(one.uses)
    )
    return numbers


_NUMBERS = Statement(lambda: _of_these(t.Payment.select("key", "id")))
_FORGET_USES = Statement(lambda: t.PaymentUse.delete().where(among(t.PaymentUse.payment, "ids")))


_ADD_USES = NewRows(Mapper(PaymentUse, t.PaymentUse, but=["held"]), "payment", "position")


def _use(use: ReceivedUse) -> PaymentUse:
    kind = _KINDS.get(use.txn_type, UseKind.OTHER)
    # Also of an invoice that is not held: once it comes in, the two are joined.
    invoice_txn_id = use.txn_id if kind is UseKind.INVOICE else ""
    document = use.number or use.txn_id
    return PaymentUse(kind, document, invoice_txn_id, use.number, use.amount, use.discount)


def invoices_of(connection_id: int, txn_ids: Collection[str]) -> set[str]:
    """Return the TxnIDs of the invoices that payments on file, by their TxnIDs, apply to.

    Both what was imported counts and what we posted.
    """
    wanted = {"connection": connection_id, "ids": txn_ids}
    return {*_PAID.column(**wanted), *_PAID_BY_US.column(**wanted)}


_PAID = Statement(
    lambda: _of_these(t.PaymentUse.select("invoice_txn_id").join(t.Payment)).where(
        t.PaymentUse.invoice_txn_id != ""
    )
)
_PAID_BY_US = Statement(
    lambda: (
        t.PostingUse.select("invoice_txn_id")
        .join(t.Posting)
        .where(t.Posting.has("connection", txn_id=AnyOf("ids"), state=PostingState.POSTED))
    )
)


def mark_deleted(connection_id: int, txn_ids: Collection[str], now: datetime) -> list[str]:
    """Note that QuickBooks no longer has these imported payments; return the newly gone ones."""
    gone = _MARK_DELETED.all(connection=connection_id, ids=txn_ids, now_ms=millis(now))
    telling.tell(EventKind.PAYMENT_DELETED, [id_ for _, id_ in gone])
    return sorted(txn_id for txn_id, _ in gone)


_MARK_DELETED = Statement(
    lambda: (
        _of_these(t.Payment.update(deleted=True, changed_ms=slot("now_ms")))
        .where(~t.Payment.deleted)
        .returning(t.Payment.key, t.Payment.id)
    )
)


def by_txn_id(connection_id: int, txn_ids: Collection[str]) -> dict[str, Payment]:
    """Return the imported payments with these TxnIDs, also those that were deleted since."""
    found = rows.shown(_THESE.all(connection=connection_id, ids=txn_ids))
    return {payment.txn_id: payment for payment in found}


_THESE = Statement(lambda: _of_these(t.Payment.select(*rows.PAYMENT_FIELDS)).order_by(t.Payment.id))


def latest(connection_id: int, limit: int) -> list[Latest]:
    """Return the imported payments that changed last, latest first; not those deleted there."""
    rows_ = _LATEST.all(connection=connection_id, limit=limit)
    return [Latest(*row) for row in rows_]


_LATEST = Statement(
    lambda: (
        t.Payment.select("key", "time_modified")
        .where(t.Payment.has("connection"), SQL(t.IN_QUICKBOOKS))
        .order_by(t.Payment.time_modified.desc(), t.Payment.id.desc())
        .limit(slot("limit"))
    )
)


def to_compare(connection_id: int, after: str, limit: int) -> list[str]:
    """Return TxnIDs that follow ``after`` ("" for the first) of payments that QuickBooks has.

    Those that were imported and those that we posted, in the order of their code points.
    """
    return _to_compare.column(connection=connection_id, after=after, limit=limit)


@Statement
def _to_compare() -> Any:
    imported = _next(t.Payment, t.Payment.key, _imported())
    posted = _next(
        t.Posting, t.Posting.txn_id, t.Posting.has("connection", state=PostingState.POSTED)
    )
    both = imported.union(posted).alias("both")
    in_order = both.select(both.c.txn_id).order_by(_by_code_point(both.c.txn_id))
    return in_order.limit(slot("limit"))


def _next(table: Any, txn_id: Any, condition: Any) -> Any:
    """One page of one side: the union of two pages holds the next page of both."""
    ordered = _by_code_point(txn_id)
    page = (
        table.select(txn_id.alias("txn_id"))
        .where(condition & ~table.deleted & (ordered > slot("after")))
        .order_by(ordered)
        .limit(slot("limit"))
        .alias("page")
    )
    return Select((page,), (page.c.txn_id,))


def _by_code_point(text: Any) -> Any:
    """The text as Python orders it too, whatever the locale of a PostgreSQL database."""
    return text.collate('"C"') if current_engine() == "postgresql" else text


def remove_ours(connection_id: int, txn_ids: Iterable[str]) -> list[str]:
    """Drop imported payments that are postings of ours after all; return their TxnIDs.

    One is read from QuickBooks like any other while it is not known yet that we posted it.
    Only those go whose TxnID a posting has by now.
    """
    ours: dict[str, int] = dict(_ours.all(connection=connection_id, ids=list(txn_ids)))
    telling.tell(EventKind.PAYMENT_RECOGNIZED, list(ours.values()))
    if ours:
        _REMOVE.run(ids=ours.values())
    return sorted(ours)


@Statement
def _ours() -> Any:
    posted = t.Posting.select("id").where(
        t.Posting.has(connection=t.Payment.connection, txn_id=t.Payment.key)
    )
    return _of_these(t.Payment.select("key", "id")).where(fn.EXISTS(posted))


_REMOVE = Statement(lambda: t.Payment.delete().where(among(t.Payment.id, "ids")))
