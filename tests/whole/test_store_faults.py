"""A disk that is full, read-only or broken in the middle of both syncs, and a file that goes away.

The Web Connector gets a word each time, and once the store works again the books prove that nothing
was lost and nothing posted twice.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee
import pytest

from shared import hints
from shared.models import sqlite
from shared.rules.values import ApplicationKind, SyncState
from simulator.company import Company
from simulator.webconnector import Outcome
from tests.whole.rig import Rig
from tests.whole.test_several_machines import both_syncs, owing, proven

MANY_CALLS = 400
FAULTS = {
    "full": "database or disk is full",
    "read-only": "attempt to write a readonly database",
    "broken": "disk I/O error",
    "damaged": "database disk image is malformed",
}


@pytest.fixture
def office(open_rig: Callable[..., Rig]) -> Rig:
    """Open invoices, and payments that are ready to be posted."""
    return owing(open_rig(Company.create(seed=1, customers=0, invoices=0)))


class Failing:
    """SQLite fails as it does on a bad disk: from one commit on, for some commits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._commits = itertools.count(1)
        self.says, self.first, self.last, self.failed = "", 0, 0, 0
        commit = sqlite._Database.commit

        def may_fail(database: Any) -> Any:
            if self.first <= next(self._commits) <= self.last:
                self.failed += 1
                database.execute_sql("ROLLBACK")
                raise peewee.OperationalError(self.says)
            return commit(database)

        monkeypatch.setattr(sqlite._Database, "commit", may_fail)

    def begin(self, fault: str, at: int, commits: int) -> None:
        self._commits = itertools.count(1)
        self.says, self.first, self.last, self.failed = FAULTS[fault], at, at + commits - 1, 0

    def end(self) -> None:
        self.last = 0


def prepared(rig: Rig) -> Callable[[], list[Outcome]]:
    """What runs both syncs; its rows were added while there was a store."""
    rows = [
        rig.web_connector(kind=kind) for kind in (ApplicationKind.PAYMENT, ApplicationKind.INVOICE)
    ]

    def run() -> list[Outcome]:
        outcomes = []
        for connector, row in rows:
            rig.later(minutes=5)
            outcomes.append(connector.update(row))
        return outcomes

    return run


def words(outcomes: list[Outcome]) -> bool:
    """Whether each sync ended in words: well, busy, or with a sentence."""
    return all(outcome.status for outcome in outcomes)


@pytest.mark.parametrize(
    ("fault", "at"),
    [("full", 1), ("broken", 3), ("full", 6), ("broken", 12), ("full", 19), ("broken", 27)],
)
def test_a_commit_that_fails_amid_the_syncs_loses_and_doubles_nothing(
    office, monkeypatch, fault, at
):
    failing = Failing(monkeypatch)
    failing.begin(fault, at, commits=2)
    outcomes = both_syncs(office)
    assert failing.failed
    assert words(outcomes)
    failing.end()
    proven(office)


@pytest.mark.parametrize("commits", [1, 2], ids=["an answer", "an answer and its reason"])
@pytest.mark.parametrize("at", [4, 6])
def test_a_sync_that_ends_for_the_store_says_so_on_the_pc_and_on_file(
    office, monkeypatch, at, commits
):
    failing = Failing(monkeypatch)
    failing.begin("full", at, commits)
    outcome = office.sync(kind=ApplicationKind.INVOICE)
    failing.end()
    assert failing.failed == commits
    told = hints.say("store-unavailable")
    assert outcome.status.startswith(told.partition(";")[0])
    proven(office)
    codes = {one.error_code for one in office.syncs() if one.state is SyncState.FAILED}
    assert codes == {"store-unavailable"}


def test_a_session_whose_end_could_not_be_stored_keeps_the_next_one_waiting_for_nothing(
    office, monkeypatch
):
    failing = Failing(monkeypatch)
    failing.begin("full", 5, MANY_CALLS)
    assert not office.sync(kind=ApplicationKind.INVOICE).ok
    failing.end()
    assert office.sync(kind=ApplicationKind.INVOICE).ok
    codes = {one.error_code for one in office.syncs() if one.state is SyncState.FAILED}
    assert codes == {"store-unavailable"}


@pytest.mark.parametrize(
    ("fault", "at"), [("full", 3), ("read-only", 15), ("broken", 15), ("damaged", 3)]
)
def test_a_store_that_cannot_be_written_for_long_keeps_the_syncs_waiting(
    office, monkeypatch, fault, at
):
    failing = Failing(monkeypatch)
    failing.begin(fault, at, commits=MANY_CALLS)
    outcomes = [*both_syncs(office), *both_syncs(office)]
    assert words(outcomes)
    assert not any(outcome.ok for outcome in outcomes[2:])
    failing.end()
    proven(office)


def test_a_login_that_the_store_cannot_take_is_told_busy(office, monkeypatch):
    failing = Failing(monkeypatch)
    failing.begin("full", 1, commits=MANY_CALLS)
    outcome = office.sync(kind=ApplicationKind.INVOICE)
    assert "busy" in outcome.status
    failing.end()
    proven(office)


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_a_file_that_goes_away_under_a_daemon_is_not_written_to_and_can_be_put_back(office, what):
    run = prepared(office)
    path = Path(office.store_url.removeprefix("sqlite:///"))
    aside = path.with_name("aside")
    if what == "deleted":
        path.rename(aside)
    else:
        shutil.copy(path, aside)
        path.rename(path.with_name("first"))
        aside.rename(path)
        aside = path.with_name("first")
    outcomes = run()
    assert words(outcomes)
    assert not any(outcome.ok for outcome in outcomes)
    aside.rename(path)
    proven(office)


def test_a_store_that_an_older_copy_took_the_place_of_posts_nothing_twice(office):
    """Somebody copies a backup over the file, and starts the daemon again as doctor says."""
    path = Path(office.store_url.removeprefix("sqlite:///"))
    backup = office.store.backup(path.with_name("backup"))
    both_syncs(office)
    run = prepared(office)
    backup.replace(path)
    assert not any(outcome.ok for outcome in run())
    for end in ("-wal", "-shm"):  # as `db restore` leaves none of them
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    office.restart()
    proven(office)
