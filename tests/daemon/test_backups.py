"""The daemon backs the store up by its settings, and says what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from daemon.store_upkeep import LOOK_SECONDS, ScheduledBackups
from shared.models import backups
from shared.models.store import open_store
from shared.settings import load_settings
from tests.daemon.builders import NOW
from tests.daemon.in_place import InPlace
from tests.edge.builders import LogLines


class Night:
    """A store, and a daemon with some settings on a clock that goes on when told."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder / "backups"
        self.store = open_store(f"sqlite:///{folder / 'store.sqlite3'}", clock=self.now)
        self.free = 1 << 40

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.clock.seconds())

    def daemon(self, **settings: str) -> ScheduledBackups:
        given = {f"DESKBRIDGE_{name.upper()}": value for name, value in settings.items()}
        read = load_settings(None, {"DESKBRIDGE_DATABASE": "sqlite:////s"} | given)
        place = InPlace(self.store)
        schedule = read.backup_schedule
        made = ScheduledBackups(self.clock, place, place, schedule, lambda _: self.free)
        made.startService()
        return made

    def goes_on(self, **span: float) -> None:
        seconds = timedelta(**span).total_seconds()
        self.clock.pump([LOOK_SECONDS] * int(seconds // LOOK_SECONDS))

    def count(self) -> int:
        return len(list(self.folder.glob("*"))) if self.folder.exists() else 0


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.store.close()
    assert made.clock.getDelayedCalls() == []


def test_a_backup_is_made_as_often_as_it_is_set(night):
    daemon = night.daemon(backup_directory=str(night.folder), backup_every_hours="2")
    assert night.count() == 0, "not before the daemon is up"
    night.goes_on(minutes=1)
    assert night.count() == 1
    night.goes_on(hours=2)
    assert night.count() == 2
    daemon.stopService()


def test_a_failure_is_logged_and_tried_again(night):
    daemon = night.daemon(backup_directory=str(night.folder))
    night.free = 0
    with LogLines() as log:
        night.goes_on(minutes=3)
    assert log.text.count("No backup was made: There is no room") == 1
    night.free = 1 << 40
    night.goes_on(hours=1)
    assert night.count() == 1
    daemon.stopService()


@pytest.mark.parametrize(
    "settings",
    [{}, {"backup_directory": "/nowhere", "database": "postgresql://db/desk"}],
    ids=["no folder", "postgresql"],
)
def test_a_daemon_that_makes_none_does_not_fail_to(night, settings):
    with night.store.transaction():
        backups.failed("The disk is full.", NOW)
    night.daemon(**settings).stopService()
    night.goes_on(hours=1)
    with night.store.reading():
        assert backups.standing().failure == ""
