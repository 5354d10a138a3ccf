"""Customers and jobs that our invoices name: wanted, then held, missing or deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from shared.models import events
from shared.models import tables as t
from shared.models.events import Told
from shared.models.ledger import aliases, rereads, wanted
from shared.models.statements import AnyOf, Row, Statement, put_rows, slot
from shared.rules.events import EventKind
from shared.rules.ledger import CustomerState
from shared.rules.values import Customer, RecordKind, Stored


def store_customers(connection_id: int, batch: Sequence[Customer], now: datetime) -> Stored:
    """Hold the customers of a batch as they are now, and want their parents.

    The names that they had before are remembered.
    """
    customers = {customer.list_id: customer for customer in batch}
    known = {row[0]: row[1:] for row in _KNOWN.all(connection=connection_id, ids=customers)}
    stored = Stored()
    for list_id, customer in customers.items():
        _kind(stored, known.get(list_id), customer).append(list_id)
    written = [customers[list_id] for list_id in (*stored.imported, *stored.updated)]
    held = CustomerState.HELD.value
    _WRITE.many((connection_id, held, *customer) for customer in written)
    aliases.remember(connection_id, written, now)
    aliases.still_there(connection_id, customers)
    wanted.want(connection_id, (customer.parent_list_id for customer in customers.values()))
    rereads.reread_done(connection_id, RecordKind.CUSTOMER, customers)
    for kind, list_ids in (
        (EventKind.CUSTOMER_IMPORTED, stored.imported),
        (EventKind.CUSTOMER_CHANGED, stored.updated),
    ):
        events.record(connection_id, kind, (_told(customers[one]) for one in list_ids))
    return stored


def _told(customer: Customer) -> Told:
    state = "active" if customer.active else "inactive"
    return Told(customer.list_id, customer.full_name, currency=customer.currency, state=state)


def _kind(stored: Stored, known: Row | None, customer: Customer) -> list[str]:
    if known is None:
        return stored.imported
    state, *mark = known
    if state != CustomerState.HELD:
        return stored.imported
    return stored.unchanged if tuple(mark) == _mark_of(customer) else stored.updated


_COMPARED = ("edit_sequence", "time_modified", "active", "full_name", "parent_list_id")
"""What tells a changed customer from an unchanged one.

A change of one above it changes full name and parent, but not the EditSequence.
"""
_mark_of = attrgetter(*_COMPARED)
_KNOWN = Statement(
    lambda: t.Customer.select("list_id", "state", *_COMPARED).where(
        t.Customer.has("connection", list_id=AnyOf("ids"))
    )
)
_WRITE = put_rows(t.Customer, "connection", "state", *Customer._fields)


def missing_customers(connection_id: int, limit: int) -> list[str]:
    """Return ListIDs to ask QuickBooks for: named but not held, or to be read again.

    Each is named until ``store_customers`` or ``mark_customers_missing`` had it.
    """
    named = _WANTED.column(connection=connection_id, limit=limit)
    again = rereads.next_reread(connection_id, RecordKind.CUSTOMER, limit)
    return list(dict.fromkeys([*named, *again]))[:limit]


_WANTED = Statement(
    lambda: (
        t.Customer.select("list_id")
        .where(t.Customer.has("connection", state=CustomerState.WANTED))
        .order_by(t.Customer.id)
        .limit(slot("limit"))
    )
)


def mark_customers_missing(connection_id: int, list_ids: Iterable[str]) -> None:
    """Note that QuickBooks did not show customers that we asked for."""
    _mark(connection_id, list_ids, CustomerState.MISSING)


def mark_customers_deleted(connection_id: int, list_ids: Iterable[str]) -> None:
    """Note that customers were deleted in QuickBooks; others than ours are ignored."""
    ids = list(list_ids)
    if ids:
        events.record_rows(_TELL_DELETED, connection=connection_id, ids=ids)
    _mark(connection_id, ids, CustomerState.DELETED)


_TELL_DELETED = Statement(
    lambda: events.of_rows(
        t.Customer.select(
            *events.columns(
                *(t.Customer.connection, EventKind.CUSTOMER_DELETED.value),
                *(t.Customer.list_id, t.Customer.full_name),
                state=CustomerState.DELETED.value,
            )
        ).where(t.Customer.has("connection", list_id=AnyOf("ids"), state=CustomerState.HELD))
    )
)


def _mark(connection_id: int, list_ids: Iterable[str], state: CustomerState) -> None:
    ids = list(list_ids)
    if not ids:
        return
    _MARK.run(connection=connection_id, ids=ids, state=state.value)
    aliases.carry_over(connection_id)
    rereads.reread_done(connection_id, RecordKind.CUSTOMER, ids)


_MARK = Statement(
    lambda: t.Customer.update(state=slot("state")).where(
        t.Customer.has("connection", list_id=AnyOf("ids"))
    )
)
