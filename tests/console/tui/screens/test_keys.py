"""The page of keys has every key of the console, as the bindings have it."""

from __future__ import annotations

from console.command import console
from console.tui.bindings import key_shown
from console.tui.keys import BEGIN, END, PAGE, own_bindings, table
from console.tui.main_screens import MAIN_SCREENS
from tests.console.tui.screens.bound import bound_classes


def test_the_page_is_current():
    written = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == table().strip(), "not current: python -m console.tui.keys"


def test_every_screen_and_every_key_is_in_the_table():
    text = table()
    for main in MAIN_SCREENS:
        assert f"`{main.key}` {main.title}" in text
        assert f"\n| {main.title} |" in text
    for cls in bound_classes():
        for one in own_bindings(cls):
            digit = one.key.isdigit() and "`1` … `9`" in text
            assert f"`{key_shown(one.key)}`" in text or digit, (cls, one)
            assert f" {one.description}" in text, (cls, one)


def test_every_option_of_the_command_is_in_the_readme():
    told = (PAGE.parents[1] / "README.md").read_text("utf-8")
    for option in console.params:
        assert all(name in told for name in option.opts), option
