"""What becomes of a message set, and of the posting in it, after an event. Store-thread code.

The protocol decides; here its decision is written down, in the transaction of the callback.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from daemon.stages.payments import describe, protocol, terms, verdict
from daemon.stages.payments.evidence import Evidence
from daemon.stages.payments.protocol import OpenSet, Outcome, Phase, Settled
from daemon.stages.payments.verdict import HeldBack, StopPosting, Unfit
from shared import dates
from shared.hints import tell
from shared.models.ledger import incoming_invoices, rereads
from shared.models.payments import from_quickbooks, payment_pages, postings, sets
from shared.qbxml import statuses
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.rules import values as store_values
from shared.rules.payments import reasons
from shared.rules.payments.allowances import allowed
from shared.rules.payments.values import MessageSet, Payment, PaymentPart, Posting, PostingState
from shared.rules.values import RecordKind, Session
from shared.structs import replace

EDITED, NOT_APPLIED = "payment-edited", "payment-not-applied"
MOST_TURNED_AWAY = 3
"""So often QuickBooks may turn a set away, before a person is asked."""


def as_open_set(held: MessageSet) -> OpenSet:
    """The protocol's view of a message set on file."""
    return OpenSet(
        phase=Phase(held.phase),
        sends=held.sends,
        last_sent_at=held.last_sent_at,
        doubted=held.doubted,
        ran=held.ran,
        turned_away=held.turned_away,
        settle_now=bool(held.settle_now_by),
    )


def apply(
    session: Session, held: MessageSet, evidence: Evidence, window: timedelta, now: datetime
) -> OpenSet | Settled:
    """Write down what follows from an event for a set and its posting."""
    before = as_open_set(held)
    result = protocol.after(before, evidence.event)
    part = postings.part(held.posting_id)
    if isinstance(result, OpenSet):
        _save(session, held, result, now)
        _in_doubt(part.posting, held, result, evidence, window, now)
        return result
    event = evidence.event
    turned_away = before.turned_away
    if isinstance(event, protocol.Unanswered):
        turned_away = event.turned_away
    closed = replace(before, phase=Phase.CLOSED, turned_away=turned_away)
    _save(session, held, closed, now, outcome=result.outcome)
    match result.outcome:
        case Outcome.POSTED:
            note_posted(session, part, evidence, now, set_id=held.set_id)
        case Outcome.REFUSED:
            note_declined(session, part, evidence, now, set_id=held.set_id)
        case Outcome.PARKED:
            unseen = "payment-ran-unseen" if before.ran else "payment-never-answered"
            hint = evidence.hint or unseen
            park(session, part, hint, evidence.found, now, set_id=held.set_id)
        case Outcome.NOT_RUN:
            _not_run(session, part, evidence, now, set_id=held.set_id)
    return result


def _save(
    session: Session, held: MessageSet, state: OpenSet, now: datetime, outcome: str = ""
) -> None:
    closed = state.phase is Phase.CLOSED
    saved = replace(
        held,
        phase=state.phase.value,
        outcome=outcome,
        sends=state.sends,
        last_sent_at=state.last_sent_at,
        session_id=session.id,
        doubted=state.doubted,
        ran=state.ran,
        turned_away=state.turned_away,
        settle_now_by=held.settle_now_by if state.settle_now else "",
        closed_at=now if closed else None,
    )
    sets.save(saved)


def _in_doubt(
    posting: Posting,
    held: MessageSet,
    result: OpenSet,
    evidence: Evidence,
    window: timedelta,
    now: datetime,
) -> None:
    event = type(evidence.event).__name__
    if result.phase is Phase.SENT:
        state, code, fields = PostingState.SENT, "", {}
    elif result.phase is Phase.HOLD:
        ends = result.last_sent_at + window
        told = dates.time_in_utc if ends.date() == now.date() else dates.moment_in_utc
        until = told(ends)
        state, code, fields = PostingState.UNKNOWN, "payment-held", {"until": until}
    else:
        state, code, fields = PostingState.UNKNOWN, "payment-unknown", {}
    postings.move(
        posting.id,
        state,
        now,
        event=EVENTS[event],
        detail=evidence.said or (str(evidence.code) if evidence.code else ""),
        set_id=held.set_id,
        code=code,
        reason=tell(code, **fields).message if code else "",
        said=evidence.said or posting.said,
    )


