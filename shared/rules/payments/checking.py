"""What is wrong with a payment before it is taken in.

The terms of a payment never change once it has left, so they are checked to the last cent at
the door. Every fault is found, not the first one only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from shared.qbxml.text import CENT, shown
from shared.rules.payments.names import folded
from shared.rules.payments.values import ZERO, NewPayment, NewUse, UseKind
from shared.structs import Value, replace

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2037, 12, 31)
MAX_AMOUNT = Decimal("9999999999.99")
"""Ten digits before the point: QuickBooks takes thirteen, but sums of millions of them are kept."""

MAX_TEXT = 100
MAX_NAME = 255
MAX_MEMO = 4000


class Fault(Value):
    """One thing that is wrong with a payment; as text, a sentence with what to do.

    ``field`` is a name of ``NewPayment``, ``value`` what stood there, ``problem`` completes
    "amount '1.005' …", ``remedy`` says what to write instead.
    """

    field: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.told}; {self.remedy}."

    @property
    def told(self) -> str:
        """What is wrong, without what to do."""
        return " ".join(
            filter(None, (self.field, shown(self.value) if self.value else "", self.problem))
        )


def faults(payment: NewPayment) -> list[Fault]:
    """Everything that keeps a payment out, in the order of its fields; empty when it is right."""
    return [
        *_of_external_id(payment.external_id),
        *_of_date(payment.date),
        *_of_amount("amount", payment.amount),
        *_of_uses(payment),
        *_of_on_account(payment),
        *_of_text("customer", payment.customer, MAX_NAME),
        *_of_currency(payment.currency),
        *_of_text("method", payment.method),
        *_of_text("reference", payment.reference),
        *_of_text("gateway", payment.gateway),
        *_of_memo(payment.memo),
        *_of_refunded(payment),
        *(_of_amount("fee", payment.fee) if payment.fee is not None else ()),
    ]


def _of_external_id(external_id: str) -> Iterator[Fault]:
    if not external_id.strip():
        yield Fault("external_id", external_id, "is empty", "give the platform's ID of the payment")
    elif external_id != external_id.strip():
        yield Fault(
            "external_id", external_id, "begins or ends with a space", "write it without spaces"
        )
    yield from _of_text("external_id", external_id)


def _of_text(field: str, text: str, longest: int = MAX_TEXT) -> Iterator[Fault]:
    if len(text) > longest:
        yield _too_long(field, text, longest)
    if not text.isprintable():
        yield Fault(
            field,
            text,
            "contains a character that cannot be printed",
            "write it on one line as text",
        )


def _of_memo(memo: str) -> Iterator[Fault]:
    """A memo may have several lines, but no store keeps NUL or half a character."""
    if len(memo) > MAX_MEMO:
        yield _too_long("memo", memo, MAX_MEMO)
    if re.search("[\x00\ud800-\udfff]", memo):
        yield Fault("memo", memo, "contains NUL or an incomplete character", "remove it")


def _too_long(field: str, text: str, longest: int) -> Fault:
    problem = f"is {len(text)} characters long"
    return Fault(field, text, problem, f"use at most {longest:,} characters")


def _of_date(day: date) -> Iterator[Fault]:
    if not FIRST_DAY <= day <= LAST_DAY:
        yield Fault(
            "date",
            day.isoformat(),
            "is outside the dates that QuickBooks accepts",
            f"give a date from {FIRST_DAY} to {LAST_DAY}",
        )


def _of_amount(field: str, amount: Decimal) -> Iterator[Fault]:
    if not amount.is_finite():
        yield Fault(field, str(amount), "is not an amount", "write it as 1234.50")
    elif amount < 0:
        yield Fault(field, str(amount), "is below zero", "record a refund with the payment itself")
    elif amount > MAX_AMOUNT:
        yield Fault(
            field, str(amount), "is too large", "use at most 10 digits before the decimal point"
        )
    elif amount != amount.quantize(CENT):
        yield Fault(field, str(amount), "has more than two decimal places", "write it as 1234.50")


def _of_uses(payment: NewPayment) -> Iterator[Fault]:
    seen: set[tuple[UseKind, str]] = set()
    for use in payment.uses:
        yield from _of_use(use)
        key = (use.kind, folded(use.document))
        if key in seen:
            yield Fault(
                "uses", use.document, "appears twice", "list it once, with the sum of both amounts"
            )
        seen.add(key)
    yield from _of_sum(payment)


def _of_on_account(payment: NewPayment) -> Iterator[Fault]:
    """A payment that names no document stays on its customer's account: somebody must be named."""
    of_money = _is_amount(payment.amount) and payment.amount
    if of_money and not payment.uses and not payment.customer.strip():
        yield Fault(
            "customer",
            payment.customer,
            "is missing, and no invoice is named",
            "name the invoice, or the customer of a payment on account",
        )


def _of_use(use: NewUse) -> Iterator[Fault]:
    if not folded(use.document):
        yield Fault("uses", use.document, "names no document", "give the invoice's number or TxnID")
    yield from _of_text("uses", use.document)
    wrong = list(_of_amount("uses", use.amount))
    if not wrong and not use.amount:
        wrong = [Fault("uses", "", "is zero", "give an amount, or leave it out")]
    yield from (replace(fault, value=f"{use.document}={use.amount}") for fault in wrong)


def _of_sum(payment: NewPayment) -> Iterator[Fault]:
    amounts = [use.amount for use in payment.uses if use.kind is UseKind.INVOICE]
    if not all(map(_is_amount, (payment.amount, *amounts))):
        return
    applied = sum(amounts, ZERO)
    if applied > payment.amount:
        yield _above("uses", applied, payment.amount, "apply at most the payment's amount")


def _of_refunded(payment: NewPayment) -> Iterator[Fault]:
    yield from _of_amount("refunded", payment.refunded)
    both = (payment.amount, payment.refunded)
    if all(map(_is_amount, both)) and payment.refunded > payment.amount:
        yield _above(
            "refunded", payment.refunded, payment.amount, "give the amount that was refunded"
        )


def _is_amount(amount: Decimal) -> bool:
    """Whether it can be compared: what is wrong with it alone is a fault of its own."""
    return amount.is_finite() and amount >= 0


def _above(field: str, value: Decimal, amount: Decimal, remedy: str) -> Fault:
    return Fault(field, str(value), f"is more than the payment's amount {amount}", remedy)


def _of_currency(currency: str) -> Iterator[Fault]:
    if currency and not re.fullmatch("[A-Za-z]{3}", currency):
        yield Fault(
            "currency", currency, "is not an ISO code", "write it as USD, or leave it empty"
        )
