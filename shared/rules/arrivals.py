"""Payments as a billing platform has them, before they are taken in."""

from __future__ import annotations

from decimal import Decimal

from shared.rules.payments.values import ZERO, NewPayment
from shared.structs import Value


class PaidThere(Value):
    """What a payment pays of an invoice of the platform, by its id there."""

    invoice: str
    amount: Decimal


class NumberedThere(Value):
    """What an invoice of the platform that is none of ours is called there, and comes to."""

    number: str
    total: Decimal


class Arrival(Value):
    """A payment of the platform as it is there now.

    ``payment`` says everything but which of our invoices it pays and who paid: that follows from
    ``paid`` and ``customer``, the id of the customer there, by which records are which. It is None
    where the payment was voided or deleted. Its amount includes ``convenience_fee``, what the
    customer paid on top of the invoices. ``is_old``: it was made before the account was connected.
    ``watch_because`` is why it is to be looked at again; empty: no need.

    ``unread`` says why the platform's record cannot be read; empty: it can. ``passed_over``: it is
    no payment to be taken in, such as one of the books themselves. Both may be about something
    else than a payment, which the platform is then asked for again by the name in ``their_id``.
    """

    their_id: str
    payment: NewPayment | None
    paid: tuple[PaidThere, ...] = ()
    customer: str = ""
    convenience_fee: Decimal = ZERO
    is_old: bool = False
    watch_because: str = ""
    unread: str = ""
    passed_over: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether it is known to be voided or deleted there."""
        return self.payment is None and not (self.passed_over or self.unread)
