"""Who is billed for each open invoice, and which ones are left out.

Worked out anew from what is held, so that it comes right whatever changed: a customer
deactivated, a job moved, the connection's settings edited. Only changes are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from peewee import JOIN, Case, Value, fn

from shared.models import tables as t
from shared.models.convert import day_text
from shared.models.ledger.wanted import CustomerState
from shared.models.statements import Statement, slot
from shared.models.values import InvoiceStatus, JobMode

PENDING = "left-out-pending"
CUSTOMER_MISSING = "invoice-customer-missing"
INACTIVE_CUSTOMER = "left-out-inactive-customer"
BEFORE_START_DATE = "left-out-before-start-date"


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement changed, and what is wrong with the books as they stand.

    ``left_out`` are (TxnID, reason code) of invoices newly left out or for another reason
    than before, ``taken_in`` those left out until now. ``customer_missing`` (TxnIDs) and
    ``cycles`` (ListIDs) are all that there are, also those known before.
    """

    left_out: list[tuple[str, str]]
    taken_in: list[str]
    customer_missing: list[str]
    cycles: list[str]


class Place(NamedTuple):
    """Where a customer stands: its parent ("" for none) and whether it is active itself."""

    parent: str
    active: bool


class Standing(NamedTuple):
    """What follows: the customer at the top, and whether it and all above it are active."""

    top: str
    usable: bool


def settle(connection_id: int, jobs: JobMode, start_date: date | None) -> Settled:
    """Work out bill-to and left-out reasons of all open invoices; return what changed."""
    cycles = _place_customers(connection_id)
    parameters = {"connection": connection_id, "start": day_text(start_date) or ""}
    news = _NEWS[jobs].all(**parameters)
    _SETTLE[jobs].run(**parameters)
    return Settled(
        left_out=[(txn_id, reason) for txn_id, _, reason in news if reason],
        taken_in=[
            txn_id for txn_id, before, reason in news if not reason and before != t.UNSETTLED
        ],
        customer_missing=_CUSTOMER_MISSING.column(connection=connection_id),
        cycles=cycles,
    )


def standings(places: Mapping[str, Place]) -> tuple[dict[str, Standing], list[str]]:
    """Follow the parents of each customer; also returns those that stand in a cycle.

    A parent that is not in ``places`` ends the way: who names it counts as the top. A
    customer whose way ends in a cycle is its own top, since there is no other.
    """
    found: dict[str, Standing] = {}
    cycles: list[str] = []
    for list_id, place in places.items():
        top, usable, way = list_id, place.active, {list_id}
        while (parent := places[top].parent) in places and parent not in way:
            top = parent
            usable = usable and places[parent].active
            way.add(parent)
        if parent in way:
            top = list_id
            cycles += [list_id] if parent == list_id else []
        found[list_id] = Standing(top, usable)
    return found, cycles


def _place_customers(connection_id: int) -> list[str]:
    rows = _CUSTOMERS.all(connection=connection_id)
    found, cycles = standings({row[0]: Place(row[1], bool(row[2])) for row in rows})
    _WRITE_STANDING.many(
        (found[list_id].top, found[list_id].usable, connection_id, list_id)
        for list_id, _, _, top, usable in rows
        if found[list_id] != (top, bool(usable))
    )
    return cycles


_CUSTOMERS = Statement(
    lambda: t.Customer.select(
        *(t.Customer.list_id, t.Customer.parent_list_id, t.Customer.active),
        *(t.Customer.top_list_id, t.Customer.usable),
    ).where(
        (t.Customer.connection == slot("connection"))
        & (t.Customer.state == CustomerState.HELD.value)
    )
)
_WRITE_STANDING = Statement(
    lambda: t.Customer.update(
        {t.Customer.top_list_id: slot("top"), t.Customer.usable: slot("usable")}
    ).where((t.Customer.connection == slot("connection")) & (t.Customer.list_id == slot("list_id")))
)


