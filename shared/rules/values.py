"""What the store hands out: frozen values, never rows.

Beside the type of a field stands what it holds, where JSON shows it (None is null there). Times are
timezone-aware UTC datetimes. QuickBooks timestamps (``time_modified``,
``time_created``) are the text QuickBooks wrote, and are compared as text of one PC's
wall clock. Amounts are ``Decimal`` with two places; quantities and rates keep
QuickBooks' own text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple, TypeAlias

from shared.structs import Value, field

Day: TypeAlias = date
"""A date without time; spelled so where a field is called ``date``."""

MAX_AUTO_RUN_MINUTES = 7 * 24 * 60
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


WAITING = (ProblemState.OPEN, ProblemState.RETRY)
"""States of problems that are not settled."""


class InvoiceStatus(StrEnum):
    """What QuickBooks says of an invoice."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    DELETED = "deleted"


class RecordKind(StrEnum):
    """The kinds of records that syncs and problems speak of."""

    INVOICE = "invoice"
    CREDIT_MEMO = "credit-memo"
    CUSTOMER = "customer"
    PAYMENT = "payment"
    SYNC = "sync"
    DELIVERY = "delivery"  # what an outlet could not deliver
    SENDING = "sending"  # a record on its way to the billing platform
    RECEIVING = "receiving"  # a record of the billing platform that did not come in
    PLATFORM = "platform"  # the account on the billing platform as a whole


class CompanyBinding(Value):
    """The company file that the latest host, company and preferences reply described.

    ``qbxml_version`` is the version requests are written in, such as "13.0". Up to
    ``closing_date``, an ISO day, the books are closed; empty: nothing is closed. ``company_key``
    stands for the file itself: no two connections that belong to one file have different ones.
    It is empty until that was looked into.
    """

    company_name: Annotated[str, "as QuickBooks names it"]
    product_name: Annotated[str, "the QuickBooks product"]
    major_version: Annotated[str, "of the product"]
    minor_version: Annotated[str, "of the product"]
    country: Annotated[str, "edition: US, CA or UK"]
    qbxml_version: Annotated[str, "the version requests are written in"]
    home_currency: Annotated[str, "currency of the company"]
    multicurrency: Annotated[bool, "whether it uses several"]
    bound_at: Annotated[datetime, "when it was first read"]
    closing_date: str = ""
    company_key: str = ""


class Connection(Value, kw_only=True):
    """One QuickBooks company file joined to one ledger; each setting of it has its default.

    ``platform_account`` says whose payments these are on the billing platform; it stays.
    """

    id: int
    name: Annotated[str, "the name of the connection"]
    layout: Annotated[Layout, "`two` applications or one `combined`"] = Layout.TWO
    company_file: Annotated[
        str, "Windows path handed to the Web Connector; empty: the file that is open"
    ] = ""
    jobs: Annotated[JobMode, "`roll-up` to the top customer or `separate`"] = JobMode.ROLL_UP
    start_date: Annotated[date | None, "invoices dated earlier are left out; null: none are"] = None
    run_every_minutes: Annotated[int, "Auto-Run interval suggested in the .qwc files; 0: none"] = 0
    minimum_interval_seconds: Annotated[
        int, "lower limit sent to the Web Connector at sign-in; 0: none"
    ] = 0
    debug: Annotated[bool, "whether the answers of QuickBooks are kept"] = False
    created_at: Annotated[datetime, "when it was added"]
    binding: Annotated[
        CompanyBinding | None, "the company file it is bound to; null before the first sync"
    ]
    platform_account: str = ""
    payments_out: Annotated[bool, "whether payments are posted to QuickBooks"] = True
    payments_in: Annotated[bool, "whether payments recorded in QuickBooks are imported"] = True
    missing_method: Annotated[
        MissingMethod, "a payment method that QuickBooks does not list: `create` it or use `other`"
    ] = MissingMethod.CREATE
    overpayment: Annotated[
        Overpayment,
        "the rest of an overpayment: `refuse` the payment or keep it as customer `credit`",
    ] = Overpayment.REFUSE
    on_account: Annotated[
        OnAccount, "a payment without an invoice: `refuse` it or `post` it on account"
    ] = OnAccount.REFUSE
    closed_period: Annotated[
        ClosedPeriod,
        "a payment dated in a closed period: `hold` it or post it on the `next-open-day`",
    ] = ClosedPeriod.HOLD
    sample_company: Annotated[
        SampleCompany, "a QuickBooks sample company: `refuse` or `allow` it"
    ] = SampleCompany.REFUSE
    credit_memos: Annotated[bool, "whether open credit memos are read"] = False
    quiet_hours: Annotated[
        str, "no sync runs in these hours, such as `08:00-17:00`; empty: none"
    ] = ""
    time_budget_minutes: Annotated[
        int, "a sync stops after this long, and the next one continues; 0: it runs to its end"
    ] = 0
    paused_at: Annotated[datetime | None, "since when no sync runs; null: it is not paused"] = None
    paused_by: Annotated[str, "who paused it; empty: nobody"] = ""


