"""Backups in the console: what there is, one made now, one restored after it was asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.models import audit, connections
from shared.models.store import open_store
from shared.operations import backup_files
from shared.operations.backup_files import Origin
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import NOON
from tests.models.payments.builders import Till, pays

NAMED = "store-3fa9c1d2-20240611T030000Z.sqlite3"


@pytest.fixture
def folder(office) -> Path:
    """Where the daemon makes backups: the one in it knows Larkspur with a payment on its way."""
    made = office.path.parent / "backups"
    made.mkdir()
    till = Till(office.store)
    till.take_in(pays("pay_1", "30.00", ("999", "30.00"), currency="USD"))
    office.store.backup(made / NAMED)
    office.connect("Harbor")
    office.store.close()
    return made


def sit(office, folder, scenario, **options) -> None:
    environ = {"DESKBRIDGE_BACKUP_DIRECTORY": str(folder)}
    sit_down(office.url, scenario, environ=environ, **options)


def names(office) -> list[str]:
    with open_store(office.url) as store, store.reading():
        return [one.name for one in connections.all()]


AGREED = ("tab", "tab", "enter", *"store.sqlite3", "enter")
"""From the screen on which a backup was checked: the button, the name of the store."""


def test_a_backup_is_listed_with_its_age_its_maker_and_what_restoring_does(office, folder):
    async def scenario(at: Driver) -> None:
        await at.press("B")
        assert at.lines[2].split()[:3] == ["06-11", "03:00", "daemon"]
        assert "By: daemon. The daemon made it" in at.text
        assert "Enter: checks the backup" in at.text

    sit(office, folder, scenario)


def test_a_restore_asks_for_the_name_of_the_store_then_shows_the_restored_one(office, folder):
    async def scenario(at: Driver) -> None:
        assert "Harbor" in at.text
        await at.press("B", "enter")
        assert "This backup can be restored." in at.text
        await at.press(*AGREED)
        assert "The store was restored." in at.text
        assert "1 payment not posted yet" in at.text
        await at.press("escape")
        assert "before a restore" in at.text
        await at.press("h")
        await at.second()
        assert "Harbor" not in at.text

    sit(office, folder, scenario)
    assert names(office) == ["Larkspur"]
    with open_store(office.url) as store, store.reading():
        assert "store.restore" in {one.action for one in audit.entries()}


@pytest.mark.parametrize("typed", ["", "store", NAMED])
def test_without_the_name_nothing_is_restored(office, folder, typed):
    async def scenario(at: Driver) -> None:
        await at.press("B", "enter", "tab", "tab", "enter")
        await at.type(typed)
        await at.press("enter")
        assert "Type store.sqlite3 to restore" in at.text
        await at.press("escape", "escape")

    sit(office, folder, scenario)
    assert names(office) == ["Harbor", "Larkspur"]


def test_a_program_that_has_the_store_open_is_named_and_nothing_is_offered(
    office, folder, monkeypatch
):
    found = ["deskbridge daemon (process 4711)"]
    monkeypatch.setattr("shared.models.restoring.programs_that_hold", lambda _files: list(found))

    async def scenario(at: Driver) -> None:
        await at.press("B", "enter")
        assert "cannot be restored now" in at.text
        assert "deskbridge daemon (process 4711)" in at.text
        assert "Restore ]" not in at.text
        found.clear()
        await at.press("r")
        assert "This backup can be restored." in at.text

    sit(office, folder, scenario)


def test_what_holds_the_store_by_then_is_named_and_the_store_stays(office, folder, monkeypatch):
    async def scenario(at: Driver) -> None:
        await at.press("B", "enter")
        held = ["deskbridge console (process 12)"]
        monkeypatch.setattr("shared.models.restoring.programs_that_hold", lambda _files: held)
        await at.press(*AGREED)
        assert "cannot be restored now" in at.text
        assert "deskbridge console (process 12)" in at.text

    sit(office, folder, scenario)
    assert names(office) == ["Harbor", "Larkspur"]


def test_a_damaged_backup_is_told(office, folder):
    (folder / NAMED).write_bytes(b"SQLite format 3\0" + bytes(5000))

    async def scenario(at: Driver) -> None:
        await at.press("B", "enter")
        assert "cannot be restored now" in at.text
        assert "Choose another backup." in at.text

    sit(office, folder, scenario)


def test_a_damaged_store_is_restored_too(office, folder):
    for one in office.path.parent.glob("store.sqlite3-*"):
        one.unlink()
    office.path.write_bytes(b"not a store" * 1000)

    async def scenario(at: Driver) -> None:
        await at.press("B", "enter")
        await at.press(*AGREED)
        assert "The store was restored." in at.text

    sit(office, folder, scenario)
    assert names(office) == ["Larkspur"]


@pytest.mark.parametrize("key", ["enter", "plus"])
def test_read_only_refuses_both_before_anything_is_asked(office, folder, key):
    async def scenario(at: Driver) -> None:
        await at.press("B", key)
        assert "this console is read-only" in at.text
        assert not at.screen.is_modal

    sit(office, folder, scenario, read_only=True)


def test_a_backup_is_made_beside_the_others(office, folder):
    async def scenario(at: Driver) -> None:
        await at.press("B", "plus", "enter")
        assert "Backed up to" in at.text
        assert "by hand" in at.text

    sit(office, folder, scenario)
    [made] = folder.glob("store-by-hand-*")
    assert made.stat().st_mode & 0o777 == 0o600


def test_a_file_elsewhere_is_asked_for(office, folder):
    elsewhere = (folder / NAMED).rename(office.path.parent.parent / f"{office.path.parent.name}.db")

    async def scenario(at: Driver) -> None:
        await at.press("B", "enter")
        await at.type("copy.sqlite3")
        await at.press("enter")
        assert "Type the whole path" in at.text
        await at.press(*["backspace"] * 12)
        await at.type(str(elsewhere))
        await at.press("enter")
        assert "This backup can be restored." in at.text

    sit(office, folder, scenario)


def test_the_files_say_why_they_are_there(office, folder):
    beside = office.path.parent
    for name in (
        "store.sqlite3.before-restore-20240601T030000",
        "store.sqlite3.before-restore-20240601T030000-wal",
        "store.sqlite3.version-3-20240501.backup",
        "store-by-hand-20240401T030000Z.sqlite3",
        "unknown.txt",
    ):
        (beside / name).write_bytes(b"")
        os.utime(beside / name, (NOON.timestamp(),) * 2)
    (folder / "monday.sqlite3").write_bytes(b"")
    (folder / ".store-3fa9c1d2-20240611T040000Z.sqlite3.unfinished").write_bytes(b"")
    found = backup_files.view_without_store(office.url, folder)
    assert {one.path.name: one.origin for one in found} == {
        NAMED: Origin.DAEMON,
        "monday.sqlite3": Origin.BY_HAND,
        "store-by-hand-20240401T030000Z.sqlite3": Origin.BY_HAND,
        "store.sqlite3.before-restore-20240601T030000": Origin.BEFORE_RESTORE,
        "store.sqlite3.version-3-20240501.backup": Origin.BEFORE_UPGRADE,
    }
