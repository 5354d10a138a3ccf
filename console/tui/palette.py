"""What can be done from where one is: every action of the screen and every main screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from textual.app import App
from textual.screen import Screen

from console.tui.bindings import key_shown
from console.tui.main_screens import MAIN_SCREENS
from shared.structs import Value

_OURSELVES = "jump"


class Offer(Value):
    """Something that can be done: its title, what it does, how it is done."""

    title: str
    help: str
    run: Callable[[], Any]


def offered(screen: Screen[Any]) -> Iterator[Offer]:
    """What the screen can do, what the console can do, every main screen, and the colors."""
    bound = list(_bound(screen))
    yield from bound
    told = {one.help for one in bound}
    yield from (one for one in _main_screens(screen.app) if one.help not in told)
    choose = partial(screen.app.run_action, "colors", screen.app)
    yield Offer("Colors", "The terminal's own, light, dark or high contrast.", choose)


def fitting(offers: Sequence[Offer], typed: str) -> list[Offer]:
    """Those of which words begin with each word that was typed; by their titles before by help."""
    words = typed.casefold().split()
    titled = [one for one in offers if _begin(words, one.title)]
    return titled + [
        one for one in offers if one not in titled and _begin(words, f"{one.title} {one.help}")
    ]


def _begin(words: Sequence[str], text: str) -> bool:
    of_text = text.casefold().split()
    return all(any(one.startswith(word) for one in of_text) for word in words)


def _bound(screen: Screen[Any]) -> Iterator[Offer]:
    """What has a key; moving about in a table needs no offer."""
    seen: set[str] = set()
    for one in screen.active_bindings.values():
        told = one.enabled and one.binding.description and one.tooltip
        here = isinstance(one.node, Screen | App) and one.binding.action != _OURSELVES
        if told and here and one.binding.action not in seen:
            seen.add(one.binding.action)
            key = key_shown(one.binding.key, one.binding.key_display)
            run = partial(screen.app.run_action, one.binding.action, one.node)
            yield Offer(f"{one.binding.description} ({key})", one.tooltip, run)


def _main_screens(app: App[Any]) -> Iterator[Offer]:
    """Those that are not on top, whatever their keys mean where we are."""
    for main in MAIN_SCREENS:
        if main.name != app.current_mode:
            run = partial(app.run_action, f"go('{main.name}')", app)
            yield Offer(f"Go to {main.title}", main.tooltip, run)
