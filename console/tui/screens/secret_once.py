"""A secret of a webhook or a recipient, on the screen this once."""

from __future__ import annotations

from typing import cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Static

from console.tui.bindings import bind, bindings, hide
from console.tui.widgets.dialog import Dialog, buttons
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.secret import Secret
from console.tui.worker import Console
from shared.operations.describe.text import plain


class SecretScreen(Dialog[None]):
    """Shows ``secret`` below ``sentence`` until Done is pressed; nothing else closes it."""

    AUTO_FOCUS = "#copy"
    BINDINGS = bindings(
        bind("C", "copy", "Copy secret", "Copy it to your terminal's clipboard."),
        bind("tab,right,down", "app.focus_next", "Next button", "To the next button."),
        hide("left,up", "app.focus_previous", "Other button", "The other button."),
        hide(
            "escape,q,ctrl+c,ctrl+q",
            "stay",
            "Close with Done",
            "The secret is not shown again: choose Done once you have saved it.",
        ),
    )

    def __init__(self, sentence: str, secret: str) -> None:
        super().__init__()
        self._sentence = sentence
        self._text = secret

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", can_focus=False):
            yield Static(Text(plain(self._sentence), style="bold"))
            yield Secret()
            yield Static("", id="copied")
            yield buttons(copy="Copy secret", done="Done")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(Secret).show(self._text)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "copy":
            self.action_copy()
        else:
            self.query_one(Secret).forget()
            self._text = ""
            self.dismiss()

    def action_copy(self) -> None:
        """Copy it, to the operator's own terminal alone."""
        cast(Console, self.app).copy_secret(self._text)
        self._say("Copied. If nothing arrives, your terminal does not support OSC 52.")

    def action_stay(self) -> None:
        """Say how to close it."""
        self._say("The secret is not shown again. Save it, then choose Done.")

    def _say(self, sentence: str) -> None:
        self.query_one("#copied", Static).update(Text(sentence))
