"""Looks at the clock: which difference is a clock that was set, and who finds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest

from shared.models import clock_looks
from shared.models.store import Store
from tests.models.builders import later

DAY = timedelta(days=1)
NONE = timedelta()


def look(store: Store, boot: str, uptime_seconds: float, now: datetime) -> timedelta:
    with store.transaction():
        return clock_looks.look(boot, timedelta(seconds=uptime_seconds), now)


@pytest.mark.parametrize("seconds", [0, 4.9, -4.9], ids=["even", "slewed", "slewed back"])
def test_a_clock_that_goes_as_uptime_does_was_not_set(store, seconds):
    assert look(store, "a", 100, later()) == NONE
    assert look(store, "a", 115, later(seconds=15 + seconds)) == NONE
    assert look(store, "a", 90_115, later(seconds=90_015 + 2 * seconds)) == NONE


@pytest.mark.parametrize("by", [DAY, -DAY, timedelta(seconds=6)], ids=["ahead", "back", "little"])
def test_what_the_clock_was_set_by_is_found_once(store, by):
    look(store, "a", 100, later())
    assert look(store, "a", 115, later(seconds=15) + by) == by
    assert look(store, "a", 130, later(seconds=30) + by) == NONE


def test_what_one_machine_finds_another_one_does_not_find_again(store):
    look(store, "a", 100, later())
    look(store, "b", 9_000, later(seconds=1))
    assert look(store, "a", 115, later(seconds=15) + DAY) == DAY
    assert look(store, "b", 9_015, later(seconds=16) + DAY) == NONE


def test_a_machine_that_is_new_or_quickly_started_missed_nothing(store):
    assert look(store, "a", 100, later()) == NONE
    assert look(store, "b", 5, later(seconds=59)) == NONE


@pytest.mark.parametrize("by", [DAY, -timedelta(seconds=6)], ids=["off for a day", "set back"])
def test_time_that_nobody_saw_is_told_as_if_the_clock_was_set(store, by):
    look(store, "a", 100, later())
    assert look(store, "b", 5, later() + by) == by


def test_looks_of_long_ago_are_forgotten(store):
    look(store, "a", 100, later())
    month = clock_looks.KEPT + timedelta(seconds=1)
    look(store, "b", 5, later())
    look(store, "b", 5 + month.total_seconds(), later() + month)
    assert look(store, "a", 0, later() + month) == NONE


def test_of_two_that_look_at_once_one_finds_the_jump(store):
    look(store, "a", 100, later())
    look(store, "b", 100, later())
    ready, found = Barrier(2), []

    def look_too(boot: str) -> None:
        ready.wait()
        found.append(look(store, boot, 115, later(seconds=15) + DAY))

    both = [Thread(target=look_too, args=(boot,)) for boot in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(found) == [NONE, DAY]
