"""Sync Details: how it went in one sentence, failed records first, and what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from console.tui import words
from console.tui.actions import syncs as actions
from console.tui.screens.base import StoreScreen
from console.tui.screens.calls import CallsScreen
from console.tui.screens.deciding import DecidesProblems
from console.tui.screens.hint import HintScreen
from console.tui.snapshots import sync as snapshots
from console.tui.snapshots.sync import RECORDS_AT_ONCE, SyncDetail, TouchedRecord
from console.tui.telling import why_a_record_failed, why_it_failed
from console.tui.widgets.dialogs import Confirm
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import Paragraph, TextView
from shared.models.store import Store
from shared.operations.describe.text import application as application_name
from shared.operations.describe.text import duration, local_time
from shared.rules.values import Problem, Sync

COLUMNS = (
    Column("Document", least=24),
    Column("Outcome"),
    Column("Kind", drop=2),
    Column("Problem", drop=3),
    Column("Reason", least=20, drop=1),
)


class SyncScreen(DecidesProblems[SyncDetail]):
    """One sync; the record under the cursor is explained below, with what can be done."""

    PLACE = "Sync Details"
    CSS_PATH = "sync.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l", "calls", "Calls", tooltip="The timeline: every request to QuickBooks, in order."
        ),
        Binding("x", "cancel", "Cancel", tooltip="Stop this sync while it runs. It asks."),
        Binding("n", "more", "More", tooltip="List more of the records."),
        Binding(
            "C", "copy", "Copy", tooltip="Copy what is said here to your terminal's clipboard."
        ),
        Binding(
            "B",
            "bundle",
            "Support bundle",
            tooltip="Everything about this sync in one masked archive, for those who shall help.",
        ),
    ]

    def __init__(self, sync_id: int) -> None:
        super().__init__()
        self._sync_id = sync_id
        self._most = RECORDS_AT_ONCE
        self._records: dict[str, TouchedRecord] = {}

    def body(self) -> ComposeResult:
        """How it went, the records, the one under the cursor."""
        yield Static("", id="result", classes="body")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")

    def question(self) -> Callable[[Store], SyncDetail]:
        """The sync with its records."""
        return partial(snapshots.read, sync_id=self._sync_id, most=self._most)

    def show(self, snapshot: SyncDetail) -> None:
        """Fill in how it went and the table."""
        sync = snapshot.sync
        self.show_place(f"Sync {sync.id}: {sync.connection or 'unknown user name'}")
        self.query_one("#result", Static).update(Text("\n").join(_summary(snapshot)))
        self._records = {one.key: one for one in (*snapshot.failed, *snapshot.others)}
        table = self.query_one(RecordTable)
        table.show(list(_lines(snapshot)))
        self.set_class(not self._records, "-no-records")
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        detail = self.snapshot
        if action == "cancel":
            return True if detail and detail.sync.ended_at is None else None
        if action == "more":
            return True if detail and len(detail.others) < detail.others_count else None
        if action == "hint":
            return True if self._code() else None
        return super().check_action(action, parameters)

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        self.query_one(TextView).show(list(self._told()))
        self.refresh_bindings()

    def problem(self) -> Problem | None:
        """The problem of the record under the cursor, else that of the sync as a whole."""
        touched = self._chosen()
        if touched is not None:
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

    def action_cancel(self) -> None:
        """Ask, then have the sync stop."""
        if self.snapshot is not None:
            ask_to_cancel(self, self.snapshot.sync)

    def action_hint(self) -> None:
        """Open the troubleshooting entry of the record, else of the sync."""
        self.app.push_screen(HintScreen(self._code()))

    def action_copy(self) -> None:
        """Copy how it went and the record under the cursor."""
        if self.snapshot is not None:
            summary = "\n".join(line.plain for line in _summary(self.snapshot))
            self.copy(f"{summary}\n{self.query_one(TextView).text}", f"sync {self._sync_id}")

    def _code(self) -> str:
        problem = self.problem()
        if problem is not None:
            return problem.code
        return self.snapshot.sync.error_code if self.snapshot is not None else ""

    def _chosen(self) -> TouchedRecord | None:
        if not self.is_mounted:
            return None
        return self._records.get(self.query_one(RecordTable).key or "")

    def _told(self) -> Iterator[Paragraph]:
        touched = self._chosen()
        if touched is not None:
            yield from why_a_record_failed(touched.record, touched.problem)
            yield from self.choices(touched.problem)
        elif self.snapshot is not None:
            yield from self._told_of_the_whole(self.snapshot)

    def _told_of_the_whole(self, detail: SyncDetail) -> Iterator[Paragraph]:
        if detail.problem is not None and detail.problem.said:
            yield words.titled("QuickBooks said", detail.problem.said)
        yield from why_it_failed(detail.sync)
        yield from self.choices(detail.problem)
        if not detail.sync.error:
            yield Text("It touched no record.")


def ask_to_cancel(screen: StoreScreen[Any], sync: Sync) -> None:
    """Ask whether a running sync shall stop, and have it stop."""

    def answered(agreed: bool | None) -> None:
        if agreed:
            screen.carry_out(partial(actions.cancel, sync_id=sync.id))

    screen.app.push_screen(
        Confirm(
            f"Cancel {application_name(sync.application)} of {sync.connection}?",
            [
                f"It is at {words.position(sync)} records. It stops when the Web Connector calls"
                " next; what it did stays, and the next sync goes on from there."
            ],
            "Cancel the sync",
        ),
        answered,
    )


def _summary(detail: SyncDetail) -> list[Text]:
    sync = detail.sync
    ran = f", ran for {duration(sync.started_at, sync.ended_at)}" if sync.ended_at else ""
    head = words.state(words.sync_word(sync))
    head.append(f", {application_name(sync.application)}, {local_time(sync.started_at)}{ran}")
    counts = ", ".join(f"{count:,} {outcome.value}" for outcome, count in detail.counts)
    records = f"{words.position(sync)}" + (f" ({counts})" if counts else "")
    return [
        words.titled("Status", head),
        words.titled("Result", words.result_of(sync)),
        words.titled("Records", records),
    ]


def _lines(detail: SyncDetail) -> Iterator[Row | Heading]:
    if detail.failed:
        yield Heading(f"Failed records: {_of(len(detail.failed), detail.failed_count)}")
        yield from map(_row, detail.failed)
    if detail.others:
        yield Heading(f"Synced: {_of(len(detail.others), detail.others_count)}")
        yield from map(_row, detail.others)


def _of(listed: int, known: int) -> str:
    return f"{known:,}" if listed == known else f"the first {listed:,} of {known:,}"


def _row(touched: TouchedRecord) -> Row:
    record = touched.record
    return Row(
        touched.key,
        (
            record.document or record.object_id,
            words.state(record.outcome.value),
            record.kind.value,
            words.state(touched.problem.state.value) if touched.problem else "",
            record.reason,
        ),
    )
