"""Recent Syncs: what runs on top, then everything that ran, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console import words
from console.cli.text import application as application_name
from console.cli.text import duration
from console.screens.base import StoreScreen
from console.screens.hint import HintScreen
from console.screens.sync import SyncScreen, ask_to_cancel
from console.snapshots import syncs
from console.snapshots.syncs import SyncFilter, SyncsPage
from console.telling import why_it_failed
from console.widgets.filter_line import FilterLine
from console.widgets.record_table import Column, Heading, RecordTable, Row
from console.widgets.text_view import Paragraph, TextView
from shared.models.store import Store
from shared.models.values import Sync

COLUMNS = (
    Column("Sync", right=True, drop=3),
    Column("Started", drop=7),
    Column("Connection", least=14),
    Column("Application", least=12, drop=6),
    Column("Status"),
    Column("Records", right=True, drop=4),
    Column("Failed", right=True, drop=5),
    Column("Took", right=True, drop=2),
    Column("Result", least=20, drop=1),
)
FAILED = "failed"


class SyncsScreen(StoreScreen[SyncsPage]):
    """The syncs of all connections, or of one; what is under the cursor is explained below."""

    PLACE = "Recent Syncs"
    CSS_PATH = "syncs.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "failed_only", "Failed only", tooltip="Show only what failed, or all again."),
        Binding(
            "x", "cancel", "Cancel", tooltip="Stop the running sync under the cursor. It asks."
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            tooltip="A connection, invoice or payment, failed, today, a date, a span of dates.",
        ),
        Binding("n", "older", "Older", tooltip="The next page of older syncs."),
        Binding("b", "newer", "Newer", tooltip="Back to the page of newer syncs."),
        Binding(
            "t",
            "hint",
            "Troubleshooting",
            show=False,
            tooltip="Everything known about this failure and its remedy.",
        ),
    ]

    def __init__(self, connection_id: int | None = None, name: str = "") -> None:
        super().__init__()
        self._connection_id = connection_id
        self._of = f" of {name}" if name else ""
        self._pages: list[int | None] = [None]
        self._syncs: dict[str, Sync] = {}

    def body(self) -> ComposeResult:
        """Table, explanation, and the line to filter with."""
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        yield FilterLine("larkspur invoice failed 2026-01-01..2026-01-31")

    def question(self) -> Callable[[Store], SyncsPage]:
        """The page that is open, as the filter says."""
        return partial(syncs.read, wanted=self._wanted(), before_id=self._pages[-1])

    def show(self, snapshot: SyncsPage) -> None:
        """Fill the table: what runs, then what ran."""
        self._syncs = {str(sync.id): sync for sync in snapshot}
        self.set_class(not self._syncs, "-empty")
        self.query_one(".empty", Static).update(self._nothing())
        self.query_one(RecordTable).show(list(self._lines(snapshot)))
        page = f", page {len(self._pages)}" if len(self._pages) > 1 else ""
        self.show_place(f"Recent Syncs{self._of}{page}")
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has no sync to work on."""
        sync = self._chosen()
        able = {
            "cancel": sync is not None and sync.ended_at is None,
            "hint": sync is not None and bool(sync.error_code),
            "older": self.snapshot is not None and self.snapshot.older,
            "newer": len(self._pages) > 1,
        }
        return True if able.get(action, True) else None

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        sync = self._chosen()
        self.query_one(TextView).show(list(self._told(sync)) if sync else [])
        self.refresh_bindings()

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._pages = [None]
        self.ask()

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(SyncScreen(int(event.key)))

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterLine).open()

    def action_failed_only(self) -> None:
        """Put the word ``failed`` into the filter, or take it out."""
        line = self.query_one(FilterLine)
        typed = line.value.split()
        kept = [word for word in typed if word.casefold() != FAILED]
        line.value = " ".join(kept if len(kept) < len(typed) else [*typed, FAILED])
        line.set_class(bool(line.value), "-open")

    def action_older(self) -> None:
        """Turn to the next page."""
        if self.snapshot and self.snapshot.ended:
            self._pages.append(self.snapshot.ended[-1].id)
            self._turn()

    def action_newer(self) -> None:
        """Turn back."""
        self._pages.pop()
        self._turn()

    def _turn(self) -> None:
        self.query_one(RecordTable).action_first()
        self.ask()

    def action_cancel(self) -> None:
        """Ask, then have the sync stop."""
        sync = self._chosen()
        if sync is not None:
            ask_to_cancel(self, sync)

    def action_hint(self) -> None:
        """Open the troubleshooting entry."""
        sync = self._chosen()
        if sync is not None:
            self.app.push_screen(HintScreen(sync.error_code))

    def _wanted(self) -> SyncFilter:
        today = self.backstage.clock().astimezone().date()
        typed = syncs.read_filter(self.query_one(FilterLine).value, today)
        return replace(typed, connection_id=self._connection_id)

    def _chosen(self) -> Sync | None:
        if not self.is_mounted:
            return None
        return self._syncs.get(self.query_one(RecordTable).key or "")

    def _lines(self, snapshot: SyncsPage) -> Iterator[Row | Heading]:
        if snapshot.running:
            yield Heading("Running now")
            yield from map(self._row, snapshot.running)
        if snapshot.running and snapshot.ended:
            yield Heading("Recent")
        yield from map(self._row, snapshot.ended)

    def _row(self, sync: Sync) -> Row:
        word = words.sync_word(sync)
        end = sync.ended_at
        return Row(
            str(sync.id),
            (
                str(sync.id),
                words.when(sync.started_at, self.backstage.clock()),
                sync.connection or "(unknown user name)",
                application_name(sync.application),
                words.state(word, f"{word} {words.percent(sync)}".rstrip() if end is None else ""),
                words.position(sync),
                words.state("failed" if sync.failed else "", f"{sync.failed:,}"),
                duration(sync.started_at, end) if end else "",
                sync.error or sync.message,
            ),
        )

    def _told(self, sync: Sync) -> Iterator[Paragraph]:
        yield words.titled("Result", words.result_of(sync))
        if sync.ended_at is None:
            yield words.titled(
                "Progress", f"{words.position(sync)} records, {sync.failed:,} failed"
            )
        if sync.failed:
            yield words.titled("Failed records", f"{sync.failed:,}. Enter shows each, with remedy.")
        yield from why_it_failed(sync)

    def _nothing(self) -> str:
        if len(self._pages) > 1:
            return "No older syncs. b goes back to the newer ones."
        if self._wanted() != SyncFilter(connection_id=self._connection_id):
            return (
                "No sync fits the filter. / changes it, Esc in that line clears it; f takes the"
                " word failed out."
            )
        return (
            f"No sync yet{self._of}.\n\nNext, on the PC with QuickBooks: open the .qwc files in the"
            " Web Connector, type the password, tick the rows and click Update Selected."
        )
