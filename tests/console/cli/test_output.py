from __future__ import annotations

import io
import json

import click
import pytest
from click.testing import CliRunner

from console.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def printed(write, **options) -> str:
    command = click.Command("x", callback=write)
    return CliRunner().invoke(command, **options).output


@pytest.mark.parametrize("number", [0, 1, 2, 500, 501])
def test_listings_are_valid_json_of_any_length(number):
    text = printed(lambda: output.say_json_lines(json.dumps({"n": n}) for n in range(number)))
    assert json.loads(text) == [{"n": n} for n in range(number)]
    assert text.endswith("]\n")


def test_json_is_ascii_so_that_no_control_character_reaches_a_terminal():
    text = printed(lambda: output.say_json({"name": "Zoë \x1b[2J \x9b \x7f"}))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["name"] == "Zoë \x1b[2J \x9b \x7f"


def test_progress_is_silent_where_nobody_watches():
    stream = io.StringIO()
    with output.progress("Reading", to=stream) as tell:
        tell(1000)
    assert stream.getvalue() == ""


def test_short_work_shows_no_progress_at_all():
    stream, clock = Terminal(), Clock()
    with output.progress("Reading", to=stream, clock=clock) as tell:
        clock.now = 0.4
        tell(1000)
    assert stream.getvalue() == ""


def test_long_work_counts_on_the_terminal_and_wipes_its_line():
    stream, clock = Terminal(), Clock()
    with output.progress("Reading", to=stream, clock=clock) as tell:
        clock.now = 0.6
        tell(12000)
        tell(12001)
        clock.now = 0.8
        tell(15000)
    shown = stream.getvalue().split("\r")
    assert shown[1:3] == ["Reading: 12,000", "Reading: 15,000"]
    assert shown[3].strip() == ""
    assert shown[-1] == ""


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": ""}, None),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, None),
    ],
)
def test_the_environment_may_forbid_color(environ, wanted):
    assert output.color_wanted(environ) is wanted


def test_states_keep_their_word_and_their_padding():
    assert click.unstyle(output.state("failed  ")) == "failed  "
    assert output.state("asked_again-of") == "asked_again-of"


def test_the_width_is_what_columns_says(monkeypatch):
    monkeypatch.setenv("COLUMNS", "132")
    assert output.width() == 132
    monkeypatch.setenv("COLUMNS", "3")
    assert output.width() == output.NARROWEST
