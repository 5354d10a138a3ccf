"""Trends: bars with their numbers, and the way from a day to its syncs."""

from __future__ import annotations

import pytest

from console.tui.main_screens import MAIN_SCREENS
from shared.rules.values import SyncState
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.console.tui.screens.lists import survives
from tests.models.builders import invoice, later
from tests.models.payments.builders import Till


@pytest.fixture
def busy(office):
    """Larkspur ran three times yesterday, once in vain, and is owed money; Bramble ran once."""
    till = Till(office.store)
    till.owes(invoice("1A-100", "1250.00"))
    larkspur = till.connection
    for state in (SyncState.FINISHED, SyncState.FAILED, SyncState.FINISHED):
        office.sync(larkspur, at=later(days=-1), state=state)
    office.sync(office.connect("Bramble"), at=later(days=-1))
    return office


def row(at: Driver, label: str) -> list[str]:
    return next(line.split() for line in at.lines if line.startswith(label))


def test_days_and_weeks_have_their_numbers_beside_the_bars(busy):
    async def scenario(at: Driver) -> None:
        await at.press("T")
        day = row(at, "Tue Jun 11")
        assert day[3] == "4"
        assert "1" in day[4:6]
        assert "1,250.00" in at.text

    sit_down(busy.url, scenario)


def test_the_company_in_focus_has_trends_of_its_own(busy):
    async def scenario(at: Driver) -> None:
        await at.press("full_stop", "T")  # Bramble is first
        assert "Trends of Larkspur" in at.lines[0] or "Trends of Bramble" in at.lines[0]
        one = row(at, "Tue Jun 11")[3]
        await at.press("0")
        assert "Trends" in at.lines[0]
        assert (one, row(at, "Tue Jun 11")[3]) in {("1", "4"), ("3", "4")}

    sit_down(busy.url, scenario)


def test_enter_on_a_day_lists_its_syncs(busy):
    async def scenario(at: Driver) -> None:
        await at.press("T", "j", "enter")
        assert "Recent Syncs" in at.lines[0]
        assert len(at.screen.records) == 4
        await at.press("escape")
        assert "Trends" in at.lines[0]

    sit_down(busy.url, scenario)


def test_the_last_syncs_are_a_line_of_marks_with_their_meaning(busy):
    async def scenario(at: Driver) -> None:
        await at.press("T")
        [line] = [line for line in at.lines if "Invoice Sync:" in line]
        assert line.split()[2].strip(".") == "x"
        assert "x failed" in line

    sit_down(busy.url, scenario)


def test_it_survives_every_size(busy):
    survives(busy, ("T",), ("tab",))


def test_it_is_a_main_screen():
    assert [one.key for one in MAIN_SCREENS if one.name == "trends"] == ["T"]


@pytest.mark.parametrize(("size", "least"), [(SMALL, 30), (LARGE, 15), ((200, 50), 50)])
def test_bars_take_the_room_there_is_at_first_sight(busy, size, least):
    async def scenario(at: Driver) -> None:
        await at.press("T")
        assert max(line.count("█") for line in at.lines) >= least

    sit_down(busy.url, scenario, size=size)
