"""Customers and invoices as people look at them: ours beside what QuickBooks last showed.

Frozen values; amounts are ``Decimal`` with two places, in the currency that stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from shared.documents import credit_memo_document
from shared.rules.payments.values import CustomerMapping, NamedInvoice, PaymentStatus
from shared.rules.payments.views import PaymentLine
from shared.rules.values import Day, InvoiceStatus, Problem
from shared.structs import Value

ROW = TypeVar("ROW")

Place = tuple[int, str, int]
"""Where a customer stands in the list: connection, name in lower case, number."""


class InvoiceLine(Value):
    """A line of an invoice: maybe nothing but its ID, or only a description.

    ``group`` is the line_id of the group it stands in, or empty.
    """

    line_id: str
    group: str
    item: Annotated[str, "the item in QuickBooks"]
    description: Annotated[str, "what it says"]
    quantity: Annotated[str, "as QuickBooks wrote it; may be empty"]
    rate: Annotated[str, "price of one, likewise"]
    amount: Annotated[Decimal | None, "amount with two decimals, as text; null: none"]
    service_date: Day | None
    tax_code: str


class Invoice(Value):
    """An invoice of QuickBooks, amounts in ``currency``.

    ``customer_list_id`` is the customer or job that QuickBooks names. ``total`` is
    ``balance - applied``; ``applied`` is zero or negative, as QuickBooks writes it.
    ``currency`` is empty when the company keeps one currency (the home currency then). ``note``
    is what stood in fields that could not be read and that nothing depends on.
    """

    txn_id: str
    number: str
    customer_list_id: str
    customer_full_name: str
    date: Day
    due_date: Day | None
    subtotal: Decimal
    tax: Decimal
    applied: Decimal
    balance: Decimal
    total: Decimal
    currency: str
    exchange_rate: str
    status: InvoiceStatus
    pending: bool
    ar_account_list_id: str
    ar_account: str
    terms: str
    po_number: str
    memo: str
    edit_sequence: str
    time_created: str
    time_modified: str
    lines: tuple[InvoiceLine, ...] = ()
    note: str = ""


class CreditUse(Value):
    """What a credit memo was applied to: an invoice, or a refund."""

    txn_id: Annotated[str, "TxnID of what it is applied to"]
    type: Annotated[str, "what that is, as QuickBooks says it, such as `Invoice`"]
    number: Annotated[str, "and its number; may be empty"]
    amount: Annotated[Decimal, "amount of the credit applied there"]


class CreditMemo(Value):
    """A credit memo of QuickBooks of which something is left, amounts in ``currency``."""

    txn_id: Annotated[str, "TxnID of QuickBooks"]
    number: Annotated[str, "number of the credit memo; may be empty"]
    customer: Annotated[str, "the customer or job that it is for"]
    customer_list_id: Annotated[str, "and its ListID"]
    date: Annotated[Day, "date of the credit memo"]
    total: Annotated[Decimal, "amount with two decimals, as text"]
    remaining: Annotated[Decimal, "its remaining amount, likewise"]
    currency: Annotated[str, "such as USD"]
    time_modified: str
    uses: Annotated[tuple[CreditUse, ...], "what it is applied to"] = ()

    @property
    def document(self) -> str:
        """What a person calls it: "Credit memo 2041, Larkspur Tile"."""
        return credit_memo_document(self.number, self.customer)


class OpenCredit(Value):
    """What is left of the credit memos of a customer or job, in one currency."""

    customer: Annotated[str, "the customer or job"]
    currency: Annotated[str, "such as USD"]
    credit_memos: Annotated[int, "how many are open"]
    remaining: Annotated[Decimal, "their remaining amount"]


class CustomerState(StrEnum):
    """What we have of a customer."""

    WANTED = "wanted"
    HELD = "held"
    MISSING = "missing"
    DELETED = "deleted"


class Kept(StrEnum):
    """Which invoices: those that are imported, or the few that need a look."""

    IMPORTED = "imported"
    LEFT_OUT = "left-out"
    DIFFERING = "differing"  # imported, and QuickBooks last showed another balance


class InvoiceSides(Value):
    """An invoice as it is listed, with its balance on both sides.

    Billed is the top customer or the job, by job mode.
    """

    id: int
    connection_id: int
    connection: Annotated[str, "the connection"]
    txn_id: Annotated[str, "TxnID of QuickBooks"]
    number: Annotated[str, "invoice number; may be empty"]
    customer: Annotated[str, "the customer it is billed to"]
    customer_list_id: Annotated[str, "and its ListID"]
    named: Annotated[str, "the customer or job on the invoice"]
    date: Annotated[Day, "invoice date"]
    due_date: Annotated[Day | None, "due date or null"]
    total: Annotated[Decimal, "amount with two decimals, as text"]
    balance: Annotated[Decimal, "balance due, likewise"]
    seen: Annotated[Decimal | None, "balance due that QuickBooks last showed; null: it never did"]
    currency: Annotated[str, "such as USD"]
    status: Annotated[InvoiceStatus, "`open`, `paid`, `void` or `deleted`"]
    left_out: Annotated[str, "why it is not imported (a hint); empty: it is"]

    @property
    def differs(self) -> bool:
        """Whether the two sides do not say the same."""
        return self.balance != (self.seen or Decimal(0))


class ExportedInvoice(Value):
    """An invoice with all that other programs ask of one."""

    sides: InvoiceSides
    subtotal: Annotated[Decimal, "amount before tax"]
    tax: Annotated[Decimal, "sales tax"]
    applied: Annotated[Decimal, "amount paid or credited"]
    terms: Annotated[str, "terms, such as Net 30; may be empty"]
    po_number: Annotated[str, "the customer's purchase order; may be empty"]
    memo: Annotated[str, "memo; may be empty"]
    email: Annotated[str, "the customer's email address; may be empty"]
    phone: Annotated[str, "and telephone"]


class InvoiceFilter(Value):
    """Which invoices are wanted; what is left empty lets all pass.

    ``statuses`` narrow those that are imported. Each of ``words`` is a part of the number, of
    the customer's name or of the connection's.
    """

    kept: Kept = Kept.IMPORTED
    connection_id: int | None = None
    statuses: tuple[InvoiceStatus, ...] = ()
    words: tuple[str, ...] = ()
    bill_to: str | None = None


class Billed(StrEnum):
    """Which customers: any that invoices are billed to, or any that we hold, or inactive ones."""

    BILLED = "billed"
    HELD = "held"
    INACTIVE = "inactive"  # or not shown by QuickBooks: their invoices are left out


class Owing(Value):
    """What a customer owes in one currency, by invoices that are imported.

    ``open`` and ``balance`` are ours, ``seen`` is what QuickBooks last showed of them.
    """

    currency: Annotated[str, "such as USD"]
    open: Annotated[int, "how many are open"]
    balance: Annotated[Decimal, "their balance due"]
    seen: Annotated[Decimal, "what QuickBooks last showed of them"]


class LeftOut(Value):
    """Open invoices of a customer that are left out for one reason, a hint code."""

    reason: Annotated[str, "why (a hint)"]
    count: Annotated[int, "how many"]
    seen: Annotated[Decimal, "what QuickBooks last showed of them"]
    currency: Annotated[str, "such as USD"]


class CustomerSides(Value):
    """A customer with what is billed to it; ``full_name`` may come from its invoices alone.

    ``state`` is that of ``CustomerState``: only a held one is known to be in QuickBooks.
    ``sorts_as`` is the name as the store orders it.
    """

    id: int
    connection_id: int
    connection: Annotated[str, "the connection"]
    list_id: Annotated[str, "ListID of QuickBooks"]
    name: Annotated[str, "its own name"]
    full_name: Annotated[str, "with the customers above it, joined by colons"]
    parent_list_id: Annotated[str, "ListID of the customer above; empty: none"]
    state: Annotated[
        CustomerState,
        "`held`: it is as QuickBooks has it; `wanted`: it is not read yet; `missing` and "
        "`deleted`: QuickBooks no longer has it",
    ]
    active: Annotated[bool, "whether QuickBooks lists it as active"]
    account_number: Annotated[str, "its account number; empty: none"]
    sorts_as: str
    owing: Annotated[tuple[Owing, ...], "its balance due on imported invoices, by currency"] = ()
    left_out: Annotated[
        tuple[LeftOut, ...], "its open invoices that are not imported, by reason"
    ] = ()

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return (self.connection_id, self.sorts_as, self.id)


class CustomerFilter(Value):
    """Which customers are wanted; each of ``words`` is a part of their or the connection's name."""

    billed: Billed = Billed.BILLED
    connection_id: int | None = None
    words: tuple[str, ...] = ()


