"""Settling a message set of unknown outcome, before anything new is posted. Store-thread code.

First what QuickBooks remembers of the set, then the payment itself: by its RefNumber, by its
customer and date, and among the deleted ones. Only when all of that shows nothing, and the
doubt window is over, the same bytes go out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from daemon.stages import paging
from daemon.stages.moves import Ask, AskWrite, Fail, GoOn, Move
from daemon.stages.payments import describe, evidence, outcomes, plan, protocol, terms
from daemon.stages.payments.evidence import Evidence
from daemon.stages.payments.own_payments import tags_of
from daemon.stages.payments.plan import PaymentSync
from daemon.stages.payments.protocol import Step as Doubt
from daemon.stages.reading import Reading
from shared.models.payments import postings, sets
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.qbxml.responses import ResponseHead
from shared.rules.payments.values import MessageSet
from shared.rules.values import Session
from shared.structs import replace

CHECK = "check"
FIND = "find"
SEND_AGAIN = "send-again"
PARSE_ERROR = "0X80040400"
SEARCHES = 3


def window(state: PaymentSync) -> timedelta:
    """How long a request that was given up on may still run."""
    return timedelta(seconds=state.resend_after)


def next_step(session: Session, state: PaymentSync, now: datetime) -> Doubt | None:
    """What the open message set wants next; None when there is none."""
    held = sets.open_set(session.connection.id)
    if held is None:
        return None
    wanted = protocol.next_step(outcomes.as_open_set(held), now, window(state))
    if wanted is Doubt.GIVE_UP:
        outcomes.apply(session, held, Evidence(protocol.GivenUp()), window(state), now)
        return None
    return wanted


def begin_session(session: Session, state: PaymentSync, now: datetime) -> None:
    """Another session: whatever was asked about the open set is asked again."""
    held = sets.open_set(session.connection.id)
    if held is not None:
        outcomes.apply(session, held, Evidence(protocol.SessionBegan()), window(state), now)


def next_question(
    session: Session, state: PaymentSync, wanted: Doubt, request_id: str, now: datetime
) -> Ask | AskWrite:
    """The next question about the open set, or its bytes once more."""
    held = sets.open_set(session.connection.id)
    assert held is not None
    match wanted:
        case Doubt.CHECK:
            return Ask(CHECK, held.set_id, set_id=held.set_id)
        case Doubt.FIND:
            return Ask(FIND, request_id, _search(held, request_id))
        case _:
            again = Evidence(protocol.SentAgain(now))
            outcomes.apply(session, held, again, window(state), now)
            return AskWrite(SEND_AGAIN, held.set_id, held.request)


def _search(held: MessageSet, request_id: str) -> Sequence[ask.Request]:
    """Look for the payment: whole records, since what is left out of one proves nothing."""
    part = postings.part(held.posting_id)
    known_by, day = tags_of(part), terms.day_of(part.payment, part.posting)
    return (
        ask.ReceivePaymentQuery(
            f"{request_id}-1", ref_numbers=known_by.ref_numbers, include_lines=True
        ),
        ask.ReceivePaymentQuery(
            f"{request_id}-2",
            from_date=day,
            to_date=day,
            customer_list_id=part.posting.customer_list_id,
            include_lines=True,
        ),
        plan.deleted_payments(f"{request_id}-3"),
    )


def _unseen(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """What was asked about the open set could not be taken in: that is proof of nothing.

    It stays in doubt, and nothing else is posted before it is settled; reading goes on, and may
    show the payment.
    """
    state, move = paging.unreadable(state, said)
    if not isinstance(move, Fail):
        return state, move
    held = sets.open_set(session.connection.id)
    assert held is not None
    outcomes.keep_in_doubt(held, said, now)
    describe.report_unreadable(session, said, now)
    return plan.stop_pushing(state), GoOn()


def take_check(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to CHECK."""
    if reading.unreadable:
        return _unseen(session, state, reading.unreadable, now)
    held = sets.open_set(session.connection.id)
    assert held is not None
    proof = _with_copies(evidence.of_check(reading, held.set_id), held, state, now)
    outcomes.apply(session, held, proof, window(state), now)
    return replace(state, tries=0), GoOn()


def check_refused(
    session: Session, state: PaymentSync, code: str, said: str, now: datetime, *, passing: bool
) -> tuple[PaymentSync, Move]:
    """QuickBooks did not take the status check; one that it cannot read is no proof of anything."""
    exchange = session.exchange
    held = sets.open_set(session.connection.id)
    if held is not None and exchange is not None and exchange.hresult.upper() == PARSE_ERROR:
        told = Evidence(protocol.NotRemembered(), said=said)
        proof = _with_copies(told, held, state, now)
        outcomes.apply(session, held, proof, window(state), now)
        return state, GoOn()
    return paging.refused(state, code, said, passing=passing)


def _with_copies(proof: Evidence, held: MessageSet, state: PaymentSync, now: datetime) -> Evidence:
    """Whether an earlier copy may still run is as of the moment at which nothing was known."""
    if not isinstance(proof.event, protocol.NotRemembered):
        return proof
    left = protocol.copies_left(outcomes.as_open_set(held), now, window(state))
    return replace(proof, event=protocol.NotRemembered(left))


def take_search(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to FIND; it counts only when every part of the search was answered."""
    if reading.unreadable:
        return _unseen(session, state, reading.unreadable, now)
    failed = _unanswered_of(reading)
    if failed is not None:
        if statuses.is_transient(failed.status.code, failed.status.message):
            return paging.try_again(state, failed.status.message)
        return state, Fail(str(failed.status.code), failed.status.message)
    if len(reading.heads) < SEARCHES:
        said = "the answer to the search for a payment is not complete"
        return _unseen(session, state, said, now)
    held = sets.open_set(session.connection.id)
    assert held is not None
    part = postings.part(held.posting_id)
    proof = evidence.of_search(reading.rows, part.posting, tags_of(part))
    outcomes.apply(session, held, proof, window(state), now)
    return replace(state, tries=0), GoOn()


def _unanswered_of(reading: Reading) -> ResponseHead | None:
    """The first part of the search that was not answered.

    A customer that was merged or deleted, or that an older copy lacks, has no payments any more:
    where ours went, its RefNumber tells.
    """
    by_number, by_customer, *others = (*reading.heads, *[None] * SEARCHES)[:SEARCHES]
    nobody = by_customer is not None and by_customer.status.code in paging.NOT_THERE
    parts = [by_number, *others, *([by_customer] * (not nobody))]
    return first_unanswered([head for head in parts if head is not None])


def first_unanswered(heads: Sequence[ResponseHead]) -> ResponseHead | None:
    """The first of these questions that QuickBooks did not answer."""
    return next((head for head in heads if not statuses.is_success(head.status.code)), None)
