"""What the store hands out: frozen values, never rows.

Times are timezone-aware UTC datetimes. QuickBooks timestamps (``time_modified``,
``time_created``) are the text QuickBooks wrote, and are compared as text of one PC's
wall clock. Amounts are ``Decimal`` with two places; quantities and rates keep
QuickBooks' own text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Day: TypeAlias = date
"""A date without time; spelled so where a field is called ``date``."""

LONGEST_LOCK = timedelta(minutes=15)
"""How long wrong passwords lock an application's sign-in at most."""


class Layout(StrEnum):
    """How many rows a connection has in the Web Connector."""

    TWO = "two"
    COMBINED = "combined"


class ApplicationKind(StrEnum):
    """Which syncs an application of the Web Connector runs."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    COMBINED = "combined"

    @property
    def label(self) -> str:
        """What people call it: "Invoice Sync"."""
        return APPLICATION_LABELS[self]


APPLICATION_LABELS: Mapping[ApplicationKind, str] = {
    ApplicationKind.INVOICE: "Invoice Sync",
    ApplicationKind.PAYMENT: "Payment Sync",
    ApplicationKind.COMBINED: "Invoiced",
}


class JobMode(StrEnum):
    """Whether a job's invoices are billed to its top customer or to the job itself."""

    ROLL_UP = "roll-up"
    SEPARATE = "separate"


class MissingMethod(StrEnum):
    """What to do for a payment method that the company file does not list."""

    CREATE = "create"
    OTHER = "other"


class Overpayment(StrEnum):
    """What becomes of the part of a payment that its invoices no longer owe."""

    REFUSE = "refuse"
    CREDIT = "credit"


class OnAccount(StrEnum):
    """What becomes of a payment that names a customer and no invoice."""

    REFUSE = "refuse"
    POST = "post"


class ClosedPeriod(StrEnum):
    """What becomes of a payment that is dated in a closed period."""

    HOLD = "hold"
    NEXT_OPEN_DAY = "next-open-day"


class SampleCompany(StrEnum):
    """Whether a sample company of QuickBooks may be bound."""

    REFUSE = "refuse"
    ALLOW = "allow"


class SyncState(StrEnum):
    """The life of one sync; the last three are final."""

    PENDING = "pending"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"


class Outcome(StrEnum):
    """What a sync did with one record."""

    IMPORTED = "imported"
    UPDATED = "updated"
    CLOSED = "closed"
    VOIDED = "voided"
    DELETED = "deleted"
    LEFT_OUT = "left-out"
    SKIPPED = "skipped"
    FAILED = "failed"
    POSTED = "posted"
    PARKED = "parked"


class ProblemState(StrEnum):
    """Where a problem stands.

    Retry: the next sync reads the record again. Skipped: the record is left out. Acknowledged: a
    person said that it is meant to be so; the record stays as it is.
    """

    OPEN = "open"
    RETRY = "retry"
    ACKNOWLEDGED = "acknowledged"
    SKIPPED = "skipped"
    RESOLVED = "resolved"


