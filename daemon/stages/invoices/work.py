"""Invoice Sync on the store: the pure plan's questions answered, its decisions carried out.

The plan's state travels in the session row as JSON; each function takes the session of the
call and gives it back with the state moved on. Store-thread code, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from daemon.stages import paging
from daemon.stages.invoices import importing, intake, settling
from daemon.stages.invoices import plan as invoice_sync
from daemon.stages.invoices.plan import DOING, LIGHT, InvoiceSync, Step
from daemon.stages.moves import Ask, AskWrite, GiveUpOn, Gone, Move, NotTakenIn, Progress
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.watermarks import compared, is_due, next_watermark
from shared.about import VERSION
from shared.models import ledger, problems, syncs
from shared.models.payments import asking
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, Ret
from shared.qbxml.text import LONGEST_NAME, LONGEST_NUMBER, holds
from shared.rules.values import RecordKind, Session, SyncState
from shared.settings import Settings

WATERMARK = "invoice"
PAGE_SIZE = "invoice-page"
"""How many invoices a page had that came in well: the next sync begins with as many."""
SETTLED_ON = "settled"
"""The terms of the last settlement; empty while a sync is under way or was cut."""
KIND_OF_IDS = {
    Step.CUSTOMER_CHECK: RecordKind.CUSTOMER,
    Step.REREAD: RecordKind.INVOICE,
    Step.CUSTOMERS: RecordKind.CUSTOMER,
}


def begin(session: Session, settings: Settings, now: datetime) -> str:
    """The plan of a new sync, from the watermarks of the last finished one."""
    mark = ledger.watermark(session.connection.id, ledger.COMPARED)
    every = timedelta(minutes=settings.sweep_minutes)
    due = is_due(mark, now=now, every=every, version=VERSION) or not _went_well(session)
    ledger.forget_seen(session.connection.id)
    return replace(_plan(session, settings), is_due=due).to_json()


def _went_well(session: Session) -> bool:
    """Whether the last sync of this application did."""
    about = [session.application.kind.value]
    last = syncs.history(
        limit=1,
        before_id=session.sync_id,
        connection_ids=[session.connection.id],
        applications=about,
    )
    return not last or last[0].state is SyncState.FINISHED


def begin_at(step: Step, session: Session, settings: Settings) -> str:
    """The plan of a sync that has to do only what follows from ``step`` on."""
    return replace(_plan(session, settings), step=step).to_json()


def _plan(session: Session, settings: Settings) -> InvoiceSync:
    connection = session.connection
    state = invoice_sync.begin(
        watermark=ledger.watermark(connection.id, WATERMARK),
        overlap=timedelta(minutes=settings.overlap_minutes),
        start_date=connection.start_date,
        page_size=int(ledger.watermark(connection.id, PAGE_SIZE) or settings.page_size),
        largest_page=settings.page_size_max,
        most_tries=settings.transient_retries,
        settled_on=ledger.watermark(connection.id, SETTLED_ON),
    )
    ledger.set_watermark(connection.id, SETTLED_ON, "")
    return state


def next_ask(
    session: Session, request_id: str, now: datetime
) -> tuple[Session, Ask | AskWrite | None]:
    """What to ask next; None when only settling is left."""
    state = _state(session)
    while state.step is not Step.SETTLE:
        ids = _ids(session, state)
        state, requests = invoice_sync.requests(state, request_id, ids, now.date())
        if requests:
            if invoice_sync.wants_ids(state) and not state.tries:
                state = invoice_sync.expect_more(state, len(state.asked))
            return _with(session, state), Ask(state.step.value, request_id, requests)
        state = _left(session, state, invoice_sync.advance(state))
    return _with(session, state), None


def has_more(session: Session, now: datetime) -> bool:
    """Whether anything is left to ask; the plan itself does not move."""
    return next_ask(session, "0", now)[1] is not None


def record_reader(session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
    """How records of the current step are read; needs no store."""
    binding = session.connection.binding
    return partial(
        intake.take,
        home_currency=binding.home_currency if binding else "",
        light=_state(session).step in LIGHT,
    )


def in_batches(session: Session) -> bool:
    """Whether rows may be stored before the whole answer was read."""
    return True


def asked_again(session: Session, now: datetime) -> Session | None:
    """The Web Connector asks again for what is out: a query it may simply have again."""
    return None


def store_rows(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Store rows of the current step."""
    return importing.store_rows(session, _state(session).step, rows, now)


def take_answer(session: Session, reading: Reading, now: datetime) -> tuple[Session, Move]:
    """Store an answer's last rows and let the plan decide what it means."""
    state = _state(session)
    worst = reading.worst
    if reading.unreadable or worst is None:
        said = reading.unreadable or "the answer held no response to our request"
        after, move = invoice_sync.unreadable(state, said, reading.tally.changed)
        _learn(session, state, after)
        return _with(session, after), move
    tally = reading.tally.plus(importing.store_rows(session, state.step, reading.rows, now))
    if invoice_sync.wants_ids(state) and statuses.is_success(worst.status.code):
        tally = tally.plus(_ids_done(session, state, tally, now))
    assert session.exchange is not None
    answer = answered(reading, tally, session.exchange, now)
    after, move = invoice_sync.answered(state, answer)
    after = _left(session, state, after)
    _learn(session, state, after)
    return _with(session, after), move


def _learn(session: Session, before: InvoiceSync, after: InvoiceSync) -> None:
    """Remember the size of pages for the next sync, also when this one does not end well."""
    if after.page_size != before.page_size:
        ledger.set_watermark(session.connection.id, PAGE_SIZE, str(after.page_size))


