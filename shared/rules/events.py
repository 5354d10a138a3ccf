"""What happened, as it is told to whoever waits for it: kinds of events, and one event."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from shared.structs import Value


class EventKind(StrEnum):
    """What happened to which kind of record: ``invoice.closed``."""

    INVOICE_IMPORTED = "invoice.imported"  # it is in the ledger from now on
    INVOICE_CHANGED = "invoice.changed"
    INVOICE_CLOSED = "invoice.closed"  # paid or void
    INVOICE_DELETED = "invoice.deleted"
    INVOICE_LEFT_OUT = "invoice.left-out"  # it is not, or no longer, shown as owed
    CUSTOMER_IMPORTED = "customer.imported"
    CUSTOMER_CHANGED = "customer.changed"
    CUSTOMER_DELETED = "customer.deleted"
    PAYMENT_RECEIVED = "payment.received"  # from the billing platform
    PAYMENT_CORRECTED = "payment.corrected"
    PAYMENT_WITHDRAWN = "payment.withdrawn"
    PAYMENT_SKIPPED = "payment.skipped"
    PAYMENT_POSTED = "payment.posted"
    PAYMENT_REFUSED = "payment.refused"
    PAYMENT_PARKED = "payment.parked"
    PAYMENT_IMPORTED = "payment.imported"  # recorded in QuickBooks
    PAYMENT_EDITED = "payment.edited"  # in QuickBooks
    PAYMENT_DELETED = "payment.deleted"  # in QuickBooks
    PAYMENT_RECOGNIZED = "payment.recognized"  # imported, and one that we posted after all
    SYNC_FINISHED = "sync.finished"
    SYNC_FAILED = "sync.failed"
    SYNC_CANCELED = "sync.canceled"
    SYNC_LATE = "sync.late"
    PROBLEM_OPENED = "problem.opened"
    PROBLEM_CLOSED = "problem.closed"
    CONNECTION_ADDED = "connection.added"
    CONNECTION_REMOVED = "connection.removed"
    SETTINGS_CHANGED = "settings.changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - no password
    PASSWORD_LOCKED = "password.locked"  # noqa: S105
    PASSWORD_UNLOCKED = "password.unlocked"  # noqa: S105
    ALERT_OPENED = "alert.opened"  # something is wrong
    ALERT_CLOSED = "alert.closed"  # and is right again
    BACKUP_MADE = "backup.made"  # of the store
    BACKUP_FAILED = "backup.failed"
    WEBHOOK_TESTED = "webhook.tested"  # for that one webhook alone

    @property
    def about(self) -> str:
        """The kind of record: ``invoice``."""
        return self.value.partition(".")[0]


class Event(Value):
    """What happened to one record, in short: whoever delivers it reads the record itself.

    Events have the order of their numbers, and of one record that of the changes.
    """

    id: Annotated[int, "number of the event: later events have higher numbers"]
    at: Annotated[datetime, "when it happened"]
    connection_id: int
    connection: Annotated[str, "its connection; empty: none, or removed since"]
    kind: Annotated[EventKind, "what happened, such as `invoice.closed`"]
    object_id: Annotated[
        str, "TxnID of an invoice, ListID of a customer, number of anything else; may be empty"
    ]
    document: Annotated[
        str,
        "number of an invoice, name of a customer, the platform's ID or TxnID of a payment, the "
        "document of a problem, the application of a sync",
    ]
    amount: Annotated[Decimal | None, "balance of an invoice, amount of a payment; null: no money"]
    before: Annotated[Decimal | None, "what it was before, where that is known"]
    currency: Annotated[str, "of the amounts, such as USD; may be empty"]
    state: Annotated[str, "what the record is now, such as `open`, `paid`, `posted`"]
    code: Annotated[str, "the hint that explains it; empty: none"]

    @property
    def record(self) -> str:
        """Which record it is about, the same text for all events of one."""
        return f"{self.connection_id}/{self.kind.about}/{self.object_id}"
