"""Who is billed for each open invoice, and which ones are left out.

Worked out anew from what is held, so that it comes right whatever changed: a customer
deactivated, a job moved, the connection's settings edited. Only changes are written.

It goes part by part, and each part in slices that the caller may have in transactions of their
own: neither the time of one nor memory grows with the company. First it is worked out for each
customer whom its invoices bill and why they are left out; then one statement a slice writes the
invoices that come out otherwise than they stand. What was not looked at yet stays hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Case, fn

from shared.models import events
from shared.models import tables as t
from shared.models.convert import day_text
from shared.models.statements import AnyOf, Statement, among, slot
from shared.rules.events import EventKind
from shared.rules.ledger import CustomerState
from shared.rules.values import InvoiceStatus, JobMode
from shared.structs import Struct, Value, field

PENDING = "left-out-pending"
CUSTOMER_MISSING = "invoice-customer-missing"
INACTIVE_CUSTOMER = "left-out-inactive-customer"
BEFORE_START_DATE = "left-out-before-start-date"

_BEYOND_ALL = 2**63 - 1


class Part(StrEnum):
    """What is settled, in this order."""

    CUSTOMERS = "customers"  # whom the invoices of each one bill
    OPEN = "open"  # the open invoices
    CLOSED = "closed"  # those that changed and are no longer open: once, and not told of
    SET_ASIDE = "set-aside"  # those that we did not read as they are now


class Terms(Value):
    """What a settlement goes by besides invoices and customers.

    ``set_aside`` gives the reason code, by TxnID, of invoices that we did not read as they are
    now (skipped by an operator, unreadable, refused): what we hold of them must not be shown as
    right.
    """

    connection_id: int
    jobs: JobMode
    start_date: date | None = None
    set_aside: Mapping[str, str] = field(default_factory=dict)


class Settled(Struct):
    """What a slice changed, and what is wrong with the books as they stand.

    ``left_out`` are (TxnID, reason code) of invoices newly left out or for another reason
    than before, ``taken_in`` those left out until now. ``customer_missing`` (TxnIDs) and
    ``cycles`` (ListIDs) are all that there are in the slice, also those known before.
    ``rows`` were looked at; ``until`` is where the next slice begins, "" after the last.
    """

    left_out: list[tuple[str, str]] = field(default_factory=list)
    taken_in: list[str] = field(default_factory=list)
    customer_missing: list[str] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)
    rows: int = 0
    until: str = ""

    def tell(self, txn_id: str, before: str, reason: str) -> None:
        """Note what a sync should tell of: not that a new invoice is imported."""
        if reason == CUSTOMER_MISSING:
            self.customer_missing.append(txn_id)
        if reason and reason != before:
            self.left_out.append((txn_id, reason))
        elif not reason and before not in ("", t.UNSETTLED):
            self.taken_in.append(txn_id)


def settle(terms: Terms, part: Part, after: str, limit: int) -> Settled:
    """Settle at most ``limit`` records of a part, those that follow ``after`` ("" at first).

    A slice settled twice is settled once, but for the telling.
    """
    return _SETTLE[part](terms, after, limit)


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


def in_cycle(connection_id: int, list_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these held customers stand above themselves."""
    places = _with_all_above(connection_id, _places(list_ids, connection_id))
    return frozenset(standings(places)[1])