def keep_in_doubt(held: MessageSet, said: str, now: datetime) -> None:
    """Nothing was learned of a set: it is as open as it was, and the payment says why."""
    code = "payment-doubt-unreadable"
    postings.move(
        held.posting_id,
        PostingState.UNKNOWN,
        now,
        event="QuickBooks' answer could not be read",
        detail=said,
        set_id=held.set_id,
        code=code,
        reason=tell(code, reason=said).message,
    )


EVENTS: Mapping[str, str] = {
    "Unanswered": "no reliable answer",
    "RanUnseen": "QuickBooks remembers the request, but not its result",
    "NotRemembered": "QuickBooks remembers nothing about it",
    "FoundNone": "not found in QuickBooks",
    "SessionBegan": "will be settled in this sync",
    "SentAgain": "sent again, byte for byte",
}
"""What the life of a payment says of an event of the protocol."""


def note_posted(
    session: Session, part: PaymentPart, evidence: Evidence, now: datetime, *, set_id: str = ""
) -> None:
    """The payment is in QuickBooks."""
    ret = evidence.ret
    assert ret is not None
    payment = part.payment
    posting = _as_it_was_sent(payment, part.posting, ret)
    code = NOT_APPLIED if evidence.code == verdict.LINK_MISSING else ""
    postings.move(
        posting.id,
        PostingState.POSTED,
        now,
        event="posted" if posting.state is PostingState.SENT else "found in QuickBooks",
        detail=ret.txn_id,
        set_id=set_id,
        code=code,
        said=evidence.said if code else "",
        txn_id=ret.txn_id,
        edit_sequence=ret.edit_sequence,
        time_created=ret.time_created,
        unused=ret.unused_payment if ret.unused_payment is not None else posting.unused,
        posted_at=now,
        date=terms.day_of(payment, posting),
    )
    # The list of payments may have shown it before we knew that it is ours.
    from_quickbooks.remove_ours(session.connection.id, [ret.txn_id])
    queue_reread(session, posting)
    describe.record_done(session, payment, store_values.Outcome.POSTED)
    if code:
        describe.report_failure(session, payment, code, now, said=evidence.said)
    if posting.state is PostingState.SENT:
        for use in posting.uses:
            _compare_balance(session, posting, use.invoice_txn_id, use.expected, ret, now)
    elif ret.total_amount is not None and not terms.agree(payment, posting, ret):
        told = terms.as_sent(payment, posting), terms.as_shown(ret)
        report_edited(session, payment, *told, ret.total_amount, now)


def _as_it_was_sent(payment: Payment, posting: Posting, ret: ReceivePaymentRet) -> Posting:
    """A posting that this store takes for unsent, as an earlier life of the store sent it.

    Where that put less on its invoices, or another date, than is planned, the memo says so.
    """
    if posting.state is not PostingState.PLANNED:
        return posting
    as_sent = terms.as_told(payment, posting, ret)
    postings.pays(
        posting.id, {u.invoice_txn_id: u.paid for u in as_sent.uses if u.fitting is not None}
    )
    return as_sent


def report_edited(
    session: Session, payment: Payment, as_sent: str, as_found: str, found: Decimal, now: datetime
) -> None:
    """A payment of ours is not in QuickBooks as we sent it; there it is of the amount ``found``."""
    fields = {"expected": as_sent, "found": as_found}
    describe.report_failure(session, payment, EDITED, now, fields=fields, found=found)


def _compare_balance(
    session: Session,
    posting: Posting,
    txn_id: str,
    expected: Decimal | None,
    ret: ReceivePaymentRet,
    now: datetime,
) -> None:
    """QuickBooks tells in its answer what each invoice has left now."""
    shown = next((one.balance_remaining for one in ret.applied if one.txn_id == txn_id), None)
    if expected is None or shown is None or shown == expected:
        return
    report_difference(session, posting, txn_id, expected, shown, now)


