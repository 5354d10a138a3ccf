"""Dialogs: in front of what they are about, which stays in view, dimmed; and two questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.dom import DOMNode
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input, Static

from console.tui.bindings import bind, bindings, hide
from console.tui.widgets.key_line import KeyLine
from shared.operations.deciding import Outcome, Plan
from shared.operations.describe.text import plain

Result = TypeVar("Result")
Answer = TypeVar("Answer")
_DIMMED = Style(dim=True, bold=False, reverse=False)


class Dialog(ModalScreen[Result]):
    """A dialog that gives back a ``Result``."""

    def render(self) -> Any:
        """The screen behind, dimmed: on sixteen colors there is nothing to blend."""
        drawn = super().render()
        return _Dimmed(drawn) if isinstance(drawn, BackgroundScreen) else drawn


class _Dimmed:
    """Whatever is drawn, without what stands out."""

    def __init__(self, drawn: BackgroundScreen) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._drawn, options):
            yield Segment(text, (style or Style.null()) + _DIMMED, control)


class PushButton(Button):
    """A button in one line; brackets show that it is one, reversed it has the focus."""

    DEFAULT_CSS = """
    PushButton, PushButton.-active {
        margin-right: 1;
        min-width: 8;
        border: none !important;
    }
    PushButton:focus { text-style: bold reverse; }
    """

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(Text(f"[ {label} ]"), id=id, compact=True)


def buttons(**labels: str) -> Horizontal:
    """Buttons beside each other, by their ids."""
    made = [PushButton(label, id=name) for name, label in labels.items()]
    return Horizontal(*made, id="buttons")


def question(title: str, told: Iterable[str]) -> Iterator[Static]:
    """What a dialog asks, and what to know before."""
    yield Static(Text(plain(title), style="bold"))
    for one in told:
        yield Static(Text(plain(one)))


def ask_with(
    asker: DOMNode, dialog: Screen[Answer | None], then: Callable[[Answer], object]
) -> None:
    """Show a dialog and go on with its answer; nothing follows where it was given up."""

    def answered(answer: Answer | None) -> None:
        if answer:
            then(answer)

    asker.app.push_screen(dialog, answered)


class Confirm(Dialog[bool | None]):
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