def refused(
    session: Session, code: str, said: str, *, passing: bool, now: datetime
) -> tuple[Session, Move]:
    """QuickBooks refused the message set; ``passing`` when it may take it in a while."""
    after, move = paging.refused(_state(session), code, said, passing=passing)
    return _with(session, after), move


def give_up_on(session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime) -> Session:
    """Never ask for a record again in this sync: it is gone, refused, or cannot be read.

    One that is not gone goes on file as a problem; one that is gone is marked so.
    """
    state = _state(session)
    asked = replace(state, asked=(move.object_id,))
    is_gone = isinstance(move, Gone)
    if not isinstance(move, Gone):
        importing.give_up_on(session, KIND_OF_IDS[state.step], move, now)
    seen = frozenset[str]() if is_gone else frozenset({move.object_id})
    tally = _ids_done(session, asked, Tally(seen_ids=seen), now)
    moved = replace(
        state, position=state.position + tally.changed, failed=state.failed + (not is_gone)
    )
    return _with(session, moved)


def settle(session: Session, now: datetime) -> tuple[Session, bool]:
    """Settle a slice, unless nothing moved since the last finished sync did; whether it is all.

    A settlement looks at every open invoice; most syncs of a large company bring no news.
    """
    state = settling.settle(session, _state(session), now)
    if not state.settling:
        ledger.set_watermark(session.connection.id, SETTLED_ON, state.settled_on)
    return _with(session, state), not state.settling


def conclude(session: Session, settings: Settings, now: datetime) -> Session:
    """The books are settled: move the watermarks."""
    state = _state(session)
    _move_watermark(session, state, now, timedelta(minutes=settings.overlap_minutes))
    if state.first or state.compares:
        mark = compared(now, VERSION)
        ledger.set_watermark(session.connection.id, ledger.COMPARED, mark)
    return session


def progress(session: Session) -> Progress:
    """How far the stage is."""
    state = _state(session)
    return Progress(
        step=state.step.value,
        doing=DOING[state.step],
        percent=state.percent,
        position=state.position,
        total=state.total,
        failed=state.failed,
    )


def _ids(session: Session, state: InvoiceSync) -> Sequence[str]:
    connection_id, limit = session.connection.id, state.ids_per_request
    match state.step:
        case Step.CUSTOMER_CHECK:
            return ledger.customers_to_check(connection_id, state.checked_until, limit)
        case Step.NAMED_CUSTOMERS:
            named = asking.customers_named(connection_id)
            return [n for n in named if holds(n, LONGEST_NAME) and n > state.checked_until]
        case Step.NAMED:
            return _numbers(connection_id, state)
        case Step.REREAD:
            return ledger.next_reread(connection_id, RecordKind.INVOICE, limit)
        case Step.CUSTOMERS:
            return ledger.missing_customers(connection_id, limit)
        case _:
            return ()


def _numbers(connection_id: int, state: InvoiceSync) -> Sequence[str]:
    """What retried payments name, as far as it can be the number of an invoice."""
    named = (text.strip() for text in asking.documents(connection_id))
    numbers = {text for text in named if holds(text, LONGEST_NUMBER)}
    return sorted(one for one in numbers if one > state.checked_until)


def _ids_done(session: Session, state: InvoiceSync, tally: Tally, now: datetime) -> Tally:
    """Take what was asked off the queue; what QuickBooks did not show is gone from it."""
    connection_id = session.connection.id
    gone = [one for one in state.asked if one not in tally.seen_ids]
    changed = 0
    match state.step:
        case Step.CUSTOMER_CHECK:
            ledger.customers_gone(connection_id, gone)
            changed = len(gone)
        case Step.REREAD:
            changed = importing.mark_deleted(session, gone, now)
            ledger.reread_done(connection_id, RecordKind.INVOICE, state.asked)
            # One that is said to be gone may be there all the same: an open invoice names it.
            ledger.want_customers_of(connection_id, tally.taken_ids)
        case Step.CUSTOMERS:
            # One that cannot be read is as good as not there: it is asked for once a sync.
            absent = [one for one in state.asked if one not in tally.taken_ids]
            ledger.mark_customers_missing(connection_id, absent)
    return Tally(changed=changed)


def _left(session: Session, before: InvoiceSync, after: InvoiceSync) -> InvoiceSync:
    """Once all open invoices of QuickBooks were seen, ours that were not are read again.

    So are customers that QuickBooks did not show the last time; what is skipped is not.
    """
    last_look = Step.READ if before.first and not after.by_id else Step.SWEEP
    if before.step is not last_look or after.step is last_look:
        return after
    if not (before.first or before.compares):
        return after
    connection = session.connection
    start = date.fromisoformat(before.start_date) if before.start_date else None
    ledger.queue_unseen(connection.id, start)
    ledger.forget_seen(connection.id)
    skipped = problems.skipped(connection.id, RecordKind.INVOICE)
    ledger.reread_done(connection.id, RecordKind.INVOICE, skipped)
    ledger.want_missing(connection.id, problems.skipped(connection.id, RecordKind.CUSTOMER))
    return after


def _move_watermark(
    session: Session, state: InvoiceSync, now: datetime, overlap: timedelta
) -> None:
    previous = ledger.watermark(session.connection.id, WATERMARK)
    took = now - session.opened_at
    mark = next_watermark(previous, state.newest, now=now, took=took, overlap=overlap)
    ledger.set_watermark(session.connection.id, WATERMARK, mark)


def _state(session: Session) -> InvoiceSync:
    return InvoiceSync.from_json(session.plan)


def _with(session: Session, state: InvoiceSync) -> Session:
    return replace(session, plan=state.to_json())
