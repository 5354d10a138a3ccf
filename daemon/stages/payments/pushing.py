"""Posting payments that were looked at, oldest first, one at a time. Store-thread code.

The request of each is committed, byte for byte, and only after that it leaves. What a look
showed counts while each write goes as it should, and nobody touched the payment; whatever else
happens, those that are left are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from daemon.stages import paging
from daemon.stages.moves import AskWrite, GoOn, Move
from daemon.stages.payments import describe, evidence, outcomes, plan, protocol, verdict
from daemon.stages.payments.doubting import PARSE_ERROR, window
from daemon.stages.payments.evidence import Evidence
from daemon.stages.payments.plan import Looked, PaymentSync, Step
from daemon.stages.payments.verdict import HeldBack, PlaceRules, Places, StopPosting, Unfit
from daemon.stages.reading import Reading
from shared import hints
from shared.models import daemons
from shared.models.payments import account_rules, postings, quickbooks_lists, rows, sets
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.qbxml.status_table import Effect
from shared.qbxml.writer import RequestRefused, write_message_set
from shared.rules.payments import tags
from shared.rules.payments.allowances import allowed
from shared.rules.payments.values import (
    ListEntry,
    ListKind,
    MessageSet,
    PaymentPart,
    PaymentStatus,
    PostingState,
)
from shared.rules.values import CompanyBinding, Session
from shared.structs import encode, replace

LOOK_LASTS = timedelta(minutes=1)
"""So long after its answer a look counts: in QuickBooks people go on working."""
NAME_TAKEN = 3100
WRITES_ELSEWHERE = "company-written-elsewhere"


def wait_or_stop(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """QuickBooks is busy: after a few tries posting waits for the next sync."""
    if state.tries >= state.most_tries:
        describe.report_stop(session, "retries-exhausted", said, now, times=str(state.tries + 1))
        return plan.stop_pushing(state), GoOn()
    return paging.try_again(state, said)


def put_off(session: Session, state: PaymentSync, said: str, now: datetime) -> None:
    """What could not be read keeps a posting waiting."""
    why = verdict.of_code("payment-answer-unreadable", reason=said)
    outcomes.put_back(session, postings.part(state.posting_id), why, now, said=said)


def rules_now(session: Session) -> PlaceRules:
    """What says where money goes and what methods are called, as it is now."""
    connection = session.connection
    return PlaceRules(
        accounts=quickbooks_lists.entries(connection.id, ListKind.ACCOUNT),
        methods=quickbooks_lists.entries(connection.id, ListKind.PAYMENT_METHOD),
        deposit_rules=account_rules.deposit_rules(connection.id),
        method_rules=account_rules.method_rules(connection.id),
        missing=connection.missing_method,
    )


def take_method(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The payment method is in QuickBooks now, or the payment cannot have it."""
    head = reading.worst
    if reading.unreadable or head is None:
        if not state.relisted:
            # The list tells whether it was made.
            return replace(plan.go_to(state, Step.LISTS), relisted=True), GoOn()
        put_off(session, state, reading.unreadable or "it held no response", now)
        return done_with(state), GoOn()
    code, said = head.status.code, head.status.message
    if statuses.is_transient(code, said):
        return wait_or_stop(session, keep_next(state), said, now)
    if statuses.is_success(code):
        made = [row for row in reading.rows if isinstance(row, ListEntry)]
        quickbooks_lists.add(session.connection.id, made)
        return plan.go_to(state, Step.POST), GoOn()
    if code == NAME_TAKEN and not state.relisted:
        # Somebody else made it since the list was read.
        return replace(plan.go_to(state, Step.LISTS), relisted=True), GoOn()
    why = verdict.of_code("payment-method-missing", method=state.method)
    outcomes.put_back(session, postings.part(state.posting_id), why, now, said=said)
    return left_out(state, why), GoOn()


