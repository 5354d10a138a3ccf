"""The audit log: who did what, and when; read page by page, filtered by words and days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console import words
from console.screens.reading import ReadsDetail
from console.snapshots import audit as snapshots
from console.snapshots.audit import AuditFilter, AuditPage
from console.widgets.filter_line import FilterLine
from console.widgets.record_table import Column, RecordTable, Row
from console.widgets.text_view import TextView
from shared.models.store import Store
from shared.models.values import AuditEntry

COLUMNS = (
    Column("When"),
    Column("Who", least=10),
    Column("What"),
    Column("Connection", least=12, drop=2),
    Column("Detail", least=20, drop=1),
)
NOTHING_YET = (
    "Nothing was changed yet.\n\n"
    "Whatever a person changes, here or with a command, is listed with the name of the"
    " operating-system user."
)
NO_MATCH = "No entry fits the filter. / changes it, Esc in that line clears it."


class AuditScreen(ReadsDetail[AuditPage]):
    """What people changed, newest first; the entry under the cursor is told in full below."""

    PLACE = "Audit log"
    CSS_PATH = "audit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "Filter",
            tooltip="Words, who:NAME, action:WORD, connection:NAME, today, a date or a span.",
        ),
        Binding("n", "older", "Older", tooltip="The next page of older entries."),
        Binding("b", "newer", "Newer", tooltip="Back to the page of newer entries."),
        Binding("C", "copy", "Copy", tooltip="Copy the entry to your terminal's clipboard."),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[int | None] = [None]
        self._entries: dict[str, AuditEntry] = {}

    def body(self) -> ComposeResult:
        """Table, the entry in full, and the line to filter with."""
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        yield FilterLine("who:mara action:retry connection:larkspur 2026-01-01..2026-01-31")

    def question(self) -> Callable[[Store], AuditPage]:
        """The page that is open, as the filter says."""
        return partial(snapshots.read, wanted=self._wanted(), before_id=self._pages[-1])

    def show(self, snapshot: AuditPage) -> None:
        """Fill the table."""
        self._entries = {str(one.id): one for one in snapshot.entries}
        self.set_class(not self._entries, "-empty")
        self.query_one(".empty", Static).update(self._nothing())
        self.query_one(RecordTable).show([self._row(one) for one in snapshot.entries])
        page = f", page {len(self._pages)}" if len(self._pages) > 1 else ""
        self.show_place(f"Audit log{page}")
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what leads nowhere at the moment."""
        able = {
            "older": self.snapshot is not None and self.snapshot.older,
            "newer": len(self._pages) > 1,
            "copy": bool(self._entries),
        }
        if action in able:
            return True if able[action] else None
        return super().check_action(action, parameters)

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        one = self._entries.get(self.query_one(RecordTable).key or "")
        self.query_one(TextView).show(list(_told(one)) if one else [])

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._pages = [None]
        self.ask()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterLine).open()

    def action_older(self) -> None:
        """Turn to the next page."""
        if self.snapshot and self.snapshot.entries:
            self._pages.append(self.snapshot.entries[-1].id)
            self._turn()

    def action_newer(self) -> None:
        """Turn back."""
        self._pages.pop()
        self._turn()

    def _turn(self) -> None:
        self.query_one(RecordTable).action_first()
        self.ask()

    def action_copy(self) -> None:
        """Copy the entry under the cursor."""
        self.copy(self.query_one(TextView).text, "the entry")

    def _wanted(self) -> AuditFilter:
        today = self.backstage.clock().astimezone().date()
        return snapshots.read_filter(self.query_one(FilterLine).value, today)

    def _row(self, one: AuditEntry) -> Row:
        when = words.when(one.at, self.backstage.clock())
        return Row(str(one.id), (when, one.who, one.action, one.connection, one.detail))

    def _nothing(self) -> str:
        if len(self._pages) > 1:
            return "No older entries. b goes back to the newer ones."
        return NO_MATCH if self._wanted() != AuditFilter() else NOTHING_YET


def _told(one: AuditEntry) -> Iterator[Text]:
    yield words.titled("When", f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}")
    yield words.titled("Who", one.who)
    yield words.titled("What", one.action)
    if one.connection:
        yield words.titled("Connection", one.connection)
    if one.detail:
        yield words.titled("Detail", one.detail)
