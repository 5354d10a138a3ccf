"""Customers that we hold are checked one by one: a merge tells of itself in no other way."""

from __future__ import annotations

import pytest

from shared.models.ledger import checked_customers, incoming_customers, wanted
from shared.models.store import Store
from shared.rules.values import CheckedCustomer, JobMode, RecordKind
from tests.models.builders import Books, checked, customer, invoice, paid

TOP = customer("80-1", "Larkspur Tile")
JOB = customer("80-2", "Larkspur Tile:Kitchen", parent_list_id="80-1")


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


def missing(books: Books, *list_ids: str) -> None:
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, list_ids)


def want_missing(books: Books, *but: str) -> None:
    with books.store.transaction():
        wanted.want_missing(books.id, but)


def changed(books: Books, *customers: CheckedCustomer) -> list[str]:
    with books.store.transaction():
        return checked_customers.compare_changed_customers(books.id, customers)


def gone(books: Books, *list_ids: str) -> None:
    with books.store.transaction():
        checked_customers.customers_gone(books.id, list_ids)


def test_open_invoices_alone_have_their_missing_customers_asked_for_again(books):
    books.read(
        invoice("1A-1", customer_list_id="80-1"), paid(invoice("1A-2", customer_list_id="80-2"))
    )
    missing(books, "80-1", "80-2")
    with books.store.transaction():
        wanted.want_customers_of(books.id, ["1A-1", "1A-2"])
    assert books.wanted() == ["80-1"]


def test_held_customers_are_checked_page_by_page(books):
    books.read(invoice("1A-9", customer_list_id="80-9"))
    books.hold(*(customer(f"80-{n}", parent_list_id="") for n in (3, 1, 4, 2)))
    missing(books, "80-4")
    with books.store.reading():
        assert checked_customers.customers_to_check(books.id, "", 2) == ["80-1", "80-2"]
        assert checked_customers.customers_to_check(books.id, "80-2", 2) == ["80-3"]
        assert checked_customers.customers_to_check(books.id, "80-3", 2) == []


@pytest.mark.parametrize(
    "change",
    [
        {"edit_sequence": "2"},
        {"full_name": "Larkspur:Kitchen"},
        {"parent_list_id": "80-7"},
        {"active": False},
    ],
)
def test_a_customer_that_quickbooks_has_otherwise_is_read_again_and_held_meanwhile(books, change):
    books.read(invoice("1A-1", customer_list_id="80-2"))
    books.hold(TOP, JOB)
    assert books.check(checked(TOP), checked(JOB, **change)) == ["80-2"]
    assert books.wanted() == ["80-2"]
    books.settle(JobMode.SEPARATE)
    assert books.listed() == {"1A-1": JOB.full_name}

    assert books.hold(JOB._replace(**change)).updated == ["80-2"]
    assert books.check(checked(JOB._replace(**change))) == []
    assert books.to_reread(RecordKind.CUSTOMER) == []


def test_the_jobs_below_a_customer_that_changed_are_read_again_with_it(books):
    shelf = customer("80-3", "Larkspur Tile:Kitchen:Shelf", parent_list_id="80-2")
    books.hold(TOP, JOB, shelf, customer("80-4", "Foxglove"))
    assert changed(books, checked(TOP), checked(JOB)) == []
    assert changed(books, checked(TOP, full_name="Larkspur")) == ["80-1"]
    assert books.to_reread(RecordKind.CUSTOMER) == ["80-1", "80-2", "80-3"]


def test_customers_that_are_said_to_stand_below_one_another_are_read_again_once(books):
    books.hold(TOP._replace(parent_list_id="80-2"), JOB)
    assert changed(books, checked(JOB, edit_sequence="2")) == ["80-2"]
    assert books.to_reread(RecordKind.CUSTOMER) == ["80-2", "80-1"]


def test_customers_that_we_do_not_hold_are_not_compared(books):
    books.read(invoice("1A-1"))
    assert books.check(checked(TOP), checked(JOB)) == []
    assert books.to_reread(RecordKind.CUSTOMER) == []


def test_open_invoices_of_a_customer_that_is_gone_are_read_again(books):
    open_one, closed = invoice("1A-1"), paid(invoice("1A-2"))
    books.read(open_one, closed, invoice("1A-3", customer_list_id="80-2"))
    books.hold(TOP, JOB)
    gone(books, "80-1")
    assert books.to_reread() == ["1A-1"]
    assert books.wanted() == ["80-2"], "the job that stood below it, which may stand elsewhere now"
    assert books.settle().left_out == [
        ("1A-1", "invoice-customer-missing"),
        ("1A-3", "invoice-customer-missing"),
    ]


def test_after_a_merge_the_invoice_is_billed_to_the_customer_that_remained(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    books.settle()
    gone(books, "80-1")
    moved = invoice("1A-1", customer_list_id="80-5", customer_full_name="Foxglove")
    assert books.read(moved).updated == ["1A-1"]
    assert books.listed(include_left_out=True) == {}, "hidden until it is settled"
    assert books.wanted() == ["80-5"]
    books.hold(customer("80-5", "Foxglove"))
    books.settle()
    assert books.listed() == {"1A-1": "Foxglove"}


def test_missing_customers_that_are_named_are_asked_for_again(books):
    books.read(invoice("1A-1", customer_list_id="80-2"), invoice("1A-2", customer_list_id="80-3"))
    books.hold(JOB)
    missing(books, "80-1", "80-3")
    want_missing(books, "80-3")
    assert books.wanted() == ["80-1"], "a held job names it"
    want_missing(books)
    assert books.wanted() == ["80-3", "80-1"]


def test_missing_customers_that_nobody_names_any_more_are_left_alone(books):
    first = invoice("1A-1")
    books.read(first, invoice("1A-2", customer_list_id="80-3"))
    missing(books, "80-1", "80-3")
    books.read(paid(first))
    gone(books, "80-3")
    want_missing(books)
    assert books.wanted() == []
