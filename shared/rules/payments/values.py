"""Payments as the store hands them out: frozen values, never rows.

Amounts are ``Decimal`` with two places, in the payment's currency (an ISO code; empty: that of
its invoices). Times are timezone-aware UTC datetimes; QuickBooks' timestamps stay its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from shared.rules.values import ClosedPeriod, Day, InvoiceStatus, OnAccount, Overpayment
from shared.structs import Value

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


class NewUse(Value):
    """What a payment pays: ``document`` is an invoice's number or TxnID, or a credit note's."""

    document: str
    amount: Decimal
    kind: UseKind = UseKind.INVOICE


class NewPayment(Value):
    """A payment of the billing platform, as it comes in.

    ``charged`` says that a charge stands behind it: processed, not offline. ``customer`` may be
    empty: then it is the invoices' own. ``reference`` is the gateway's transaction id or a check
    number. ``refunded`` and ``disputed`` are what happened to the charge since.
    ``from_quickbooks``: the platform itself has it from QuickBooks, so it never goes back there.
    ``fee`` is what the gateway kept of it, None where that is not known: what is posted is gross.
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
    fee: Decimal | None = None


class SavedProfile(Value):
    """How files of payments of a connection are read, as a person saved it."""

    label: Annotated[str, "its name"]
    base: Annotated[str, "the shipped profile it is based on"]
    maps: Annotated[tuple[str, ...], "the columns that were mapped, as `HEADER=field`"]
    date_order: Annotated[str, "`mdy`, `dmy` or `ymd`; empty: by the file"]
    time_zone: Annotated[str, "the time zone for times in UTC; empty: the machine's"]
    who: Annotated[str, "who saved it"]
    at: Annotated[datetime, "when"]


class PaymentUse(Value):
    """One line of what a payment is applied to; ``amount`` includes the ``discount``.

    ``invoice_txn_id`` is empty while the invoice is not known, ``held`` says that we have it.
    """

    kind: Annotated[UseKind, "`credit_note` (recorded, not posted) or `other`"]
    document: Annotated[str, "the invoice as the payment names it"]
    invoice_txn_id: Annotated[str, "TxnID of the invoice; empty: not known yet"]
    number: Annotated[str, "its number; may be empty"]
    amount: Annotated[Decimal, "what it gets, discount included"]
    discount: Annotated[Decimal, "the discount in it"] = ZERO
    held: Annotated[bool, "whether the invoice is imported"] = False


class NamedInvoice(Value):
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


class NamedCustomer(Value):
    """A customer that a payment without an invoice may mean; ``above`` as in ``NamedInvoice``."""

    list_id: str
    customer: str
    currency: str
    above: tuple[str, ...] = ()


class CustomerMapping(Value):
    """Whom a name of the platform means in QuickBooks: ``who`` decided so.

    That is the customer with this ListID and every job below it, however they are called.
    ``customer`` is its full name; empty when QuickBooks does not have it any more.
    """

    connection_id: int
    name: Annotated[str, "the customer's name on the billing platform"]
    list_id: Annotated[str, "ListID of the customer that it means, with its jobs"]
    customer: Annotated[str, "and its full name; empty: it is no longer in QuickBooks"]
    who: Annotated[str, "who matched it"]
    at: Annotated[datetime, "and when"]


class Allowances(Value):
    """What a person decided for one payment alone; None: as its connection has it.

    ``closed_too``: the credit was allowed although an invoice owed nothing any more.
    """

    overpayment: Annotated[
        Overpayment | None,
        "the rest of an overpayment: `refuse` or `credit`; null: as its connection has it",
    ] = None
    on_account: Annotated[
        OnAccount | None, "without an invoice: `refuse` or `post`; null: as its connection has it"
    ] = None
    closed_period: Annotated[
        ClosedPeriod | None,
        "in a closed period: `hold` or `next-open-day`; null: as its connection has it",
    ] = None
    closed_too: Annotated[bool, "whether the credit is kept even if an invoice is already paid"] = (
        False
    )


