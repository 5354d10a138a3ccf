"""Esc leads back to what was left: the record under the cursor, where it was on the screen."""

from __future__ import annotations

import shutil

import pytest

from console.tui.main_screens import HOME, MAIN_SCREENS
from console.tui.widgets.record_table import RecordTable
from tests.console.tui.screens import story
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import NOON

LOW = (80, 16)
"""So low that lists scroll."""
SHORT = {"webhooks", "alerts", "operators", "invoiced", "backups"}
"""Lists that have at most one record in the story."""
LISTS = [main for main in MAIN_SCREENS if main.name not in SHORT]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The store of the story, made once."""
    office = story.arrange(tmp_path_factory.mktemp("story"))
    office.store.close()
    return office.path


def place(at: Driver) -> tuple[str | None, int]:
    """The record under the cursor, and how far the list is scrolled."""
    [table] = [one for one in at.screen.query(RecordTable) if one.has_focus]
    return table.key, round(table.scroll_y)


@pytest.mark.parametrize("main", LISTS, ids=lambda main: main.name)
def test_from_a_record_esc_leads_back_to_it(told, tmp_path, main):
    mine = shutil.copy(told, tmp_path / "store.sqlite3")

    async def scenario(at: Driver) -> None:
        if main.name != HOME:
            await at.press(main.key)
        first = place(at)
        await at.press("end", "up")
        left, screen = place(at), at.screen
        assert left != first
        await at.press("enter", "escape")
        assert at.screen is screen
        assert place(at) == left

    sit_down(f"sqlite:///{mine}", scenario, size=LOW, clock=lambda: NOON)
