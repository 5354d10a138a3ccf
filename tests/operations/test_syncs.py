"""What is asked about syncs, and stopping them."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, NotPossible
from shared.models import audit, syncs
from shared.operations.deciding import Operator, carry_out
from shared.operations.describe import syncs as describe
from shared.operations.syncs import EVERYTHING, plan_stop, pretty, view, view_newest, view_records
from shared.rules.values import Outcome, Record, RecordKind, SyncState
from tests.models.builders import NOON, Books, both_engines, later


@pytest.fixture
def books(store):
    with store.transaction():
        books = Books(store)
        syncs.save(books.sync.id, state=SyncState.STARTED, position=3, total=40)
    return books


@pytest.fixture
def anna(store):
    return Operator(store, "anna")


def planned(store, *sync_ids):
    with store.reading():
        return plan_stop(store, sync_ids)


def now(store, sync_id):
    with store.reading():
        return syncs.get(sync_id)


def end(books, state=SyncState.FINISHED):
    with books.store.transaction():
        syncs.save(books.sync.id, state=state, ended_at=later(minutes=1))


def test_planning_to_stop_changes_nothing(store, books):
    plan = planned(store, books.sync.id)
    assert "Invoice Sync of Larkspur" in plan.title
    assert (plan.verb, plan.keep) == ("Stop sync", "Keep running")
    assert now(store, books.sync.id).stop_requested_by == ""


def test_a_sync_is_stopped_with_a_line_in_the_audit_trail(store, books, anna):
    outcome = carry_out(anna, planned(store, books.sync.id))
    assert outcome.count == 1
    assert now(store, books.sync.id).stop_requested_by == "anna"
    with store.reading():
        [entry] = audit.entries()
    assert (entry.who, entry.action, entry.connection) == ("anna", "sync.stop", "Larkspur")


@both_engines
def test_progress_made_meanwhile_does_not_make_the_plan_stale(store, books, anna):
    plan = planned(store, books.sync.id)
    with store.transaction():
        syncs.save(books.sync.id, position=4, message="Reading customers")
    carry_out(anna, plan)
    assert now(store, books.sync.id).stop_requested_by == "anna"


def test_all_syncs_are_stopped_or_none(store, books, anna):
    with store.transaction():
        other = syncs.start(books.id, "payment", NOON)
    plan = planned(store, other.id, books.sync.id)
    end(books)
    with pytest.raises(NotPossible):
        carry_out(anna, plan)
    assert now(store, other.id).stop_requested_by == ""


def test_what_is_not_there_or_has_ended_cannot_be_stopped(store, books):
    with pytest.raises(NotFound):
        planned(store, 777)
    end(books)
    with pytest.raises(NotPossible):
        planned(store, books.sync.id)


def test_records_that_failed_come_apart_from_the_others(store, books):
    touched = [
        Record(RecordKind.INVOICE, "A-1", "Invoice 1", Outcome.IMPORTED),
        Record(RecordKind.INVOICE, "A-2", "Invoice 2", Outcome.FAILED, "Torn.", "Mend it."),
    ]
    with store.transaction():
        syncs.add_records(books.sync.id, touched)
    with store.reading():
        seen = view(store, books.sync.id, EVERYTHING)
        as_met = view_records(store, books.sync.id, failed_only=False)
    assert [one.record.object_id for one in seen.failed] == ["A-2"]
    assert [one.record.object_id for one in seen.others] == ["A-1"]
    assert (seen.failed_count, seen.others_count) == (1, 1)
    assert as_met.records == touched


@both_engines
def test_syncs_are_listed_newest_first_by_state_and_connection(store, books):
    with store.transaction():
        later_one = syncs.start(books.id, "payment", NOON)
    with store.reading():
        every = view_newest(store, None, (), None)
        started = view_newest(store, "larkspur", ["started"], 1)
    assert [one.id for one in every] == [later_one.id, books.sync.id]
    assert [one.id for one in started] == [books.sync.id]


@pytest.mark.parametrize(
    ("state", "failed", "stopped_by", "word"),
    [
        (SyncState.STARTED, 0, "", "running"),
        (SyncState.STARTED, 0, "anna", "stopping"),
        (SyncState.FINISHED, 0, "", "finished"),
        (SyncState.FINISHED, 2, "", "some failed"),
        (SyncState.FAILED, 2, "", "failed"),
        (SyncState.CANCELED, 0, "anna", "canceled"),
    ],
)
@both_engines
def test_the_state_of_a_sync_is_one_word_everywhere(store, books, state, failed, stopped_by, word):
    with store.transaction():
        syncs.save(books.sync.id, state=state, failed=failed)
        if state is not SyncState.STARTED:
            syncs.save(books.sync.id, ended_at=NOON)
        elif stopped_by:
            syncs.request_stop(books.sync.id, stopped_by)
    assert describe.word(now(store, books.sync.id)) == word


def test_a_sync_that_failed_as_a_whole_tells_the_remedy_and_who_acts(store, books):
    with store.transaction():
        syncs.save(
            books.sync.id,
            state=SyncState.FAILED,
            error="The password is not right.",
            error_code="wrong-password",
            ended_at=NOON,
        )
    head, why = describe.sections(now(store, books.sync.id), None, ())
    assert dict(head.lines)["Result"] == "The password is not right."
    titles = [title for title, _ in why.lines]
    assert "What to do (bookkeeper)" in titles
    assert dict(why.lines)["More about it"] == "wrong-password"


def test_what_is_no_xml_is_shown_masked_all_the_same():
    assert pretty("<a>password=secret1</a") == ("<a>password=…</a",)
