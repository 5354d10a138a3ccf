"""What each query finds and how its records are written: one row of a table per request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from lxml import etree

from shared.structs import Value
from simulator.company import company_answers, fields, filters
from simulator.company.books import Books
from simulator.company.filters import Selection
from simulator.company.list_writer import ListWriter
from simulator.company.records import Credit, Invoice, Payment
from simulator.company.references import References, Shape
from simulator.company.txn_writer import TxnWriter

One = TypeVar("One")
Txn = TypeVar("Txn", Invoice, Payment, Credit)


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
        lines=lines or fields.flag(query, "IncludeLineItems"),
        links=fields.flag(query, "IncludeLinkedTxns"),
        include=frozenset(one.text or "" for one in query.findall("IncludeRetElement")),
        owners=frozenset((one.text or "").upper() for one in query.findall("OwnerID")),
    )


def _each(
    keys: Sequence[str], found: Mapping[str, One], write: Callable[[One, Shape], str], shape: Shape
) -> tuple[str, ...]:
    return tuple(write(found[key], shape) for key in keys if key in found)


def _txns(
    records: Callable[[Books], Mapping[str, Txn]],
    write: Callable[[TxnWriter, Txn, Shape], str],
) -> Query:
    return Query(
        lambda books, query: filters.transactions(books, query, records(books)),
        lambda books, writers, keys, shape: _each(
            keys, records(books), partial(write, writers.txns), shape
        ),
    )


def _customers(books: Books, write: Writers, keys: Sequence[str], shape: Shape) -> tuple[str, ...]:
    totals = books.total_balances()
    found = [books.customers[key] for key in keys if key in books.customers]
    return tuple(write.lists.customer(one, totals[one.list_id], shape) for one in found)


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
    "InvoiceQueryRq": _txns(lambda books: books.invoices, TxnWriter.invoice),
    "CreditMemoQueryRq": _txns(lambda books: books.credits, TxnWriter.credit),
    "ReceivePaymentQueryRq": _txns(lambda books: books.payments, TxnWriter.payment),
    "AccountQueryRq": Query(
        filters.accounts,
        lambda books, write, keys, shape: _each(keys, books.accounts, write.lists.account, shape),
    ),
    "PaymentMethodQueryRq": Query(
        filters.payment_methods,
        lambda books, write, keys, shape: _each(
            keys, books.entries, write.lists.payment_method, shape
        ),
    ),
    "TxnDeletedQueryRq": Query(
        filters.deletions,
        lambda books, write, keys, shape: _each(
            keys, {one.object_id: one for one in books.deletions}, write.lists.txn_deleted, shape
        ),
    ),
}
