"""Payments judged by what is held now: may they go out, and which invoices do they mean?

Where a part of a payment is in QuickBooks already, only the rest of it is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shared.rules.payments.allowances import allowed
from shared.rules.payments.judging import Judgment, judge
from shared.rules.payments.names import folded
from shared.rules.payments.splitting import Part, on_account, split
from shared.rules.payments.values import (
    ZERO,
    CustomerMapping,
    NamedCustomer,
    NamedInvoice,
    Payment,
    PaymentStatus,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import Connection

PARTS_CHANGED = "payment-parts-changed"

Found = Mapping[str, Sequence[NamedInvoice]]


@dataclass(frozen=True, slots=True)
class Books:
    """What payments are judged by: the connection, invoices by document, mapped names folded.

    ``near`` has the invoices of close numbers for documents that mean none, ``customers`` those
    that a name or ListID may mean where no invoice is named.
    """

    connection: Connection
    found: Found
    mappings: Mapping[str, CustomerMapping]
    near: Found
    customers: Mapping[str, Sequence[NamedCustomer]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A payment with its judgment; ``wanted`` are the parts to be planned when it is ready.

    ``invoices`` has the invoice that each judged use means, by the position of the use.
    """

    payment: Payment
    status: PaymentStatus
    code: str
    fields: Mapping[str, str]
    invoices: Mapping[int, NamedInvoice | None]
    wanted: tuple[Part, ...]


def judged(payment: Payment, parts: Sequence[Posting], books: Books) -> Judged:
    """Judge a payment of which no part is on its way, refused or parked."""
    planned = [part for part in parts if part.state is PostingState.PLANNED]
    if not parts or len(planned) == len(parts):
        return _whole(payment, books)
    return _rest(payment, planned, books)


def _whole(payment: Payment, books: Books) -> Judged:
    said = _judge(payment, books)
    wanted: tuple[Part, ...] = ()
    if said.customer is not None:
        wanted = (on_account(payment, said.customer),)
    elif said.status is PaymentStatus.READY:
        wanted = split(payment, said.invoices)
    return _as_judged(payment, said, range(len(payment.uses)), wanted)


def _rest(payment: Payment, planned: Sequence[Posting], books: Books) -> Judged:
    """Judge what is still planned as if it were all of the payment."""
    paid = {use.invoice_txn_id for part in planned for use in part.uses}
    open_uses = [
        position
        for position, use in enumerate(payment.uses)
        if use.kind is UseKind.INVOICE and use.invoice_txn_id in paid
    ]
    rest = replace(
        payment,
        amount=sum((part.amount for part in planned), ZERO),
        uses=tuple(payment.uses[position] for position in open_uses),
    )
    said = _judge(rest, books)
    if said.status is not PaymentStatus.READY:
        return _as_judged(payment, said, open_uses, ())
    fitted = _fitted(split(rest, said.invoices), planned)
    if fitted is None:
        said = Judgment(PaymentStatus.REFUSED, PARTS_CHANGED, {}, ())
        return _as_judged(payment, said, (), ())
    return _as_judged(payment, said, open_uses, fitted)


def _fitted(parts: Sequence[Part], planned: Sequence[Posting]) -> tuple[Part, ...] | None:
    """Number the parts as those that are planned; None when they are no longer the same ones."""
    if _shape(parts) != _shape(planned):
        return None
    return tuple(
        replace(part, part=posting.part) for part, posting in zip(parts, planned, strict=True)
    )


def _shape(parts: Sequence[Part] | Sequence[Posting]) -> list[tuple[Decimal, list[Decimal]]]:
    return [(part.amount, [use.amount for use in part.uses]) for part in parts]


def _judge(payment: Payment, books: Books) -> Judgment:
    mapping = books.mappings.get(folded(payment.customer))
    return judge(
        payment,
        books.found,
        start_date=books.connection.start_date,
        payments_out=books.connection.payments_out,
        mapping=mapping,
        near=books.near,
        may=allowed(books.connection, payment),
        customers=books.customers.get(mapping.list_id if mapping else payment.customer, ()),
    )


def _as_judged(
    payment: Payment, said: Judgment, positions: Sequence[int], wanted: tuple[Part, ...]
) -> Judged:
    invoices = dict(zip(positions, said.invoices, strict=True))
    return Judged(payment, said.status, said.code, said.fields, invoices, wanted)
