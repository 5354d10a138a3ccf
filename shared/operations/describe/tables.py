"""Tables that fit the terminal: text is cut, columns drop in a stated order, amounts never."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from shared.operations.describe.text import cells, fit, plain
from shared.structs import Value

GAP = "  "


class Column(Value):
    """One column of a table.

    ``least`` is the width that the column may be cut to; 0 means it is never cut.
    ``drop`` is its turn to go when cutting was not enough: 1 first, 0 never.
    ``fair`` marks a name: other columns are cut before it, and it is cut to less than this width
    only once nothing else is left to cut or drop.
    ``varies``: it is shown only where its cells differ.
    ``paint`` gets the padded cell and may wrap it in color.
    """

    title: str
    right: bool = False
    least: int = 0
    drop: int = 0
    fair: int = 0
    varies: bool = False
    paint: Callable[[str], str] = str


CURRENCY = Column("", varies=True)
"""The unit of the amounts to its left, where there is more than one."""


class Row(Value):
    """The cells of one row and what is told below it, one paragraph each."""

    cells: Sequence[str]
    below: Sequence[str] = ()


def table(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Iterator[str]:
    """Lay the rows out in at most ``width`` cells and return the lines, header first.

    The widest column that may be cut gives first. Lines are longer than ``width`` only
    where nothing is left that may be cut or dropped: a cut amount would be a wrong amount.
    """
    all_texts = [[plain(cell) for cell in row.cells] for row in rows]
    told = [n for n, one in enumerate(columns) if not one.varies or differ(all_texts, n)]
    columns = [columns[n] for n in told]
    texts = [[line[n] for n in told] for line in all_texts]
    natural = [
        max([cells(column.title), *(cells(line[place]) for line in texts)])
        for place, column in enumerate(columns)
    ]
    shown = widths(columns, natural, width)
    yield _line([columns[place].title for place in shown], columns, shown, painted=False)
    for row, line in zip(rows, texts, strict=True):
        yield _line([line[place] for place in shown], columns, shown, painted=True)
        for paragraph in row.below:
            yield from wrapped(paragraph, width, indent="    ")


def differ(lines: Iterable[Sequence[str]], place: int) -> bool:
    """Whether not all lines say the same at this place; one that says nothing does not count."""
    return len({line[place] for line in lines} - {""}) > 1


def widths(
    columns: Sequence[Column], natural: Sequence[int], width: int, gap: int = len(GAP)
) -> dict[int, int]:
    """Which columns are shown (by place) and how wide."""
    places = list(range(len(columns)))
    while True:
        shown = _shrunk(columns, {place: natural[place] for place in places}, width, gap)
        if _total(shown, gap) <= width:
            return shown
        droppable = [place for place in places if columns[place].drop]
        if not droppable:
            return _shrunk(columns, shown, width, gap, fairly=False)
        places.remove(min(droppable, key=lambda place: columns[place].drop))


def _shrunk(
    columns: Sequence[Column], widths: dict[int, int], width: int, gap: int, *, fairly: bool = True
) -> dict[int, int]:
    kept = {n: max(columns[n].least, columns[n].fair if fairly else 0) for n in widths}
    while (excess := _total(widths, gap) - width) > 0:
        spare = {
            place: widths[place] - kept[place]
            for place in widths
            if columns[place].least and widths[place] > kept[place]
        }
        spare = {n: wide for n, wide in spare.items() if not columns[n].fair} or spare
        if not spare:
            break
        widest = max(spare, key=lambda place: widths[place])
        rival = max((widths[place] for place in spare if place != widest), default=0)
        step = max(1, min(excess, spare[widest], widths[widest] - rival))
        widths[widest] -= step
    return widths


def _total(widths: dict[int, int], gap: int) -> int:
    return sum(widths.values()) + gap * (len(widths) - 1)


def _line(
    texts: Sequence[str], columns: Sequence[Column], shown: dict[int, int], *, painted: bool
) -> str:
    parts = []
    for text, (place, wide) in zip(texts, shown.items(), strict=True):
        column = columns[place]
        part = fit(text, wide, right=column.right)
        parts.append(column.paint(part) if painted else part)
    return GAP.join(parts).rstrip()


def wrapped(paragraph: str, width: int, *, indent: str = "") -> list[str]:
    """Wrap one paragraph to ``width``; a word longer than the line (a path) stays whole."""
    return textwrap.wrap(
        plain(paragraph),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def pairs(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Names on the left, values on the right, values wrapped under themselves."""
    left = max((len(name) for name, _ in rows), default=0) + len(GAP)
    for name, value in rows:
        lines = wrapped(value, max(width - left, 20)) or [""]
        yield (name.ljust(left) + lines[0]).rstrip()
        yield from (" " * left + line for line in lines[1:])
