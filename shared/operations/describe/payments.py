"""Payments in words: how one stands, its terms, what it pays, its parts, its life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared import dates
from shared.operations.describe.connection_settings import SETTINGS
from shared.operations.describe.sections import Section, told
from shared.operations.describe.text import count, grouped, money
from shared.rules.payments.values import (
    Allowances,
    MessageSet,
    Payment,
    PaymentSource,
    PaymentStatus,
    PostingEvent,
    UseKind,
)
from shared.rules.payments.views import PaidDocument, PartDetail, PaymentDetail
from shared.rules.values import Day

S = PaymentStatus
MEANINGS: Mapping[PaymentStatus, str] = {
    S.UNKNOWN: (
        "Outcome unknown: the next Payment Sync settles it before anything else is posted."
    ),
    S.PARKED: "Needs a check in QuickBooks: look there, then retry or skip.",
    S.REFUSED: "Will not post until it is fixed. Fix the cause, then retry, or skip it.",
    S.WAITING: "Posts by itself once the reason is gone.",
    S.READY: "The next Payment Sync posts it.",
    S.SENT: "Being posted right now.",
    S.NOT_ELIGIBLE: "Not eligible: offline, pending, too old and so on.",
    S.SKIPPED: "Skipped; unskip undoes that.",
    S.WITHDRAWN: "Withdrawn before it was sent; adding it again brings it back.",
    S.POSTED: "In QuickBooks.",
    S.IMPORTED: "Recorded in QuickBooks and imported from there.",
}
"""What each state means for those who look at it."""

Line = tuple[str, str]
_WHY_SEVERAL = (
    "Why",
    (
        "QuickBooks accepts a payment for one customer and one A/R account only, so this payment "
        "is in parts."
    ),
)


def status_word(payment: Payment) -> str:
    """The status as people read it."""
    return payment.status.replace("_", " ")


def name_of(payment: Payment) -> str:
    """What people call the payment: its id on the platform, else QuickBooks' number of it."""
    return payment.external_id or payment.ref_number or payment.txn_id


def content(payment: Payment) -> str:
    """What a payment says, for the audit trail: ``2026-01-04, Larkspur Tile, 1042=250.00, ach``."""
    uses = "; ".join(f"{use.document or use.number}={use.amount:.2f}" for use in payment.uses)
    terms = (dates.day(payment.date), payment.customer, uses, payment.method, payment.reference)
    return ", ".join(filter(None, terms))


def sections(detail: PaymentDetail) -> tuple[Section, ...]:
    """Everything about a payment; the first section, without a title, is how it stands."""
    parts = [
        told("", _standing(detail)),
        told("Payment", _terms(detail.payment)),
        told("Allowed for this payment only", _allowed(detail.payment.allowances)),
        told("Applied to", map(_paid, detail.paid)),
        *_parts(detail),
        told("History", map(_step, detail.events)),
    ]
    return tuple(section for section in parts if section.lines)


def _standing(detail: PaymentDetail) -> Iterator[Line]:
    payment = detail.payment
    deleted = ", deleted in QuickBooks" * payment.deleted
    yield "Status", f"{status_word(payment)}, since {dates.moment(payment.changed_at)}{deleted}"
    yield "What happened", payment.reason
    for said in dict.fromkeys(part.posting.said for part in detail.parts):
        yield "QuickBooks said", said
    yield "What to do", detail.remedy
    yield f"{status_word(payment).capitalize()} because", payment.note
    yield "Decided by", payment.changed_by
    if payment.source is PaymentSource.INVOICED:
        yield "Progress", ", ".join(f"{step} {dates.moment(at, '-')}" for step, at in detail.way)
    for problem in detail.problems:
        if problem.code != payment.code:
            yield "Problem", problem.message
            yield "What to do", problem.remedy


def _terms(payment: Payment) -> Iterator[Line]:
    ours = payment.source is PaymentSource.INVOICED
    charge = payment.charge_state.value if payment.charged else "none: an offline payment"
    yield "Recorded in", "the billing platform" if ours else "QuickBooks"
    yield "Amount", money(payment.amount, payment.currency)
    if payment.fee is not None:
        yield "Fee", f"{grouped(payment.fee)}, so {grouped(payment.amount - payment.fee)} net"
    yield "Not applied", grouped(payment.unused) if payment.unused and not ours else ""
    yield "Date", dates.day(payment.date)
    yield "Customer", payment.customer
    yield "Method", payment.method
    yield "Gateway", payment.gateway
    yield "Reference", payment.reference if ours else payment.ref_number
    yield "TxnID", "" if ours else payment.txn_id
    yield "Charge", charge if ours else ""
    yield "Refunded", grouped(payment.refunded) if payment.refunded else ""
    yield "Disputed", "yes" * payment.disputed
    yield "Memo", payment.memo
    yield "Number here", str(payment.id)
    yield "Hint", payment.code


