"""Posting payments, oldest first, one at a time: look, then write. Store-thread code.

Each payment is looked at in the same session, just before it is written: what its invoices
have left, and whether QuickBooks has it already. Then its request is committed, byte for
byte, and only after that it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from daemon.stages import paging
from daemon.stages.moves import Ask, AskWrite, GoOn, Move
from daemon.stages.payments import (
    deletions,
    evidence,
    outcomes,
    plan,
    protocol,
    telling,
    verdict,
)
from daemon.stages.payments.doubting import PARSE_ERROR, unanswered, window
from daemon.stages.payments.evidence import Evidence
from daemon.stages.payments.intake import LookedCustomer, LookedInvoice
from daemon.stages.payments.ours import thd_tags
from daemon.stages.payments.plan import PaymentSync, Step
from daemon.stages.payments.verdict import Fits, HeldBack, Places, StopPosting, Unfit
from daemon.stages.reading import Reading
from shared import hints
from shared.models import ledger
from shared.models.payments import listing, lists, postings, receiving, rows, rules, sets
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.qbxml.responses import ResponseHead
from shared.qbxml.text import LONGEST_NUMBER, holds
from shared.qbxml.writer import RequestRefused, write_message_set
from shared.rules.payments import tags
from shared.rules.payments.allowances import allowed
from shared.rules.payments.values import (
    ListEntry,
    ListKind,
    MessageSet,
    Payment,
    PaymentStatus,
    Posting,
    PostingState,
)
from shared.rules.values import RecordKind, Session

LOOKED = (
    "TxnID",
    "RefNumber",
    "CustomerRef",
    "ARAccountRef",
    "IsPending",
    "BalanceRemaining",
)
LOOKED_CUSTOMER = ("ListID", "FullName", "IsActive", "CurrencyRef")
LOOKS = 3
MOST_UNSEEN = 3
"""So many looks in a row that could not be taken in: it is not one payment that is odd."""
RECORDS = range(3000, 4000)
"""Codes about a record, or about what the application may do with it."""
NAME_TAKEN = 3100
WRITES_ELSEWHERE = "company-written-elsewhere"


def thd_look(
    state: PaymentSync, posting_id: int, request_id: str, now: datetime
) -> tuple[PaymentSync, Ask]:
    """Ask for a posting's invoices as they are now, and whether it is or was there already."""
    posting = postings.get(posting_id)
    payment = listing.get(posting.payment_id)
    known_by = thd_tags(posting)
    requests = (
        _whom_it_concerns(f"{request_id}-1", posting),
        ask.ReceivePaymentQuery(
            f"{request_id}-2",
            ref_numbers=known_by.ref_numbers,
            include_lines=True,
        ),
        ask.ReceivePaymentQuery(
            f"{request_id}-3",
            from_date=payment.date,
            customer_list_id=posting.customer_list_id,
            include_lines=True,
        ),
        *_whoever_bears(f"{request_id}-4", payment, posting),
        *deletions.questions(state, request_id),
    )
    state = replace(
        state, posting_id=posting_id, looked_at=now.isoformat(), looked_for=_invoices(posting)
    )
    return state, Ask(Step.LOOK.value, request_id, requests)


def _whoever_bears(request_id: str, payment: Payment, posting: Posting) -> Iterator[ask.Request]:
    """The invoices of the numbers that the platform named, those that no sync has read yet too."""
    numbers = _numbers_to_ask(payment, posting)
    if numbers:
        yield ask.InvoiceQuery(request_id, ref_numbers=numbers, include=LOOKED)


def _numbers_to_ask(payment: Payment, posting: Posting) -> tuple[str, ...]:
    """Without a number that came garbled out of QuickBooks: it cannot be looked for."""
    named = verdict.numbers_named(payment, posting)
    return tuple(one for one in named if holds(one, LONGEST_NUMBER))


def _whom_it_concerns(request_id: str, posting: Posting) -> ask.Request:
    """The invoices of a posting; of one on account, its customer."""
    txn_ids = tuple(use.invoice_txn_id for use in posting.uses)
    if txn_ids:
        return ask.InvoiceQuery(request_id, txn_ids=txn_ids, include=LOOKED)
    list_ids = (posting.customer_list_id,)
    return ask.CustomerQuery(request_id, list_ids=list_ids, include=LOOKED_CUSTOMER)