class Payment(Value):
    """A payment on file, from either side; see ``tables.Payment``.

    ``external_id`` is empty for one of QuickBooks, ``txn_id`` and ``ref_number`` for one that
    is not there. ``waiting_since`` is None unless it waits, or waited before it was
    ready.
    """

    id: Annotated[int, "number of the payment"]
    connection_id: int
    source: Annotated[PaymentSource, "where it was recorded: `invoiced` or `quickbooks`"]
    external_id: Annotated[str, "its ID on the billing platform; empty: none"]
    txn_id: Annotated[str, "TxnID of QuickBooks; several separated by spaces"]
    ref_number: Annotated[str, "RefNumber in QuickBooks, likewise"]
    customer: Annotated[str, "who paid; empty: the customer of its invoices"]
    customer_list_id: Annotated[str, "and the ListID, where known"]
    date: Annotated[Day, "the day of the payment"]
    amount: Annotated[Decimal, "amount with two decimals, as text"]
    currency: Annotated[str, "such as USD; empty: that of its invoices"]
    method: Annotated[str, "payment method"]
    reference: Annotated[str, "the gateway's ID or a check number"]
    gateway: Annotated[str, "payment gateway"]
    memo: Annotated[str, "memo"]
    charged: bool
    charge_state: Annotated[ChargeState, "`succeeded`, `pending` or `failed`"]
    from_quickbooks: Annotated[bool, "it came to the platform from QuickBooks"]
    refunded: Annotated[Decimal, "amount refunded since"]
    disputed: Annotated[bool, "whether its charge is disputed"]
    status: Annotated[
        PaymentStatus,
        "`waiting`, `ready`, `sent`, `unknown`, `posted`, `refused`, `parked`, `skipped`, "
        "`not_eligible`, `imported` or `withdrawn`",
    ]
    code: Annotated[str, "the hint behind the reason; empty: none"]
    reason: Annotated[
        str,
        "why it has this status; for a `ready` one, what holds all posting of its connection;"
        " empty: nothing",
    ]
    note: Annotated[str, "why it is skipped or withdrawn"]
    changed_by: Annotated[str, "who last decided about it"]
    received_at: Annotated[datetime, "when it arrived"]
    changed_at: Annotated[datetime, "when its status last changed"]
    unused: Annotated[Decimal, "the unapplied amount in QuickBooks"]
    deleted: Annotated[bool, "whether it was deleted in QuickBooks"]
    uses: tuple[PaymentUse, ...] = ()
    asking: Asking = Asking.NO
    waiting_since: datetime | None = None
    allowances: Annotated[Allowances, "what a person allowed for this payment only"] = Allowances()
    fee: Annotated[
        Decimal | None, "the gateway's fee; null: not known. The gross amount is posted"
    ] = None

    @property
    def offline(self) -> Annotated[bool, "true: it has no charge"]:
        """Whether it was recorded by hand, as a check is."""
        return not self.charged

    @property
    def applied(self) -> Annotated[Sequence[PaymentUse], "the invoices that it pays"]:
        """What it is applied to, where that is an invoice."""
        return [use for use in self.uses if use.kind == UseKind.INVOICE]

    @property
    def other_applied(self) -> Annotated[Sequence[PaymentUse], "what else it pays"]:
        """What it is applied to, where that is no invoice."""
        return [use for use in self.uses if use.kind != UseKind.INVOICE]

    @property
    def document(self) -> str:
        """What a person calls it: "Payment pay_8Kd2, 250.00 USD"."""
        name = self.external_id or self.ref_number or self.txn_id
        return f"Payment {name}, {self.amount:,.2f} {self.currency}".rstrip()


class PostingUse(Value):
    """An invoice that a posting pays; ``expected`` is its balance right after, None before.

    ``amount`` is what the payment wants to pay of it, ``fitting`` what the invoice still owed
    when it was looked at, None where that was all of it.
    """

    invoice_txn_id: Annotated[str, "TxnID of the invoice"]
    number: Annotated[str, "its number; may be empty"]
    amount: Annotated[Decimal, "what it gets"]
    expected: Annotated[
        Decimal | None, "its expected balance right after; null: not posted yet"
    ] = None
    fitting: Decimal | None = None

    @property
    def paid(self) -> Annotated[Decimal, "amount applied to it: the rest is kept as credit"]:
        """What is put against the invoice in QuickBooks."""
        return self.amount if self.fitting is None else self.fitting


class Posting(Value):
    """One ReceivePayment that a payment becomes, and how far it is.

    ``ref_number``, ``external_guid`` and the memo are its tags in QuickBooks. ``deleted``: it
    was posted, and QuickBooks no longer has it. ``date`` is the day under which it is posted;
    None: not looked at yet, so the payment's own. Put off, it is not tried again before
    ``pause_until``.
    """

    id: int
    connection_id: int
    payment_id: int
    part: Annotated[int, "its number, from 1"]
    generation: Annotated[int, "how often somebody had it posted again"]
    customer_list_id: Annotated[str, "and its ListID"]
    customer: Annotated[str, "customer or job in QuickBooks"]
    ar_account_list_id: Annotated[str, "ListID of the A/R account"]
    currency: Annotated[str, "such as USD"]
    amount: Annotated[Decimal, "amount with two decimals, as text"]
    ref_number: Annotated[str, "its RefNumber"]
    external_guid: Annotated[str, "its ExternalGUID"]
    state: Annotated[PostingState, "`planned`, `sent`, `unknown`, `posted`, `refused` or `parked`"]
    code: Annotated[str, "the hint behind its state; empty: none"]
    said: Annotated[str, "QuickBooks' own words, unchanged"]
    attempts: Annotated[int, "how often it was tried"]
    txn_id: Annotated[str, "TxnID of QuickBooks; empty: not known to be there"]
    edit_sequence: str
    time_created: str
    unused: Annotated[Decimal, "the unapplied amount"]
    method: Annotated[str, "payment method in QuickBooks"]
    deposit_account: Annotated[str, "where it is deposited"]
    posted_at: Annotated[datetime | None, "when it was posted"]
    verified_at: Annotated[datetime | None, "when the balances of its invoices were verified"]
    deleted: bool = False
    uses: Annotated[tuple[PostingUse, ...], "the invoices that it pays"] = ()
    date: Annotated[Day | None, "the date it is posted with; null: not decided yet"] = None
    pause_until: datetime | None = None

    @property
    def credited(
        self,
    ) -> Annotated[
        Decimal, "the amount above its invoices' balance, kept as the customer's credit"
    ]:
        """What its invoices no longer owed, so that it stays unused."""
        return sum((use.amount - use.paid for use in self.uses), ZERO)


