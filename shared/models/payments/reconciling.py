"""Our open invoices beside what QuickBooks last showed of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import Case, fn

from shared.documents import invoice_document
from shared.models import tables as t
from shared.models.convert import money
from shared.models.ledger import customer_pages
from shared.models.ledger.settlement import BEFORE_START_DATE, INACTIVE_CUSTOMER, PENDING
from shared.models.statements import Row, Statement
from shared.rules.payments.values import CustomerBalance, PaidButOpen, PostingState, SetAside
from shared.rules.values import InvoiceStatus, JobMode

_ON_PURPOSE = (PENDING, INACTIVE_CUSTOMER, BEFORE_START_DATE)
_NOT_SETTLED = "invoice-not-imported"
_IS_OPEN: Any = t.Invoice.status == InvoiceStatus.OPEN.value
_SEEN: Any = fn.COALESCE(t.Invoice.seen_cents, 0)


def by_customer(connection_id: int, jobs: JobMode) -> list[CustomerBalance]:
    """Return what each customer owes by its imported invoices, by name and currency.

    Invoices count that are open here, or that QuickBooks last showed to be. Customers are
    those that are billed: the job, or the one at its top, by ``jobs``.
    """
    billed = customer_pages.customers(connection_id, jobs, with_settled=True)
    names = {customer.list_id: customer.full_name for customer in billed}
    found = [_balance(row, names) for row in _by_customer.all(connection=connection_id)]
    return sorted(found, key=lambda one: (one.customer.casefold(), one.list_id, one.currency))


def _balance(row: Row, names: Mapping[str, str]) -> CustomerBalance:
    """Read a row; a customer that is not held goes by the name on the invoices."""
    list_id, currency, invoice_name, count, balance, seen_count, seen = row
    return CustomerBalance(
        list_id=list_id,
        customer=names.get(list_id, invoice_name),
        currency=currency,
        open_invoices=int(count),
        balance=money(int(balance)),
        seen_invoices=int(seen_count),
        seen=money(int(seen)),
    )


@Statement
def _by_customer() -> Any:
    is_seen = (_SEEN != 0) | (_IS_OPEN & (t.Invoice.balance_cents == _SEEN))
    groups = (t.Invoice.bill_to_list_id, t.Invoice.currency)
    return (
        t.Invoice.select(
            *groups,
            fn.MIN(t.Invoice.customer_full_name),
            _sum(_IS_OPEN, 1),
            _sum(_IS_OPEN, t.Invoice.balance_cents),
            _sum(is_seen, 1),
            fn.SUM(_SEEN),
        )
        .where(_open_on_either_side() & (t.Invoice.left_out == ""))
        .group_by(*groups)
    )


def _sum(condition: Any, value: Any) -> Any:
    return fn.SUM(Case(None, [(condition, value)], 0))


def _open_on_either_side() -> Any:
    return t.Invoice.has("connection") & (_IS_OPEN | (_SEEN != 0))


def set_aside(connection_id: int) -> list[SetAside]:
    """Return the open invoices of which we cannot say what they owe, by date.

    They were skipped, cannot be read, miss their customer, or no sync has settled them yet.
    Not those that are left out on purpose: of customers who are inactive, pending, or old.
    """
    return [
        SetAside(
            document=invoice_document(number, customer),
            reason=_NOT_SETTLED if reason in t.NOT_SETTLED else reason,
            seen=money(seen),
        )
        for number, customer, reason, seen in _SET_ASIDE.all(connection=connection_id)
    ]


_SET_ASIDE = Statement(
    lambda: (
        t.Invoice.select("number", "customer_full_name", "left_out", _SEEN)
        .where(_open_on_either_side() & t.Invoice.left_out.not_in(("", *_ON_PURPOSE)))
        .order_by(t.Invoice.date, t.Invoice.id)
    )
)


def paid_but_open(connection_id: int) -> list[PaidButOpen]:
    """Return the open invoices that our own posted payments contradict, by date.

    What QuickBooks changed later is in the total that it shows, and a payment that was deleted
    there no longer counts. So an invoice that owes more than its total without our payments was
    read from another copy of the company file, or lost its payment without a word.
    """
    return [
        PaidButOpen(
            document=invoice_document(number, customer),
            currency=currency,
            paid=money(int(paid)),
            expected=money(max(total - int(paid), 0)),
            balance=money(balance),
        )
        for number, customer, currency, total, balance, paid in _paid_but_open.all(
            connection=connection_id
        )
    ]


@Statement
def _paid_but_open() -> Any:
    paid = fn.SUM(fn.COALESCE(t.PostingUse.fitting_cents, t.PostingUse.amount_cents))
    is_paid = t.Invoice.has(txn_id=t.PostingUse.invoice_txn_id, connection=t.Posting.connection)
    return (
        t.PostingUse.select(
            *(t.Invoice.number, t.Invoice.customer_full_name, t.Invoice.currency),
            *(t.Invoice.total_cents, t.Invoice.balance_cents, paid),
        )
        .join(t.Posting)
        .join(t.Invoice, on=is_paid)
        .where(t.Posting.has("connection", state=PostingState.POSTED), ~t.Posting.deleted, _IS_OPEN)
        .group_by(t.Invoice.id)
        .having(t.Invoice.balance_cents > t.Invoice.total_cents - paid)
        .order_by(t.Invoice.date, t.Invoice.id)
    )
