"""Wrong guesses that lock nothing yet."""

from __future__ import annotations

from datetime import timedelta

from daemon.guesses import MOST_KEPT, Guesses
from shared.rules.throttling import GUESSES_TOGETHER, Lock, Source
from tests.daemon.builders import NOW

HERE = "203.0.113.9"
FREE = Source.ADDRESS.free


def guess(guesses: Guesses, name: str = HERE, known: Lock | None = None, now=NOW) -> int:
    return guesses.count(Source.ADDRESS, name, known, now)


def test_guesses_of_one_address_add_up_and_those_of_another_do_not() -> None:
    guesses = Guesses()
    assert [guess(guesses) for _ in range(3)] == [1, 2, 3]
    assert guess(guesses, "198.51.100.7") == 1
    assert guesses.count(Source.TOKEN_ADDRESS, HERE, None, NOW) == 1


def test_guesses_far_apart_do_not_add_up_whatever_becomes_of_the_clock() -> None:
    guesses = Guesses()
    guess(guesses)
    assert guess(guesses, now=NOW + GUESSES_TOGETHER) == 1
    assert guess(guesses, now=NOW - timedelta(days=1)) == 1


def test_a_lock_in_the_store_counts_on_whichever_daemon_wrote_it() -> None:
    guesses = Guesses()
    guess(guesses)
    assert guess(guesses, known=Lock(Source.ADDRESS, HERE, FREE + 3, NOW)) == FREE + 4
    assert len(guesses) == 0


def test_what_locks_is_left_to_the_store_so_that_an_unlock_is_one() -> None:
    guesses = Guesses()
    assert [guess(guesses) for _ in range(FREE)][-1] == FREE
    assert len(guesses) == 0
    assert guess(guesses) == 1


def test_a_flood_takes_no_more_than_its_room_whatever_the_names_are() -> None:
    guesses = Guesses()
    guess(guesses)
    for number in range(MOST_KEPT):
        guess(guesses, f"{number}" * 50)
    assert len(guesses) == MOST_KEPT
    assert guess(guesses) == 1
