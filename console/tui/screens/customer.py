"""One customer: both sides, and its open invoices, imported or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual import on
from textual.app import ComposeResult

from console.fields import field, money
from console.tui import render
from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.screens.hint import OpensHint
from console.tui.screens.invoice import InvoiceScreen
from console.tui.screens.invoices import invoice_status
from console.tui.widgets.record_table import CURRENCY, Heading, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import TextView
from shared import dates
from shared.models.store import Store
from shared.operations import customers as operations
from shared.operations.describe import customers, invoices
from shared.rules.ledger import CustomerDetail, InvoiceSides

INVOICES = Records[InvoiceSides](
    lambda line: str(line.id),
    field("Invoice", lambda line: line.number or "(none)"),
    field("Customer or job", lambda line: line.named, least=14, drop=4),
    field("Status", invoice_status, drop=5),
    money("Ours", lambda line: line.balance),
    field("QuickBooks", invoices.seen, right=True),
    (CURRENCY, lambda line: line.currency),
    field("Date", lambda line: dates.day(line.date), drop=3),
    field("Due", lambda line: dates.day(line.due_date), drop=2),
    field("Left out because", invoices.reason, least=16, drop=1),
)
AT_ONCE = 200


class CustomerScreen(OpensHint[CustomerDetail]):
    """A customer with what it owes; Enter opens an invoice."""

    PLACE = "Customer"
    COPIED = "the customer"
    BINDINGS = bindings(
        bind("n", "more", "More", "Show more invoices."),
        troubleshooting("why the invoice is left out, and the remedy"),
        bind("C", "copy", "Copy", "Copy these details to your clipboard."),
    )

    def __init__(self, connection_id: int, list_id: str) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._list_id = list_id
        self._most = AT_ONCE
        self._lines: dict[str, InvoiceSides] = {}

    def body(self) -> ComposeResult:
        yield TextView(classes="about")
        yield RecordTable(INVOICES.columns)

    def question(self) -> Callable[[Store], CustomerDetail]:
        return partial(
            operations.view_one,
            connection_id=self._connection_id,
            list_id=self._list_id,
            most=self._most,
        )

    def show(self, snapshot: CustomerDetail) -> None:
        sides = snapshot.sides
        self.show_place(f"{sides.full_name or 'Customer without name'} ({sides.connection})")
        listed = (*snapshot.invoices, *snapshot.left_out)
        self._lines = {str(one.id): one for one in listed}
        sections = customers.sections(snapshot)
        self.query_one(TextView).show([line for one in sections for line in render.lines(one)])
        self.query_one(RecordTable).show(list(self._rows(snapshot)))

    def able(self) -> dict[str, bool]:
        return super().able() | {"more": self.snapshot is not None and self.snapshot.more}

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(InvoiceScreen(self._connection_id, self._lines[event.key].txn_id))

    def action_more(self) -> None:
        """List more invoices."""
        self._most += AT_ONCE
        self.ask()

    def hint_code(self) -> str:
        line = self._lines.get(self.under_cursor)
        return line.left_out if line is not None else ""

    def _rows(self, detail: CustomerDetail) -> Iterator[Row | Heading]:
        now = self.worker.clock()
        yield Heading("Open invoices" if detail.invoices else "No open invoice is imported")
        yield from (INVOICES.row(one, now) for one in detail.invoices)
        if detail.left_out:
            yield Heading("Left out")
            yield from (INVOICES.row(one, now) for one in detail.left_out)
