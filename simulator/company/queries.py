"""What each query finds and how its records are written: one row of a table per request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lxml import etree

from shared.structs import Value
from simulator.company import company_answers, filters
from simulator.company.books import Books
from simulator.company.filters import Selection
from simulator.company.list_writer import ListWriter
from simulator.company.references import References, Shape
from simulator.company.txn_writer import TxnWriter

_YES = ("true", "1")


class Writers:
    """What writes the records of one company for a session."""

    def __init__(self, books: Books) -> None:
        references = References(books)
        self.lists = ListWriter(books, references)
        self.txns = TxnWriter(books, references)


class Query(Value):
    """A query for records by id. ``write`` leaves out ids that are no longer in the books."""

    select: Callable[[Books, etree._Element], Selection]
    write: Callable[[Books, Writers, Sequence[str], Shape], tuple[str, ...]]


def shape_of(query: etree._Element, version: tuple[int, int], *, lines: bool = False) -> Shape:
    """What a request wants to see of each record; writes show their ``lines`` unasked."""
    return Shape(
        version=version,
        lines=lines or _yes(query, "IncludeLineItems"),
        links=_yes(query, "IncludeLinkedTxns"),
        include=frozenset(one.text or "" for one in query.findall("IncludeRetElement")),
        owners=frozenset((one.text or "").upper() for one in query.findall("OwnerID")),
    )


def _yes(query: etree._Element, name: str) -> bool:
    return (query.findtext(name) or "").strip() in _YES


def _customers(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    totals = books.total_balances()
    found = [books.customers[key] for key in keys if key in books.customers]
    return tuple(write.lists.customer(one, totals[one.list_id], shape) for one in found)


def _invoices(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    found = books.invoices
    return tuple(write.txns.invoice(found[key], shape) for key in keys if key in found)


def _credits(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    found = books.credits
    return tuple(write.txns.credit(found[key], shape) for key in keys if key in found)


def _payments(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    found = books.payments
    return tuple(write.txns.payment(found[key], shape) for key in keys if key in found)


def _accounts(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    return tuple(
        write.lists.account(books.accounts[key], books.account_balance(key), shape) for key in keys
    )


def _methods(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    return tuple(write.lists.payment_method(books.entries[key], shape) for key in keys)


def _deleted_txns(
    books: Books, write: Writers, keys: Sequence[str], shape: Shape
) -> tuple[str, ...]:
    gone = {one.object_id: one for one in books.deletions}
    return tuple(write.lists.txn_deleted(gone[key], shape) for key in keys)


def _the_one(write: Callable[[Books, Shape], str]) -> Query:
    """A query about the company itself: one record, always there."""
    return Query(
        lambda books, query: Selection(("",)),
        lambda books, writers, keys, shape: (write(books, shape),),
    )


QUERIES: dict[str, Query] = {
    "HostQueryRq": _the_one(company_answers.host),
    "CompanyQueryRq": _the_one(company_answers.company),
    "PreferencesQueryRq": _the_one(company_answers.preferences),
    "CustomerQueryRq": Query(filters.customers, _customers),
    "InvoiceQueryRq": Query(
        lambda books, query: filters.transactions(books, query, books.invoices), _invoices
    ),
    "CreditMemoQueryRq": Query(
        lambda books, query: filters.transactions(books, query, books.credits), _credits
    ),
    "ReceivePaymentQueryRq": Query(
        lambda books, query: filters.transactions(books, query, books.payments), _payments
    ),
    "AccountQueryRq": Query(filters.accounts, _accounts),
    "PaymentMethodQueryRq": Query(filters.payment_methods, _methods),
    "TxnDeletedQueryRq": Query(filters.deletions, _deleted_txns),
}
