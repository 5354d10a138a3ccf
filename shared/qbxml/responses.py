"""What QuickBooks answers, as frozen values.

Only what somebody uses is kept: a value that is passed over costs nothing and spoils no record.
Every field of a record is optional, because ``IncludeRetElement`` and withheld personal data
leave "required" elements out: text is empty, all else None, when the element was missing.
A field says in its annotation which element it is; a record bears its element's name, and is
read once it stands in ``Ret``.
Amounts are in the record's own currency: ``Decimal`` with two places. Where records are stored by
the thousand, amounts are whole hundredths (``_cents``) and days ISO text. Quantities, rates and
percentages keep QuickBooks' own text. Timestamps are wall clocks without offset
(``text.wall_clock``). A reference whose ListID nobody needs (an item, terms, a tax code, a
currency) is its full name. Named tuples, since a page makes thousands of them.
Source of names and of their order: qbxmlops130.xsd.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple, TypeAlias

from shared.documents import credit_memo_document, customer_document, invoice_document
from shared.qbxml.fields import (
    amount,
    cents,
    day,
    each,
    flag,
    full_name,
    lines,
    moment,
    object_id,
    one,
    ref,
    stored_day,
    text,
    texts,
    word,
)
from shared.qbxml.invoice_lines import InvoiceLineGroupRet, InvoiceLineRet
from shared.qbxml.payment_responses import (
    AccountRet,
    ErrorRecovery,
    PaymentMethodRet,
    ReceivePaymentRet,
)
from shared.qbxml.refs import NO_REF, Ref


class Status(NamedTuple):
    """How a request fared; ``message`` is QuickBooks' own English. Decide by ``code``."""

    code: int
    message: str


class MessageSetHead(NamedTuple):
    """The status of the whole answer; it is missing unless recovery was asked for."""

    status_code: int | None


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

    lines: Annotated[tuple[str, ...], texts("Addr1", "Addr2", "Addr3", "Addr4", "Addr5")] = ()
    city: Annotated[str, text("City")] = ""
    state: Annotated[str, text("State", "Province", "County")] = ""
    postal_code: Annotated[str, text("PostalCode")] = ""
    country: Annotated[str, text("Country")] = ""

    @property
    def printed(self) -> tuple[str, ...]:
        """The lines as on an envelope."""
        town = " ".join(part for part in (self.city, self.state, self.postal_code) if part)
        return tuple(line for line in (*self.lines, town, self.country) if line)


class DataExt(NamedTuple):
    """A custom field (``owner_id`` "0" or empty) or private data of one application."""

    owner_id: Annotated[str, word("OwnerID")] = ""
    name: Annotated[str, text("DataExtName")] = ""
    value: Annotated[str, text("DataExtValue")] = ""


class HostRet(NamedTuple):
    """The QuickBooks that answers: ``major_version`` 34 is the one of 2024."""

    product_name: Annotated[str, text("ProductName")] = ""
    major_version: Annotated[str, word("MajorVersion")] = ""
    minor_version: Annotated[str, word("MinorVersion")] = ""
    country: Annotated[str, word("Country")] = ""
    supported_versions: Annotated[tuple[str, ...], texts("SupportedQBXMLVersion")] = ()


class CompanyRet(NamedTuple):
    """The company file that is open. It has no ID: the FileID stamp tells files apart."""

    is_sample_company: Annotated[bool | None, flag("IsSampleCompany")] = None
    company_name: Annotated[str, text("CompanyName")] = ""
    data_exts: Annotated[tuple[DataExt, ...], each("DataExtRet", DataExt)] = ()

    def data_ext(self, owner_id: str, name: str) -> str:
        """The private data ``name`` of one application; empty when it left none.

        GUIDs compare without regard to case.
        """
        wanted = (owner_id.upper(), name)
        stamps = (ext.value for ext in self.data_exts if (ext.owner_id.upper(), ext.name) == wanted)
        return next(stamps, "")


class AccountingPreferences(NamedTuple):
    """Until when the books are closed."""

    closing_date: Annotated[date | None, day("ClosingDate")] = None


