"""Long work leaves room for others: no slice takes long, whatever an item costs."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from shared.models.sqlite import TURN_SECONDS
from shared.operations import slices


class Machine:
    """A store and a clock: each item takes so many seconds, and a pause as long as it says.

    ``programs`` share the processor.
    """

    def __init__(self, seconds_an_item: float, programs: int = 1) -> None:
        self.seconds_an_item = seconds_an_item
        self.programs = programs
        self.now = 0.0
        self.done: list[int] = []
        self.held: list[float] = []
        self.paused: list[float] = []

    @contextmanager
    def transaction(self, *, lasting):
        assert not lasting
        began = self.now
        yield
        self.held.append(self.now - began)

    def write(self, items) -> None:
        self.done += items
        self.now += len(items) * self.seconds_an_item

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.now / self.programs

    def sleep(self, seconds: float) -> None:
        self.paused.append(seconds)


@pytest.fixture
def run(monkeypatch):
    def run(seconds_an_item: float, count: int = 5000, programs: int = 1) -> Machine:
        machine = Machine(seconds_an_item, programs)
        monkeypatch.setattr(slices, "time", machine)
        slices.in_slices(machine, range(count), machine.write)
        assert machine.done == list(range(count))
        return machine

    return run


@pytest.mark.parametrize("milliseconds", [0.05, 0.2, 0.5, 1, 2, 4])
def test_no_slice_keeps_others_waiting_for_a_quarter_of_a_second(run, milliseconds):
    assert max(run(milliseconds / 1000).held) <= 0.25


@pytest.mark.parametrize("milliseconds", [0.1, 0.2, 0.5])
def test_slices_grow_until_they_take_as_long_as_they_may(run, milliseconds):
    held = run(milliseconds / 1000).held
    assert max(held) <= 1.01 * slices.WANTED_SECONDS
    assert sum(held) / len(held) > slices.WANTED_SECONDS / 2


def test_an_item_that_costs_more_than_those_before_makes_the_next_slice_short(run, monkeypatch):
    machine = Machine(0.0001)
    monkeypatch.setattr(slices, "time", machine)

    def write(items) -> None:
        machine.seconds_an_item = 0.0001 if items[0] < 1000 else 0.001
        machine.write(items)

    slices.in_slices(machine, range(3000), write)
    assert sum(one > 0.06 for one in machine.held) <= 1


def test_others_get_their_turn_between_two_slices(run):
    machine = run(0.0005)
    assert len(machine.paused) == len(machine.held) - 1
    assert min(machine.paused) >= 2.5 * TURN_SECONDS, "who waits looks several times"


def test_on_a_busy_machine_slices_are_not_more(run):
    alone, beside_others = run(0.0002), run(0.0004, programs=2)
    assert len(alone.held) == len(beside_others.held)
    assert max(run(0.0005, programs=20).held) <= 0.16, "nor as long as it likes"