class Application(Value):
    """What the Web Connector lists in one row: own user name, own GUIDs.

    ``owner_id`` and ``file_id`` are GUIDs in braces, upper case.
    """

    id: int
    connection_id: int
    kind: Annotated[ApplicationKind, "`invoice`, `payment` or `combined`"]
    username: Annotated[str, "the user name that the Web Connector signs in with"]
    app_name: Annotated[str, "its row in the Web Connector"]
    app_unique_name: str
    owner_id: Annotated[str, "OwnerID of the .qwc file"]
    file_id: Annotated[str, "FileID of the .qwc file"]
    password_generation: Annotated[int, "number of passwords made; 0: none yet"]
    last_seen_at: Annotated[datetime | None, "when it last called"]
    last_call: Annotated[str, "its last call"]
    password_used: Annotated[bool, "whether somebody has signed in with the current password"] = (
        False
    )
    locked_until: Annotated[
        datetime | None, "when the lock after too many wrong passwords ends; null: it is not locked"
    ] = None

    def locked(self, now: datetime) -> datetime | None:
        """Until when sign-in is locked; None when it is not.

        A lock longer than any can be is none: the clock was set back since.
        """
        until = self.locked_until
        return until if until is not None and now < until <= now + LONGEST_LOCK else None


class Credentials(Value):
    """What authenticate compares with. Hashes never show in a repr."""

    HIDDEN: ClassVar = (
        "password_hash",
        "previous_password_hash",
        "password_proof",
        "previous_password_proof",
    )

    application: Application
    connection: Connection
    password_hash: str
    previous_password_hash: str
    failed_logins: int
    password_proof: str = ""
    previous_password_proof: str = ""


class Sync(Value):
    """One run of an application, as Recent Syncs shows it."""

    id: Annotated[int, "number of the sync"]
    connection_id: int | None
    connection: Annotated[str, "its connection; empty for an unknown user name"]
    application: Annotated[str, "which application ran"]
    state: Annotated[SyncState, "`pending`, `started`, `finished`, `failed` or `canceled`"]
    started_at: Annotated[datetime, "when it began"]
    ended_at: Annotated[datetime | None, "when it ended; null while it runs"]
    position: Annotated[int, "records done so far"]
    total: Annotated[int, "records to do; 0: not known"]
    failed: Annotated[int, "records that failed"]
    message: Annotated[str, "the current step or the closing sentence"]
    error: Annotated[str, "why it failed; empty when it did not"]
    error_code: Annotated[str, "the hint that it leads to"]
    stop_requested_by: Annotated[str, "who asked it to stop; empty: nobody"]
    is_interrupted: Annotated[bool, "whether it has not ended and no daemon runs"] = False


class Record(Value):
    """What a sync touched. ``reason`` and ``remedy`` are empty when all went well."""

    kind: Annotated[RecordKind, "`invoice`, `credit-memo`, `customer`, `payment` or `sync`"]
    object_id: Annotated[str, "TxnID or ListID of QuickBooks"]
    document: Annotated[str, "its name as shown"]
    outcome: Annotated[
        Outcome,
        "`imported`, `updated`, `closed`, `voided`, `deleted`, `left-out`, `skipped`, "
        "`posted`, `parked` or `failed`",
    ]
    reason: Annotated[str, "the reason, when it failed"] = ""
    remedy: Annotated[str, "what to do about it"] = ""


class Trouble(Value):
    """Something that a person must look at, before the store gave it a number.

    ``code`` names the hint, ``document`` what a person calls the record ("Invoice 1042, Larkspur
    Tile"). ``basis`` is what it rests on, where that is not what ``message`` says: a problem that a
    person acknowledged opens again when it changes. ``found`` is the amount that QuickBooks shows
    in place of ours, where that is what is wrong.
    """

    code: Annotated[str, "the hint that it leads to"]
    kind: Annotated[RecordKind, "`invoice`, `credit-memo`, `customer`, `payment` or `sync`"]
    object_id: Annotated[str, "TxnID or ListID of QuickBooks"]
    document: Annotated[str, "the record's name as shown"]
    message: Annotated[str, "what happened"]
    remedy: Annotated[str, "what to do"]
    said: Annotated[str, "QuickBooks' own words, unchanged"] = ""
    basis: str = ""
    found: Decimal | None = None