def _allowed(allowances: Allowances) -> Iterator[Line]:
    for name in ("overpayment", "on_account", "closed_period"):
        allowed = getattr(allowances, name)
        if allowed is not None:
            yield SETTINGS[name].title, SETTINGS[name].words(allowed)
    yield "Paid invoices", "Keep all of it as customer credit" * allowances.closed_too


def _paid(paid: PaidDocument) -> Line:
    use = paid.use
    discount = f" ({grouped(use.discount)} of it a discount)" if use.discount else ""
    gets = f"pays {grouped(use.amount)}{discount}"
    return use.number or use.document or use.invoice_txn_id, f"{gets}{_what_it_is(paid)}"


def _what_it_is(paid: PaidDocument) -> str:
    use, invoice = paid.use, paid.invoice
    if use.kind is UseKind.CREDIT_NOTE:
        return ", a credit note: recorded, not posted"
    if use.kind is UseKind.OTHER:
        return ", no invoice"
    if invoice is None:
        known = use.invoice_txn_id
        return f"; the invoice is {'not imported' if known else 'not imported or not clear'}"
    owes = f"owes {grouped(invoice.balance)} {invoice.currency}".rstrip() + " now"
    if invoice.seen != invoice.balance and (invoice.seen or invoice.balance):
        owes += f", QuickBooks last showed {grouped(invoice.seen) if invoice.seen else '0.00'}"
    return f"; {invoice.customer}, {invoice.status}, {owes}"


def _parts(detail: PaymentDetail) -> Iterator[Section]:
    if detail.payment.source is not PaymentSource.INVOICED:
        return
    if not detail.parts:
        yield Section("In QuickBooks", (("", "Nothing yet."),))
    several = len(detail.parts) > 1
    if several:
        yield Section(f"In QuickBooks: {len(detail.parts)} payments", (_WHY_SEVERAL,))
    for part in detail.parts:
        which = f", part {part.posting.part} of {len(detail.parts)}" if several else ""
        lines = _part(part, detail.payment.date)
        yield told(f"In QuickBooks{which}: {part.posting.state}", lines)


def _part(part: PartDetail, own: Day) -> Iterator[Line]:
    one = part.posting
    is_there = bool(one.txn_id)
    paid = [use for use in one.uses if use.paid]
    shares = ", ".join(f"{use.number or use.invoice_txn_id} {grouped(use.paid)}" for use in paid)
    yield "Amount", money(one.amount, one.currency)
    yield "Customer", f"{one.customer} ({one.customer_list_id})"
    yield "Applied to", shares
    yield "Kept as credit", grouped(one.credited) if one.credited else ""
    yield "Not applied", grouped(one.unused) if is_there else ""
    yield "Date", _day(one.date, own) if one.date else ""
    yield "TxnID", one.txn_id
    yield "RefNumber", one.ref_number
    yield "Deposited to", one.deposit_account
    yield "Method", one.method
    yield "Tried", count(one.attempts, "time") if one.attempts else ""
    yield "Posted again", count(one.generation - 1, "time") if one.generation > 1 else ""
    yield "Posted", dates.moment(one.posted_at)
    yield "Verified", dates.moment(one.verified_at, "not yet") if is_there else ""
    yield "Deleted", "QuickBooks no longer has it" * one.deleted
    for message_set in part.sets:
        yield "Message set", _told_of_set(message_set)


def _day(posted: Day, own: Day) -> str:
    """The day under which a part is posted, and why it is another than the payment's own."""
    if posted == own:
        return dates.day(posted)
    return f"{dates.day(posted)}, the first open day: {dates.day(own)} is in a closed period"


def _told_of_set(one: MessageSet) -> str:
    outcome = one.outcome or ("being sent" if one.phase == "sent" else "outcome unknown")
    times = f"sent {count(one.sends, 'time')}, last {dates.moment(one.last_sent_at)}"
    vouched = f", to be settled now ({one.settle_now_by})" if one.settle_now_by else ""
    return f"{one.set_id}: {times}, {outcome}{vouched}"


def _step(event: PostingEvent) -> Line:
    what = event.event.replace("-", " ")
    detail = f": {event.detail}" if event.detail else ""
    marks = [mark for mark in (f"set {event.set_id}" * bool(event.set_id), event.who) if mark]
    more = f" ({', '.join(marks)})" if marks else ""
    return dates.moment(event.at), f"{what}{detail}{more}"
