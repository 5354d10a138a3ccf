"""One payment of the platform, as the ReceivePayments that QuickBooks can hold.

A ReceivePayment belongs to one customer or job and to one accounts receivable account, those
of the invoices that it pays (status 3120 and 3210 otherwise).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from shared.rules.payments.values import (
    ZERO,
    NamedCustomer,
    NamedInvoice,
    Payment,
    PaymentUse,
    PostingUse,
    UseKind,
)
from shared.structs import Value, replace


class Part(Value):
    """A ReceivePayment to write; ``part`` counts from 1.

    ``amount`` is at least the sum of ``uses``; what is above it stays unapplied.
    """

    part: int
    customer_list_id: str
    customer: str
    ar_account_list_id: str
    currency: str
    amount: Decimal
    uses: tuple[PostingUse, ...]


def split(payment: Payment, invoices: Sequence[NamedInvoice | None]) -> tuple[Part, ...]:
    """The parts of a payment, one per customer and A/R account, in order of first appearance.

    ``invoices`` has the invoice of each use. Uses of the same invoice become one; what the
    payment has beyond its invoices goes to the first part, so the parts add up to its amount.
    Raises ValueError for an invoice use without its invoice, or when uses exceed the amount.
    """
    groups: dict[tuple[str, str], list[tuple[PaymentUse, NamedInvoice]]] = {}
    for use, invoice in zip(payment.uses, invoices, strict=True):
        if use.kind is not UseKind.INVOICE:
            continue
        if invoice is None:
            raise ValueError(f"{payment.document} cannot be split: {use.document} is not known")
        key = (invoice.customer_list_id, invoice.ar_account_list_id)
        groups.setdefault(key, []).append((use, invoice))
    parts = [_part(number, paid, payment) for number, paid in enumerate(groups.values(), 1)]
    return _with_rest(payment, parts)


def on_account(payment: Payment, customer: NamedCustomer) -> Part:
    """The one part of a payment without an invoice: unapplied, on its customer's account.

    Which A/R account that is, is known when QuickBooks is looked at.
    """
    return Part(
        part=1,
        customer_list_id=customer.list_id,
        customer=customer.customer,
        ar_account_list_id="",
        currency=payment.currency or customer.currency,
        amount=payment.amount,
        uses=(),
    )


def _part(number: int, paid: Sequence[tuple[PaymentUse, NamedInvoice]], payment: Payment) -> Part:
    uses: dict[str, PostingUse] = {}
    for use, invoice in paid:
        known = uses.get(invoice.txn_id, PostingUse(invoice.txn_id, invoice.number, ZERO))
        uses[invoice.txn_id] = replace(known, amount=known.amount + use.amount)
    first = paid[0][1]
    return Part(
        part=number,
        customer_list_id=first.customer_list_id,
        customer=first.customer,
        ar_account_list_id=first.ar_account_list_id,
        currency=first.currency or payment.currency,
        amount=sum((use.amount for use in uses.values()), ZERO),
        uses=tuple(uses.values()),
    )


def _with_rest(payment: Payment, parts: Sequence[Part]) -> tuple[Part, ...]:
    if not parts:
        return ()
    rest = payment.amount - sum((part.amount for part in parts), ZERO)
    if rest < 0:
        raise ValueError(f"{payment.document} cannot be split: it pays {-rest:,.2f} too much")
    first, *others = parts
    return (replace(first, amount=first.amount + rest), *others)
