"""What the books hold: immutable records. Money is an integer number of hundredths.

Times are epoch seconds, dates ISO text, quantities and rates QuickBooks' own text.
``modified`` is TimeModified; ``edit_sequence`` is the second of the last edit by hand, since a
change of balance moves TimeModified alone.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict


class Entry(NamedTuple):
    """An entry of a small list: terms, items, tax codes and items, templates, currencies, methods.

    ``detail`` depends on the kind: days of the terms, kind of the item, percentage of the tax,
    code of the currency, PaymentMethodType of the method.
    """

    kind: str
    list_id: str
    name: str
    detail: str
    created: int
    active: bool = True


class Account(NamedTuple):
    """An account; ``currency`` is a code."""

    list_id: str
    name: str
    type: str
    special: str
    number: str
    currency: str
    created: int


class Address(NamedTuple):
    """A postal address of one to three lines above the city."""

    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    country: str = ""


class Customer(NamedTuple):
    """A customer, or a job when it has a parent.

    ``balance`` is its own, in its own currency, without its jobs.
    """

    list_id: str
    name: str
    parent: str
    active: bool
    created: int
    modified: int
    edit_sequence: int
    balance: int
    currency: str
    company_name: str = ""
    first_name: str = ""
    last_name: str = ""
    address: Address | None = None
    phone: str = ""
    email: str = ""
    contact: str = ""
    terms: str = ""
    tax_code: str = ""
    tax_item: str = ""
    account_number: str = ""
    notes: str = ""
    delivery: str = ""
    custom: tuple[tuple[str, str], ...] = ()


class Line(NamedTuple):
    """A line as on the form; ``parts`` are the lines of a group, whose ``amount`` is their sum.

    ``rate`` ends in ``%`` for a percentage. ``amount`` is None on a line of words only.
    ``tax`` is the line's own tax where the edition has it.
    """

    line_id: str
    item: str = ""
    desc: str = ""
    quantity: str = ""
    rate: str = ""
    amount: int | None = None
    tax_code: str = ""
    tax: int = 0
    service_date: str = ""
    parts: tuple[Line, ...] = ()


class Origin(NamedTuple):
    """The sales order or estimate that an invoice was made from: linked, but no money."""

    txn_id: str
    type: str
    date: str
    number: str


class Head(TypedDict):
    """What every document begins with."""

    txn_id: str
    txn_number: int
    created: int
    modified: int
    edit_sequence: int
    customer: str
    currency: str


class Invoice(NamedTuple):
    """An invoice. ``applied`` is what payments and credits took off, as a positive amount.

    ``receivable`` is its Accounts Receivable account; empty is the usual one of its currency.
    """

    txn_id: str
    txn_number: int
    created: int
    modified: int
    edit_sequence: int
    customer: str
    currency: str
    exchange_rate: str
    date: str
    due_date: str
    number: str
    lines: tuple[Line, ...]
    subtotal: int
    tax: int
    applied: int
    pending: bool = False
    voided: bool = False
    terms: str = ""
    tax_item: str = ""
    tax_code: str = ""
    tax_included: bool = False
    po_number: str = ""
    memo: str = ""
    address: Address | None = None
    ship_address: Address | None = None
    to_be_printed: bool = False
    to_be_emailed: bool = True
    external_guid: str = ""
    discount: int = 0
    discount_date: str = ""
    origin: Origin | None = None
    custom: tuple[tuple[str, str], ...] = ()
    receivable: str = ""

    @property
    def total(self) -> int:
        """What the customer was billed."""
        return self.subtotal + self.tax

    @property
    def balance(self) -> int:
        """What is left to pay; of a pending invoice, what would be."""
        return self.total - self.applied

    @property
    def is_paid(self) -> bool:
        """IsPaid: nothing is left of a posted invoice. Zero and voided ones are paid."""
        return self.balance == 0 and not self.pending

    @property
    def owed(self) -> int:
        """What it adds to its customer's balance: pending invoices are not owed."""
        return 0 if self.pending else self.balance


