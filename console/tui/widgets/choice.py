"""One of several: all of them shown, the chosen one marked by a sign and not by a color."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from console.tui.bindings import bindings, hide

CHOSEN, OTHER = "(*) ", "( ) "


class Choice(Widget, can_focus=True):
    """``options`` are values with their words; arrows choose, and go on beyond the last one."""

    BINDINGS = bindings(
        hide("down,j", "move(1)", "Next choice", "The next choice."),
        hide("up,k", "move(-1)", "Previous choice", "The previous choice."),
        hide("space", "turn", "Other choice", "The next choice, in turn."),
        hide("enter", "submit", "Next field", "To the next field."),
    )
    DEFAULT_CSS = """
    Choice { height: auto; width: 1fr; }
    """
    place: reactive[int] = reactive(0)

    class Changed(Message):
        """Another one is chosen now."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            """The choice, for ``@on`` with a selector."""
            return self.choice

    class Submitted(Message):
        """Enter was pressed."""

    def __init__(self, options: Sequence[tuple[Any, str]], chosen: Any) -> None:
        super().__init__()
        self._options = tuple(options)
        self.set_reactive(Choice.place, [value for value, _ in options].index(chosen))

    @property
    def value(self) -> Any:
        """The value that is chosen."""
        return self._options[self.place][0]

    def render(self) -> Text:
        """Each on a line of its own; with the focus, the chosen one is reversed."""
        lines = [self._line(place, words) for place, (_, words) in enumerate(self._options)]
        return Text("\n").join(lines)

    def watch_place(self) -> None:
        """Tell that another one is chosen."""
        self.post_message(self.Changed(self))

    def action_move(self, by: int) -> None:
        """Choose a neighbor; beyond the ends the focus goes on to the next widget."""
        if 0 <= self.place + by < len(self._options):
            self.place += by
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_turn(self) -> None:
        """Choose the next one, after the last the first."""
        self.place = (self.place + 1) % len(self._options)

    def action_submit(self) -> None:
        """Tell that the choice is made."""
        self.post_message(self.Submitted())

    def on_click(self, event: Click) -> None:
        """Choose what was clicked."""
        if 0 <= event.y < len(self._options):
            self.place = event.y

    def _line(self, place: int, words: str) -> Text:
        chosen = place == self.place
        style = "reverse" if chosen and self.has_focus else ""
        return Text.assemble((CHOSEN if chosen else OTHER, "bold"), (words, style))
