"""What the console's first screens ask, on both engines."""

from __future__ import annotations

import pytest

from shared.models import connections, overview, problems, pulse, syncs
from shared.rules.values import Layout, Outcome, ProblemState, Record, RecordKind, SyncState
from tests.models.builders import NOON, Books, later, trouble

WAITING = (ProblemState.OPEN, ProblemState.RETRY)


@pytest.fixture
def books(store):
    return Books(store)


def run(store, connection_id, application="invoice", at=NOON, **fields):
    """A sync that ended a minute after it began."""
    ended = {"state": SyncState.FINISHED, "ended_at": at}
    with store.transaction():
        sync = syncs.start(connection_id, application, at)
        syncs.save(sync.id, **ended | fields)
    return sync.id


def test_each_application_shows_its_newest_sync(store, books):
    run(store, books.id)
    newest = run(store, books.id)
    payment = run(store, books.id, "payment")
    with store.reading():
        [found] = overview.connections()
    assert [one.application.kind for one in found.applications] == ["invoice", "payment"]
    assert [one.sync.id for one in found.applications if one.sync] == [newest, payment]


def test_a_running_sync_comes_before_a_newer_refusal(store, books):
    with store.transaction():
        running = syncs.start(books.id, "invoice", NOON)
    run(store, books.id, state=SyncState.FAILED)
    with store.reading():
        [found] = overview.connections()
    assert found.applications[0].sync.id == running.id


def test_applications_of_another_layout_are_not_shown(store, books):
    run(store, books.id)
    with store.transaction():
        connections.edit(books.id, layout=Layout.COMBINED)
    with store.reading():
        [found] = overview.connections()
    assert [(one.application.kind, one.sync) for one in found.applications] == [("combined", None)]


def test_the_pulse_knows_of_each_application_how_its_newest_sync_stands(store, books):
    run(store, books.id, failed=2)
    with store.transaction():
        syncs.start(books.id, "payment", NOON)
        combined = connections.add("Bramble", layout=Layout.COMBINED, now=NOON)
    with store.reading():
        found = [one[:1] + one[3:] for one in pulse.called()]
    started = SyncState.PENDING.value
    assert sorted(found) == [
        (books.id, "finished", False, 2),
        (books.id, started, True, 0),
        (combined.id, "", False, 0),
    ]


def test_open_problems_are_counted_by_connection(store, books):
    with store.transaction():
        other = connections.add("Bramble", now=NOON)
        problems.report(books.id, None, [trouble(), trouble(object_id="1A-2")], NOON)
        problems.report(other.id, None, [trouble()], NOON)
        [skipped] = problems.about(other.id, ["1A-100"])
        problems.change(skipped.id, ProblemState.SKIPPED, "by hand", "mara", NOON)
    with store.reading():
        counted = {one.connection.name: one.open_problems for one in overview.connections()}
    assert counted == {"Bramble": 0, "Larkspur": 2}


def test_names_are_told_with_their_numbers(store, books):
    with store.reading():
        assert connections.names() == {"Larkspur": books.id}


def history(store, **filters):
    with store.reading():
        return [sync.id for sync in syncs.history(**{"limit": 10} | filters)]


def test_history_is_newest_first_page_by_page_without_what_runs(store, books):
    ended = [run(store, books.id) for _ in range(4)]
    newest_first = ended[::-1]
    assert history(store) == newest_first  # the sync of ``books`` still runs
    assert history(store, limit=2) == newest_first[:2]
    assert history(store, limit=2, before_id=newest_first[1]) == newest_first[2:]
    with store.reading():
        assert [sync.id for sync in syncs.running()] == [books.sync.id]
        assert [sync.id for sync in syncs.running([books.id])] == [books.sync.id]
        assert syncs.running([books.id + 1]) == []


def test_history_is_filtered_by_all_that_is_given(store, books):
    with store.transaction():
        other = connections.add("Bramble", now=NOON)
        third = connections.add("Cedar", now=NOON)
    early = run(store, books.id, at=later(days=-3))
    payment = run(store, books.id, "payment")
    failed = run(store, other.id, state=SyncState.FAILED)
    partly = run(store, other.id, failed=1)
    assert history(store, connection_ids=[other.id]) == [partly, failed]
    assert history(store, connection_ids=[]) == []
    assert history(store, applications=["payment"]) == [payment]
    assert history(store, failed_only=True) == [partly, failed]
    assert history(store, until=later(days=-1)) == [early]
    assert history(store, since=NOON, until=later(days=1)) == [partly, failed, payment]
    assert history(store, since=later(seconds=1)) == []
    assert history(store, failed_only=True, connection_ids=[books.id]) == []
    last = run(store, third.id, failed=1)
    assert history(store, connection_ids=[third.id, books.id]) == [last, payment, early]
    assert history(store, failed_only=True, connection_ids=[third.id, other.id]) == [
        *(last, partly, failed),
    ]


def test_some_records_are_read_apart_by_whether_they_failed(store, books):
    outcomes = (Outcome.IMPORTED, Outcome.FAILED, Outcome.UPDATED, Outcome.FAILED)
    with store.transaction():
        syncs.add_records(
            books.sync.id,
            [Record(RecordKind.INVOICE, f"A-{n}", "", one) for n, one in enumerate(outcomes)],
        )
        failed = syncs.some_records(books.sync.id, 10, failed=True)
        others = syncs.some_records(books.sync.id, 1, failed=False)
    assert [one.object_id for one in failed] == ["A-1", "A-3"]
    assert [one.object_id for one in others] == ["A-0"]


def test_problems_are_found_by_every_word_in_any_case(store, books):
    with store.transaction():
        problems.report(
            books.id,
            None,
            [trouble(document="Invoice 100%, Fern"), trouble(object_id="B", document="Invoice 7")],
            NOON,
        )

        def found(*words, limit=10):
            return [one.document for one in problems.page(WAITING, words, limit)]

        assert found() == ["Invoice 7", "Invoice 100%, Fern"]
        assert found(limit=1) == ["Invoice 7"]
        assert found("FERN", "larkspur") == ["Invoice 100%, Fern"]
        assert found("100%") == ["Invoice 100%, Fern"]
        assert found("1%0") == []
        assert found("_") == []
        assert found("fern", "7") == []
        assert problems.counts(WAITING, ["larkspur"]) == {"invoice-unreadable": 2}
        assert problems.counts([ProblemState.SKIPPED], []) == {}