class Problem(Trouble, kw_only=True):
    """A trouble on file: one row per connection, code and object."""

    id: Annotated[int, "number of the problem"]
    connection_id: int
    connection: Annotated[str, "its connection"]
    state: Annotated[ProblemState, "`open`, `retry`, `acknowledged`, `skipped` or `resolved`"]
    first_seen_at: Annotated[datetime, "when it was first seen"]
    last_seen_at: Annotated[datetime, "when it was last seen"]
    first_sync_id: Annotated[int | None, "the sync that saw it first; null: none"]
    sync_id: Annotated[int | None, "the sync that saw it last; null: no longer kept"]
    note: Annotated[str, "why it is skipped or acknowledged"]
    changed_by: Annotated[str, "who last decided about it"]
    changed_at: Annotated[datetime | None, "and when; null: nobody did"]


class Customer(NamedTuple):
    """A customer or job of QuickBooks; ``parent_list_id`` is empty for a top customer.

    Its fields are the columns of their names: it is stored as it stands.
    """

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
    account_number: str = ""


class OpenInvoice(Value):
    """One row of the sweep: what the light query tells of an open invoice."""

    txn_id: str
    edit_sequence: str
    time_modified: str
    balance_cents: int
    customer_list_id: str


class Stored(Value):
    """The ids of a batch by what became of them in the store."""

    imported: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


class CheckedCustomer(Value):
    """What the light query tells of a customer that we hold.

    ``full_name`` and ``parent_list_id`` change without ``edit_sequence`` when one above it
    is renamed or merged.
    """

    list_id: str
    edit_sequence: str
    full_name: str
    parent_list_id: str
    active: bool


class Exchange(Value):
    """One qbXML request with its answer.

    ``request`` is the exact bytes that were handed out; once the sync went well it is empty, and
    only ``request_bytes`` and ``request_digest`` (the start of its SHA-256) are kept. ``digest`` is
    the SHA-256 of the answer (empty until it came) and ``answer`` the percent that
    receiveResponseXML returned, so that a repeated answer is recognized and answered alike.
    """

    HIDDEN: ClassVar = ("request",)

    id: int
    session_id: int
    sync_id: int
    sequence: Annotated[int, "its place in the session, from 1"]
    step: Annotated[str, "what the sync was doing"]
    request_id: Annotated[str, "the requestID that it carried"]
    request: bytes
    request_bytes: Annotated[int, "size of the request"]
    request_digest: Annotated[str, "the start of its SHA-256"]
    sent_at: Annotated[datetime, "when it was handed out"]
    handed_out: int
    answered_at: Annotated[datetime | None, "when the answer came; null: it did not"]
    digest: str
    answer: int
    hresult: Annotated[str, "why QuickBooks refused it as a whole"]
    status_code: Annotated[int | None, "QuickBooks' status code; null: none"]
    response_bytes: Annotated[int, "size of the answer"]


class Session(Value):
    """One update of the Web Connector, from authenticate to closeConnection.

    ``phase`` belongs to the session machine, ``plan`` is the sync plan's state as JSON text.
    ``exchange`` is the latest one, answered or not. ``cut_off``: the connection of its last call
    broke before our answer was taken. ``stop_requested_by`` is who asked its sync to stop. The
    ticket itself is never kept.
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
    stop_requested_by: str = ""


class AuditEntry(Value):
    """Who did what and when; never holds a secret."""

    id: Annotated[int, "number of the entry"]
    at: Annotated[datetime, "when it was done"]
    who: Annotated[str, "the operating-system user who did it"]
    action: Annotated[str, "what was done, such as `connection.add`"]
    connection: Annotated[str, "to which connection; empty: to none"]
    detail: Annotated[str, "what exactly"]


class ApplicationOverview(Value):
    """An application with its running sync, else its last one; None before the first."""

    application: Application
    sync: Sync | None


class ConnectionOverview(Value):
    """A connection with the applications of its layout.

    ``payments_waiting`` go into QuickBooks by themselves; of ``payments_unknown`` QuickBooks may
    have them already.
    """

    connection: Connection
    applications: tuple[ApplicationOverview, ...]
    payments_waiting: int
    payments_unknown: int
    open_problems: int
