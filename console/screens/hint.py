"""One entry of Troubleshooting: what happened, why, what to do, who does it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from console.telling import entry
from console.widgets.key_line import KeyLine
from console.widgets.text_view import TextView
from console.widgets.title_bar import TitleBar
from shared import hints


class HintScreen(Screen[None]):
    """The entry for a code; one that nobody knows says so."""

    AUTO_FOCUS = "TextView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Back to where you came from."),
        Binding("C", "copy", "Copy", tooltip="Copy this entry to your terminal's clipboard."),
    ]

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code

    def compose(self) -> ComposeResult:
        """Title, entry, keys."""
        yield TitleBar(f"Troubleshooting, {self._code}")
        yield TextView()
        yield KeyLine()

    def on_mount(self) -> None:
        """Look the code up; the catalogue is in memory."""
        known = hints.hint(self._code)
        unknown = f"There is no entry for {self._code}. What QuickBooks said is all that is known."
        self.query_one(TextView).show(list(entry(known)) if known else [Text(unknown)])

    def action_back(self) -> None:
        """Leave."""
        self.dismiss()

    def action_copy(self) -> None:
        """Copy the whole entry."""
        self.app.copy_to_clipboard(self.query_one(TextView).text)
