"""Who is billed for each open invoice, and which ones are left out.

Worked out anew from what is held, so that it comes right whatever changed: a customer
deactivated, a job moved, the connection's settings edited. Only changes are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from peewee import fn

from shared.models import tables as t
from shared.models.convert import day_text
from shared.models.statements import Row, Statement, slot
from shared.rules.ledger import CustomerState
from shared.rules.payments.names import folded
from shared.rules.values import InvoiceStatus, JobMode

PENDING = "left-out-pending"
CUSTOMER_MISSING = "invoice-customer-missing"
INACTIVE_CUSTOMER = "left-out-inactive-customer"
BEFORE_START_DATE = "left-out-before-start-date"

_WRITTEN_AT_ONCE = 500
_NONE: Mapping[str, str] = MappingProxyType({})


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
    """What follows: the customer at the top, whether it and all above it are active, and
    whether all above it are known.
    """

    top: str
    usable: bool
    complete: bool


def standings(places: Mapping[str, Place]) -> tuple[dict[str, Standing], list[str]]:
    """Follow the parents of each customer; also returns those that stand in a cycle.

    A parent that is not in ``places`` ends the way: who is billed at its top is not known
    then. A customer whose way ends in a cycle is its own top, since there is no other.
    """
    found: dict[str, Standing] = {}
    cycles: list[str] = []
    for list_id, place in places.items():
        top, usable, way = list_id, place.active, {list_id}
        while (parent := places[top].parent) in places and parent not in way:
            top = parent
            usable = usable and places[parent].active
            way.add(parent)
        if parent == list_id:
            cycles.append(list_id)
        in_cycle = parent in way
        found[list_id] = Standing(list_id if in_cycle else top, usable, in_cycle or not parent)
    return found, cycles


def outcome(
    customer_list_id: str,
    standing: Standing | None,
    *,
    pending: bool,
    too_early: bool,
    jobs: JobMode,
) -> tuple[str, str]:
    """Say who is billed for an open invoice and why it is left out, "" when it is not.

    ``standing`` is None for a customer that we do not hold; one whose parents we do not all
    hold is as good as missing. An invoice that is not posted (pending) is not owed, whatever
    else may be said of it.
    """
    rolled_up = standing is not None and jobs is JobMode.ROLL_UP
    bill_to = standing.top if standing and rolled_up else customer_list_id
    if pending:
        return bill_to, PENDING
    if standing is None or not standing.complete:
        return bill_to, CUSTOMER_MISSING
    if not standing.usable:
        return bill_to, INACTIVE_CUSTOMER
    return bill_to, BEFORE_START_DATE if too_early else ""


def settle(
    connection_id: int,
    jobs: JobMode,
    start_date: date | None,
    set_aside: Mapping[str, str] = _NONE,
) -> Settled:
    """Work out bill-to and left-out reasons of all open invoices; return what changed.

    Closed ones are settled once after they changed, and not told of. ``set_aside`` gives
    the reason code, by TxnID, of invoices that we did not read as they are now (skipped by
    an operator, unreadable, refused): what we hold of them must not be shown as right.
    """
    held = _CUSTOMERS.all(connection=connection_id)
    customers, cycles = standings({one: Place(above, bool(on)) for one, above, on in held})
    start = day_text(start_date) or ""
    settled = Settled([], [], [], cycles)
    changes: list[tuple[str, str, int]] = []
    for row in _UNDECIDED.each(connection=connection_id):
        number, txn_id, list_id, day, pending, status, *before = row
        bill_to, reason = outcome(
            list_id,
            customers.get(list_id),
            pending=bool(pending),
            too_early=day < start,
            jobs=jobs,
        )
        reason = set_aside.get(txn_id, reason)
        if status == InvoiceStatus.OPEN:
            _tell(settled, txn_id, before[1], reason)
        if before == [bill_to, reason]:
            continue
        changes.append((bill_to, reason, number))
        if len(changes) == _WRITTEN_AT_ONCE:
            _WRITE.many(changes)
            changes.clear()
    _WRITE.many(changes)
    return settled


def _tell(settled: Settled, txn_id: str, before: str, reason: str) -> None:
    """Note what a sync should tell of: not that a new invoice is imported."""
    if reason == CUSTOMER_MISSING:
        settled.customer_missing.append(txn_id)
    if reason and reason != before:
        settled.left_out.append((txn_id, reason))
    elif not reason and before not in ("", t.UNSETTLED):
        settled.taken_in.append(txn_id)


_CUSTOMERS = Statement(
    lambda: t.Customer.select(
        t.Customer.list_id, t.Customer.parent_list_id, t.Customer.active
    ).where(
        (t.Customer.connection == slot("connection"))
        & (t.Customer.state == CustomerState.HELD.value)
    )
)
_UNDECIDED = Statement(
    lambda: (
        t.Invoice.select(
            *(t.Invoice.id, t.Invoice.txn_id, t.Invoice.customer_list_id, t.Invoice.date),
            *(t.Invoice.pending, t.Invoice.status),
            *(t.Invoice.bill_to_list_id, t.Invoice.left_out),
        )
        .where(
            (t.Invoice.connection == slot("connection"))
            & (
                (t.Invoice.status == InvoiceStatus.OPEN.value)
                | t.Invoice.left_out.in_((t.UNSETTLED, t.UNSETTLED_LEFT_OUT))
            )
        )
        .order_by(t.Invoice.id)
    )
)
_WRITE = Statement(
    lambda: t.Invoice.update(
        {t.Invoice.bill_to_list_id: slot("bill_to"), t.Invoice.left_out: slot("left_out")}
    ).where(t.Invoice.id == slot("id"))
)


class SharedNumber(NamedTuple):
    """A number that several open invoices bear: the TxnIDs of all, and of those imported."""

    number: str
    bearers: list[str]
    imported: list[str]


def duplicates(connection_id: int) -> list[SharedNumber]:
    """Return the numbers that imported open invoices share with other open ones.

    Those that are left out or skipped bear their number, too. Blanks and case make no other
    number. An invoice without a number shares none.
    """
    groups: dict[str, list[Row]] = {}
    for row in _CLOSE.all(connection=connection_id):
        groups.setdefault(folded(row[0]), []).append(row)
    found = [
        SharedNumber(
            rows[0][0],
            [txn_id for _, txn_id, _ in rows],
            [txn_id for _, txn_id, left_out in rows if not left_out],
        )
        for rows in groups.values()
        if len(rows) > 1
    ]
    return [shared for shared in found if shared.imported]


def _numbered(invoices: Any) -> Any:
    """The open invoices that have a number."""
    return (
        (invoices.connection == slot("connection"))
        & (invoices.status == InvoiceStatus.OPEN.value)
        & (invoices.number != "")
    )


def _close() -> Any:
    """Those whose numbers are close to another's: all that are the same are among them."""
    twin: Any = t.Invoice.alias()
    several = (
        twin.select(twin.number_key)
        .where(_numbered(twin))
        .group_by(twin.number_key)
        .having(fn.COUNT(twin.id) > 1)
    )
    return (
        t.Invoice.select(t.Invoice.number, t.Invoice.txn_id, t.Invoice.left_out)
        .where(_numbered(t.Invoice) & t.Invoice.number_key.in_(several))
        .order_by(t.Invoice.number_key, t.Invoice.id)
    )


_CLOSE = Statement(_close)