def _invoices(posting: Posting) -> str:
    invoices = " ".join(use.invoice_txn_id for use in posting.uses)
    return invoices or posting.customer_list_id


def thd_looked(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """Decide whether the posting goes out as the books are now."""
    posting = postings.get(state.posting_id)
    payment = listing.get(posting.payment_id)
    looks = LOOKS + bool(_numbers_to_ask(payment, posting))
    about_it, about_deletions = reading.heads[:looks], reading.heads[looks:]
    if reading.unreadable or len(about_deletions) < len(deletions.questions(state, "")):
        said = reading.unreadable or "it lacked a part of what was asked"
        return _thd_unseen(session, state, said, now)
    state = replace(state, unseen=0)
    failed = _looked_in_vain(about_it, about_deletions[0])
    if failed is not None:
        return _thd_looked_in_vain(session, state, posting, failed, now)
    state, is_told = deletions.thd_told(session, state, reading.rows, about_deletions)
    if not is_told:
        return plan.to(state, Step.LOOK), GoOn()
    rows = (*reading.rows, *deletions.thd_of(session, state, posting))
    proof = _thd_search(payment, posting, rows)
    if _thd_is_there_already(session, posting, proof, now):
        return _next(state), GoOn()
    if payment.status is not PaymentStatus.READY or _invoices(posting) != state.looked_for:
        # It was corrected meanwhile: as it is now, nobody has looked at it.
        return _next(state), GoOn()
    why = _thd_verdict(session, payment, posting, reading)
    if isinstance(why, Fits):
        why = _thd_only_one(session, payment, posting, reading) or why
    if isinstance(why, Fits):
        found = _thd_places(session, payment, posting)
        if isinstance(found, Places):
            _thd_accept(posting, why.date or payment.date, why, found, now)
            step = Step.METHOD if found.missing_method else Step.POST
            return replace(plan.to(state, step), method=found.missing_method), GoOn()
        why = found
    outcomes.thd_reread(session, posting)
    outcomes.thd_not_posted(session, posting, why, now)
    return _failed(state, why), GoOn()


def _thd_unseen(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """The look could not be taken in: once more with less, then this payment waits.

    What nobody has seen is not taken for "not there". Where several in a row are so, it is no
    single payment that is odd, and posting waits for the next sync.
    """
    if not state.tries and state.most_tries:
        return paging.unreadable(state, said)
    state = replace(state, unseen=state.unseen + 1)
    _thd_put_off(session, state, said, now)
    if state.unseen < MOST_UNSEEN:
        return _next(state), GoOn()
    telling.thd_not_taken(session, said, now)
    return plan.stop_pushing(state), GoOn()


def _thd_put_off(session: Session, state: PaymentSync, said: str, now: datetime) -> None:
    posting = postings.get(state.posting_id)
    why = verdict.stopped("payment-answer-unreadable", reason=said)
    outcomes.thd_not_posted(session, posting, why, now, said=said)


def _thd_verdict(
    session: Session, payment: Payment, posting: Posting, reading: Reading
) -> Fits | HeldBack | Unfit:
    may, closing = allowed(session.connection, payment), _closing_date(session)
    if posting.uses:
        invoices = {row.txn_id: row for row in reading.rows if isinstance(row, LookedInvoice)}
        return verdict.look(payment, posting, invoices, closing, may)
    customers = {row.list_id: row for row in reading.rows if isinstance(row, LookedCustomer)}
    receivables = verdict.Receivables(
        lists.entries(session.connection.id, ListKind.ACCOUNT),
        ledger.receivables_of(session.connection.id, posting.customer_list_id),
    )
    return verdict.look_on_account(payment, posting, customers, receivables, closing, may)


def _thd_only_one(
    session: Session, payment: Payment, posting: Posting, reading: Reading
) -> HeldBack | Unfit | None:
    """Why a number does not say which invoice is meant: QuickBooks has others that bear it.

    Those are read at the end of this sync, so that the ledger shows them.
    """
    looked = [row for row in reading.rows if isinstance(row, LookedInvoice)]
    came_in = receiving.on_file(payment.connection_id, [payment.external_id])
    others = verdict.others_of_number(came_in[payment.external_id], posting, looked)
    if not others:
        return None
    txn_ids = sorted({one.txn_id for one in others})
    ledger.queue_reread(session.connection.id, RecordKind.INVOICE, txn_ids)
    number, count = others[0].number, str(len(txn_ids) + 1)
    return verdict.stopped("payment-invoice-ambiguous", number=number, count=count)


def _thd_looked_in_vain(
    session: Session, state: PaymentSync, posting: Posting, failed: ResponseHead, now: datetime
) -> tuple[PaymentSync, Move]:
    """A record that cannot be read, or is in use, keeps its own payment waiting only."""
    code, said = failed.status.code, failed.status.message
    if code in verdict.NOT_READY:
        return _thd_busy(session, state, said, now)
    if code not in RECORDS:
        telling.thd_stopped(session, str(code), said, now)
        return plan.stop_pushing(state), GoOn()
    why = verdict.refusal(posting, code, said)
    outcomes.thd_not_posted(session, posting, why, now, said=said)
    return _failed(state, why), GoOn()


def _looked_in_vain(about_it: Sequence[ResponseHead], deleted: ResponseHead) -> ResponseHead | None:
    """The question that QuickBooks did not answer; what is gone is an answer.

    That is the invoices, or the customer, whose payments cannot be asked for then.
    """
    invoices, by_number, by_customer, *bearing = about_it
    others = [deleted, *(one for one in bearing if one.status.code != plan.NOT_FOUND)]
    gone = invoices.status.code in plan.NOT_THERE
    nobody = by_customer.status.code in plan.NOT_THERE
    wanted = [by_number, *others]
    wanted += [invoices] * (not gone) + [by_customer] * (not nobody)
    return unanswered(wanted)


def _thd_busy(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """QuickBooks is busy: after a few tries posting waits for the next sync."""
    if state.tries >= state.most_tries:
        telling.thd_stopped(session, "retries-exhausted", said, now, times=str(state.tries + 1))
        return plan.stop_pushing(state), GoOn()
    return paging.try_again(state, said)


def _thd_search(payment: Payment, posting: Posting, rows: Sequence[object]) -> Evidence:
    """What the look shows of a payment that may be there already, be it by another store.

    Once a person had it posted anew, only what has our own tags counts.
    """
    known_by = thd_tags(posting)
    proof = evidence.of_search(rows, posting, known_by)
    if posting.generation > 1 or not isinstance(proof.event, protocol.FoundNone):
        return proof
    return evidence.of_another(rows, payment, posting, known_by) or proof


def _thd_is_there_already(
    session: Session, posting: Posting, proof: Evidence, now: datetime
) -> bool:
    """Our own store may be a backup: what it takes for unsent may be in QuickBooks."""
    if isinstance(proof.event, protocol.FoundNone):
        return False
    outcomes.thd_found(session, posting, proof, now)
    return True


def _closing_date(session: Session) -> str:
    binding = session.connection.binding
    return str(binding.closing_date or "") if binding else ""


def _thd_places(session: Session, payment: Payment, posting: Posting) -> Places | HeldBack | Unfit:
    connection = session.connection
    return verdict.places(
        payment,
        posting.currency or payment.currency,
        accounts=lists.entries(connection.id, ListKind.ACCOUNT),
        methods=lists.entries(connection.id, ListKind.PAYMENT_METHOD),
        deposit_rules=rules.deposit_rules(connection.id),
        method_rules=rules.method_rules(connection.id),
        missing=connection.missing_method,
    )


def _thd_accept(posting: Posting, day: date, fits: Fits, found: Places, now: datetime) -> None:
    postings.expect(posting.id, fits.expected, fits.paid)
    postings.move(
        posting.id,
        PostingState.PLANNED,
        now,
        event="looked at: it fits",
        customer_list_id=fits.customer_list_id,
        customer=fits.customer,
        ar_account_list_id=fits.ar_account_list_id,
        method=found.method or found.missing_method,
        deposit_account=found.deposit_account,
        date=day,
    )


def thd_method_made(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The payment method is in QuickBooks now, or the payment cannot have it."""
    head = reading.worst
    if reading.unreadable or head is None:
        if not state.relisted:
            # The list tells whether it was made.
            return replace(plan.to(state, Step.LISTS), relisted=True), GoOn()
        _thd_put_off(session, state, reading.unreadable or "it held no response", now)
        return _next(state), GoOn()
    code, said = head.status.code, head.status.message
    if statuses.is_transient(code, said):
        return _thd_busy(session, state, said, now)
    if statuses.is_success(code):
        made = [row for row in reading.rows if isinstance(row, ListEntry)]
        lists.add(session.connection.id, made)
        return plan.to(state, Step.POST), GoOn()
    if code == NAME_TAKEN and not state.relisted:
        # Somebody else made it since the list was read.
        return replace(plan.to(state, Step.LISTS), relisted=True), GoOn()
    posting = postings.get(state.posting_id)
    why = verdict.stopped("payment-method-missing", method=state.method)
    outcomes.thd_not_posted(session, posting, why, now, said=said)
    return _failed(state, why), GoOn()


def thd_post(
    session: Session, state: PaymentSync, now: datetime
) -> tuple[PaymentSync, AskWrite | None]:
    """Commit the write of the posting that was looked at; None when it cannot be written."""
    connection, application = session.connection, session.application
    # A correction on another daemon is written before this, or finds that the payment has left.
    rows.lock([postings.get(state.posting_id).payment_id])
    posting = postings.get(state.posting_id)
    payment = listing.get(posting.payment_id)
    if payment.status is not PaymentStatus.READY or posting.date is None:
        # A person skipped or corrected it, or it was judged otherwise, since it was looked at.
        return _next(state), None
    binding = connection.binding
    if binding is None or not binding.company_key:
        # Another connection came to a company of this name: the next session tells them apart.
        return plan.stop_pushing(state), None
    if sets.is_open_elsewhere(binding.company_key, connection.id):
        telling.thd_stopped(session, WRITES_ELSEWHERE, "", now)
        return plan.stop_pushing(state), None
    looked_at = datetime.fromisoformat(state.looked_at)
    clock_was_set_back = now < looked_at
    if clock_was_set_back or sets.written_elsewhere(binding.company_key, connection.id, looked_at):
        return plan.to(state, Step.LOOK), None
    found = _thd_places(session, payment, posting)
    if not isinstance(found, Places):
        outcomes.thd_not_posted(session, posting, found, now)
        return _failed(state, found), None
    earlier = sets.by_posting(posting.id)
    set_id = tags.set_id(application.file_id, posting.external_guid, len(earlier) + 1)
    old_id = sets.clearable(connection.id, application.id)
    try:
        request = write_message_set(
            [_add(set_id, payment, posting, found)],
            version=binding.qbxml_version,
            new_message_set_id=set_id,
            old_message_set_id=old_id,
        )
    except RequestRefused as refusal:
        why = verdict.stopped("payment-request-refused")
        outcomes.thd_not_posted(session, posting, why, now, said=str(refusal))
        return _failed(state, why), None
    sets.begin(
        connection_id=connection.id,
        company=binding.company_key,
        application_id=application.id,
        posting_id=posting.id,
        set_id=set_id,
        request=request,
        session_id=session.id,
        now=now,
        phase=protocol.Phase.SENT.value,
    )
    detail = " ".join(_replaced(payment, posting, found))
    postings.move(posting.id, PostingState.SENT, now, event="sent", detail=detail, set_id=set_id)
    return state, AskWrite(Step.POST.value, set_id, request)


def _replaced(payment: Payment, posting: Posting, found: Places) -> Iterator[str]:
    """What QuickBooks cannot hold of the payment's own texts, in sentences."""
    lost = tags.lost(payment)
    if lost:
        yield f"QuickBooks cannot hold {lost!a}: replaced in the memo."
    if tags.is_cut(payment, posting, len(postings.of_payment(payment.id))):
        yield f"QuickBooks holds {tags.MAX_MEMO:,} characters of a memo: its end is left out."
    if found.lost_method:
        there = f"it is {found.method!a}" if found.method else "none is named"
        yield f"QuickBooks cannot hold the payment method {found.lost_method!a}: {there} there."


def _add(
    request_id: str, payment: Payment, posting: Posting, found: Places
) -> ask.ReceivePaymentAdd:
    applied = tuple(ask.AppliedToTxn(u.invoice_txn_id, u.paid) for u in posting.uses if u.paid)
    return ask.ReceivePaymentAdd(
        request_id,
        customer_list_id=posting.customer_list_id,
        ar_account_list_id=posting.ar_account_list_id,
        txn_date=posting.date,
        ref_number=posting.ref_number,
        total_amount=posting.amount,
        payment_method_list_id=found.method_list_id,
        memo=tags.memo(payment, posting, len(postings.of_payment(payment.id))),
        deposit_to_account_list_id=found.deposit_list_id,
        external_guid=posting.external_guid,
        applied=applied,
        unapplied=not applied,
    )


def thd_written(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to a write, be it the first or once more."""
    held = sets.open_set(session.connection.id)
    assert held is not None
    return _thd_outcome(session, state, held, evidence.of_write(reading, held.set_id), now)


def thd_write_refused(
    session: Session, state: PaymentSync, hresult: str, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """An hresult came instead of an answer: whatever it says, the write is in doubt."""
    held = sets.open_set(session.connection.id)
    assert held is not None
    hint = hints.hresult(hresult)
    # Where QuickBooks' words speak of a lock, the same bytes may well be read another time.
    never = hresult.upper() == PARSE_ERROR and not statuses.speaks_of_a_lock(said)
    turned_away = hresult.upper() == PARSE_ERROR or bool(
        hint and hint.effect is statuses.Effect.NOT_DONE
    )
    proof = Evidence(protocol.Unanswered(turned_away, for_good=never), said=said)
    return _thd_outcome(session, state, held, proof, now)


def thd_unheard(session: Session, state: PaymentSync, now: datetime) -> PaymentSync:
    """The Web Connector asks again: it may never have got the write, or have lost its answer.

    The bytes are not simply handed out once more: first it is looked what became of them.
    """
    held = sets.open_set(session.connection.id)
    assert held is not None
    outcomes.thd_after(session, held, Evidence(protocol.Unanswered()), window(state), now)
    return plan.to(state, Step.DOUBT)


def _thd_outcome(
    session: Session, state: PaymentSync, held: MessageSet, proof: Evidence, now: datetime
) -> tuple[PaymentSync, Move]:
    posting = postings.get(held.posting_id)
    _thd_mark_cleared(held, proof)
    result = outcomes.thd_after(session, held, proof, window(state), now)
    if not isinstance(result, protocol.Settled):
        return plan.to(state, Step.DOUBT), GoOn()
    if result.outcome is protocol.Outcome.POSTED:
        return _next(replace(state, position=state.position + 1)), GoOn()
    payment = listing.get(posting.payment_id)
    may = allowed(session.connection, payment)
    return _failed(state, verdict.refusal(posting, proof.code, proof.said, may)), GoOn()


def _thd_mark_cleared(held: MessageSet, proof: Evidence) -> None:
    """QuickBooks answered: it has forgotten the set before this one, or never knew it."""
    event = proof.event
    if not isinstance(event, protocol.Unanswered) or event.turned_away:
        sets.cleared_by(held.id)


def _next(state: PaymentSync) -> PaymentSync:
    return plan.to(replace(state, posting_id=0, method="", pushed=state.pushed + 1), Step.LOOK)


def _failed(state: PaymentSync, why: HeldBack | Unfit | StopPosting) -> PaymentSync:
    if isinstance(why, StopPosting):
        return plan.stop_pushing(replace(state, failed=state.failed + 1))
    failed = state.failed + isinstance(why, Unfit)
    return _next(replace(state, failed=failed))


def thd_lists(session: Session, rows: Iterable[object]) -> None:
    """Keep the accounts and payment methods that QuickBooks listed."""
    entries = [row for row in rows if isinstance(row, ListEntry)]
    for kind in ListKind:
        listed = [entry for entry in entries if entry.kind is kind]
        lists.replace(session.connection.id, kind, listed)
