"""Invoices and customers page by page, with both sides."""

from __future__ import annotations

from datetime import date

import pytest

from shared.errors import NotFound
from shared.models.ledger import customer_pages, invoice_pages
from shared.rules.ledger import (
    Billed,
    CustomerFilter,
    CustomerState,
    InvoiceFilter,
    Kept,
    LeftOut,
    Owing,
)
from shared.rules.values import InvoiceStatus, JobMode
from tests.models.builders import Books, customer, invoice, paid, swept
from tests.models.payments.builders import money
from tests.models.plans import plans, sqlite_alone

OPEN = InvoiceFilter(statuses=(InvoiceStatus.OPEN,))
GONE = {"customer_list_id": "80-5", "customer_full_name": "Gone Ltd"}


@pytest.fixture
def books(store):
    """Larkspur with a job, Juniper, and an inactive customer; one invoice was paid."""
    books = Books(store)
    books.hold(
        customer(),
        customer("80-2", "juniper yoga"),
        customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"),
        customer("80-5", "Gone Ltd", active=False),
    )
    lobby = {"customer_list_id": "80-4", "customer_full_name": "Larkspur Tile:Lobby"}
    yoga = {"customer_list_id": "80-2", "customer_full_name": "juniper yoga"}
    books.read(
        invoice("1A-100"),
        invoice("1A-200", "40.00", **yoga),
        invoice("1A-300", "500.00", **lobby),
        invoice("1A-400", "70.00", **GONE),
        invoice("1A-500", "60.00", pending=True),
        paid(invoice("1A-600", "10.00")),
    )
    books.settle()
    return books


@pytest.fixture(autouse=True)
def unit(books):
    """What a test asks is in a unit of its own."""
    with books.store.transaction():
        yield


def shows(books, txn_id, owes):
    """QuickBooks listed an invoice with another balance than ours."""
    one = invoice(txn_id)
    books.sweep(swept(one, balance=money(owes)))


def numbers(wanted=OPEN, limit=10, before_id=None):
    return [one.number for one in invoice_pages.page(wanted, limit, before_id)]


# Invoices.


def test_an_invoice_has_both_sides_and_who_is_billed(books):
    shows(books, "1A-300", "450.00")
    [one] = invoice_pages.page(InvoiceFilter(words=("300",)), 10)
    assert (one.customer, one.customer_list_id) == ("Larkspur Tile", "80-1")
    assert (one.named, one.connection) == ("Larkspur Tile:Lobby", "Larkspur")
    assert (one.balance, one.seen, one.differs) == (money("500.00"), money("450.00"), True)
    assert (one.date, one.due_date) == (date(2024, 5, 1), date(2024, 5, 31))
    assert (one.status, one.left_out) == (InvoiceStatus.OPEN, "")


def test_pages_go_from_what_was_read_last_back(books):
    first = invoice_pages.page(InvoiceFilter(), 2)
    assert [one.number for one in first] == ["600", "300"]
    assert numbers(InvoiceFilter(), 2, first[-1].id) == ["200", "100"]
    assert numbers(InvoiceFilter(), 2, 1) == []


def test_open_ones_are_those_that_are_imported(books):
    assert numbers() == ["300", "200", "100"]
    assert numbers(InvoiceFilter(statuses=(InvoiceStatus.PAID, InvoiceStatus.VOID))) == ["600"]


def test_what_is_left_out_is_a_list_of_its_own_with_reasons(books):
    found = invoice_pages.page(InvoiceFilter(Kept.LEFT_OUT), 10)
    assert [(one.number, one.left_out) for one in found] == [
        ("500", "left-out-pending"),
        ("400", "left-out-inactive-customer"),
    ]
    counted = {"left-out-inactive-customer": 1, "left-out-pending": 1}
    assert invoice_pages.left_out() == counted
    assert invoice_pages.left_out(books.id) == counted


def test_differences_are_a_list_of_their_own(books):
    assert (numbers(InvoiceFilter(Kept.DIFFERING)), invoice_pages.differing()) == ([], 0)
    shows(books, "1A-100", "249.99")
    shows(books, "1A-400", "1.00")  # left out, so nothing was said of it
    assert numbers(InvoiceFilter(Kept.DIFFERING)) == ["100"]
    assert (invoice_pages.differing(), invoice_pages.differing(books.id)) == (1, 1)


def test_an_invoice_that_no_sync_has_settled_is_not_listed(books):
    books.read(invoice("1A-700"))
    assert "700" not in numbers(InvoiceFilter())
    assert "700" not in numbers(InvoiceFilter(Kept.LEFT_OUT))
    assert invoice_pages.get(books.id, "1A-700").left_out == "unsettled"


BY_WORDS = {
    ("30",): ["300"],
    ("tile",): ["600", "300", "100"],
    ("LOBBY", "tile"): ["300"],
    ("larkspur", "yoga"): ["200"],
    ("_00",): [],
}


def test_words_are_looked_for_in_number_customer_and_connection(books):
    assert {words: numbers(InvoiceFilter(words=words)) for words in BY_WORDS} == BY_WORDS


