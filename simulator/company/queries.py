"""Queries: what each finds and how its records are written, one row of a table per request.

Iterators die with the session whose Finder keeps them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from lxml import etree

from shared.structs import Value, replace
from simulator.company import company_answers, fields, filters, refusals
from simulator.company.answers import Answer, Shape
from simulator.company.books import Books, guid
from simulator.company.errors import NOTHING_FOUND, OK, RequestFailed, Status
from simulator.company.filters import Selection
from simulator.company.grammar import Version
from simulator.company.list_writer import ListWriter
from simulator.company.message_set import Request
from simulator.company.records import Credit, Invoice, Payment
from simulator.company.references import References
from simulator.company.txn_writer import TxnWriter

One = TypeVar("One")
Txn = TypeVar("Txn", Invoice, Payment, Credit)
ITERATOR_GONE = 3391


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
    records: Callable[[Books], Mapping[str, Txn]], write: Callable[[TxnWriter, Txn, Shape], str]
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
    "CustomerQueryRq": Query(partial(filters.in_list, fields.customers), _customers),
    "InvoiceQueryRq": _txns(lambda books: books.invoices, TxnWriter.invoice),
    "CreditMemoQueryRq": _txns(lambda books: books.credits, TxnWriter.credit),
    "ReceivePaymentQueryRq": _txns(lambda books: books.payments, TxnWriter.payment),
    "AccountQueryRq": Query(
        partial(filters.in_list, fields.accounts),
        lambda books, write, keys, shape: _each(keys, books.accounts, write.lists.account, shape),
    ),
    "PaymentMethodQueryRq": Query(
        partial(filters.in_list, fields.payment_methods),
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


class _Iterator(Value):
    """A list fixed at Start: the ids still to come, and the query that must be repeated."""

    query: bytes
    left: tuple[str, ...]


class Finder:
    """Answers the queries of one session."""

    def __init__(self, books: Books, writers: Writers) -> None:
        self._books = books
        self._writers = writers
        self._iterators: dict[str, _Iterator] = {}
        self._random = random.Random(f"{books.seed} {books.now} {books.sessions}")

    def find(self, request: Request, version: Version) -> Answer:
        """Answer a query. Raises RequestFailed."""
        if request.iterator == "Continue":
            return self._go_on(request, version)
        most = request.element.findtext("MaxReturned")
        if request.iterator and most is None:
            raise refusals.missing("MaxReturned")
        found = QUERIES[request.type.name].select(self._books, request.element)
        ids = found.ids if most is None else found.ids[: int(most)]
        count = None if request.metadata == "NoMetaData" else len(ids)
        if request.metadata == "MetaDataOnly":
            return Answer(_status(found), count=count)
        answer = Answer(_status(found), self._write(request, version, ids), count)
        if request.iterator:
            return self._start(request, answer, found.ids[len(ids) :])
        return answer

    def _write(self, request: Request, version: Version, ids: tuple[str, ...]) -> tuple[str, ...]:
        shape = shape_of(request.element, version)
        return QUERIES[request.type.name].write(self._books, self._writers, ids, shape)

    def _start(self, request: Request, answer: Answer, left: tuple[str, ...]) -> Answer:
        iterator_id = guid(self._random)
        if left:
            self._iterators[iterator_id] = _Iterator(_without_count(request.element), left)
        return replace(answer, remaining=len(left), iterator_id=iterator_id)

    def _go_on(self, request: Request, version: Version) -> Answer:
        """The next page; rows deleted since the start are missing from it."""
        iterator = self._iterators.get(request.iterator_id)
        if iterator is None:
            raise RequestFailed(
                ITERATOR_GONE, f'The iterator "{request.iterator_id}" is invalid or has ended.'
            )
        if _without_count(request.element) != iterator.query:
            raise RequestFailed(
                ITERATOR_GONE, "The iterator cannot be used: the query differs from its start."
            )
        most = request.element.findtext("MaxReturned")
        if most is None:
            raise refusals.missing("MaxReturned")
        ids, left = iterator.left[: int(most)], iterator.left[int(most) :]
        if left:
            self._iterators[request.iterator_id] = replace(iterator, left=left)
        else:
            del self._iterators[request.iterator_id]
        records = self._write(request, version, ids)
        count = None if request.metadata == "NoMetaData" else len(records)
        status = OK if records or left else NOTHING_FOUND
        return Answer(status, records, count, len(left), request.iterator_id)


def _status(found: Selection) -> Status:
    if found.missing:
        return Status(
            500,
            "The query request has not been fully completed. There was a required element "
            f'("{found.missing}") that could not be found in QuickBooks.',
        )
    return OK if found.ids else NOTHING_FOUND


def _without_count(query: etree._Element) -> bytes:
    """The query as it must be repeated on every page: MaxReturned alone may change."""
    kept = [child for child in query if child.tag != "MaxReturned"]
    return query.tag.encode() + b"".join(etree.tostring(one, method="c14n") for one in kept)
