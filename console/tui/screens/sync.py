"""Sync Details: how it went in one sentence, failed records first, and what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.calls import CallsScreen
from console.tui.screens.deciding import DecidesProblems
from console.tui.widgets.beside import Beside
from console.tui.widgets.record_table import Heading, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph, TextView
from shared.models.store import Store
from shared.operations import syncs
from shared.operations.describe import syncs as describe
from shared.operations.syncs import RECORDS_AT_ONCE, SyncView, TouchedRecord
from shared.rules.values import Problem

RECORDS = Records[TouchedRecord](
    lambda touched: touched.key,
    field("Document", lambda one: one.record.document or one.record.object_id, least=24, fair=40),
    field("Outcome", lambda one: render.state(one.record.outcome.value)),
    field("Kind", lambda one: one.record.kind.value, drop=1),
    field(
        "Problem", lambda one: render.state(one.problem.state.value) if one.problem else "", drop=3
    ),
    field("Reason", lambda one: one.record.reason, least=20, drop=2),
)


class SyncScreen(DecidesProblems[SyncView]):
    """One sync; the record under the cursor is explained below, with what can be done."""

    PLACE = "Sync Details"
    BINDINGS = bindings(
        bind("l", "calls", "Calls", "The timeline: every request to QuickBooks, in order."),
        bind("x", "stop", "Stop", "Stop this running sync. Asks first."),
        bind("n", "more", "More", "Show more records."),
        bind("C", "copy", "Copy", "Copy these details to your terminal's clipboard."),
        bind(
            "z",
            "bundle",
            "Support bundle",
            "Everything about this sync in one masked zip file, to send to support.",
        ),
    )

    def __init__(self, sync_id: int) -> None:
        super().__init__()
        self._sync_id = sync_id
        self._most = RECORDS_AT_ONCE
        self._records: dict[str, TouchedRecord] = {}

    def body(self) -> ComposeResult:
        yield Static("", id="result", classes="body")
        yield Beside(RECORDS.columns)

    def question(self) -> Callable[[Store], SyncView]:
        return partial(syncs.view, sync_id=self._sync_id, most=self._most)

    def show(self, snapshot: SyncView) -> None:
        self.show_place(describe.name(snapshot.sync))
        self.query_one("#result", Static).update(Text("\n").join(_summary(snapshot)))
        self._records = {one.key: one for one in (*snapshot.failed, *snapshot.others)}
        table = self.query_one(RecordTable)
        table.show(list(_lines(snapshot, self.worker.clock())))
        self.set_class(not self._records, "-no-records")
        self.explain()

    def able(self) -> dict[str, bool]:
        detail = self.snapshot
        return super().able() | {
            "stop": detail is not None and detail.sync.ended_at is None,
            "more": detail is not None and len(detail.others) < detail.others_count,
        }

    def explain(self) -> None:
        self.query_one(TextView).show(list(self._told()))

    def problem(self) -> Problem | None:
        if (touched := self._chosen()) is not None:
            return touched.problem
        return self.snapshot.problem if self.snapshot is not None else None

    def action_calls(self) -> None:
        """Open the timeline."""
        self.app.push_screen(CallsScreen(self._sync_id))

    def action_bundle(self) -> None:
        """Show what a support bundle would hold; it is saved from there."""
        from console.tui.screens.bundle import BundleScreen

        self.app.push_screen(BundleScreen(self._sync_id))

    def action_more(self) -> None:
        """List more records."""
        self._most += RECORDS_AT_ONCE
        self.ask()

    def action_stop(self) -> None:
        """Ask, then have the sync stop."""
        self.decide(partial(syncs.plan_stop, sync_ids=[self._sync_id]), asks=True)

    def action_copy(self) -> None:
        """Copy how it went and the record under the cursor."""
        if self.snapshot is not None:
            summary = "\n".join(line.plain for line in _summary(self.snapshot))
            self.copy(f"{summary}\n{self.text_told}", f"sync {self._sync_id}")

    def hint_code(self) -> str:
        if (problem := self.problem()) is not None:
            return problem.code
        return self.snapshot.sync.error_code if self.snapshot is not None else ""

    def _chosen(self) -> TouchedRecord | None:
        return self._records.get(self.under_cursor)

    def _told(self) -> Iterator[Paragraph]:
        if (touched := self._chosen()) is not None:
            yield from render.lines(describe.record(touched.record, touched.problem))
            yield from self.choices(touched.problem)
        elif self.snapshot is not None:
            yield from self._told_of_the_whole(self.snapshot)

    def _told_of_the_whole(self, detail: SyncView) -> Iterator[Paragraph]:
        for why in describe.sections(detail.sync, detail.problem, detail.counts)[1:]:
            yield from render.lines(why)
        yield from self.choices(detail.problem)
        if not detail.sync.error:
            yield Text("It touched no records.")


def _summary(detail: SyncView) -> list[Text]:
    head = describe.sections(detail.sync, detail.problem, detail.counts)[0]
    return [line for line in render.lines(head) if isinstance(line, Text)]


def _lines(detail: SyncView, now: datetime) -> Iterator[Row | Heading]:
    if detail.failed:
        yield Heading(f"Failed records: {_of(len(detail.failed), detail.failed_count)}")
        yield from (RECORDS.row(one, now) for one in detail.failed)
    if detail.others:
        yield Heading(f"Synced: {_of(len(detail.others), detail.others_count)}")
        yield from (RECORDS.row(one, now) for one in detail.others)


def _of(listed: int, known: int) -> str:
    return f"{known:,}" if listed == known else f"the first {listed:,} of {known:,}"
