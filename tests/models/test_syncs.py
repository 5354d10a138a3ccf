"""Recent Syncs: what ran, the records it touched, and who was refused."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, NotPossible
from shared.models import problems, syncs
from shared.rules.values import Outcome, ProblemState, Record, RecordKind, SyncState
from tests.models.builders import NOON, Books, later, trouble


@pytest.fixture
def books(store):
    return Books(store)


@pytest.fixture(autouse=True)
def unit(books):
    """Each of these tests is one transaction."""
    with books.store.transaction():
        yield


def record(object_id="1A-1", outcome=Outcome.IMPORTED, reason="", remedy=""):
    return Record(RecordKind.INVOICE, object_id, f"Invoice {object_id}", outcome, reason, remedy)


def refuse(connection_id, username, now, code="wrong-password"):
    return syncs.refused_login(
        connection_id, "Invoice Sync", username, code, "That password is not right.", now
    )


def test_a_sync_begins_pending(books):
    fresh = syncs.start(books.id, "Invoice Sync", NOON)
    assert fresh == syncs.get(fresh.id)
    assert (fresh.connection, fresh.application) == ("Larkspur", "Invoice Sync")
    assert (fresh.state, fresh.started_at, fresh.ended_at) == (SyncState.PENDING, NOON, None)
    assert (fresh.position, fresh.total, fresh.failed, fresh.message) == (0, 0, 0, "")


def test_progress_is_saved_piece_by_piece(books):
    number = books.sync.id
    syncs.save(number, state=SyncState.STARTED, position=10, total=40, message="Reading invoices")
    syncs.save(number, failed=1)
    syncs.save(
        number,
        state=SyncState.FAILED,
        error="Cut.",
        error_code="session-cut",
        ended_at=later(days=1),
    )
    told = syncs.get(number)
    assert (told.state, told.position, told.total, told.failed) == (SyncState.FAILED, 10, 40, 1)
    assert (told.message, told.error, told.error_code) == (
        "Reading invoices",
        "Cut.",
        "session-cut",
    )
    assert told.ended_at == later(days=1)


def test_a_sync_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(NotFound, match="There is no sync 999"):
        syncs.get(999)


def test_syncs_are_listed_newest_first_and_page_by_page(books):
    numbers = [books.sync.id, *(syncs.start(books.id, "x", NOON).id for _ in range(3))]
    other = syncs.start(None, "Invoice Sync", NOON).id
    assert [one.id for one in syncs.list_syncs()] == [other, *reversed(numbers)]
    page = syncs.list_syncs(books.id, limit=2)
    assert [one.id for one in page] == [numbers[3], numbers[2]]
    rest = syncs.list_syncs(books.id, limit=2, before_id=page[-1].id)
    assert [one.id for one in rest] == [numbers[1], numbers[0]]


def test_a_stop_is_asked_for_while_the_sync_runs(books):
    assert syncs.request_stop(books.sync.id, "anna").stop_requested_by == "anna"
    syncs.save(books.sync.id, state=SyncState.CANCELED)
    with pytest.raises(NotPossible, match="has ended: canceled"):
        syncs.request_stop(books.sync.id, "anna")


def test_the_last_word_on_an_object_stands(books):
    failed = record("1A-2", Outcome.FAILED, "Cannot be read.", "Save it again.")
    syncs.add_records(books.sync.id, [record("1A-1"), failed, record("1A-3")])
    syncs.add_records(books.sync.id, [record("1A-1", Outcome.LEFT_OUT, "Pending.")])
    assert syncs.records(books.sync.id) == [
        record("1A-1", Outcome.LEFT_OUT, "Pending."),
        failed,
        record("1A-3"),
    ]
    assert syncs.records(books.sync.id, failed_only=True) == [failed]
    assert syncs.record_counts(books.sync.id) == {
        Outcome.LEFT_OUT: 1,
        Outcome.FAILED: 1,
        Outcome.IMPORTED: 1,
    }


def test_a_refused_login_is_a_failed_sync(books):
    refused = refuse(books.id, "larkspur-invoice", NOON)
    assert (refused.connection, refused.state) == ("Larkspur", SyncState.FAILED)
    assert (refused.error, refused.error_code) == ("That password is not right.", "wrong-password")
    assert (refused.started_at, refused.ended_at) == (NOON, NOON)


def test_the_same_refusal_counts_up_for_an_hour(books):
    first = refuse(books.id, "larkspur-invoice", NOON)
    again = refuse(books.id, "larkspur-invoice", later(minutes=59))
    assert (again.id, again.message) == (first.id, "Refused 2 times")
    assert (again.started_at, again.ended_at) == (NOON, later(minutes=59))
    assert refuse(books.id, "larkspur-invoice", later(minutes=61)).id != first.id


@pytest.mark.parametrize(
    "other", [{"username": "larkspur-payment"}, {"code": "old-password"}], ids=["user", "code"]
)
def test_another_refusal_has_a_row_of_its_own(books, other):
    first = refuse(books.id, "larkspur-invoice", NOON)
    assert refuse(books.id, **{"username": "larkspur-invoice", "now": NOON, **other}).id != first.id


def test_unknown_users_cannot_fill_the_store(books):
    for number in range(105):
        refuse(None, f"robot{number}" + "x" * 5000, NOON, "unknown-user")
    unknown = [one for one in syncs.list_syncs() if one.connection_id is None]
    assert len(unknown) == 100
    assert unknown[0].connection == ""
    assert syncs.get(books.sync.id)


def test_old_syncs_and_resolved_problems_are_forgotten(books):
    old, running, recent = (syncs.start(books.id, "x", NOON).id for _ in range(3))
    syncs.add_records(old, [record()])
    syncs.save(old, state=SyncState.FINISHED, ended_at=NOON)
    syncs.save(recent, state=SyncState.FAILED, ended_at=later(days=3))
    problems.report(books.id, old, [trouble(object_id="1"), trouble(object_id="2")], NOON)
    problems.resolve(books.id, RecordKind.INVOICE, ["1"], None, NOON)

    assert syncs.prune(later(days=1)) == 1

    assert [one.id for one in syncs.list_syncs()] == [recent, running, books.sync.id]
    (left,) = problems.list_problems(states=list(ProblemState))
    assert (left.object_id, left.sync_id) == ("2", None)


def test_the_newest_sync_of_a_connection_is_never_forgotten(books):
    unknown = refuse(None, "robot", NOON, "unknown-user").id
    older = books.sync.id
    newest = books.next_sync().id
    for number in (older, newest):
        syncs.save(number, state=SyncState.FINISHED, ended_at=NOON)
    assert syncs.prune(later(days=1)) == 2
    assert [one.id for one in syncs.list_syncs()] == [newest]
    assert unknown not in (one.id for one in syncs.list_syncs())


def test_a_number_never_names_two_syncs(books):
    last = refuse(None, "robot", NOON, "unknown-user").id
    assert syncs.prune(later(days=1)) == 1
    assert syncs.start(books.id, "Invoice Sync", NOON).id > last
