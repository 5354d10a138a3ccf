"""Help: the keys that work on the screen it was called from, made from its bindings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from console.widgets.key_line import KeyLine, key_shown
from console.widgets.text_view import Labelled, TextView

_KEYS_WIDTH = 14


class HelpScreen(ModalScreen[None]):
    """A list of keys with what each does; in brackets what does not work at the moment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "close", "Close", tooltip="Close this help."),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        # Asked for now: once this is on top, the bindings are its own.
        self._bindings_of_screen = sorted(about.active_bindings.values(), key=_rank)

    def compose(self) -> ComposeResult:
        """The list, to be scrolled."""
        with Vertical(id="dialog"):
            yield Static(Text("Keys on this screen", style="bold"))
            yield TextView()
        yield KeyLine()

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(TextView).show(list(self._lines()))

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def _lines(self) -> Iterator[Labelled]:
        by_action: dict[tuple[str, str], list[ActiveBinding]] = {}
        for one in self._bindings_of_screen:
            if one.binding.description and one.tooltip:
                key = (one.binding.description, one.tooltip)
                by_action.setdefault(key, []).append(one)
        for (description, tooltip), bindings in by_action.items():
            keys = " ".join(key_shown(one.binding.key, one.binding.key_display) for one in bindings)
            able = bindings[0].enabled
            told = f"{description}: {tooltip}" if able else f"({description}: {tooltip} Not now.)"
            yield Labelled(
                Text(f"{keys.ljust(_KEYS_WIDTH)} ", style="bold"),
                Text(told, style="" if able else "dim"),
            )


def _rank(one: ActiveBinding) -> int:
    """The screen's own keys first, then those of the console, then of what has the focus."""
    return 0 if isinstance(one.node, Screen) else 1 if isinstance(one.node, App) else 2
