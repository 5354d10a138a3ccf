"""Only what changed goes out to the terminal, in few bytes: a slow line waits for each of them.

Textual paints a widget as a whole, and often more than once before it is at rest. What comes of it
is compared here, cell by cell, with what the terminal shows already. What is left is written with
the shortest of moves and changes of style that every terminal since the VT100 obeys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from shared.operations.describe.text import cells


class Look(NamedTuple):
    """How a cell looks: attributes and colors, as the codes that a terminal is sent."""

    attributes: frozenset[str] = frozenset()
    color: str = ""
    background: str = ""

    @property
    def shows_on_a_blank(self) -> bool:
        """Whether a blank of this look is more than nothing."""
        return bool(self.background or self.attributes & _SHOWN_ON_A_BLANK)

    def after(self, before: Look) -> str:
        """What to send when the terminal writes in the look ``before``."""
        if before == self:
            return ""
        added = self.attributes - before.attributes
        codes = sorted(added)
        if self.color != before.color:
            codes.append(self.color)
        if self.background != before.background:
            codes.append(self.background)
        # Nothing but 0 takes away on every terminal.
        if before.attributes - self.attributes or "" in codes:
            codes = ["0", *sorted(self.attributes), self.color, self.background]
            codes = [code for code in codes if code] if self != PLAIN else []
        return f"\x1b[{';'.join(codes)}m"


PLAIN = Look()
_CODES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("strike", "9"),
)
_SHOWN_ON_A_BLANK = frozenset("479")


@lru_cache(maxsize=1024)
def _look(style: Style | None, colors: ColorSystem) -> Look:
    if style is None:
        return PLAIN
    return Look(
        frozenset(code for name, code in _CODES if getattr(style, name)),
        _color_code(style.color, colors, foreground=True),
        _color_code(style.bgcolor, colors, foreground=False),
    )


def _color_code(color: Color | None, colors: ColorSystem, *, foreground: bool) -> str:
    if color is None or color.is_default:
        return ""
    return ";".join(color.downgrade(colors).get_ansi_codes(foreground))


class Cell(NamedTuple):
    """What one cell shows; the second cell of a wide sign has no text."""

    text: str
    look: Look


BLANK = Cell(" ", PLAIN)


class Shown:
    """What the terminal shows, as it was last sent to it."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """Nothing is known: the terminal has another size now, or others wrote to it."""
        self._lines.clear()

    def change(self, x: int, y: int, wanted: list[Cell]) -> tuple[list[Cell | None], list[int]]:
        """Take it that ``wanted`` is shown from now on; the line, and where that is a change."""
        line = self._lines.setdefault(y, [])
        line += [None] * (x + len(wanted) - len(line))
        before, line[x : x + len(wanted)] = line[x : x + len(wanted)], wanted
        return line, [at for at, old in enumerate(before, x) if line[at] != old]


class _Pen:
    """Writes cells into a sequence; knows where the terminal's cursor is, and its look."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._look = PLAIN
        self._place: tuple[int, int] | None = None
        self._is_certain = True
        self._written: list[str] = []

    def change(self, y: int, line: Sequence[Cell | None], places: Sequence[int]) -> None:
        """Write the cells at these places of a line."""
        end = _end_of_text(line) if len(line) == self._width else self._width
        for number, at in enumerate(places):
            if at >= end and len(places) - number > len(_ERASE):
                self._go_to(at, y, line)
                self._turn(PLAIN)
                self._written.append(_ERASE)
                return
            self._go_to(at, y, line)
            self._write(line[at] or BLANK)

    def sequence(self) -> str:
        """All of it; the terminal writes plainly afterward."""
        self._turn(PLAIN)
        return "".join(self._written)

    def _write(self, cell: Cell) -> None:
        if not self._has_look_of(cell):
            self._turn(cell.look)
        self._written.append(cell.text)
        assert self._place is not None
        self._place = self._place[0] + 1, self._place[1]
        # What terminals may take for wider or narrower makes the place of what follows doubtful.
        self._is_certain = self._is_certain and cell.text.isascii()

    def _turn(self, look: Look) -> None:
        self._written.append(look.after(self._look))
        self._look = look

    def _has_look_of(self, cell: Cell) -> bool:
        return cell.look == self._look or (cell == BLANK and not self._look.shows_on_a_blank)

    def _go_to(self, x: int, y: int, line: Sequence[Cell | None]) -> None:
        if self._place == (x, y):
            return
        if self._place is not None and self._place[1] == y and self._place[0] < x:
            self._go_on(line[self._place[0] : x])
        if self._place != (x, y):
            self._written.append(f"\x1b[{y + 1};{x + 1}H")
            self._place, self._is_certain = (x, y), True

    def _go_on(self, over: Sequence[Cell | None]) -> None:
        """Go on to the right over cells that stay, if that is shorter than to name the place."""
        assert self._place is not None
        same = [cell for cell in over if cell and self._has_look_of(cell)]
        if len(over) <= _NEAR and len(same) == len(over):
            for cell in same:
                self._write(cell)
        elif self._is_certain:
            by = len(over) if len(over) > 1 else ""
            self._written.append(f"\x1b[{by}C")
            self._place = self._place[0] + len(over), self._place[1]


_ERASE = "\x1b[K"
_NEAR = 4
"""To write that many cells again takes no more bytes than to jump over them."""


def _end_of_text(line: Sequence[Cell | None]) -> int:
    """Where the blanks begin that a line ends with."""
    end = len(line)
    while end and line[end - 1] == BLANK:
        end -= 1
    return end


def _cells_of(strip: Strip, colors: ColorSystem) -> Iterator[Cell]:
    for text, style, control in strip:
        if control:
            continue
        look = _look(style, colors)
        blank = BLANK if not look.shows_on_a_blank else Cell(" ", look)
        for sign in _signs(text):
            if sign.isascii():
                yield blank if sign == " " else Cell(sign, look)
            elif wide := cells(sign):  # a mark on nothing takes no cell
                yield Cell(sign, look)
                yield from [Cell("", look)] * (wide - 1)


def _signs(text: str) -> Iterator[str]:
    """The signs of a text, each with the marks that belong on it."""
    if text.isascii():
        yield from text
        return
    sign = ""
    for one in text:
        if cells(one) and sign:
            yield sign
            sign = ""
        sign += one
    if sign:
        yield sign


class OnlyChanged(CompositorUpdate):
    """What is left of an update when what is shown already is taken off.

    ``width`` is that of the terminal. From now on the update counts as shown.
    """

    def __init__(
        self, update: CompositorUpdate, shown: Shown, width: int, console: Console
    ) -> None:
        colors = console._color_system or ColorSystem.TRUECOLOR  # as Textual asks for it
        pen = _Pen(width)
        for x, y, strip in _pieces(update):
            line, places = shown.change(x, y, list(_cells_of(strip, colors)))
            pen.change(y, line, places)
        self.sequence = pen.sequence()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from ()

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        return self.sequence


def _pieces(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The strips of an update, each with its place, as Textual itself would write them."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for one in strips:
                yield x, y, one
                x += one.cell_length
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is not None and x <= last and end > first:
                    within = first <= x < last and end <= last
                    yield x, y, strip if within else strip.crop(0, min(end, last) - x)
