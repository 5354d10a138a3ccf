"""The last line: the keys that work now, made from the bindings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from rich.text import Text
from textual.binding import ActiveBinding
from textual.widgets import Static

from console.tui.bindings import ROLES, key_shown
from console.tui.worker import Console
from shared.operations.describe.text import cells

_ALWAYS = ("jump", "help", "quit")
_GAP = "  "


class KeyLine(Static):
    """Keys of the screen first, then the other screens; help and quit are always there.

    What does not work at the moment is dimmed, as ``check_action`` says, and so is what the
    operator may not do.
    """

    DEFAULT_CSS = """
    KeyLine { height: 1; dock: bottom; background: $background; }
    """

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def on_unmount(self) -> None:
        """Stop following."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def render(self) -> Text:
        """What fits: all keys, else those that work now; the end is kept for help and quit."""
        shown = list(self._shown())
        always = _joined([one for one in shown if one.binding.action in _ALWAYS])
        others = [one for one in shown if one.binding.action not in _ALWAYS]
        room = self.size.width - cells(always.plain)
        if cells(_joined(others).plain) > room:
            others = [one for one in others if one.enabled]
        line = Text(no_wrap=True)
        for part in map(_key, others):
            if cells(line.plain) + cells(part.plain) > room:
                break
            line.append_text(part)
        return line.append_text(always)

    def _shown(self) -> Iterator[ActiveBinding]:
        seen: set[str] = set()
        here = f"go('{self.app.current_mode}')" if len(self.app.screen_stack) == 1 else ""
        for one in self.screen.active_bindings.values():
            if one.binding.show and one.binding.action not in {*seen, here}:
                seen.add(one.binding.action)
                yield one if self._is_permitted(one.binding.action) else one._replace(enabled=False)

    def _is_permitted(self, action: str) -> bool:
        role = ROLES.get(action)
        return role is None or cast(Console, self.app).worker.includes(role)


def _joined(bindings: list[ActiveBinding]) -> Text:
    return Text.assemble(*map(_key, bindings), no_wrap=True)


def _key(one: ActiveBinding) -> Text:
    key = key_shown(one.binding.key, one.binding.key_display)
    style = "" if one.enabled else "dim"
    label = one.binding.description if one.enabled else f"({one.binding.description})"
    return Text.assemble((key, f"{style} bold"), (f" {label}{_GAP}", style))
