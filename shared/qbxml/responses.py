"""What QuickBooks answers, as frozen values.

Only what somebody uses is kept: a value that is passed over costs nothing and spoils no record.
Every field of a record is optional, because ``IncludeRetElement`` and withheld personal data
leave "required" elements out: text is empty, all else None, when the element was missing.
Amounts are ``Decimal`` with two places in the record's own currency. Quantities, rates and
percentages keep QuickBooks' own text. Timestamps are wall clocks without offset
(``text.wall_clock``). A reference whose ListID nobody needs (an item, terms, a tax code, a
currency) is its full name. Named tuples, since a page makes thousands of them.
Source of names and of their order: qbxmlops130.xsd.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from shared.documents import customer_document, invoice_document
from shared.qbxml.payment_responses import AccountRet as AccountRet
from shared.qbxml.payment_responses import AppliedToTxnRet as AppliedToTxnRet
from shared.qbxml.payment_responses import ErrorRecovery as ErrorRecovery
from shared.qbxml.payment_responses import PaymentMethodRet as PaymentMethodRet
from shared.qbxml.payment_responses import ReceivePaymentRet as ReceivePaymentRet
from shared.qbxml.refs import NO_REF as NO_REF
from shared.qbxml.refs import Ref as Ref


class Status(NamedTuple):
    """How a request fared; ``message`` is QuickBooks' own English. Decide by ``code``."""

    code: int
    severity: str
    message: str


class MessageSetHead(NamedTuple):
    """The attributes of the whole answer; both are missing unless recovery was asked for."""

    status_code: int | None
    new_id: str


class ResponseHead(NamedTuple):
    """The attributes of one ``*Rs``, before its records.

    ``request_id`` is None when QuickBooks left it out. ``ret_count`` comes with metadata,
    the iterator's two only with iterators: ``iterator_remaining`` 0 is the last page.
    """

    name: str
    request_id: str | None
    status: Status
    ret_count: int | None
    iterator_remaining: int | None
    iterator_id: str


class Address(NamedTuple):
    """A postal address in QuickBooks' own pieces."""

    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    note: str = ""

    @property
    def printed(self) -> tuple[str, ...]:
        """The lines as on an envelope; the note is for the driver, not for the envelope."""
        town = " ".join(part for part in (self.city, self.state, self.postal_code) if part)
        return tuple(line for line in (*self.lines, town, self.country) if line)


class DataExt(NamedTuple):
    """A custom field (``owner_id`` "0" or empty) or private data of one application."""

    owner_id: str = ""
    name: str = ""
    type: str = ""
    value: str = ""


class HostRet(NamedTuple):
    """The QuickBooks that answers: ``major_version`` 34 is the one of 2024."""

    product_name: str = ""
    major_version: str = ""
    minor_version: str = ""
    country: str = ""
    supported_versions: tuple[str, ...] = ()
    is_automatic_login: bool | None = None
    file_mode: str = ""


class CompanyRet(NamedTuple):
    """The company file that is open. It has no ID: the FileID stamp tells files apart."""

    is_sample_company: bool | None = None
    company_name: str = ""
    legal_company_name: str = ""
    address: Address | None = None
    is_accountant_copy: bool | None = None
    data_exts: tuple[DataExt, ...] = ()

    def data_ext(self, owner_id: str, name: str) -> str:
        """The private data ``name`` of one application; empty when it left none.

        GUIDs compare without regard to case.
        """
        wanted = (owner_id.upper(), name)
        stamps = (ext.value for ext in self.data_exts if (ext.owner_id.upper(), ext.name) == wanted)
        return next(stamps, "")


class PreferencesRet(NamedTuple):
    """The preferences that a sync depends on."""

    closing_date: date | None = None
    is_multi_currency_on: bool | None = None
    home_currency: Ref = NO_REF
    is_auto_applying_payments: bool | None = None
    is_personal_data_access_allowed: bool | None = None


class CustomerRet(NamedTuple):
    """A customer, or a job: a customer below another one, ``full_name`` "Parent:Job".

    ``time_modified`` moves with the balance, the ``edit_sequence`` does not.
    ``bill_address_block`` is the address as QuickBooks prints it.
    """

    list_id: str = ""
    time_created: str = ""
    time_modified: str = ""
    edit_sequence: str = ""
    name: str = ""
    full_name: str = ""
    is_active: bool | None = None
    parent: Ref = NO_REF
    sublevel: int | None = None
    company_name: str = ""
    bill_address: Address | None = None
    bill_address_block: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    currency: str = ""
    odd: tuple[str, ...] = ()

    @property
    def billing_lines(self) -> tuple[str, ...]:
        """The billing address as printed: QuickBooks' own block, else put together."""
        if self.bill_address_block or self.bill_address is None:
            return self.bill_address_block
        return self.bill_address.printed

    @property
    def document(self) -> str:
        """What a person calls it: "Customer Larkspur Tile:Pier 9"."""
        return customer_document(self.full_name or self.name)


