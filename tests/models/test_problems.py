"""Rows of problems: one for each trouble, whatever comes and goes."""

from __future__ import annotations

import pytest

from shared.errors import NotFound
from shared.models import problems
from shared.rules.values import ProblemState, RecordKind
from tests.models.builders import NOON, Books, later, trouble

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
            decided(filed, ProblemState.SKIPPED)
        if filed.object_id == "3":
            decided(filed, ProblemState.RETRY)
    problems.resolve(books.id, RecordKind.INVOICE, ["1", "2", "3"], None, NOON)
    assert states(books) == {"1": "resolved", "2": "skipped", "3": "resolved"}

    report(books, trouble(object_id="1"), trouble(object_id="2"), trouble(object_id="3"))
    assert states(books) == {"1": "open", "2": "skipped", "3": "open"}


def decided(problem, state):
    problems.change(problem.id, state, "meant to be so", "anna", later(hours=1))
    return problems.get(problem.id)


def test_an_acknowledged_problem_stays_closed_while_it_rests_on_the_same(books):
    decided(report(books, trouble(basis="1A-1 1A-2")), ProblemState.ACKNOWLEDGED)
    report(books, trouble(basis="1A-1 1A-2", message="Put in other words."))
    assert states(books) == {"1A-100": "acknowledged"}
    assert problems.list_problems(books.id) == []

    again = report(books, trouble(basis="1A-1 1A-2 1A-3"))
    assert again.state is ProblemState.OPEN


def test_without_a_basis_an_acknowledged_problem_rests_on_what_it_says(books):
    decided(report(books, trouble(message="3.00 instead of 2.00")), ProblemState.ACKNOWLEDGED)
    assert report(books, trouble(message="3.00 instead of 2.00")).state == "acknowledged"
    assert report(books, trouble(message="4.00 instead of 2.00")).state == "open"


def test_an_acknowledged_problem_is_over_when_the_trouble_is(books):
    decided(report(books), ProblemState.ACKNOWLEDGED)
    assert problems.resolve(books.id, RecordKind.INVOICE, ["1A-100"], None, NOON) == 1
    assert report(books).state is ProblemState.OPEN


def test_a_problem_knows_the_sync_that_met_it_first_and_the_one_that_met_it_last(books):
    first = report(books)
    sync = books.next_sync()
    again = report(books)
    assert (again.first_sync_id, again.sync_id) == (first.sync_id, sync.id)


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


def test_what_was_decided_is_kept_with_who_when_and_why(books):
    filed = decided(report(books), ProblemState.SKIPPED)
    assert (filed.state, filed.note, filed.changed_by, filed.changed_at) == (
        ProblemState.SKIPPED,
        "meant to be so",
        "anna",
        later(hours=1),
    )
    assert problems.skipped(books.id, RecordKind.INVOICE) == {"1A-100"}
    assert problems.skipped(books.id, RecordKind.CUSTOMER) == frozenset()


def test_an_unknown_number_is_refused_by_name(books):
    with pytest.raises(NotFound, match="There is no problem 999"):
        problems.get(999)


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
    decided(skipped, ProblemState.SKIPPED)
    retried = report(books, trouble(object_id="4"), now=later(days=4))
    decided(retried, ProblemState.RETRY)

    codes = ("invoice-unreadable", "record-refused")

    assert problems.waiting(books.id, RecordKind.INVOICE, codes) == {
        "1": "record-refused",
        "2": "record-refused",
        "4": "invoice-unreadable",
    }
    assert problems.waiting(books.id, RecordKind.CUSTOMER, codes) == {}
