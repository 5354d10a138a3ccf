"""What Settings shows: a connection with its rules, and what a change of it would touch."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.models import connections, ledger, problems
from shared.models.payments import listing, lists, rules
from shared.models.store import Store
from shared.rules.payments.values import (
    DepositRule,
    ListKind,
    MethodRule,
    Payment,
    PaymentStatus,
)
from shared.rules.values import Application, Connection

FLOW_OFF = "payment-flow-off"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Everything of a connection that a person can change.

    ``accounts`` and ``methods`` are the full names that QuickBooks listed last, active ones only.
    """

    connection: Connection
    applications: tuple[Application, ...]
    deposit_rules: tuple[DepositRule, ...]
    method_rules: tuple[MethodRule, ...]
    accounts: tuple[str, ...]
    methods: tuple[str, ...]


def read(_store: Store, connection_id: int) -> ConnectionSettings:
    """Read them; raises NotFound."""
    return ConnectionSettings(
        connections.by_id(connection_id),
        tuple(connections.applications(connection_id)),
        tuple(rules.deposit_rules(connection_id)),
        tuple(rules.method_rules(connection_id)),
        _names(connection_id, ListKind.ACCOUNT),
        _names(connection_id, ListKind.PAYMENT_METHOD),
    )


def _names(connection_id: int, kind: ListKind) -> tuple[str, ...]:
    return tuple(one.full_name for one in lists.entries(connection_id, kind) if one.active)


@dataclass(frozen=True, slots=True)
class AtStake:
    """What goes with a connection when it is removed."""

    open_invoices: int
    open_problems: int
    payments_waiting: int
    payments_unknown: int


def at_stake(_store: Store, connection_id: int) -> AtStake:
    """Count what a connection holds."""
    payments = listing.counts(connection_id)
    waiting = (PaymentStatus.WAITING, PaymentStatus.READY)
    unknown = (PaymentStatus.SENT, PaymentStatus.UNKNOWN, PaymentStatus.PARKED)
    return AtStake(
        sum(number for _, number, _ in ledger.totals(connection_id)),
        len(problems.list_problems(connection_id)),
        sum(payments.get(status, 0) for status in waiting),
        sum(payments.get(status, 0) for status in unknown),
    )


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Payments that are not posted only because posting is off; ``sums`` by currency."""

    count: int
    sums: tuple[tuple[str, Decimal], ...]


def held_back(_store: Store, connection_id: int) -> HeldBack:
    """Add up what would go to QuickBooks once posting is turned on."""
    statuses = [PaymentStatus.NOT_ELIGIBLE]
    held = [one for one in listing.payments(connection_id, statuses=statuses) if _is_held(one)]
    sums: dict[str, Decimal] = {}
    for payment in held:
        sums[payment.currency] = sums.get(payment.currency, Decimal(0)) + payment.amount
    return HeldBack(len(held), tuple(sorted(sums.items())))


def _is_held(payment: Payment) -> bool:
    return payment.code == FLOW_OFF
