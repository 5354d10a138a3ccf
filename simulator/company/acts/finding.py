"""What acts have in common: finding what is meant, checking texts, saying what happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeVar

from simulator.company.answers import storable
from simulator.company.books import BookError, Books, NotInBooks
from simulator.company.records import TXN_TYPES, Credit, Customer, Document, Invoice, Payment

One = TypeVar("One", Invoice, Payment, Credit, Document)

ACT_SECONDS = 90
MAX_NAME, MAX_NUMBER, MAX_PAYMENT_NUMBER, MAX_PO_NUMBER, MAX_MEMO = 41, 11, 20, 25, 4095
_MOST_SHOWN = 5
_WORDS = {Invoice: "Invoice", Payment: "Payment", Credit: "Credit memo"}


class Change(NamedTuple):
    """One act: the record that it was about, and what happened in a sentence."""

    action: str
    kind: str
    object_id: str
    document: str
    sentence: str


def find_invoice(books: Books, reference: str) -> Invoice:
    """An invoice by TxnID or number. Raises NotInBooks, or BookError when several fit."""
    return _find(reference, books.invoices.values(), "invoice")


def find_payment(books: Books, reference: str) -> Payment:
    """A payment by TxnID or number; raises as ``find_invoice``."""
    return _find(reference, books.payments.values(), "payment")


def find_document(books: Books, reference: str) -> Document:
    """An invoice, payment or credit memo by TxnID or number; raises as ``find_invoice``."""
    return _find(reference, books.documents(), "invoice, payment or credit memo")


def find_customer(books: Books, reference: str) -> Customer:
    """A customer or job by ListID or full name. Raises NotInBooks."""
    if reference in books.customers:
        return books.customers[reference]
    for customer in books.customers.values():
        if books.full_name(customer.list_id).casefold() == reference.casefold():
            return customer
    raise NotInBooks(
        f"There is no customer {reference!r}. Give the full name (Parent:Job) or the ListID."
    )


def find_id(books: Books, reference: str) -> str:
    """The id of a document or customer, by id, number or full name. Raises as the others."""
    try:
        return find_document(books, reference).txn_id
    except NotInBooks:
        return find_customer(books, reference).list_id


def find_receivable(books: Books, name: str, currency: str) -> str:
    """The ListID of a named A/R account of a currency; "" stays so, the usual one."""
    if not name:
        return ""
    account = books.account(name)
    if account.type != "AccountsReceivable" or account.currency != currency:
        raise BookError(f"{account.name} is not an Accounts Receivable account in {currency}.")
    return account.list_id


def _find(reference: str, known: Iterable[One], what: str) -> One:
    fitting = []
    for one in known:
        if one.txn_id == reference:
            return one
        if reference and one.number == reference:
            fitting.append(one)
    if not fitting:
        raise NotInBooks(f"There is no {what} {reference!r}. Give its number or its TxnID.")
    if len(fitting) > 1:
        ids = ", ".join(one.txn_id for one in fitting[:_MOST_SHOWN])
        raise BookError(f"{len(fitting)} documents have the number {reference!r}; name one by its "
                        f"TxnID: {ids}.")  # fmt: skip
    return fitting[0]


def checked(text: str, most: int, what: str) -> str:
    """A text that QuickBooks can hold in a field. Raises BookError."""
    if len(text) > most:
        raise BookError(f"A {what} has at most {most} characters; this one has {len(text)}.")
    if not storable(text):
        raise BookError(
            f"QuickBooks keeps Windows-1252 characters only; the {what} {text!r} has others."
        )
    return text


def checked_day(text: str) -> str:
    """An ISO date. Raises BookError."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BookError(f"{text!r} is not a date; write YYYY-MM-DD.") from None


def document_change(books: Books, action: str, document: Document, happened: str) -> Change:
    """A change of a document: ``happened`` goes on after its name."""
    number = document.number or document.txn_id
    label = f"{_WORDS[type(document)]} {number}, {books.full_name(document.customer)}"
    kind = TXN_TYPES[type(document)]
    return Change(action, kind, document.txn_id, label, f"{label}: {happened}")


def customer_change(books: Books, action: str, list_id: str, happened: str) -> Change:
    """A change of a customer: ``happened`` goes on after its name."""
    label = f"Customer {books.full_name(list_id)}"
    return Change(action, "Customer", list_id, label, f"{label}: {happened}")


def wait(books: Books, seconds: int) -> Change:
    """Let time pass on the company's clock."""
    if seconds < 0:
        raise BookError("The clock cannot go backward. Give a positive duration.")
    books.now += seconds
    return Change("wait", "Clock", "", "", f"The clock stands at {books.stamp(books.now)}.")