def _outcomes(jobs: JobMode) -> Any:
    """A query of the open invoices for which reason or bill-to is not as it should be."""
    customer_held = t.Customer.state == CustomerState.HELD.value
    reason = Case(
        None,
        [
            (t.Invoice.pending == Value(True), PENDING),
            (t.Customer.state.is_null() | ~customer_held, CUSTOMER_MISSING),
            (t.Customer.usable == Value(False), INACTIVE_CUSTOMER),
            (t.Invoice.date < slot("start"), BEFORE_START_DATE),
        ],
        "",
    )
    bill_to: Any = t.Invoice.customer_list_id
    if jobs is JobMode.ROLL_UP:
        bill_to = Case(None, [(customer_held, t.Customer.top_list_id)], bill_to)
    same_customer = (t.Customer.connection == t.Invoice.connection) & (
        t.Customer.list_id == t.Invoice.customer_list_id
    )
    return (
        t.Invoice.select(
            *(t.Invoice.id, t.Invoice.txn_id, t.Invoice.left_out),
            *(reason.alias("reason"), bill_to.alias("bill_to")),
        )
        .join(t.Customer, JOIN.LEFT_OUTER, on=same_customer)
        .where(
            (t.Invoice.connection == slot("connection"))
            & (t.Invoice.status == InvoiceStatus.OPEN.value)
            & ((t.Invoice.left_out != reason) | (t.Invoice.bill_to_list_id != bill_to))
        )
    )


def _news(jobs: JobMode) -> Any:
    """Those of which a sync should tell: not an invoice that is imported at once."""
    outcomes = _outcomes(jobs).alias("outcomes")
    columns = outcomes.c
    at_once = (columns.left_out == t.UNSETTLED) & (columns.reason == "")
    return (
        t.Invoice.select(columns.txn_id, columns.left_out, columns.reason)
        .from_(outcomes)
        .where((columns.left_out != columns.reason) & ~at_once)
        .order_by(columns.id)
    )


def _settling(jobs: JobMode) -> Any:
    outcomes = _outcomes(jobs).alias("outcomes")
    return (
        t.Invoice.update(
            {
                t.Invoice.left_out: outcomes.c.reason,
                t.Invoice.bill_to_list_id: outcomes.c.bill_to,
            }
        )
        .from_(outcomes)
        .where(t.Invoice.id == outcomes.c.id)
    )


_NEWS = {
    JobMode.ROLL_UP: Statement(lambda: _news(JobMode.ROLL_UP)),
    JobMode.SEPARATE: Statement(lambda: _news(JobMode.SEPARATE)),
}
_SETTLE = {
    JobMode.ROLL_UP: Statement(lambda: _settling(JobMode.ROLL_UP)),
    JobMode.SEPARATE: Statement(lambda: _settling(JobMode.SEPARATE)),
}
_CUSTOMER_MISSING = Statement(
    lambda: (
        t.Invoice.select(t.Invoice.txn_id)
        .where(
            (t.Invoice.connection == slot("connection"))
            & (t.Invoice.status == InvoiceStatus.OPEN.value)
            & (t.Invoice.left_out == CUSTOMER_MISSING)
        )
        .order_by(t.Invoice.id)
    )
)


def duplicates(connection_id: int) -> list[tuple[str, list[str]]]:
    """Return the numbers that several imported open invoices share, with their TxnIDs.

    An invoice without a number shares none.
    """
    rows = _DUPLICATES.all(connection=connection_id)
    return [
        (number, [txn_id for _, txn_id in group]) for number, group in groupby(rows, itemgetter(0))
    ]


def _numbered(invoices: Any) -> Any:
    """The imported open invoices that have a number."""
    return (
        (invoices.connection == slot("connection"))
        & (invoices.status == InvoiceStatus.OPEN.value)
        & (invoices.left_out == "")
        & (invoices.number != "")
    )


def _duplicates() -> Any:
    twin: Any = t.Invoice.alias()
    several = (
        twin.select(twin.number)
        .where(_numbered(twin))
        .group_by(twin.number)
        .having(fn.COUNT(twin.id) > 1)
    )
    return (
        t.Invoice.select(t.Invoice.number, t.Invoice.txn_id)
        .where(_numbered(t.Invoice) & t.Invoice.number.in_(several))
        .order_by(t.Invoice.number, t.Invoice.id)
    )


_DUPLICATES = Statement(_duplicates)
