"""Invoices page by page, ours beside what QuickBooks last showed: what a person browses.

As in all listings, an invoice that no sync has settled as it is now is not shown.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from peewee import JOIN, SQL, fn

from shared.errors import NotFound
from shared.models import tables as t
from shared.models.convert import day_or_none, money, money_or_none
from shared.models.searching import holding, pattern
from shared.models.statements import Row, Statement, among, slot
from shared.rules.ledger import CustomerState, InvoiceFilter, InvoiceSides, Kept
from shared.rules.payments import numbers
from shared.rules.payments.names import folded
from shared.rules.values import InvoiceStatus

_AFTER_ALL = 2**62
_HIDDEN = (t.UNSETTLED, t.UNSETTLED_LEFT_OUT)
_SEARCHED = (t.Invoice.number, t.Invoice.customer_full_name, t.Connection.name)


def page(wanted: InvoiceFilter, limit: int, before_id: int | None = None) -> list[InvoiceSides]:
    """Return the invoices that are wanted, the last ones read first, those before ``before_id``."""
    parameters: dict[str, Any] = {
        "connection": wanted.connection_id,
        "bill_to": wanted.bill_to,
        "before": before_id or _AFTER_ALL,
        "limit": limit,
        **{f"word_{number}": pattern(word) for number, word in enumerate(wanted.words)},
    }
    statement = _page(_shape(wanted))
    if wanted.kept is Kept.IMPORTED:
        found = _of_each_status(statement, wanted, parameters)
    else:
        found = statement.all(**parameters)
    return [_read(row) for row in found[:limit]]


def _of_each_status(
    statement: Statement, wanted: InvoiceFilter, parameters: dict[str, Any]
) -> list[Row]:
    """Each status along its index: many paid invoices do not hide the few open ones."""
    found: list[Row] = []
    for status in wanted.statuses or tuple(InvoiceStatus):
        found += statement.all(status=status.value, **parameters)
    return sorted(found, key=lambda row: -row[0])


def _shape(wanted: InvoiceFilter) -> tuple[Kept, frozenset[str], int]:
    given = {"connection": wanted.connection_id, "bill_to": wanted.bill_to}
    filters = frozenset(name for name, value in given.items() if value is not None)
    return wanted.kept, filters, len(wanted.words)


@functools.cache
def _page(shape: tuple[Kept, frozenset[str], int]) -> Statement:
    return Statement(lambda: _last_read_first(*shape))


def _last_read_first(kept: Kept, filters: frozenset[str], words: int) -> Any:
    conditions = {
        "connection": t.Invoice.connection == slot("connection"),
        "bill_to": t.Invoice.bill_to_list_id == slot("bill_to"),
    }
    # The sum keeps the database from going through all invoices, for the sake of their order,
    # where an index has the few that are wanted.
    number: Any = t.Invoice.id if kept is Kept.IMPORTED else t.Invoice.id + 0
    return (
        _select()
        .where(
            number < slot("before"),
            *_kept(kept),
            *(conditions[name] for name in sorted(filters)),
            *(holding(f"word_{number}", *_SEARCHED) for number in range(words)),
        )
        .order_by(number.desc())
        .limit(slot("limit"))
    )


def _kept(kept: Kept) -> Sequence[Any]:
    """What the invoices have in common, word for word as in the index that has them."""
    if kept is Kept.LEFT_OUT:
        return (SQL(t.LEFT_OUT),)
    if kept is Kept.DIFFERING:
        return SQL(t.DIFFERING), t.Invoice.left_out == ""
    return t.Invoice.left_out == "", t.Invoice.status == slot("status")


def get(connection_id: int, txn_id: str) -> InvoiceSides:
    """Find one invoice, settled or not; raises NotFound."""
    row = _GET.one(connection=connection_id, txn_id=txn_id)
    if row is None:
        raise NotFound("invoice", txn_id)
    return _read(row)


_GET = Statement(
    lambda: _select().where(
        (t.Invoice.connection == slot("connection")) & (t.Invoice.txn_id == slot("txn_id"))
    )
)


def called(connection_id: int, text: str) -> list[InvoiceSides]:
    """Return the invoices of that TxnID, else of that number, the last read first."""
    of_txn_id = _GET.all(connection=connection_id, txn_id=text.strip())
    if of_txn_id:
        return [_read(row) for row in of_txn_id]
    found = _CALLED.all(connection=connection_id, key=numbers.key(text) or None)
    return [one for one in map(_read, found) if folded(one.number) == folded(text)]


_CALLED = Statement(
    lambda: (
        _select()
        .where((t.Invoice.connection == slot("connection")) & (t.Invoice.number_key == slot("key")))
        .order_by(t.Invoice.id.desc())
    )
)


def left_out(connection_id: int | None = None) -> dict[str, int]:
    """Return how many invoices are left out, by reason, of a connection or of all."""
    if connection_id is None:
        return dict(_LEFT_OUT.all())
    return dict(_LEFT_OUT_OF.all(connection=connection_id))


_LEFT_OUT = Statement(lambda: _reasons())
_LEFT_OUT_OF = Statement(lambda: _reasons().where(t.Invoice.connection == slot("connection")))


def _reasons() -> Any:
    return (
        t.Invoice.select(t.Invoice.left_out, fn.COUNT(t.Invoice.id))
        .where(SQL(t.LEFT_OUT))
        .group_by(t.Invoice.left_out)
        .order_by(t.Invoice.left_out)
    )


def differing(connection_id: int | None = None) -> int:
    """Return how many imported invoices do not owe the same on both sides."""
    if connection_id is None:
        return int(_DIFFERING.value())
    return int(_DIFFERING_OF.value(connection=connection_id))


_DIFFERING = Statement(lambda: _count_differing())
_DIFFERING_OF = Statement(
    lambda: _count_differing().where(t.Invoice.connection == slot("connection"))
)


def _count_differing() -> Any:
    return t.Invoice.select(fn.COUNT(t.Invoice.id)).where(*_kept(Kept.DIFFERING))


def owed(connection_id: int, txn_ids: Sequence[str]) -> dict[str, InvoiceSides]:
    """Return those of these invoices that we hold, by TxnID."""
    rows = _OWED.all(connection=connection_id, ids=txn_ids)
    return {invoice.txn_id: invoice for invoice in map(_read, rows)}


_OWED = Statement(
    lambda: _select().where(
        (t.Invoice.connection == slot("connection")) & among(t.Invoice.txn_id, "ids")
    )
)


def _select() -> Any:
    billed = (
        (t.Customer.connection == t.Invoice.connection)
        & (t.Customer.list_id == t.Invoice.bill_to_list_id)
        & (t.Customer.state == CustomerState.HELD.value)
    )
    return (
        t.Invoice.select(
            *(t.Invoice.id, t.Invoice.connection, t.Connection.name, t.Invoice.txn_id),
            *(t.Invoice.number, t.Customer.full_name, t.Invoice.bill_to_list_id),
            *(t.Invoice.customer_full_name, t.Invoice.date, t.Invoice.due_date),
            *(t.Invoice.total_cents, t.Invoice.balance_cents, t.Invoice.seen_cents),
            *(t.Invoice.currency, t.Invoice.status, t.Invoice.left_out),
        )
        .join(t.Connection)
        .join(t.Customer, JOIN.LEFT_OUTER, on=billed, src=t.Invoice)
    )


def _read(row: Row) -> InvoiceSides:
    id_, connection_id, connection, txn_id, number, customer, list_id, named, *rest = row
    day, due_day, total, balance, seen, currency, status, reason = rest
    invoiced = day_or_none(day)
    assert invoiced is not None
    return InvoiceSides(
        id=id_,
        connection_id=connection_id,
        connection=connection,
        txn_id=txn_id,
        number=number,
        customer=customer or named,
        customer_list_id=list_id,
        named=named,
        date=invoiced,
        due_date=day_or_none(due_day),
        total=money(total),
        balance=money(balance),
        seen=money_or_none(seen),
        currency=currency,
        status=InvoiceStatus(status),
        left_out=t.UNSETTLED if reason in _HIDDEN else reason,
    )
