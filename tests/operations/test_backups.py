"""Backups that the daemon makes: whole ones with their own names, or none and the reason."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import StoreError
from shared.models import backups, connections, events, installation, sqlite
from shared.models.sqlite_copy import Stopped
from shared.models.store import open_store
from shared.operations.backups import make_scheduled, view_due
from shared.rules.backups import Backups, Schedule
from shared.rules.events import EventKind
from tests.models.builders import NOON

PLENTY = 1 << 40


class Care:
    """A store with a connection, and a folder that it is backed up into."""

    def __init__(self, folder: Path) -> None:
        self.at = NOON
        self.store = open_store(f"sqlite:///{folder / 'store.sqlite3'}", clock=self.now)
        self.schedule = Schedule(folder / "backups", timedelta(hours=24), keep=2)
        self.free = PLENTY
        with self.store.transaction():
            connections.add("Larkspur", now=NOON)

    def now(self) -> datetime:
        return self.at

    def make(self, ended: bool = False) -> Path | None:
        return make_scheduled(self.store, self.schedule, lambda _: self.free, lambda: ended)

    def found(self) -> list[str]:
        return sorted(one.name for one in self.schedule.folder.iterdir())

    def standing(self) -> Backups:
        with self.store.reading():
            return backups.standing()

    def is_due(self) -> bool:
        with self.store.reading():
            return view_due(self.store, self.schedule)

    def told(self) -> list[str]:
        kinds = [EventKind.BACKUP_MADE, EventKind.BACKUP_FAILED]
        return [one.kind.value for one in events.after(self.store, 0, kinds=kinds).events]


@pytest.fixture
def care(tmp_path: Path) -> Iterator[Care]:
    made = Care(tmp_path)
    yield made
    made.store.close()


def holds(path: Path) -> list[str]:
    with open_store(f"sqlite:///{path}") as copy, copy.reading():
        return [one.name for one in connections.all()]


def test_a_backup_is_a_whole_private_store_and_is_noted(care):
    path = care.make()
    assert path is not None
    assert care.found() == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert holds(path) == ["Larkspur"]
    assert care.standing() == Backups(NOON, NOON + timedelta(hours=48), NOON)
    assert care.told() == ["backup.made"]
    assert not care.is_due()


def test_the_newest_are_kept(care):
    made = []
    for _ in range(3):
        made.append(care.make().name)
        care.at += timedelta(hours=24)
    assert care.found() == made[1:]


def test_what_a_daemon_left_that_was_killed_goes_and_other_files_stay(care):
    care.schedule.folder.mkdir()
    with care.store.reading():
        ours = installation.token()[:8]
    (care.schedule.folder / f".store-{ours}-2.sqlite3.ab12.unfinished").touch()
    (care.schedule.folder / "letter.unfinished").touch()
    path = care.make()
    assert care.found() == ["letter.unfinished", path.name]


def fails(care: Care) -> str:
    with pytest.raises(StoreError) as refused:
        care.make()
    standing = care.standing()
    assert standing.failed_at == care.at
    assert standing.failure == str(refused.value)
    assert care.told()[-1] == "backup.failed"
    assert not care.is_due(), "not at once again"
    return standing.failure


def test_nothing_is_begun_where_there_is_no_room(care):
    care.free = 1000
    assert "1,000 bytes is free" in fails(care)
    assert care.found() == []
    care.free = PLENTY
    care.at += timedelta(hours=1)
    care.make()
    assert care.standing().failure == ""


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_half_written(care, monkeypatch):
    before = care.make()
    care.at += timedelta(hours=24)

    def full(*_arguments: object, **_named: object) -> None:
        raise sqlite.sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite, "copy", full)
    assert "disk is full" in fails(care)
    assert care.found() == [before.name]


def test_a_copy_that_is_damaged_is_no_backup(care, monkeypatch):
    def spoil(*arguments: object, **named: object) -> None:
        whole_copy(*arguments, **named)
        draft = arguments[1]
        assert isinstance(draft, Path)
        with draft.open("r+b") as stream:
            stream.seek(4096 * 3)
            stream.write(b"\xff" * 4096)

    whole_copy = sqlite.copy
    monkeypatch.setattr(sqlite, "copy", spoil)
    assert fails(care)
    assert care.found() == []


@pytest.mark.parametrize("what", ["file", "missing above"])
def test_a_folder_that_cannot_be_used_is_named(care, what):
    if what == "file":
        care.schedule.folder.touch()
    else:
        care.schedule = Schedule(care.schedule.folder / "b", timedelta(hours=24), 2)
    assert str(care.schedule.folder) in fails(care)


def test_of_two_daemons_one_makes_it(care):
    care.schedule.folder.mkdir()
    held = os.open(care.schedule.folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert care.make() is None
    os.close(held)
    assert care.make() is not None


def test_a_daemon_that_stops_gives_up_and_fails_at_nothing(care):
    with pytest.raises(Stopped):
        care.make(ended=True)
    assert care.found() == []
    assert care.standing() == Backups()


def test_others_write_while_it_is_made(care, monkeypatch):
    """The copy is of one moment, and nobody waits for it."""
    began = []

    def rest(_pace: object) -> None:
        if not began:
            began.append(True)
            with open_store(str(care.store.url_shown)) as other, other.transaction():
                connections.add("Meanwhile", now=NOON)

    monkeypatch.setattr("shared.models.sqlite_copy.STEP_PAGES", 1)
    monkeypatch.setattr("shared.models.sqlite_copy.Pace.rest", rest)
    path = care.make()
    assert holds(path) == ["Larkspur"]
    with care.store.reading():
        assert len(connections.all()) == 2
