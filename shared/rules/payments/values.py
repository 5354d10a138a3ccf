"""Payments as the store hands them out: frozen values, never rows.

Amounts are ``Decimal`` with two places, in the payment's currency (an ISO code; empty: that of
its invoices). Times are timezone-aware UTC datetimes; QuickBooks' timestamps stay its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.rules.values import ClosedPeriod, Day, InvoiceStatus, OnAccount, Overpayment

ZERO = Decimal("0.00")


class PaymentSource(StrEnum):
    """Where a payment was recorded first."""

    INVOICED = "invoiced"
    QUICKBOOKS = "quickbooks"


class PaymentStatus(StrEnum):
    """Where a payment stands on its way to QuickBooks; ``imported`` came from there."""

    WAITING = "waiting"  # goes out by itself once the reason is gone
    READY = "ready"  # goes out with the next Payment Sync
    SENT = "sent"  # a request is out
    UNKNOWN = "unknown"  # QuickBooks may have it: settled before anything else is posted
    POSTED = "posted"
    REFUSED = "refused"  # by QuickBooks or by us: retry it, or skip it
    PARKED = "parked"  # only a person can tell what QuickBooks holds
    SKIPPED = "skipped"
    NOT_ELIGIBLE = "not_eligible"  # never goes out as it is: offline, failed, too old …
    IMPORTED = "imported"
    WITHDRAWN = "withdrawn"  # taken back before anything of it had left


class ChargeState(StrEnum):
    """What became of the charge behind a payment."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"


class Asking(StrEnum):
    """Whether QuickBooks is asked about a payment before it is judged: a person said retry."""

    NO = ""
    WANTED = "wanted"
    UNDER_WAY = "under-way"  # the sync that is on reads what the payment names


class UseKind(StrEnum):
    """What a payment is applied to. QuickBooks' own types that are none of ours are OTHER."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"  # recorded, not posted
    OTHER = "other"


class PostingState(StrEnum):
    """The life of one ReceivePayment that we write."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    POSTED = "posted"
    REFUSED = "refused"
    PARKED = "parked"


class ListKind(StrEnum):
    """Which list of QuickBooks an entry is of."""

    ACCOUNT = "account"
    PAYMENT_METHOD = "payment-method"


