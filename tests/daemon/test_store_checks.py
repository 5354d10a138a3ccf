"""The daemon reads all of its store once a day, and says when it is damaged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from daemon.store_upkeep import LOOK_SECONDS, StoreChecks
from shared.errors import StoreDamaged, StoreUnavailable
from shared.models import backups, daemons
from shared.models.sqlite_copy import Stopped
from shared.models.store import Store, open_store
from shared.operations.store_checks import check_scheduled, view_due
from shared.rules.store_checks import StoreCheck
from tests.daemon.builders import NOW
from tests.daemon.in_place import InPlace
from tests.edge.builders import LogLines

PAGE = 4096


def spoil(store: Store) -> None:
    """Write nonsense over the invoices, which the daemon's own sign of life does not read."""
    with store.reading():
        [(page,)] = store._engine.database.execute_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'invoice'"
        ).fetchall()
    store.close()  # what is in the journal moves to the file
    assert store.path is not None
    with store.path.open("r+b") as stream:
        stream.seek((page - 1) * PAGE)
        stream.write(b"\xff" * PAGE)


class Disk:
    """A store whose file a test may spoil, and its daemon."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.store = open_store(f"sqlite:///{path}", clock=self.now)
        self.checks = StoreChecks(self.clock, InPlace(self.store), is_sqlite=True)
        self.checks.startService()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.clock.seconds())

    def goes_on(self, **span: float) -> None:
        seconds = timedelta(**span).total_seconds()
        self.clock.pump([LOOK_SECONDS] * int(seconds // LOOK_SECONDS))

    def standing(self) -> StoreCheck:
        with self.store.reading():
            return backups.last_check()


@pytest.fixture
def disk(tmp_path: Path, new_store: Path) -> Iterator[Disk]:
    made = Disk(Path(shutil.copy(new_store, tmp_path)))
    yield made
    made.checks.stopService()
    made.store.close()
    assert made.clock.getDelayedCalls() == []


def test_a_sound_store_is_read_a_minute_after_the_first_start_and_then_once_a_day(disk):
    assert disk.standing() == StoreCheck()
    disk.goes_on(minutes=1)
    assert disk.standing() == StoreCheck(NOW + timedelta(minutes=1))
    disk.goes_on(hours=23)
    assert disk.standing().checked_at == NOW + timedelta(minutes=1)
    disk.goes_on(hours=1)
    assert disk.standing().checked_at == NOW + timedelta(hours=24, minutes=1)
    assert disk.checks.trouble == ""


def test_damage_that_no_query_has_met_is_found_and_looked_for_again_within_the_hour(disk):
    spoil(disk.store)
    with disk.store.reading():
        assert daemons.known() == [], "what the heartbeat reads is there"
    with LogLines() as log:
        disk.goes_on(minutes=1)
    assert disk.checks.trouble.startswith("The store is damaged: ")
    assert log.text.count(disk.checks.trouble) == 1
    assert disk.standing().damage
    disk.goes_on(minutes=59)
    assert disk.standing().checked_at == NOW + timedelta(minutes=1)
    disk.goes_on(minutes=2)
    assert disk.standing().checked_at == NOW + timedelta(minutes=61)


def test_damage_that_a_unit_of_work_meets_is_looked_for_at_once(disk):
    disk.goes_on(minutes=10)
    assert disk.standing().damage == ""
    spoil(disk.store)
    with pytest.raises(StoreDamaged) as met, disk.store.reading():
        disk.store._engine.database.execute_sql("SELECT * FROM invoice").fetchall()
    disk.checks.heard(met.value)
    disk.goes_on(minutes=1)
    assert disk.checks.trouble.startswith("The store is damaged: ")


def test_a_doubt_that_comes_to_nothing_is_looked_into_once(disk):
    disk.goes_on(minutes=10)
    disk.checks.heard(StoreDamaged("The store cannot be used: database disk image is malformed."))
    disk.checks.heard(StoreUnavailable("The store cannot be used: database or disk is full."))
    disk.goes_on(minutes=1)
    assert disk.standing() == StoreCheck(NOW + timedelta(minutes=11))
    disk.goes_on(minutes=10)
    assert disk.standing().checked_at == NOW + timedelta(minutes=11)


def test_a_daemon_that_starts_anew_knows_what_the_one_before_found(disk):
    with disk.store.transaction():
        backups.checked(StoreCheck(disk.now(), "Page 7 is lost"))
    disk.goes_on(minutes=1)
    assert disk.checks.trouble == "The store is damaged: Page 7 is lost."


def test_a_check_is_given_up_when_the_daemon_stops(disk, monkeypatch):
    with monkeypatch.context() as soon:
        soon.setattr("shared.models.sqlite_copy.CHECK_OPERATIONS", 1)
        with pytest.raises(Stopped):
            check_scheduled(disk.store, lambda: True)
    with disk.store.reading():
        assert view_due(disk.store, doubted=False)
    assert check_scheduled(disk.store, lambda: False).damage == ""


def test_a_check_is_no_backup_and_no_failure_of_one(disk):
    with disk.store.transaction():
        before = backups.standing()
        backups.checked(StoreCheck(disk.now(), "Page 7 is lost"))
        backups.forget_failure()
        assert backups.standing() == before
        assert backups.last_check().damage == "Page 7 is lost"
