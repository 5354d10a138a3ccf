"""Who is billed, who is asked for, and what is left out until it may come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models import ledger
from shared.models.ledger.settlement import Place, standings
from shared.models.store import Store
from shared.rules.values import InvoiceStatus, JobMode, RecordKind
from tests.models.builders import Books, customer, invoice, paid

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
        ledger.mark_customers_missing(books.id, ["80-1"])
    assert books.wanted() == []
    books.read(invoice("1A-1"))
    assert books.wanted() == [], "nothing new was said of it"


@pytest.mark.parametrize("mark", [ledger.mark_customers_missing, ledger.mark_customers_deleted])
def test_a_customer_that_is_gone_is_asked_for_again_when_there_is_reason(books, mark):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        mark(books.id, ["80-1"])
    books.read(invoice("1A-1", edit_sequence="2"))
    assert books.wanted() == ["80-1"]


def test_rereading_an_invoice_asks_for_its_missing_customer_again(books):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        ledger.mark_customers_missing(books.id, ["80-1"])
        ledger.queue_reread(books.id, RecordKind.INVOICE, ["1A-1"])
    assert books.wanted() == ["80-1"]


def test_a_held_customer_is_read_again_when_a_person_asks(books):
    books.hold(TOP)
    with books.store.transaction():
        ledger.queue_reread(books.id, RecordKind.CUSTOMER, ["80-1"])
    assert books.wanted() == ["80-1"]
    books.hold(TOP)
    assert books.wanted() == []


def test_new_changed_and_unchanged_customers_are_told_apart(books):
    books.read(invoice("1A-1"))
    assert books.hold(TOP).imported == ["80-1"]
    renamed = replace(TOP, name="Larkspur", edit_sequence="2")
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
        assert [one.list_id for one in ledger.customers(books.id, JobMode.ROLL_UP)] == ["80-1"]
    books.settle(JobMode.SEPARATE)
    with books.store.reading():
        apart = ledger.customers(books.id, JobMode.SEPARATE)
    assert [one.full_name for one in apart] == [TOP.full_name, JOB.full_name, PART.full_name]


def test_a_customer_who_owes_nothing_more_is_listed_only_when_asked_for(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    books.settle()
    books.read(paid(invoice("1A-1")))
    assert books.settle().left_out == [], "nothing more is said of a closed one"
    with books.store.reading():
        assert ledger.customers(books.id, JobMode.ROLL_UP) == []
        (settled,) = ledger.customers(books.id, JobMode.ROLL_UP, with_settled=True)
    assert settled.list_id == "80-1"


@pytest.mark.parametrize("inactive", [TOP, JOB, PART])
def test_an_invoice_is_left_out_while_its_customer_or_one_above_is_inactive(books, inactive):
    books.read(FOR_PART)
    people = [replace(one, active=one is not inactive) for one in (TOP, JOB, PART)]
    books.hold(*people)

    assert books.settle().left_out == [("1A-3", "left-out-inactive-customer")]
    assert books.left_out() == {"1A-3": "left-out-inactive-customer"}

    books.hold(replace(inactive, active=True, edit_sequence="2"))
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
        ledger.mark_customers_missing(books.id, ["80-1"])
    first, second = books.settle(), books.settle()
    assert first.left_out == [("1A-1", "invoice-customer-missing")]
    assert second.left_out == []
    assert first.customer_missing == second.customer_missing == ["1A-1"]
    books.hold(TOP)
    assert books.settle().taken_in == ["1A-1"]


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
        ledger.mark_customers_missing(books.id, ["80-1"])
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
        assert ledger.totals(books.id) == [
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
        pairs = zip(ledger.invoices(books.id), ledger.invoices(books.id), strict=True)
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
    with books.store.reading():
        assert ledger.duplicates(books.id) == [("77", ["1A-1", "1A-2"], ["1A-1", "1A-2"])]


def test_an_invoice_that_is_left_out_still_bears_its_number(books):
    books.read(*(invoice(txn_id, number="77") for txn_id in ("1A-1", "1A-2")))
    books.hold(TOP)
    books.settle(set_aside={"1A-1": "skipped"})
    with books.store.reading():
        assert ledger.duplicates(books.id) == [("77", ["1A-1", "1A-2"], ["1A-2"])]
    books.settle(set_aside={"1A-1": "skipped", "1A-2": "skipped"})
    with books.store.reading():
        assert ledger.duplicates(books.id) == []


def test_case_and_blanks_make_no_other_number_and_what_is_only_close_does(books):
    spelled = ("INV-77", "inv-77 ", "INV 77", "INV-077")
    books.read(*(invoice(f"1A-{n}", number=number) for n, number in enumerate(spelled)))
    books.hold(TOP)
    books.settle()
    with books.store.reading():
        assert ledger.duplicates(books.id) == [("INV-77", ["1A-0", "1A-1"], ["1A-0", "1A-1"])]


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
        assert ledger.totals(books.id) == []
    books.settle()
    assert list(books.listed(include_left_out=True)) == ["1A-1"]


def test_an_amount_that_changed_shows_at_once(books):
    books.read(invoice("1A-1"))
    books.hold(TOP)
    books.settle()
    books.read(invoice("1A-1", owes="1.00", edit_sequence="2"))
    with books.store.reading():
        assert ledger.totals(books.id) == [("USD", 1, Decimal("1.00"))]


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
