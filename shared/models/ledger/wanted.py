"""Customers that we know of only because an invoice or a job names them.

A wanted customer is a row without particulars. It is asked for once: then it is held, or
missing until something gives a reason to ask again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from shared.models import tables as t
from shared.models.statements import AnyOf, Statement, among, insert_new_rows, slot
from shared.rules.ledger import CustomerState
from shared.rules.values import InvoiceStatus

GONE = (CustomerState.MISSING.value, CustomerState.DELETED.value)


def want(connection_id: int, list_ids: Iterable[str]) -> None:
    """Have customers read that we do not hold, also those that were not there before."""
    ids = {list_id for list_id in list_ids if list_id}
    states: dict[str, str] = dict(_STATES.all(connection=connection_id, ids=ids))
    _WANT.many(
        (connection_id, list_id, CustomerState.WANTED.value)
        for list_id in sorted(ids - states.keys())
    )
    gone = [list_id for list_id, state in states.items() if state in GONE]
    if gone:
        _WANT_AGAIN.run(connection=connection_id, ids=gone)


_STATES = Statement(
    lambda: t.Customer.select("list_id", "state").where(
        t.Customer.has("connection", list_id=AnyOf("ids"))
    )
)
_WANT = insert_new_rows(t.Customer, "connection", "list_id", "state")
_WANT_AGAIN = Statement(
    lambda: t.Customer.update(state=CustomerState.WANTED.value).where(
        t.Customer.has("connection", list_id=AnyOf("ids"))
    )
)


def want_customers_of(connection_id: int, txn_ids: Iterable[str]) -> None:
    """Ask again for customers that QuickBooks did not show before, though these invoices are open
    and name them.
    """
    found = _NAMED_BY.all(connection=connection_id, ids=txn_ids)
    want(connection_id, {named for named, status in found if status == InvoiceStatus.OPEN})


# With the status in the condition SQLite looks through all open invoices.
_NAMED_BY = Statement(
    lambda: t.Invoice.select("customer_list_id", "status").where(
        t.Invoice.has("connection", txn_id=AnyOf("ids"))
    )
)


def want_missing(connection_id: int, but: Collection[str] = ()) -> None:
    """Ask again for missing customers that open invoices or held jobs name.

    Not for those in ``but``, which this sync asked for already.
    """
    _want_missing.run(connection=connection_id, but=but)


@Statement
def _want_missing() -> Any:
    job: Any = t.Customer.alias()
    invoiced = t.Invoice.select("customer_list_id").where(
        t.Invoice.has("connection", status=InvoiceStatus.OPEN)
    )
    above_a_job = job.select(job.parent_list_id).where(
        (job.connection == slot("connection")) & (job.state == CustomerState.HELD.value)
    )
    return t.Customer.update(state=CustomerState.WANTED.value).where(
        t.Customer.has("connection", state=CustomerState.MISSING),
        t.Customer.list_id.in_(invoiced) | t.Customer.list_id.in_(above_a_job),
        ~among(t.Customer.list_id, "but"),
    )
