"""What Deskbridge asks QuickBooks, as frozen values; ``writer`` makes them into qbXML.

A request is declared once: the class bears the name of its element, without the Rq; its fields
say which elements they are, in the order of QuickBooks, and what those may hold. It is asked,
and checked, once it stands in ``Request``.

Every request carries the ``request_id`` that its answer will echo, at most 50 characters,
given by the caller. Times are QuickBooks' own wall clock without offset, as the answers gave
them ("2024-06-12T09:46:40"); ranges include both ends. An empty field asks for nothing.
There is no card data, and QuickBooks is never let choose what a payment pays.
Source: qbxmlops130.xsd, of which this is the part that the syncs use.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

from shared.qbxml.elements import each, one
from shared.qbxml.formats import (
    AMOUNT,
    COUNT,
    DATE,
    ELEMENT_NAME,
    EXTERNAL_GUID,
    FULL_NAME,
    ID,
    INVOICE_NUMBER,
    MEMO,
    METHOD_NAME,
    OWNER_ID,
    PAYMENT_NUMBER,
    TIME,
    one_of,
    only,
)
from shared.structs import Value


class RequestRefused(ValueError):
    """A request that QuickBooks would refuse; nothing was sent.

    ``path`` names the field (``InvoiceQueryRq/TxnID[2]``), ``value`` is what stood there,
    ``rule`` what must stand there, ``remedy`` what to do.
    """

    def __init__(self, path: str, value: str, rule: str, remedy: str) -> None:
        super().__init__(f"{path} is {value[:60]!a}, but must be {rule}. {remedy}")
        self.path = path
        self.value = value
        self.rule = rule
        self.remedy = remedy


class OnError(StrEnum):
    """Whether QuickBooks goes on after a request that failed. It never rolls back."""

    STOP = "stopOnError"
    CONTINUE = "continueOnError"


class Metadata(StrEnum):
    """Whether the number of records is wanted: not, alone, or with the records."""

    NONE = "NoMetaData"
    ONLY = "MetaDataOnly"
    WITH_RECORDS = "MetaDataAndResponseData"


class Start(Value):
    """Begin an iterator: the answer brings its ID and how many records remain."""


class Continue(Value):
    """The next page: the same request again with the iterator's ID, in the same session."""

    iterator_id: str


Iterator: TypeAlias = Start | Continue


# Fields that several requests have.
Texts: TypeAlias = tuple[str, ...]
TxnIds = Annotated[Texts, each("TxnID", ID, either="IDs")]
PageSize = Annotated[int | None, one("MaxReturned", COUNT, either="filter")]
ModifiedFrom = Annotated[
    str, one("ModifiedDateRangeFilter/FromModifiedDate", TIME, either="filter/modified")
]
DatedFrom = Annotated[
    date | None, one("TxnDateRangeFilter/FromTxnDate", DATE, either="filter/dated")
]
WithLines = Annotated[bool, one("IncludeLineItems", only("true"))]
InactiveToo = Annotated[bool, one("ActiveStatus", only("All"))]
Included = Annotated[Texts, each("IncludeRetElement", ELEMENT_NAME)]


class Asked(Value):
    """A request: ``name`` is the name of its element."""

    name: ClassVar[str]

    request_id: str

    def __init_subclass__(cls) -> None:
        cls.name = f"{cls.__name__}Rq"


class Write(Asked):
    """A request that changes the books; QuickBooks wants it in an element within its element."""


class HostQuery(Asked):
    """Which QuickBooks this is, and which qbXML versions it speaks."""


class CompanyQuery(Asked):
    """Which company file is open; with ``owner_id`` that application's stamps in it too."""

    owner_id: Annotated[str, one("OwnerID", OWNER_ID)] = ""


class PreferencesQuery(Asked):
    """The company's preferences, closing date and currencies among them."""


class CustomerQuery(Asked):
    """Customers and jobs: by ListID, or by full name, or by filter; never two of these.

    A filter finds active ones alone, unless ``inactive_too``. ``include`` limits the answer to
    these top-level elements of CustomerRet.
    """

    list_ids: Annotated[Texts, each("ListID", ID, either="IDs")] = ()
    full_names: Annotated[Texts, each("FullName", FULL_NAME, either="names")] = ()
    max_returned: PageSize = None
    inactive_too: Annotated[bool, one("ActiveStatus", only("All"), either="filter")] = False
    from_modified: Annotated[str, one("FromModifiedDate", TIME, either="filter")] = ""
    include: Included = ()


class InvoiceQuery(Asked):
    """Invoices: by TxnID, or by number, or by filter; never two of these.

    A filter has a time of modification or a date on the form, never both. Lines come only when
    asked for. An iterator needs ``max_returned``. ``include`` is as in ``CustomerQuery``.
    """

    txn_ids: TxnIds = ()
    ref_numbers: Annotated[Texts, each("RefNumber", INVOICE_NUMBER, either="numbers")] = ()
    max_returned: PageSize = None
    from_modified: ModifiedFrom = ""
    from_date: DatedFrom = None
    unpaid_only: Annotated[bool, one("PaidStatus", only("NotPaidOnly"), either="filter")] = False
    include_lines: WithLines = False
    include: Included = ()
    iterator: Iterator | None = None
    metadata: Metadata = Metadata.NONE


