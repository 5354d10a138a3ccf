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
_PARTS = re.compile(r"\x1b\[([\d;]*)([HCKm])|(.)", re.DOTALL)
_SHOWN_ON_A_BLANK = {"4", "7", *map(str, range(40, 48))}
PLAIN: frozenset[str] = frozenset()


class Terminal:
    """A VT100 with colors: puts down what it is sent, each sign with the look that it was sent in.

    Of the look of a blank it keeps what shows.
    """

    def __init__(self) -> None:
        self.shows = {(x, y): (" ", PLAIN) for x in range(WIDTH) for y in range(HEIGHT)}
        self._x = self._y = 0
        self._look = PLAIN

    def take(self, text: str) -> None:
        self._look = PLAIN
        for codes, order, sign in _PARTS.findall(text):
            if sign:
                self._put(sign)
            elif order == "H":
                self._y, self._x = (int(code) - 1 for code in codes.split(";"))
            elif order == "C":
                self._x += int(codes or 1)
            elif order == "K":
                assert self._look == PLAIN  # else terminals differ in what they erase with
                self.shows |= {(x, self._y): (" ", PLAIN) for x in range(self._x, WIDTH)}
            else:
                self._turn(codes)
        assert self._look == PLAIN  # other programs of the terminal write plainly

    def _put(self, sign: str) -> None:
        look = self._look & _SHOWN_ON_A_BLANK if sign == " " else self._look
        for part in [sign] + [""] * (cells(sign) - 1):
            self.shows[self._x, self._y] = (part, look)
            self._x += 1

    def _turn(self, codes: str) -> None:
        for code in codes.split(";"):
            if code in ("", "0"):
                self._look = PLAIN
            elif len(code) == 1:
                self._look |= {code}
            else:  # a color takes the place of the one before; 39 and 49 of any
                self._look = frozenset(
                    one for one in self._look if one[0] != code[0] or one == code[0]
                )
                self._look |= {code} - {"39", "49"}


styles = st.sampled_from(
    ["", "red", "green", "bold", "bold red", "reverse", "red reverse", "underline", "on blue"]
).map(Style.parse)


@st.composite
def lines(draw: st.DrawFn) -> Strip:
    """A line of exactly WIDTH cells, of pieces in different styles, with blanks at its end."""
    pieces = draw(st.lists(st.tuples(st.text("ab 漢字─", max_size=12), styles), max_size=4))
    return Strip([Segment(text, style) for text, style in pieces]).adjust_cell_length(WIDTH)


screens = st.lists(lines(), min_size=HEIGHT, max_size=HEIGHT)


def strip(text: str, red: int) -> Strip:
    """A line of exactly WIDTH cells, its first signs in red."""
    parts = [Segment(text[:red], Style(color="red")), Segment(text[red:], Style())]
    return Strip(parts).adjust_cell_length(WIDTH)


def whole(screen: list[Strip]) -> CompositorUpdate:
    return LayoutUpdate([[line] for line in screen], Region(0, 0, WIDTH, HEIGHT))


@given(st.lists(screens, min_size=1, max_size=4))
def test_the_terminal_shows_the_same_as_if_all_had_been_sent(painted):
    shown, ours = Shown(), Terminal()
    for screen in painted:
        theirs = Terminal()
        for y, line in enumerate(screen):
            theirs.take(f"\x1b[{y + 1};1H{line.render(CONSOLE)}")
        ours.take(sent(whole(screen), shown))
        assert ours.shows == theirs.shows


def sent(update: CompositorUpdate, shown: Shown) -> str:
    return OnlyChanged(update, shown, WIDTH, CONSOLE).sequence


def test_the_same_again_sends_nothing_until_it_is_forgotten():
    shown, screen = Shown(), [strip("abc", 1)] * HEIGHT
    assert "abc"[1:] in sent(whole(screen), shown)
    assert sent(whole(screen), shown) == ""
    shown.forget()
    assert "bc" in sent(whole(screen), shown)


def test_a_mark_takes_no_cell_of_its_own():
    shown = Shown()
    sent(whole([strip("ae\u0301o 1", 0)] * HEIGHT), shown)
    changed = whole([strip("ae\u0301o 2", 0)] * HEIGHT)
    assert sent(changed, shown) == "\x1b[1;5H2\x1b[2;5H2"


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
