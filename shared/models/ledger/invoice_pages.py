"""Invoices as people and scripts see them, ours beside what QuickBooks last showed.

An invoice that no sync has settled as it is now is in no list and in no total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from peewee import JOIN, SQL, Case, fn

from shared.models import tables as t
from shared.models.convert import money
from shared.models.mapper import Mapper
from shared.models.searching import (
    ALL,
    by_shape,
    given,
    holding_words,
    newest_first,
    of_each_status,
    of_one_or_all,
    patterns,
)
from shared.models.statements import AnyOf, Statement, among, slot
from shared.rules.ledger import CustomerState, ExportedInvoice, InvoiceFilter, InvoiceSides, Kept
from shared.rules.payments import numbers
from shared.rules.payments.names import folded
from shared.rules.values import InvoiceStatus

_INVOICE = Mapper(
    InvoiceSides,
    t.Invoice,
    connection=t.Connection.name,
    customer=fn.COALESCE(fn.NULLIF(t.Customer.full_name, ""), t.Invoice.customer_full_name),
    customer_list_id=t.Invoice.bill_to_list_id,
    named=t.Invoice.customer_full_name,
    left_out=Case(None, [(t.Invoice.left_out.in_(t.NOT_SETTLED), t.UNSETTLED)], t.Invoice.left_out),
)
_EXPORTED = Mapper(
    ExportedInvoice,
    t.Invoice,
    sides=_INVOICE,
    email=fn.COALESCE(t.Customer.email, ""),
    phone=fn.COALESCE(t.Customer.phone, ""),
)
_SEARCHED = (t.Invoice.number, t.Invoice.customer_full_name, t.Connection.name)


def invoices(
    connection_id: int, *, status: InvoiceStatus | None = None, include_left_out: bool = False
) -> Iterator[InvoiceSides]:
    """Yield the imported invoices by date, in flat memory; read to the end inside the unit.

    ``include_left_out`` adds those that were left out, with the reason.
    """
    statuses = [status.value] if status else [one.value for one in InvoiceStatus]
    statement = _WITH_LEFT_OUT if include_left_out else _IMPORTED
    return map(_INVOICE.read, statement.each(connection=connection_id, statuses=statuses))


_IMPORTED = Statement(lambda: _by_date(t.Invoice.left_out == ""))
_WITH_LEFT_OUT = Statement(lambda: _by_date(t.Invoice.left_out.not_in(t.NOT_SETTLED)))


def _by_date(condition: Any, made: Mapper[Any] = _INVOICE) -> Any:
    return (
        _select(made)
        .where(t.Invoice.has("connection", status=AnyOf("statuses")), condition)
        .order_by(t.Invoice.date, t.Invoice.txn_id)
    )


def exported(connection_id: int, *, include_left_out: bool = False) -> Iterator[ExportedInvoice]:
    """Yield invoices as ``invoices`` does, with all that other programs ask of one."""
    statuses = [one.value for one in InvoiceStatus]
    statement = _EXPORT_WITH_LEFT_OUT if include_left_out else _EXPORT
    return map(_EXPORTED.read, statement.each(connection=connection_id, statuses=statuses))


_EXPORT = Statement(lambda: _by_date(t.Invoice.left_out == "", _EXPORTED))
_EXPORT_WITH_LEFT_OUT = Statement(
    lambda: _by_date(t.Invoice.left_out.not_in(t.NOT_SETTLED), _EXPORTED)
)


def page(wanted: InvoiceFilter, limit: int, before_id: int | None = None) -> list[InvoiceSides]:
    """Return the invoices that are wanted, the last ones read first, those before ``before_id``."""
    only: dict[str, Any] = {"connection": wanted.connection_id, "bill_to": wanted.bill_to}
    statement = _page(wanted.kept, given(**only), len(wanted.words))
    parameters = {**only, **patterns(wanted.words), "before": before_id or ALL, "limit": limit}
    if wanted.kept is Kept.IMPORTED:
        found = of_each_status(statement, wanted.statuses or tuple(InvoiceStatus), **parameters)
    else:
        found = statement.all(**parameters)
    return list(map(_INVOICE.read, found))


@by_shape
def _page(kept: Kept, filters: frozenset[str], words: int) -> Any:
    conditions = {
        "connection": t.Invoice.has("connection"),
        "bill_to": t.Invoice.bill_to_list_id == slot("bill_to"),
    }
    # The sum keeps the database from going through all invoices, for the sake of their order,
    # where an index has the few that are wanted.
    number: Any = t.Invoice.id if kept is Kept.IMPORTED else t.Invoice.id + 0
    return newest_first(
        _select(),
        number,
        *_kept(kept),
        *(conditions[name] for name in sorted(filters)),
        *holding_words(words, *_SEARCHED),
    )


def _kept(kept: Kept) -> Sequence[Any]:
    """What the invoices have in common, word for word as in the index that has them."""
    if kept is Kept.LEFT_OUT:
        return (SQL(t.LEFT_OUT),)
    if kept is Kept.DIFFERING:
        return SQL(t.DIFFERING), t.Invoice.left_out == ""
    return t.Invoice.left_out == "", t.Invoice.has("status")


def get(connection_id: int, txn_id: str) -> InvoiceSides:
    """Find one invoice, settled or not; raises NotFound."""
    return _INVOICE.read(_GET.found("invoice", txn_id, connection=connection_id, txn_id=txn_id))


_GET = Statement(lambda: _select().where(t.Invoice.has("connection", "txn_id")))


def of_ids(ids: Collection[int]) -> dict[int, InvoiceSides]:
    """Return those of these invoices that a sync has settled, by number."""
    return {one.id: one for one in map(_INVOICE.read, _OF_IDS.all(ids=ids))}


_OF_IDS = Statement(
    lambda: _select().where(among(t.Invoice.id, "ids"), t.Invoice.left_out.not_in(t.NOT_SETTLED))
)


def called(connection_id: int, text: str) -> list[InvoiceSides]:
    """Return the invoices of that TxnID, else of that number, the last read first."""
    of_txn_id = _GET.all(connection=connection_id, txn_id=text.strip())
    if of_txn_id:
        return list(map(_INVOICE.read, of_txn_id))
    found = _CALLED.all(connection=connection_id, key=numbers.key(text) or None)
    return [one for one in map(_INVOICE.read, found) if folded(one.number) == folded(text)]


_CALLED = Statement(
    lambda: (
        _select()
        .where(t.Invoice.has("connection", number_key=slot("key")))
        .order_by(t.Invoice.id.desc())
    )
)


def left_out(connection_id: int | None = None) -> dict[str, int]:
    """Return how many invoices are left out, by reason, of a connection or of all."""
    return dict(_left_out(connection_id))


@of_one_or_all(t.Invoice)
def _left_out() -> Any:
    return (
        t.Invoice.select("left_out", fn.COUNT(t.Invoice.id))
        .where(SQL(t.LEFT_OUT))
        .group_by(t.Invoice.left_out)
        .order_by(t.Invoice.left_out)
    )


def differing(connection_id: int | None = None) -> int:
    """Return how many imported invoices do not owe the same on both sides."""
    return int(_differing(connection_id)[0][0])


@of_one_or_all(t.Invoice)
def _differing() -> Any:
    return t.Invoice.select(fn.COUNT(t.Invoice.id)).where(*_kept(Kept.DIFFERING))


def totals(connection_id: int) -> list[tuple[str, int, Decimal]]:
    """Return currency, number and balance of the imported open invoices, by currency."""
    rows = _TOTALS.all(connection=connection_id)
    return [(currency, count, money(int(balance))) for currency, count, balance in rows]


_TOTALS = Statement(
    lambda: (
        t.Invoice.select("currency", fn.COUNT(t.Invoice.id), fn.SUM(t.Invoice.balance_cents))
        .where(t.Invoice.has("connection", status=InvoiceStatus.OPEN, left_out=""))
        .group_by(t.Invoice.currency)
        .order_by(t.Invoice.currency)
    )
)


def owed(connection_id: int, txn_ids: Sequence[str]) -> dict[str, InvoiceSides]:
    """Return those of these invoices that we hold, by TxnID."""
    rows = _OWED.all(connection=connection_id, ids=txn_ids)
    return {invoice.txn_id: invoice for invoice in map(_INVOICE.read, rows)}


_OWED = Statement(lambda: _select().where(t.Invoice.has("connection", txn_id=AnyOf("ids"))))


def _select(made: Mapper[Any] = _INVOICE) -> Any:
    billed = t.Customer.has(
        connection=t.Invoice.connection, list_id=t.Invoice.bill_to_list_id, state=CustomerState.HELD
    )
    return (
        t.Invoice.select(*made.fields)
        .join(t.Connection)
        .join(t.Customer, JOIN.LEFT_OUTER, on=billed, src=t.Invoice)
    )