class CreditMemoQuery(Asked):
    """Credit memos by filter, as ``InvoiceQuery``; there is none by what is left of them.

    What a credit memo is applied to comes only with ``include_links``.
    """

    max_returned: PageSize = None
    from_modified: ModifiedFrom = ""
    from_date: DatedFrom = None
    include_links: Annotated[bool, one("IncludeLinkedTxns", only("true"))] = False
    include: Included = ()
    iterator: Iterator | None = None


class ReceivePaymentQuery(Asked):
    """Payments: by TxnID, or by number, or by filter; never two of these.

    Numbers fit in any case of letters, and several payments may have the same one. What a
    payment is applied to comes only with ``include_lines``. There is no filter by ExternalGUID
    or memo. ``customer_list_id`` is exactly this customer or job, without what is below it. The
    other fields are as in ``InvoiceQuery``; the range of dates includes both ends.
    """

    txn_ids: TxnIds = ()
    ref_numbers: Annotated[Texts, each("RefNumber", PAYMENT_NUMBER, either="numbers")] = ()
    max_returned: PageSize = None
    from_modified: ModifiedFrom = ""
    from_date: DatedFrom = None
    to_date: Annotated[
        date | None, one("TxnDateRangeFilter/ToTxnDate", DATE, either="filter/dated")
    ] = None
    customer_list_id: Annotated[str, one("EntityFilter/ListID", ID, either="filter")] = ""
    include_lines: WithLines = False
    include: Included = ()
    iterator: Iterator | None = None


class AccountQuery(Asked):
    """The accounts: the active ones, or all. It cannot be paged."""

    inactive_too: InactiveToo = False
    include: Included = ()


class PaymentMethodQuery(Asked):
    """The payment methods that the company file lists, as ``AccountQuery``."""

    inactive_too: InactiveToo = False
    include: Included = ()


class TxnDeletedQuery(Asked):
    """Transactions deleted in the last 90 days, of the given types. It cannot be paged."""

    types: Annotated[
        tuple[str, ...],
        each("TxnDelType", one_of("Invoice", "CreditMemo", "ReceivePayment"), needed=True),
    ] = ("Invoice",)
    from_deleted: Annotated[str, one("DeletedDateRangeFilter/FromDeletedDate", TIME)] = ""
    metadata: Metadata = Metadata.NONE


class AppliedToTxn(Value):
    """How much of a payment goes to one open invoice, in the payment's currency."""

    txn_id: Annotated[str, one("TxnID", ID, needed=True)]
    payment_amount: Annotated[Decimal, one("PaymentAmount", AMOUNT, needed=True)]


class ReceivePaymentAdd(Write, kw_only=True):
    """A payment of one customer, applied to invoices of one A/R account and currency.

    ``applied`` says where the money goes: QuickBooks never chooses the invoices itself, since
    that could not be repeated. What it leaves of ``total_amount`` stays as the customer's unused
    payment; ``unapplied`` says that this is all of it, on purpose. Amounts are above zero, in
    whole cents. Without ``txn_date`` QuickBooks takes today, without an account or a method its
    own default or none. ``external_guid`` has braces. Texts are sent as they are: fit them with
    ``text.clean`` before.
    """

    customer_list_id: Annotated[str, one("CustomerRef/ListID", ID, needed=True)]
    ar_account_list_id: Annotated[str, one("ARAccountRef/ListID", ID)] = ""
    txn_date: Annotated[date | None, one("TxnDate", DATE)] = None
    ref_number: Annotated[str, one("RefNumber", PAYMENT_NUMBER)] = ""
    total_amount: Annotated[Decimal, one("TotalAmount", AMOUNT, needed=True)]
    payment_method_list_id: Annotated[str, one("PaymentMethodRef/ListID", ID)] = ""
    memo: Annotated[str, one("Memo", MEMO)] = ""
    deposit_to_account_list_id: Annotated[str, one("DepositToAccountRef/ListID", ID)] = ""
    external_guid: Annotated[str, one("ExternalGUID", EXTERNAL_GUID)] = ""
    unapplied: Annotated[
        bool, one("IsAutoApply", only("false"), either="unapplied", needed=True)
    ] = False
    applied: Annotated[
        tuple[AppliedToTxn, ...],
        each("AppliedToTxnAdd", AppliedToTxn, either="applied", needed=True),
    ]


class PaymentMethodAdd(Write):
    """A new entry in the list of payment methods; QuickBooks gives it a type."""

    method: Annotated[str, one("Name", METHOD_NAME, needed=True)]


Request: TypeAlias = (
    HostQuery
    | CompanyQuery
    | PreferencesQuery
    | CustomerQuery
    | InvoiceQuery
    | CreditMemoQuery
    | ReceivePaymentQuery
    | AccountQuery
    | PaymentMethodQuery
    | TxnDeletedQuery
    | ReceivePaymentAdd
    | PaymentMethodAdd
)
