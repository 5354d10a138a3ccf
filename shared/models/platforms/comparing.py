"""What the ledger holds of invoices and what is on its way, to be held against the platform."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.convert import money
from shared.models.payments.from_platform import came_from_account
from shared.models.statements import Statement
from shared.rules.payments.values import ChargeState, PaymentSource, PaymentStatus, UseKind
from shared.rules.values import InvoiceStatus, RecordKind


class Billed(NamedTuple):
    """An invoice of the ledger; ``their_id`` is empty where the platform does not have it.

    ``state`` and ``reason`` tell where it stands on its way there; empty: it never was.
    """

    txn_id: str
    number: str
    customer_list_id: str
    customer: str
    balance: Decimal
    their_id: str
    state: str
    reason: str


def billed(connection_id: int, identity: str) -> Iterator[Billed]:
    """Return the invoices that are on the platform, and the open ones that are not."""
    for row in _billed.all(connection=connection_id, identity=identity):
        txn_id, number, list_id, customer, status, left_out, cents, their_id, state, why = row
        is_open = status == InvoiceStatus.OPEN.value
        if their_id or (is_open and not left_out):
            balance = money(int(cents)) if is_open else Decimal(0)
            told = (str(their_id or ""), str(state or ""), str(why or ""))
            yield Billed(txn_id, number, list_id, customer, balance, *told)


@Statement
def _billed() -> Any:
    there = t.PlatformRecord.has(
        "identity",
        connection=t.Invoice.connection,
        kind=RecordKind.INVOICE,
        our_id=t.Invoice.txn_id,
    )
    sent = t.Outgoing.has(
        connection=t.Invoice.connection, kind=RecordKind.INVOICE, object_id=t.Invoice.txn_id
    )
    return (
        t.Invoice.select(
            *(t.Invoice.txn_id, t.Invoice.number),
            *(t.Invoice.bill_to_list_id, t.Invoice.customer_full_name),
            *(t.Invoice.status, t.Invoice.left_out, t.Invoice.balance_cents),
            *(t.PlatformRecord.their_id, t.Outgoing.state, t.Outgoing.reason),
        )
        .join(t.PlatformRecord, JOIN.LEFT_OUTER, on=there)
        .switch(t.Invoice)
        .join(t.Outgoing, JOIN.LEFT_OUTER, on=sent)
        .where(t.Invoice.has("connection"))
        .order_by(t.Invoice.id)
    )


_NOT_ON_ITS_WAY = [
    one.value
    for one in (
        *(PaymentStatus.POSTED, PaymentStatus.NOT_ELIGIBLE),
        *(PaymentStatus.SKIPPED, PaymentStatus.WITHDRAWN),
    )
]


def coming_in(connection_id: int, identity: str) -> dict[str, Decimal]:
    """Return what was paid on the platform of invoices and is not in QuickBooks yet.

    By what the payments call the invoice: its TxnID or its number. A charge that failed paid
    nothing, and what never goes to QuickBooks is not on its way.
    """
    rows = _coming.all(connection=connection_id, identity=identity)
    return {document: money(int(cents)) for document, cents in rows}


@Statement
def _coming() -> Any:
    return (
        t.Payment.select(t.PaymentUse.document, fn.SUM(t.PaymentUse.amount_cents))
        .join(t.PaymentUse, on=(t.PaymentUse.payment == t.Payment.id))
        .switch(t.Payment)
        .join(t.PlatformRecord, on=came_from_account())
        .where(
            t.Payment.has("connection", source=PaymentSource.INVOICED),
            t.Payment.status.not_in(_NOT_ON_ITS_WAY),
            t.Payment.charge_state != ChargeState.FAILED.value,
            t.PaymentUse.kind == UseKind.INVOICE.value,
        )
        .group_by(t.PaymentUse.document)
    )
