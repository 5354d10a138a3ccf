"""Payment Sync on the store: the pure plan's questions answered, its decisions carried out.

The plan's state travels in the session row as JSON. What an answer means depends on what was
asked: each kind of question has a module of its own. Store-thread code, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from daemon.stages import paging
from daemon.stages.moves import Ask, AskWrite, GiveUpOn, Gone, Move, NotTakenIn, Progress
from daemon.stages.payments import (
    describe,
    doubting,
    intake,
    looking,
    plan,
    pulling,
    pushing,
    restored,
)
from daemon.stages.payments.plan import DOING, Facts, PaymentSync, Step
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.watermarks import next_watermark
from shared.hints import tell
from shared.models import ledger, problems
from shared.models.payments import (
    deleted_numbers,
    from_quickbooks,
    payment_pages,
    postings,
    rejudging,
)
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import RecordKind, Session, Trouble
from shared.settings import Settings

WATERMARK, DELETIONS_LISTED = "payment", "payment-deletions"
PAGE_SIZE = "payment-page"
"""How many payments a page had that came in well: the next sync begins with as many."""
MISSED, DELETIONS = "payments-deletions-missed", "deleted-payments"
MOST_UNREAD = 100_000
"""So many payments may wait to be read by ID."""
WRITES = frozenset({Step.POST.value, doubting.SEND_AGAIN})
IN_BATCHES = frozenset({Step.READ.value, Step.CHANGED.value, Step.DELETIONS.value})
"""Questions whose answers may be long and are stored as they come; all other answers decide
something as a whole."""


def begin(session: Session, settings: Settings, now: datetime) -> str:
    """The plan of a new sync: what waits is judged, what was left in doubt is asked about."""
    connection = session.connection
    for trouble in rejudging.judge_again(connection.id, now, asked=True):
        describe.record_trouble(session, trouble)
    state = plan.begin(
        watermark=ledger.watermark(connection.id, WATERMARK),
        overlap=timedelta(minutes=settings.overlap_minutes),
        start_date=connection.start_date,
        page_size=int(ledger.watermark(connection.id, PAGE_SIZE) or settings.page_size),
        largest_page=settings.page_size_max,
        most_tries=settings.transient_retries,
        resend_after=settings.resend_after_seconds,
        today=now.date(),
        to_push=payment_pages.counts(connection.id).get(PaymentStatus.READY, 0),
        deletions_listed=ledger.watermark(connection.id, DELETIONS_LISTED),
    )
    doubting.begin_session(session, state, now)
    _warn_of_missed(session, state, now)
    return state.to_json()


def _warn_of_missed(session: Session, state: PaymentSync, now: datetime) -> None:
    """QuickBooks lists deletions of 90 days: after a longer break some may not be told."""
    connection_id = session.connection.id
    if not state.compare:
        problems.resolve(connection_id, RecordKind.SYNC, [DELETIONS], [MISSED], now)
        return
    told = tell(MISSED, date=ledger.watermark(connection_id, DELETIONS_LISTED) or state.since[:10])
    trouble = Trouble(
        MISSED, RecordKind.SYNC, DELETIONS, session.connection.name, told.message, told.remedy
    )
    problems.report(connection_id, session.sync_id, [trouble], now)


def next_ask(
    session: Session, request_id: str, now: datetime
) -> tuple[Session, Ask | AskWrite | None]:
    """What to ask next, or to write; None when nothing is left."""
    state = _state(session)
    asked: Ask | AskWrite | None = None
    while asked is None:
        facts = _facts(session, state, now)
        state = plan.onward(state, facts)
        match state.step:
            case Step.END:
                break
            case Step.DOUBT:
                assert facts.doubt is not None
                asked = doubting.next_question(session, state, facts.doubt, request_id, now)
            case Step.LOOK:
                state, asked = looking.look(session, state, request_id, now)
            case Step.POST:
                state, asked = pushing.post(session, state, now)
            case _:
                state, requests = plan.requests(state, request_id, facts)
                asked = Ask(state.step.value, request_id, requests)
    return _with(session, state), asked


def has_more(session: Session, now: datetime) -> bool:
    """Whether anything is left to ask; nothing is asked or written by this."""
    state = _state(session)
    return plan.onward(state, _facts(session, state, now)).step is not Step.END


def _facts(session: Session, state: PaymentSync, now: datetime) -> Facts:
    """What the steps that are still to come need to know."""
    connection_id = session.connection.id
    if state.step in (Step.READ, Step.CHANGED, Step.DELETIONS):
        return Facts()
    if state.step in (Step.COMPARE, Step.END):
        return _to_compare(session, state)
    ready = postings.ready(connection_id, 1)
    return Facts(
        doubt=doubting.wanted(session, state, now),
        ready=ready[0].id if ready else 0,
        known=restored.asked(session, state) if state.step is Step.KNOWN else (),
    )


def _to_compare(session: Session, state: PaymentSync) -> Facts:
    """All payments, by ID; and those that could not be read, which nobody may touch again."""
    connection_id, after, limit = session.connection.id, state.checked_until, state.ids_per_request
    ids = from_quickbooks.to_compare(connection_id, after, limit) if state.compare else []
    unread = {
        *problems.waiting(connection_id, RecordKind.PAYMENT, [intake.UNREADABLE]),
        *ledger.next_reread(connection_id, RecordKind.PAYMENT, MOST_UNREAD),
    }
    return Facts(to_compare=ids, unread=[one for one in sorted(unread) if one > after])


def record_reader(session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
    """How records of the current step are read; needs no store."""
    binding = session.connection.binding
    return partial(
        intake.take,
        step=_state(session).step,
        home_currency=binding.home_currency if binding else "",
    )


def in_batches(session: Session) -> bool:
    """Whether rows may be stored before the whole answer was read."""
    return _asked(session) in IN_BATCHES


def store_rows(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Store rows of the current step."""
    return pulling.store_rows(session, _state(session), rows, now)


