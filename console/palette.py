"""The command palette: every action of the screen and every main screen, by its words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.app import App
from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from console.widgets.key_line import key_shown


class DeskbridgeCommands(Provider):
    """What the bindings offer at the moment, with the key that would have done it."""

    async def discover(self) -> Hits:
        """Everything, before a word is typed."""
        for title, one in self._offered():
            yield DiscoveryHit(title, partial(self._run, one), help=one.tooltip)

    async def search(self, query: str) -> Hits:
        """What fits the words."""
        matcher = self.matcher(query)
        for title, one in self._offered():
            score = matcher.match(f"{title} {one.tooltip}")
            if score > 0:
                yield Hit(score, title, partial(self._run, one), help=one.tooltip)

    def _offered(self) -> Iterator[tuple[str, ActiveBinding]]:
        """What the screen and the console can do; moving about in a table needs no palette."""
        seen: set[str] = set()
        for one in self.screen.active_bindings.values():
            told = one.enabled and one.binding.description and one.tooltip
            if told and isinstance(one.node, Screen | App) and one.binding.action not in seen:
                seen.add(one.binding.action)
                key = key_shown(one.binding.key, one.binding.key_display)
                yield f"{one.binding.description} ({key})", one

    async def _run(self, one: ActiveBinding) -> None:
        await self.app.run_action(one.binding.action, one.node)
