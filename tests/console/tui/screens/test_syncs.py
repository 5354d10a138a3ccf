from __future__ import annotations

from datetime import date

import pytest

from shared.models import connections, syncs
from shared.operations import syncs as operations
from shared.operations.pages import AT_ONCE as PAGE
from shared.operations.syncs import SyncFilter, read_filter
from shared.rules.values import SyncState
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.models.builders import NOON, later

TODAY = date(2024, 6, 12)


def test_before_the_first_sync_the_next_step_is_said(office):
    office.connect()

    async def scenario(at: Driver) -> None:
        await at.press("y")
        assert "No sync yet." in at.text
        assert "click Update Selected" in at.text

    sit_down(office.url, scenario)


@pytest.fixture
def busy(office):
    """Two connections; of five syncs one runs, one failed, one has a record that failed."""
    larkspur, bramble = office.connect(), office.connect("Bramble")
    office.sync(larkspur, at=later(days=-2), position=7, total=7, message="Finished: 7 records")
    office.sync(bramble, at=later(days=-1), application="payment", message="Finished: nothing")
    office.failed_sync(
        bramble,
        "quickbooks-unreachable",
        "QuickBooks could not be opened.",
        at=later(hours=-3),
    )
    office.sync(larkspur, at=later(hours=-2), position=90, total=91, failed=1)
    office.sync(
        larkspur,
        at=NOON,
        state=SyncState.STARTED,
        position=120,
        total=2000,
        message="Reading invoices",
    )
    return office


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_running_syncs_are_on_top_then_the_newest(busy, size):
    async def scenario(at: Driver) -> None:
        await at.press("y")
        assert at.lines[2] == "Running now"
        assert at.lines[3].split()[:3] == ["5", "12:00", "Larkspur"]
        assert "running 6%" in at.lines[3]
        assert "120 / 2,000" in at.lines[3]
        assert at.lines[4] == "Recent"
        rows = [line.split() for line in at.lines[5:9]]
        assert [row[0] for row in rows] == ["4", "3", "2", "1"]
        assert "some failed" in at.lines[5]
        assert " failed " in at.lines[6]
        assert "06-11 12:00" in at.lines[7]
        assert ("Finished: 7 records" in at.lines[8]) == (size == LARGE)
        assert "Result: Running: Reading invoices" in at.text

    sit_down(busy.url, scenario, size=size)


def test_a_sync_that_begins_is_in_view_until_the_cursor_is_moved(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y")
        first = busy.sync(busy.connect("Cedar"), at=later(minutes=1), state=SyncState.STARTED)
        await at.second()
        assert at.screen.focused.key == str(first.id)
        await at.press("down")
        busy.sync(busy.connect("Dill"), at=later(minutes=2), state=SyncState.STARTED)
        moved = at.screen.focused.key
        await at.second()
        assert at.screen.focused.key == moved
        await at.press("y")  # fresh: on top again
        assert at.screen.focused.key == str(first.id + 1)

    sit_down(busy.url, scenario)


def test_progress_made_elsewhere_is_shown_without_a_key(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "down", "up")  # now it stays where it is
        busy.sync(busy.connect("Cedar"), at=later(minutes=1), state=SyncState.STARTED)
        with busy.store.transaction():
            syncs.save(5, position=1000, message="Reading customers")
        await at.second()
        assert "Running: Reading customers" in at.text  # the cursor is still on sync 5
        assert "running 50%" in at.text
        assert at.screen.focused.key == "5"

    sit_down(busy.url, scenario)


def test_failed_only_is_one_key_and_shows_in_the_filter(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "f")
        assert [line.split()[0] for line in at.lines[2:4]] == ["4", "3"]
        assert at.lines[4] == ""
        await at.press("slash")
        assert at.screen.focused.value == "failed"
        await at.press("escape")
        assert "Running now" in at.text

    sit_down(busy.url, scenario)


def test_typing_narrows_by_connection_and_application(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "slash")
        await at.type("bram payment")
        await at.press("enter")
        assert at.lines[2].split()[0] == "2"
        assert at.lines[3] == ""
        await at.press("slash", "x")
        assert "No sync matches the filter." in at.text

    sit_down(busy.url, scenario)


def test_a_table_that_one_key_empties_still_takes_the_keys(office):
    office.sync(office.connect("Bramble"), message="Finished: 7 records")

    async def scenario(at: Driver) -> None:
        await at.press("y", "f")
        assert "No sync matches the filter." in at.text
        await at.press("f")  # typed into the filter it would be a letter
        assert "Result: Finished: 7 records" in at.text

    sit_down(office.url, scenario)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", SyncFilter()),
        ("Larkspur  Tile", SyncFilter(words=("larkspur", "tile"))),
        ("failed invoice", SyncFilter(failed_only=True, applications=("invoice", "combined"))),
        ("today", SyncFilter(first_day=TODAY, last_day=TODAY)),
        ("yesterday", SyncFilter(first_day=date(2024, 6, 11), last_day=date(2024, 6, 11))),
        ("2024-01-31", SyncFilter(first_day=date(2024, 1, 31), last_day=date(2024, 1, 31))),
        ("2024-01-31..", SyncFilter(first_day=date(2024, 1, 31))),
        ("..2024-01-31", SyncFilter(last_day=date(2024, 1, 31))),
        (
            "2024-01-01..2024-01-31",
            SyncFilter(first_day=date(2024, 1, 1), last_day=date(2024, 1, 31)),
        ),
        ("2024-02-31", SyncFilter(words=("2024-02-31",))),
        ("..", SyncFilter(words=("..",))),
    ],
)
def test_a_filter_is_understood(typed, understood):
    assert read_filter(typed, TODAY) == understood


