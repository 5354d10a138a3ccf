"""What every screen has: help, keys, going round, sizes, the command itself."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from console.cli.app import cli
from console.tui.main_screens import MAIN_SCREENS
from tests.console.tui.screens.driver import Driver, sit_down
from tests.console.tui.screens.lists import survives


@pytest.fixture
def larkspur(office):
    return office.connect()


def test_every_main_screen_is_one_key_away_and_esc_leads_home(office, larkspur):
    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press("p", main.key)
            assert main.title in at.lines[0]
            await at.press("escape", "escape")
            assert "Connections" in at.lines[0], main

    sit_down(office.url, scenario)


def test_a_main_key_opens_its_screen_fresh_and_esc_leads_back_to_what_was_left(office):
    for name in ("Aster", "Bramble", "Cedar"):
        office.sync(office.connect(name))

    async def scenario(at: Driver) -> None:
        await at.press("j", "slash")
        await at.type("c")
        await at.press("enter", "y", "j", "enter")
        assert "Sync 2" in at.lines[0]
        await at.press("p", "t", "p")
        assert "Problems" in at.lines[0]
        await at.press("escape", "escape")
        assert "Sync 2" in at.lines[0]
        await at.press("escape")
        assert at.screen.focused.key == "2"
        await at.press("escape")
        assert "1 of 3" in at.lines[0]
        assert "Cedar" in at.lines[2]
        await at.press("y", "h")
        assert "(3, " in at.lines[0]
        assert "Aster" in at.lines[2]

    sit_down(office.url, scenario)


def test_help_lists_the_keys_of_the_screen_from_its_bindings(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("y")
        for key in ("question_mark", "f1"):
            await at.press(key)
            assert "f Failed only: Show only failed syncs, or all again." in at.text
            assert "(Stop: " in at.text
            await at.press("end")
            assert "Down j Down: To the next record." in at.text
            await at.press("escape")
            assert "Recent Syncs" in at.lines[0]

    sit_down(office.url, scenario)


def test_every_key_that_is_shown_or_helped_with_says_what_it_does(office, larkspur):
    office.trouble(larkspur, office.sync(larkspur))

    async def scenario(at: Driver) -> None:
        for keys in ((), ("y",), ("enter",), ("l",), ("p",)):
            await at.press(*keys)
            for one in at.screen.active_bindings.values():
                silent = one.binding.action in ("app.focus_next", "app.focus_previous")
                silent = silent or one.binding.action == "screen.copy_text"
                assert one.binding.tooltip or silent, one
                assert not one.binding.key.startswith(("alt+", "super+")) or silent

    sit_down(office.url, scenario)


def test_q_quits_but_is_a_letter_where_a_text_is_typed(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("slash")
        await at.type("quh?")
        assert at.screen.focused.value == "quh?"
        await at.press("escape", "q")
        assert at.app._exit

    sit_down(office.url, scenario)


def test_every_screen_survives_every_size(office, larkspur):
    office.trouble(larkspur, office.sync(larkspur))
    survives(office, (), ("y",), ("enter",), ("l",), ("p",), ("s",))


def test_the_screen_on_top_asks_for_news_by_itself(office, larkspur):
    async def scenario(at: Driver) -> None:
        office.connect("Bramble")
        while "Bramble" not in at.text:
            await at.pilot.pause(0.01)

    sit_down(office.url, scenario, poll_seconds=0.01)


def test_a_screen_out_of_sight_asks_for_nothing(office, larkspur):
    async def scenario(at: Driver) -> None:
        home = at.screen
        await at.press("y")
        asked: list[str] = []
        read = at.screen.question()
        at.screen.question = lambda: asked.append("syncs") or read
        home.question = lambda: asked.append("home") or read
        while asked.count("syncs") < 5:
            await at.pilot.pause(0.01)
        assert "home" not in asked

    sit_down(office.url, scenario, poll_seconds=0.01)


def test_an_error_of_our_own_is_a_sentence_and_is_remembered(office, larkspur):
    def wrong(_store: object) -> object:
        raise ZeroDivisionError("a bug")

    async def scenario(at: Driver) -> None:
        at.screen.question = lambda: wrong
        at.screen.ask()
        await at.settle()
        assert "The console ran into an internal error (ZeroDivisionError: a bug)." in at.text
        assert "Please report it." in at.text
        assert [type(bug) for bug in at.worker.bugs] == [ZeroDivisionError]
        at.worker.bugs.clear()
        await at.press("y")
        assert "No sync yet." in at.text

    sit_down(office.url, scenario)


def test_without_a_terminal_the_command_says_what_it_needs(tmp_path):
    environ = {"DESKBRIDGE_DATABASE": f"sqlite:///{tmp_path / 'store.sqlite3'}"}
    result = CliRunner(env=environ).invoke(cli, ["console"])
    assert result.exit_code == 2
    assert "The console needs a terminal." in result.output
    assert not (tmp_path / "store.sqlite3").exists()
