"""What strangers send makes no line long, no log large, and no terminal do anything."""

from __future__ import annotations

import io
from typing import Any

import pytest
from twisted.logger import LogLevel, formatEvent, textFileLogObserver

from daemon.log import A_SECOND, AT_ONCE, LONGEST_TEXT, MOST_CAUSES, BoundedLog


class Log:
    """A log with a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seconds = 0.0
        self._bounded = BoundedLog(
            lambda event: self.lines.append(formatEvent(event)), lambda: self.seconds
        )

    def refuse(self, user: str = "larkspur", **more: Any) -> None:
        event = {"log_format": "Login of {user} refused", "log_level": LogLevel.warn, "user": user}
        self._bounded({**event, "peer": "203.0.113.9", **more})


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_long_text_is_cut(log):
    log.refuse("x" * 60_000)
    assert len(log.lines[0]) < LONGEST_TEXT + 50
    assert "xxx…" in log.lines[0]


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\x85", "\u2028", "\n", "\x07", "\u202e"])
def test_no_control_character_reaches_the_log(log, character):
    log.refuse(f"a{character}[31mb")
    assert character not in log.lines[0]


def test_lines_of_one_cause_about_one_address_are_counted_beyond_their_share(log):
    for _ in range(AT_ONCE + 1000):
        log.refuse()
    assert len(log.lines) == AT_ONCE
    log.seconds = 10
    log.refuse()
    assert log.lines[AT_ONCE:] == [
        "1000 lines like the next one about 203.0.113.9 were left out",
        "Login of larkspur refused",
    ]


def test_other_addresses_and_causes_have_shares_of_their_own(log):
    for _ in range(AT_ONCE + 1):
        log.refuse()
    log.refuse(peer="203.0.113.10")
    log.refuse(log_format="Connection refused")
    assert len(log.lines) == AT_ONCE + 2


def test_a_flood_of_an_hour_is_a_few_lines_a_second(log):
    for second in range(3600):
        log.seconds = second
        for _ in range(50):
            log.refuse("x" * 1000)
    assert len(log.lines) < AT_ONCE + 2 * 3600 * A_SECOND + 10


def test_what_is_kept_of_addresses_is_bounded(log):
    for number in range(MOST_CAUSES * 2):
        log.refuse(peer=f"2001:db8::{number:x}")
    assert len(log._bounded._shares) == MOST_CAUSES


def test_our_own_lines_always_pass(log):
    for _ in range(AT_ONCE * 2):
        log.refuse(peer=None)
    assert len(log.lines) == AT_ONCE * 2


def test_it_stands_before_the_writer_of_the_file():
    written = io.StringIO()
    bounded = BoundedLog(textFileLogObserver(written), lambda: 0.0)
    bounded({"log_format": "{user}", "user": "a\x9bb", "log_time": 0.0, "log_level": LogLevel.info})
    assert written.getvalue().endswith("a\ufffdb\n")
