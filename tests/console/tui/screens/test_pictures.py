"""The pictures in docs/screens show the console as it is."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from textual.screen import Screen

from console.tui.keys import classes_of
from console.tui.main_screens import MAIN_SCREENS
from tests.console.tui.screens import pictures
from tests.console.tui.screens.pictures import FOLDER, Picture, text_of

EVERY = list(pictures.pictures())
taken = functools.cache(pictures.take)


def shown(picture: Picture) -> str:
    return (FOLDER / f"{picture.name}.svg").read_text("utf-8")


def screens() -> Iterator[str]:
    """The screens that are shown as they are, not only by what is made of them."""
    for cls in (*classes_of("console.tui.screens"), *classes_of("console.tui.widgets")):
        made_of_it = [one for one in cls.__subclasses__() if one.__module__.startswith("console.")]
        if issubclass(cls, Screen) and not made_of_it:
            yield cls.__name__


@pytest.mark.parametrize("name", pictures.KEPT)
def test_each_picture_shows_what_the_screen_shows(name):
    [picture] = [one for one in EVERY if one.name == name]
    told = "docs/screens is not current: python -m tests.console.tui.screens.pictures"
    assert text_of(shown(picture)) == text_of(taken(picture)), told


def test_there_is_a_picture_of_every_screen():
    pictured = {pictures.screen_on(one) for one in pictures.OPENED}
    pictured |= {main.load().__name__ for main in MAIN_SCREENS}
    assert not set(screens()) - pictured, "add a line to OPENED in pictures.py"


def test_the_documents_keep_no_picture_that_they_do_not_show():
    names = {path.stem for path in FOLDER.glob("*.svg")}
    assert names == {*pictures.KEPT, "demo"}


@pytest.mark.parametrize("name", ["jump", "password"])
def test_two_pictures_of_the_same_are_the_same_to_the_byte(name):
    [picture] = [one for one in EVERY if one.name == name]
    assert pictures.take(picture) == taken(picture)


def test_a_password_is_covered():
    [picture] = [one for one in EVERY if one.name == "password"]
    assert "************************" in text_of(taken(picture))
    assert "invoice.qwc" in text_of(taken(picture))  # it is the screen with the password
