"""The store that is slow, locked, gone, foreign or only to be looked at."""

from __future__ import annotations

import threading

import pytest

from shared.errors import StoreOutdated, StoreTooNew, StoreUnavailable
from shared.models import sqlite
from shared.models.store import Store, open_store
from shared.operations import overview
from tests.console.tui.screens.driver import Driver, sit_down


@pytest.fixture
def larkspur(office):
    return office.connect()


def test_a_store_that_goes_away_is_said_and_taken_up_again_when_it_is_back(office, larkspur):
    away = office.path.with_name("away")

    async def scenario(at: Driver) -> None:
        await at.second()
        assert "stale" not in at.text
        office.store.close()
        office.path.rename(away)
        await at.second()
        assert at.lines[0].endswith("stale since 12:00:00")
        assert "There is no store at" in at.text
        assert "as of 12:00:00." in at.text
        assert "Trying again every second." in at.text
        assert "Larkspur" in at.text
        away.rename(office.path)
        await at.second()
        assert "stale" not in at.text
        assert "There is no store" not in at.text

    sit_down(office.url, scenario)


def test_a_vanished_store_is_not_replaced_by_an_empty_one(office, larkspur):
    async def scenario(at: Driver) -> None:
        office.store.close()
        office.path.unlink()
        await at.second()
        assert "stale since" in at.lines[0]
        assert not office.path.exists()

    sit_down(office.url, scenario)


def test_a_store_that_was_replaced_is_opened_anew(office, larkspur, tmp_path):
    other = open_store(f"sqlite:///{tmp_path / 'other'}")
    other.close()

    async def scenario(at: Driver) -> None:
        office.store.close()
        (tmp_path / "other").rename(office.path)
        for leftover in (f"{office.path}-wal", f"{office.path}-shm"):
            (tmp_path / leftover).unlink(missing_ok=True)
        await at.second()
        assert "No connection yet." in at.text

    sit_down(office.url, scenario)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            StoreUnavailable("The store cannot be used: locked.", "Close that program."),
            "The store cannot be used: locked. Close that program.",
        ),
        (StoreTooNew("Written by a newer one.", "Install it."), "Written by a newer one."),
        (StoreOutdated("Written by an older one.", "Upgrade it."), "Upgrade it."),
        (PermissionError(13, "Permission denied", "/var/x"), "/var/x: Permission denied."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_store_that_cannot_be_opened_is_a_sentence_and_is_tried_again(office, error, told):
    refused = [error]

    def opens(*, create: bool):
        if refused:
            raise refused[0]
        return open_store(office.url, create=create)

    async def scenario(at: Driver) -> None:
        assert told in at.text
        assert at.lines[0].endswith("not connected")
        await at.second()
        assert told in at.text
        refused.clear()
        await at.second()
        assert told not in at.text
        assert "No connection yet." in at.text

    sit_down(office.url, scenario, opens=opens)


def test_a_slow_store_is_waited_for_while_the_keys_go_on_working(office, larkspur):
    office.connect("Bramble")
    let_go = threading.Event()

    def slow(store: Store) -> object:
        assert let_go.wait(30)
        return overview.view(store)

    async def scenario(at: Driver) -> None:
        at.screen.question = lambda: slow
        at.screen.ask()
        for _second in range(2):
            at.screen.poll()
        await at.pilot.press("j")
        await at.pilot.pause()
        assert at.lines[0].endswith("waiting for the store…")
        assert "Larkspur" in at.text
        assert at.screen.focused.key == str(larkspur.id)
        let_go.set()
        await at.settle()
        assert "waiting" not in at.lines[0]

    sit_down(office.url, scenario)


def test_a_locked_store_refuses_a_change_with_a_sentence(office, larkspur, monkeypatch):
    monkeypatch.setitem(sqlite.PRAGMAS, "busy_timeout", 0)
    problem = office.trouble(larkspur)

    async def scenario(at: Driver) -> None:
        await at.press("p")
        with office.store.transaction():
            await at.press("r")
        assert "Another program holds it; close that program and try again." in at.text
        await at.press("r")
        assert "1 record will be read again" in at.text

    sit_down(office.url, scenario)
    assert office.problem_now(problem).changed_by == "mara"


def test_who_only_looks_changes_nothing_and_is_told_so(office, larkspur):
    office.trouble(larkspur)

    async def scenario(at: Driver) -> None:
        assert at.lines[0].endswith("read-only")
        await at.press("p", "r")
        assert "Nothing was changed: this console is read-only." in at.text
        assert "start it without --read-only" in at.text

    sit_down(office.url, scenario, read_only=True)
    assert office.audit() == []


@pytest.mark.parametrize("read_only", [False, True], ids=["", "read-only"])
def test_looking_makes_no_store(tmp_path, read_only):
    path = tmp_path / "new.sqlite3"

    async def scenario(at: Driver) -> None:
        assert at.lines[0].endswith("not connected")
        assert "There is no store at" in at.text
        assert "Reading the store" not in at.text

    sit_down(f"sqlite:///{path}", scenario, read_only=read_only)
    assert not path.exists()


def test_setting_a_company_up_makes_the_store(tmp_path):
    path = tmp_path / "new" / "store.sqlite3"

    async def scenario(at: Driver) -> None:
        await at.second()
        assert "There is no store at" in at.text
        assert not path.exists()
        await at.press("plus")
        assert path.exists()
        await at.press("escape")

    sit_down(f"sqlite:///{path}", scenario)