def test_a_page_may_be_of_one_connection_or_of_one_customer(books):
    other = Books(books.store, "Bramble")
    other.hold(customer())
    other.read(invoice("1A-100"))
    other.settle()
    assert numbers() == ["100", "300", "200", "100"]
    assert numbers(InvoiceFilter(connection_id=other.id)) == ["100"]
    billed = InvoiceFilter(connection_id=books.id, bill_to="80-1")
    assert numbers(billed) == ["600", "300", "100"]
    left_out = InvoiceFilter(Kept.LEFT_OUT, connection_id=books.id, bill_to="80-5")
    assert numbers(left_out) == ["400"]


def test_invoices_are_found_by_their_txnids(books):
    assert set(invoice_pages.owed(books.id, ["1A-100", "1A-999"])) == {"1A-100"}
    with pytest.raises(NotFound, match="no invoice '1A-999'"):
        invoice_pages.get(books.id, "1A-999")


# Customers.


def names(wanted=None, limit=10, after=None):
    found = customer_pages.page(wanted or CustomerFilter(), limit, after)
    return [one.full_name for one in found]


def test_customers_are_those_that_invoices_are_billed_to_by_name(books):
    assert names() == ["Gone Ltd", "juniper yoga", "Larkspur Tile"]
    books.settle(JobMode.SEPARATE)
    assert names() == ["Gone Ltd", "juniper yoga", "Larkspur Tile", "Larkspur Tile:Lobby"]


def test_a_page_goes_on_after_the_place_of_the_last_one(books):
    first = customer_pages.page(CustomerFilter(), 2)
    assert names(after=first[-1].place) == ["Larkspur Tile"]
    assert names(after=customer_pages.page(CustomerFilter(), 3)[-1].place) == []


def test_a_customer_owes_what_its_imported_invoices_do_on_both_sides(books):
    shows(books, "1A-300", "450.00")
    one = customer_pages.get(books.id, "80-1")
    assert one.owing == (Owing("USD", 2, money("750.00"), money("700.00")),)
    assert one.left_out == (LeftOut("left-out-pending", 1, money("60.00"), "USD"),)


def test_currencies_are_never_added_up(books):
    books.read(invoice("1A-800", "8.00", currency="CAD"))
    books.settle()
    owing = customer_pages.get(books.id, "80-1").owing
    assert [(one.currency, one.balance) for one in owing] == [
        ("CAD", money("8.00")),
        ("USD", money("750.00")),
    ]


def test_inactive_customers_and_those_that_are_not_shown_are_listed_apart(books):
    books.read(invoice("1A-900", customer_list_id="80-99", customer_full_name="Never Seen"))
    books.settle()
    found = customer_pages.page(CustomerFilter(Billed.INACTIVE), 10)
    assert [(one.full_name, one.state) for one in found] == [
        ("Never Seen", CustomerState.WANTED),
        ("Gone Ltd", CustomerState.HELD),
    ]
    assert [one.left_out[0].reason for one in found] == [
        "invoice-customer-missing",
        "left-out-inactive-customer",
    ]


def test_customers_are_found_by_words_of_their_name_or_connection(books):
    other = Books(books.store, "Bramble")
    other.hold(customer())
    other.read(invoice("1A-100"))
    other.settle()
    assert names(CustomerFilter(words=("TILE",))) == ["Larkspur Tile", "Larkspur Tile"]
    assert names(CustomerFilter(words=("bramble",))) == ["Larkspur Tile"]
    assert names(CustomerFilter(connection_id=other.id)) == ["Larkspur Tile"]
    assert "Larkspur Tile:Lobby" in names(CustomerFilter(Billed.HELD, words=("lobby",)))


def test_a_customer_that_is_not_there_is_not_found(books):
    with pytest.raises(NotFound, match="no customer '80-77'"):
        customer_pages.get(books.id, "80-77")


# Every question is answered out of an index.


@sqlite_alone
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (OPEN, "invoice_of_status (status=? AND id<?)"),
        (InvoiceFilter(connection_id=1), "invoice_connection_id_status_id (connection_id=? AND"),
        (InvoiceFilter(Kept.LEFT_OUT), "invoice_left_out"),
        (InvoiceFilter(Kept.LEFT_OUT, connection_id=1), "invoice_left_out (connection_id=?"),
        (InvoiceFilter(Kept.DIFFERING), "invoice_differing"),
        (InvoiceFilter(connection_id=1, bill_to="80-1"), "invoice_connection_id_bill_to_list_id"),
    ],
)
def test_no_page_goes_through_all_invoices(books, wanted, index, monkeypatch):
    seen = plans(monkeypatch)
    invoice_pages.page(wanted, 10)
    assert any(index in line for line in seen), seen


@sqlite_alone
def test_no_page_goes_through_all_customers(books, monkeypatch):
    seen = plans(monkeypatch)
    customer_pages.page(CustomerFilter(connection_id=1), 10)
    assert any("customer_name (connection_id=?" in line for line in seen), seen
    assert not [line for line in seen if "TEMP B-TREE FOR ORDER BY" in line][1:]
