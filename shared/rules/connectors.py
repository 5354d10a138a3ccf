"""A connection's billing platform: its account, what goes there, and where each record stands.

Which platforms there are and how one is talked to: ``daemon/connectors/``.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from shared.rules.events import EventKind
from shared.rules.ledger import Invoice
from shared.rules.values import RecordKind
from shared.structs import Value

ORDER = (RecordKind.CUSTOMER, RecordKind.INVOICE, RecordKind.PAYMENT)
"""In this order records go out: each one names records of the kinds before it."""

INVOICE_EVENTS = frozenset(one.value for one in EventKind if one.about == "invoice")
CUSTOMER_EVENTS = frozenset(one.value for one in EventKind if one.about == "customer")
POSTING_EVENTS = frozenset(
    one.value
    for one in (
        *(EventKind.PAYMENT_POSTED, EventKind.PAYMENT_REFUSED),
        *(EventKind.PAYMENT_PARKED, EventKind.PAYMENT_SKIPPED),
    )
)
"""What is told of a payment that is posted here; a part of it may be in QuickBooks by then."""
PAYMENT_EVENTS = POSTING_EVENTS | frozenset(
    one.value
    for one in (
        *(EventKind.PAYMENT_IMPORTED, EventKind.PAYMENT_EDITED),
        *(EventKind.PAYMENT_DELETED, EventKind.PAYMENT_RECOGNIZED),
    )
)
SENDING_EVENTS = INVOICE_EVENTS | CUSTOMER_EVENTS | PAYMENT_EVENTS
"""The events after which a record may have to go out."""


class Owner(StrEnum):
    """Which side a record belongs to: only that side changes it."""

    QUICKBOOKS = "quickbooks"
    PLATFORM = "platform"


class SendState(StrEnum):
    """Where a record stands on its way to the platform."""

    WAITING = "waiting"  # goes out by itself
    SENT = "sent"  # the platform has it as QuickBooks has it
    NOT_NEEDED = "not-needed"  # nothing of it belongs there, such as a paid invoice never sent
    LEFT_ALONE = "left-alone"  # the platform keeps it as it is, such as a paid invoice
    REFUSED = "refused"  # a person has to look: retry it, or skip it
    SKIPPED = "skipped"


class Would(StrEnum):
    """What sending a record would do there, as a dry run found."""

    UNKNOWN = ""  # not looked at yet
    CREATE = "create"
    CHANGE = "change"
    MATCH = "match"  # a record that is there is taken for this one
    END = "end"  # it is voided or deleted
    NOTHING = "nothing"
    WAIT = "wait"  # for another record, which goes first
    AMBIGUOUS = "ambiguous"  # a person has to choose
    REFUSE = "refuse"


class Ended(StrEnum):
    """How a record ended in QuickBooks."""

    NO = ""
    VOIDED = "voided"
    DELETED = "deleted"


class AccountState(StrEnum):
    """Whether records go out and come in."""

    LIVE = "live"
    PAUSED = "paused"


class ConvenienceFees(StrEnum):
    """What becomes of what a customer pays on top of the invoices, for paying that way."""

    LEAVE_OUT = "leave-out"  # the payment is posted without it
    ON_ACCOUNT = "on-account"  # it is posted with the payment, and stays the customer's credit


class PlatformAccount(Value):
    """The account of a connection on a billing platform.

    ``identity`` names the account itself, whatever key opens it; empty until the platform told.
    """

    connection_id: int
    connection: Annotated[str, "its connection"]
    platform: Annotated[str, "the billing platform, such as `invoiced`"]
    url: Annotated[str, "the address of its API"]
    sandbox: Annotated[bool, "whether it is a sandbox: nothing there is real"]
    key_source: Annotated[
        str,
        "where its key is kept: `store`, `env:VARIABLE` or `credential:NAME`; never the key itself",
    ]
    state: Annotated[AccountState, "`live`, or `paused`: nothing is sent or received"]
    is_looking: bool
    identity: Annotated[str, "the account itself, whichever key is used; empty: not checked yet"]
    company: Annotated[str, "the company on the platform; empty: not checked yet"]
    currency: Annotated[str, "its currency, such as USD"]
    time_zone: Annotated[str, "its time zone"]
    warning: Annotated[str, "what to know about its settings; empty: nothing"]
    connected_at: Annotated[datetime, "when it was connected"]
    connected_by: Annotated[str, "and by whom"]
    convenience_fees: Annotated[
        ConvenienceFees,
        "convenience fees of payments: `leave-out`, or post them `on-account` of the customer",
    ] = ConvenienceFees.LEAVE_OUT

    @property
    def where(self) -> tuple[int, str]:
        """What its records are filed under: its connection, and the account itself."""
        return self.connection_id, self.identity


class Mapped(Value):
    """One record on both sides.

    ``baseline`` is what an invoice had been paid when it was sent first, by what is not sent
    itself; null where nothing was.
    """

    connection: Annotated[str, "the connection"]
    kind: Annotated[RecordKind, "`customer`, `invoice` or `payment`"]
    our_id: Annotated[
        str, "ListID or TxnID of QuickBooks; of a payment made on the platform its id"
    ]
    their_id: Annotated[str, "its id on the platform"]
    document: Annotated[str, "name of the customer, number of the invoice"]
    owner: Annotated[Owner, "the side that it belongs to: `quickbooks` or `platform`"]
    baseline: Annotated[Decimal | None, "amount paid before it was first sent; null: none"]
    created_at: Annotated[datetime, "when the two were first matched"]
    changed_at: Annotated[datetime, "when it was last changed there"]


class Outgoing(Value):
    """A record on its way to the platform.

    ``wanted`` counts how often it was to go out; one that changes while it is sent goes out again.
    ``request`` are the exact bytes of a write whose outcome is not known, and ``request_key`` the
    key under which they are repeated. ``digest`` stands for what was sent last, ``request_digest``
    for what these bytes say. ``look_at``: then it is looked at once more, since a write whose end
    nobody knew may be carried out late.
    """

    HIDDEN: ClassVar = ("request",)

    kind: Annotated[RecordKind, "`customer`, `invoice` or `payment`"]
    object_id: Annotated[str, "ListID or TxnID of QuickBooks"]
    document: Annotated[str, "name of the customer, number of the invoice or payment"]
    state: Annotated[
        SendState, "`waiting`, `sent`, `not-needed`, `left-alone`, `refused` or `skipped`"
    ]
    reason: Annotated[str, "why; empty: all is well"]
    would: Annotated[
        Would,
        "what sending it would do: `create`, `change`, `match`, `end`, `nothing`, `wait`, "
        "`ambiguous` or `refuse`; empty: not checked yet",
    ]
    attempts: Annotated[int, "number of failed attempts in a row"]
    due_at: datetime
    changed_at: Annotated[datetime, "when its state last changed"]
    sent_at: Annotated[datetime | None, "when it was last sent; null: never"]
    waits_for: str = ""
    choice: str = ""
    wanted: int = 1
    digest: str = ""
    request: bytes | None = None
    request_key: str = ""
    request_digest: str = ""
    baseline: Decimal | None = None
    look_at: datetime | None = None

    @property
    def name(self) -> str:
        """How others name it that wait for it: ``customer/80-1``."""
        return f"{self.kind.value}/{self.object_id}"


class CustomerCopy(Value):
    """A customer as it goes out. ``number`` is its account number; empty where it has none, or
    another customer has the same.

    ``parent_list_id`` is empty where jobs are rolled up; ``parent_id`` is what the one above is on
    the platform, empty in a dry run before it is there. ``shares_name``: another customer of
    QuickBooks goes out under the same name.
    """

    list_id: str
    name: str
    email: str
    phone: str
    address: tuple[str, ...]
    is_active: bool
    shares_name: bool
    parent_list_id: str = ""
    parent_name: str = ""
    parent_id: str = ""
    number: str = ""


class InvoiceCopy(Value):
    """An invoice as it goes out, billed to a customer that is ``customer_id`` on the platform;
    that is empty in a dry run before the customer is there.

    ``baseline`` is what it had been paid by what is not sent itself, for the first time that it
    goes out.
    """

    invoice: Invoice
    currency: str
    customer_list_id: str
    customer: str
    customer_id: str
    baseline: Decimal


class AppliedCopy(Value):
    """What a payment pays of an invoice that is ``their_id`` on the platform, empty in a dry run
    before it is there; ``discount`` comes on top."""

    txn_id: str
    their_id: str
    amount: Decimal
    discount: Decimal


class PaymentCopy(Value):
    """A payment of QuickBooks, with what of it belongs to invoices on the platform.

    ``external_id`` is that of one which came in as a payment of some platform and was posted here;
    empty: it was recorded in QuickBooks. ``absorbed`` are the (TxnID, amount) that are in the
    baseline of an invoice already; where nothing else is left, ``applied`` is empty, and the
    payment is only looked for.
    """

    txn_id: str
    external_id: str
    date: date
    method: str
    reference: str
    memo: str
    currency: str
    customer_list_id: str
    customer: str
    applied: tuple[AppliedCopy, ...]
    absorbed: tuple[tuple[str, Decimal], ...] = ()


Copy = CustomerCopy | InvoiceCopy | PaymentCopy


class Change(Value):
    """What is to become of a record on the platform.

    ``mapped`` is None for one that never was there as far as we know; ``copy`` is None where it
    ended. ``choice`` is what a person chose for an ambiguous one: an id of the platform, or
    ``create``.
    """

    outgoing: Outgoing
    mapped: Mapped | None
    copy: Copy | None
    ended: Ended = Ended.NO

    @property
    def choice(self) -> str:
        """What a person chose, or empty."""
        return self.outgoing.choice


class Stays(Value):
    """A record that does not go out now: how it stands instead, and why.

    One that waits for another record names it in ``waits_for`` and, where that is not on its way
    yet, in ``wants``. ``absorbed`` as in ``PaymentCopy``.
    """

    outgoing: Outgoing
    state: SendState
    reason: str
    waits_for: str = ""
    wants: tuple[RecordKind, str, str] | None = None
    absorbed: tuple[tuple[str, Decimal], ...] = ()


Next = Change | Stays
CREATE = "create"
"""The choice of a person that a customer is a new one."""


class Watched(Value):
    """A record of the platform that is looked at again, as it is called there.

    Nothing tells that it changes, or it could not be taken in.
    """

    their_id: Annotated[str, "what the platform calls it"]
    reason: Annotated[str, "why it is read again"]
    since_at: Annotated[datetime, "since when"]
    due_at: Annotated[datetime, "when it is read next"]


class InboxStanding(Value):
    """How receiving goes: when it worked last, and since when and why it does not."""

    received_at: datetime | None
    failing_at: datetime | None
    reason: str
