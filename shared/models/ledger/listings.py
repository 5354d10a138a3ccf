"""What people and scripts see of the ledger: only what the settlement has looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from peewee import fn

from shared.models import tables as t
from shared.models.convert import day_or_none, money
from shared.models.statements import Row, Statement, among, slot
from shared.rules.ledger import CustomerState
from shared.rules.values import CustomerRow, InvoiceRow, InvoiceStatus, JobMode


def invoices(
    connection_id: int, *, status: InvoiceStatus | None = None, include_left_out: bool = False
) -> Iterator[InvoiceRow]:
    """Yield the imported invoices by date, in flat memory; read to the end inside the unit.

    ``include_left_out`` adds those that were left out, with the reason.
    """
    names: dict[str, str] = dict(_NAMES.all(connection=connection_id))
    statuses = [status.value] if status else [one.value for one in InvoiceStatus]
    statement = _WITH_LEFT_OUT if include_left_out else _IMPORTED
    for row in statement.each(connection=connection_id, statuses=statuses):
        yield _read_invoice(row, names)


_HIDDEN = (t.UNSETTLED, t.UNSETTLED_LEFT_OUT)
_IMPORTED = Statement(lambda: _listing(t.Invoice.left_out == ""))
_WITH_LEFT_OUT = Statement(lambda: _listing(t.Invoice.left_out.not_in(_HIDDEN)))
_NAMES = Statement(
    lambda: t.Customer.select(t.Customer.list_id, t.Customer.full_name).where(
        (t.Customer.connection == slot("connection"))
        & (t.Customer.state == CustomerState.HELD.value)
    )
)


def _listing(condition: Any) -> Any:
    return (
        t.Invoice.select(
            *(t.Invoice.txn_id, t.Invoice.number, t.Invoice.customer_full_name),
            *(t.Invoice.bill_to_list_id, t.Invoice.date, t.Invoice.due_date),
            *(t.Invoice.total_cents, t.Invoice.balance_cents, t.Invoice.currency),
            *(t.Invoice.status, t.Invoice.left_out),
        )
        .where(
            (t.Invoice.connection == slot("connection"))
            & among(t.Invoice.status, "statuses")
            & condition
        )
        .order_by(t.Invoice.date, t.Invoice.txn_id)
    )


def _read_invoice(row: Row, names: Mapping[str, str]) -> InvoiceRow:
    """Make a listing's row; a customer that is not held goes by the name on the invoice."""
    txn_id, number, invoice_name, list_id, day, due_day, total, balance, *rest = row
    currency, status, left_out = rest
    invoiced = day_or_none(day)
    assert invoiced is not None
    return InvoiceRow(
        txn_id=txn_id,
        number=number,
        customer=names.get(list_id, invoice_name),
        customer_list_id=list_id,
        date=invoiced,
        due_date=day_or_none(due_day),
        total=money(total),
        balance=money(balance),
        currency=currency,
        status=InvoiceStatus(status),
        left_out=left_out,
    )


def customers(
    connection_id: int, jobs: JobMode, *, with_settled: bool = False
) -> list[CustomerRow]:
    """Return the customers that imported open invoices are billed to, by full name.

    ``with_settled`` adds those whose imported invoices are all paid, void or deleted. Where
    jobs are kept apart the list also has the customers above them.
    """
    statuses = list(InvoiceStatus) if with_settled else [InvoiceStatus.OPEN]
    rows = _BILLED.all(connection=connection_id, statuses=[one.value for one in statuses])
    billed = [_read_customer(row) for row in rows]
    if jobs is JobMode.SEPARATE:
        billed = _with_those_above(connection_id, billed)
    return sorted(billed, key=lambda customer: (customer.full_name.casefold(), customer.list_id))


def _with_those_above(connection_id: int, billed: list[CustomerRow]) -> list[CustomerRow]:
    found = {customer.list_id: customer for customer in billed}
    above = {customer.parent_list_id for customer in billed} - set(found)
    while above:
        rows = _BY_LIST_ID.all(connection=connection_id, ids=above)
        parents = [_read_customer(row) for row in rows]
        found.update((parent.list_id, parent) for parent in parents)
        above = {parent.parent_list_id for parent in parents} - set(found)
    return list(found.values())


def _customers(condition: Any) -> Any:
    return t.Customer.select(
        *(t.Customer.list_id, t.Customer.name, t.Customer.full_name),
        *(t.Customer.parent_list_id, t.Customer.active),
    ).where(
        (t.Customer.connection == slot("connection"))
        & (t.Customer.state == CustomerState.HELD.value)
        & condition
    )


_BILLED = Statement(
    lambda: _customers(
        fn.EXISTS(
            t.Invoice.select(t.Invoice.id).where(
                (t.Invoice.connection == t.Customer.connection)
                & (t.Invoice.bill_to_list_id == t.Customer.list_id)
                & (t.Invoice.left_out == "")
                & among(t.Invoice.status, "statuses")
            )
        )
    )
)
_BY_LIST_ID = Statement(lambda: _customers(among(t.Customer.list_id, "ids")))


def _read_customer(row: Row) -> CustomerRow:
    list_id, name, full_name, parent_list_id, active = row
    return CustomerRow(list_id, name, full_name, parent_list_id, bool(active))


def totals(connection_id: int) -> list[tuple[str, int, Decimal]]:
    """Return currency, number and balance of the imported open invoices, by currency."""
    rows = _TOTALS.all(connection=connection_id)
    return [(currency, count, money(int(balance))) for currency, count, balance in rows]


_TOTALS = Statement(
    lambda: (
        t.Invoice.select(
            *(t.Invoice.currency, fn.COUNT(t.Invoice.id), fn.SUM(t.Invoice.balance_cents))
        )
        .where(
            (t.Invoice.connection == slot("connection"))
            & (t.Invoice.status == InvoiceStatus.OPEN.value)
            & (t.Invoice.left_out == "")
        )
        .group_by(t.Invoice.currency)
        .order_by(t.Invoice.currency)
    )
)
