"""Who is billed, who is asked for, and what is left out until it may come in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.ledger import (
    customer_pages,
    incoming_customers,
    invoice_pages,
    rereads,
    settlement,
    shared_numbers,
)
from shared.models.ledger.settlement import Part, Place, standings
from shared.models.statements import current
from shared.models.store import Store, open_store
from shared.rules.values import InvoiceStatus, JobMode, RecordKind
from tests.models.builders import Books, customer, invoice, paid
from tests.models.plans import plans, sqlite_alone

TOP = customer("80-1", "Larkspur Tile")
JOB = customer("80-2", "Larkspur Tile:Kitchen", parent_list_id="80-1")
PART = customer("80-3", "Larkspur Tile:Kitchen:Floor", parent_list_id="80-2")
FOR_PART = invoice("1A-3", customer_list_id="80-3", customer_full_name=PART.full_name)


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


def test_an_invoice_wants_its_customer_and_that_one_its_parents(books):
    books.read(FOR_PART)
    assert books.wanted() == ["80-3"]
    books.hold(PART)
    assert books.wanted() == ["80-2"]
    books.hold(JOB)
    assert books.wanted() == ["80-1"]
    books.hold(TOP)
    assert books.wanted() == []


def test_a_closed_invoice_wants_nobody(books):
    books.read(paid(invoice("1A-1")))
    assert books.wanted() == []


def test_a_customer_that_quickbooks_does_not_show_is_asked_for_once(books):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, ["80-1"])
    assert books.wanted() == []
    books.read(invoice("1A-1"))
    assert books.wanted() == [], "nothing new was said of it"


@pytest.mark.parametrize(
    "mark", [incoming_customers.mark_customers_missing, incoming_customers.mark_customers_deleted]
)
def test_a_customer_that_is_gone_is_asked_for_again_when_there_is_reason(books, mark):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        mark(books.id, ["80-1"])
    books.read(invoice("1A-1", edit_sequence="2"))
    assert books.wanted() == ["80-1"]


def test_rereading_an_invoice_asks_for_its_missing_customer_again(books):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, ["80-1"])
        rereads.queue_reread(books.id, RecordKind.INVOICE, ["1A-1"])
    assert books.wanted() == ["80-1"]


def test_a_held_customer_is_read_again_when_a_person_asks(books):
    books.hold(TOP)
    with books.store.transaction():
        rereads.queue_reread(books.id, RecordKind.CUSTOMER, ["80-1"])
    assert books.wanted() == ["80-1"]
    books.hold(TOP)
    assert books.wanted() == []


def test_new_changed_and_unchanged_customers_are_told_apart(books):
    books.read(invoice("1A-1"))
    assert books.hold(TOP).imported == ["80-1"]
    renamed = TOP._replace(name="Larkspur", edit_sequence="2")
    assert books.hold(renamed).updated == ["80-1"]
    assert books.hold(renamed).unchanged == ["80-1"]


def test_nothing_is_listed_before_it_was_settled(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    assert books.listed(include_left_out=True) == {}
    books.settle()
    assert books.listed() == {"1A-1": "Larkspur Tile"}


@pytest.mark.parametrize(
    ("jobs", "billed"),
    [
        (JobMode.ROLL_UP, "Larkspur Tile"),
        (JobMode.SEPARATE, "Larkspur Tile:Kitchen:Floor"),
    ],
)
def test_jobs_roll_up_to_the_top_customer_or_stay_apart(books, jobs, billed):
    books.read(FOR_PART)
    books.hold(TOP, JOB, PART)
    books.settle(jobs)
    assert books.listed() == {"1A-3": billed}


def test_the_job_mode_may_change_between_syncs(books):
    books.read(FOR_PART)
    books.hold(TOP, JOB, PART)
    books.settle(JobMode.ROLL_UP)
    books.settle(JobMode.SEPARATE)
    assert books.listed() == {"1A-3": PART.full_name}


def test_customers_listed_are_those_that_are_billed(books):
    books.read(FOR_PART)
    books.hold(TOP, JOB, PART, customer("80-7", "Without invoice"))
    books.settle(JobMode.ROLL_UP)
    with books.store.reading():
        assert [one.list_id for one in customer_pages.customers(books.id, JobMode.ROLL_UP)] == [
            "80-1"
        ]
    books.settle(JobMode.SEPARATE)
    with books.store.reading():
        apart = customer_pages.customers(books.id, JobMode.SEPARATE)
    assert [one.full_name for one in apart] == [TOP.full_name, JOB.full_name, PART.full_name]


def test_a_customer_who_owes_nothing_more_is_listed_only_when_asked_for(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    books.settle()
    books.read(paid(invoice("1A-1")))
    assert books.settle().left_out == [], "nothing more is said of a closed one"
    with books.store.reading():
        assert customer_pages.customers(books.id, JobMode.ROLL_UP) == []
        (settled,) = customer_pages.customers(books.id, JobMode.ROLL_UP, with_settled=True)
    assert settled.list_id == "80-1"


@pytest.mark.parametrize("inactive", [TOP, JOB, PART])
def test_an_invoice_is_left_out_while_its_customer_or_one_above_is_inactive(books, inactive):
    books.read(FOR_PART)
    people = [one._replace(active=one is not inactive) for one in (TOP, JOB, PART)]
    books.hold(*people)

    assert books.settle().left_out == [("1A-3", "left-out-inactive-customer")]
    assert books.left_out() == {"1A-3": "left-out-inactive-customer"}

    books.hold(inactive._replace(active=True, edit_sequence="2"))
    assert books.settle().taken_in == ["1A-3"]
    assert books.listed() == {"1A-3": "Larkspur Tile"}


def test_an_invoice_set_aside_is_left_out_for_that_reason_until_it_is_not(books):
    books.read(invoice("1A-1"), invoice("1A-2", pending=True))
    books.hold(TOP)
    books.settle()
    assert books.settle(set_aside={"1A-1": "skipped", "1A-2": "invoice-unreadable"}).left_out == [
        ("1A-1", "skipped"),
        ("1A-2", "invoice-unreadable"),
    ]
    assert books.listed() == {}
    assert books.settle().taken_in == ["1A-1"]


def test_a_pending_invoice_is_left_out_until_it_is_posted(books):
    books.read(invoice("1A-1", pending=True))
    books.hold(TOP)
    assert books.settle().left_out == [("1A-1", "left-out-pending")]
    books.read(invoice("1A-1", pending=False, edit_sequence="2"))
    assert books.settle().taken_in == ["1A-1"]


def test_invoices_before_the_start_date_are_left_out(books):
    books.read(invoice("1A-1", date=date(2024, 4, 30)), invoice("1A-2", date=date(2024, 5, 1)))
    books.hold(TOP)
    settled = books.settle(start_date=date(2024, 5, 1))
    assert settled.left_out == [("1A-1", "left-out-before-start-date")]
    assert list(books.listed()) == ["1A-2"]
    assert books.settle(start_date=None).taken_in == ["1A-1"]


def test_an_invoice_without_its_customer_is_left_out_and_named_each_time(books):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, ["80-1"])
    first, second = books.settle(), books.settle()
    assert first.left_out == [("1A-1", "invoice-customer-missing")]
    assert second.left_out == []
    assert first.customer_missing == second.customer_missing == ["1A-1"]
    books.hold(TOP)
    assert books.settle().taken_in == ["1A-1"]


def test_a_customer_that_is_gone_bills_nobody_as_it_stood_when_it_was_held(books):
    books.read(FOR_PART)
    books.hold(TOP, JOB, PART)
    assert books.settle().left_out == []
    with books.store.transaction():
        incoming_customers.mark_customers_deleted(books.id, ["80-3"])
    assert books.settle().left_out == [("1A-3", "invoice-customer-missing")]
    assert books.left_out() == {"1A-3": "invoice-customer-missing"}


def test_settling_again_tells_nothing_new(books):
    books.read(*(invoice(f"1A-{n}", pending=n % 2 == 0) for n in range(1203)))
    books.hold(TOP)
    assert len(books.settle().left_out) == 602
    again = books.settle()
    assert (again.left_out, again.taken_in) == ([], [])


@pytest.mark.parametrize("jobs", list(JobMode))
def test_an_invoice_below_a_customer_that_is_missing_waits_for_it(books, jobs):
    books.read(FOR_PART)
    books.hold(PART, JOB)
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, ["80-1"])
    settled = books.settle(jobs)
    assert settled.left_out == [("1A-3", "invoice-customer-missing")]
    assert settled.customer_missing == ["1A-3"]
    books.hold(TOP)
    assert books.settle(jobs).taken_in == ["1A-3"]


def test_customers_in_a_cycle_are_named_and_their_invoices_still_come_in(books):
    a = customer("80-1", "A", parent_list_id="80-2")
    b = customer("80-2", "B", parent_list_id="80-1")
    below = customer("80-3", "C", parent_list_id="80-1")
    books.read(FOR_PART)
    books.hold(a, b, below)
    assert sorted(books.settle().cycles) == ["80-1", "80-2"]
    assert books.listed() == {"1A-3": "C"}


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.builds(Place, st.sampled_from(["", *"abcdefz"]), st.booleans()),
    )
)
def test_every_customer_has_a_standing_whatever_its_parents(places):
    found, cycles = standings(places)
    assert set(found) == set(places)
    for list_id, standing in found.items():
        assert standing.top in places
        assert not (standing.usable and not places[list_id].active)
    for list_id in cycles:
        assert found[list_id].top == list_id


def test_totals_count_only_what_is_open_and_imported(books):
    books.read(
        invoice("1A-1", "0.10"),
        invoice("1A-2", "0.20"),
        invoice("1A-3", "9999999999999.99", currency="CAD"),
        invoice("1A-4", "5.00", pending=True),
        paid(invoice("1A-5", "7.00")),
    )
    books.hold(TOP)
    books.settle()
    with books.store.reading():
        assert invoice_pages.totals(books.id) == [
            ("CAD", 1, Decimal("9999999999999.99")),
            ("USD", 2, Decimal("0.30")),
        ]


def test_a_listing_goes_by_date_and_may_be_of_one_status(books):
    books.read(
        invoice("1A-3", date=date(2024, 1, 3)),
        invoice("1A-1", date=date(2024, 1, 1)),
        invoice("1A-2", date=date(2024, 1, 2)),
    )
    books.hold(TOP)
    books.settle()
    books.read(paid(invoice("1A-2", date=date(2024, 1, 2))))
    books.settle()
    assert list(books.listed()) == ["1A-1", "1A-2", "1A-3"]
    assert list(books.listed(status=InvoiceStatus.PAID)) == ["1A-2"]


def test_two_listings_may_be_read_side_by_side(books):
    books.read(*(invoice(f"1A-{n:04}") for n in range(600)))
    books.hold(TOP)
    books.settle()
    with books.store.reading():
        pairs = zip(invoice_pages.invoices(books.id), invoice_pages.invoices(books.id), strict=True)
        assert sum(one == other for one, other in pairs) == 600


def test_duplicates_are_groups_of_open_invoices_with_one_number(books):
    books.read(
        *(invoice(txn_id, number="77") for txn_id in ("1A-1", "1A-2", "1A-3")),
        *(invoice(txn_id, number="78") for txn_id in ("1A-4", "1A-5")),
        *(invoice(txn_id, number="") for txn_id in ("1A-6", "1A-7")),
        invoice("1A-8", number="79"),
    )
    books.read(paid(invoice("1A-3", number="77")), paid(invoice("1A-5", number="78")))
    books.hold(TOP)
    books.settle()
    assert books.shared_numbers() == [("77", ["1A-1", "1A-2"], ["1A-1", "1A-2"])]


def test_an_invoice_that_is_left_out_still_bears_its_number(books):
    books.read(*(invoice(txn_id, number="77") for txn_id in ("1A-1", "1A-2")))
    books.hold(TOP)
    books.settle(set_aside={"1A-1": "skipped"})
    assert books.shared_numbers() == [("77", ["1A-1", "1A-2"], ["1A-2"])]
    books.settle(set_aside={"1A-1": "skipped", "1A-2": "skipped"})
    assert books.shared_numbers() == []


def test_case_and_blanks_make_no_other_number_and_what_is_only_close_does(books):
    spelled = ("INV-77", "inv-77 ", "INV 77", "INV-077")
    books.read(*(invoice(f"1A-{n}", number=number) for n, number in enumerate(spelled)))
    books.hold(TOP)
    books.settle()
    assert books.shared_numbers() == [("INV-77", ["1A-0", "1A-1"], ["1A-0", "1A-1"])]


@pytest.mark.parametrize(
    "change",
    [
        {"pending": True},
        {"customer_list_id": "80-2"},
        {"date": date(2020, 1, 1)},
        {"status": InvoiceStatus.PAID},
    ],
)
def test_what_may_be_settled_otherwise_is_hidden_until_it_was(books, change):
    books.read(invoice("1A-1"))
    books.hold(TOP, JOB)
    books.settle()
    books.read(invoice("1A-1", edit_sequence="2", **change))
    assert books.listed(include_left_out=True) == {}
    with books.store.reading():
        assert invoice_pages.totals(books.id) == []
    books.settle()
    assert list(books.listed(include_left_out=True)) == ["1A-1"]


def test_an_amount_that_changed_shows_at_once(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    books.settle()
    books.read(invoice("1A-1", owes="1.00", edit_sequence="2"))
    with books.store.reading():
        assert invoice_pages.totals(books.id) == [("USD", 1, Decimal("1.00"))]


def test_an_invoice_that_was_left_out_is_hidden_too_while_it_is_not_settled(books):
    books.read(invoice("1A-1", pending=True))
    books.hold(TOP)
    books.settle()
    books.read(invoice("1A-1", pending=False, edit_sequence="2"))
    books.read(invoice("1A-1", date=date(2024, 5, 2), edit_sequence="3"))
    assert books.listed(include_left_out=True) == {}
    assert books.settle().taken_in == ["1A-1"]


def test_a_closed_invoice_that_was_left_out_stays_so_and_is_not_told_of(books):
    books.read(invoice("1A-1", date=date(2024, 4, 30)))
    books.hold(TOP)
    books.settle(start_date=date(2024, 5, 1))
    books.read(paid(invoice("1A-1", date=date(2024, 4, 30))))
    settled = books.settle(start_date=date(2024, 5, 1))
    assert (settled.left_out, settled.taken_in) == ([], [])
    assert books.left_out() == {"1A-1": "left-out-before-start-date"}


@pytest.mark.parametrize("slices_of", [1, 2, 3, 1000])
def test_slices_of_any_size_come_to_the_same(books, slices_of):
    books.read(
        *(invoice(f"1A-{n}") for n in (1, 2, 3)),
        FOR_PART,
        invoice("1A-5", pending=True),
        invoice("1A-6", customer_list_id="80-9"),
        invoice("1A-7", customer_list_id="80-8"),
        invoice("1A-8", date=date(2024, 4, 30)),
        *(paid(invoice(f"1B-{n}")) for n in (1, 2, 3)),
        paid(invoice("1B-4", date=date(2024, 4, 30))),
    )
    books.hold(PART, JOB, TOP, customer("80-8", "Closed Quarry", active=False))
    aside = {"1A-1": "skipped", "1A-2": "record-refused", "1B-1": "skipped"}
    settled = books.settle(start_date=date(2024, 5, 1), set_aside=aside, slices_of=slices_of)
    reasons = {
        "1A-1": "skipped",
        "1A-2": "record-refused",
        "1A-5": "left-out-pending",
        "1A-6": "invoice-customer-missing",
        "1A-7": "left-out-inactive-customer",
        "1A-8": "left-out-before-start-date",
    }
    assert dict(settled.left_out) == reasons
    assert len(settled.left_out) == len(reasons), "each is told of once"
    assert settled.customer_missing == ["1A-6"]
    closed = {"1B-1": "skipped", "1B-4": "left-out-before-start-date"}
    assert books.left_out() == reasons | closed
    assert books.listed()["1A-3"] == "Larkspur Tile"
    assert books.settle(slices_of=slices_of).taken_in == ["1A-1", "1A-2", "1A-8"]


@pytest.mark.parametrize("slices_of", [1, 2, 1000])
def test_all_that_bear_a_number_are_in_one_slice(books, slices_of):
    numbers = ("77", "78", "77 ", "79", "77", "", "80", "79")
    books.read(*(invoice(f"1A-{n}", number=number) for n, number in enumerate(numbers)))
    books.hold(TOP)
    books.settle()
    assert [one.bearers for one in books.shared_numbers(slices_of)] == [
        ["1A-0", "1A-2", "1A-4"],
        ["1A-3", "1A-7"],
    ]
    with books.store.reading():
        known = ["1A-0", "1A-1", "1A-5", "1A-9"]
        assert shared_numbers.sharing(books.id, known) == {"1A-0", "1A-2", "1A-4"}


def test_a_problem_is_held_against_the_books_by_what_it_is_about(books):
    books.read(invoice("1A-1"), invoice("1A-2", customer_list_id="80-9"))
    books.hold(TOP, customer("80-5", "A", parent_list_id="80-6"))
    books.hold(customer("80-6", "B", parent_list_id="80-5"))
    books.settle()
    with books.store.reading():
        assert settlement.without_customer(books.id, ["1A-1", "1A-2", "1A-3"]) == {"1A-2"}
        assert settlement.in_cycle(books.id, ["80-1", "80-5", "80-7"]) >= {"80-5"}
        assert "80-1" not in settlement.in_cycle(books.id, ["80-1", "80-5"])


@sqlite_alone
def test_what_comes_out_as_it_stands_is_not_written(books):
    books.read(*(invoice(f"1A-{n}") for n in range(30)), FOR_PART)
    books.hold(TOP, JOB, PART)
    aside = {"1A-1": "skipped"}
    books.settle(set_aside=aside)
    before = _written(books)
    books.settle(set_aside=aside)
    assert _written(books) == before
    books.hold(JOB._replace(active=False, edit_sequence="2"))
    before = _written(books)
    books.settle(set_aside=aside)
    assert _written(books) == before + 4, "the two customers, their one invoice, its event"


def _written(books: Books) -> int:
    """How many rows this connection to the store has written so far."""
    with books.store.reading():
        return current()[1].execute_sql("SELECT total_changes()").fetchone()[0]


@sqlite_alone
@pytest.mark.parametrize(
    ("part", "index"),
    [
        (
            Part.CUSTOMERS,
            "customer_connection_id_list_id (connection_id=? AND list_id>?)",
        ),
        (
            Part.OPEN,
            "invoice_connection_id_status_id (connection_id=? AND status=? AND id>",
        ),
        (Part.CLOSED, "invoice_unsettled_closed (connection_id=?)"),
        (Part.SET_ASIDE, "invoice_connection_id_txn_id (connection_id=? AND txn_id=?)"),
    ],
)
def test_no_slice_goes_through_all_invoices(books, part, index, monkeypatch):
    terms = settlement.Terms(books.id, JobMode.ROLL_UP, set_aside={"1A-1": "skipped"})
    with books.store.transaction():
        seen = plans(monkeypatch)
        settlement.settle(terms, part, "", 10)
    assert any(index in line for line in seen), seen
    assert not any(line.startswith("SCAN invoice") for line in seen), seen


def test_in_a_new_database_too_postgresql_compares_no_invoice_with_all_customers(
    new_postgres_url, monkeypatch
):
    names = [f"80-{number}" for number in range(1000)]
    with open_store(new_postgres_url()) as store:
        books = Books(store)
        books.read(*(invoice(f"1A-{one}", customer_list_id=one) for one in names))
        books.hold(*(customer(one, one) for one in names))
        with store.transaction():
            seen = plans(monkeypatch)
            settlement.settle(settlement.Terms(books.id, JobMode.ROLL_UP), Part.OPEN, "", 250)
    assert sum("Scan" in line and "customer" in line for line in seen) == 3, seen
    # Each customer is found by an index or a hash.
    assert not any("Materialize" in line or "Join Filter" in line for line in seen), seen


@sqlite_alone
def test_shared_numbers_are_looked_for_along_the_index(books, monkeypatch):
    books.read(invoice("1A-1"), invoice("1A-2", number="1"))
    with books.store.reading():
        seen = plans(monkeypatch)
        shared_numbers.shared_numbers(books.id, "", 10)
    index = "invoice_connection_id_number_key (connection_id=? AND number_key"
    assert sum(index in line for line in seen) >= 2, seen
