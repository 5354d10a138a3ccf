"""The check of all customers that we hold: changed, or gone, without a word about it.

QuickBooks tells of a changed customer by its TimeModified, and may be asked for those that changed
meanwhile. A merge, a deletion, and a rename of one above show in the check of all alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from shared.models import tables as t
from shared.models.ledger import aliases, rereads
from shared.models.ledger.incoming_customers import mark_customers_deleted
from shared.models.statements import AnyOf, Statement, slot
from shared.rules.ledger import CustomerState
from shared.rules.values import CheckedCustomer, InvoiceStatus, RecordKind


def customers_to_check(connection_id: int, after: str, limit: int) -> list[str]:
    """Return the ListIDs of held customers that follow ``after`` ("" for the first)."""
    return _TO_CHECK.column(connection=connection_id, after=after, limit=limit)


_TO_CHECK = Statement(
    lambda: (
        t.Customer.select("list_id")
        .where(
            t.Customer.has("connection", state=CustomerState.HELD),
            t.Customer.list_id > slot("after"),
        )
        .order_by(t.Customer.list_id)
        .limit(slot("limit"))
    )
)


def compare_customers(connection_id: int, seen: Sequence[CheckedCustomer]) -> list[str]:
    """Compare customers as QuickBooks has them with ours.

    Returns, and queues to be read again, those that we hold otherwise; they stay held
    meanwhile. Those that we do not hold are ignored.
    """
    ids = [one.list_id for one in seen]
    held = {row[0]: row[1:] for row in _HELD.all(connection=connection_id, ids=ids)}
    mark_of = attrgetter(*_MARK)
    different = [
        one.list_id for one in seen if one.list_id in held and held[one.list_id] != mark_of(one)
    ]
    rereads.queue_reread(connection_id, RecordKind.CUSTOMER, different)
    aliases.still_there(connection_id, ids)
    return different


def compare_changed_customers(connection_id: int, seen: Sequence[CheckedCustomer]) -> list[str]:
    """As ``compare_customers``, of those that changed: the jobs below them are read again, too.

    A customer that is renamed renames them, which moves no TimeModified of theirs.
    """
    different = compare_customers(connection_id, seen)
    queued, below = set(different), different
    while below:
        jobs = _JOBS_OF.column(connection=connection_id, ids=below)
        below = [job for job in jobs if job not in queued]  # there may be a cycle
        queued.update(below)
        rereads.queue_reread(connection_id, RecordKind.CUSTOMER, below)
    return different


_MARK = ("edit_sequence", "full_name", "parent_list_id", "active")
_HELD = Statement(
    lambda: t.Customer.select("list_id", *_MARK).where(
        t.Customer.has("connection", state=CustomerState.HELD, list_id=AnyOf("ids"))
    )
)


def customers_gone(connection_id: int, list_ids: Iterable[str]) -> None:
    """Note that customers are no longer in QuickBooks, and have their open invoices read again.

    After a merge those name the customer that remained. So do the jobs that stood below them.
    """
    ids = list(list_ids)
    invoices = _OPEN_INVOICES_OF.column(connection=connection_id, ids=ids)
    rereads.queue_reread(connection_id, RecordKind.INVOICE, invoices)
    mark_customers_deleted(connection_id, ids)
    jobs = _JOBS_OF.column(connection=connection_id, ids=ids)
    rereads.queue_reread(connection_id, RecordKind.CUSTOMER, jobs)


_JOBS_OF = Statement(
    lambda: (
        t.Customer.select("list_id")
        .where(t.Customer.has("connection", state=CustomerState.HELD, parent_list_id=AnyOf("ids")))
        .order_by(t.Customer.id)
    )
)
_OPEN_INVOICES_OF = Statement(
    lambda: (
        t.Invoice.select("txn_id")
        .where(
            t.Invoice.has("connection", status=InvoiceStatus.OPEN, customer_list_id=AnyOf("ids"))
        )
        .order_by(t.Invoice.id)
    )
)
