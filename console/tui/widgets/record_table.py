"""A table of records: the cursor follows its record, columns drop as the width goes.

Only the lines in view are ever laid out, so a thousand rows cost no more than twenty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from math import inf
from time import monotonic
from typing import ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from console.tui.bindings import bind, bindings, hide
from shared.operations.describe.tables import CURRENCY, Column, differ, widths
from shared.operations.describe.text import ELLIPSIS, cells, fit, plain
from shared.structs import Value

__all__ = ["CURRENCY", "Column", "Heading", "RecordTable", "Row"]

_GAP = 1
_FURTHER = 3
_HEADER = 1
REST_SECONDS = 0.1
"""Keys that come quicker than this belong together: what follows from them is shown at the end."""


class Row(Value):
    """One record: ``key`` names it over refreshes. A ``Text`` cell has one style."""

    key: str
    cells: tuple[str | Text, ...]


class Heading(Value):
    """A line that sets a group of rows apart; the cursor passes over it."""

    text: str


Line: TypeAlias = Row | Heading


class _OfTable(Message):
    """Something about the record ``key`` of a table."""

    def __init__(self, table: RecordTable, key: str | None) -> None:
        super().__init__()
        self.table = table
        self.key = key

    @property
    def control(self) -> RecordTable:
        """The table, for ``@on`` with a selector."""
        return self.table


class RecordTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a header that stays; ``show`` replaces them and keeps the cursor's record."""

    BINDINGS = bindings(
        bind("enter", "open", "Open", "Open the record under the cursor."),
        hide("down,j", "move(1)", "Down", "To the next record."),
        hide("up,k", "move(-1)", "Up", "To the previous record."),
        hide("pagedown", "page(1)", "Page down", "One screen down."),
        hide("pageup", "page(-1)", "Page up", "One screen up."),
        hide("home", "first", "First", "To the first record."),
        hide("end", "last", "Last", "To the last record."),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-table--header",
        "record-table--heading",
        "record-table--cursor",
    }
    DEFAULT_CSS = """
    RecordTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    RecordTable > .record-table--header { text-style: bold underline; }
    RecordTable > .record-table--heading { text-style: bold; }
    RecordTable > .record-table--cursor { text-style: underline; }
    RecordTable:focus > .record-table--cursor { text-style: reverse; }
    """

    class Opened(_OfTable):
        """Enter was pressed on the record ``key``."""

        key: str

    class Moved(_OfTable):
        """The cursor stands on another record now, or on none (``key`` is None).

        While keys come quickly, it is told where it came to rest.
        """

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._lines: tuple[Line, ...] = ()
        self._places: dict[str, int] = {}
        self._cursor = -1
        self._follows_top = True
        self._moved_at = -inf
        self._resting: Timer | None = None
        self._natural = [cells(column.title) for column in columns]
        self._measured: dict[str, Row] = {}
        self._left_out: frozenset[str] = frozenset()
        self._kept: tuple[int, ...] | None = None
        self._widths: dict[int, int] = {}
        self._gaps: dict[int, int] = {}

    @property
    def key(self) -> str | None:
        """The key of the record under the cursor; None in an empty table."""
        line = self._lines[self._cursor] if 0 <= self._cursor < len(self._lines) else None
        return line.key if isinstance(line, Row) else None

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the lines; the cursor stays on its record, and that where it is on screen.

        If the record is gone, the cursor goes to the one that has its place now. As long as nobody
        moved the cursor, it stays on the first record, whichever that is.
        """
        before, key = self._lines, self.key
        self._lines = tuple(lines)
        self._places = {line.key: n for n, line in enumerate(lines) if isinstance(line, Row)}
        if self._lay_out() or len(before) != len(self._lines):
            self.refresh()
        else:
            self._refresh_changed(before)
        was = self._cursor
        wanted = 0 if self._follows_top else self._places.get(key or "", max(was, 0))
        self._cursor = self._nearest(wanted)
        if not self._follows_top and key in self._places:
            self._scroll(round(self.scroll_y) + self._cursor - was)
        self._keep_in_view()
        if self._cursor != was:
            self.refresh()
        if self.key != key:
            self.rest()

    def rest(self) -> None:
        """Tell where the cursor stands, whether more keys come or not."""
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        self.post_message(self.Moved(self, self.key))

    def leave_out(self, titles: Collection[str]) -> None:
        """Have the columns with these titles away, since all rows say the same there."""
        self._left_out = frozenset(titles)

    def keep_widths(self, wanted: Sequence[int] | None) -> None:
        """Have the columns this wide, whatever is in them; None: as wide as they need.

        One of amounts is wider where an amount would be cut.
        """
        self._kept = tuple(wanted) if wanted else None

    def follow_top(self) -> None:
        """Go to the first record; stay on whichever is first until the cursor is moved."""
        self._go(self._nearest(0))
        self._scroll(0)
        self._follows_top = True

    @property
    def top(self) -> int:
        """How far it is scrolled: the place of the first line in view."""
        return round(self.scroll_y)

    def go_to(self, key: str, top: int | None = None) -> None:
        """Put the cursor on a record, if it is there, scrolled to ``top`` where that is given."""
        if key in self._places:
            self._follows_top = False
            self._go(self._places[key])
            if top is not None:
                self._scroll(top)
                self._keep_in_view()

    def action_open(self) -> None:
        """Tell that the record under the cursor is wanted."""
        if self.key is not None:
            self._follows_top = False  # whoever comes back wants to find it here
            self.post_message(self.Opened(self, self.key))

    def action_move(self, by: int) -> None:
        """Move over ``by`` records."""
        self._follows_top = False
        self._go(self._beside(self._cursor, by))

    def action_page(self, direction: int) -> None:
        """Move by what is in view."""
        self._follows_top = False
        target = self._cursor + direction * max(1, self._rows_in_view - 1)
        self._go(self._nearest(min(max(target, 0), len(self._lines) - 1)))

    def action_first(self) -> None:
        """Move to the first record, and stay on whichever is first."""
        self.follow_top()

    def action_last(self) -> None:
        """Move to the last record."""
        self._follows_top = False
        self._go(self._nearest(len(self._lines) - 1))

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse clicked; a second click opens."""
        self._follows_top = False
        place = event.y - _HEADER + round(self.scroll_y)
        if event.y < _HEADER or not 0 <= place < len(self._lines):
            return
        if place == self._cursor and event.chain > 1:
            self.action_open()
        elif isinstance(self._lines[place], Row):
            self._go(place)

    def on_resize(self, _event: Resize) -> None:
        """Fit the columns to the new width."""
        self._natural = [cells(column.title) for column in self._columns]
        self._measured.clear()
        self._lay_out()
        self._keep_in_view()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if y < _HEADER:
            texts = [self._columns[place].title for place in self._widths]
            style = base + self.get_component_rich_style("record-table--header")
            return self._strip(texts, style, width, padding=style)
        place = y - _HEADER + round(self.scroll_y)
        if place >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[place]
        if isinstance(line, Heading):
            style = base + self.get_component_rich_style("record-table--heading")
            text = fit(plain(line.text), self._room)
            return Strip([Segment(text, style)]).adjust_cell_length(width, style)
        if place == self._cursor:
            style = base + self.get_component_rich_style("record-table--cursor")
            return self._strip([line.cells[n] for n in self._widths], style, width, style)
        return self._strip([line.cells[n] for n in self._widths], base, width, base)

    def _strip(
        self, texts: Sequence[str | Text], style: Style, width: int, padding: Style
    ) -> Strip:
        segments: list[Segment] = []
        room = self._room
        last = max((n for n, text in enumerate(texts) if _plain(text)), default=0)
        for number, (text, (place, wide)) in enumerate(
            zip(texts, self._widths.items(), strict=True)
        ):
            own = style + Style.parse(str(text.style)) if isinstance(text, Text) else style
            right = self._columns[place].right
            # Where the window is too narrow for the last columns: half a figure would be another.
            shown = ELLIPSIS if right and room < wide else _plain(text)
            if number == last and not right:
                wide = min(max(wide, cells(shown)), room)  # what is beside it is empty
            shown = fit(shown, max(min(wide, room), 1), right=right)
            segments += [Segment(shown, own), Segment(" " * self._gaps[place], padding)]
            if number == last:
                break
            room -= wide + self._gaps[place]
        # One piece of each style: a slow line pays for every change of it.
        return Strip(segments).simplify().adjust_cell_length(width, padding)

    def _lay_out(self) -> bool:
        """Give each column its width; returns whether that changed anything.

        A column never gets narrower by itself: figures that change must not make it jump.
        """
        for line in self._lines:
            if isinstance(line, Row) and self._measured.get(line.key) is not line:
                self._measured[line.key] = line
                wide = (cells(_plain(cell)) for cell in line.cells)
                self._natural = list(map(max, self._natural, wide))
        before = self._widths
        shown = [n for n, one in enumerate(self._columns) if self._is_told(n, one)]
        columns, natural = [self._columns[n] for n in shown], [self._wanted(n) for n in shown]
        given = widths(columns, natural, self._room, _GAP)
        self._widths = {shown[place]: width for place, width in given.items()}
        self._spread()
        self.virtual_size = Size(self.size.width, len(self._lines) + _HEADER)
        return before != self._widths

    def _wanted(self, place: int) -> int:
        needed = self._natural[place]
        if self._kept is None:
            return needed
        kept = self._kept[place]
        return max(kept, needed) if self._columns[place].right else kept

    def _is_told(self, place: int, column: Column) -> bool:
        if column.varies and not self._kept:
            rows = (line for line in self._lines if isinstance(line, Row))
            return differ(([_plain(row.cells[place])] for row in rows), 0)
        return column.title not in self._left_out

    def _spread(self) -> None:
        """Set the columns further apart where all of them are there in full."""
        self._gaps = dict.fromkeys(self._widths, _GAP)
        places = list(self._widths)
        between = [place for place, beside in pairwise(places) if self._columns[beside].title]
        spare = self._room - sum(self._widths.values()) - _GAP * len(places)
        in_full = all(self._widths[n] == self._natural[n] for n in places)
        if in_full and not self._kept and between and spare > 0:
            further = min(spare // len(between), _FURTHER)
            self._gaps |= dict.fromkeys(between, _GAP + further)

    def _refresh_changed(self, before: Sequence[Line]) -> None:
        """Repaint only lines in view that are different now: links may be slow."""
        top = round(self.scroll_y)
        for place in range(top, min(top + self._rows_in_view, len(self._lines))):
            if before[place] != self._lines[place]:
                self._refresh_line(place)

    def _refresh_line(self, place: int) -> None:
        self.refresh(Region(0, place - round(self.scroll_y) + _HEADER, self.size.width, 1))

    @property
    def _room(self) -> int:
        """The width without the scrollbar, whether there is one at the moment or not."""
        return max(self.scrollable_content_region.width, 1)

    @property
    def _rows_in_view(self) -> int:
        return max(self.size.height - _HEADER, 1)

    def _go(self, place: int) -> None:
        if place == self._cursor or not 0 <= place < len(self._lines):
            return
        was, self._cursor = self._cursor, place
        self._refresh_line(was)
        self._refresh_line(place)
        self._keep_in_view()
        before, self._moved_at = self._moved_at, monotonic()
        if self._moved_at - before > REST_SECONDS:
            self.rest()
        elif self._resting is None:
            self._resting = self.set_timer(REST_SECONDS, self.rest)
        else:
            self._resting.reset()

    def _beside(self, place: int, by: int) -> int:
        """The next record in the direction of ``by``, over headings; ``place`` at the end."""
        target = place + by
        while 0 <= target < len(self._lines):
            if isinstance(self._lines[target], Row):
                return target
            target += by
        return place

    def _nearest(self, place: int) -> int:
        """The record at ``place``, else the next below, else the next above, else -1."""
        place = min(place, len(self._lines) - 1)
        if place < 0 or isinstance(self._lines[place], Row):
            return place
        below = self._beside(place, 1)
        found = below if below != place else self._beside(place, -1)
        return found if found != place else -1

    def _keep_in_view(self) -> None:
        top = round(self.scroll_y)
        # The first record brings the heading above it into view as well.
        above = self._cursor if self._beside(self._cursor, -1) != self._cursor else 0
        if above < top:
            self._scroll(above)
        elif self._cursor >= top + self._rows_in_view:
            self._scroll(self._cursor - self._rows_in_view + 1)

    def _scroll(self, top: int) -> None:
        most = max(len(self._lines) - self._rows_in_view, 0)
        self.scroll_to(y=min(max(top, 0), most), animate=False, immediate=True, force=True)


def _plain(text: str | Text) -> str:
    return plain(text.plain if isinstance(text, Text) else text)