def test_a_day_is_a_day_of_this_machine(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "slash")
        await at.type("yesterday")
        assert at.lines[2].split()[0] == "2"
        assert at.lines[3] == ""

    sit_down(busy.url, scenario)


def test_older_syncs_are_turned_to_page_by_page(office):
    larkspur = office.connect()
    for minute in range(PAGE + 5):
        office.sync(larkspur, at=later(minutes=minute - 1000))

    async def scenario(at: Driver) -> None:
        await at.press("y")
        assert at.lines[2].split()[0] == str(PAGE + 5)
        assert "(Newer)" not in at.lines[-1]
        await at.press("b")  # nothing newer: nothing happens
        await at.press("end", "n")
        assert "page 2" in at.lines[0]
        assert [line.split()[0] for line in at.lines[2:7]] == ["5", "4", "3", "2", "1"]
        assert at.screen.focused.key == "5"
        await at.press("n")
        assert "page 2" in at.lines[0]
        await at.press("b")
        assert at.lines[2].split()[0] == str(PAGE + 5)

    sit_down(office.url, scenario)


def test_a_page_that_has_gone_empty_says_so_and_b_turns_back_one_page(office, monkeypatch):
    monkeypatch.setattr(operations, "AT_ONCE", 2)
    larkspur = office.connect()
    for minute in range(5):
        office.failed_sync(larkspur, "wrong-password", "Wrong.", at=later(minutes=minute))

    async def scenario(at: Driver) -> None:
        await at.press("y", "f", "n", "n")
        assert "page 3" in at.lines[0]
        with office.store.transaction():
            syncs.save(1, state=SyncState.FINISHED)
        await at.second()
        assert "No older syncs. b goes back to the newer ones." in at.text
        await at.press("b")
        assert "page 2" in at.lines[0]
        assert [line.split()[0] for line in at.lines[2:4]] == ["3", "2"]

    sit_down(office.url, scenario)


def test_enter_on_a_connection_shows_its_syncs_alone(busy):
    async def scenario(at: Driver) -> None:
        await at.press("f", "enter")  # by name: Bramble
        assert "Recent Syncs of Bramble" in at.lines[0]
        assert [line.split()[0] for line in at.lines[2:4]] == ["3", "2"]
        await at.press("escape")
        assert "Connections" in at.lines[0]

    sit_down(busy.url, scenario)


@pytest.mark.parametrize(
    ("keys", "cause", "remedy"),
    [
        (["y", "f", "down"], "QuickBooks could not be opened.", "Open the company file"),
        (["enter", "down", "enter"], "The amount cannot be read.", "save it again"),
    ],
)
def test_cause_and_remedy_of_a_failed_sync_are_three_keys_from_home(busy, keys, cause, remedy):
    with busy.store.reading():
        larkspur = connections.get("Larkspur")
    busy.trouble(larkspur, busy.sync_now(4))
    assert len(keys) <= 3

    async def scenario(at: Driver) -> None:
        await at.press("home")  # it takes no step: the cursor is on Bramble, which failed
        if keys[0] == "enter":
            await at.press("slash")
            await at.type("lark")
            await at.press("enter")
        await at.press(*keys)
        assert cause in at.text
        assert remedy in at.text

    sit_down(busy.url, scenario)


def test_a_running_sync_is_stopped_after_it_was_asked(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "x")
        assert "Stop this sync? Invoice Sync of Larkspur" in at.text
        assert "Keep running" in at.text
        assert "Stop sync" in at.text
        assert at.app.focused is not None
        assert at.app.focused.id == "cancel"
        await at.press("enter")  # the focus was on Keep running: nothing happens
        assert busy.sync_now(5).stop_requested_by == ""
        await at.press("x", "right", "enter")
        assert busy.sync_now(5).stop_requested_by == "mara"
        assert "stopping" in at.text
        assert "Stopping 1 sync: takes effect at the Web Connector's next call." in at.text

    sit_down(busy.url, scenario)
    [entry] = busy.audit()
    assert (entry.who, entry.action, entry.connection) == ("mara", "sync.stop", "Larkspur")
    assert entry.detail == "sync 5"


def test_what_has_ended_cannot_be_stopped(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "down", "x")
        assert "Recent Syncs" in at.lines[0]  # no question came
        assert "x Stop" not in at.lines[-1]

    sit_down(busy.url, scenario)


def test_a_sync_that_ended_meanwhile_is_not_stopped_and_says_so(busy):
    async def scenario(at: Driver) -> None:
        await at.press("y", "x")
        with busy.store.transaction():
            syncs.save(5, state=SyncState.FINISHED, ended_at=NOON)
        await at.press("right", "enter")
        assert "Sync 5 has ended: finished." in at.text

    sit_down(busy.url, scenario)
    assert busy.audit() == []


def test_a_login_with_an_unknown_name_is_shown_without_a_connection(office):
    office.failed_sync(None, "unknown-user", "Nobody has this user name.")

    async def scenario(at: Driver) -> None:
        await at.press("y")
        assert "(unknown user name)" in at.lines[2]
        await at.press("enter")
        assert "Sync 1: unknown user name" in at.lines[0]
        assert "Nobody has this user name." in at.text

    sit_down(office.url, scenario)
