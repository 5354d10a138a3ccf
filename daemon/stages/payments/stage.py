"""Payment Sync on the store: the pure plan's questions answered, its decisions carried out.

What an answer means depends on what was asked: each kind of question has a module of its own.
Store-thread code, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from daemon.stages import paging
from daemon.stages.base import Stage
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
from daemon.stages.payments.plan import SHOWN, Facts, PaymentSync, Step
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.troubles import record, trouble
from shared.models import problems
from shared.models.ledger import rereads
from shared.models.payments import (
    deleted_numbers,
    from_quickbooks,
    postings,
    rejudging,
    sets,
)
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, ResponseHead, Ret
from shared.rules.values import RecordKind, Session
from shared.structs import replace

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


class PaymentStage(Stage[PaymentSync]):
    """Payments of the platform posted to QuickBooks, and those of QuickBooks read."""

    plan_type = PaymentSync

    def begin(self) -> PaymentSync:
        """The plan of a new sync: what waits is judged, what was left in doubt is asked about."""
        connection, settings = self.session.connection, self.settings
        record(self.session, rejudging.judge_again(connection.id, self.now, asked=True))
        new = plan.begin(
            watermark=rereads.watermark(connection.id, WATERMARK),
            overlap=self.overlap,
            start_date=connection.start_date,
            page_size=int(rereads.watermark(connection.id, PAGE_SIZE) or settings.page_size),
            largest_page=settings.page_size_max,
            most_tries=settings.transient_retries,
            resend_after=settings.resend_after_seconds,
            today=self.now.date(),
            to_push=postings.ready_payments(connection.id),
            deletions_listed=rereads.watermark(connection.id, DELETIONS_LISTED),
        )
        doubting.begin_session(self.session, new, self.now)
        self._warn_of_missed(new)
        return new

    def _warn_of_missed(self, new: PaymentSync) -> None:
        """QuickBooks lists deletions of 90 days: after a longer break some may not be told."""
        connection = self.session.connection
        if not new.compare:
            problems.resolve(connection.id, RecordKind.SYNC, [DELETIONS], [MISSED], self.now)
            return
        since = rereads.watermark(connection.id, DELETIONS_LISTED) or new.since[:10]
        missed = trouble(
            MISSED, RecordKind.SYNC, object_id=DELETIONS, document=connection.name, date=since
        )
        problems.report(connection.id, self.session.sync_id, [missed], self.now)

    def writes(self) -> bool:
        """Also where a write is in doubt, until the sync has gone on to something else."""
        if self.plan.step not in (Step.POST, Step.DOUBT):
            return False
        held = sets.open_set(self.session.connection.id)
        return held is not None and held.session_id == self.session.id

    def may_end_early(self) -> bool:
        """Between payments; what QuickBooks lists is read to its end."""
        return self.plan.step in (Step.LOOK, Step.POST)

    def has_more(self) -> bool:
        return plan.onward(self.plan, self._facts()).step is not Step.END

    def next_ask(self, request_id: str) -> Ask | AskWrite | None:
        """What to ask next, or to write: a step that comes to nothing leads to the next one."""
        while True:
            facts = self._facts()
            self.plan = plan.onward(self.plan, facts)
            if self.plan.step is Step.END:
                return None
            wanted = self._ask(facts, request_id)
            if wanted is not None:
                return wanted

    def _ask(self, facts: Facts, request_id: str) -> Ask | AskWrite | None:
        match self.plan.step:
            case Step.DOUBT:
                assert facts.doubt is not None
                about = (self.session, self.plan, facts.doubt)
                return doubting.next_question(*about, request_id, self.now)
            case Step.LOOK:
                self.plan, look = looking.ask_look(self.session, self.plan, request_id, self.now)
                return look
            case Step.POST:
                self.plan, write = pushing.post_next(self.session, self.plan, self.now)
                return write
        self.plan, requests = plan.requests(self.plan, request_id, facts)
        return Ask(self.plan.step.value, request_id, requests)

    def _facts(self) -> Facts:
        """What the steps that are still to come need to know."""
        connection_id, step = self.session.connection.id, self.plan.step
        if step in plan.ALWAYS_ASKS:
            return Facts()
        if step in (Step.DELETIONS, Step.COMPARE, Step.END):
            return self._to_compare()
        return Facts(
            doubt=doubting.next_step(self.session, self.plan, self.now),
            ready=postings.any_ready(connection_id),
            known=restored.ids_to_ask(self.session, self.plan) if step is Step.KNOWN else (),
        )

    def _to_compare(self) -> Facts:
        """All payments, by ID; and those that could not be read, which nobody may touch again."""
        connection_id, after = self.session.connection.id, self.plan.checked_until
        limit = self.plan.ids_per_request
        ids = from_quickbooks.to_compare(connection_id, after, limit) if self.plan.compare else []
        unread = {
            *problems.waiting(connection_id, RecordKind.PAYMENT, [intake.UNREADABLE]),
            *rereads.next_reread(connection_id, RecordKind.PAYMENT, MOST_UNREAD),
        }
        return Facts(to_compare=ids, unread=[one for one in sorted(unread) if one > after])

    def record_reader(self) -> Callable[[Ret | BadRecord], Iterable[object]]:
        return partial(intake.take, step=self.plan.step, home_currency=self.home_currency)

    @property
    def _asked(self) -> str:
        return self.session.exchange.step if self.session.exchange else ""

    def in_batches(self) -> bool:
        return self._asked in IN_BATCHES

    def store_rows(self, rows: Sequence[object]) -> Tally:
        return pulling.store_rows(self.session, self.plan, rows, self.now)

    def take_answer(self, reading: Reading) -> Move:
        """Hand an answer to whoever asked; what it means for the plan comes back."""
        take = TAKERS.get(self._asked)
        if take is None:
            return self._take_list(reading)
        self.plan, move = take(self.session, self.plan, reading, self.now)
        return move

    def _take_list(self, reading: Reading) -> Move:
        """The answer to a query whose rows are stored, whatever they are."""
        before, went_well = self.plan, reading.went_well
        if before.step is Step.READ:
            reading = reading.of(plan.LIST)
        worst = reading.worst
        if reading.unreadable or worst is None:
            said = reading.unreadable or "it held no response to our request"
            self.plan, move = plan.unreadable(before, said, reading.tally.changed)
            if before.pushing and not self.plan.pushing:
                describe.report_unreadable(self.session, said, self.now)
            self._learn(before)
            return move
        tally = self._store_list(reading, worst)
        assert self.session.exchange is not None
        answer = answered(reading, tally, self.session.exchange, self.now)
        before = paging.told_beside(before, {paging.DELETED}, went_well)
        self.plan, move = plan.answered(before, answer)
        if before.pushing and not self.plan.pushing:
            code, said = str(worst.status.code), worst.status.message
            describe.report_stop(self.session, code, said, self.now)
        self._learn(before)
        return move

    def _store_list(self, reading: Reading, worst: ResponseHead) -> Tally:
        is_success, step = statuses.is_success(worst.status.code), self.plan.step
        if step is Step.LISTS:
            if is_success:
                pushing.keep_lists(self.session, reading.rows)
            return Tally()
        tally = reading.tally.plus(self.store_rows(reading.rows))
        if step is Step.COMPARE and is_success:
            missing = set(self.plan.asked) - tally.seen_ids
            changed = pulling.note_missing(self.session, self.plan, missing, self.now)
            tally = tally.plus(Tally(changed=changed))
            connection_id = self.session.connection.id
            rereads.reread_done(connection_id, RecordKind.PAYMENT, self.plan.asked)
        return tally

    def _learn(self, before: PaymentSync) -> None:
        """Remember the size of pages for the next sync, also when this one does not end well."""
        if self.plan.step is Step.READ and self.plan.page_size != before.page_size:
            size = str(self.plan.page_size)
            rereads.set_watermark(self.session.connection.id, PAGE_SIZE, size)

    def refused(self, code: str, said: str, *, passing: bool) -> Move:
        exchange, about = self.session.exchange, (self.session, self.plan)
        if exchange is not None and exchange.step in WRITES:
            self.plan, move = pushing.write_refused(*about, exchange.hresult, said, self.now)
        elif self._asked == doubting.CHECK:
            self.plan, move = doubting.check_refused(*about, code, said, self.now, passing=passing)
        else:
            only_next = pushing.keep_next(self.plan)
            self.plan, move = paging.refused(only_next, code, said, passing=passing)
        return move

    def asked_again(self) -> bool:
        """A write is not simply handed out once more: first it is looked what became of it."""
        if self._asked not in WRITES:
            return False
        self.plan = pushing.doubt_write(self.session, self.plan, self.now)
        return True

    def give_up_on(self, move: GiveUpOn | NotTakenIn | Gone) -> None:
        """A payment that was asked for by its ID alone is gone, or cannot be taken in."""
        rereads.reread_done(self.session.connection.id, RecordKind.PAYMENT, [move.object_id])
        if isinstance(move, NotTakenIn):
            pulling.report_not_taken_in(self.session, move.object_id, move.said, self.now)
            self.plan = replace(self.plan, failed=self.plan.failed + 1)
            return
        changed = pulling.note_missing(self.session, self.plan, [move.object_id], self.now)
        self.plan = replace(self.plan, position=self.plan.position + changed)

    def conclude(self) -> None:
        """All changed payments were read: the watermark moves."""
        connection_id = self.session.connection.id
        if self.plan.pushing:
            describe.close_stop(self.session, self.now)
        deleted_numbers.forget(connection_id)
        if not self.plan.is_doubtful:  # what may be missing in this list is asked for by the next
            self.move_watermark(WATERMARK)
        if self.plan.deletions_known:
            rereads.set_watermark(connection_id, DELETIONS_LISTED, self.now.date().isoformat())

    def progress(self) -> Progress:
        done = self.plan.position + self.plan.failed
        return Progress(
            step=self.plan.step.value,
            doing=SHOWN[self.plan.step].doing,
            percent=self.plan.percent,
            position=self.plan.position,
            total=max(done, self.plan.to_push),
            failed=self.plan.failed,
        )


Take = Callable[[Session, PaymentSync, Reading, datetime], tuple[PaymentSync, Move]]
TAKERS: Mapping[str, Take] = {
    Step.KNOWN: restored.take_known,
    doubting.CHECK: doubting.take_check,
    doubting.FIND: doubting.take_search,
    Step.LOOK: looking.take_look,
    Step.METHOD: pushing.take_method,
    Step.POST: pushing.take_write,
    doubting.SEND_AGAIN: pushing.take_write,
}
"""Who takes the answer to what was asked, where it decides something as a whole."""
