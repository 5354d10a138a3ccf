"""What too many wrong guesses lock, in the store, for every daemon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import figures, throttles
from shared.rules.throttling import LOCKS_REMEMBERED, Source
from shared.rules.values import LONGEST_LOCK
from tests.models.builders import NOON, later

HERE = "203.0.113.9"
FREE = Source.ADDRESS.free


def locked(store, name=HERE, guesses=FREE, now=NOON, source=Source.ADDRESS):
    with store.transaction():
        return throttles.lock(source, name, guesses, now)


def known(store, now=NOON, name=HERE, source=Source.ADDRESS):
    with store.reading():
        return throttles.known(source, name, now)


def names(store, now=NOON):
    with store.reading():
        return [lock.name for lock in throttles.locked(now)]


def test_a_lock_is_read_as_it_was_written_and_counts_for_its_own_kind_alone(store):
    lock = locked(store)
    assert known(store) == lock
    assert lock.until == later(minutes=1)
    assert known(store, source=Source.TOKEN_ADDRESS) is None


def test_each_further_guess_locks_for_longer_up_to_a_limit(store):
    waits = [locked(store, guesses=FREE + n).until - NOON for n in range(8)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_LOCK
    with store.reading():
        [lock] = throttles.locked(NOON)
    assert lock.guesses == FREE + 7


@pytest.mark.parametrize("guesses", [0, FREE - 1])
def test_what_is_free_is_never_locked(store, guesses):
    with pytest.raises(AssertionError):
        locked(store, guesses=guesses)


def test_a_lock_ends_by_itself_and_is_remembered_for_a_day(store):
    lock = locked(store)
    assert names(store) == [HERE]
    assert names(store, lock.until) == []
    assert not lock.holds(lock.until)
    assert known(store, NOON + LOCKS_REMEMBERED - timedelta(seconds=1)) == lock
    assert known(store, NOON + LOCKS_REMEMBERED) is None
    with store.transaction():
        assert throttles.prune(NOON + LOCKS_REMEMBERED - timedelta(seconds=1)) == 0
        assert throttles.prune(NOON + LOCKS_REMEMBERED) == 1


def test_a_clock_that_was_set_back_makes_no_lock_last_longer(store):
    lock = locked(store)
    assert not lock.holds(later(days=-1))
    assert names(store, later(days=-1)) == []


def test_unlocking_ends_what_an_address_did_in_both_ways_and_no_more(store):
    locked(store)
    locked(store, source=Source.TOKEN_ADDRESS)
    locked(store, "198.51.100.7")
    with store.transaction():
        assert throttles.unlock(HERE) == 2
    assert names(store) == ["198.51.100.7"]


def test_a_flood_of_addresses_fills_no_more_than_its_room(store, monkeypatch):
    monkeypatch.setattr(throttles, "MOST_KEPT", 10)
    for number in range(40):
        locked(store, f"203.0.113.{number}", now=later(seconds=number))
    with store.reading():
        kept = {lock.name for lock in throttles.locked(later(seconds=40))}
    assert kept == {f"203.0.113.{number}" for number in range(30, 40)}


def test_the_figures_count_what_is_locked_now_by_kind(store):
    locked(store)
    locked(store, "digest", source=Source.USER_NAME)
    with store.reading():
        assert figures.sign_in_locks(NOON) == {
            "application": 0,
            "address": 1,
            "user-name": 1,
            "token-address": 0,
        }
        assert not any(figures.sign_in_locks(later(hours=1)).values())
