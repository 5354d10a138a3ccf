"""What listings and pages of payments hold: which are wanted, figures, one with all its life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from shared.rules.payments.values import (
    MessageSet,
    Payment,
    PaymentStatus,
    PaymentUse,
    Posting,
    PostingEvent,
)
from shared.rules.values import InvoiceStatus, Problem
from shared.structs import Value, replace

_CLOSED = "closed"


class PaymentFilter(Value):
    """Which payments are wanted; what is left empty lets all pass.

    Each of ``words`` is a part of the payment's id, customer, reference or reason or of the
    connection's name, or it is the number of an invoice that is paid, or RefNumber or TxnID of a
    part. The reason is the payment's own, not what holds its connection. ``deleted`` are those
    that were deleted in QuickBooks, instead of all others.
    """

    connection_id: int | None = None
    statuses: tuple[PaymentStatus, ...] = ()
    code: str | None = None
    words: tuple[str, ...] = ()
    deleted: bool = False


class PaymentFigure(Value):
    """The payments of one state in one currency; ``since`` is when the first of them came to it.

    The currency is empty while it is not known.
    """

    status: PaymentStatus
    currency: str
    count: int
    amount: Decimal
    since: datetime


class Hold(Value):
    """What keeps all payments of a connection from QuickBooks; ``code`` is the hint."""

    code: str
    reason: str
    remedy: str

    def keeps(self, payment: Payment) -> bool:
        """Whether a payment waits for this alone: what has a reason of its own does not."""
        return payment.status is PaymentStatus.READY and not payment.code

    def told_on(self, payment: Payment) -> Payment:
        """The payment with this as the reason why it is still here, where it is."""
        if not self.keeps(payment):
            return payment
        return replace(payment, code=self.code, reason=self.reason)


class PaymentLine(Value):
    """A payment with the name of its connection, and ``remedy``: what to do, if anything.

    What holds all posting of its connection is the payment's reason, where it has none of its own.
    """

    payment: Payment
    connection: Annotated[str, "the connection"]
    remedy: Annotated[str, "what to do; empty: nothing"] = ""

    @property
    def is_held(self) -> bool:
        """Whether it would go out but for what holds all posting of its connection."""
        return self.payment.status is PaymentStatus.READY and bool(self.payment.reason)


class PaymentGroup(Value):
    """The payments of one state: a figure for each currency, and the newest of them."""

    status: PaymentStatus
    figures: tuple[PaymentFigure, ...]
    lines: tuple[PaymentLine, ...]


class PaymentQueue(Value):
    """The queue in ``groups``, or with a filter one page of ``lines``.

    ``figures`` are of everything, whatever is listed; ``next`` is the number after which the next
    page begins, None where there is none.
    """

    figures: tuple[PaymentFigure, ...]
    groups: tuple[PaymentGroup, ...] = ()
    lines: tuple[PaymentLine, ...] = ()
    next: int | None = None

    def count(self, statuses: Iterable[PaymentStatus]) -> int:
        """How many payments stand in these states."""
        wanted = set(statuses)
        return sum(figure.count for figure in self.figures if figure.status in wanted)


class PartDetail(Value):
    """One ReceivePayment of a payment, with every message set that was written for it."""

    posting: Posting
    sets: tuple[MessageSet, ...] = ()

    @property
    def in_doubt(self) -> MessageSet | None:
        """The request whose outcome is not known."""
        return next((one for one in self.sets if one.phase != _CLOSED), None)

    @property
    def set_id(
        self,
    ) -> Annotated[str | None, "newMessageSetID of a request without a known outcome; null: none"]:
        """What names the request whose outcome is not known."""
        return self.in_doubt.set_id if self.in_doubt else None

    @property
    def last_sent_at(self) -> Annotated[datetime | None, "when that request last left; null: none"]:
        """When the request whose outcome is not known was last handed out."""
        return self.in_doubt.last_sent_at if self.in_doubt else None


class OwedInvoice(Value):
    """An invoice as it stands now. ``seen`` is what QuickBooks last showed it to owe."""

    customer: str
    status: InvoiceStatus
    balance: Decimal
    seen: Decimal | None
    currency: str


class PaidDocument(Value):
    """What one document gets, and its invoice; None while that is not held."""

    use: PaymentUse
    invoice: OwedInvoice | None


class PaymentDetail(PaymentLine):
    """A payment with all that is known of it. ``problems`` wait for a person."""

    problems: tuple[Problem, ...] = ()
    paid: tuple[PaidDocument, ...] = ()
    parts: Annotated[tuple[PartDetail, ...], "one for each payment in QuickBooks"] = ()
    events: Annotated[tuple[PostingEvent, ...], "its history, oldest first"] = ()

    @property
    def way(self) -> tuple[tuple[str, datetime | None], ...]:
        """The five steps of a payment of ours, with when the last part of it took each."""
        sent = [one.sets[0].first_sent_at if one.sets else None for one in self.parts]
        return (
            ("received", self.payment.received_at),
            ("planned", _first(self.events, "planned")),
            ("sent", _when_all(sent)),
            ("answered", _when_all([one.posting.posted_at for one in self.parts])),
            ("verified", _when_all([one.posting.verified_at for one in self.parts])),
        )


def _first(events: Sequence[PostingEvent], word: str) -> datetime | None:
    return next((event.at for event in events if event.event == word), None)


def _when_all(times: Sequence[datetime | None]) -> datetime | None:
    """The last of the times, once there is one for each part."""
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None