class MultiCurrencyPreferences(NamedTuple):
    """Whether the company has several currencies, and which is its own."""

    is_on: Annotated[bool | None, flag("IsMultiCurrencyOn")] = None
    home: Annotated[str, full_name("HomeCurrencyRef")] = ""


class PreferencesRet(NamedTuple):
    """The preferences that a sync depends on."""

    accounting: Annotated[
        AccountingPreferences, one("AccountingPreferences", AccountingPreferences)
    ] = AccountingPreferences()
    multi_currency: Annotated[
        MultiCurrencyPreferences, one("MultiCurrencyPreferences", MultiCurrencyPreferences)
    ] = MultiCurrencyPreferences()


class CustomerRet(NamedTuple):
    """A customer, or a job: a customer below another one, ``full_name`` "Parent:Job".

    ``time_modified`` moves with the balance, the ``edit_sequence`` does not.
    ``bill_address_block`` is the address as QuickBooks prints it.
    """

    list_id: Annotated[str, object_id("ListID", needed=True)] = ""
    time_created: Annotated[str, moment("TimeCreated", spare=True)] = ""
    time_modified: Annotated[str, moment("TimeModified")] = ""
    edit_sequence: Annotated[str, word("EditSequence")] = ""
    name: Annotated[str, text("Name")] = ""
    full_name: Annotated[str, text("FullName")] = ""
    is_active: Annotated[bool | None, flag("IsActive")] = None
    parent: Annotated[Ref, ref("ParentRef")] = NO_REF
    company_name: Annotated[str, text("CompanyName")] = ""
    bill_address: Annotated[Address | None, one("BillAddress", Address)] = None
    bill_address_block: Annotated[tuple[str, ...], lines("BillAddressBlock")] = ()
    phone: Annotated[str, text("Phone")] = ""
    email: Annotated[str, text("Email")] = ""
    account_number: Annotated[str, text("AccountNumber")] = ""
    currency: Annotated[str, full_name("CurrencyRef")] = ""
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


class InvoiceRet(NamedTuple):
    """An invoice. QuickBooks gives no total: see ``total_cents``.

    ``applied_cents`` is zero or negative. ``is_pending`` means not posted: not owed, whatever
    the balance says. ``ref_number`` is what a person calls the invoice's number: it may be
    empty, and it may be there twice. ``tax1_cents`` and ``tax2_cents`` are how old Canadian
    editions said ``sales_tax_cents``.
    """

    txn_id: Annotated[str, object_id("TxnID", needed=True)] = ""
    time_created: Annotated[str, moment("TimeCreated", spare=True)] = ""
    time_modified: Annotated[str, moment("TimeModified")] = ""
    edit_sequence: Annotated[str, word("EditSequence")] = ""
    customer: Annotated[Ref, ref("CustomerRef")] = NO_REF
    ar_account: Annotated[Ref, ref("ARAccountRef", spare=True)] = NO_REF
    txn_date: Annotated[str | None, stored_day("TxnDate")] = None
    ref_number: Annotated[str, text("RefNumber")] = ""
    is_pending: Annotated[bool | None, flag("IsPending")] = None
    po_number: Annotated[str, text("PONumber")] = ""
    terms: Annotated[str, full_name("TermsRef")] = ""
    due_date: Annotated[str | None, stored_day("DueDate")] = None
    subtotal_cents: Annotated[int | None, cents("Subtotal", spare=True)] = None
    sales_tax_cents: Annotated[int | None, cents("SalesTaxTotal", spare=True)] = None
    tax1_cents: Annotated[int | None, cents("Tax1Total", spare=True)] = None
    tax2_cents: Annotated[int | None, cents("Tax2Total", spare=True)] = None
    applied_cents: Annotated[int | None, cents("AppliedAmount")] = None
    balance_cents: Annotated[int | None, cents("BalanceRemaining")] = None
    currency: Annotated[str, full_name("CurrencyRef")] = ""
    exchange_rate: Annotated[str, word("ExchangeRate")] = ""
    memo: Annotated[str, text("Memo")] = ""
    is_paid: Annotated[bool | None, flag("IsPaid")] = None
    is_tax_included: Annotated[bool | None, flag("IsTaxIncluded", spare=True)] = None
    lines: Annotated[
        tuple[InvoiceLineRet | InvoiceLineGroupRet, ...],
        each("InvoiceLineRet", InvoiceLineRet),
        each("InvoiceLineGroupRet", InvoiceLineGroupRet),
    ] = ()
    odd: tuple[str, ...] = ()

    @property
    def total_cents(self) -> int | None:
        """What was billed: the balance and what was applied to it; None if either is missing."""
        if self.balance_cents is None or self.applied_cents is None:
            return None
        return self.balance_cents - self.applied_cents

    @property
    def tax_cents(self) -> int | None:
        """The tax in the total, in whichever words this edition says it; None if it does not."""
        if self.sales_tax_cents is not None:
            return self.sales_tax_cents
        parts = [part for part in (self.tax1_cents, self.tax2_cents) if part is not None]
        return sum(parts) if parts else None

    @property
    def adds_up(self) -> bool:
        """Whether subtotal and tax make the total, as far as QuickBooks told all three.

        Where amounts include tax, a subtotal that is the total already is right as well.
        """
        total, subtotal, tax = self.total_cents, self.subtotal_cents, self.tax_cents
        if total is None or subtotal is None or tax is None:
            return True
        return subtotal + tax == total or bool(self.is_tax_included and subtotal == total)

    @property
    def document(self) -> str:
        """What a person calls it: "Invoice 1042, Larkspur Tile"."""
        return invoice_document(self.ref_number, self.customer.full_name)


