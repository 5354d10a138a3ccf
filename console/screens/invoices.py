"""Invoices: what was imported, what was left out and why, what both sides say is owed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console.cli.text import grouped
from console.screens.base import StoreScreen
from console.screens.hint import HintScreen
from console.screens.invoice import InvoiceScreen
from console.screens.invoice_telling import reason_of, seen_of, status_of, told_of
from console.snapshots import invoices as snapshots
from console.snapshots.invoices import DIFFERING, LEFT_OUT, OPEN_ONES, Invoices
from console.widgets.filter_line import FilterLine
from console.widgets.record_table import Column, RecordTable, Row
from console.widgets.text_view import TextView
from shared import hints
from shared.models.ledger.invoice_pages import InvoiceFilter, InvoiceSides, Kept
from shared.models.store import Store

COLUMNS = (
    Column("Invoice", least=8),
    Column("Customer", least=14),
    Column("Status", drop=5),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    Column(""),
    Column("Date", drop=3),
    Column("Due", drop=1),
    Column("Connection", least=10, drop=4),
    Column("Left out because", least=16, drop=2),
)
SHOWN = ("", DIFFERING, LEFT_OUT, "paid", "void", "deleted")


class InvoicesScreen(StoreScreen[Invoices]):
    """The invoices of all connections, or of one; what is under the cursor is explained below."""

    PLACE = "Invoices"
    CSS_PATH = "invoices.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "kind",
            "Next kind",
            tooltip="Open ones, then differing, left out, paid, void and deleted ones.",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            tooltip="A number, a customer, open, paid, void, deleted, left-out, differing.",
        ),
        Binding(
            "g",
            "company",
            "Only its company",
            tooltip="Only the company of the invoice under the cursor, or all again.",
        ),
        Binding("n", "older", "Older", tooltip="The next page of invoices that were read before."),
        Binding("b", "newer", "Newer", tooltip="Back to the page before."),
        Binding(
            "t",
            "hint",
            "Troubleshooting",
            show=False,
            tooltip="Everything known about why it is left out, and the remedy.",
        ),
    ]

    def __init__(self, connection_id: int | None = None, name: str = "") -> None:
        super().__init__()
        self._connection_id = connection_id
        self._company = name
        self._pages: list[int | None] = [None]
        self._lines: dict[str, InvoiceSides] = {}

    def body(self) -> ComposeResult:
        """Table, explanation, and the line to filter with."""
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        yield FilterLine("1042 larkspur left-out differing paid")

    def question(self) -> Callable[[Store], Invoices]:
        """The page that is open of what the filter lets through."""
        return partial(snapshots.read, wanted=self._wanted(), before_id=self._pages[-1])

    def show(self, snapshot: Invoices) -> None:
        """Fill the table."""
        self._lines = {str(line.id): line for line in snapshot.lines}
        self.set_class(not self._lines, "-empty")
        self.query_one(".empty", Static).update(self._nothing(snapshot))
        self.query_one(RecordTable).show([self._row(line) for line in snapshot.lines])
        self.show_place(self._place(snapshot))
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        line = self._chosen()
        able = {
            "older": self.snapshot is not None and self.snapshot.older,
            "newer": len(self._pages) > 1,
            "company": self._connection_id is not None or line is not None,
            "hint": line is not None and bool(hints.hint(line.left_out)),
        }
        if action in able:
            return True if able[action] else None
        return super().check_action(action, parameters)

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        line = self._chosen()
        self.query_one(TextView).show(list(told_of(line)) if line else [])
        self.refresh_bindings()

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        line = self._lines[event.key]
        self.app.push_screen(InvoiceScreen(line.connection_id, line.txn_id))

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._pages = [None]
        self.ask()

    def action_back(self) -> None:
        """From a filter back to the open invoices, else leave."""
        if self.query_one(FilterLine).value:
            self._type("")
        else:
            super().action_back()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterLine).open()

    def action_kind(self) -> None:
        """Put the next kind into the filter; after the last one, none."""
        typed = self.query_one(FilterLine).value.split()
        held = next((word for word in typed if word.casefold() in SHOWN), "")
        others = [word for word in typed if word != held]
        kind = SHOWN[(SHOWN.index(held.casefold()) + 1) % len(SHOWN)]
        self._type(" ".join([*([kind] if kind else []), *others]))

    def action_company(self) -> None:
        """Narrow to the company of the invoice under the cursor, or widen again."""
        line = self._chosen()
        if self._connection_id is not None:
            self._connection_id, self._company = None, ""
        elif line is not None:
            self._connection_id, self._company = line.connection_id, line.connection
        self._turn([None])

    def action_older(self) -> None:
        """Turn to the next page."""
        if self.snapshot and self.snapshot.lines:
            self._turn([*self._pages, self.snapshot.lines[-1].id])

    def action_newer(self) -> None:
        """Turn back."""
        self._turn(self._pages[:-1])

    def action_hint(self) -> None:
        """Open the troubleshooting entry of why it is left out."""
        line = self._chosen()
        if line is not None:
            self.app.push_screen(HintScreen(line.left_out))

    def _turn(self, pages: list[int | None]) -> None:
        self._pages = pages
        self.query_one(RecordTable).action_first()
        self.ask()

    def _type(self, text: str) -> None:
        line = self.query_one(FilterLine)
        line.value = text
        line.set_class(bool(text), "-open")
        self.query_one(RecordTable).action_first()

    def _chosen(self) -> InvoiceSides | None:
        if not self.is_mounted:
            return None
        return self._lines.get(self.query_one(RecordTable).key or "")

    def _wanted(self) -> InvoiceFilter:
        typed = snapshots.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self._connection_id)

    def _row(self, line: InvoiceSides) -> Row:
        return Row(
            str(line.id),
            (
                line.number or "(none)",
                line.customer,
                status_of(line),
                grouped(line.balance),
                seen_of(line),
                line.currency,
                line.date.isoformat(),
                line.due_date.isoformat() if line.due_date else "",
                line.connection,
                reason_of(line),
            ),
        )

    def _place(self, snapshot: Invoices) -> str:
        of = f" of {self._company}" if self._company else ""
        wanted = self._wanted()
        page = f", page {len(self._pages)}" if len(self._pages) > 1 else ""
        if wanted.kept is Kept.IMPORTED:
            shown = ", ".join(wanted.statuses) or "all"
        else:
            shown = "differing" if wanted.kept is Kept.DIFFERING else "left out"
        left_out = sum(number for _, number in snapshot.left_out)
        figures = f"{snapshot.differing:,} differing, {left_out:,} left out"
        return f"Invoices{of} ({shown}{page}; {figures})"

    def _nothing(self, snapshot: Invoices) -> str:
        of = f" of {self._company}" if self._company else ""
        wanted = self._wanted()
        if len(self._pages) > 1:
            return "No more invoices. b goes back to the page before."
        if wanted.kept is Kept.DIFFERING and not wanted.words:
            return "No difference: both sides say the same of every imported invoice."
        if wanted != replace(OPEN_ONES, connection_id=self._connection_id):
            return "No invoice fits the filter. / changes it, Esc clears it; f shows other kinds."
        left_out = sum(number for _, number in snapshot.left_out)
        if left_out:
            return f"No open invoice is imported{of}: {left_out:,} left out. f shows them."
        return (
            f"No open invoice{of}.\n\nNext, on the PC with QuickBooks: run Invoice Sync in the Web"
            " Connector. f shows paid ones."
        )
