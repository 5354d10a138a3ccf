"""Only cells that changed go out to the terminal: on a slow line, every other one is waited for.

Textual paints a widget as a whole, and often more than once before it is at rest. What comes of it
is compared here, cell by cell, with what the terminal shows already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from shared.operations.describe.text import cells

Cell: TypeAlias = tuple[str, Style | None]
_NEAR = 8
"""To go on over that many cells takes no more bytes than to jump over them."""


class Shown:
    """What the terminal shows, as it was last sent to it."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}

    def forget(self) -> None:
        """Nothing is known: the terminal has another size now, or others wrote to it."""
        self._lines.clear()

    def changed(self, x: int, y: int, strip: Strip) -> Iterator[tuple[int, int]]:
        """Take it that ``strip`` is shown from now on; yields what changes, as cells of it.

        Each is where it begins and where it ends (that one not included).
        """
        wanted = list(_cells_of(strip))
        line = self._lines.setdefault(y, [])
        line += [None] * (x + len(wanted) - len(line))
        before, line[x : x + len(wanted)] = line[x : x + len(wanted)], wanted
        begun = end = 0
        for at, (one, other) in enumerate(zip(wanted, before, strict=True)):
            if one == other:
                continue
            if at - end > _NEAR and end:
                yield begun, _to_whole(wanted, end)
                end = 0
            begun = begun if end else at
            end = at + 1
        if end:
            yield begun, _to_whole(wanted, end)


def _cells_of(strip: Strip) -> Iterator[Cell]:
    """Each cell of it; the second one of a wide sign is empty."""
    for text, style, control in strip:
        if control:
            continue
        if text.isascii():
            yield from ((sign, style) for sign in text)
            continue
        for sign in text:
            yield sign, style
            yield from [("", style)] * (cells(sign) - 1)


def _to_whole(wanted: list[Cell], end: int) -> int:
    """Where the sign ends whose cell is the last before ``end``."""
    while end < len(wanted) and not wanted[end][0]:
        end += 1
    return end


class OnlyChanged(CompositorUpdate):
    """What is left of an update when what is shown already is taken off."""

    def __init__(self, update: CompositorUpdate, shown: Shown) -> None:
        self._update = update
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from ()

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        return "".join(
            f"{Control.move_to(x + begin, y).segment.text}{strip.crop(begin, end).render(console)}"
            for x, y, strip in _pieces(self._update)
            for begin, end in self._shown.changed(x, y, strip)
        )


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
