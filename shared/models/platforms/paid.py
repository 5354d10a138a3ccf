"""What payments of QuickBooks pay of invoices: recorded there, or posted there for others.

A payment that came from the platform of the account is not among them: it is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from peewee import fn

from shared.models import tables as t
from shared.models.convert import money
from shared.models.payments import from_quickbooks, rows
from shared.models.payments.from_platform import came_from_account
from shared.models.platforms import outbox
from shared.models.statements import AnyOf, Statement, among, slot
from shared.rules.connectors import Outgoing, SendState
from shared.rules.payments.values import (
    Payment,
    PaymentSource,
    PaymentUse,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import InvoiceStatus, RecordKind
from shared.structs import Value


class InQuickBooks(Value):
    """A ReceivePayment of QuickBooks; ``external_id`` is empty for one that was recorded there."""

    txn_id: str
    external_id: str
    date: date
    method: str
    reference: str
    memo: str
    currency: str
    uses: tuple[PaymentUse, ...]


def find(connection_id: int, txn_id: str) -> InQuickBooks | None:
    """Return a ReceivePayment; None where QuickBooks does not have it any more."""
    recorded = from_quickbooks.by_txn_id(connection_id, [txn_id]).get(txn_id)
    if recorded is not None and not recorded.deleted:
        return _recorded(recorded)
    return next(map(_posted, rows.postings(_OF_TXN.all(connection=connection_id, id=txn_id))), None)


def _recorded(one: Payment) -> InQuickBooks:
    told = (one.method, one.reference, one.memo, one.currency)
    return InQuickBooks(one.txn_id, "", one.date, *told, tuple(one.applied))


def _posted(one: Posting) -> InQuickBooks:
    key, day, method, reference, memo = _PAYMENT_OF.all(id=one.payment_id)[0]
    uses = tuple(
        PaymentUse(UseKind.INVOICE, use.number, use.invoice_txn_id, use.number, use.paid)
        for use in one.uses
    )
    told = (one.method or method, reference, memo, one.currency)
    return InQuickBooks(one.txn_id, key, one.date or date.fromisoformat(day), *told, uses)


def _is_posted() -> Any:
    return t.Posting.has("connection", state=PostingState.POSTED) & ~t.Posting.deleted


_OF_TXN = Statement(
    lambda: t.Posting.select(*rows.POSTING.fields).where(
        _is_posted() & (t.Posting.txn_id == slot("id"))
    )
)
_PAYMENT_OF = Statement(
    lambda: t.Payment.select("key", "date", "method", "reference", "memo").where(
        t.Payment.has("id")
    )
)


def of_invoice(connection_id: int, identity: str, txn_id: str) -> Iterator[tuple[str, Decimal]]:
    """Return the TxnIDs of payments that go to the platform, and what each pays of an invoice."""
    which = {"connection": connection_id, "txn_id": txn_id}
    for payment, amount in _RECORDED.all(**which):
        yield payment, money(int(amount))
    for payment, amount in _POSTED.all(**which, identity=identity):
        yield payment, money(int(amount))


def decide(
    connection_id: int,
    identity: str,
    one: Outgoing,
    state: SendState,
    reason: str,
    choice: str,
    now: datetime,
) -> None:
    """Set how a person wants a record to stand; with an invoice go the payments that pay it."""
    outbox.decide(connection_id, one, state, reason, choice, now)
    if one.kind is RecordKind.INVOICE and state is SendState.WAITING:
        payments = [txn_id for txn_id, _ in of_invoice(connection_id, identity, one.object_id)]
        outbox.want_again(connection_id, RecordKind.PAYMENT, payments, now)


def came_from_there(connection_id: int, identity: str, txn_id: str) -> Decimal:
    """Return what payments of the platform itself, posted here, pay of an invoice."""
    cents = _FROM_THERE.value(connection=connection_id, identity=identity, txn_id=txn_id)
    return money(int(cents or 0))


def _imported() -> Any:
    return t.Payment.has("connection", source=PaymentSource.QUICKBOOKS) & ~t.Payment.deleted


_RECORDED = Statement(
    lambda: (
        t.Payment.select("key", fn.SUM(t.PaymentUse.amount_cents))
        .join(t.PaymentUse, on=(t.PaymentUse.payment == t.Payment.id))
        .where(_imported() & (t.PaymentUse.invoice_txn_id == slot("txn_id")))
        .group_by(t.Payment.key)
    )
)
_PAID_CENTS = fn.COALESCE(t.PostingUse.fitting_cents, t.PostingUse.amount_cents)


def _is_from_there() -> Any:
    """Whether the payment of a posting is one of the platform."""
    return fn.EXISTS(t.PlatformRecord.select("our_id").where(came_from_account()))


def _postings_on_it(*columns: Any) -> Any:
    return (
        t.PostingUse.select(*columns)
        .join(t.Posting, on=(t.PostingUse.posting == t.Posting.id))
        .join(t.Payment, on=(t.Posting.payment == t.Payment.id))
        .where(_is_posted() & (t.PostingUse.invoice_txn_id == slot("txn_id")))
    )


_POSTED = Statement(
    lambda: (
        _postings_on_it(t.Posting.txn_id, fn.SUM(_PAID_CENTS))
        .where(~_is_from_there())
        .group_by(t.Posting.txn_id)
    )
)
_FROM_THERE = Statement(lambda: _postings_on_it(fn.SUM(_PAID_CENTS)).where(_is_from_there()))


def posted_for(
    connection_id: int, identity: str, external_ids: Collection[str]
) -> list[tuple[str, str]]:
    """Return (TxnID, id of the payment) of what was posted for these payments, but for those that
    came from the platform itself."""
    found = _POSTED_FOR.all(connection=connection_id, identity=identity, ids=external_ids)
    return [tuple(row) for row in found]


def _postings_of_payments() -> Any:
    return (
        t.Posting.select(t.Posting.txn_id, t.Payment.key)
        .join(t.Payment, on=(t.Posting.payment == t.Payment.id))
        .where(t.Posting.has("connection", state=PostingState.POSTED), ~_is_from_there())
        .order_by(t.Posting.txn_id)
    )


_POSTED_FOR = Statement(lambda: _postings_of_payments().where(among(t.Payment.key, "ids")))


def of_open_invoices(connection_id: int, identity: str) -> Iterator[tuple[str, str]]:
    """Return (TxnID, what a person calls it) of the payments that pay open invoices."""
    which = {"connection": connection_id}
    return _called(_RECORDED_OF_OPEN.all(**which), _POSTED_OF_OPEN.all(**which, identity=identity))


def called_of_invoice(connection_id: int, identity: str, txn_id: str) -> Iterator[tuple[str, str]]:
    """Return (TxnID, what a person calls it) of the payments that pay an invoice."""
    which = {"connection": connection_id, "txn_id": txn_id}
    return _called(_RECORDED_OF_ONE.all(**which), _POSTED_OF_ONE.all(**which, identity=identity))


def recorded_as(connection_id: int, txn_ids: Collection[str]) -> dict[str, str]:
    """Return what a person calls payments recorded in QuickBooks, by TxnID."""
    found = _RECORDED_AS.all(connection=connection_id, ids=txn_ids)
    return {txn_id: _name(*told) for txn_id, *told in found}


def _name(number: str, day: str, cents: int) -> str:
    """Its number; without one, what QuickBooks finds it by as well."""
    return number or f"of {money(cents):,.2f} on {day}"


def _called(recorded: Iterable[Any], posted: Iterable[Any]) -> Iterator[tuple[str, str]]:
    yield from ((txn_id, _name(*told)) for txn_id, *told in recorded)
    yield from ((txn_id, key) for txn_id, key in posted)


def _is_of_open(txn_id: Any) -> Any:
    return fn.EXISTS(
        t.Invoice.select("id").where(
            t.Invoice.has("connection", status=InvoiceStatus.OPEN, left_out=""),
            t.Invoice.txn_id == txn_id,
        )
    )


def _is_this(txn_id: Any) -> Any:
    return txn_id == slot("txn_id")


_TOLD = (t.Payment.key, t.Payment.reference, t.Payment.date, t.Payment.amount_cents)
_RECORDED_AS = Statement(
    lambda: t.Payment.select(*_TOLD).where(
        t.Payment.has("connection", source=PaymentSource.QUICKBOOKS, key=AnyOf("ids"))
    )
)


def _recorded_of(which: Callable[[Any], Any]) -> Any:
    """Payments recorded in QuickBooks that pay an invoice of which this holds."""
    return (
        t.Payment.select(*_TOLD)
        .join(t.PaymentUse, on=(t.PaymentUse.payment == t.Payment.id))
        .where(_imported() & which(t.PaymentUse.invoice_txn_id))
        .distinct()
        .order_by(t.Payment.key)
    )


def _posted_of(which: Callable[[Any], Any]) -> Any:
    """Payments posted there for others than the platform itself, likewise."""
    return (
        _postings_of_payments()
        .join(t.PostingUse, on=(t.PostingUse.posting == t.Posting.id))
        .where(~t.Posting.deleted & which(t.PostingUse.invoice_txn_id))
        .distinct()
    )


_RECORDED_OF_OPEN = Statement(lambda: _recorded_of(_is_of_open))
_POSTED_OF_OPEN = Statement(lambda: _posted_of(_is_of_open))
_RECORDED_OF_ONE = Statement(lambda: _recorded_of(_is_this))
_POSTED_OF_ONE = Statement(lambda: _posted_of(_is_this))


@Statement
def _may_be_ours() -> Any:
    """A payment of QuickBooks that carries a tag of a posting of ours."""
    tag = (t.Posting.external_guid == t.Payment.external_guid) | (
        fn.LOWER(t.Posting.ref_number) == fn.LOWER(t.Payment.reference)
    )
    return (
        t.Payment.select("id")
        .join(t.Posting, on=(t.Posting.connection == t.Payment.connection) & tag)
        .where(_imported() & (t.Payment.key == slot("txn_id")))
        .limit(1)
    )


def may_be_posted_by_us(connection_id: int, txn_id: str) -> bool:
    """Whether a payment recorded in QuickBooks may be one that we posted after all."""
    return bool(_may_be_ours.all(connection=connection_id, txn_id=txn_id))
