"""Customers as people and scripts see them; page by page with what they owe on both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from peewee import Case, Tuple, fn

from shared.errors import NotFound
from shared.models import tables as t
from shared.models.convert import money
from shared.models.mapper import Mapper
from shared.models.searching import by_shape, holding_words, patterns
from shared.models.statements import AnyOf, Row, Statement, among, slot
from shared.rules.ledger import (
    Billed,
    CustomerFilter,
    CustomerSides,
    CustomerState,
    LeftOut,
    Owing,
    Place,
)
from shared.rules.payments.names import folded
from shared.rules.values import InvoiceStatus, JobMode
from shared.structs import replace

_IS_OPEN: Any = t.Invoice.status == InvoiceStatus.OPEN.value
_SEEN: Any = fn.COALESCE(t.Invoice.seen_cents, 0)
_NAME: Any = t.Lowered(t.Customer.full_name)  # spelled as in the index
_CUSTOMER = Mapper(
    CustomerSides,
    t.Customer,
    but=("owing", "left_out"),
    connection=t.Connection.name,
    sorts_as=_NAME,
)


def customers(
    connection_id: int, jobs: JobMode, *, with_settled: bool = False
) -> list[CustomerSides]:
    """Return the customers that imported open invoices are billed to, by full name.

    ``with_settled`` adds those whose imported invoices are all paid, void or deleted. Where
    jobs are kept apart the list also has the customers above them. What they owe is not read.
    """
    statuses = list(InvoiceStatus) if with_settled else [InvoiceStatus.OPEN]
    rows = _BILLED.all(connection=connection_id, statuses=[one.value for one in statuses])
    billed = list(map(_CUSTOMER.read, rows))
    if jobs is JobMode.SEPARATE:
        billed = _with_those_above(connection_id, billed)
    return sorted(billed, key=lambda customer: (customer.full_name.casefold(), customer.list_id))


def _with_those_above(connection_id: int, billed: list[CustomerSides]) -> list[CustomerSides]:
    found = {customer.list_id: customer for customer in billed}
    above = {customer.parent_list_id for customer in billed} - set(found)
    while above:
        parents = held(connection_id, above)
        found |= parents
        above = {parent.parent_list_id for parent in parents.values()} - set(found)
    return list(found.values())


_BILLED = Statement(
    lambda: _held(
        fn.EXISTS(
            t.Invoice.select("id").where(
                t.Invoice.has(
                    connection=t.Customer.connection,
                    bill_to_list_id=t.Customer.list_id,
                    left_out="",
                    status=AnyOf("statuses"),
                )
            )
        )
    )
)


def page(
    wanted: CustomerFilter, limit: int, after: Place | None = None, *, owing: bool = True
) -> list[CustomerSides]:
    """Return the customers that are wanted, by connection and name, those after ``after``.

    What they owe, where ``owing``, is worked out from all of their invoices.
    """
    connection_id, name, number = after or (0, "", 0)
    of_one = wanted.connection_id is not None
    found = _page(wanted.billed, of_one, len(wanted.words)).all(
        connection=wanted.connection_id,
        after_connection=connection_id,
        after_name=name,
        after_id=number,
        limit=limit,
        **patterns(wanted.words),
    )
    return _with_sides(found) if owing else [_read(row, ()) for row in found]


@by_shape
def _page(billed: Billed, of_one: bool, words: int) -> Any:
    place = (t.Customer.connection, _NAME, t.Customer.id)
    after = Tuple(slot("after_connection"), slot("after_name"), slot("after_id"))
    return (
        _select()
        .where(
            Tuple(*place) > after,
            *_of_kind(billed),
            *([t.Customer.has("connection")] if of_one else ()),
            *holding_words(words, t.Customer.full_name, t.Connection.name),
        )
        .order_by(*place)
        .limit(slot("limit"))
    )


def _of_kind(billed: Billed) -> Sequence[Any]:
    held = t.Customer.state == CustomerState.HELD.value
    if billed is Billed.HELD:
        return (held,)
    has_invoices = fn.EXISTS(
        t.Invoice.select("id").where(
            t.Invoice.has(connection=t.Customer.connection, bill_to_list_id=t.Customer.list_id)
        )
    )
    if billed is Billed.BILLED:
        return (has_invoices,)
    return (~held | (t.Customer.active == False), has_invoices)  # noqa: E712 - SQL


def _select() -> Any:
    return t.Customer.select(*_CUSTOMER.fields).join(t.Connection)


def get(connection_id: int, list_id: str) -> CustomerSides:
    """Find one customer; raises NotFound."""
    found = _with_sides(_GET.all(connection=connection_id, list_id=list_id))
    if not found:
        raise NotFound("customer", list_id)
    return found[0]


_GET = Statement(lambda: _select().where(t.Customer.has("connection", "list_id")))


def _with_sides(found: Sequence[Row]) -> list[CustomerSides]:
    sides: dict[int, list[Row]] = {}
    for id_, *row in _sides.all(ids=[row[0] for row in found]):
        sides.setdefault(id_, []).append(tuple(row))
    return [_read(row, sides.get(row[0], [])) for row in found]


@Statement
def _sides() -> Any:
    """Grouped by customer, currency and why it is left out; only what is open on a side."""
    billed = t.Invoice.has(connection=t.Customer.connection, bill_to_list_id=t.Customer.list_id)
    groups = (t.Customer.id, t.Invoice.currency, t.Invoice.left_out)
    opened = fn.SUM(Case(None, [(_IS_OPEN, 1)], 0))
    balance = fn.SUM(Case(None, [(_IS_OPEN, t.Invoice.balance_cents)], 0))
    name = fn.MIN(t.Invoice.customer_full_name)
    return (
        t.Customer.select(*groups, opened, balance, fn.SUM(_SEEN), name)
        .join(t.Invoice, on=billed)
        .where(
            among(t.Customer.id, "ids")
            & (_IS_OPEN | (_SEEN != 0))
            & t.Invoice.left_out.not_in(t.NOT_SETTLED)
        )
        .group_by(*groups)
        .order_by(*groups)
    )


def _read(row: Row, sides: Sequence[Row]) -> CustomerSides:
    customer = _CUSTOMER.read(
        row,
        owing=tuple(
            Owing(currency, int(count), money(int(balance)), money(int(seen)))
            for currency, reason, count, balance, seen, _name in sides
            if not reason
        ),
        left_out=tuple(
            LeftOut(reason, int(count), money(int(seen)), currency)
            for currency, reason, count, _balance, seen, _name in sides
            if reason
        ),
    )
    if customer.full_name or not sides:
        return customer
    return replace(customer, full_name=sides[0][-1])


def held(connection_id: int, list_ids: Iterable[str]) -> dict[str, CustomerSides]:
    """Return those of these customers that we hold, by ListID, without what they owe."""
    rows = _HELD_OF.all(connection=connection_id, ids=list_ids)
    return {one.list_id: one for one in map(_CUSTOMER.read, rows)}


def known(connection_id: int, list_ids: Iterable[str]) -> dict[str, CustomerSides]:
    """Return these customers by ListID, also those that are gone, without what they owe."""
    rows = _KNOWN.all(connection=connection_id, ids=list_ids)
    return {one.list_id: one for one in map(_CUSTOMER.read, rows)}


_KNOWN = Statement(lambda: _select().where(t.Customer.has("connection", list_id=AnyOf("ids"))))


def of_ids(ids: Collection[int]) -> dict[int, CustomerSides]:
    """Return these customers by number, without what they owe."""
    return {one.id: one for one in (_read(row, ()) for row in _OF_IDS.all(ids=ids))}


_OF_IDS = Statement(lambda: _select().where(among(t.Customer.id, "ids")))


def find(connection_id: int, text: str) -> CustomerSides:
    """Find a customer that we hold by its ListID or its full name, however that is typed.

    Raises NotFound, with the nearest name.
    """
    every = map(_CUSTOMER.read, _HELD.all(connection=connection_id))
    by_id = {one.list_id: one for one in every}
    named = {folded(one.full_name): one for one in by_id.values()}
    found = by_id.get(text.strip()) or named.get(folded(text))
    if found is None:
        nearest = get_close_matches(folded(text), named, n=1)
        raise NotFound("customer", text, named[nearest[0]].full_name if nearest else "")
    return found


def _held(*conditions: Any) -> Any:
    return _select().where(
        t.Customer.has("connection"), t.Customer.state == CustomerState.HELD.value, *conditions
    )


_HELD = Statement(_held)
_HELD_OF = Statement(lambda: _held(among(t.Customer.list_id, "ids")))
