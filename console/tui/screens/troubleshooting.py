"""Troubleshooting: the whole catalog of hints, searched as one types."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from console.tui.bindings import bind, bindings
from console.tui.render import titled
from console.tui.screens.base import ConsoleScreen
from console.tui.screens.hint import HintScreen, entry
from console.tui.widgets.beside import Beside
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import Paragraph, TextView
from shared import hints
from shared.hints import Hint

COLUMNS = (Column("Code", least=14), Column("What it is", least=20), Column("Who acts", drop=1))
NO_MATCH = (
    "No entry matches these words.\n\n"
    "Try the code alone, as QuickBooks or the Web Connector shows it, or fewer words.\n"
    "/ changes them, Esc in that line clears them."
)


class TroubleshootingScreen(ConsoleScreen):
    """Every entry, by group or best match first; the one under the cursor is told beside it.

    It needs no store, so it is there when nothing else is. ``code`` is where the cursor starts.
    """

    PLACE = "Troubleshooting"
    AUTO_FOCUS = "RecordTable"
    COPIED = "the entry"
    BINDINGS = bindings(
        bind("slash", "filter", "Search", "A code, a message, or any words of it."),
        bind("C", "copy", "Copy", "Copy this entry to your terminal's clipboard."),
    )

    def __init__(self, code: str = "") -> None:
        super().__init__()
        self._start = hints.hint(code) if code else None
        self._entries: dict[str, Hint] = {}

    def body(self) -> ComposeResult:
        yield Static(NO_MATCH, classes="body empty")
        yield Beside(COLUMNS)
        yield FilterLine("QBWC1039, 0x80040408, 3170, or words: wrong password")

    def on_mount(self) -> None:
        """List everything; the catalog is in memory."""
        self._list()
        if self._start is not None:
            self.query_one(RecordTable).go_to(self._start.code)

    def able(self) -> dict[str, bool]:
        return super().able() | {"copy": bool(self._entries)}

    @on(Input.Changed)
    def _list(self) -> None:
        typed = self.query_one(FilterLine).value.strip()
        lines = list(_lines(typed))
        self._entries = {line.code: line for line in lines if isinstance(line, Hint)}
        table = self.query_one(RecordTable)
        table.show(
            [
                Row(one.code, (one.code, one.title, one.actor.value))
                if isinstance(one, Hint)
                else one
                for one in lines
            ]
        )
        if typed:
            table.action_first()
        self.set_class(not self._entries, "-empty")
        known = len(hints.all_hints())
        of = f"{len(self._entries):,} of {known:,}" if typed else f"{known:,}"
        self.show_place(f"Troubleshooting ({of} entries)")
        self.explain()

    def explain(self) -> None:
        known = self._entries.get(self.under_cursor)
        told = list(_told(known)) if known else []
        self.query_one(TextView).show(told, from_top=True)

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(HintScreen(event.key))


def _lines(typed: str) -> Iterator[Hint | Heading]:
    if typed:
        yield Heading("Best match first")
        yield from hints.find(typed)
        return
    for title, entries in hints.sections():
        yield Heading(title)
        yield from entries


def _told(known: Hint) -> Iterator[Paragraph]:
    yield from entry(known)
    if known.see:
        yield titled("See also", Text(", ".join(known.see)))
