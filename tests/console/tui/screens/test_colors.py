"""Colors: chosen in the console and kept; without any, everything is said all the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.style import Style
from textual.widgets import Input

from console.tui.preferences import FILE_NAME, Preferences
from console.tui.render import STYLES
from console.tui.screens.colors import ColorsDialog
from console.tui.themes import ANSI_COLORS, COLORS, TERMINAL, theme_of
from console.tui.widgets.choice import Choice
from console.tui.widgets.record_table import RecordTable
from tests.console.tui.screens.driver import Driver, sit_down

READABLE = 4.5
"""The contrast that WCAG 2 asks of text."""


def luminance(color: Sequence[int]) -> float:
    """How light a color is, from 0 to 1, as WCAG 2 has it."""
    parts = [part / 255 for part in color]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


CHOOSE = ("colon", *"colors", "enter")


@pytest.fixture
def kept(tmp_path):
    return Preferences(tmp_path / "state" / "deskbridge")


def test_the_terminals_own_colors_are_there_until_others_are_chosen(office, kept):
    async def scenario(at: Driver) -> None:
        assert at.app.theme == theme_of(TERMINAL) == "terminal"
        table = at.screen.query(RecordTable).first()
        assert table.styles.scrollbar_background.ansi == -1, "as light or dark as the terminal"

    sit_down(office.url, scenario, preferences=kept)


@pytest.mark.parametrize("theme", ANSI_COLORS)
@pytest.mark.parametrize("style", sorted(set(STYLES.values())))
def test_each_state_can_be_read_on_its_background(theme, style):
    colors = ANSI_COLORS[theme]
    color = Style.parse(style).color.get_truecolor(colors)
    light, dark = sorted(map(luminance, (color, colors.background_color)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= READABLE


def test_what_is_chosen_is_shown_at_once_and_kept_for_the_next_time(office, kept):
    async def choose(at: Driver) -> None:
        await at.press(*CHOOSE)
        assert isinstance(at.screen, ColorsDialog)
        for colors in COLORS[1:]:
            await at.press("down")
            assert at.app.theme == colors.theme
        await at.press("enter")

    async def next_time(at: Driver) -> None:
        assert at.app.theme == COLORS[-1].theme

    sit_down(office.url, choose, preferences=kept)
    sit_down(office.url, next_time, preferences=kept)


def test_esc_brings_the_old_colors_back(office, kept):
    async def scenario(at: Driver) -> None:
        await at.press(*CHOOSE, "down", "down", "escape")
        assert at.app.theme == theme_of(TERMINAL)
        assert kept.colors == TERMINAL

    sit_down(office.url, scenario, preferences=kept)


def test_a_home_that_cannot_be_written_is_said_and_the_colors_stay_meanwhile(office, tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")

    async def scenario(at: Driver) -> None:
        await at.press(*CHOOSE, "down", "enter")
        assert at.app.theme == COLORS[1].theme
        assert "for this session only" in at.text
        await at.press("y")
        assert "Recent Syncs" in at.lines[0]

    sit_down(office.url, scenario, preferences=Preferences(tmp_path / "state" / "deskbridge"))


@pytest.mark.parametrize("written", ["", "colors = 7", 'colors = "pink"', "not toml [", "\xff"])
def test_what_cannot_be_understood_was_never_chosen(tmp_path, written):
    (tmp_path / FILE_NAME).write_bytes(written.encode("latin-1"))
    assert Preferences(tmp_path).colors == TERMINAL


@pytest.mark.parametrize("colors", COLORS, ids=lambda one: one.name)
def test_focus_is_seen_in_all_of_them(office, kept, colors):
    """A field, a choice, a button and a row each look otherwise with the focus than without."""
    office.sync(office.connect())
    kept.keep_colors(colors.name)

    async def scenario(at: Driver) -> None:
        before = at.screen.focused.render_line(1)
        at.screen.set_focus(None)
        await at.settle()
        assert list(at.screen.query_one("RecordTable").render_line(1)) != list(before)
        await at.press(*CHOOSE)
        [choice] = at.screen.query(Choice)
        with_focus = choice.render()
        first, second = at.screen.query("PushButton")
        first.focus()
        await at.settle()
        assert choice.render() != with_focus
        assert first.styles.text_style.reverse
        assert not second.styles.text_style.reverse

    sit_down(office.url, scenario, preferences=kept)


def test_a_field_with_the_focus_has_a_bar_beside_it(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus")
        first, second = list(at.screen.query(Input))[:2]
        assert first.styles.border_left[0] == "outer"
        assert second.styles.border_left[0] in ("", "blank")

    sit_down(office.url, scenario)


def test_a_dialog_leaves_what_it_is_about_in_view_dimmed(office):
    office.failed_sync(office.connect(), "wrong-password", "The password is not right.")

    async def scenario(at: Driver) -> None:
        await at.press("y", "question_mark", "escape", *CHOOSE)
        strips = at.screen._compositor.render_strips()
        behind = [part for part in strips[3] if "failed" in part.text]
        assert "Recent Syncs" in at.painted[1]
        assert behind
        assert all(part.style.dim and not part.style.reverse for part in behind)

    sit_down(office.url, scenario)
