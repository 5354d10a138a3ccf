"""One invoice: both sides, the payments applied to it, its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.tui import words
from console.tui.screens.deciding import DecidesProblems
from console.tui.screens.hint import HintScreen
from console.tui.screens.invoice_telling import told_of
from console.tui.screens.payment import PaymentScreen
from console.tui.snapshots import invoice as snapshots
from console.tui.snapshots.invoice import InvoiceDetail
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import TextView
from shared.documents import invoice_document
from shared.models.store import Store
from shared.operations.describe.payments import name_of, status_word
from shared.operations.describe.problems import standing
from shared.operations.describe.text import grouped
from shared.rules.payments.values import ZERO, Payment, PaymentSource
from shared.rules.values import InvoiceLine, Problem

COLUMNS = (
    Column("What", least=20),
    Column("How", least=10, drop=2),
    Column("Status", drop=3),
    Column("Date", drop=1),
    Column("Amount", right=True),
    Column(""),
)


class InvoiceScreen(DecidesProblems[InvoiceDetail]):
    """An invoice as QuickBooks has it; Enter on a payment opens that."""

    PLACE = "Invoice"
    CSS_PATH = "invoices.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "copy", "Copy", tooltip="Copy what is told here to your clipboard."),
    ]

    def __init__(self, connection_id: int, txn_id: str) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._txn_id = txn_id
        self._payments: dict[str, Payment] = {}

    def body(self) -> ComposeResult:
        """What it is, then payments and lines."""
        yield TextView(classes="about")
        yield RecordTable(COLUMNS)

    def question(self) -> Callable[[Store], InvoiceDetail]:
        """The invoice with its payments."""
        return partial(snapshots.read, connection_id=self._connection_id, txn_id=self._txn_id)

    def show(self, snapshot: InvoiceDetail) -> None:
        """Fill in text and table."""
        sides = snapshot.sides
        document = invoice_document(sides.number, sides.named)
        self.show_place(f"{document} ({sides.connection})")
        self._payments = {str(one.id): one for one in snapshot.payments}
        self.query_one(TextView).show([*_about(snapshot), *self.choices(snapshot.problem)])
        self.query_one(RecordTable).show(list(_rows(snapshot)))

    def problem(self) -> Problem | None:
        """What is wrong with the invoice."""
        return self.snapshot.problem if self.snapshot is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        if action == "hint":
            return True if self._code() else None
        return super().check_action(action, parameters)

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        payment = self._payments.get(event.key)
        if payment is not None:
            self.app.push_screen(PaymentScreen(payment.id))

    def action_hint(self) -> None:
        """Open the troubleshooting entry of its problem, else of why it is left out."""
        self.app.push_screen(HintScreen(self._code()))

    def action_copy(self) -> None:
        """Copy what is told."""
        self.copy(self.query_one(TextView).text, "the invoice")

    def _code(self) -> str:
        problem = self.problem()
        if problem is not None:
            return problem.code
        return self.snapshot.sides.left_out if self.snapshot is not None else ""


def _about(detail: InvoiceDetail) -> Iterator[Text]:
    invoice, problem = detail.invoice, detail.problem
    yield from told_of(detail.sides)
    if problem is not None:
        yield words.titled("Problem", f"{problem.message} ({standing(problem)})")
        if problem.remedy:
            yield words.titled("What to do", problem.remedy)
    more = {
        "A/R account": invoice.ar_account,
        "Terms": invoice.terms,
        "P.O. number": invoice.po_number,
        "Memo": invoice.memo,
        "Not read": invoice.note,
        "TxnID": invoice.txn_id,
        "Changed in QuickBooks": invoice.time_modified.replace("T", " "),
    }
    told = ", ".join(f"{name} {value}" for name, value in more.items() if value)
    yield words.titled("In QuickBooks", told)


def _rows(detail: InvoiceDetail) -> Iterator[Row | Heading]:
    currency = detail.sides.currency
    if detail.payments:
        yield Heading("Payments of this invoice")
        for payment in detail.payments:
            yield _payment_row(payment, detail.sides.txn_id, currency)
    else:
        yield Heading("No payment of this invoice is known")
    if detail.invoice.lines:
        yield Heading("Lines")
        for place, line in enumerate(detail.invoice.lines):
            yield _line_row(place, line, currency)


def _payment_row(payment: Payment, txn_id: str, currency: str) -> Row:
    its_own = (use.amount for use in payment.uses if use.invoice_txn_id == txn_id)
    applied = sum(its_own, ZERO)
    source = "QuickBooks" if payment.source is PaymentSource.QUICKBOOKS else "the platform"
    status = words.state("deleted" if payment.deleted else status_word(payment))
    day = payment.date.isoformat()
    how = f"{payment.method.replace('_', ' ')} from {source}".strip()
    return Row(str(payment.id), (name_of(payment), how, status, day, grouped(applied), currency))


def _line_row(place: int, line: InvoiceLine, currency: str) -> Row:
    named = f" ({line.item})" if line.item and line.description else line.item
    how = " x ".join(part for part in (line.quantity, line.rate) if part)
    day = line.service_date.isoformat() if line.service_date else ""
    amount = "" if line.amount is None else grouped(line.amount)
    what = f"{line.description}{named}"
    return Row(f"line {place}", (what, how, "", day, amount, currency if amount else ""))
