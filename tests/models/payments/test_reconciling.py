"""Our open invoices beside what QuickBooks last showed, and those that are not compared."""

from __future__ import annotations

from datetime import date

import pytest

from shared.models.ledger import incoming_invoices
from shared.models.payments import reconciling
from shared.rules.values import JobMode
from shared.structs import replace
from tests.models.builders import Books, customer, invoice, paid, swept
from tests.models.payments.builders import JUNIPER, money

LOBBY = {"customer_list_id": "80-3", "customer_full_name": "Larkspur Tile:Lobby"}
FIRST, SECOND = invoice("1A-100", "250.00"), invoice("1A-101", "80.00")


@pytest.fixture
def books(store):
    """Two customers, one of them with a job; a test is one unit."""
    with store.transaction():
        books = Books(store)
        books.hold(
            customer(),
            customer("80-2", "Juniper Yoga"),
            customer("80-3", "Larkspur Tile:Lobby", parent_list_id="80-1"),
        )
        yield books


def owes(books, *invoices, **options):
    books.read(*invoices)
    books.settle(**options)


def balances(books, jobs=JobMode.ROLL_UP):
    return {
        (one.customer, one.currency): (
            *(one.open_invoices, str(one.balance)),
            *(one.seen_invoices, str(one.seen)),
        )
        for one in reconciling.by_customer(books.id, jobs)
    }


def test_what_each_customer_owes_is_told_for_both_sides(books):
    owes(books, FIRST, SECOND, invoice("1A-200", "40.00", **JUNIPER))
    assert balances(books) == {
        ("Juniper Yoga", "USD"): (1, "40.00", 1, "40.00"),
        ("Larkspur Tile", "USD"): (2, "330.00", 2, "330.00"),
    }


def test_each_currency_is_a_sum_of_its_own(books):
    owes(books, FIRST, invoice("1A-102", "7.00", currency="CAD"))
    assert balances(books) == {
        ("Larkspur Tile", "CAD"): (1, "7.00", 1, "7.00"),
        ("Larkspur Tile", "USD"): (1, "250.00", 1, "250.00"),
    }


def test_jobs_are_rolled_up_or_kept_apart_as_they_are_billed(books):
    owes(books, FIRST, invoice("1A-300", "60.00", **LOBBY))
    assert balances(books) == {("Larkspur Tile", "USD"): (2, "310.00", 2, "310.00")}
    books.settle(JobMode.SEPARATE)
    assert balances(books, JobMode.SEPARATE) == {
        ("Larkspur Tile", "USD"): (1, "250.00", 1, "250.00"),
        ("Larkspur Tile:Lobby", "USD"): (1, "60.00", 1, "60.00"),
    }


def test_a_balance_that_only_the_list_showed_stands_beside_ours(books):
    owes(books, FIRST, SECOND)
    books.sweep(swept(FIRST, balance=money("150.00")), swept(SECOND))
    assert balances(books) == {("Larkspur Tile", "USD"): (2, "330.00", 2, "230.00")}


def test_an_invoice_that_is_paid_here_and_open_there_is_not_lost(books):
    owes(books, FIRST)
    owes(books, paid(FIRST))
    assert balances(books) == {}
    books.sweep(swept(FIRST, balance=money("90.00")))
    assert balances(books) == {("Larkspur Tile", "USD"): (0, "0.00", 1, "90.00")}


def test_closed_and_deleted_invoices_count_nowhere(books):
    owes(books, FIRST, SECOND)
    incoming_invoices.mark_deleted(books.id, ["1A-101"])
    owes(books, paid(FIRST))
    assert balances(books) == {}


def test_the_ledger_of_another_company_is_not_looked_at(books):
    owes(books, FIRST)
    other = Books(books.store, "Bramble")
    assert reconciling.by_customer(other.id, JobMode.ROLL_UP) == []
    assert reconciling.set_aside(other.id) == []


def test_what_a_customer_is_known_by_is_its_list_id_too(books):
    owes(books, FIRST)
    [only] = reconciling.by_customer(books.id, JobMode.ROLL_UP)
    assert (only.list_id, only.balance, only.seen) == ("80-1", money("250.00"), money("250.00"))


def set_aside(books):
    return [(one.document, one.reason, str(one.seen)) for one in reconciling.set_aside(books.id)]


def test_invoices_that_cannot_be_vouched_for_are_set_aside_by_date(books):
    later_one = replace(SECOND, date=date(2024, 5, 2))
    reasons = {"1A-100": "invoice-unreadable", "1A-101": "skipped"}
    owes(books, later_one, FIRST, set_aside=reasons)
    assert set_aside(books) == [
        ("Invoice 100, Larkspur Tile", "invoice-unreadable", "250.00"),
        ("Invoice 101, Larkspur Tile", "skipped", "80.00"),
    ]
    assert balances(books) == {}


def test_what_quickbooks_last_showed_of_it_is_told(books):
    owes(books, FIRST, set_aside={"1A-100": "invoice-unreadable"})
    books.sweep(swept(FIRST, balance=money("10.00")))
    assert set_aside(books) == [("Invoice 100, Larkspur Tile", "invoice-unreadable", "10.00")]


def test_an_invoice_without_its_customer_is_set_aside(books):
    owes(books, invoice("1A-400", "5.00", customer_list_id="80-9", customer_full_name="Fern"))
    assert set_aside(books) == [("Invoice 400, Fern", "invoice-customer-missing", "5.00")]


def test_what_no_sync_has_settled_yet_is_set_aside_and_not_summed(books):
    books.read(FIRST)
    assert set_aside(books) == [("Invoice 100, Larkspur Tile", "invoice-not-imported", "250.00")]
    assert balances(books) == {}


def test_what_is_left_out_on_purpose_is_not_set_aside(books):
    books.hold(customer("80-2", "Juniper Yoga", active=False))
    owes(
        books,
        replace(FIRST, pending=True),
        replace(SECOND, date=date(2023, 1, 1)),
        invoice("1A-200", "40.00", **JUNIPER),
        start_date=date(2024, 1, 1),
    )
    assert len(books.left_out()) == 3
    assert set_aside(books) == []


def test_a_closed_invoice_is_not_set_aside(books):
    owes(books, FIRST)
    books.read(paid(FIRST))
    assert set_aside(books) == []
