"""To read: a record under a table, to which Enter gives the whole screen, or a text alone."""

from __future__ import annotations

from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from console.tui.screens.base import StoreScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.text_view import TextView

Snapshot = TypeVar("Snapshot")


class ReadsDetail(StoreScreen[Snapshot]):
    """A screen with one ``RecordTable`` and one ``TextView`` below it."""

    @on(RecordTable.Opened)
    def _open_detail(self) -> None:
        self.add_class("-detail")
        self.query_one(TextView).focus()

    def action_back(self) -> None:
        """From the detail back to the table, else leave."""
        if self.has_class("-detail"):
            self.remove_class("-detail")
            self.query_one(RecordTable).focus()
        else:
            super().action_back()


class FindsText(StoreScreen[Snapshot]):
    """A screen with one ``TextView``, in which the actions ``find`` and ``again`` find a text."""

    AUTO_FOCUS = "TextView"

    def body(self) -> ComposeResult:
        yield TextView(classes="body")
        yield FilterLine("Text to find")

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        self._say_found(self.query_one(TextView).find(event.value))

    def action_find(self) -> None:
        """Type what to look for."""
        self.query_one(FilterLine).open()

    def action_again(self, direction: int) -> None:
        """Go to the next place, or to the one before."""
        wanted = self.query_one(FilterLine).value
        self._say_found(self.query_one(TextView).find(wanted, again=direction))

    def _say_found(self, found: bool) -> None:
        self.say("" if found else "Not found.")
