"""What the books hold: immutable records. Money is an integer number of hundredths.

Times are epoch seconds, dates ISO text, quantities and rates QuickBooks' own text.
``modified`` is TimeModified; ``edit_sequence`` is the second of the last edit by hand, since a
change of balance moves TimeModified alone.
"""

from __future__ import annotations

from typing import NamedTuple


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


class Invoice(NamedTuple):
    """An invoice. ``applied`` is what payments and credits took off, as a positive amount."""

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
    """Money or credit put against one invoice; ``amount`` includes the ``discount``."""

    txn_id: str
    amount: int
    discount: int = 0


class Payment(NamedTuple):
    """A payment: ``total`` is what was applied, without discounts, and what is ``unused``."""

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

    @property
    def total(self) -> int:
        """What the customer was credited."""
        return self.subtotal + self.tax


class Deletion(NamedTuple):
    """A record that is gone: ``label`` is its number, or the full name of a list entry."""

    kind: str
    object_id: str
    created: int
    deleted: int
    label: str


class Fault(NamedTuple):
    """An answer to rehearse: an HRESULT or a status code for the next matching requests.

    ``request`` is the name of a request such as ``InvoiceQueryRq``, or empty for any.
    ``done`` means that QuickBooks did the work and only the answer is lost (HRESULTs only).
    """

    code: str
    request: str = ""
    times: int = 1
    done: bool = False
    message: str = ""

    @property
    def is_hresult(self) -> bool:
        """Whether the whole call fails, rather than one request."""
        return self.code.startswith("0x")