class PaymentPart(Value):
    """A posting, the payment that it is a part of, and how many parts that has."""

    posting: Posting
    payment: Payment
    parts: int


class MessageSet(Value):
    """A write to QuickBooks: its exact bytes and what is known of its outcome.

    ``phase`` belongs to the posting protocol; ``closed`` ones are settled. ``ran``: QuickBooks
    said that it did it, without telling which record that made. ``turned_away``: QuickBooks said
    that it did not take it at all. ``doubted``: its outcome was unknown for a while.
    """

    HIDDEN: ClassVar = ("request",)

    id: int
    connection_id: int
    application_id: int
    posting_id: int
    set_id: str
    request: bytes
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


class PostingEvent(Value):
    """One step in the life of a posting."""

    at: Annotated[datetime, "when"]
    set_id: Annotated[str, "newMessageSetID of the request"]
    event: Annotated[str, "what happened"]
    detail: Annotated[str, "more about it"]
    who: Annotated[str, "who did it; empty: nobody"]


class ReceivedPayment(Value):
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


class ReceivedUse(Value):
    """What a ReceivePayment of QuickBooks is applied to.

    ``balance`` is what the transaction has left now; None where QuickBooks did not say.
    """

    txn_id: str
    txn_type: str
    number: str
    amount: Decimal
    discount: Decimal = ZERO
    balance: Decimal | None = None


class ListEntry(Value):
    """An account or payment method; ``special`` is QuickBooks' SpecialAccountType."""

    kind: ListKind
    list_id: str
    full_name: str
    type: str
    special: str
    currency: str
    active: bool


class DepositRule(Value):
    """Where payments go that fit."""

    id: Annotated[int, "number of the rule"]
    method: Annotated[str, "matches this payment method; empty: any"]
    currency: Annotated[str, "matches this currency; empty: any"]
    gateway: Annotated[str, "matches this gateway; empty: any"]
    account: Annotated[str, "the account; empty: Undeposited Funds"]


class MethodRule(Value):
    """The QuickBooks payment method for a method of the billing platform."""

    method: Annotated[str, "payment method of the billing platform"]
    name: Annotated[str, "its name in QuickBooks; empty: none"]


class CustomerBalance(Value):
    """The imported open invoices of a customer in one currency, ours beside QuickBooks'.

    ``seen_invoices`` and ``seen`` are what QuickBooks last showed of the same invoices.
    """

    list_id: Annotated[str, "ListID of the customer"]
    customer: Annotated[str, "the customer"]
    currency: Annotated[str, "such as USD"]
    open_invoices: Annotated[int, "number of open invoices in Deskbridge"]
    balance: Annotated[Decimal, "balance of its imported open invoices"]
    seen_invoices: Annotated[int, "and in QuickBooks"]
    seen: Annotated[Decimal, "what QuickBooks last showed of them"]


class SetAside(Value):
    """An open invoice that is not shown since we cannot vouch for what we hold of it.

    ``reason`` is a hint code, ``seen`` the balance that QuickBooks last showed.
    """

    document: Annotated[str, "the invoice"]
    reason: Annotated[str, "why it is not imported (a hint)"]
    seen: Annotated[Decimal, "what QuickBooks last showed that it owes"]

    @property
    def is_skipped(self) -> bool:
        """Whether a person left it out."""
        return "skipped" in self.reason


class PaidButOpen(Value):
    """An invoice that owes more than the payments that we posted for it leave of it.

    ``expected`` is the most that it may owe: its total without our payments. ``balance`` is what
    it owes by our ledger.
    """

    document: str
    currency: str
    paid: Decimal
    expected: Decimal
    balance: Decimal
