"""Histories from seeds: the same seed gives the same history, always.

First chaos: each history allows a few kinds of faults and gives each its own rate ("swarm"), so
that rare ones meet often. Then quiet, in which everything must settle.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from random import Random
from typing import Any

from daemon.transitions import NoSuchMove
from tests.payments_model.poster import WINDOW, Item, Rules
from tests.payments_model.quickbooks import WELL, Fate, Habits, Violation, Wrong
from tests.payments_model.world import FORGETTING, Fault, World

LATE = (Fault.LATE, Fault.LATE_AND_SAID)
FAULTS = tuple(fault for fault in Fault if fault not in (Fault.NONE, *LATE))
FORGOTTEN = Fate(keeps="")
STEPS_BETWEEN_CALLS = (1, 5, 40, 400, 1000)
STEPS_BETWEEN_SESSIONS = (10, 60, 300, 890, 1000, 2500)
NOTHING, *WRONG = Wrong
PRODUCT = Rules()


class Lateness(Enum):
    """How long a request that was given up on may still run."""

    NEVER = "never"
    IN_WINDOW = "up to just under the doubt window"
    ANY_TIME = "at any time: more than the protocol admits"


def history(
    seed: int,
    lateness: Lateness = Lateness.IN_WINDOW,
    kept: str = "",
    rules: Rules = PRODUCT,
    strict: bool = True,
) -> World:
    """Play one history to its end; raises Violation, with the seed and all that happened.

    ``kept`` fixes how many message sets QuickBooks remembers, "all" or "one". With lateness at
    any time, QuickBooks loses no record of what it did: nothing else could tell a copy from
    its first one.
    """
    fate = Random(seed)
    world = _world(fate, kept, rules, strict)
    try:
        _chaos(world, fate, lateness)
        world.quiet()
    except (Violation, NoSuchMove) as wrong:
        told = f"seed {seed}, {lateness.name}: {wrong}\n{world.told()}"
        raise Violation(told) from wrong
    return world


def caught(seeds: Iterable[int], saying: str = "", **how: Any) -> Violation | None:
    """What the first history tells that breaks an invariant, or just the one that is named."""
    for seed in seeds:
        try:
            history(seed, **how)
        except Violation as violation:
            if saying in str(violation):
                return violation
    return None


def _world(fate: Random, kept: str, rules: Rules, strict: bool) -> World:
    habits = Habits(
        kept or fate.choice(("all", "one")),
        fate.choice(("answer", "status", "recovery")),
        fate.choice(("runs", "refused")),
    )
    items = [
        Item(tag, fate.randrange(1, 99999), fate.choice(WRONG) if fate.random() < 0.1 else NOTHING)
        for tag in range(1, fate.randrange(2, 5))
    ]
    return World(habits, items, rules, strict)


def _chaos(world: World, fate: Random, lateness: Lateness) -> None:
    faults = _faults(fate, lateness)
    rate = fate.choice((0.1, 0.3, 0.6))
    longest = 20000 if lateness is Lateness.ANY_TIME else WINDOW
    forgets = lateness is not Lateness.ANY_TIME
    people = fate.random() < 0.3
    for _ in range(fate.randrange(2, 9)):
        world.advance(fate.choice(STEPS_BETWEEN_SESSIONS))
        world.begin()
        for _ in range(fate.randrange(2, 14)):
            if people and fate.random() < 0.3:
                _act(world, fate)
            if world.stale and fate.random() < 0.3:
                world.deliver_stale()
            if fate.random() < 0.05:
                world.read()
            fault = fate.choice(faults) if fate.random() < rate else Fault.NONE
            later = FORGOTTEN if forgets and fate.random() < 0.3 else WELL
            goes_on = world.call(fault, 1 + int(fate.random() * (longest - 1)), later)
            # Now and then it asks again, as if nothing had happened.
            if not goes_on and fate.random() < 0.8:
                break
            world.advance(fate.choice(STEPS_BETWEEN_CALLS))


def _faults(fate: Random, lateness: Lateness) -> list[Fault]:
    faults = [
        fault
        for fault in fate.sample(FAULTS, fate.randrange(1, 6))
        if not (lateness is Lateness.ANY_TIME and fault in FORGETTING)
    ]
    if lateness is not Lateness.NEVER and fate.random() < 0.5:
        faults.append(fate.choice(LATE))
    return faults or [Fault.REPLY_LOST]


def _act(world: World, fate: Random) -> None:
    """What people do: the operator here, the bookkeeper in QuickBooks."""
    poster = world.poster
    item = fate.choice(poster.items)
    act = fate.random()
    if act < 0.3:
        world.settle_now()
    elif act < 0.6:
        poster.retry(item)
    elif act < 0.8:
        poster.skip(item)
    elif act < 0.9:
        world.delete(fate.randrange(9), traced=fate.random() < 0.8)
    else:
        world.change(fate.randrange(9))
