"""Retried payments: QuickBooks is asked what they name before they are judged."""

from __future__ import annotations

import re

from peewee import SQL

from shared.models import tables as t
from shared.models.ledger import rereads
from shared.models.ledger.named import invoices_named
from shared.models.statements import Statement
from shared.rules.payments.judging import CUSTOMER_WAITING
from shared.rules.payments.values import Asking, PaymentStatus, UseKind
from shared.rules.values import RecordKind


def begin(connection_id: int) -> None:
    """Have the invoices that retried payments name read again, with their customers.

    From now on these payments are being asked about; those that are retried later are not.
    """
    _UNDER_WAY.run(connection=connection_id)
    found = invoices_named(connection_id, documents(connection_id))
    invoices = [invoice for group in found.values() for invoice in group]
    rereads.queue_reread(connection_id, RecordKind.INVOICE, sorted({i.txn_id for i in invoices}))
    customers = {one for i in invoices for one in (i.customer_list_id, *i.above)}
    customers |= {name for name in customers_named(connection_id) if _LIST_ID.fullmatch(name)}
    rereads.queue_reread(connection_id, RecordKind.CUSTOMER, sorted(customers - {""}))


_UNDER_WAY = Statement(
    lambda: t.Payment.update(asking=Asking.UNDER_WAY.value).where(
        t.Payment.has("connection", asking=Asking.WANTED), SQL(t.ASKING)
    )
)


def customers_named(connection_id: int) -> list[str]:
    """Return the customers that payments without an invoice wait for, in order."""
    named = _CUSTOMERS.column(connection=connection_id, code=CUSTOMER_WAITING)
    return sorted({name.strip() for name in named})


_LIST_ID = re.compile(r"[0-9A-F]{1,8}-[0-9]{9,11}")
_CUSTOMERS = Statement(
    lambda: t.Payment.select("customer").where(
        t.Payment.has("connection", status=PaymentStatus.WAITING),
        (t.Payment.has("code")) | (t.Payment.asking == Asking.UNDER_WAY.value),
        ~t.Payment.id.in_(t.PaymentUse.select("payment")),
    )
)


def documents(connection_id: int) -> list[str]:
    """Return what the payments that are being asked about name, in order."""
    return sorted(set(_DOCUMENTS.column(connection=connection_id)))


_DOCUMENTS = Statement(
    lambda: (
        t.PaymentUse.select("document")
        .join(t.Payment)
        .where(
            t.Payment.has("connection", asking=Asking.UNDER_WAY),
            SQL(t.ASKING),
            t.PaymentUse.kind == UseKind.INVOICE.value,
        )
    )
)