class InvoiceStatus(StrEnum):
    """What QuickBooks says of an invoice."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    DELETED = "deleted"


class RecordKind(StrEnum):
    """The kinds of QuickBooks records that syncs and problems speak of."""

    INVOICE = "invoice"
    CUSTOMER = "customer"
    PAYMENT = "payment"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class CompanyBinding:
    """The company file that the latest host, company and preferences reply described.

    ``qbxml_version`` is the version requests are written in, such as "13.0". Up to
    ``closing_date``, an ISO day, the books are closed; empty: nothing is closed. ``company_key``
    stands for the file itself: no two connections that belong to one file have different ones.
    It is empty until that was looked into.
    """

    company_name: str
    product_name: str
    major_version: str
    minor_version: str
    country: str
    qbxml_version: str
    home_currency: str
    multicurrency: bool
    bound_at: datetime
    closing_date: str = ""
    company_key: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """One QuickBooks company file joined to one ledger.

    ``company_file`` is the Windows path handed to the Web Connector; empty means the file
    that is open in QuickBooks. ``run_every_minutes`` is the Auto-Run proposal written into
    the ``.qwc`` file, ``minimum_interval_seconds`` the lower limit told at login; 0 is none.
    ``payments_out`` and ``payments_in``: payments go into QuickBooks, and come out of it.
    ``platform_account`` says whose payments these are on the billing platform; it stays.
    """

    id: int
    name: str
    layout: Layout
    company_file: str
    jobs: JobMode
    start_date: date | None
    run_every_minutes: int
    minimum_interval_seconds: int
    debug: bool
    created_at: datetime
    binding: CompanyBinding | None
    platform_account: str = ""
    payments_out: bool = True
    payments_in: bool = True
    missing_method: MissingMethod = MissingMethod.CREATE
    overpayment: Overpayment = Overpayment.REFUSE
    on_account: OnAccount = OnAccount.REFUSE
    closed_period: ClosedPeriod = ClosedPeriod.HOLD
    sample_company: SampleCompany = SampleCompany.REFUSE


@dataclass(frozen=True, slots=True)
class Application:
    """What the Web Connector lists in one row: own user name, own GUIDs.

    ``owner_id`` and ``file_id`` are GUIDs in braces, upper case.
    ``password_generation`` is 0 before the first ``.qwc`` was generated, ``password_used``
    tells that somebody signed in with the present password. After too many wrong ones nobody
    does until ``locked_until``.
    """

    id: int
    connection_id: int
    kind: ApplicationKind
    username: str
    app_name: str
    app_unique_name: str
    owner_id: str
    file_id: str
    password_generation: int
    last_seen_at: datetime | None
    last_call: str
    password_used: bool = False
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> datetime | None:
        """Until when sign-in is locked; None when it is not.

        A lock longer than any can be is none: the clock was set back since.
        """
        until = self.locked_until
        return until if until is not None and now < until <= now + LONGEST_LOCK else None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authenticate compares with. Hashes never show in a repr."""

    application: Application
    connection: Connection
    password_hash: str = field(repr=False)
    previous_password_hash: str = field(repr=False)
    failed_logins: int
    password_proof: str = field(default="", repr=False)
    previous_password_proof: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sync:
    """One run of an application, as Recent Syncs shows it.

    ``connection`` is empty for a login with an unknown user name. ``message`` is the current
    step or the closing sentence, ``error`` the sentence that says why it failed (else empty)
    and ``error_code`` the hint it leads to.
    """

    id: int
    connection_id: int | None
    connection: str
    application: str
    state: SyncState
    started_at: datetime
    ended_at: datetime | None
    position: int
    total: int
    failed: int
    message: str
    error: str
    error_code: str
    stop_requested_by: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a sync touched. ``reason`` and ``remedy`` are empty when all went well."""

    kind: RecordKind
    object_id: str
    document: str
    outcome: Outcome
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person must look at, before the store gave it a number.

    ``code`` names the hint, ``object_id`` the TxnID or ListID, ``document`` what a person
    calls it ("Invoice 1042, Larkspur Tile"). ``said`` is QuickBooks' own text, unchanged.
    ``basis`` is what it rests on, where that is not what ``message`` says: a problem that a person
    acknowledged opens again when it changes.
    """

    code: str
    kind: RecordKind
    object_id: str
    document: str
    message: str
    remedy: str
    said: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A trouble on file: one row per connection, code and object.

    ``first_sync_id`` and ``sync_id`` met it first and last; None: no sync did, or it is forgotten.
    """

    id: int
    connection_id: int
    connection: str
    code: str
    kind: RecordKind
    object_id: str
    document: str
    message: str
    remedy: str
    said: str
    state: ProblemState
    first_seen_at: datetime
    last_seen_at: datetime
    first_sync_id: int | None
    sync_id: int | None
    note: str
    changed_by: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer or job of QuickBooks; ``parent_list_id`` is empty for a top customer."""

    list_id: str
    name: str
    full_name: str
    parent_list_id: str
    active: bool
    company_name: str
    email: str
    phone: str
    bill_address: str
    currency: str
    edit_sequence: str
    time_created: str
    time_modified: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line as on the form; ``group`` is the TxnLineID of the group it stands in, or empty."""

    line_id: str
    group: str
    item: str
    description: str
    quantity: str
    rate: str
    amount: Decimal | None
    service_date: Day | None
    tax_code: str


@dataclass(frozen=True, slots=True)
class Invoice:
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


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as listings show it: billed to the top customer or the job, by job mode.

    ``left_out`` is empty for an imported invoice, else the hint code of the reason.
    """

    txn_id: str
    number: str
    customer: str
    customer_list_id: str
    date: Day
    due_date: Day | None
    total: Decimal
    balance: Decimal
    currency: str
    status: InvoiceStatus
    left_out: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as listings show it."""

    list_id: str
    name: str
    full_name: str
    parent_list_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """One row of the sweep: what the light query tells of an open invoice."""

    txn_id: str
    edit_sequence: str
    time_modified: str
    balance: Decimal
    customer_list_id: str


@dataclass(frozen=True, slots=True)
class CheckedCustomer:
    """What the light query tells of a customer that we hold.

    ``full_name`` and ``parent_list_id`` change without ``edit_sequence`` when one above it
    is renamed or merged.
    """

    list_id: str
    edit_sequence: str
    full_name: str
    parent_list_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """One qbXML request with its answer.

    ``request`` is the exact bytes that were handed out; once the sync went well it is empty, and
    only ``request_bytes`` and ``request_digest`` (the start of its SHA-256) are kept. ``digest`` is
    the SHA-256 of the answer (empty until it came) and ``answer`` the percent that
    receiveResponseXML returned, so that a repeated answer is recognized and answered alike.
    """

    id: int
    session_id: int
    sync_id: int
    sequence: int
    step: str
    request_id: str
    request: bytes = field(repr=False)
    request_bytes: int
    request_digest: str
    sent_at: datetime
    handed_out: int
    answered_at: datetime | None
    digest: str
    answer: int
    hresult: str
    status_code: int | None
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Session:
    """One update of the Web Connector, from authenticate to closeConnection.

    ``phase`` belongs to the session machine, ``plan`` is the sync plan's state as JSON text.
    ``exchange`` is the latest one, answered or not. ``cut_off``: the connection of its last call
    broke before our answer was taken. The ticket itself is never kept.
    """

    id: int
    application: Application
    connection: Connection
    sync_id: int | None
    phase: str
    plan: str
    opened_at: datetime
    last_call_at: datetime
    lease_expires_at: datetime
    ended_at: datetime | None
    peer: str
    identified: bool
    waits: int
    fallback_used: bool
    error_code: str
    error: str
    closing: str
    exchange: Exchange | None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what and when; never holds a secret."""

    id: int
    at: datetime
    who: str
    action: str
    connection: str
    detail: str


@dataclass(frozen=True, slots=True)
class ApplicationOverview:
    """An application with its running sync, else its last one; None before the first."""

    application: Application
    sync: Sync | None


@dataclass(frozen=True, slots=True)
class ConnectionOverview:
    """A connection with the applications of its layout.

    ``payments_waiting`` go into QuickBooks by themselves; of ``payments_unknown`` QuickBooks may
    have them already.
    """

    connection: Connection
    applications: tuple[ApplicationOverview, ...]
    payments_waiting: int
    payments_unknown: int
    open_problems: int
