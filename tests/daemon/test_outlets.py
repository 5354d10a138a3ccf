"""Events are delivered in order for each record, again when it failed, and parked in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from daemon.event_upkeep import EventUpkeep
from daemon.kept_services import KeptServices
from daemon.outlets.bell import EventBell
from daemon.outlets.runner import OutletRunner
from shared.models import events, outlets, parked_deliveries
from shared.models.events import Told
from shared.models.store import Store, open_store
from shared.rules.events import Event, EventKind
from shared.rules.outlets import (
    GIVE_UP_AFTER,
    Became,
    Delivered,
    DeliveryState,
    Refused,
    TryAgain,
    pause,
)
from tests.daemon.in_place import InPlace
from tests.models.builders import NOON, both_engines

GONE = TryAgain("connection refused", whole=True)
NOT_THIS = TryAgain("500")


@dataclass(eq=False)
class Receiver:
    """Takes what it is given, unless it was told otherwise for a document."""

    name: str = "hook"
    kinds: frozenset[str] | None = None
    connections: frozenset[int] | None = None
    at_once: int = 1
    gives_up_after: timedelta = GIVE_UP_AFTER
    got: list[str] = field(default_factory=list)
    answers: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    always: Any = None

    def deliver(self, event: Event) -> Became | Deferred[Became]:
        waiting = self.answers[event.object_id]
        became = waiting.pop(0) if waiting else self.always or Delivered()
        if isinstance(became, Delivered):
            self.got.append(event.document)
        if isinstance(became, Exception):
            raise became
        return became


class World:
    """A store, a clock, and daemons that deliver."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.store = open_store(url, clock=self.now)
        self.threads = InPlace(self.store)
        self.bell = EventBell(self.clock, self.threads)
        self.bell.startService()
        self.runners: list[OutletRunner] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.seconds())

    def outlet(self, name: str = "hook", **fields: Any) -> Receiver:
        with self.store.transaction():
            outlets.open_outlet(name, events.last())
        return Receiver(name, **fields)

    def runs(self, receiver: Receiver, daemon: str = "one") -> OutletRunner:
        runner = self.make(receiver, daemon)
        self.runners.append(runner)
        runner.startService()
        return runner

    def make(self, receiver: Receiver, daemon: str = "one") -> OutletRunner:
        return OutletRunner(
            outlet=receiver,
            reactor=self.clock,
            threads=self.threads,
            reads=self.threads,
            bell=self.bell,
            now=self.store.now,
            chance=lambda: 1.0,
            holder=daemon,
        )

    def happens(self, *named: str) -> None:
        """``7b`` is an event about record 7."""
        with self.store.transaction():
            told = [Told(name[:-1], name) for name in named]
            events.record(1, EventKind.INVOICE_CHANGED, told)

    def goes_on(self, seconds: float = 2, *, by: float = 1) -> None:
        passed = 0.0
        while passed < seconds:
            self.clock.advance(by)
            passed += by

    def aside(self, state: DeliveryState = DeliveryState.PARKED) -> list[tuple[str, str]]:
        with self.store.reading():
            ids = [one.id for one in outlets.all_outlets()]
            found = parked_deliveries.aside([state], ids, 1000)
            return [(one.event.document, one.reason) for one in found]

    def close(self) -> None:
        self.bell.stopService()
        for runner in self.runners:
            if runner.running:
                runner.stopService()
        left = [call for call in self.clock.getDelayedCalls() if call.active()]
        assert not left, left
        self.store.close()


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url)
    yield made
    made.close()


def test_what_happens_is_delivered_in_order_and_once(world):
    world.happens("0a")
    hook = world.outlet()
    world.runs(hook)
    world.goes_on()
    assert hook.got == [], "what was before the outlet is not for it"
    world.happens("1a", "2a", "1b")
    world.goes_on()
    world.happens("3a")
    world.goes_on()
    assert hook.got == ["1a", "2a", "1b", "3a"]


