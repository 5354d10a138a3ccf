"""Daemons say that they are alive; who fell silent is told from who stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.models import daemons
from shared.models.daemons import Daemon, DaemonFacts
from shared.structs import replace
from tests.models.builders import NOON, later


def facts(instance: str = "a1", **changes: Any) -> DaemonFacts:
    usual = DaemonFacts(
        instance=instance,
        host="books",
        pid=4711,
        version="0.1.0",
        listening=("http://127.0.0.1:8085", "unix:/run/deskbridge"),
        public_url="https://books.example.com",
        certificate_expires_at=None,
        started_at=NOON,
    )
    return replace(usual, **changes)


def running(store, now) -> list[str]:
    with store.reading():
        return [daemon.facts.instance for daemon in daemons.running(now)]


def test_a_beat_says_who_runs_where_and_since_when(store):
    told = facts(certificate_expires_at=later(days=80))
    with store.transaction():
        daemons.beat(told, later(seconds=1))
    with store.reading():
        assert daemons.running(later(seconds=2)) == [Daemon(told, later(seconds=1), None)]


def test_later_beats_renew_what_may_change_and_add_no_daemon(store):
    with store.transaction():
        daemons.beat(facts(listening=()), NOON)
        daemons.beat(facts(certificate_expires_at=later(days=1)), later(seconds=15))
    with store.reading():
        [daemon] = daemons.known()
    assert daemon.facts.listening == facts().listening
    assert daemon.facts.certificate_expires_at == later(days=1)
    assert daemon.last_beat_at == later(seconds=15)


def test_a_daemon_that_misses_three_beats_does_not_run(store):
    with store.transaction():
        daemons.beat(facts(), NOON)
    assert running(store, NOON + daemons.SILENT_AFTER - timedelta(milliseconds=1)) == ["a1"]
    assert running(store, NOON + daemons.SILENT_AFTER) == []
    with store.reading():
        [daemon] = daemons.known()
    assert daemon.stopped_at is None


def test_a_daemon_that_stops_runs_no_longer_though_a_late_beat_arrives(store):
    with store.transaction():
        daemons.beat(facts(), NOON)
        daemons.stopped("a1", later(seconds=3))
        daemons.beat(facts(), later(seconds=4))
    assert running(store, later(seconds=5)) == []
    with store.reading():
        assert [daemon.stopped_at for daemon in daemons.known()] == [later(seconds=3)]


def test_several_daemons_stand_side_by_side_the_last_heard_of_first(store):
    with store.transaction():
        daemons.beat(facts("a1"), later(seconds=9))
        daemons.beat(facts("b2", host="spare"), later(seconds=12))
        daemons.beat(facts("c3"), later(seconds=10))
        daemons.stopped("c3", later(seconds=11))
    assert running(store, later(seconds=13)) == ["b2", "a1"]


def test_daemons_of_long_ago_are_forgotten(store):
    with store.transaction():
        daemons.beat(facts("old"), NOON)
        daemons.beat(facts("new"), later(seconds=1))
        assert daemons.forget_old(NOON + daemons.KEPT) == 0
        assert daemons.forget_old(later(seconds=1) + daemons.KEPT) == 1
        assert [daemon.facts.instance for daemon in daemons.known()] == ["new"]