class Application(NamedTuple):
    """Money or credit put against one invoice; ``amount`` includes the ``discount``.

    ``discount_account`` is empty for the usual one.
    """

    txn_id: str
    amount: int
    discount: int = 0
    discount_account: str = ""


class Payment(NamedTuple):
    """A payment: ``total`` is what was applied, without discounts, and what is ``unused``.

    ``credits`` are the credit memos and payments that it put against invoices beside its own
    money. ``deposited`` ones are part of a bank deposit.
    """

    txn_id: str
    txn_number: int
    created: int
    modified: int
    edit_sequence: int
    customer: str
    currency: str
    exchange_rate: str
    date: str
    number: str
    total: int
    unused: int
    method: str
    deposit_to: str
    applied: tuple[Application, ...]
    memo: str = ""
    external_guid: str = ""
    receivable: str = ""
    credits: tuple[str, ...] = ()
    deposited: bool = False

    @property
    def balance(self) -> int:
        """What can still be put against invoices."""
        return self.unused

    @property
    def owed(self) -> int:
        """What it adds to its customer's balance."""
        return -self.unused


class Credit(NamedTuple):
    """A credit memo: ``remaining`` is what is not yet put against invoices."""

    txn_id: str
    txn_number: int
    created: int
    modified: int
    edit_sequence: int
    customer: str
    currency: str
    exchange_rate: str
    date: str
    number: str
    lines: tuple[Line, ...]
    subtotal: int
    tax: int
    remaining: int
    applied: tuple[Application, ...]
    tax_item: str = ""
    tax_code: str = ""
    memo: str = ""
    receivable: str = ""

    @property
    def total(self) -> int:
        """What the customer was credited."""
        return self.subtotal + self.tax

    @property
    def balance(self) -> int:
        """What can still be put against invoices."""
        return self.remaining

    @property
    def owed(self) -> int:
        """What it adds to its customer's balance."""
        return -self.remaining


Applier = Payment | Credit  # what can be put against invoices
Document = Invoice | Applier
TXN_TYPES: dict[type[Document], str] = {
    Invoice: "Invoice", Payment: "ReceivePayment", Credit: "CreditMemo",
}  # fmt: skip


class Deletion(NamedTuple):
    """A record that is gone: ``label`` is its number, or the full name of a list entry."""

    kind: str
    object_id: str
    created: int
    deleted: int
    label: str


class Fault(NamedTuple):
    """An answer to rehearse: an HRESULT (``0x80040402``), a message-set code or a status code.

    It comes with the next matching call, a message-set code (600, 9001, 9002, 9004, 9005) with
    the next that carries set ids; a set that meets 9002 or 9005 runs, but its answer is not
    stored. ``request`` is the name of a request such as ``InvoiceQueryRq``, or empty for any.
    With an HRESULT, either nothing was done, or ``done``: all was done and recorded and only the
    answer is lost; or ``after``: QuickBooks went down with so many requests of the set done and
    nothing recorded; or ``late``: the call was given up on, and is done at the next ``run_late``.
    """

    code: str
    request: str = ""
    times: int = 1
    done: bool = False
    message: str = ""
    after: int | None = None
    late: bool = False

    @property
    def is_hresult(self) -> bool:
        """Whether the whole call fails, rather than one request."""
        return self.code.startswith("0x")


class LateCall(NamedTuple):
    """A message set that an application gave up on, and that QuickBooks may still do."""

    application: str
    document: str


class StoredAnswer(NamedTuple):
    """The answer to one request: ``head`` are its attributes as text, ``data`` its records.

    ``recovery`` is the ErrorRecovery that names what a write touched, else empty.
    """

    name: str
    head: str
    data: str = ""
    recovery: str = ""


class StoredSet(NamedTuple):
    """A message set that QuickBooks remembers for an application.

    ``answers`` is None when they could not be stored: it ran, and no more is known.
    """

    application: str
    set_id: str
    checksum: str
    answers: tuple[StoredAnswer, ...] | None