def test_an_outlet_gets_what_it_wants_alone_and_holds_nothing_else_up(world):
    hook = world.outlet(kinds=frozenset({"invoice.closed"}))
    world.runs(hook)
    world.happens(*(f"{number}a" for number in range(150)))
    world.goes_on()
    assert hook.got == []
    with world.store.reading():
        assert outlets.passed() >= 150, "old events can be forgotten"


def test_a_restarted_daemon_goes_on_where_the_last_one_was(world):
    hook = world.outlet()
    first = world.runs(hook)
    world.happens("1a")
    world.goes_on()
    first.stopService()
    world.happens("1b")
    world.runs(hook, "two")
    world.goes_on()
    assert hook.got == ["1a", "1b"]


def test_of_two_daemons_one_delivers_and_the_other_takes_over_when_it_is_gone(world):
    hook = world.outlet()
    one = world.runs(hook, "one")
    two = world.runs(hook, "two")
    world.happens("1a")
    world.goes_on(60)
    assert hook.got == ["1a"]
    one.running = 0  # it is killed: no word of it any more
    one._resting.cancel()
    world.runners.remove(one)
    world.happens("1b")
    world.goes_on(180)
    assert hook.got == ["1a", "1b"]
    assert two.running


def test_a_receiver_that_is_gone_is_left_alone_longer_each_time_and_misses_nothing(world):
    hook = world.outlet(always=GONE)
    tries = []
    deliver = hook.deliver
    hook.deliver = lambda event: (tries.append(world.clock.seconds()), deliver(event))[1]
    world.runs(hook)
    world.happens("1a", "2a", "1b")
    world.goes_on(200)
    waits = [round(later - before) for before, later in pairwise(tries)]
    assert waits[:4] == [5, 10, 20, 40], "one event is tried, not all of them"
    hook.always = None
    world.goes_on(200)
    assert hook.got == ["1a", "2a", "1b"]


@both_engines
def test_one_record_that_does_not_go_through_holds_only_itself_up(world):
    hook = world.outlet()
    hook.answers["1"] = [NOT_THIS, NOT_THIS]
    world.runs(hook)
    world.happens("1a", "2a", "1b", "3a", "1c")
    world.goes_on(3)
    assert hook.got == ["2a", "3a"]
    world.goes_on(60)
    assert hook.got == ["2a", "3a", "1a", "1b", "1c"]
    assert world.aside(DeliveryState.WAITING) == []


@both_engines
def test_what_is_refused_is_parked_and_later_events_of_its_record_go_on(world):
    hook = world.outlet()
    hook.answers["1"] = [Refused("410 Gone")]
    world.runs(hook)
    world.happens("1a", "1b")
    world.goes_on()
    assert hook.got == ["1b"]
    assert world.aside() == [("1a", "410 Gone")]


def test_after_48_hours_an_event_is_parked_with_the_last_reason(world):
    hook = world.outlet()
    hook.always = TryAgain("503", whole=True)
    world.runs(hook)
    world.happens("1a", "1b")
    world.goes_on(46 * 3600, by=600)
    assert world.aside() == []
    world.goes_on(3 * 3600, by=600)
    assert world.aside() == [("1a", "503")]
    hook.always = None
    world.goes_on(2 * 3600, by=600)
    assert hook.got == ["1b"]


def test_a_receiver_that_asks_for_time_gets_it(world):
    hook = world.outlet()
    hook.answers["1"] = [TryAgain("429", timedelta(minutes=10), whole=True)]
    world.runs(hook)
    world.happens("1a")
    world.goes_on(590)
    assert hook.got == []
    world.goes_on(60)
    assert hook.got == ["1a"]


def test_a_mistake_of_ours_is_tried_again_like_a_failure(world, logged_failures):
    hook = world.outlet()
    hook.answers["1"] = [ZeroDivisionError()]
    world.runs(hook)
    world.happens("1a", "2a")
    world.goes_on(30)
    assert hook.got == ["2a", "1a"]
    assert len(logged_failures) == 1
    logged_failures.clear()