def post_next(
    session: Session, state: PaymentSync, now: datetime
) -> tuple[PaymentSync, AskWrite | None]:
    """Commit the write of the posting that was looked at; None when it cannot be written."""
    # A correction on another daemon is written before this, or finds that the payment has left.
    rows.lock_payment_of(state.posting_id)
    part = postings.part(state.posting_id)
    if part.payment.status is not PaymentStatus.READY or part.posting.date is None:
        # A person skipped or corrected it, or it was judged otherwise, since it was looked at.
        return done_with(state), None
    company = _company_to_write_to(session, now)
    if company is None:
        return plan.stop_pushing(state), None
    if now > datetime.fromisoformat(state.write_until):
        # So many are too many for a QuickBooks that takes so long for each.
        fewer = max(1, state.most_at_once // 2)
        return plan.go_to(state, Step.LOOK, at_once=fewer, most_at_once=fewer), None
    if _has_look_expired(session, state, part, company, now):
        return plan.go_to(state, Step.LOOK), None
    found = verdict.places(part, rules_now(session))
    if not isinstance(found, Places):
        outcomes.put_back(session, part, found, now)
        return left_out(state, found), None
    if found.missing_method and found.missing_method != state.method:
        return plan.go_to(state, Step.METHOD, method=found.missing_method), None
    return _write(session, state, part, found, company, now)


def _company_to_write_to(session: Session, now: datetime) -> CompanyBinding | None:
    """The company file, where it is certain which one it is and nobody else is writing to it."""
    binding = session.connection.binding
    if binding is None or not binding.company_key:
        # Another connection came to a company of this name: the next session tells them apart.
        return None
    if sets.is_open_elsewhere(binding.company_key, session.connection.id):
        # Two writes at once would each have been looked at without the other.
        describe.report_stop(session, WRITES_ELSEWHERE, "", now)
        return None
    return binding


def _has_look_expired(
    session: Session, state: PaymentSync, part: PaymentPart, company: CompanyBinding, now: datetime
) -> bool:
    looked_at = datetime.fromisoformat(state.looked_at)
    answered_at = datetime.fromisoformat(state.write_until) - LOOK_LASTS
    if now < looked_at:
        return True  # the clock was set back, so nothing tells how long ago that was
    if mark_of(session, part) != state.to_write[0].mark:
        return True  # a person changed the payment, or what is allowed for it
    if daemons.has_begun_between(answered_at, now):
        return True  # the store may be one that came back from a backup
    # What another connection wrote into this file may be this very payment.
    return sets.written_elsewhere(company.company_key, session.connection.id, looked_at)


def _write(
    session: Session,
    state: PaymentSync,
    part: PaymentPart,
    found: Places,
    company: CompanyBinding,
    now: datetime,
) -> tuple[PaymentSync, AskWrite | None]:
    """Note the exact bytes before they leave: whatever happens then, they are known."""
    connection, application, posting = session.connection, session.application, part.posting
    # Each try has an ID of its own, worked out: a store that came back makes the same one, and
    # QuickBooks answers for a set that it has run without running it again.
    number = sets.count(posting.id) + 1
    set_id = tags.set_id(application.file_id, posting.external_guid, number)
    try:
        request = write_message_set(
            [_add(set_id, part, found)],
            version=company.qbxml_version,
            new_message_set_id=set_id,
            old_message_set_id=sets.clearable(connection.id, application.id),
        )
    except RequestRefused as refusal:
        why = verdict.of_code("payment-request-refused")
        outcomes.put_back(session, part, why, now, said=str(refusal))
        return left_out(state, why), None
    sets.begin(
        connection_id=connection.id,
        company=company.company_key,
        application_id=application.id,
        posting_id=posting.id,
        set_id=set_id,
        request=request,
        session_id=session.id,
        now=now,
        phase=protocol.Phase.SENT.value,
    )
    detail = " ".join(_replaced(part, found))
    postings.move(posting.id, PostingState.SENT, now, event="sent", detail=detail, set_id=set_id)
    return state, AskWrite(Step.POST.value, set_id, request)


def _replaced(part: PaymentPart, found: Places) -> Iterator[str]:
    """What QuickBooks cannot store of the payment's own texts, in sentences."""
    lost = tags.lost(part.payment)
    if lost:
        yield f"QuickBooks cannot store {lost!a}: replaced in the memo."
    if tags.is_cut(part.payment, part.posting, part.parts):
        yield (f"QuickBooks allows {tags.MAX_MEMO:,} characters in a memo: the rest is left out.")
    if found.lost_method:
        there = f"it is {found.method!a}" if found.method else "none is named"
        yield f"QuickBooks cannot store the payment method {found.lost_method!a}: {there} there."


def _add(request_id: str, part: PaymentPart, found: Places) -> ask.ReceivePaymentAdd:
    posting = part.posting
    applied = tuple(ask.AppliedToTxn(u.invoice_txn_id, u.paid) for u in posting.uses if u.paid)
    return ask.ReceivePaymentAdd(
        request_id,
        customer_list_id=posting.customer_list_id,
        ar_account_list_id=posting.ar_account_list_id,
        txn_date=posting.date,
        ref_number=posting.ref_number,
        total_amount=posting.amount,
        payment_method_list_id=found.method_list_id,
        memo=tags.memo(part.payment, posting, part.parts),
        deposit_to_account_list_id=found.deposit_list_id,
        external_guid=posting.external_guid,
        applied=applied,
        unapplied=not applied,
    )


def take_write(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to a write, be it the first or once more."""
    held = sets.open_set(session.connection.id)
    assert held is not None
    return _outcome(session, state, held, evidence.of_write(reading, held.set_id), now)


def write_refused(
    session: Session, state: PaymentSync, hresult: str, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """An hresult came instead of an answer: whatever it says, the write is in doubt."""
    held = sets.open_set(session.connection.id)
    assert held is not None
    hint = hints.hresult(hresult)
    # Where QuickBooks' words speak of a lock, the same bytes may well be read another time.
    never = hresult.upper() == PARSE_ERROR and not statuses.speaks_of_a_lock(said)
    turned_away = hresult.upper() == PARSE_ERROR or bool(hint and hint.effect is Effect.NOT_DONE)
    proof = Evidence(protocol.Unanswered(turned_away, for_good=never), said=said)
    return _outcome(session, state, held, proof, now)


def doubt_write(session: Session, state: PaymentSync, now: datetime) -> PaymentSync:
    """The Web Connector asks again: it may never have got the write, or have lost its answer.

    The bytes are not simply handed out once more: first it is looked what became of them.
    """
    held = sets.open_set(session.connection.id)
    assert held is not None
    outcomes.apply(session, held, Evidence(protocol.Unanswered()), window(state), now)
    return plan.go_to(state, Step.DOUBT)


def _outcome(
    session: Session, state: PaymentSync, held: MessageSet, proof: Evidence, now: datetime
) -> tuple[PaymentSync, Move]:
    _mark_cleared(held, proof)
    result = outcomes.apply(session, held, proof, window(state), now)
    if not isinstance(result, protocol.Settled):
        return plan.go_to(state, Step.DOUBT), GoOn()
    if result.outcome is protocol.Outcome.POSTED:
        state = replace(state, position=state.position + 1, pushed=state.pushed + 1)
        as_expected = not proof.code
        return write_next(state, state.to_write[1:] if as_expected else ()), GoOn()
    part = postings.part(held.posting_id)
    may = allowed(session.connection, part.payment)
    return left_out(state, verdict.refusal(part.posting, proof.code, proof.said, may)), GoOn()


def _mark_cleared(held: MessageSet, proof: Evidence) -> None:
    """QuickBooks answered: it has forgotten the set before this one, or never knew it."""
    event = proof.event
    if not isinstance(event, protocol.Unanswered) or event.turned_away:
        sets.cleared_by(held.id)


def done_with(state: PaymentSync) -> PaymentSync:
    """Done with a posting, whatever became of it: what is left is looked at."""
    return plan.go_to(state, Step.LOOK, posting_id=0, method="", pushed=state.pushed + 1)


def left_out(state: PaymentSync, why: HeldBack | Unfit | StopPosting) -> PaymentSync:
    """Done with a posting that does not go out."""
    if isinstance(why, StopPosting):
        return plan.stop_pushing(replace(state, failed=state.failed + 1))
    count = state.failed + isinstance(why, Unfit)
    return done_with(replace(state, failed=count))


def write_next(state: PaymentSync, looked: Sequence[Looked]) -> PaymentSync:
    """Write the first of these that were looked at; without any, look at others."""
    if not looked or not state.pushing:
        return plan.go_to(state, Step.LOOK, posting_id=0, method="")
    next_one = looked[0].posting_id
    return plan.go_to(state, Step.POST, posting_id=next_one, to_write=tuple(looked), method="")


def keep_next(state: PaymentSync) -> PaymentSync:
    """QuickBooks was busy: what was looked at for later is looked at again."""
    return replace(state, to_write=state.to_write[:1])


def mark_of(session: Session, part: PaymentPart) -> str:
    """A posting, its payment and what is allowed for it, in 16 digits: changed is another."""
    known = encode((part.posting, part.payment, allowed(session.connection, part.payment)))
    return sha256(known).hexdigest()[:16]


def keep_lists(session: Session, shown: Iterable[object]) -> None:
    """Keep the accounts and payment methods that QuickBooks listed."""
    entries = [row for row in shown if isinstance(row, ListEntry)]
    for kind in ListKind:
        listed = [entry for entry in entries if entry.kind is kind]
        quickbooks_lists.replace(session.connection.id, kind, listed)
