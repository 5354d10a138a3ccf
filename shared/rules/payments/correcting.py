"""What differs between a payment on file and the same payment as it comes in again.

The terms say what was paid, by whom and for what. They can be corrected until a request of the
payment has left. What became of the charge may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from shared.rules.payments.values import NewPayment, NewUse, Payment, UseKind
from shared.structs import Value, replace

TERMS = (
    *("date", "amount", "uses", "customer", "currency", "method", "reference", "gateway"),
    *("memo", "charged", "from_quickbooks"),
)
CHARGE = ("charge_state", "refunded", "disputed", "fee")


class Change(Value):
    """One field with what is on file and what is asked for, both as people write them."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.field} {self.before} -> {self.after}"


def as_taken(payment: Payment) -> NewPayment:
    """The payment as it came in; of its uses those that the platform named."""
    return NewPayment(
        external_id=payment.external_id,
        uses=tuple(NewUse(use.document, use.amount, use.kind) for use in payment.uses),
        **{name: getattr(payment, name) for name in (*TERMS, *CHARGE) if name != "uses"},
    )


def with_charge_of(before: NewPayment, after: NewPayment) -> NewPayment:
    """The terms of ``before`` with what ``after`` says became of the charge.

    A refund above the amount on file belongs to other terms: it is not taken over.
    """
    refunded = after.refunded if after.refunded <= before.amount else before.refunded
    return replace(
        before,
        charge_state=after.charge_state,
        refunded=refunded,
        disputed=after.disputed,
        fee=after.fee,
    )


def changes(before: NewPayment, after: NewPayment, fields: Iterable[str]) -> tuple[Change, ...]:
    """The fields that differ, in their order; the order of what is paid is no difference."""
    return tuple(
        Change(_NAMES.get(name, name), _said(before, name), _said(after, name))
        for name in fields
        if _compared(before, name) != _compared(after, name)
    )


_NAMES = {"uses": "applied", "charged": "offline"}
"""As the columns of a file and the options of the commands call them."""


def _compared(one: NewPayment, name: str) -> Any:
    value = getattr(one, name)
    if name == "uses":
        return frozenset(value)
    return value.upper() if name == "currency" else value


def _said(one: NewPayment, name: str) -> str:
    value = not one.charged if name == "charged" else getattr(one, name)
    if name == "uses":
        value = "; ".join(map(_use, one.uses))
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, Decimal):
        value = f"{value:.2f}"
    return "nothing" if value is None else str(value) or "nothing"


def _use(use: NewUse) -> str:
    what = "credit note " if use.kind is UseKind.CREDIT_NOTE else ""
    return f"{what}{use.document}={use.amount:.2f}"
