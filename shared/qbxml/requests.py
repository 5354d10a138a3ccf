"""What Deskbridge asks QuickBooks, as frozen values; ``writer`` makes them into qbXML.

Every request carries the ``request_id`` that its answer will echo, at most 50 characters,
given by the caller. Times are QuickBooks' own wall clock without offset, as the answers gave
them ("2024-06-12T09:46:40"); ranges include both ends. An empty field asks for nothing.
Source: qbxmlops130.xsd, of which this is the part that the syncs use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, TypeAlias


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


class ActiveStatus(StrEnum):
    """Which list entries are wanted. QuickBooks itself gives only active ones when not told."""

    ACTIVE = "ActiveOnly"
    INACTIVE = "InactiveOnly"
    ALL = "All"


class PaidStatus(StrEnum):
    """Which invoices are wanted; a partly paid one is not paid."""

    ALL = "All"
    PAID = "PaidOnly"
    NOT_PAID = "NotPaidOnly"


@dataclass(frozen=True, slots=True)
class Start:
    """Begin an iterator: the answer brings its ID and how many records remain."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The next page: the same request again with the iterator's ID, in the same session."""

    iterator_id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Drop an iterator before its end."""

    iterator_id: str


Iterator: TypeAlias = Start | Continue | Stop


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Transactions of exactly these customers and jobs, or of one and all that is below it."""

    list_ids: tuple[str, ...] = ()
    list_id_with_children: str = ""


@dataclass(frozen=True, slots=True)
class HostQuery:
    """Which QuickBooks this is, and which qbXML versions it speaks."""

    name: ClassVar[str] = "HostQueryRq"
    request_id: str


@dataclass(frozen=True, slots=True)
class CompanyQuery:
    """Which company file is open; with ``owner_id`` that application's stamps in it too."""

    name: ClassVar[str] = "CompanyQueryRq"
    request_id: str
    owner_id: str = ""


@dataclass(frozen=True, slots=True)
class PreferencesQuery:
    """The company's preferences, closing date and currencies among them."""

    name: ClassVar[str] = "PreferencesQueryRq"
    request_id: str


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """Customers and jobs: by ListID, or by full name, or by filter; never two of these.

    ``include`` limits the answer to these top-level elements of CustomerRet. ``owner_ids``
    asks for data extensions: "0" for custom fields. An iterator needs ``max_returned``.
    """

    name: ClassVar[str] = "CustomerQueryRq"
    request_id: str
    list_ids: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()
    max_returned: int | None = None
    active_status: ActiveStatus | None = None
    from_modified: str = ""
    to_modified: str = ""
    include: tuple[str, ...] = ()
    owner_ids: tuple[str, ...] = ()
    iterator: Iterator | None = None
    metadata: Metadata = Metadata.NONE


@dataclass(frozen=True, slots=True)
class InvoiceQuery:
    """Invoices: by TxnID, or by number, or by filter; never two of these.

    A filter has a range of modification or a range of dates on the form, never both. Lines
    and links come only when asked for. The other fields are as in ``CustomerQuery``.
    """

    name: ClassVar[str] = "InvoiceQueryRq"
    request_id: str
    txn_ids: tuple[str, ...] = ()
    ref_numbers: tuple[str, ...] = ()
    max_returned: int | None = None
    from_modified: str = ""
    to_modified: str = ""
    from_date: date | None = None
    to_date: date | None = None
    entity: EntityFilter | None = None
    paid_status: PaidStatus | None = None
    include_lines: bool = False
    include_links: bool = False
    include: tuple[str, ...] = ()
    owner_ids: tuple[str, ...] = ()
    iterator: Iterator | None = None
    metadata: Metadata = Metadata.NONE


