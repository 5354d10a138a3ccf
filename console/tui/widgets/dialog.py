"""Dialogs: in front of what they are about, which stays in view, dimmed; and their buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Static

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
