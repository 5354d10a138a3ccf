"""What holds for every screen, whoever adds it: keys, help, jumps, quitting."""

from __future__ import annotations

import re

import pytest
from textual.css.stylesheet import Stylesheet

from console.tui.keys import own_bindings
from console.tui.main_screens import MAIN_SCREENS
from console.tui.palette import offered
from console.tui.screens.help import told_of
from console.tui.widgets.beside import Beside
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.text_view import TextView
from tests.console.tui.screens.bound import bound_classes
from tests.console.tui.screens.driver import Driver, sit_down

# What any terminal sends over SSH: no alt, no cmd, no function key but F1, no shifted arrows.
_NAMED = "enter|escape|tab|shift\\+tab|up|down|left|right|home|end|pageup|pagedown|space|f1"
_SIGNS = (
    "question_mark|slash|colon|plus|minus|full_stop|comma|left_square_bracket|right_square_bracket"
)
SENT_BY_ANY_TERMINAL = re.compile(rf"[a-zA-Z0-9]|{_NAMED}|{_SIGNS}|backspace|delete|ctrl\+[a-z]")


@pytest.fixture
def worked(office):
    """An office in which every screen has something to show."""
    larkspur = office.connect()
    sync = office.failed_sync(larkspur, "wrong-password", "The password is not right.")
    office.trouble(larkspur, sync)
    office.payment(larkspur, "pay_1", "waiting")
    return office


@pytest.mark.parametrize("cls", bound_classes(), ids=lambda cls: cls.__name__)
def test_every_key_says_what_it_does_and_can_be_typed_anywhere(cls):
    for one in own_bindings(cls):
        assert one.description, one
        assert one.tooltip.endswith("."), one
        assert SENT_BY_ANY_TERMINAL.fullmatch(one.key), one


def test_help_lists_every_key_that_works_on_the_screen(worked):
    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press(main.key)
            active = list(at.screen.active_bindings.values())
            await at.press("question_mark")
            listed = at.screen.query_one(TextView).text
            assert listed.startswith("On this screen\n"), main
            all_screens, fields = "\nEverywhere\n", "To the next list, field or button."
            assert listed.index(all_screens) < listed.index(fields), main
            for one in active:
                if not one.binding.key.startswith("super+"):  # the library's, for the cmd key
                    assert f"{told_of(one)[0]}: {told_of(one)[1]}" in listed, (main, one)
            await at.press("q")
            assert main.title in at.lines[0]

    sit_down(worked.url, scenario, paints=True)


def test_a_jump_offers_every_action_and_every_other_main_screen(worked):
    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press(main.key)
            told = {one.help for one in offered(at.screen)}
            assert {other.tooltip for other in MAIN_SCREENS if other is not main} <= told, main
            for one in at.screen.active_bindings.values():
                if one.node is at.screen and one.enabled and one.tooltip:
                    assert one.tooltip in told, (main, one)

    sit_down(worked.url, scenario)


def test_in_a_wide_window_the_text_is_beside_the_list(worked):
    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press(main.key)
            for beside in at.screen.query(Beside):
                listed, told = beside.query_one(RecordTable), beside.query_one(TextView)
                if told.display:
                    assert told.region.x >= listed.region.right, main
                    assert told.region.height == listed.region.height > 40, main

    sit_down(worked.url, scenario, size=(200, 50))


def test_one_key_leaves_the_console_from_every_screen(worked):
    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press(main.key)
            assert at.screen.active_bindings["q"].binding.action == "quit", main
        await at.press("q")
        assert at.app._exit

    sit_down(worked.url, scenario)


def test_main_screens_have_keys_of_their_own_that_no_table_needs():
    keys = [main.key for main in MAIN_SCREENS]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("jkrsuxnbfolCRG?q")


def test_a_screen_that_is_shown_for_the_first_time_reads_no_styles_again(worked, monkeypatch):
    async def scenario(at: Driver) -> None:
        read: list[object] = []
        monkeypatch.setattr(Stylesheet, "reparse", lambda _styles: read.append(at.screen))
        for main in MAIN_SCREENS:
            await at.press(main.key)
        assert read == []

    sit_down(worked.url, scenario)


def test_the_other_screens_are_made_ready_once_the_first_one_stands(worked, monkeypatch):
    warmed: list[str] = []
    monkeypatch.setattr("console.tui.app._warm_up", lambda: warmed.append("warm"))

    async def scenario(at: Driver) -> None:
        assert warmed == []  # not in tests: it would change what is collected as garbage
        at.app._warm_up_seconds = 0.01
        at.app.on_ready()
        while not warmed:
            await at.pilot.pause(0.01)

    sit_down(worked.url, scenario)
