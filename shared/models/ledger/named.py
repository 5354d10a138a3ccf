"""The invoices that a text may mean: a payment names them by TxnID or by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from peewee import fn

from shared.models import tables as t
from shared.models.convert import money
from shared.models.ledger.wanted import CustomerState
from shared.models.statements import Row, Statement, among, slot
from shared.rules.payments.values import NamedInvoice
from shared.rules.values import InvoiceStatus


class _Customer(NamedTuple):
    parent: str
    names: frozenset[str]


def invoices_named(connection_id: int, documents: Collection[str]) -> dict[str, list[NamedInvoice]]:
    """Return, for each text, the invoices held under that TxnID, else under that number.

    Outer blanks and, in numbers, case do not matter. Texts that mean nothing have an empty
    list. Invoices come in the order in which they were first read, whatever their state.
    """
    wanted = {document: document.strip() for document in documents}
    rows = _rows(connection_id, {text for text in wanted.values() if text})
    customers = _customers(connection_id, {row[2] for row in rows})
    by_txn_id: dict[str, list[NamedInvoice]] = defaultdict(list)
    by_number: dict[str, list[NamedInvoice]] = defaultdict(list)
    for row in rows:
        invoice = _read(row, customers)
        by_txn_id[invoice.txn_id].append(invoice)
        if invoice.number:
            by_number[invoice.number.casefold()].append(invoice)
    return {
        document: by_txn_id.get(text) or by_number.get(text.casefold()) or []
        for document, text in wanted.items()
    }


def _rows(connection_id: int, texts: Collection[str]) -> list[Row]:
    if not texts:
        return []
    # SQLite lowers ASCII letters only: whatever case others have in the store is asked for.
    lowered = {_ascii_lower(text) for one in texts for text in (one, one.upper(), one.lower())}
    lowered |= {text.lower() for text in texts}
    found = {row[0]: row for row in _BY_TXN_ID.all(connection=connection_id, ids=texts)}
    found |= {row[0]: row for row in _BY_NUMBER.all(connection=connection_id, numbers=lowered)}
    return [row[1:] for _, row in sorted(found.items())]


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


_FIELDS = (
    *(t.Invoice.id, t.Invoice.txn_id, t.Invoice.number, t.Invoice.customer_list_id),
    *(t.Invoice.customer_full_name, t.Invoice.ar_account_list_id, t.Invoice.currency),
    *(t.Invoice.balance_cents, t.Invoice.status, t.Invoice.left_out),
)
_NUMBER: Any = fn.LOWER(t.Invoice.number)  # spelled as in the index
_BY_TXN_ID = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(
        (t.Invoice.connection == slot("connection")) & among(t.Invoice.txn_id, "ids")
    )
)
_BY_NUMBER = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(
        (t.Invoice.connection == slot("connection")) & among(_NUMBER, "numbers")
    )
)


def _read(row: Row, customers: Mapping[str, _Customer]) -> NamedInvoice:
    txn_id, number, list_id, customer, account, currency, balance, status, left_out = row
    way = _way_up(list_id, customers)
    names = frozenset(name for one in way if one in customers for name in customers[one].names)
    return NamedInvoice(
        txn_id=txn_id,
        number=number,
        customer_list_id=list_id,
        customer=customer,
        ar_account_list_id=account,
        currency=currency,
        balance=money(balance),
        status=InvoiceStatus(status),
        left_out=t.UNSETTLED if left_out == t.UNSETTLED_LEFT_OUT else left_out,
        customer_names=names | {customer.casefold()},
        above=way[1:],
    )


def _way_up(list_id: str, customers: Mapping[str, _Customer]) -> tuple[str, ...]:
    """The customer and all above it, as far as they are known."""
    way = [list_id]
    while list_id in customers and (list_id := customers[list_id].parent) not in ("", *way):
        way.append(list_id)
    return tuple(way)


def _customers(connection_id: int, list_ids: Iterable[str]) -> dict[str, _Customer]:
    """These customers and all above them that we hold."""
    found: dict[str, _Customer] = {}
    asked: set[str] = set()
    while wanted := set(list_ids) - asked:
        asked |= wanted
        for list_id, parent, *names in _CUSTOMERS.all(connection=connection_id, ids=wanted):
            found[list_id] = _Customer(parent, frozenset(n.casefold() for n in names if n))
        list_ids = {one.parent for one in found.values() if one.parent}
    return found


_CUSTOMERS = Statement(
    lambda: t.Customer.select(
        *(t.Customer.list_id, t.Customer.parent_list_id, t.Customer.full_name),
        *(t.Customer.name, t.Customer.company_name),
    ).where(
        (t.Customer.connection == slot("connection"))
        & (t.Customer.state == CustomerState.HELD.value)
        & among(t.Customer.list_id, "ids")
    )
)
