"""Invoices: what was imported, what was left out and why, what both sides say is owed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text
from textual import on

from console.fields import field, money
from console.tui import render
from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.screens.hint import OpensHint
from console.tui.screens.invoice import InvoiceScreen
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import CURRENCY, RecordTable
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph
from console.tui.worker import Company
from shared import dates, hints
from shared.models.store import Store
from shared.operations import invoices as operations
from shared.operations.describe import invoices as describe
from shared.operations.invoices import DIFFERING, LEFT_OUT, OPEN_ONES, Invoices
from shared.rules.ledger import InvoiceFilter, InvoiceSides, Kept
from shared.structs import replace


def invoice_status(line: InvoiceSides) -> Text:
    """The status as words, with what needs a look, in its color."""
    status = describe.status(line)
    if line.left_out:
        return render.state("left-out", status)
    return render.state("refused", status) if line.differs else Text(status)


INVOICES = Records[InvoiceSides](
    lambda line: str(line.id),
    field("Invoice", lambda line: line.number or "(none)", least=8, fair=16),
    field("Customer", lambda line: line.customer, least=14, fair=28),
    field("Status", invoice_status, drop=5),
    money("Ours", lambda line: line.balance),
    field("QuickBooks", describe.seen, right=True),
    (CURRENCY, lambda line: line.currency),
    field("Date", lambda line: dates.day(line.date), drop=3),
    field("Due", lambda line: dates.day(line.due_date), drop=1),
    field("Connection", lambda line: line.connection, least=10, fair=20, drop=4),
    field("Left out because", describe.reason, least=16, drop=2),
)
KINDS = (DIFFERING, LEFT_OUT, "paid", "void", "deleted")


class InvoicesScreen(PagedScreen[Invoices, InvoiceSides, int], OpensHint[Invoices]):
    """The invoices of all connections, or of one; what is under the cursor is explained below."""

    PLACE = "Invoices"
    TABLE = INVOICES.columns
    EXAMPLE = "1042 larkspur left-out differing paid"
    NO_MORE = "No more invoices. b goes back to the page before."
    BINDINGS = bindings(
        bind(
            "f",
            "kind",
            "Next kind",
            "Open, differing, left out, paid, void and deleted invoices, in turn.",
        ),
        bind(
            "slash",
            "filter",
            "Filter",
            "A number, a customer, open, paid, void, deleted, left-out, differing.",
        ),
        bind("n", "next_page", "Older", "The next page of older invoices."),
        bind("b", "page_before", "Newer", "Back to the page before."),
        troubleshooting("why it is left out, and the remedy", show=False),
    )

    def question(self) -> Callable[[Store], Invoices]:
        return partial(operations.view_with_figures, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: Invoices) -> Iterator[Listed[InvoiceSides]]:
        return self.rows(INVOICES, snapshot.page.rows)

    def next_start(self, snapshot: Invoices) -> int | None:
        return snapshot.page.next

    def told(self, line: InvoiceSides) -> Iterator[Paragraph]:
        return render.lines(describe.summary(line))

    def place(self, snapshot: Invoices) -> str:
        wanted = self._wanted()
        if wanted.kept is Kept.IMPORTED:
            shown = ", ".join(wanted.statuses) or "imported"
        else:
            shown = "differing" if wanted.kept is Kept.DIFFERING else "left out"
        left_out = sum(number for _, number in snapshot.left_out)
        figures = f"{snapshot.differing:,} differing, {left_out:,} left out"
        return f"Invoices{self.of_company} ({shown}{self.page}; {figures})"

    def nothing(self, snapshot: Invoices) -> str:
        wanted = self._wanted()
        if wanted.kept is Kept.DIFFERING and not wanted.words:
            return "No differences: every imported invoice is the same on both sides."
        if wanted != replace(OPEN_ONES, connection_id=self.connection_id):
            return (
                "No invoice matches the filter. / changes it, Esc clears it; f shows other kinds."
            )
        left_out = sum(number for _, number in snapshot.left_out)
        if left_out:
            of = self.of_company
            return f"No open invoice is imported{of}: {left_out:,} left out. f shows them."
        return (
            f"No open invoice{self.of_company}.\n\nNext, on the PC with QuickBooks: run Invoice"
            " Sync in the Web Connector. f shows paid ones."
        )

    def company_of(self, line: InvoiceSides) -> Company:
        return Company(line.connection_id, line.connection)

    def hint_code(self) -> str:
        line = self.chosen()
        return line.left_out if line is not None and hints.hint(line.left_out) else ""

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        line = self.records[event.key]
        self.app.push_screen(InvoiceScreen(line.connection_id, line.txn_id))

    def action_kind(self) -> None:
        """Put the next kind into the filter; after the last one, none."""
        self.turn_word(KINDS)

    def _wanted(self) -> InvoiceFilter:
        typed = operations.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self.connection_id)
