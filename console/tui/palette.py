"""The command palette: every action of the screen and every main screen, by its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from console.tui.main_screens import MAIN_SCREENS
from console.tui.widgets.key_line import key_shown

_OURSELVES = "command_palette"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the palette: its title, what it does, how it is done."""

    title: str
    help: str
    run: Callable[[], Any]


class DeskbridgeCommands(Provider):
    """What the bindings offer at the moment, with the key that would have done it."""

    async def discover(self) -> Hits:
        for one in self._offered():
            yield DiscoveryHit(one.title, one.run, help=one.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for one in self._offered():
            score = matcher.match(f"{one.title} {one.help}")
            if score > 0:
                yield Hit(score, one.title, one.run, help=one.help)

    def _offered(self) -> Iterator[Offer]:
        """What the screen can do, what the console can do, every main screen, and the colors."""
        bound = list(self._bound())
        yield from bound
        told = {one.help for one in bound}
        yield from (one for one in self._main_screens() if one.help not in told)
        yield Offer("Theme", "Choose other colors for this session.", self.app.search_themes)

    def _bound(self) -> Iterator[Offer]:
        """What has a key; moving about in a table needs no palette."""
        seen: set[str] = set()
        for one in self.screen.active_bindings.values():
            told = one.enabled and one.binding.description and one.tooltip
            here = isinstance(one.node, Screen | App) and one.binding.action != _OURSELVES
            if told and here and one.binding.action not in seen:
                seen.add(one.binding.action)
                key = key_shown(one.binding.key, one.binding.key_display)
                run = partial(self.app.run_action, one.binding.action, one.node)
                yield Offer(f"{one.binding.description} ({key})", one.tooltip, run)

    def _main_screens(self) -> Iterator[Offer]:
        """Those that are not on top, whatever their keys mean where we are."""
        for screen in MAIN_SCREENS:
            if screen.name != self.app.current_mode:
                run = partial(self.app.run_action, f"go('{screen.name}')", self.app)
                yield Offer(f"Go to {screen.title}", screen.tooltip, run)
