"""Records a page at a time: the filter, turning the pages, what is under the cursor told below.

A list is about the company in focus, or about all of them.

A page begins behind the last record of the one before (its *start*), so that what is added or
goes meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Generic, TypeAlias, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from console.tui.bindings import bindings, hide
from console.tui.screens.base import StoreScreen
from console.tui.widgets.beside import Beside
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph, TextView
from console.tui.worker import Company, Console

Snapshot = TypeVar("Snapshot")
Record = TypeVar("Record")
Shown = TypeVar("Shown")
Start = TypeVar("Start")
Listed: TypeAlias = Heading | tuple[Row, Record]


class PagedScreen(StoreScreen[Snapshot], Generic[Snapshot, Record, Start]):
    """A table of ``Record``, its pages, the explanation below and the line to filter with.

    ``typed`` is in the filter at first, and the cursor on the record ``cursor_on``.

    Subclasses give PLACE, TABLE (the columns), EXAMPLE (what may be typed into the filter), NOTHING
    (why the first page is empty, and what to do next) and NO_MORE (said on a page behind the first
    that is empty by now), ``question`` for the page at ``start`` and the company in focus, and
    ``listed`` and ``told``. Their bindings name the actions ``filter``, ``next_page`` and
    ``page_before``.
    """

    BINDINGS = bindings(
        hide(
            "full_stop",
            "company",
            "Only this company",
            "Show only the company of this record, on every screen.",
        )
    )

    TABLE: ClassVar[Sequence[Column]]
    EXAMPLE: ClassVar[str] = ""
    NO_MORE: ClassVar[str] = ""
    NOTHING: ClassVar[str] = ""

    def __init__(self, typed: str = "", *, cursor_on: str = "") -> None:
        super().__init__()
        self._typed = typed
        self._cursor_on = cursor_on
        self._top: int | None = None
        self.records: dict[str, Record] = {}
        self._starts: list[Start | None] = [None]
        self._shown_of: Company | None = None

    def listed(self, snapshot: Snapshot) -> Iterable[Listed[Record]]:
        """Each row with the record that it shows, and headings between them."""
        raise NotImplementedError

    def next_start(self, snapshot: Snapshot) -> Start | None:
        """Where the next page begins; None: this is the last one."""
        return None

    def rows(self, kind: Records[Shown], records: Iterable[Shown]) -> Iterator[tuple[Row, Shown]]:
        """Records of one kind, each with its row."""
        now = self.worker.clock()
        return ((kind.row(one, now), one) for one in records)

    def told(self, record: Record) -> Iterable[Paragraph]:
        """What is said below the table of the record under the cursor."""
        raise NotImplementedError

    def company_of(self, record: Record) -> Company | None:
        """Whose the record is; None: nobody's, or of several."""
        return None

    def place(self, snapshot: Snapshot) -> str:
        """The title of what is shown."""
        return f"{self.PLACE}{self.of_company}{self.page}"

    def nothing(self, snapshot: Snapshot) -> str:
        """Why the first page is empty, and what to do next."""
        return self.NOTHING

    def able(self) -> dict[str, bool]:
        return super().able() | {
            "next_page": self.snapshot is not None and self.next_start(self.snapshot) is not None,
            "page_before": len(self._starts) > 1,
            "copy": self.chosen() is not None,
            "company": self._company_chosen() not in (None, self.company),
        }

    @property
    def start(self) -> Start | None:
        """Where the page that is open begins; None is the first."""
        return self._starts[-1]

    @property
    def page(self) -> str:
        """The number of the page, for the title; nothing on the first."""
        return f", page {len(self._starts)}" if len(self._starts) > 1 else ""

    def chosen(self) -> Record | None:
        """The record under the cursor."""
        return self.records.get(self.under_cursor)

    def body(self) -> ComposeResult:
        self._shown_of = self.company
        yield Static("", classes="body empty")
        yield Beside(self.TABLE)
        line = FilterLine(self.EXAMPLE)
        line.value = self._typed
        line.set_class(bool(self._typed), "-open")
        yield line

    def show(self, snapshot: Snapshot) -> None:
        listed = list(self.listed(snapshot))
        self.records = {one[0].key: one[1] for one in listed if not isinstance(one, Heading)}
        self.set_class(not self.records, "-empty")
        nothing = self.nothing(snapshot) if self.start is None else self.NO_MORE
        self.query_one(".empty", Static).update(nothing)
        lines = [one if isinstance(one, Heading) else one[0] for one in listed]
        table = self.query_one(RecordTable)
        table.leave_out(("Connection",) if self.company else ())
        table.show(lines)
        if self._cursor_on in self.records:
            table.go_to(self._cursor_on, self._top)
            self._cursor_on, self._top = "", None
        self.show_place(self.place(snapshot))
        self.explain()

    def explain(self) -> None:
        record = self.chosen()
        self.query_one(TextView).show([] if record is None else list(self.told(record)))

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._starts = [None]
        self.ask()

    def on_screen_resume(self) -> None:
        """Another company may have come into focus meanwhile."""
        self.follow_company()

    def follow_company(self) -> None:
        """Begin anew with the company in focus; until it was read, nobody else's is shown."""
        super().follow_company()
        if self._shown_of != self.company:
            self._shown_of = self.company
            self.snapshot, self.records = None, {}
            self.query_one(RecordTable).show([])
            self.query_one(TextView).show([])
            self.turn_to_first()

    def fresh(self) -> None:
        super().fresh()
        if self._shown_of == self.company:
            self.turn_to_first()
        else:
            self.follow_company()

    def come_back_to(self, key: str) -> None:
        """Have the cursor on that record, and the list as it is now, once it is listed again."""
        self._cursor_on, self._top = key, self.query_one(RecordTable).top

    def fill_filter(self, text: str) -> None:
        """Put a text into the filter as if it were typed; the cursor goes to the first record."""
        line = self.query_one(FilterLine)
        line.value = text
        line.set_class(bool(text), "-open")
        self.query_one(RecordTable).action_first()

    def turn_word(self, words: Sequence[str]) -> None:
        """Put the next of these words into the filter; after the last one, none."""
        typed = self.query_one(FilterLine).value.split()
        held = next((word for word in typed if word.casefold() in words), None)
        place = words.index(held.casefold()) + 1 if held else 0
        others = [word for word in typed if word != held]
        self.fill_filter(" ".join([*words[place : place + 1], *others]))

    def action_back(self) -> None:
        """From a filter back to what was shown before it was typed, else leave."""
        if self.query_one(FilterLine).value != self._typed:
            self.fill_filter(self._typed)
        else:
            super().action_back()

    def action_company(self) -> None:
        """Put the company of the record under the cursor in focus."""
        if (company := self._company_chosen()) is not None:
            cast(Console, self.app).focus_on(company)

    def _company_chosen(self) -> Company | None:
        record = self.chosen()
        return None if record is None else self.company_of(record)

    def action_next_page(self) -> None:
        """Turn to the next page."""
        start = self.next_start(self.snapshot) if self.snapshot is not None else None
        if start is not None:
            self._turn([*self._starts, start])

    def action_page_before(self) -> None:
        """Turn back."""
        self._turn(self._starts[:-1])

    def turn_to_first(self) -> None:
        """Ask anew from the first page on, since other records are wanted now."""
        self._turn([None])

    def _turn(self, starts: list[Start | None]) -> None:
        self._starts = starts
        self.query_one(RecordTable).action_first()
        self.ask()
