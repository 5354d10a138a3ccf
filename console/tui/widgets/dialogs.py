"""Questions before something is done: yes or no, or a reason in words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Input, Static

from console.tui.bindings import bind, bindings, hide
from console.tui.widgets.dialog import Dialog, buttons, question
from console.tui.widgets.key_line import KeyLine
from shared.operations.deciding import Outcome, Plan


class Confirm(Dialog[bool]):
    """Asks before money moves or work is undone; the focus starts on Cancel.

    ``title`` is the question with the document and the amount, ``told`` what follows from yes,
    ``button`` the verb that says yes, ``keep`` what says no.
    """

    AUTO_FOCUS = "#cancel"
    BINDINGS = bindings(
        bind("escape", "cancel", "Cancel", "Change nothing."),
        hide("left,up", "app.focus_previous", "Other button", "The other button."),
        hide("right,down", "app.focus_next", "Other button", "The other button."),
    )

    def __init__(self, title: str, told: Sequence[str], button: str, keep: str = "Cancel") -> None:
        super().__init__()
        self._title = title
        self._told = tuple(told)
        self._button = button
        self._keep = keep

    @classmethod
    def of(cls, plan: Plan[Outcome]) -> Confirm:
        """The question that a plan asks, with what it needs."""
        told = (*plan.told, *(need.sentence for need in plan.needs))
        return cls(plan.title, told, plan.verb, plan.keep)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", can_focus=False):
            yield from question(self._title, self._told)
            yield buttons(cancel=self._keep, agree=self._button)
        yield KeyLine()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "agree")

    def action_cancel(self) -> None:
        """Answer no."""
        self.dismiss(False)


class AskReason(Dialog[str | None]):
    """Asks for a sentence, such as why a record is skipped; None when it was given up.

    ``label`` says what is asked for; nothing at all is no answer.
    """

    AUTO_FOCUS = "Input"
    BINDINGS = bindings(bind("escape", "cancel", "Cancel", "Change nothing."))

    def __init__(self, title: str, told: Sequence[str], label: str) -> None:
        super().__init__()
        self._title = title
        self._told = tuple(told)
        self._label = label

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", can_focus=False):
            yield from question(self._title, self._told)
            yield Static(Text(f"{self._label}, then Enter:"))
            yield Input()
        yield KeyLine()

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())
        else:
            event.input.placeholder = "A few words, or Esc to change nothing"

    def action_cancel(self) -> None:
        """Give up."""
        self.dismiss(None)
