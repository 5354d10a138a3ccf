"""Rows of payments and postings as values; several repositories read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.models.statements import Row, Statement, among, current_engine, locking
from shared.rules.payments.values import (
    Allowances,
    Payment,
    PaymentSource,
    PaymentUse,
    Posting,
    PostingUse,
)
from shared.structs import replace

_NOT_OF_ITS_ROW = ("external_id", "txn_id", "ref_number", "uses")
ALLOWANCES = Mapper(Allowances, t.Payment)
_PAYMENT = Mapper(Payment, t.Payment, but=_NOT_OF_ITS_ROW, allowances=ALLOWANCES)
PAYMENT_FIELDS: tuple[Any, ...] = (t.Payment.id, t.Payment.key, *_PAYMENT.fields)
PAYMENTS = Statement(
    lambda: (
        t.Payment.select(*PAYMENT_FIELDS).where(among(t.Payment.id, "ids")).order_by(t.Payment.id)
    )
)
"""Rows of payments by their numbers."""
POSTING = Mapper(Posting, t.Posting, but=["uses"])
POSTING_USE = Mapper(PostingUse, t.PostingUse)


class _Use(NamedTuple):
    """A use with what its invoice tells, empty where it is not held."""

    use: PaymentUse
    customer_list_id: str
    customer: str
    currency: str


def given(rows: Sequence[Row]) -> list[Payment]:
    """Make payments of the columns PAYMENT_FIELDS, with uses; terms just as they came in."""
    uses = _uses_of(row[0] for row in rows)
    return [_read(row, tuple(one.use for one in uses[row[0]])) for row in rows]


def shown(rows: Sequence[Row]) -> list[Payment]:
    """As ``given``, with what the platform left open and QuickBooks knows.

    That is customer and currency, what its parts are called in QuickBooks, and what became of
    them there.
    """
    return [payment for payment, _ in shown_with_parts(rows)]


def shown_with_parts(rows: Sequence[Row]) -> list[tuple[Payment, list[Posting]]]:
    """As ``shown``, each with its parts in their order."""
    ids = [row[0] for row in rows]
    uses, parts = _uses_of(ids), postings_of(ids)
    return [(_filled(_read(row, ()), uses[row[0]], parts[row[0]]), parts[row[0]]) for row in rows]


def _read(row: Row, uses: tuple[PaymentUse, ...]) -> Payment:
    """Make a payment of the columns PAYMENT_FIELDS.

    Its key is the external ID of one of the platform, the TxnID of one of QuickBooks.
    """
    _, key, *columns = row
    payment = _PAYMENT.read(tuple(columns), external_id=key, txn_id="", ref_number="", uses=uses)
    if payment.source is PaymentSource.INVOICED:
        return payment
    return replace(payment, external_id="", txn_id=key, ref_number=payment.reference)


def _filled(payment: Payment, uses: Sequence[_Use], parts: Sequence[Posting]) -> Payment:
    if payment.source is PaymentSource.QUICKBOOKS:
        return replace(payment, uses=tuple(one.use for one in uses))
    list_ids = [*(part.customer_list_id for part in parts), *(one[1] for one in uses)]
    customers = [*(part.customer for part in parts), *(one[2] for one in uses)]
    currencies = [*(part.currency for part in parts), *(one[3] for one in uses)]
    named = "" if payment.customer in list_ids else payment.customer
    return replace(
        payment,
        uses=tuple(one.use for one in uses),
        customer=named or _first(customers) or payment.customer,
        customer_list_id=_first(list_ids),
        currency=payment.currency or _first(currencies),
        txn_id=" ".join(part.txn_id for part in parts if part.txn_id),
        ref_number=" ".join(part.ref_number for part in parts),
        unused=sum((part.unused for part in parts), payment.unused),
        deleted=any(part.deleted for part in parts),
    )


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")


def _uses_of(payment_ids: Iterable[int]) -> Mapping[int, list[_Use]]:
    found: defaultdict[int, list[_Use]] = defaultdict(list)
    ids = list(payment_ids)
    rows = _USES.all(ids=ids) if ids else ()
    for payment_id, list_id, customer, currency, *row in rows:
        use = _USE.read(tuple(row))
        found[payment_id].append(_Use(use, list_id or "", customer or "", currency or ""))
    return found


_USE = Mapper(
    PaymentUse,
    t.PaymentUse,
    number=fn.COALESCE(fn.NULLIF(t.PaymentUse.number, ""), t.Invoice.number, ""),
    held=t.Invoice.id.is_null(False),
)
_USES = Statement(
    lambda: (
        t.PaymentUse.select(
            *(t.PaymentUse.payment, t.Invoice.customer_list_id),
            *(t.Invoice.customer_full_name, t.Invoice.currency, *_USE.fields),
        )
        .join(t.Payment)
        .join(
            t.Invoice,
            JOIN.LEFT_OUTER,
            on=t.Invoice.has(connection=t.Payment.connection, txn_id=t.PaymentUse.invoice_txn_id),
        )
        .where(among(t.PaymentUse.payment, "ids"))
        .order_by(t.PaymentUse.payment, t.PaymentUse.position)
    )
)


def postings_of(payment_ids: Iterable[int]) -> Mapping[int, list[Posting]]:
    """Return the parts of payments, in order, with their uses; none for an unknown payment."""
    found: defaultdict[int, list[Posting]] = defaultdict(list)
    ids = list(payment_ids)
    for posting in postings(_POSTINGS.all(ids=ids)) if ids else ():
        found[posting.payment_id].append(posting)
    return found


_POSTINGS = Statement(
    lambda: (
        t.Posting.select(*POSTING.fields)
        .where(among(t.Posting.payment, "ids"))
        .order_by(t.Posting.payment, t.Posting.part)
    )
)


def postings(rows: Sequence[Row]) -> list[Posting]:
    """Make postings of the columns of POSTING, with their uses."""
    if not rows:
        return []
    uses: defaultdict[int, list[PostingUse]] = defaultdict(list)
    for posting_id, *use in _POSTING_USES.all(ids=[row[0] for row in rows]):
        uses[posting_id].append(POSTING_USE.read(tuple(use)))
    return [POSTING.read(row, uses=tuple(uses[row[0]])) for row in rows]


_POSTING_USES = Statement(
    lambda: (
        t.PostingUse.select("posting", *POSTING_USE.fields)
        .where(among(t.PostingUse.posting, "ids"))
        .order_by(t.PostingUse.posting, t.PostingUse.position)
    )
)


def lock(payment_ids: Collection[int]) -> None:
    """Keep payments from being sent or changed by another unit until the end of this one."""
    if current_engine() == "postgresql":  # SQLite has one writer anyway
        _LOCK.all(ids=payment_ids)


def lock_payment_of(posting_id: int) -> None:
    """As ``lock``, the payment that a posting is a part of."""
    if current_engine() == "postgresql":
        _LOCK_PAYMENT_OF.all(id=posting_id)


_LOCK_PAYMENT_OF = Statement(
    lambda: locking(
        t.Payment.select("id").where(
            t.Payment.id.in_(t.Posting.select("payment").where(t.Posting.has("id")))
        ),
        t.Payment,
    )
)
_LOCK = Statement(
    lambda: locking(
        t.Payment.select("id").where(among(t.Payment.id, "ids")).order_by(t.Payment.id), t.Payment
    )
)