def without_customer(connection_id: int, txn_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these invoices are open and left out since their customer is missing."""
    return frozenset(_WITHOUT_CUSTOMER.column(connection=connection_id, ids=txn_ids))


_WITHOUT_CUSTOMER = Statement(
    lambda: t.Invoice.select("txn_id").where(
        t.Invoice.has("connection", txn_id=AnyOf("ids"), status=InvoiceStatus.OPEN),
        t.Invoice.left_out == CUSTOMER_MISSING,
    )
)


def _settle_customers(terms: Terms, after: str, limit: int) -> Settled:
    rows = _CUSTOMERS.all(connection=terms.connection_id, after=after, limit=limit)
    slice_of = {list_id: Place(above, bool(on)) for list_id, above, on, *_ in rows}
    found, cycles = standings(_with_all_above(terms.connection_id, slice_of))
    changes: list[tuple[str, str, int]] = []
    for list_id, _above, _on, number, *before in rows:
        now = [found[list_id].top, _left_out_below(found[list_id])]
        if now != before:
            changes.append((*now, number))
    _WRITE_CUSTOMER.many(changes)
    return Settled(
        cycles=[one for one in cycles if one in slice_of],
        rows=len(rows),
        until=rows[-1][0] if len(rows) == limit else "",
    )


def _left_out_below(standing: Standing) -> str:
    """Why the invoices of a customer are left out; one whose parents we do not all hold is as
    good as missing.
    """
    if not standing.complete:
        return CUSTOMER_MISSING
    return "" if standing.usable else INACTIVE_CUSTOMER


def _with_all_above(connection_id: int, places: Mapping[str, Place]) -> dict[str, Place]:
    """These customers and all above them that we hold."""
    known, newly = dict(places), dict(places)
    while above := {place.parent for place in newly.values()} - known.keys() - {""}:
        newly = _places(above, connection_id)
        known |= newly
    return known


def _places(list_ids: Iterable[str], connection_id: int) -> dict[str, Place]:
    rows = _PLACES.all(connection=connection_id, ids=list_ids)
    return {list_id: Place(above, bool(on)) for list_id, above, on in rows}


def _held_customers(*columns: Any) -> Any:
    return t.Customer.select("list_id", "parent_list_id", "active", *columns).where(
        t.Customer.has("connection", state=CustomerState.HELD)
    )


_CUSTOMERS = Statement(
    lambda: (
        _held_customers(t.Customer.id, t.Customer.top_list_id, t.Customer.invoices_left_out)
        .where(t.Customer.list_id > slot("after"))
        .order_by(t.Customer.list_id)
        .limit(slot("limit"))
    )
)
_PLACES = Statement(lambda: _held_customers().where(among(t.Customer.list_id, "ids")))
_WRITE_CUSTOMER = Statement(
    lambda: t.Customer.update(top_list_id=slot("top"), invoices_left_out=slot("left_out")).where(
        t.Customer.has("id")
    )
)


def _settle_open(terms: Terms, after: str, limit: int) -> Settled:
    """Only those to be told of come out of the database; the others are written in it."""
    first = int(after or 0)
    rows, last = _until.all(connection=terms.connection_id, after=first, limit=limit)[0]
    ends_here = rows < limit
    settled = Settled(rows=rows, until="" if ends_here else str(last))
    given = {**_given(terms), "after": first, "until": _BEYOND_ALL if ends_here else last}
    for told in _to_tell.all(**given):
        settled.tell(*told)
    if events.record_rows(_TELL_OPEN, **given):
        _WRITE_OPEN.run(**given)
    return settled


def _settle_closed(terms: Terms, _after: str, limit: int) -> Settled:
    """What was settled is not among them any more, so each slice begins at the beginning."""
    if not _ANY_CLOSED.all(connection=terms.connection_id):
        return Settled()  # an eighth of what it costs to write none
    given = {**_given(terms), "limit": limit}
    events.record_rows(_TELL_CLOSED, **given)
    written = _WRITE_CLOSED.run(**given)
    return Settled(rows=written, until="" if written < limit else "more")


def _settle_set_aside(terms: Terms, after: str, limit: int) -> Settled:
    chosen = sorted(one for one in terms.set_aside if one > after)[:limit]
    settled = Settled(rows=len(chosen), until=chosen[-1] if len(chosen) == limit else "")
    if not chosen:
        return settled
    changes: list[tuple[str, str, int]] = []
    for row in _SET_ASIDE.all(**{**_given(terms), "set_aside": chosen}):
        number, txn_id, status, bill_to, *before = row
        reason = terms.set_aside[txn_id]
        if status == InvoiceStatus.OPEN:
            settled.tell(txn_id, before[1], reason)
        if before != [bill_to, reason]:
            changes.append((bill_to, reason, number))
    hidden = [number for _, _, number in changes]
    if hidden:
        events.record_rows(_TELL_SET_ASIDE, ids=hidden)
        _WRITE.many(changes)
    return settled


_SETTLE: Mapping[Part, Callable[[Terms, str, int], Settled]] = {
    Part.CUSTOMERS: _settle_customers,
    Part.OPEN: _settle_open,
    Part.CLOSED: _settle_closed,
    Part.SET_ASIDE: _settle_set_aside,
}


def _given(terms: Terms) -> dict[str, Any]:
    return {
        "connection": terms.connection_id,
        "rolls_up": terms.jobs is JobMode.ROLL_UP,
        "start": day_text(terms.start_date) or "",
        "set_aside": list(terms.set_aside),
    }


def _bill_to() -> Any:
    """Who is billed: the customer at the top, as far up as we hold them, or the job itself."""
    named = t.Invoice.customer_list_id
    top = fn.COALESCE(_of_held(t.Customer.top_list_id), named)
    return Case(None, [(slot("rolls_up") == True, top)], named)  # noqa: E712


def _reason() -> Any:
    """Why an invoice is left out, "" when it is not.

    One that is not posted (pending) is not owed, whatever else may be said of it.
    """
    customers = fn.COALESCE(_of_held(t.Customer.invoices_left_out), CUSTOMER_MISSING)
    return Case(
        None,
        [
            (t.Invoice.pending == True, PENDING),  # noqa: E712
            (customers != "", customers),
            (t.Invoice.date < slot("start"), BEFORE_START_DATE),
        ],
        "",
    )


def _of_held(column: Any) -> Any:
    """What stands in a column of the customer, null for one that we do not hold."""
    return Case(None, [(t.Customer.state == CustomerState.HELD.value, column)])


def _of_connection(*columns: Any) -> Any:
    """Invoices beside the customer that each names: ``_of_held`` says whether we hold that one.

    The sum and the state, left out here, keep PostgreSQL from comparing each invoice with all
    customers of the connection: in a new company it takes those that are held for few.
    """
    connection: Any = t.Invoice.connection
    names = t.Customer.has(connection=connection + 0, list_id=t.Invoice.customer_list_id)
    return (
        t.Invoice.select(*columns)
        .join(t.Customer, JOIN.LEFT_OUTER, on=names)
        .where(t.Invoice.has("connection"))
    )


def _is_open() -> Any:
    return t.Invoice.status == InvoiceStatus.OPEN.value


def _in_slice() -> Any:
    return (
        _is_open()
        & (t.Invoice.id > slot("after"))
        & (t.Invoice.id <= slot("until"))
        & ~among(t.Invoice.txn_id, "set_aside")
    )


@Statement
def _until() -> Any:
    ids = (
        t.Invoice.select("id")
        .where(t.Invoice.has("connection"), _is_open(), t.Invoice.id > slot("after"))
        .order_by(t.Invoice.id)
        .limit(slot("limit"))
    )
    return t.Invoice.select(fn.COUNT(ids.c.id), fn.MAX(ids.c.id)).from_(ids)


@Statement
def _to_tell() -> Any:
    """Those that are left out otherwise than before, and all whose customer is missing."""
    before, reason = t.Invoice.left_out, _reason()
    is_news = Case(
        None,
        [(reason == CUSTOMER_MISSING, True), (reason == "", before.not_in(("", t.UNSETTLED)))],
        reason != before,
    )
    return (
        _of_connection(t.Invoice.txn_id, before, reason)
        .where(_in_slice() & is_news)
        .order_by(t.Invoice.id)
    )


def _written_as(due: Any) -> Any:
    """Write invoices as they come out: ``due`` has their id, who is billed and the reason."""
    return (
        t.Invoice.update(bill_to_list_id=due.c.bill_to, left_out=due.c.reason)
        .from_(due)
        .where(t.Invoice.id == due.c.id)
    )


def _due() -> Any:
    return _of_connection(t.Invoice.id, _bill_to().alias("bill_to"), _reason().alias("reason"))


def _comes_out_otherwise() -> Any:
    return (t.Invoice.bill_to_list_id != _bill_to()) | (t.Invoice.left_out != _reason())


def _some_closed(query: Any) -> Any:
    return (
        query.where(SQL(t.UNSETTLED_CLOSED), ~among(t.Invoice.txn_id, "set_aside"))
        .order_by(t.Invoice.id)
        .limit(slot("limit"))
    )


_ANY_CLOSED = Statement(
    lambda: (
        t.Invoice.select("id").where(t.Invoice.has("connection"), SQL(t.UNSETTLED_CLOSED)).limit(1)
    )
)
_WRITE_OPEN = Statement(lambda: _written_as(_due().where(_in_slice() & _comes_out_otherwise())))
_WRITE_CLOSED = Statement(lambda: _written_as(_some_closed(_due())))


def _told_as(kind: Any, code: Any = "") -> list[Any]:
    return events.columns(
        *(t.Invoice.connection, kind, t.Invoice.txn_id, t.Invoice.number),
        amount=t.Invoice.balance_cents,
        currency=t.Invoice.currency,
        state=t.Invoice.status,
        code=code,
    )


def _became() -> Any:
    """What happens to an open invoice that comes out otherwise than it stands.

    One that bills nobody yet, or was left out until now, is imported; the others were before.
    """
    shown = t.Invoice.left_out.in_(("", t.UNSETTLED)) & (t.Invoice.bill_to_list_id != "")
    return Case(
        None,
        [
            (_reason() != "", EventKind.INVOICE_LEFT_OUT.value),
            (shown, EventKind.INVOICE_CHANGED.value),
        ],
        EventKind.INVOICE_IMPORTED.value,
    )


# An event for each invoice that is written, while it still stands as it did.
_TELL_OPEN = Statement(
    lambda: events.of_rows(
        _of_connection(*_told_as(_became(), _reason()))
        .where(_in_slice() & _comes_out_otherwise())
        .order_by(t.Invoice.id)
    )
)


def _closed() -> Any:
    """Those that were imported and are closed now; a deletion was told when it was met."""
    these = _some_closed(t.Invoice.select("id").where(t.Invoice.has("connection")))
    was_shown = (t.Invoice.left_out == t.UNSETTLED) & (t.Invoice.bill_to_list_id != "")
    return (
        t.Invoice.select(*_told_as(EventKind.INVOICE_CLOSED.value))
        .where(
            t.Invoice.id.in_(these) & was_shown & (t.Invoice.status != InvoiceStatus.DELETED.value)
        )
        .order_by(t.Invoice.id)
    )


_TELL_CLOSED = Statement(lambda: events.of_rows(_closed()))
_TELL_SET_ASIDE = Statement(
    lambda: events.of_rows(
        t.Invoice.select(*_told_as(EventKind.INVOICE_LEFT_OUT.value))
        .where(among(t.Invoice.id, "ids") & t.Invoice.left_out.in_(("", t.UNSETTLED)))
        .order_by(t.Invoice.id)
    )
)
_SET_ASIDE = Statement(
    lambda: (
        _of_connection(
            *(t.Invoice.id, t.Invoice.txn_id, t.Invoice.status, _bill_to()),
            *(t.Invoice.bill_to_list_id, t.Invoice.left_out),
        )
        .where(
            among(t.Invoice.txn_id, "set_aside")
            & (_is_open() | t.Invoice.left_out.in_(t.NOT_SETTLED))
        )
        .order_by(t.Invoice.id)
    )
)
_WRITE = Statement(
    lambda: t.Invoice.update(bill_to_list_id=slot("bill_to"), left_out=slot("left_out")).where(
        t.Invoice.has("id")
    )
)