class UnresolvedName(Value):
    """A customer's name for which payments were refused; ``amounts`` are (currency, sum)."""

    connection_id: int
    connection: str
    name: str
    payments: int
    amounts: tuple[tuple[str, Decimal], ...]


class Candidate(Value):
    """A customer that a name may mean, since a payment of the name pays ``invoices`` of it.

    They are its own, or of a job below it.
    """

    list_id: str
    customer: str
    active: bool
    invoices: tuple[NamedInvoice, ...]


class Resolved(Value):
    """Whom a name means now, or meant until now, and where its payments stand."""

    mapping: CustomerMapping
    payments: Mapping[PaymentStatus, int]


class Affected(Value):
    """The payments that are judged again when a name means somebody else.

    They wait, are ready, or were refused for the name. ``amounts`` are (currency, sum).
    """

    count: int
    amounts: tuple[tuple[str, Decimal], ...]


class Listed(Value, Generic[ROW]):
    """A row of a listing with the name of its connection."""

    connection: Annotated[str, "the connection"]
    row: ROW


class CustomerDetail(Value):
    """A customer with the open invoices billed to it, the last read first.

    ``more``: there are more than these, imported or left out. ``also_called`` are the platform's
    names that were matched to it, ``formerly`` the names that it had before.
    """

    sides: CustomerSides
    invoices: tuple[InvoiceSides, ...]
    left_out: tuple[InvoiceSides, ...]
    also_called: Annotated[tuple[str, ...], "names on the platform that were matched to it"]
    formerly: Annotated[tuple[str, ...], "its former names; payments may still use them"]
    more: bool

    @property
    def all_invoices(
        self,
    ) -> Annotated[
        Sequence[InvoiceSides],
        "its open invoices, imported or left out, with the keys of `invoices list`",
    ]:
        """Its open invoices, those that are imported first."""
        return (*self.invoices, *self.left_out)


class InvoiceDetail(Value):
    """An invoice as QuickBooks has it, beside what became of it here."""

    sides: InvoiceSides
    invoice: Invoice
    payments: Annotated[
        tuple[PaymentLine, ...], "payments applied to it, with the keys of `payments list`"
    ]
    problem: Problem | None

    @property
    def problem_code(self) -> Annotated[str, "what is wrong with it (a hint); empty: nothing"]:
        """The hint behind its problem."""
        return self.problem.code if self.problem else ""
