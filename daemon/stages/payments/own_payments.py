"""Payments of QuickBooks that carry our tags: recognized, held against what we sent.

They are never taken for QuickBooks' own, whatever became of them there. Store-thread code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from daemon.stages.payments import describe, evidence, outcomes, protocol, terms
from daemon.stages.payments.evidence import Evidence, Tags
from daemon.stages.payments.protocol import Phase
from shared.models import problems
from shared.models.installation import origin
from shared.models.ledger import incoming_invoices, rereads
from shared.models.payments import from_quickbooks, payment_pages, postings, sets
from shared.qbxml.payment_responses import AppliedToTxnRet, ReceivePaymentRet
from shared.qbxml.refs import Ref
from shared.rules.payments.values import (
    PaymentPart,
    Posting,
    PostingState,
    ReceivedPayment,
    ReceivedUse,
)
from shared.rules.values import ProblemState, RecordKind, Session

DELETED, TWICE = "payment-deleted", "payment-posted-twice"
MAY_TURN_UP = frozenset({"payment-ran-unseen", "payment-never-answered", "payment-lost"})
"""Why a payment was parked: it was not to be found. Then it may be found after all."""
SHOWN_BY_LISTS = frozenset({Phase.CHECK, Phase.FIND, Phase.HOLD, Phase.LAST_FIND, Phase.AGAIN})
"""Phases of a doubt in which a list of payments may settle it."""
MEMO_TAG = re.compile(r"\[db:([^\]]{1,20})\]", re.IGNORECASE)


def tags_of(part: PaymentPart) -> Tags:
    """All tags by which a posting of ours may be known in QuickBooks."""
    return Tags.of(origin(part.payment.connection_id), part.payment.external_id, part.posting)


def recognize(session: Session, payments: Sequence[ReceivedPayment]) -> Mapping[str, Posting]:
    """Which of these payments, by TxnID, belong to which posting of ours."""
    connection_id = session.connection.id
    known = postings.by_tags(
        connection_id,
        external_guids=[one.external_guid for one in payments],
        ref_numbers=[tag for one in payments for tag in _numbers(one)],
        txn_ids=[one.txn_id for one in payments],
    )
    found = _by_tags(payments, known)
    unknown = [one for one in payments if one.txn_id not in found and _is_tagged(one)]
    return found | (_by_earlier_tags(connection_id, unknown) if unknown else {})


def _by_earlier_tags(connection_id: int, payments: Sequence[ReceivedPayment]) -> dict[str, Posting]:
    """What was planned anew has other tags now; a copy with those of before is ours as well."""
    found: dict[str, Posting] = {}
    for posting in postings.planned_anew(connection_id):
        known_by = tags_of(postings.part(posting.id))
        found |= {one.txn_id: posting for one in payments if known_by.mark(as_ret(one))}
    return found


def _numbers(one: ReceivedPayment) -> list[str]:
    return [one.ref_number, *MEMO_TAG.findall(one.memo)]


def _is_tagged(one: ReceivedPayment) -> bool:
    return bool(one.external_guid or MEMO_TAG.search(one.memo))


def _by_tags(payments: Sequence[ReceivedPayment], known: Sequence[Posting]) -> dict[str, Posting]:
    """By TxnID before all else: a payment is what it is, whatever somebody typed into it."""
    by_txn_id = defaultdict(list)
    by_guid, by_number = dict[str, Posting](), dict[str, Posting]()
    for posting in known:
        by_txn_id[posting.txn_id].append(posting)
        by_guid.setdefault(posting.external_guid.casefold(), posting)
        by_number.setdefault(posting.ref_number.casefold(), posting)
    found = {}
    for one in payments:
        by_id = (posting for posting in by_txn_id[one.txn_id] if is_same(posting, as_ret(one)))
        numbers = (number.casefold() for number in _numbers(one) if number)
        tagged = [by_guid.get(one.external_guid.casefold()), *map(by_number.get, numbers)]
        by_tag = sorted(filter(None, tagged), key=lambda posting: posting.id)
        its_own = next(by_id, None) or next(iter(by_tag), None)
        if its_own is not None:
            found[one.txn_id] = its_own
    return found


def is_same(posting: Posting, ret: ReceivePaymentRet) -> bool:
    """By TxnID; but since an older copy came back, the ID may have gone to another record."""
    if posting.txn_id != ret.txn_id:
        return False
    if ret.external_guid:
        return ret.external_guid.casefold() == posting.external_guid.casefold()
    return not posting.time_created or ret.time_created == posting.time_created


def take_shown(
    session: Session, part: PaymentPart, one: ReceivedPayment, now: datetime, *, by_id: bool
) -> bool:
    """QuickBooks shows a payment of ours; tells whether that was any news.

    ``by_id``: it was asked for by its TxnID, so that this TxnID is certain to be there.
    """
    posting = part.posting
    match posting.state:
        case PostingState.POSTED if posting.txn_id == one.txn_id:
            return _same(session, part, one, now)
        case PostingState.POSTED if not by_id and _id_is_right(session, posting, one, now):
            _same(session, postings.part(posting.id), one, now)
            return True
        case PostingState.POSTED:
            return _twice(session, part, one, now)
        case PostingState.SENT | PostingState.UNKNOWN:
            return _settles_doubt(session, part, one, now)
        case PostingState.PARKED if posting.code not in MAY_TURN_UP:
            _reread_paid(session, one)
            return False
        case _:
            outcomes.take_found(session, part, _proof(part, one), now)
            return True


def _same(session: Session, part: PaymentPart, one: ReceivedPayment, now: datetime) -> bool:
    posting, payment, ret = part.posting, part.payment, as_ret(one)
    same_terms = terms.agree(payment, posting, ret)
    is_right = same_terms and posting.customer_list_id == one.customer_list_id
    # An invoice that is deleted takes its share off the payment, whose EditSequence stays.
    known = is_right or bool(posting.code) or _is_told(session, payment.id, outcomes.EDITED)
    if posting.edit_sequence == one.edit_sequence and known and not posting.deleted:
        return False
    postings.move(
        posting.id,
        PostingState.POSTED,
        now,
        event="changed in QuickBooks",
        edit_sequence=one.edit_sequence,
        unused=one.unused,
        deleted=False,
    )
    invoices = {use.txn_id for use in one.uses} | {use.invoice_txn_id for use in posting.uses}
    queue_reread(session, invoices)
    if posting.deleted:
        describe.close_problem(session, [payment.id], DELETED, now)
    if is_right:
        for code in (outcomes.EDITED, outcomes.NOT_APPLIED):
            describe.close_problem(session, [payment.id], code, now)
    else:
        as_sent, found = terms.as_sent(payment, posting), terms.as_shown(ret)
        told = f"{found} of {one.customer}"
        outcomes.report_edited(session, payment, as_sent, told, one.amount, now)
    return True


def _id_is_right(session: Session, posting: Posting, one: ReceivedPayment, now: datetime) -> bool:
    """Whether the TxnID on file was put right: the answer that told it came garbled.

    The one on file is asked for at the end of this sync: where it is there, there are two.
    """
    told = _is_told(session, posting.payment_id, TWICE)
    if posting.deleted or told or not put_id_right(session, posting, [as_ret(one)], now):
        return False
    rereads.queue_reread(session.connection.id, RecordKind.PAYMENT, [posting.txn_id])
    return True


def put_id_right(
    session: Session, posting: Posting, shown: Iterable[ReceivePaymentRet], now: datetime
) -> bool:
    """Take the TxnID from the payment that bears our tags and is the very one that we wrote.

    False where none is, or more than one: then the TxnID on file stays.
    """
    known_by = tags_of(postings.part(posting.id))
    found = [ret for ret in shown if known_by.mark(ret) and _is_the_one(posting, ret)]
    if posting.state is not PostingState.POSTED or len(found) != 1:
        return False
    (ret,) = found
    if ret.txn_id == posting.txn_id:
        return False
    postings.move(
        posting.id,
        PostingState.POSTED,
        now,
        event="found in QuickBooks under another TxnID",
        detail=ret.txn_id,
        code=posting.code,
        said=posting.said,
        txn_id=ret.txn_id,
        time_created=ret.time_created,
    )
    from_quickbooks.remove_ours(session.connection.id, [ret.txn_id])
    describe.close_problem(session, [posting.payment_id], TWICE, now)
    return True


def _is_the_one(posting: Posting, ret: ReceivePaymentRet) -> bool:
    """Whether QuickBooks told of this one when it was written: a copy is made at another time."""
    told = (posting.time_created, posting.edit_sequence)
    same = (ret.time_created == posting.time_created, ret.edit_sequence == posting.edit_sequence)
    return any(same) or not any(told)


def _is_told(session: Session, payment_id: int, code: str) -> bool:
    state = problems.state_of(session.connection.id, RecordKind.PAYMENT, str(payment_id), code)
    return state not in (None, ProblemState.RESOLVED)


def _twice(session: Session, part: PaymentPart, one: ReceivedPayment, now: datetime) -> bool:
    found = f"TxnID {part.posting.txn_id} and TxnID {one.txn_id}"
    describe.report_failure(session, part.payment, TWICE, now, fields={"found": found})
    _reread_paid(session, one)
    return True


def _settles_doubt(
    session: Session, part: PaymentPart, one: ReceivedPayment, now: datetime
) -> bool:
    held = sets.open_set(session.connection.id)
    if (
        held is None
        or held.posting_id != part.posting.id
        or Phase(held.phase) not in SHOWN_BY_LISTS
    ):
        # Whatever becomes of the doubt, these invoices owe less than before.
        _reread_paid(session, one)
        return False
    outcomes.settle_by_list(session, held, _proof(part, one), now)
    return True


def _proof(part: PaymentPart, one: ReceivedPayment) -> Evidence:
    known_by = tags_of(part)
    ret = as_ret(one)
    marked = known_by.mark(ret)
    proof = evidence.of_search([ret], part.posting, known_by)
    # A TxnID without any tag of ours left on it is still ours.
    return proof if marked else Evidence(protocol.Saved(), ret)


def as_ret(one: ReceivedPayment) -> ReceivePaymentRet:
    """The payment as evidence takes it."""
    return ReceivePaymentRet(
        txn_id=one.txn_id,
        time_created=one.time_created,
        time_modified=one.time_modified,
        edit_sequence=one.edit_sequence,
        customer=Ref(one.customer_list_id, one.customer),
        txn_date=one.date,
        ref_number=one.ref_number,
        total_amount=one.amount,
        memo=one.memo,
        unused_payment=one.unused,
        external_guid=one.external_guid,
        applied=tuple(_as_applied(use) for use in one.uses),
    )


def _as_applied(use: ReceivedUse) -> AppliedToTxnRet:
    return AppliedToTxnRet(
        txn_id=use.txn_id,
        txn_type=use.txn_type,
        ref_number=use.number,
        balance_remaining=use.balance,
        amount=use.amount,
        discount_amount=use.discount,
    )


def note_deleted(session: Session, txn_ids: Iterable[str], now: datetime) -> int:
    """QuickBooks no longer has these; tells how many of ours that is news about."""
    known = postings.by_tags(session.connection.id, txn_ids=txn_ids)
    gone = [one for one in known if one.state is PostingState.POSTED and not one.deleted]
    for posting in gone:
        event = "deleted in QuickBooks"
        postings.move(posting.id, PostingState.POSTED, now, event=event, deleted=True)
        if all(part.deleted for part in postings.of_payment(posting.payment_id)):
            # Another part may be the one that was edited, and it is there still.
            describe.close_problem(session, [posting.payment_id], outcomes.EDITED, now)
        describe.report_failure(session, payment_pages.get(posting.payment_id), DELETED, now)
        outcomes.queue_reread(session, posting)
    return len(gone)


def reread_copies(session: Session, ref_numbers: Iterable[str]) -> None:
    """What carried a number of ours was deleted, whatever its ID: its invoices owe more now."""
    for posting in postings.by_tags(session.connection.id, ref_numbers=ref_numbers):
        outcomes.queue_reread(session, posting)


def _reread_paid(session: Session, one: ReceivedPayment) -> None:
    """Read the invoices that a payment is applied to again."""
    queue_reread(session, {use.txn_id for use in one.uses})


def queue_reread(session: Session, txn_ids: Iterable[str]) -> None:
    """Read these invoices again at the end of this sync, as far as we hold them."""
    connection_id = session.connection.id
    held = incoming_invoices.held(connection_id, sorted(set(txn_ids)))
    rereads.queue_reread(connection_id, RecordKind.INVOICE, sorted(held))
