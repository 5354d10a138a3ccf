"""One invoice: both sides, the payments applied to it, its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual import on
from textual.app import ComposeResult

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.deciding import DecidesProblems
from console.tui.screens.payment import PaymentScreen
from console.tui.widgets.record_table import Heading, RecordTable, Row
from console.tui.widgets.text_view import TextView
from shared.documents import invoice_document
from shared.models.store import Store
from shared.operations import invoices as operations
from shared.operations.describe import invoices as describe
from shared.rules.ledger import InvoiceDetail, InvoiceSides
from shared.rules.payments.values import Payment
from shared.rules.values import Problem


class InvoiceScreen(DecidesProblems[InvoiceDetail]):
    """An invoice as QuickBooks has it; Enter on a payment opens that."""

    PLACE = "Invoice"
    COPIED = "the invoice"
    BINDINGS = bindings(bind("C", "copy", "Copy", "Copy these details to your clipboard."))

    def __init__(self, connection_id: int, txn_id: str) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._txn_id = txn_id
        self._payments: dict[str, Payment] = {}

    def body(self) -> ComposeResult:
        yield TextView(classes="about")
        yield RecordTable(describe.COLUMNS)

    def question(self) -> Callable[[Store], InvoiceDetail]:
        return partial(operations.view_one, connection_id=self._connection_id, txn_id=self._txn_id)

    def show(self, snapshot: InvoiceDetail) -> None:
        sides = snapshot.sides
        document = invoice_document(sides.number, sides.named)
        self.show_place(f"{document} ({sides.connection})")
        self._payments = {str(one.payment.id): one.payment for one in snapshot.payments}
        about = [line for one in describe.sections(snapshot) for line in render.lines(one)]
        self.query_one(TextView).show([*about, *self.choices(snapshot.problem)])
        self.query_one(RecordTable).show(list(_rows(snapshot)))

    def problem(self) -> Problem | None:
        return self.snapshot.problem if self.snapshot is not None else None

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        payment = self._payments.get(event.key)
        if payment is not None:
            self.app.push_screen(PaymentScreen(payment.id))

    def hint_code(self) -> str:
        if (problem := self.problem()) is not None:
            return problem.code
        return self.snapshot.sides.left_out if self.snapshot is not None else ""


def _rows(detail: InvoiceDetail) -> Iterator[Row | Heading]:
    currency = detail.sides.currency
    if detail.payments:
        yield Heading("Payments of this invoice")
        for one in detail.payments:
            yield _payment_row(one.payment, detail.sides)
    else:
        yield Heading("This invoice has no known payments")
    if detail.invoice.lines:
        yield Heading("Lines")
        for place, line in enumerate(detail.invoice.lines):
            yield Row(f"line {place}", describe.line_cells(line, currency))


def _payment_row(payment: Payment, sides: InvoiceSides) -> Row:
    what, how, status, *others = describe.payment_cells(payment, sides)
    return Row(str(payment.id), (what, how, render.state(status), *others))
