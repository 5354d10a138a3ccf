"""Invoice Sync on the store: the pure plan's questions answered, its decisions carried out.

Store-thread code, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from daemon.stages.base import Stage
from daemon.stages.invoices import importing, intake, settling
from daemon.stages.invoices import plan as invoice_sync
from daemon.stages.invoices.plan import COMPARED, READS_WHOLE, SHOWN, InvoiceSync, Step
from daemon.stages.moves import Ask, AskWrite, GiveUpOn, Gone, Move, NotTakenIn, Progress
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.watermarks import compared, is_due
from shared.about import VERSION
from shared.models import problems, syncs
from shared.models.ledger import checked_customers, incoming_customers, rereads, wanted
from shared.models.ledger.seen import forget_seen, queue_unseen
from shared.models.payments import asking
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, Ret
from shared.qbxml.text import LONGEST_NAME, LONGEST_NUMBER, holds
from shared.rules.values import RecordKind, SyncState
from shared.structs import replace

WATERMARK = "invoice"
PAGE_SIZE = "invoice-page"
"""How many invoices a page had that came in well: the next sync begins with as many."""
SETTLED_ON = "settled"
"""The terms of the last settlement; empty while a sync is under way or was cut."""
CUT = "cut"
"""Marks that the last sync ended before its work, with what it read kept."""
KIND_OF_IDS = {
    Step.CUSTOMER_CHECK: RecordKind.CUSTOMER,
    Step.REREAD: RecordKind.INVOICE,
    Step.CUSTOMERS: RecordKind.CUSTOMER,
}


class InvoiceStage(Stage[InvoiceSync]):
    """What QuickBooks bills: invoices, and the customers that they name."""

    plan_type = InvoiceSync

    def begin(self) -> InvoiceSync:
        """The plan of a new sync, from the watermarks of the last finished one."""
        connection_id = self.session.connection.id
        marks = rereads.watermarks(connection_id)
        every = timedelta(minutes=self.settings.sweep_minutes)
        compared_at = marks.get(rereads.COMPARED, "")
        is_time = is_due(compared_at, now=self.now, every=every, version=VERSION)
        forget_seen(connection_id)
        plan = replace(self._new_plan(marks), is_due=is_time or not self._went_well())
        if marks.get(CUT):
            return invoice_sync.by_comparing(plan, rereads.newest_modified(connection_id))
        return plan

    def _went_well(self) -> bool:
        last = syncs.history(
            limit=1,
            before_id=self.session.sync_id,
            connection_ids=[self.session.connection.id],
            applications=[self.session.application.kind.value],
        )
        return not last or last[0].state is SyncState.FINISHED

    def begin_at(self, step: Step) -> InvoiceSync:
        """The plan of a sync that has to do only what follows from ``step`` on."""
        marks = rereads.watermarks(self.session.connection.id)
        return replace(self._new_plan(marks), step=step)

    def _new_plan(self, marks: Mapping[str, str]) -> InvoiceSync:
        connection, settings = self.session.connection, self.settings
        plan = invoice_sync.begin(
            watermark=marks.get(WATERMARK, ""),
            overlap=self.overlap,
            start_date=connection.start_date,
            page_size=int(marks.get(PAGE_SIZE) or settings.page_size),
            largest_page=settings.page_size_max,
            most_tries=settings.transient_retries,
            settled_on=marks.get(SETTLED_ON, ""),
        )
        rereads.set_watermark(connection.id, SETTLED_ON, "")
        return plan

    def has_more(self) -> bool:
        return self._ids_to_ask() is not None

    def next_ask(self, request_id: str) -> Ask | AskWrite | None:
        ids = self._ids_to_ask()
        if ids is None:
            return None
        today = self.now.date()
        self.plan, requests = invoice_sync.requests(self.plan, request_id, ids, today)
        if invoice_sync.wants_ids(self.plan) and not self.plan.tries:
            self.plan = invoice_sync.expect_more(self.plan, len(self.plan.asked))
        return Ask(self.plan.step.value, request_id, requests)

    def _ids_to_ask(self) -> Sequence[str] | None:
        """Go on to the step that has something to ask; the IDs that it asks for, if it does.

        None when only settling is left.
        """
        while self.plan.step is not Step.SETTLE:
            if not invoice_sync.is_left_out(self.plan):
                ids = self._ids()
                if ids or not invoice_sync.wants_ids(self.plan):
                    return ids
            before, self.plan = self.plan, invoice_sync.advance(self.plan)
            self._look_for_unseen(before)
        return None

    def record_reader(self) -> Callable[[Ret | BadRecord], Iterable[object]]:
        compared = COMPARED.get(self.plan.step, ())
        return partial(intake.take, home_currency=self.home_currency, compared=compared)

    def in_batches(self) -> bool:
        return True

    def store_rows(self, rows: Sequence[object]) -> Tally:
        return importing.store_rows(self.session, self.plan.step, rows, self.now)

    def take_answer(self, reading: Reading) -> Move:
        before, went_well = self.plan, reading.went_well
        if before.step is Step.READ:
            reading = reading.of(invoice_sync.LIST)
        worst = reading.worst
        if reading.unreadable or worst is None:
            said = reading.unreadable or "the answer held no response to our request"
            self.plan, move = invoice_sync.unreadable(before, said, reading.tally.changed)
            self._learn(before)
            return move
        tally = reading.tally.plus(self.store_rows(reading.rows))
        if invoice_sync.wants_ids(before) and statuses.is_success(worst.status.code):
            tally = tally.plus(self._ids_done(before.asked, tally))
        assert self.session.exchange is not None
        answer = answered(reading, tally, self.session.exchange, self.now)
        before = invoice_sync.told_beside(before, went_well, tally.beside)
        self.plan, move = invoice_sync.answered(before, answer)
        self._look_for_unseen(before)
        self._learn(before)
        return move

    def _learn(self, before: InvoiceSync) -> None:
        """Remember the size of pages for the next sync, also when this one does not end well."""
        if self.plan.page_size != before.page_size:
            size = str(self.plan.page_size)
            rereads.set_watermark(self.session.connection.id, PAGE_SIZE, size)

    def give_up_on(self, move: GiveUpOn | NotTakenIn | Gone) -> None:
        """A record is gone, refused, or cannot be read.

        One that is not gone goes on file as a problem; one that is gone is marked so.
        """
        is_gone = isinstance(move, Gone)
        if not isinstance(move, Gone):
            importing.give_up_on(self.session, KIND_OF_IDS[self.plan.step], move, self.now)
        seen = frozenset[str]() if is_gone else frozenset({move.object_id})
        tally = self._ids_done([move.object_id], Tally(seen_ids=seen))
        position, failed = self.plan.position + tally.changed, self.plan.failed + (not is_gone)
        self.plan = replace(self.plan, position=position, failed=failed)

    def may_end_early(self) -> bool:
        """Where whole invoices and customers are read: what came in is not asked for again."""
        return self.plan.step in READS_WHOLE

    def settle(self) -> bool:
        """Settle a slice, unless nothing moved since the last finished sync did.

        A settlement looks at every open invoice; most syncs of a large company bring no news.
        """
        self.plan = settling.settle(self.session, self.plan, self.now)
        if not self.plan.settling:
            rereads.set_watermark(self.session.connection.id, SETTLED_ON, self.plan.settled_on)
        return not self.plan.settling

    def conclude(self) -> None:
        """The books are settled: move the watermarks."""
        connection_id = self.session.connection.id
        self.move_watermark(WATERMARK)
        rereads.set_watermark(connection_id, CUT, "")
        if self.plan.first or self.plan.compares:
            rereads.set_watermark(connection_id, rereads.COMPARED, compared(self.now, VERSION))

    def progress(self) -> Progress:
        return Progress(
            step=self.plan.step.value,
            doing=SHOWN[self.plan.step].doing,
            percent=self.plan.percent,
            position=self.plan.position,
            total=self.plan.total,
            failed=self.plan.failed,
        )

    def _ids(self) -> Sequence[str]:
        connection_id, limit = self.session.connection.id, self.plan.ids_per_request
        until = self.plan.checked_until
        match self.plan.step:
            case Step.CUSTOMER_CHECK:
                return checked_customers.customers_to_check(connection_id, until, limit)
            case Step.NAMED_CUSTOMERS:
                names = asking.customers_named(connection_id)
                return [one for one in names if holds(one, LONGEST_NAME) and one > until]
            case Step.NAMED:
                # What retried payments name, as far as it can be the number of an invoice.
                named = {text.strip() for text in asking.documents(connection_id)}
                return sorted(one for one in named if holds(one, LONGEST_NUMBER) and one > until)
            case Step.REREAD:
                return rereads.next_reread(connection_id, RecordKind.INVOICE, limit)
            case Step.CUSTOMERS:
                return incoming_customers.missing_customers(connection_id, limit)
            case _:
                return ()

    def _ids_done(self, asked: Sequence[str], tally: Tally) -> Tally:
        """Take what was asked off the queue; what QuickBooks did not show is gone from it."""
        connection_id = self.session.connection.id
        gone = [one for one in asked if one not in tally.seen_ids]
        changed = 0
        match self.plan.step:
            case Step.CUSTOMER_CHECK:
                checked_customers.customers_gone(connection_id, gone)
                changed = len(gone)
            case Step.REREAD:
                changed = importing.mark_deleted(self.session, gone, self.now)
                rereads.reread_done(connection_id, RecordKind.INVOICE, asked)
                # One that is said to be gone may be there all the same: an open invoice names it.
                wanted.want_customers_of(connection_id, tally.taken_ids)
            case Step.CUSTOMERS:
                # One that cannot be read is as good as not there: it is asked for once a sync.
                absent = [one for one in asked if one not in tally.taken_ids]
                incoming_customers.mark_customers_missing(connection_id, absent)
        return Tally(changed=changed)

    def _look_for_unseen(self, before: InvoiceSync) -> None:
        """Once all open invoices of QuickBooks were seen, ours that were not are read again.

        So are customers that QuickBooks did not show the last time; what is skipped is not.
        """
        last_look = Step.READ if before.first and not self.plan.by_id else Step.SWEEP
        if before.step is not last_look or self.plan.step is last_look:
            return
        if not (before.first or before.compares):
            return
        connection_id = self.session.connection.id
        start = date.fromisoformat(before.start_date) if before.start_date else None
        queue_unseen(connection_id, start)
        forget_seen(connection_id)
        skipped = problems.skipped(connection_id, RecordKind.INVOICE)
        rereads.reread_done(connection_id, RecordKind.INVOICE, skipped)
        wanted.want_missing(connection_id, problems.skipped(connection_id, RecordKind.CUSTOMER))