def take_answer(session: Session, reading: Reading, now: datetime) -> tuple[Session, Move]:
    """Hand an answer to whoever asked; what it means for the plan comes back."""
    state = _state(session)
    match _asked(session):
        case doubting.CHECK:
            state, move = doubting.checked(session, state, reading, now)
        case doubting.FIND:
            state, move = doubting.found(session, state, reading, now)
        case asked if asked in WRITES:
            state, move = pushing.written(session, state, reading, now)
        case Step.KNOWN:
            state, move = restored.known(session, state, reading, now)
        case Step.LOOK:
            state, move = looking.looked(session, state, reading, now)
        case Step.METHOD:
            state, move = pushing.method_made(session, state, reading, now)
        case _:
            state, move = _take_list(session, state, reading, now)
    return _with(session, state), move


def _take_list(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to a query whose rows are stored, whatever they are."""
    worst = reading.worst
    if reading.unreadable or worst is None:
        said = reading.unreadable or "it held no response to our request"
        after, move = plan.unreadable(state, said, reading.tally.changed)
        if state.pushing and not after.pushing:
            describe.not_taken(session, said, now)
        _learn(session, state, after)
        return after, move
    if state.step is Step.LISTS:
        tally = Tally()
        if statuses.is_success(worst.status.code):
            pushing.keep_lists(session, reading.rows)
    else:
        tally = reading.tally.plus(pulling.store_rows(session, state, reading.rows, now))
    if state.step is Step.COMPARE and statuses.is_success(worst.status.code):
        missing = set(state.asked) - tally.seen_ids
        changed = pulling.missing(session, state, missing, now)
        tally = tally.plus(Tally(changed=changed))
        ledger.reread_done(session.connection.id, RecordKind.PAYMENT, state.asked)
    assert session.exchange is not None
    after, move = plan.answered(state, answered(reading, tally, session.exchange, now))
    if state.pushing and not after.pushing:
        describe.stopped(session, str(worst.status.code), worst.status.message, now)
    _learn(session, state, after)
    return after, move


def _learn(session: Session, before: PaymentSync, after: PaymentSync) -> None:
    """Remember the size of pages for the next sync, also when this one does not end well."""
    if after.step is Step.READ and after.page_size != before.page_size:
        ledger.set_watermark(session.connection.id, PAGE_SIZE, str(after.page_size))


def refused(
    session: Session, code: str, said: str, *, passing: bool, now: datetime
) -> tuple[Session, Move]:
    """QuickBooks did not take the message set; ``passing`` when it may take it in a while."""
    state, asked = _state(session), _asked(session)
    if asked in WRITES:
        exchange = session.exchange
        assert exchange is not None
        state, move = pushing.write_refused(session, state, exchange.hresult, said, now)
    elif asked == doubting.CHECK:
        state, move = doubting.check_refused(session, state, code, said, now, passing=passing)
    else:
        state, move = paging.refused(pushing.only_next(state), code, said, passing=passing)
    return _with(session, state), move


def asked_again(session: Session, now: datetime) -> Session | None:
    """The Web Connector asks again for what is out; None when it may simply have it again."""
    if _asked(session) not in WRITES:
        return None
    return _with(session, pushing.asked_again(session, _state(session), now))


def give_up_on(session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime) -> Session:
    """A payment that was asked for by its ID alone is gone, or cannot be taken in."""
    state = _state(session)
    ledger.reread_done(session.connection.id, RecordKind.PAYMENT, [move.object_id])
    if isinstance(move, NotTakenIn):
        pulling.not_taken_in(session, move.object_id, move.said, now)
        return _with(session, replace(state, failed=state.failed + 1))
    changed = pulling.missing(session, state, [move.object_id], now)
    return _with(session, replace(state, position=state.position + changed))


def settle(session: Session, now: datetime) -> tuple[Session, bool]:
    """Payments are judged one by one, not as a whole."""
    return session, True


def conclude(session: Session, settings: Settings, now: datetime) -> Session:
    """All changed payments were read: the watermark moves."""
    state, connection_id = _state(session), session.connection.id
    if state.pushing:
        describe.not_stopped(session, now)
    deleted_numbers.forget(connection_id)
    mark = next_watermark(
        ledger.watermark(connection_id, WATERMARK),
        state.newest,
        now=now,
        took=now - session.opened_at,
        overlap=timedelta(minutes=settings.overlap_minutes),
    )
    if not state.is_doubtful:  # what may be missing in this list is asked for again by the next
        ledger.set_watermark(connection_id, WATERMARK, mark)
    if state.deletions_known:
        ledger.set_watermark(connection_id, DELETIONS_LISTED, now.date().isoformat())
    return session


def progress(session: Session) -> Progress:
    """How far the stage is."""
    state = _state(session)
    done = state.position + state.failed
    return Progress(
        step=state.step.value,
        doing=DOING[state.step],
        percent=state.percent,
        position=state.position,
        total=max(done, state.to_push),
        failed=state.failed,
    )


def _asked(session: Session) -> str:
    return session.exchange.step if session.exchange else ""


def _state(session: Session) -> PaymentSync:
    return PaymentSync.from_json(session.plan)


def _with(session: Session, state: PaymentSync) -> Session:
    return replace(session, plan=state.to_json())
