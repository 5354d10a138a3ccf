"""A payment in words: how it stands, its terms, what it pays, its parts, its life."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.text import Text

from console.cli.payments import status_word
from console.tui import words
from console.tui.snapshots.payment import PaidDocument, PartDetail, PaymentDetail
from console.tui.widgets.text_view import Labelled, Paragraph
from shared.operations.describe.text import count, grouped, local_time, plain
from shared.rules.payments.values import MessageSet, Payment, PaymentSource, PostingEvent, UseKind
from shared.rules.values import Problem

_LABEL = 16


def paragraphs(
    detail: PaymentDetail, choices: Sequence[Text], now: datetime
) -> Iterator[Paragraph]:
    """Everything about a payment; ``choices`` are what the keys would do to it."""
    yield from _standing(detail, now)
    yield from choices
    for problem in detail.problems:
        if problem.code != detail.payment.code:
            yield from _also(problem)
    yield from _section("Payment", _terms(detail.payment))
    yield from _section("What it pays", map(_paid, detail.paid))
    if detail.payment.source is PaymentSource.INVOICED:
        for part in detail.parts:
            yield from _section(_titled_part(part, len(detail.parts)), _part(part))
        if not detail.parts:
            told = "Nothing was planned yet, so nothing of it is there."
            yield from _section("In QuickBooks", [Text(told)])
    yield from _section("Its life", map(_step, detail.events))


def _section(title: str, lines: Iterable[Paragraph]) -> Iterator[Paragraph]:
    told = list(lines)
    if told:
        yield Text()
        yield Text(plain(title), style="bold")
        yield from told


def _standing(detail: PaymentDetail, now: datetime) -> Iterator[Paragraph]:
    payment = detail.payment
    standing = words.state(status_word(payment))
    standing.append(f", since {words.when(payment.changed_at, now)}")
    standing.append(", deleted in QuickBooks" * payment.deleted)
    yield words.titled("Status", standing)
    if payment.reason:
        yield words.titled("What happened", payment.reason)
    for said in dict.fromkeys(part.posting.said for part in detail.parts if part.posting.said):
        yield words.titled("QuickBooks said", said)
    if detail.remedy:
        yield words.titled("What to do", detail.remedy)
    if payment.note:
        yield words.titled("Skipped because", payment.note)
    if payment.changed_by:
        yield words.titled("Decided by", payment.changed_by)
    if payment.source is PaymentSource.INVOICED:
        way = ", ".join(f"{step} {words.when(at, now, 'not yet')}" for step, at in detail.way)
        yield words.titled("Way", way)


def _also(problem: Problem) -> Iterator[Paragraph]:
    yield words.titled("Problem", problem.message)
    yield words.titled("What to do", problem.remedy)


def _terms(payment: Payment) -> Iterator[Paragraph]:
    ours = payment.source is PaymentSource.INVOICED
    charge = payment.charge_state.value if payment.charged else "none: an offline payment"
    pairs = (
        ("Recorded in", "the billing platform" if ours else "QuickBooks"),
        ("Amount", f"{grouped(payment.amount)} {payment.currency}".rstrip()),
        ("Not applied", grouped(payment.unused) if payment.unused and not ours else ""),
        ("Date", payment.date.isoformat()),
        ("Customer", payment.customer),
        ("Method", payment.method),
        ("Gateway", payment.gateway),
        ("Reference", payment.reference if ours else payment.ref_number),
        ("TxnID", "" if ours else payment.txn_id),
        ("Charge", charge if ours else ""),
        ("Refunded", grouped(payment.refunded) if payment.refunded else ""),
        ("Disputed", "yes" * payment.disputed),
        ("Memo", payment.memo),
        ("Number here", str(payment.id)),
    )
    return (_pair(name, value) for name, value in pairs if value)


def _pair(name: str, value: str) -> Labelled:
    return Labelled(Text(f"  {name}".ljust(_LABEL)), Text(plain(value)))


def _paid(paid: PaidDocument) -> Paragraph:
    use, invoice = paid.use, paid.invoice
    name = use.number or use.document or use.invoice_txn_id
    gets = f"pays {grouped(use.amount)}"
    if use.discount:
        gets += f" ({grouped(use.discount)} of it a discount)"
    if use.kind is UseKind.CREDIT_NOTE:
        return _pair(name, f"{gets}, a credit note: recorded, not posted")
    if use.kind is UseKind.OTHER:
        return _pair(name, f"{gets}, no invoice")
    if invoice is None:
        known = "the invoice is not held here" if use.invoice_txn_id else "no invoice is settled on"
        return _pair(name, f"{gets}; {known}")
    owes = f"owes {grouped(invoice.balance)} {invoice.currency}".rstrip() + " now"
    if invoice.differs:
        owes += f", QuickBooks last showed {grouped(invoice.seen) if invoice.seen else '0.00'}"
    return _pair(name, f"{gets}; {invoice.named}, {invoice.status}, {owes}")


def _titled_part(part: PartDetail, parts: int) -> str:
    which = f", part {part.posting.part} of {parts}" if parts > 1 else ""
    return f"In QuickBooks{which}: {part.posting.state}"


def _part(part: PartDetail) -> Iterator[Paragraph]:
    one = part.posting
    shares = ", ".join(f"{u.number or u.invoice_txn_id} {grouped(u.amount)}" for u in one.uses)
    is_there = bool(one.txn_id)
    pairs = (
        ("Amount", f"{grouped(one.amount)} {one.currency}".rstrip()),
        ("Customer", f"{one.customer} ({one.customer_list_id})"),
        ("Applied to", shares),
        ("Not applied", grouped(one.unused) if is_there else ""),
        ("TxnID", one.txn_id),
        ("RefNumber", one.ref_number),
        ("Deposited to", one.deposit_account),
        ("Method", one.method),
        ("Tried", count(one.attempts, "time") if one.attempts else ""),
        ("Posted anew", count(one.generation - 1, "time") if one.generation > 1 else ""),
        ("Posted", local_time(one.posted_at)),
        ("Verified", local_time(one.verified_at, "not yet") if is_there else ""),
        ("Deleted", "QuickBooks no longer has it" * one.deleted),
    )
    yield from (_pair(name, value) for name, value in pairs if value)
    for message_set in part.sets:
        yield _pair("Message set", _told_of_set(message_set))


def _told_of_set(one: MessageSet) -> str:
    outcome = one.outcome or ("out now" if one.phase == "sent" else "outcome not known")
    times = f"sent {count(one.sends, 'time')}, last {local_time(one.last_sent_at)}"
    vouched = f", to be settled now ({one.settle_now_by})" if one.settle_now_by else ""
    return f"{one.set_id}: {times}, {outcome}{vouched}"


def _step(event: PostingEvent) -> Paragraph:
    told = event.event.replace("-", " ")
    detail = f": {event.detail}" if event.detail else ""
    marks = [mark for mark in (f"set {event.set_id}" * bool(event.set_id), event.who) if mark]
    more = f" ({', '.join(marks)})" if marks else ""
    return Labelled(Text(f"  {local_time(event.at)}  "), Text(plain(f"{told}{detail}{more}")))
