"""How far a connected account is, in both directions, and what a dry run found."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from shared.models import events, outlets
from shared.models.payments import from_platform
from shared.models.platforms import accounts, inbox, outbox, receiving, records
from shared.models.store import Store
from shared.operations import which
from shared.operations.which import Which
from shared.rules.connectors import (
    SENDING_EVENTS,
    Outgoing,
    PlatformAccount,
    SendState,
    Watched,
    Would,
)
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import Problem, RecordKind
from shared.structs import Value

_EVER = datetime(9000, 1, 1, tzinfo=UTC)
LOOKED_AT = (SendState.WAITING, SendState.REFUSED)


class Standing(Value):
    """A connected account, and how far everything is."""

    account: PlatformAccount
    waiting: Annotated[int, "number of records waiting to be sent"]
    sent: Annotated[int, "number of records sent and up to date"]
    refused: Annotated[int, "number of records that were refused and need attention"]
    skipped: Annotated[int, "number of records that somebody skipped"]
    left_alone: Annotated[int, "number of records that the platform keeps as they are"]
    not_needed: Annotated[int, "number of records that the platform does not need"]
    customers: Annotated[int, "number of customers on both sides"]
    invoices: Annotated[int, "number of invoices on both sides"]
    payments: Annotated[int, "number of payments on both sides"]
    reason: Annotated[str, "why sending is stopped; empty: it is not"]
    tries_again_at: Annotated[
        datetime | None, "when sending is tried again; null: it is not stopped"
    ]
    held_up: Annotated[
        tuple[Outgoing, ...], "the records that need attention, and those that wait for them"
    ]
    behind: Annotated[int, "number of events not checked yet"]
    received_at: Annotated[
        datetime | None, "when the platform was last asked for payments, and answered; null: never"
    ]
    not_receiving_since: Annotated[datetime | None, "since when that fails; null: it does not"]
    not_receiving_because: Annotated[str, "why; empty: it does not fail"]
    taken_in: Annotated[int, "number of payments that came from the platform"]
    to_post: Annotated[int, "how many of these wait or can be posted"]
    to_decide: Annotated[int, "how many of these need a decision"]
    posted: Annotated[int, "how many of these are in QuickBooks"]
    kept_out: Annotated[tuple[Problem, ...], "payments that could not be imported"]
    watched: Annotated[
        tuple[Watched, ...], "records of the platform that are read again: pending, or not imported"
    ]


def view_standing(_store: Store, name: str) -> Standing:
    """How far the account of a connection is. Raises NotFound."""
    account = accounts.of(name)
    of, where = account.connection_id, account.where
    sending = Counter[str]()
    for _, state, _, number in outbox.counts(of):
        sending[state] += number
    mapped = Counter(records.counts(*where))
    outlet = outlets.get(accounts.outlet_name(of))
    receipt, received = inbox.standing(*where), Counter(from_platform.counts(*where))
    return Standing(
        account=account,
        waiting=sending[SendState.WAITING],
        sent=sending[SendState.SENT],
        refused=sending[SendState.REFUSED],
        skipped=sending[SendState.SKIPPED],
        left_alone=sending[SendState.LEFT_ALONE],
        not_needed=sending[SendState.NOT_NEEDED],
        customers=mapped[RecordKind.CUSTOMER],
        invoices=mapped[RecordKind.INVOICE],
        payments=mapped[RecordKind.PAYMENT],
        reason=outlet.reason,
        tries_again_at=outlet.pause_until_at if outlet.reason else None,
        held_up=(*outbox.listed(of, [SendState.REFUSED]), *outbox.behind(of)),
        behind=events.how_many_after(outlet.position, of, SENDING_EVENTS),
        received_at=receipt.received_at,
        not_receiving_since=receipt.failing_at,
        not_receiving_because=receipt.reason,
        taken_in=received.total(),
        to_post=received[PaymentStatus.WAITING] + received[PaymentStatus.READY],
        to_decide=received[PaymentStatus.REFUSED] + received[PaymentStatus.PARKED],
        posted=received[PaymentStatus.POSTED],
        kept_out=tuple(receiving.waiting(account)),
        watched=tuple(inbox.watched(*where, _EVER)),
    )


class AccountLine(Value):
    """A connected account in a list of many: how many of its records stand how."""

    account: PlatformAccount
    waiting: int
    sent: int
    refused: int


def view_accounts(_store: Store, connection: Which = None) -> list[AccountLine]:
    """Every connected account, or that of one connection, by name. Raises NotFound."""
    wanted = which.number(connection)
    counts = outbox.counts_of_all()
    return [
        AccountLine(
            account=one,
            waiting=counts.get((one.connection_id, SendState.WAITING), 0),
            sent=counts.get((one.connection_id, SendState.SENT), 0),
            refused=counts.get((one.connection_id, SendState.REFUSED), 0),
        )
        for one in sorted(accounts.every(), key=lambda held: held.connection.casefold())
        if wanted in (None, one.connection_id)
    ]


def view_records(_store: Store, connection: Which, limit: int) -> list[Outgoing]:
    """Records that need a person, then those that wait, as many as ``limit`` of each."""
    of = which.connection(connection).id
    return [
        *outbox.listed(of, [SendState.REFUSED], limit),
        *outbox.listed(of, [SendState.WAITING], limit),
    ]


class Preview(Value):
    """What a dry run found; nothing was sent for it.

    ``not_looked_at`` is 0 once it is through.
    """

    is_through: Annotated[bool, "whether every record was checked"]
    not_looked_at: Annotated[int, "number of records not checked yet"]
    create: Annotated[int, "number of records that would be created"]
    change: Annotated[int, "number of records that would be changed"]
    match: Annotated[int, "number of existing records that would be matched"]
    end: Annotated[int, "number of records that would be voided or deleted"]
    nothing: Annotated[int, "number of records that need no change"]
    ambiguous: Annotated[int, "number of records that need your choice"]
    refuse: Annotated[int, "number of records that would be refused"]
    reason: Annotated[str, "why the platform cannot be checked; empty: it can"]
    records: Annotated[tuple[Outgoing, ...], "every record that is waiting or was refused"]


def view_preview(_store: Store, name: str) -> Preview:
    """What the last dry run of a connection found. Raises NotFound."""
    account = accounts.of(name)
    found = outbox.listed(account.connection_id, LOOKED_AT)
    of = {would: sum(one.would is would for one in found) for would in Would}
    return Preview(
        not account.is_looking,
        of[Would.UNKNOWN] + of[Would.WAIT],
        *(of[Would.CREATE], of[Would.CHANGE], of[Would.MATCH], of[Would.END], of[Would.NOTHING]),
        *(of[Would.AMBIGUOUS], of[Would.REFUSE]),
        outlets.get(accounts.outlet_name(account.connection_id)).reason,
        tuple(found),
    )
