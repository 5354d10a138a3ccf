"""Only cells that changed are sent, and the terminal shows the same as if all had been."""

from __future__ import annotations

import re
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from console.tui.painting import OnlyChanged, Shown
from shared.operations.describe.text import cells
from tests.console.tui.screens.driver import Driver, sit_down

WIDTH, HEIGHT = 30, 2
CONSOLE = Console(force_terminal=True, color_system="standard")
_PARTS = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(.)", re.DOTALL)


class Terminal:
    """Puts down what it is sent, each sign with the style that it was sent in."""

    def __init__(self) -> None:
        self.shows = {(x, y): (" ", "") for x in range(WIDTH) for y in range(HEIGHT)}

    def take(self, text: str) -> None:
        x = y = 0
        style = ""
        for down, across, look, sign in _PARTS.findall(text):
            if down:
                x, y = int(across) - 1, int(down) - 1
            elif sign:
                self.shows[x, y] = (sign, style)
                for behind in range(1, cells(sign)):
                    self.shows[x + behind, y] = ("", style)
                x += cells(sign)
            else:
                style = "" if look in ("", "0") else look


def strip(text: str, red: int) -> Strip:
    """A line of exactly WIDTH cells, its first signs in red."""
    while cells(text) > WIDTH:
        text = text[:-1]
    text += " " * (WIDTH - cells(text))
    return Strip([Segment(text[:red], Style(color="red")), Segment(text[red:], Style())], WIDTH)


lines = st.builds(strip, st.text("ab 漢字é", max_size=WIDTH), st.integers(0, WIDTH))
screens = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)


def whole(screen: list[Strip]) -> CompositorUpdate:
    return LayoutUpdate([[line] for line in screen], Region(0, 0, WIDTH, HEIGHT))


@given(st.lists(screens, min_size=1, max_size=4))
def test_the_terminal_shows_the_same_as_if_all_had_been_sent(painted):
    shown, ours = Shown(), Terminal()
    for screen in painted:
        theirs = Terminal()
        theirs.take(whole(screen).render_segments(CONSOLE).replace("\n", ""))
        ours.take(OnlyChanged(whole(screen), shown).render_segments(CONSOLE))
        assert ours.shows == theirs.shows


def sent(update: CompositorUpdate, shown: Shown) -> str:
    return OnlyChanged(update, shown).render_segments(CONSOLE)


def test_the_same_again_sends_nothing_until_it_is_forgotten():
    shown, screen = Shown(), [strip("abc", 1)] * HEIGHT
    assert "abc"[1:] in sent(whole(screen), shown)
    assert sent(whole(screen), shown) == ""
    shown.forget()
    assert "bc" in sent(whole(screen), shown)


def test_a_part_of_a_line_is_compared_at_its_place():
    shown = Shown()
    sent(whole([strip("abcdef", 0)] * HEIGHT), shown)
    chop = {0: None, 3: Strip([Segment("dXf", Style())], 3)}
    update = ChopsUpdate([chop], [(0, 3, 6)], [[3, 6]])
    assert sent(update, shown) == "\x1b[1;5HX"


def test_a_terminal_that_others_wrote_to_is_painted_anew_by_a_key(office):
    async def scenario(at: Driver) -> None:
        with patch.object(Shown, "forget") as forget:
            await at.press("ctrl+l")
            assert forget.called

    sit_down(office.url, scenario)
