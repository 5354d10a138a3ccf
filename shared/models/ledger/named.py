"""The invoices that a text may mean: a payment names them by TxnID or by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.models import tables as t
from shared.models.convert import money
from shared.models.ledger import aliases
from shared.models.statements import AnyOf, Row, Statement, slot
from shared.rules.ledger import CustomerState
from shared.rules.payments import numbers
from shared.rules.payments.names import folded
from shared.rules.payments.values import NamedCustomer, NamedInvoice
from shared.rules.values import InvoiceStatus


class _Customer(NamedTuple):
    parent: str
    full_name: str
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


def customers_named(connection_id: int, texts: Collection[str]) -> dict[str, list[NamedCustomer]]:
    """Return, for each text, the customers held under that ListID, else all that bear the name.

    They bear it now or have borne it: as full name, name or company name.
    """
    bearers = aliases.bearers(connection_id, {folded(text) for text in texts} - {""})
    ids = {text.strip() for text in texts} | {one for group in bearers.values() for one in group}
    rows = _PLAIN.all(connection=connection_id, ids=ids)
    families = _Families(connection_id, [row[0] for row in rows])
    held = {
        list_id: NamedCustomer(list_id, name, currency, families.way_up(list_id)[1:])
        for list_id, name, currency in rows
    }
    return {text: _bearing(text, held, bearers) for text in texts}


def _bearing(
    text: str, held: Mapping[str, NamedCustomer], bearers: Mapping[str, Sequence[str]]
) -> list[NamedCustomer]:
    if text.strip() in held:
        return [held[text.strip()]]
    return [held[one] for one in bearers.get(folded(text), ()) if one in held]


_PLAIN = Statement(
    lambda: t.Customer.select("list_id", "full_name", "currency").where(
        t.Customer.has("connection", state=CustomerState.HELD, list_id=AnyOf("ids"))
    )
)


def receivables_of(connection_id: int, list_id: str) -> list[str]:
    """Return the A/R accounts, by ListID, in which the invoices of a customer stand."""
    return _RECEIVABLES.column(connection=connection_id, list_id=list_id)


_RECEIVABLES = Statement(
    lambda: (
        t.Invoice.select("ar_account_list_id")
        .where(
            t.Invoice.has("connection", customer_list_id=slot("list_id")),
            t.Invoice.ar_account_list_id != "",
        )
        .distinct()
    )
)


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
    families = _Families(connection_id, {row[2] for row in rows})
    return [_read(row, families) for row in rows]


_FIELDS = (
    *("id", "txn_id", "number", "customer_list_id", "customer_full_name", "ar_account_list_id"),
    *("currency", "balance_cents", "status", "left_out"),
)
_BY_TXN_ID = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(t.Invoice.has("connection", txn_id=AnyOf("ids")))
)
_BY_NUMBER = Statement(
    lambda: t.Invoice.select(*_FIELDS).where(t.Invoice.has("connection", number_key=AnyOf("keys")))
)


def _read(row: Row, families: _Families) -> NamedInvoice:
    txn_id, number, list_id, customer, account, currency, balance, status, left_out = row
    way = families.way_up(list_id)
    names = families.names(way) | {folded(customer)}
    return NamedInvoice(
        txn_id=txn_id,
        number=number,
        customer_list_id=list_id,
        customer=families.full_name(list_id) or customer,
        ar_account_list_id=account,
        currency=currency,
        balance=money(balance),
        status=InvoiceStatus(status),
        left_out=t.UNSETTLED if left_out == t.UNSETTLED_LEFT_OUT else left_out,
        customer_names=names,
        above=way[1:],
        namesakes=families.namesakes(way, names),
    )


class _Families:
    """Customers with all above them, and the names that each bears or has borne."""

    def __init__(self, connection_id: int, list_ids: Collection[str]) -> None:
        self._held = _customers(connection_id, list_ids)
        self._borne = aliases.borne(connection_id, {*self._held, *list_ids})
        names = {name for borne in self._borne.values() for name in borne}
        found = aliases.bearers(connection_id, names)
        self._bearers = {name: same for name, same in found.items() if len(same) > 1}
        others = {one for same in self._bearers.values() for one in same} - self._held.keys()
        self._held |= _customers(connection_id, others)

    def way_up(self, list_id: str) -> tuple[str, ...]:
        """The customer and all above it, as far as they are known."""
        way = [list_id]
        while list_id in self._held and (list_id := self._held[list_id].parent) not in ("", *way):
            way.append(list_id)
        return tuple(way)

    def full_name(self, list_id: str) -> str:
        """Its full name now; empty for a customer that is not held."""
        return self._held[list_id].full_name if list_id in self._held else ""

    def names(self, way: Sequence[str]) -> frozenset[str]:
        """All names, now and before."""
        return frozenset(name for one in way for name in self._borne.get(one, ()))

    def namesakes(self, way: Sequence[str], names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Who else bears or has borne a name, where it has changed hands: (name, full name).

        Not those of one family, nor two who both bear it now: their invoices tell them apart.
        """
        return tuple(
            (name, self._held[other].full_name)
            for name in sorted(names)
            for other in self._bearers.get(name, ())
            if not set(self.way_up(other)) & set(way)
            and not (self._bear_now([other], name) and self._bear_now(way, name))
        )

    def _bear_now(self, list_ids: Iterable[str], name: str) -> bool:
        return any(name in self._held[one].names for one in list_ids if one in self._held)


def _customers(connection_id: int, list_ids: Iterable[str]) -> dict[str, _Customer]:
    """These customers and all above them that we hold."""
    found: dict[str, _Customer] = {}
    asked: set[str] = set()
    while wanted := set(list_ids) - asked:
        asked |= wanted
        for list_id, parent, *names in _CUSTOMERS.all(connection=connection_id, ids=wanted):
            known = frozenset(folded(name) for name in names if name)
            found[list_id] = _Customer(parent, names[0], known)
        list_ids = {one.parent for one in found.values() if one.parent}
    return found


_CUSTOMERS = Statement(
    lambda: t.Customer.select(
        "list_id", "parent_list_id", "full_name", "name", "company_name"
    ).where(t.Customer.has("connection", state=CustomerState.HELD, list_id=AnyOf("ids")))
)
