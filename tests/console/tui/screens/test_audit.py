"""The audit log: who did what, newest first, filtered, a page at a time."""

from __future__ import annotations

from datetime import date

import pytest

from shared.models import audit
from shared.operations.audit import AuditFilter, read_filter
from shared.operations.pages import AT_ONCE as PAGE
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.models.builders import NOON, later

TODAY = date(2024, 6, 12)


def note(office, who: str, action: str, connection: str = "", detail: str = "", at=NOON) -> None:
    with office.store.transaction():
        audit.add(who, action, connection, detail, at)


@pytest.fixture
def trail(office):
    note(office, "anna", "connection.add", "Larkspur", "layout two", later(days=-1))
    note(office, "root (sudo by ben)", "qwc", "Larkspur", "generation 1: invoice, payment")
    note(office, "mara", "problem.skip", "Bramble", "problem 8, Invoice 1042: booked by hand")
    return office


def test_before_the_first_change_it_says_what_will_stand_here(office):
    async def scenario(at: Driver) -> None:
        await at.press("a")
        assert "Nothing has been changed yet." in at.text
        assert "name of the operating-system user" in at.text

    sit_down(office.url, scenario)


def test_entries_come_newest_first_and_the_one_under_the_cursor_is_told_in_full(trail):
    async def scenario(at: Driver) -> None:
        await at.press("a")
        assert at.lines[0].startswith(" Audit log")
        assert at.lines[2].split()[:4] == ["12:00", "mara", "problem.skip", "Bramble"]
        assert at.lines[4].split()[:4] == ["06-11", "12:00", "anna", "connection.add"]
        assert "Detail: problem 8, Invoice 1042: booked by hand" in at.text
        await at.press("down")
        assert "When: 2024-06-12 12:00:00" in at.text
        assert "Who: root (sudo by ben)" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)

    sit_down(trail.url, scenario)


def test_typing_narrows_by_who_action_connection_text_and_day(trail):
    found = {
        "larkspur": ["qwc", "connection.add"],
        "who:ben": ["qwc"],
        "action:problem": ["problem.skip"],
        "connection:bram": ["problem.skip"],
        "1042 by hand": ["problem.skip"],
        "yesterday": ["connection.add"],
        "2024-06-12 larkspur": ["qwc"],
        "who:larkspur": [],
    }

    async def scenario(at: Driver) -> None:
        await at.press("a", "slash")
        for typed, actions in found.items():
            at.screen.focused.value = typed
            await at.settle()
            assert [entry.action for entry in at.screen.snapshot.rows] == actions, typed
        assert "No entry matches the filter." in at.text

    sit_down(trail.url, scenario)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", AuditFilter()),
        ("Who:Mara x", AuditFilter((("who", "mara"), ("anywhere", "x")))),
        ("D:\\Books", AuditFilter((("anywhere", "d:\\books"),))),
        ("detail:7", AuditFilter((("detail", "7"),))),
        ("today", AuditFilter(first_day=TODAY, last_day=TODAY)),
        ("2024-01-31..", AuditFilter(first_day=date(2024, 1, 31))),
    ],
)
def test_a_filter_is_understood(typed, understood):
    assert read_filter(typed, TODAY) == understood


def test_older_entries_are_turned_to_page_by_page(office):
    with office.store.transaction():
        for number in range(PAGE + 5):
            audit.add("anna", "qwc", "Larkspur", f"run {number}", NOON)

    async def scenario(at: Driver) -> None:
        await at.press("a")
        assert "b Newer" not in at.lines[-1]
        assert f"run {PAGE + 4}" in at.lines[2]
        await at.press("end", "n")
        assert "page 2" in at.lines[0]
        assert [line.split()[-1] for line in at.lines[2:7]] == ["4", "3", "2", "1", "0"]
        await at.press("n")
        assert "page 2" in at.lines[0]
        await at.press("b")
        assert f"run {PAGE + 4}" in at.lines[2]

    sit_down(office.url, scenario, size=LARGE)


def test_what_is_done_elsewhere_is_listed_a_second_later_and_the_cursor_stays(trail):
    async def scenario(at: Driver) -> None:
        await at.press("a", "down")
        note(trail, "carl", "sync.stop", "Larkspur", "sync 9")
        await at.second()
        assert at.lines[2].split()[1] == "carl"
        assert "Who: root (sudo by ben)" in at.text

    sit_down(trail.url, scenario)


def test_an_entry_is_read_alone_and_copied(trail):
    async def scenario(at: Driver) -> None:
        await at.press("a", "enter")
        assert at.lines[2] == "When: 2024-06-12 12:00:00"
        await at.press("C")
        assert "Who: mara\nWhat: problem.skip" in at.app.clipboard
        await at.press("escape")
        assert at.lines[1].startswith("When")

    sit_down(trail.url, scenario)


def test_what_is_done_in_the_console_is_on_it(office):
    office.trouble(office.connect())

    async def scenario(at: Driver) -> None:
        await at.press("p", "r", "a")
        assert at.lines[2].split()[1:3] == ["mara", "problem.retry"]

    sit_down(office.url, scenario)
