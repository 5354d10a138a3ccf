"""Problems: one row for each trouble, whatever comes and goes, and what a person decides."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, NotPossible
from shared.models import ledger, problems
from shared.rules.values import ProblemState, RecordKind
from tests.models.builders import NOON, Books, invoice, later, trouble

ALL = list(ProblemState)


@pytest.fixture
def books(store):
    return Books(store)


@pytest.fixture(autouse=True)
def unit(books):
    """Each of these tests is one transaction."""
    with books.store.transaction():
        yield


def report(books, *troubles, now=NOON):
    problems.report(books.id, books.sync.id, troubles or [trouble()], now)
    return problems.list_problems(books.id, ALL)[0]


def test_a_trouble_is_filed_with_all_that_it_says(books):
    filed = report(books)
    assert filed == problems.get(filed.id)
    assert (filed.connection, filed.sync_id) == ("Larkspur", books.sync.id)
    assert (filed.code, filed.kind, filed.object_id) == (
        "invoice-unreadable",
        RecordKind.INVOICE,
        "1A-100",
    )
    assert (filed.document, filed.said) == ("Invoice 100, Larkspur Tile", "12,5O")
    assert (filed.state, filed.first_seen_at, filed.changed_at) == (ProblemState.OPEN, NOON, None)


def test_the_same_trouble_again_renews_its_row(books):
    first = report(books)
    sync = books.next_sync()
    again = report(books, trouble(message="Worse."), now=later(days=1))
    assert (again.id, again.message, again.sync_id) == (first.id, "Worse.", sync.id)
    assert (again.first_seen_at, again.last_seen_at) == (NOON, later(days=1))


@pytest.mark.parametrize(
    "other", [{"code": "record-refused"}, {"object_id": "1A-2"}, {"kind": RecordKind.CUSTOMER}]
)
def test_another_code_object_or_kind_is_another_problem(books, other):
    report(books)
    report(books, trouble(**other))
    assert len(problems.list_problems(books.id)) == 2


def test_a_resolved_problem_opens_again_and_a_skipped_one_stays(books):
    report(books, trouble(object_id="1"), trouble(object_id="2"), trouble(object_id="3"))
    for filed in problems.list_problems():
        if filed.object_id == "2":
            problems.skip(filed.id, "known", "anna", NOON)
        if filed.object_id == "3":
            problems.retry(filed.id, "anna", NOON)
    problems.resolve(books.id, RecordKind.INVOICE, ["1", "2", "3"], None, NOON)
    assert states(books) == {"1": "resolved", "2": "skipped", "3": "resolved"}

    report(books, trouble(object_id="1"), trouble(object_id="2"), trouble(object_id="3"))
    assert states(books) == {"1": "open", "2": "skipped", "3": "open"}


def states(books):
    return {one.object_id: str(one.state) for one in problems.list_problems(books.id, ALL)}


def test_only_the_codes_that_are_named_are_resolved(books):
    report(books, trouble("record-refused"), trouble("invoice-unreadable"))
    ids = ["1A-100", "1A-7"]
    assert problems.resolve(books.id, RecordKind.CUSTOMER, ids, None, NOON) == 0
    assert problems.resolve(books.id, RecordKind.INVOICE, ids, ("record-refused",), NOON) == 1
    assert [one.code for one in problems.list_problems(books.id)] == ["invoice-unreadable"]


def test_what_is_no_longer_among_the_troubles_is_resolved(books):
    report(books, trouble("a", "1"), trouble("a", "2"), trouble("b", "3"))
    assert problems.resolve_others(books.id, "a", {"2"}, NOON) == 1
    assert states(books) == {"1": "resolved", "2": "open", "3": "open"}
    assert problems.resolve_others(books.id, "a", set(), NOON) == 1


def test_a_retry_has_the_invoice_read_again(books):
    filed = report(books)
    retried = problems.retry(filed.id, "anna", later(hours=1))
    assert (retried.state, retried.changed_by) == (ProblemState.RETRY, "anna")
    assert retried.changed_at == later(hours=1)
    assert books.to_reread() == ["1A-100"]


def test_a_retry_has_a_customer_read_again(books):
    filed = report(books, trouble("customer-unreadable", "80-1", kind=RecordKind.CUSTOMER))
    problems.retry(filed.id, "anna", NOON)
    assert books.wanted() == ["80-1"]


def test_a_retry_of_an_invoice_without_customer_asks_for_the_customer_too(books):
    books.read(invoice("1A-100"))
    ledger.mark_customers_missing(books.id, ["80-1"])
    filed = report(books, trouble("invoice-customer-missing"))
    problems.retry(filed.id, "anna", NOON)
    assert books.wanted() == ["80-1"]


def test_a_trouble_of_the_sync_is_retried_by_the_next_one(books):
    filed = report(books, trouble("company-mismatch", "", kind=RecordKind.SYNC))
    assert problems.retry(filed.id, "anna", NOON).state is ProblemState.RETRY
    assert books.to_reread() == []
    with pytest.raises(NotPossible, match="about the sync as a whole") as refusal:
        problems.skip(filed.id, "", "anna", NOON)
    assert refusal.value.remedy == filed.remedy


def test_a_skip_says_who_when_and_why_and_can_be_taken_back(books):
    filed = report(books)
    problems.retry(filed.id, "anna", NOON)
    skipped = problems.skip(filed.id, "Closed by hand", "ben", later(hours=1))
    assert (skipped.state, skipped.note, skipped.changed_by) == (
        ProblemState.SKIPPED,
        "Closed by hand",
        "ben",
    )
    assert problems.skipped(books.id, RecordKind.INVOICE) == {"1A-100"}
    assert problems.skipped(books.id, RecordKind.CUSTOMER) == frozenset()
    assert books.to_reread() == []

    back = problems.unskip(filed.id, "anna", later(hours=2))
    assert (back.state, back.note, back.changed_by) == (ProblemState.RETRY, "", "anna")
    assert problems.skipped(books.id, RecordKind.INVOICE) == frozenset()
    assert books.to_reread() == ["1A-100"]


def test_what_is_not_in_the_right_state_is_refused_by_name(books):
    filed = report(books)
    with pytest.raises(NotPossible, match=f"Problem {filed.id} is open, it cannot be taken back"):
        problems.unskip(filed.id, "anna", NOON)
    problems.skip(filed.id, "", "anna", NOON)
    with pytest.raises(NotPossible, match="is skipped, it cannot be retried"):
        problems.retry(filed.id, "anna", NOON)
    with pytest.raises(NotPossible, match="is skipped, it cannot be skipped"):
        problems.skip(filed.id, "", "anna", NOON)
    with pytest.raises(NotFound, match="There is no problem 999"):
        problems.retry(999, "anna", NOON)


def test_problems_are_listed_latest_first_by_state_and_connection(books):
    other = Books(books.store, "Other")
    report(books, trouble(object_id="1"))
    report(books, trouble(object_id="2"), now=later(days=1))
    report(other, trouble(object_id="3"), now=later(days=2))
    problems.resolve(books.id, RecordKind.INVOICE, ["1"], None, NOON)
    assert [one.object_id for one in problems.list_problems()] == ["3", "2"]
    assert [one.object_id for one in problems.list_problems(books.id)] == ["2"]
    resolved = problems.list_problems(states=[ProblemState.RESOLVED])
    assert [one.object_id for one in resolved] == ["1"]


def test_what_waits_about_objects_is_told_by_the_code_seen_last(books):
    report(books, trouble(object_id="1"), trouble("record-refused", object_id="2"))
    report(books, trouble("record-refused", object_id="1"), now=later(days=1))
    report(books, trouble("invoice-duplicate-number", object_id="1"), now=later(days=2))
    skipped = report(books, trouble(object_id="3"), now=later(days=3))
    problems.skip(skipped.id, "", "anna", NOON)
    retried = report(books, trouble(object_id="4"), now=later(days=4))
    problems.retry(retried.id, "anna", NOON)

    codes = ("invoice-unreadable", "record-refused")

    assert problems.waiting(books.id, RecordKind.INVOICE, codes) == {
        "1": "record-refused",
        "2": "record-refused",
        "4": "invoice-unreadable",
    }
    assert problems.waiting(books.id, RecordKind.CUSTOMER, codes) == {}