@dataclass(frozen=True, slots=True)
class NewUse:
    """What a payment pays: ``document`` is an invoice's number or TxnID, or a credit note's."""

    document: str
    amount: Decimal
    kind: UseKind = UseKind.INVOICE


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment of the billing platform, as it comes in.

    ``charged`` says that a charge stands behind it: processed, not offline. ``customer`` may be
    empty: then it is the invoices' own. ``reference`` is the gateway's transaction id or a check
    number. ``refunded`` and ``disputed`` are what happened to the charge since.
    ``from_quickbooks``: the platform itself has it from QuickBooks, so it never goes back there.
    """

    external_id: str
    date: Day
    amount: Decimal
    uses: tuple[NewUse, ...]
    customer: str = ""
    currency: str = ""
    method: str = ""
    reference: str = ""
    gateway: str = ""
    memo: str = ""
    charged: bool = True
    charge_state: ChargeState = ChargeState.SUCCEEDED
    from_quickbooks: bool = False
    refunded: Decimal = ZERO
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class PaymentUse:
    """One line of what a payment is applied to; ``amount`` includes the ``discount``.

    ``invoice_txn_id`` is empty while the invoice is not known, ``held`` says that we have it.
    """

    kind: UseKind
    document: str
    invoice_txn_id: str
    number: str
    amount: Decimal
    discount: Decimal = ZERO
    held: bool = False


@dataclass(frozen=True, slots=True)
class NamedInvoice:
    """An invoice that a payment may mean by the number or TxnID it gives.

    ``customer`` is the customer or job as QuickBooks names it in full. ``left_out`` is empty for
    an imported invoice, else the hint code of the reason, or "unsettled" while a sync has not
    worked it out. ``customer_names`` are the full names, names and company names that the customer
    and all above it bear or have borne, folded. ``above`` are the ListIDs of those, the nearest
    first. ``namesakes`` are other customers that bear or have borne such a name, where it has
    changed hands: (folded name, that customer's full name).
    """

    txn_id: str
    number: str
    customer_list_id: str
    customer: str
    ar_account_list_id: str
    currency: str
    balance: Decimal
    status: InvoiceStatus
    left_out: str
    customer_names: frozenset[str]
    above: tuple[str, ...] = ()
    namesakes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NamedCustomer:
    """A customer that a payment without an invoice may mean; ``above`` as in ``NamedInvoice``."""

    list_id: str
    customer: str
    currency: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerMapping:
    """Whom a name of the platform means in QuickBooks: ``who`` decided so.

    That is the customer with this ListID and every job below it, however they are called.
    ``customer`` is its full name; empty when QuickBooks does not have it any more.
    """

    connection_id: int
    name: str
    list_id: str
    customer: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Allowances:
    """What a person decided for one payment alone; None: as its connection has it.

    ``closed_too``: the credit was allowed although an invoice owed nothing any more.
    """

    overpayment: Overpayment | None = None
    on_account: OnAccount | None = None
    closed_period: ClosedPeriod | None = None
    closed_too: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment on file, from either side; see ``tables.Payment``.

    ``external_id`` is empty for one of QuickBooks, ``txn_id`` and ``ref_number`` for one that
    is not there; those of a payment in several parts are joined by a blank. ``code`` names the
    hint behind ``reason``. ``waiting_since`` is None unless it waits, or waited before it was
    ready.
    """

    id: int
    connection_id: int
    source: PaymentSource
    external_id: str
    txn_id: str
    ref_number: str
    customer: str
    customer_list_id: str
    date: Day
    amount: Decimal
    currency: str
    method: str
    reference: str
    gateway: str
    memo: str
    charged: bool
    charge_state: ChargeState
    from_quickbooks: bool
    refunded: Decimal
    disputed: bool
    status: PaymentStatus
    code: str
    reason: str
    note: str
    changed_by: str
    received_at: datetime
    changed_at: datetime
    unused: Decimal
    deleted: bool
    uses: tuple[PaymentUse, ...] = ()
    asking: Asking = Asking.NO
    waiting_since: datetime | None = None
    allowances: Allowances = Allowances()

    @property
    def document(self) -> str:
        """What a person calls it: "Payment pay_8Kd2, 250.00 USD"."""
        name = self.external_id or self.ref_number or self.txn_id
        return f"Payment {name}, {self.amount:,.2f} {self.currency}".rstrip()


@dataclass(frozen=True, slots=True)
class PostingUse:
    """An invoice that a posting pays; ``expected`` is its balance right after, None before.

    ``amount`` is what the payment wants to pay of it, ``fitting`` what the invoice still owed
    when it was looked at, None where that was all of it.
    """

    invoice_txn_id: str
    number: str
    amount: Decimal
    expected: Decimal | None = None
    fitting: Decimal | None = None

    @property
    def paid(self) -> Decimal:
        """What is put against the invoice in QuickBooks."""
        return self.amount if self.fitting is None else self.fitting


@dataclass(frozen=True, slots=True)
class Posting:
    """One ReceivePayment that a payment becomes, and how far it is.

    ``ref_number``, ``external_guid`` and the memo are its tags in QuickBooks. ``deleted``: it
    was posted, and QuickBooks no longer has it. ``date`` is the day under which it is posted;
    None: not looked at yet, so the payment's own. Put off, it is not tried again before
    ``pause_until``.
    """

    id: int
    connection_id: int
    payment_id: int
    part: int
    generation: int
    customer_list_id: str
    customer: str
    ar_account_list_id: str
    currency: str
    amount: Decimal
    ref_number: str
    external_guid: str
    state: PostingState
    code: str
    said: str
    attempts: int
    txn_id: str
    edit_sequence: str
    time_created: str
    unused: Decimal
    method: str
    deposit_account: str
    posted_at: datetime | None
    verified_at: datetime | None
    deleted: bool = False
    uses: tuple[PostingUse, ...] = ()
    date: Day | None = None
    pause_until: datetime | None = None

    @property
    def credited(self) -> Decimal:
        """What its invoices no longer owed, so that it stays unused."""
        return sum((use.amount - use.paid for use in self.uses), ZERO)


@dataclass(frozen=True, slots=True)
class MessageSet:
    """A write to QuickBooks: its exact bytes and what is known of its outcome.

    ``phase`` belongs to the posting protocol; ``closed`` ones are settled. ``ran``: QuickBooks
    said that it did it, without telling which record that made. ``turned_away``: QuickBooks said
    that it did not take it at all. ``doubted``: its outcome was unknown for a while.
    """

    id: int
    connection_id: int
    application_id: int
    posting_id: int
    set_id: str
    request: bytes = field(repr=False)
    phase: str
    outcome: str
    sends: int
    first_sent_at: datetime
    last_sent_at: datetime
    session_id: int
    doubted: bool
    ran: bool
    turned_away: bool
    settle_now_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostingEvent:
    """One step in the life of a posting; ``who`` is empty where no person acted."""

    at: datetime
    set_id: str
    event: str
    detail: str
    who: str


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """A ReceivePayment of QuickBooks; ``uses`` name transactions by TxnID.

    ``unused`` is what is not applied. Amounts of ``uses`` include discounts.
    """

    txn_id: str
    ref_number: str
    customer: str
    customer_list_id: str
    date: Day
    amount: Decimal
    currency: str
    method: str
    memo: str
    external_guid: str
    ar_account: str
    deposit_account: str
    unused: Decimal
    edit_sequence: str
    time_created: str
    time_modified: str
    uses: tuple[ReceivedUse, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedUse:
    """What a ReceivePayment of QuickBooks is applied to.

    ``balance`` is what the transaction has left now; None where QuickBooks did not say.
    """

    txn_id: str
    txn_type: str
    number: str
    amount: Decimal
    discount: Decimal = ZERO
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An account or payment method; ``special`` is QuickBooks' SpecialAccountType."""

    kind: ListKind
    list_id: str
    full_name: str
    type: str
    special: str
    currency: str
    active: bool


@dataclass(frozen=True, slots=True)
class DepositRule:
    """Where payments go that fit; an empty condition fits anything.

    An empty ``account`` is Undeposited Funds.
    """

    id: int
    method: str
    currency: str
    gateway: str
    account: str


@dataclass(frozen=True, slots=True)
class MethodRule:
    """The QuickBooks payment method for a method of the billing platform."""

    method: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerBalance:
    """The imported open invoices of a customer in one currency, ours beside QuickBooks'.

    ``seen_invoices`` and ``seen`` are what QuickBooks last showed of the same invoices.
    """

    list_id: str
    customer: str
    currency: str
    open_invoices: int
    balance: Decimal
    seen_invoices: int
    seen: Decimal


@dataclass(frozen=True, slots=True)
class SetAside:
    """An open invoice that is not shown since we cannot vouch for what we hold of it.

    ``reason`` is a hint code, ``seen`` the balance that QuickBooks last showed.
    """

    document: str
    reason: str
    seen: Decimal

    @property
    def is_skipped(self) -> bool:
        """Whether a person left it out."""
        return "skipped" in self.reason


@dataclass(frozen=True, slots=True)
class PaidButOpen:
    """An invoice that owes more than the payments that we posted for it leave of it.

    ``expected`` is the most that it may owe: its total without our payments. ``balance`` is what
    it owes by our ledger.
    """

    document: str
    currency: str
    paid: Decimal
    expected: Decimal
    balance: Decimal
