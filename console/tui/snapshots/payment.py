"""What the detail of a payment shows: its whole life, and what QuickBooks holds of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared import hints
from shared.models import connections, problems
from shared.models.ledger import invoice_pages
from shared.models.ledger.invoice_pages import InvoiceSides
from shared.models.payments import listing, postings, sets
from shared.models.store import Store
from shared.rules.payments.values import (
    MessageSet,
    Payment,
    PaymentUse,
    Posting,
    PostingEvent,
    UseKind,
)
from shared.rules.values import Problem, ProblemState, RecordKind

_WAITING = (ProblemState.OPEN, ProblemState.RETRY)
_CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PartDetail:
    """One ReceivePayment of a payment, with every message set that was written for it."""

    posting: Posting
    sets: tuple[MessageSet, ...]

    @property
    def in_doubt(self) -> MessageSet | None:
        """The request whose outcome is not known."""
        return next((one for one in self.sets if one.phase != _CLOSED), None)


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """What one document gets, and the invoice as it stands now; None while it is not held."""

    use: PaymentUse
    invoice: InvoiceSides | None


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    """A payment with all that is known of it. ``problems`` wait for a person."""

    payment: Payment
    connection: str
    remedy: str
    problems: tuple[Problem, ...]
    paid: tuple[PaidDocument, ...]
    parts: tuple[PartDetail, ...]
    events: tuple[PostingEvent, ...]

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


def read(_store: Store, payment_id: int) -> PaymentDetail:
    """Read all that is known of a payment; raises NotFound."""
    payment = listing.get(payment_id)
    waiting = _problems(payment)
    return PaymentDetail(
        payment=payment,
        connection=connections.by_id(payment.connection_id).name,
        remedy=_remedy(payment, waiting),
        problems=waiting,
        paid=_paid(payment),
        parts=tuple(
            PartDetail(one, tuple(sets.by_posting(one.id)))
            for one in postings.of_payment(payment_id)
        ),
        events=tuple(postings.life(payment_id)),
    )


def _problems(payment: Payment) -> tuple[Problem, ...]:
    found = problems.about(payment.connection_id, [str(payment.id)])
    return tuple(one for one in found if one.kind is RecordKind.PAYMENT and one.state in _WAITING)


def _remedy(payment: Payment, waiting: Sequence[Problem]) -> str:
    """The problem knows the particulars; without one the hint tells it in general."""
    for problem in waiting:
        if problem.code == payment.code:
            return problem.remedy
    return hints.tell(payment.code).remedy if payment.code else ""


def _paid(payment: Payment) -> tuple[PaidDocument, ...]:
    named = [use.invoice_txn_id for use in payment.uses if use.invoice_txn_id]
    held: Mapping[str, InvoiceSides] = invoice_pages.owed(payment.connection_id, named)
    return tuple(
        PaidDocument(use, held.get(use.invoice_txn_id) if use.kind is UseKind.INVOICE else None)
        for use in payment.uses
    )