@dataclass(frozen=True, slots=True)
class ReceivePaymentQuery:
    """Payments: by TxnID, or by number, or by filter; never two of these.

    Numbers fit in any case of letters, and several payments may have the same one. What a
    payment is applied to comes only with ``include_lines``. There is no filter by ExternalGUID
    or memo. The other fields are as in ``InvoiceQuery``.
    """

    name: ClassVar[str] = "ReceivePaymentQueryRq"
    request_id: str
    txn_ids: tuple[str, ...] = ()
    ref_numbers: tuple[str, ...] = ()
    max_returned: int | None = None
    from_modified: str = ""
    to_modified: str = ""
    from_date: date | None = None
    to_date: date | None = None
    entity: EntityFilter | None = None
    include_lines: bool = False
    include: tuple[str, ...] = ()
    iterator: Iterator | None = None
    metadata: Metadata = Metadata.NONE


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """The accounts of the given types ("AccountsReceivable"), or all. It cannot be paged."""

    name: ClassVar[str] = "AccountQueryRq"
    request_id: str
    types: tuple[str, ...] = ()
    active_status: ActiveStatus | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentMethodQuery:
    """The payment methods that the company file lists. It cannot be paged."""

    name: ClassVar[str] = "PaymentMethodQueryRq"
    request_id: str
    active_status: ActiveStatus | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TxnDeletedQuery:
    """Transactions deleted in the last 90 days, of the given types. It cannot be paged."""

    name: ClassVar[str] = "TxnDeletedQueryRq"
    request_id: str
    types: tuple[str, ...] = ("Invoice",)
    from_deleted: str = ""
    to_deleted: str = ""
    metadata: Metadata = Metadata.NONE


@dataclass(frozen=True, slots=True)
class ListDeletedQuery:
    """List entries deleted in the last 90 days, of the given types. It cannot be paged."""

    name: ClassVar[str] = "ListDeletedQueryRq"
    request_id: str
    types: tuple[str, ...] = ("Customer",)
    from_deleted: str = ""
    to_deleted: str = ""
    metadata: Metadata = Metadata.NONE


@dataclass(frozen=True, slots=True)
class AppliedToTxn:
    """How much of a payment goes to one open invoice, in the payment's currency."""

    txn_id: str
    payment_amount: Decimal


@dataclass(frozen=True, slots=True)
class ReceivePaymentAdd:
    """A payment of one customer, applied to invoices of one A/R account and currency.

    ``applied`` says where the money goes: QuickBooks never chooses the invoices itself, since
    that could not be repeated. What it leaves of ``total_amount`` stays as the customer's unused
    payment; ``unapplied`` says that this is all of it, on purpose. Amounts are above zero, in
    whole cents. Without ``txn_date`` QuickBooks takes today, without an account or a method its
    own default or none. ``external_guid`` has braces. Texts are sent as they are: fit them with
    ``text.clean`` before. Card data has no place here.
    """

    name: ClassVar[str] = "ReceivePaymentAddRq"
    request_id: str
    customer_list_id: str
    total_amount: Decimal
    applied: tuple[AppliedToTxn, ...]
    unapplied: bool = False
    ar_account_list_id: str = ""
    txn_date: date | None = None
    ref_number: str = ""
    payment_method_list_id: str = ""
    memo: str = ""
    deposit_to_account_list_id: str = ""
    external_guid: str = ""


@dataclass(frozen=True, slots=True)
class PaymentMethodAdd:
    """A new entry in the list of payment methods; ``type`` such as "Check", or QuickBooks' own."""

    name: ClassVar[str] = "PaymentMethodAddRq"
    request_id: str
    method: str
    type: str = ""


Write: TypeAlias = ReceivePaymentAdd | PaymentMethodAdd

Request: TypeAlias = (
    HostQuery
    | CompanyQuery
    | PreferencesQuery
    | CustomerQuery
    | InvoiceQuery
    | ReceivePaymentQuery
    | AccountQuery
    | PaymentMethodQuery
    | TxnDeletedQuery
    | ListDeletedQuery
    | Write
)
