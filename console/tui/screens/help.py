"""Help: the keys that work on the screen it was called from, made from its bindings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from console.tui.bindings import bind, bindings, key_shown
from console.tui.widgets.dialogs import Dialog
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.text_view import Labeled, Paragraph, TextView

_KEYS_WIDTH = 14
_SECTIONS = ("On this screen", "Everywhere", "In the part with the focus")
_GIVEN: Mapping[str, tuple[str, str]] = {
    "app.focus_next": ("Next", "To the next list, field or button."),
    "app.focus_previous": ("Previous", "To the list, field or button before."),
    "screen.copy_text": (
        "Copy",
        "Copy what the mouse selected; with nothing selected, leave the console.",
    ),
}
"""What the library binds on every screen, in our words; it has none for them."""


def told_of(one: ActiveBinding) -> tuple[str, str]:
    """What a key is called and what it does; both are empty for one that nobody needs to know."""
    if one.binding.action in _GIVEN and not one.binding.key.startswith("super+"):
        return _GIVEN[one.binding.action]
    return (one.binding.description, one.tooltip) if one.tooltip else ("", "")


class HelpScreen(Dialog[None]):
    """A list of keys with what each does; in brackets what does not work at the moment."""

    BINDINGS = bindings(bind("escape,question_mark,f1,q", "close", "Close", "Close this help."))

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        # Asked for now: once this is on top, the bindings are its own.
        self._bindings_of_screen = list(about.active_bindings.values())

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(Text("Keys that work here", style="bold"))
            yield TextView()
        yield KeyLine()

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(TextView).show(list(self._lines()))

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def _lines(self) -> Iterator[Paragraph]:
        for section, title in enumerate(_SECTIONS):
            found = [one for one in self._bindings_of_screen if _section(one) == section]
            lines = list(_lines(sorted(found, key=lambda one: one.binding.action in _GIVEN)))
            if lines:
                yield Text(f"\n{title}" if section else title, style="bold underline")
                yield from lines


def _section(one: ActiveBinding) -> int:
    """The screen's own keys come first, then those of the console, then of what has the focus."""
    if one.binding.action in _GIVEN or isinstance(one.node, App):
        return 1
    return 0 if isinstance(one.node, Screen) else 2


def _lines(bindings: list[ActiveBinding]) -> Iterator[Labeled]:
    by_meaning: dict[tuple[str, str], list[ActiveBinding]] = {}
    for one in bindings:
        if all(meaning := told_of(one)):
            by_meaning.setdefault(meaning, []).append(one)
    for (description, tooltip), alike in by_meaning.items():
        keys = " ".join(key_shown(one.binding.key, one.binding.key_display) for one in alike)
        able = any(one.enabled for one in alike)
        told = f"{description}: {tooltip}" if able else f"({description}: {tooltip} Not now.)"
        yield Labeled(
            Text(f"{keys.ljust(_KEYS_WIDTH)} ", style="bold"),
            Text(told, style="" if able else "dim"),
        )
