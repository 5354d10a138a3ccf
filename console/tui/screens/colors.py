"""Choose other colors: each is shown as it is chosen, and kept for the next time."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from console.tui.bindings import bind, bindings
from console.tui.themes import COLORS, theme_of
from console.tui.widgets.choice import Choice
from console.tui.widgets.dialogs import Dialog, buttons
from console.tui.widgets.key_line import KeyLine


class ColorsDialog(Dialog[str | None]):
    """Gives back the name of the colors that were chosen; None: they stay as they are."""

    AUTO_FOCUS = "Choice"
    BINDINGS = bindings(bind("escape", "cancel", "Keep the old colors", "Change nothing."))

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Text("Colors of the console", style="bold"))
            yield Choice([(one.name, one.title) for one in COLORS], self._chosen)
            yield Static(Text("The arrow keys preview each one. Every state is also a word."))
            yield buttons(cancel="Keep the old colors", agree="Use these colors")
        yield KeyLine()

    @on(Choice.Changed)
    def _show(self, event: Choice.Changed) -> None:
        event.stop()
        self.app.theme = theme_of(event.choice.value)

    @on(Choice.Submitted)
    @on(Button.Pressed, "#agree")
    def _agree(self) -> None:
        self.dismiss(self.query_one(Choice).value)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Show the old colors again."""
        self.app.theme = theme_of(self._chosen)
        self.dismiss(None)