class LinkedTxn(NamedTuple):
    """A transaction that an amount of another one went to; below it ``amount`` may be negative."""

    txn_id: Annotated[str, object_id("TxnID")] = ""
    txn_type: Annotated[str, word("TxnType")] = ""
    ref_number: Annotated[str, text("RefNumber")] = ""
    amount: Annotated[Decimal | None, amount("Amount")] = None


class CreditMemoRet(NamedTuple):
    """A credit memo; ``linked`` is what it is applied to, and comes only when asked for.

    ``credit_remaining`` is what is left of ``total_amount``. ``is_pending`` means not posted.
    """

    txn_id: Annotated[str, object_id("TxnID", needed=True)] = ""
    time_modified: Annotated[str, moment("TimeModified")] = ""
    customer: Annotated[Ref, ref("CustomerRef")] = NO_REF
    txn_date: Annotated[date | None, day("TxnDate")] = None
    ref_number: Annotated[str, text("RefNumber")] = ""
    is_pending: Annotated[bool | None, flag("IsPending")] = None
    total_amount: Annotated[Decimal | None, amount("TotalAmount")] = None
    credit_remaining: Annotated[Decimal | None, amount("CreditRemaining")] = None
    currency: Annotated[str, full_name("CurrencyRef")] = ""
    linked: Annotated[tuple[LinkedTxn, ...], each("LinkedTxn", LinkedTxn)] = ()

    @property
    def document(self) -> str:
        """What a person calls it: "Credit memo 2041, Larkspur Tile"."""
        return credit_memo_document(self.ref_number, self.customer.full_name)


class TxnDeletedRet(NamedTuple):
    """A transaction that was deleted in the last 90 days."""

    txn_id: Annotated[str, object_id("TxnID", needed=True)] = ""
    ref_number: Annotated[str, text("RefNumber")] = ""
    time_deleted: Annotated[str, moment("TimeDeleted", spare=True)] = ""
    odd: tuple[str, ...] = ()


Ret: TypeAlias = (
    HostRet
    | CompanyRet
    | PreferencesRet
    | CustomerRet
    | InvoiceRet
    | CreditMemoRet
    | ReceivePaymentRet
    | AccountRet
    | PaymentMethodRet
    | ErrorRecovery
    | TxnDeletedRet
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