class LinkedTxn(NamedTuple):
    """Another transaction that hangs on this one: money, or only where it came from.

    A sales order or an estimate is listed here with a negative amount although nothing was
    paid; only ``txn_type`` tells.
    """

    txn_id: str = ""
    txn_type: str = ""
    txn_date: date | None = None
    ref_number: str = ""
    link_type: str = ""
    amount: Decimal | None = None
    odd: tuple[str, ...] = ()


class InvoiceLineRet(NamedTuple):
    """A line of the form: maybe nothing but its ID, or only a description.

    ``rate_percent`` stands in place of ``rate`` for discounts and surcharges by percentage.
    """

    txn_line_id: str = ""
    item: str = ""
    description: str = ""
    quantity: str = ""
    rate: str = ""
    rate_percent: str = ""
    amount: Decimal | None = None
    service_date: date | None = None
    sales_tax_code: str = ""
    odd: tuple[str, ...] = ()


class InvoiceLineGroupRet(NamedTuple):
    """A group item with the lines it stands for: count ``total_amount`` or them, never both."""

    txn_line_id: str = ""
    item_group: str = ""
    description: str = ""
    quantity: str = ""
    total_amount: Decimal | None = None
    lines: tuple[InvoiceLineRet, ...] = ()
    odd: tuple[str, ...] = ()


class InvoiceRet(NamedTuple):
    """An invoice. QuickBooks gives no total: see ``total``.

    ``applied_amount`` is zero or negative, like the amounts of ``links``. ``is_pending`` means
    not posted: not owed, whatever the balance says. ``ref_number`` is what a person calls the
    invoice's number: it may be empty, and it may be there twice. ``tax1_total`` and
    ``tax2_total`` are how old Canadian editions said ``sales_tax_total``.
    """

    txn_id: str = ""
    time_created: str = ""
    time_modified: str = ""
    edit_sequence: str = ""
    customer: Ref = NO_REF
    ar_account: Ref = NO_REF
    txn_date: date | None = None
    ref_number: str = ""
    is_pending: bool | None = None
    po_number: str = ""
    terms: str = ""
    due_date: date | None = None
    subtotal: Decimal | None = None
    sales_tax_total: Decimal | None = None
    tax1_total: Decimal | None = None
    tax2_total: Decimal | None = None
    applied_amount: Decimal | None = None
    balance_remaining: Decimal | None = None
    currency: str = ""
    exchange_rate: str = ""
    memo: str = ""
    is_paid: bool | None = None
    is_tax_included: bool | None = None
    links: tuple[LinkedTxn, ...] = ()
    lines: tuple[InvoiceLineRet | InvoiceLineGroupRet, ...] = ()
    odd: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal | None:
        """What was billed: the balance and what was applied to it; None if either is missing."""
        if self.balance_remaining is None or self.applied_amount is None:
            return None
        return self.balance_remaining - self.applied_amount

    @property
    def tax(self) -> Decimal | None:
        """The tax in the total, in whichever words this edition says it; None if it does not."""
        if self.sales_tax_total is not None:
            return self.sales_tax_total
        parts = [part for part in (self.tax1_total, self.tax2_total) if part is not None]
        return sum(parts[1:], parts[0]) if parts else None

    @property
    def adds_up(self) -> bool:
        """Whether subtotal and tax make the total, as far as QuickBooks told all three.

        Where amounts include tax, a subtotal that is the total already is right as well.
        """
        if self.total is None or self.subtotal is None or self.tax is None:
            return True
        if self.is_tax_included and self.subtotal == self.total:
            return True
        return self.subtotal + self.tax == self.total

    @property
    def document(self) -> str:
        """What a person calls it: "Invoice 1042, Larkspur Tile"."""
        return invoice_document(self.ref_number, self.customer.full_name)


class TxnDeletedRet(NamedTuple):
    """A transaction that was deleted in the last 90 days; ``txn_del_type`` "Invoice"."""

    txn_del_type: str = ""
    txn_id: str = ""
    time_created: str = ""
    time_deleted: str = ""
    ref_number: str = ""
    odd: tuple[str, ...] = ()


class ListDeletedRet(NamedTuple):
    """A list entry that was deleted in the last 90 days; ``list_del_type`` "Customer"."""

    list_del_type: str = ""
    list_id: str = ""
    time_created: str = ""
    time_deleted: str = ""
    full_name: str = ""
    odd: tuple[str, ...] = ()


Ret: TypeAlias = (
    HostRet
    | CompanyRet
    | PreferencesRet
    | CustomerRet
    | InvoiceRet
    | ReceivePaymentRet
    | AccountRet
    | PaymentMethodRet
    | ErrorRecovery
    | TxnDeletedRet
    | ListDeletedRet
)


class BadRecord(NamedTuple):
    """A record that could not be read, in place of it; the records around it are fine.

    ``field`` is its path below the record (``InvoiceLineRet[2]/Amount``), ``value`` what stood
    there. ``document`` is what a person calls the record: "Invoice 1042, Larkspur Tile".
    """

    kind: str
    object_id: str
    document: str
    field: str
    value: str
    reason: str

    @property
    def told(self) -> str:
        """The reason with the field that it is about, named once."""
        return self.reason if self.field in self.reason else f"{self.field}: {self.reason}"
