"""Units that wait for the store share a commit; nobody is answered before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import peewee
import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from daemon import shared_commits
from daemon.shared_commits import StoreWorkers, Unit
from shared.errors import StoreConflict, StoreUnavailable
from shared.models import audit
from shared.models.store import Store, open_store
from tests.models.builders import NOON


class Bench:
    """A store whose commits are counted, and its workers, run by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.commits = 0
        self.at_commit: list[Callable[[], object]] = []
        """What happens instead of the next commits."""
        self.seconds = 0.0
        self.workers = StoreWorkers(store, 1, lambda done: None, lambda: self.seconds)
        database = store._engine.database
        self._commit = database.commit
        database.commit = self._counted

    def _counted(self) -> None:
        if self.at_commit:
            self.at_commit.pop(0)()
        self._commit()
        self.commits += 1

    def waits(self, *works: Callable[[], Any], alone: bool = False) -> None:
        for work in works:
            self.workers.add(Unit(work, Deferred(), alone))

    def run(self) -> list[Any]:
        """What one turn answered: results, or the exceptions that units met."""
        unit = self.workers._next()
        assert unit is not None
        done = self.workers.run(unit)
        return [it.value if isinstance(it, Failure) else it for _, it in done]

    def kept(self) -> list[str]:
        """What another reader of the file sees."""
        with open_store(f"sqlite:///{self.store.path}") as other, other.reading():
            return [entry.action for entry in reversed(audit.entries())]


@pytest.fixture
def bench(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/store.sqlite3") as store:
        yield Bench(store)


def note(what: str) -> Callable[[], str]:
    def noted() -> str:
        audit.add("anna", what, "", "", NOON)
        return what

    return noted


def note_and_raise(what: str, error: Exception) -> Callable[[], str]:
    def failing() -> str:
        audit.add("anna", what, "", "", NOON)
        raise error

    return failing


def test_what_waits_is_kept_by_one_commit(bench):
    bench.waits(note("a"), note("b"), note("c"))
    assert bench.run() == ["a", "b", "c"]
    assert bench.commits == 1
    assert bench.kept() == ["a", "b", "c"]


def test_nothing_is_answered_or_seen_before_the_commit(bench):
    seen = []
    bench.at_commit.append(lambda: seen.append(bench.kept()))
    bench.waits(note("a"), note("b"))
    assert bench.run() == ["a", "b"]
    assert seen == [[]]


def test_a_unit_that_raises_is_undone_alone(bench):
    bench.waits(note("a"), note_and_raise("lost", ZeroDivisionError()), note("c"))
    first, failed, last = bench.run()
    assert (first, type(failed), last) == ("a", ZeroDivisionError, "c")
    assert bench.commits == 1
    assert bench.kept() == ["a", "c"]


def test_a_first_unit_that_raises_leaves_the_others_to_the_next_turn(bench):
    bench.waits(note_and_raise("lost", ZeroDivisionError()), note("b"))
    [failed] = bench.run()
    assert isinstance(failed, ZeroDivisionError)
    assert bench.run() == ["b"]
    assert bench.kept() == ["b"]


def test_when_the_shared_commit_fails_each_unit_has_one_of_its_own(bench):
    def disk_full() -> None:
        raise peewee.OperationalError("database or disk is full")

    bench.at_commit.append(disk_full)
    bench.waits(note("a"), note("b"))
    assert bench.run() == ["a", "b"]
    assert bench.commits == 2
    assert bench.kept() == ["a", "b"]


def test_a_disk_that_stays_full_is_told_to_everybody(bench):
    def disk_full() -> None:
        raise peewee.OperationalError("database or disk is full")

    bench.at_commit += [disk_full] * 3
    bench.waits(note("a"), note("b"))
    assert [type(one) for one in bench.run()] == [StoreUnavailable] * 2
    assert bench.kept() == []


def test_a_commit_that_fails_is_not_tried_again_for_one_unit(bench):
    def disk_full() -> None:
        raise peewee.OperationalError("database or disk is full")

    bench.at_commit.append(disk_full)
    bench.waits(note("a"))
    assert [type(one) for one in bench.run()] == [StoreUnavailable]
    assert bench.kept() == []


def test_units_whose_transaction_the_engine_gave_up_run_again_each_by_itself(bench):
    """As at a full disk: SQLite ends the whole transaction in the middle of a unit."""
    runs = []

    def loses_it() -> None:
        runs.append("loses it")
        bench.store._engine.database.execute_sql("ROLLBACK")
        raise peewee.OperationalError("database or disk is full")

    bench.waits(note("a"), loses_it, note("c"))
    first, failed = bench.run()
    assert (first, type(failed)) == ("a", StoreUnavailable)
    assert runs == ["loses it"] * 2
    assert bench.run() == ["c"]
    assert bench.kept() == ["a", "c"]


def test_a_unit_that_the_engine_gave_up_for_another_runs_again(bench):
    conflicts = [StoreConflict("Two wrote at once.", "Try again.")]

    def unlucky() -> str:
        if conflicts:
            raise conflicts.pop()
        return note("a")()

    bench.waits(unlucky)
    assert bench.run() == ["a"]
    assert bench.kept() == ["a"]


def test_a_process_that_ends_between_the_units_and_their_commit_leaves_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite3"
    open_store(url).close()
    child = os.fork()
    if not child:
        with open_store(url) as store:
            dying = Bench(store)
            dying.at_commit.append(lambda: os._exit(9))
            dying.waits(note("a"), note("b"))
            dying.run()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with open_store(url) as store:
        assert Bench(store).kept() == []


def test_what_may_take_long_has_a_commit_alone(bench):
    bench.waits(note("a"))
    bench.waits(note("long"), alone=True)
    bench.waits(note("b"), note("c"))
    assert [bench.run(), bench.run(), bench.run()] == [["a"], ["long"], ["b", "c"]]
    assert bench.commits == 3


def test_so_many_units_share_a_commit_and_no_more(bench, monkeypatch):
    monkeypatch.setattr(shared_commits, "MOST_UNITS", 2)
    bench.waits(note("a"), note("b"), note("c"))
    assert [bench.run(), bench.run()] == [["a", "b"], ["c"]]


def test_after_a_while_nobody_joins_any_more(bench):
    def slow() -> str:
        bench.seconds += shared_commits.LONGEST_SECONDS
        return note("slow")()

    bench.waits(slow, note("b"))
    assert [bench.run(), bench.run()] == [["slow"], ["b"]]


def test_units_of_a_server_with_many_writers_share_nothing(bench, monkeypatch):
    monkeypatch.setattr(type(bench.store), "engine", "postgresql")
    bench.workers = StoreWorkers(bench.store, 1, lambda done: None)
    bench.waits(lambda: "a", lambda: "b")
    assert [bench.run(), bench.run()] == [["a"], ["b"]]
    assert bench.commits == 2