def test_one_that_hangs_delays_no_other_outlet_and_is_tried_again(world):
    slow, quick = world.outlet("slow"), world.outlet("quick")
    slow.answers["1"] = [Deferred()]
    world.runs(slow)
    world.runs(quick)
    world.happens("1a", "2a")
    world.goes_on()
    assert (slow.got, quick.got) == ([], ["1a", "2a"])
    world.goes_on(120)
    assert slow.got == ["1a", "2a"]


def test_events_of_different_records_go_at_the_same_time_where_that_is_wanted(world):
    hook = world.outlet(at_once=3)
    first, second, third = Deferred(), Deferred(), Deferred()
    hook.answers |= {"1": [first], "2": [second], "3": [third]}
    world.runs(hook)
    world.happens("1a", "2a", "2b", "3a")
    world.goes_on()
    assert not hook.answers["1"]
    assert not hook.answers["2"]
    assert hook.answers["3"] == [third], "2b waits for 2a, and 3a comes after it"
    first.callback(GONE)
    second.callback(Delivered())
    world.goes_on(20)
    third.callback(Delivered())
    world.goes_on(20)
    assert hook.got == ["1a", "2b"]


def test_too_many_records_set_aside_mean_that_the_receiver_is_out_of_order(world):
    hook = world.outlet(always=NOT_THIS)
    world.runs(hook)
    world.happens(*(f"{number}a" for number in range(250)))
    world.goes_on(4)
    assert len(world.aside(DeliveryState.WAITING)) == 100
    hook.always = None
    world.goes_on(300)
    assert len(hook.got) == 250


def test_a_parked_event_can_be_tried_again_unless_a_later_one_was_delivered(world):
    hook = world.outlet()
    hook.answers |= {"1": [Refused("no")], "2": [Refused("no"), Delivered()]}
    world.runs(hook)
    world.happens("1a", "2a", "2b")
    world.goes_on()
    with world.store.transaction():
        hook_id = outlets.get("hook").id
        assert (
            parked_deliveries.retry(hook_id, parked_deliveries.numbers(hook_id), world.now()) == 1
        )
    world.goes_on(70)
    assert hook.got == ["2b", "1a"], "2a would come after 2b"


def test_events_that_somebody_waits_for_are_kept(world):
    hook = world.outlet()
    hook.answers["1"] = [NOT_THIS] * 3
    hook.answers["2"] = [Refused("no")]
    world.runs(hook)
    world.happens("1a", "2a", "3a")
    world.goes_on(3)
    upkeep = EventUpkeep(lambda: world.now() + timedelta(days=40), keep_days=30)
    with world.store.transaction():
        upkeep.thd_prune()
    world.goes_on(120)
    assert hook.got == ["3a", "1a"]
    with world.store.transaction():
        upkeep.thd_prune()
    assert world.aside() == [], "what is parked goes with its age"


def test_a_removed_outlet_is_quiet(world):
    hook = world.outlet()
    world.runs(hook)
    with world.store.transaction():
        outlets.remove("hook")
    world.happens("1a")
    world.goes_on(30)
    assert hook.got == []


def test_outlets_are_started_and_stopped_as_people_set_them_up(world):
    first, second = world.outlet("first"), world.outlet("second")

    class Source:
        now = (first,)

        def outlets(self, _store: Store) -> tuple[Receiver, ...]:
            return self.now

    source = Source()
    reads = world.threads
    service = KeptServices(
        source.outlets, world.make, reactor=world.clock, reads=reads, look_seconds=10
    )
    service.startService()
    world.happens("1a")
    world.goes_on(12)
    source.now = (second,)
    world.goes_on(12)
    world.happens("2a")
    world.goes_on(12)
    assert (first.got, second.got) == (["1a"], ["1a", "2a"])
    service.stopService()


def test_the_pause_doubles_up_to_an_hour_and_a_quarter_of_it_is_chance():
    longest = [pause(attempts, lambda: 1.0).total_seconds() for attempts in (1, 2, 3, 11, 500)]
    assert longest == [5, 10, 20, 3600, 3600]
    assert pause(2, lambda: 0.0) == timedelta(seconds=7.5)
    assert pause(1, lambda: 0.0, timedelta(minutes=3)) == timedelta(minutes=3)
