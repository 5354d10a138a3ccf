"""The invoices that a text may mean: a payment names them by TxnID or by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from shared.models import tables as t
from shared.models.convert import money
from shared.models.ledger.wanted import CustomerState
from shared.models.statements import Row, Statement, among, slot
from shared.rules.payments import numbers
from shared.rules.payments.names import folded
from shared.rules.payments.values import NamedInvoice
from shared.rules.values import InvoiceStatus


class _Customer(NamedTuple):
    parent: str
    names: frozenset[str]


def invoices_named(connection_id: int, documents: Collection[str]) -> dict[str, list[NamedInvoice]]:
    """Return, for each text, the invoices held under that TxnID, else under that number.

    Blanks around and within numbers, and their case, do not matter. Texts that mean nothing have
    an empty list. Invoices come in the order in which they were first read, whatever their state.
    """
    texts = {document: document.strip() for document in documents}
    held = _held(connection_id, {text for text in texts.values() if text})
    by_txn_id: dict[str, list[NamedInvoice]] = defaultdict(list)
    by_number: dict[str, list[NamedInvoice]] = defaultdict(list)
    for invoice in held:
        by_txn_id[invoice.txn_id].append(invoice)
        if invoice.number:
            by_number[folded(invoice.number)].append(invoice)
    return {
        document: by_txn_id.get(text) or by_number.get(folded(text)) or []
        for document, text in texts.items()
    }


def invoices_near(connection_id: int, documents: Collection[str]) -> dict[str, list[NamedInvoice]]:
    """Return, for each text, the invoices whose numbers are close to it; see ``numbers``."""
    by_key: dict[str, list[NamedInvoice]] = defaultdict(list)
    for invoice in _held(connection_id, documents):
        if invoice.number:
            by_key[numbers.key(invoice.number)].append(invoice)
    return {document: by_key.get(numbers.key(document), []) for document in documents}


def _held(connection_id: int, texts: Collection[str]) -> list[NamedInvoice]:
    """The invoices with one of these TxnIDs, or with a number that is one of these or close."""
    if not texts:
        return []
    keys = {numbers.key(text) for text in texts} - {""}
    found = {row[0]: row for row in _BY_TXN_ID.all(connection=connection_id, ids=texts)}
    found |= {row[0]: row for row in _BY_NUMBER.all(connection=connection_id, keys=keys)}
    rows = [row[1:] for _, row in sorted(found.items())]
    customers = _customers(connection_id, {row[2] for row in rows})
    return [_read(row, customers) for row in rows]


_FIELDS = (
    *(t.Invoice.id, t.Invoice.txn_id, t.Invoice.number, t.Invoice.customer_list_id),
    *(t.Invoice.customer_full_name, t.Invoice.ar_account_list_id, t.Invoice.currency),
    *(t.Invoice.balance_cents, t.Invoice.status, t.Invoice.left_out),
)
_BY_TXN_ID = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(
        (t.Invoice.connection == slot("connection")) & among(t.Invoice.txn_id, "ids")
    )
)
_BY_NUMBER = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(
        (t.Invoice.connection == slot("connection")) & among(t.Invoice.number_key, "keys")
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
