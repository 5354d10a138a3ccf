"""The catalog of hints in the console: found by code, by message, by words; open from errors."""

from __future__ import annotations

import pytest

from shared import hints
from shared.errors import StoreUnavailable
from shared.rules.values import SyncState
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down

PRODUCT_PAGE = {
    "Sync is not working": "connected to the internet",
    "Mismatched password": "Type the password that came with the .qwc file that you added.",
    "Updating the .qwc file": "remove the old row of this sync first",
    "Could not start QuickBooks": "Select the box that lets the application log in automatically",
}
"""Every entry of the product's troubleshooting page, with the heart of its remedy."""


def test_every_entry_of_the_product_page_is_found_by_its_title(office):
    async def scenario(at: Driver) -> None:
        for title, remedy in PRODUCT_PAGE.items():
            await at.press("t", "slash")
            await at.type(title.replace(".", ""))
            await at.press("enter", "enter")
            assert title in at.text
            assert remedy in at.text
            await at.press("escape")

    sit_down(office.url, scenario)


def test_the_entries_of_the_product_page_come_first(office):
    async def scenario(at: Driver) -> None:
        await at.press("t")
        assert at.lines[2] == "Symptoms"
        shown = "\n".join(at.lines[3:9])
        assert all(title in shown for title in PRODUCT_PAGE)

    sit_down(office.url, scenario)


def test_every_hint_is_listed_under_its_group(office):
    async def scenario(at: Driver) -> None:
        await at.press("t")
        assert f"Troubleshooting ({len(hints.all_hints()):,} entries)" in at.lines[0]
        table = at.screen.focused
        listed = set(table._places)
        assert listed == {one.code for one in hints.all_hints()}
        headings = {line.text for line in table._lines if not hasattr(line, "key")}
        assert {"Logging in", "Payments", "Codes of the Web Connector"} <= headings

    sit_down(office.url, scenario)


def test_typing_finds_what_the_command_finds_best_first(office):
    async def scenario(at: Driver) -> None:
        for typed in ("QBWC1039", "-2147220472", "wrong password", "auto run"):
            await at.press("t", "end", "slash")
            await at.type(typed)
            found = [one.code for one in hints.find(typed)]
            table = at.screen.query_one("RecordTable")
            assert list(table._places) == found
            assert table.key == found[0], typed
            assert f"({len(found):,} of " in at.lines[0]
            await at.press("escape")

    sit_down(office.url, scenario)


def test_nothing_found_says_what_to_try_and_esc_shows_all_again(office):
    async def scenario(at: Driver) -> None:
        await at.press("t", "slash")
        await at.type("zzzq")
        assert "No entry matches these words." in at.text
        assert "or fewer words" in at.text
        assert "C Copy" not in at.lines[-1]
        await at.press("enter", "slash")  # the keys work on the table, though it is empty
        assert at.screen.focused.value == "zzzq"
        await at.press("escape")
        assert "Symptoms" in at.text
        await at.press("down", "enter")
        assert "Mismatched password (mismatched-password)" in at.text

    sit_down(office.url, scenario)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_entry_stands_beside_the_list_where_there_is_room_else_below(office, size):
    async def scenario(at: Driver) -> None:
        await at.press("t")
        row = next(n for n, line in enumerate(at.lines) if line.startswith("sync-not-working"))
        beside = "Sync is not working (sync-not-working)" in at.lines[1]
        assert beside == (size == LARGE)
        assert "What to do (bookkeeper)" in at.text
        assert row == 3
        assert "bookkeeper" in at.lines[row]  # neither table nor text is below the scrollbar
        assert ("is connected to the internet." in at.text) == (size == SMALL)

    sit_down(office.url, scenario, size=size)


def test_an_entry_in_full_names_related_ones_by_a_digit_and_esc_leads_back(office):
    async def scenario(at: Driver) -> None:
        await at.press("t", "enter")
        assert "1 " in at.text
        assert "(QBWC1012)" in at.text
        await at.press("9")  # nothing stands under it
        assert "Troubleshooting, sync-not-working" in at.lines[0]
        await at.press("2")
        assert "Troubleshooting, auto-run-silent" in at.lines[0]
        await at.press("escape", "escape")
        assert "entries)" in at.lines[0]

    sit_down(office.url, scenario)


def test_from_an_error_the_catalog_opens_at_its_entry(office):
    office.failed_sync(office.connect(), "wrong-password", "The password is not right.")

    async def scenario(at: Driver) -> None:
        await at.press("y", "t", "t")
        assert at.screen.focused.key == "wrong-password"
        assert "Troubleshooting (" in at.lines[0]
        await at.press("enter", "t")  # it was opened from the catalog: back to that
        assert "Troubleshooting (" in at.lines[0]
        await at.press("escape", "escape")
        assert "Recent Syncs" in at.lines[0]

    sit_down(office.url, scenario)


def test_where_nothing_failed_the_key_leads_to_the_catalog(office):
    office.sync(office.connect(), state=SyncState.FINISHED)

    async def scenario(at: Driver) -> None:
        await at.press("y", "t")
        assert "Troubleshooting (" in at.lines[0]

    sit_down(office.url, scenario)


def test_a_code_that_nobody_knows_says_so_and_leads_on(office):
    office.failed_sync(office.connect(), "E-4711", "Something new.")

    async def scenario(at: Driver) -> None:
        await at.press("y", "t")
        assert "There is no entry for E-4711" in at.text
        await at.press("t")
        assert "Troubleshooting (" in at.lines[0]

    sit_down(office.url, scenario)


def test_an_entry_is_copied(office):
    async def scenario(at: Driver) -> None:
        await at.press("t", "C")
        assert at.app.clipboard.startswith("Sync is not working (sync-not-working)")
        assert "Copied the entry." in at.text
        await at.press("enter", "C")
        assert "Copied the entry sync-not-working." in at.text

    sit_down(office.url, scenario)


def test_it_is_there_when_the_store_is_not(tmp_path):
    def refused(*, create: bool):
        raise StoreUnavailable("The store cannot be used: locked.", "Close that program.")

    async def scenario(at: Driver) -> None:
        await at.press("t", "slash")
        await at.type("store")
        assert "store-unavailable" in at.text

    sit_down(f"sqlite:///{tmp_path / 'none'}", scenario, opens=refused)
