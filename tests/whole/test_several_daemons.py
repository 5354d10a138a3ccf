"""Several daemons on one PostgreSQL, behind a balancer that sends calls wherever it likes."""

from __future__ import annotations

import itertools
import threading

import pytest

from shared.rules.values import JobMode, SyncState
from simulator.company import acts
from tests.whole.conftest import small_company


@pytest.fixture
def pair(open_rig, empty_postgres_url):
    """Two daemons on one store, with one connection to a small company."""
    url = empty_postgres_url
    company = small_company()
    first = open_rig(company, store_url=url)
    second = open_rig(company, store_url=url)
    first.add_connection()
    return first, second


def balanced(rigs):
    """A transport that sends every call to the next daemon."""
    turn = itertools.cycle(rigs)

    def carry(url, headers, body):
        rig = next(turn)
        others = [one for one in rigs if one is not rig]
        for other in others:
            rig.now = max(rig.now, other.now)
        return rig.transport(url, headers, body)

    return carry


def test_invoice_sync_is_the_same_on_postgresql(open_rig, empty_postgres_url):
    rig = open_rig(store_url=empty_postgres_url)
    rig.add_connection(jobs=JobMode.SEPARATE)
    for seed in range(3):
        outcome = rig.sync()
        assert outcome.ok, outcome.status
        assert rig.is_equal()
        acts.random_acts(rig.company.books, 40, seed)
        rig.later(hours=1)


def test_one_session_is_served_by_two_daemons_in_turn(pair):
    first, second = pair
    connector, row = first.web_connector(transport=balanced(pair))
    for _ in range(2):
        outcome = connector.update(row)
        assert outcome.ok, outcome.status
    assert first.is_equal()
    assert second.is_equal()
    assert [sync.state for sync in second.syncs()] == [SyncState.FINISHED] * 2


def test_a_login_at_the_other_daemon_is_busy_as_well(pair):
    first, second = pair
    first.by_hand().log_in()
    second.now = first.now
    assert second.by_hand().log_in()[1] == "busy"


def test_two_logins_at_the_same_moment_open_one_session(pair):
    """Each daemon logs the same application in, in a thread of its own, at once."""
    hands = [rig.by_hand() for rig in pair]
    answers: list[list[str]] = []
    start = threading.Barrier(len(hands))

    def log_in(hand):
        start.wait()
        answers.append(hand.log_in())

    threads = [threading.Thread(target=log_in, args=(hand,)) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer[1] for answer in answers) == ["", "busy"]
