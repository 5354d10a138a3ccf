"""A question with fields to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button

from console.tui.bindings import bind, bindings, hide
from console.tui.widgets.dialogs import Dialog, buttons, question
from console.tui.widgets.form import Field, Form
from console.tui.widgets.key_line import KeyLine


class FormDialog(Dialog[dict[str, Any] | None]):
    """Asks for fields; their values by name, or None when it was given up.

    ``told`` is what to know before, ``button`` the verb. Enter in the last field says yes.
    """

    AUTO_FOCUS = "Input, Choice"
    BINDINGS = bindings(
        bind("escape", "cancel", "Cancel", "Change nothing."),
        bind("tab", "app.focus_next", "Next field", "To the next field."),
        hide("f1", "app.help", "Help", "This list of keys."),
    )
    DEFAULT_CSS = """
    FormDialog #form-dialog {
        width: 76;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        padding: 0 2;
        border: round $primary;
        background: $background;
        margin-bottom: 1;
    }
    FormDialog #form-dialog > Static { height: auto; margin-bottom: 1; }
    FormDialog Form { height: auto; max-height: 100%; }
    FormDialog.-low Entry { margin-bottom: 0; }
    FormDialog #buttons { height: 1; margin-top: 1; }
    """

    def __init__(
        self, title: str, told: Sequence[str], fields: Sequence[Field], button: str
    ) -> None:
        super().__init__()
        self._title = title
        self._told = tuple(told)
        self._fields = tuple(fields)
        self._button = button

    def compose(self) -> ComposeResult:
        with Vertical(id="form-dialog"):
            yield from question(self._title, self._told)
            yield Form(self._fields)
            yield buttons(cancel="Cancel", agree=self._button)
        yield KeyLine()

    @on(Form.Finished)
    @on(Button.Pressed, "#agree")
    def _agree(self) -> None:
        values = self.query_one(Form).read()
        if values is not None:
            self.dismiss(values)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Give up."""
        self.dismiss(None)