def report_difference(
    session: Session,
    posting: Posting,
    txn_id: str,
    expected: Decimal,
    found: Decimal,
    now: datetime,
) -> None:
    """An invoice that we paid has another balance than it should have."""
    number = next((u.number for u in posting.uses if u.invoice_txn_id == txn_id), txn_id)
    fields = {"number": number, "expected": f"{expected:,.2f}", "found": f"{found:,.2f}"}
    payment = payment_pages.get(posting.payment_id)
    describe.report_failure(session, payment, "payment-balance-differs", now, fields=fields)


def take_found(session: Session, part: PaymentPart, proof: Evidence, now: datetime) -> None:
    """QuickBooks shows a payment of ours that was not known to be there: it is, or may be, it."""
    if isinstance(proof.event, protocol.Saved):
        note_posted(session, part, proof, now)
    else:
        park(session, part, proof.hint, proof.found, now)


def settle_by_list(session: Session, held: MessageSet, proof: Evidence, now: datetime) -> None:
    """A list of payments shows what an open set was looked for."""
    apply(session, held, proof, timedelta(0), now)


def note_declined(
    session: Session, part: PaymentPart, evidence: Evidence, now: datetime, *, set_id: str = ""
) -> None:
    """QuickBooks said no: nothing was written."""
    may = allowed(session.connection, part.payment)
    why = verdict.refusal(part.posting, evidence.code, evidence.said, may)
    queue_reread(session, part.posting)
    put_back(session, part, why, now, said=evidence.said, set_id=set_id)


def put_back(
    session: Session,
    part: PaymentPart,
    why: HeldBack | Unfit | StopPosting,
    now: datetime,
    *,
    said: str = "",
    set_id: str = "",
) -> None:
    """A posting stays here: it waits for what passes by itself, or a person is asked.

    What stops all posting is a problem of the sync and not of this payment, which is tried again
    with the others.
    """
    if isinstance(why, Unfit):
        fields = why.fields
        reason = describe.report_failure(
            session, part.payment, why.code, now, fields=fields, said=said
        )
    else:
        reason = tell(why.code, said=said, **why.fields).message
    if isinstance(why, StopPosting):
        describe.report_stop(session, why.code, said, now, **why.fields)
    waits = not isinstance(why, Unfit)
    attempts = part.posting.attempts + 1
    postings.move(
        part.posting.id,
        PostingState.PLANNED if waits else PostingState.REFUSED,
        now,
        event="postponed" if waits else "refused",
        detail=said or reason,
        set_id=set_id,
        code=why.code,
        reason=reason,
        said=said,
        wait=waits,
        attempts=attempts,
        pause_until=now + reasons.pause(attempts) if isinstance(why, HeldBack) else None,
    )


def park(
    session: Session, part: PaymentPart, hint: str, found: str, now: datetime, *, set_id: str = ""
) -> None:
    """Only a person can tell what QuickBooks holds of this payment."""
    queue_reread(session, part.posting)
    fields = {"found": found, "count": found}
    reason = describe.report_failure(session, part.payment, hint, now, fields=fields)
    postings.move(
        part.posting.id,
        PostingState.PARKED,
        now,
        event="somebody has to decide",
        detail=reason,
        set_id=set_id,
        code=hint,
        reason=reason,
    )


def _not_run(
    session: Session, part: PaymentPart, evidence: Evidence, now: datetime, *, set_id: str
) -> None:
    """QuickBooks did not take the set: it is planned anew, but not without end.

    Where its words speak of a lock, that passes, and the next sync tries again.
    """
    posting = part.posting
    said = evidence.said or posting.said
    if statuses.speaks_of_a_lock(said):
        why = verdict.of_code("payment-locked")
        put_back(session, part, why, now, said=said, set_id=set_id)
        return
    if posting.attempts + 1 >= MOST_TURNED_AWAY:
        why = verdict.of_code("payment-request-refused")
        put_back(session, part, why, now, said=said, set_id=set_id)
        return
    postings.move(
        posting.id,
        PostingState.PLANNED,
        now,
        event="refused by QuickBooks: nothing was written",
        set_id=set_id,
        attempts=posting.attempts + 1,
    )


def queue_reread(session: Session, posting: Posting) -> None:
    """Read the invoices of a posting again at the end of this sync."""
    connection_id = session.connection.id
    held = incoming_invoices.held(connection_id, [use.invoice_txn_id for use in posting.uses])
    rereads.queue_reread(connection_id, RecordKind.INVOICE, sorted(held))
