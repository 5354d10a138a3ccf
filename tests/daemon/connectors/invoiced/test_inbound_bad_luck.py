"""Faults and kills while payments come in: each is on file once, and its TxnID is shown there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from daemon.connectors.invoiced.api import ApiRefusal
from daemon.connectors.invoiced.platform import Invoiced
from shared.models import problems
from shared.rules.payments.values import ChargeState, PaymentStatus
from shared.rules.values import ProblemState
from simulator.invoiced import acts
from simulator.invoiced.faults import Fault, FaultKind, FaultPlan
from tests.daemon.connectors.invoiced.receiving import A_POLL, Received
from tests.daemon.connectors.invoiced.rig import Direct

OF_A_PAYMENT = ("payment-refunded", "payment-disputed", "payment-returned")


@pytest.fixture
def world(tmp_path: Path, new_store: Path) -> Iterator[Received]:
    made = Received(f"sqlite:///{shutil.copy(new_store, tmp_path)}")
    made.begins()
    yield made
    made.close()


def settles(world: Received, hours: float = 0.25) -> None:
    """Time passes in which all that failed is tried again."""
    world.goes_on(hours * 3600, by=15)


def arrives(world: Received) -> str:
    made = world.pays("100")
    settles(world)
    return made


def told_of_payments(world: Received) -> list[str]:
    with world.store.reading():
        found = problems.list_problems(world.id, [ProblemState.OPEN])
    return [one.code for one in found if one.code in OF_A_PAYMENT]


def test_the_txn_id_of_a_posted_payment_is_shown_there_once(world):
    made = arrives(world)
    world.posts(made, "9A-1")
    settles(world)
    assert world.noted(made) == "9A-1"
    before = len(world.writes())
    settles(world)
    assert len(world.writes()) == before
    assert world.on_file(made).status is PaymentStatus.POSTED


def test_a_payment_that_does_not_take_its_txn_id_lets_the_others_have_theirs(world):
    first, second = world.pays("100"), world.pays("101")
    settles(world)
    write = world.client.write

    def locked(method: str, path: str, values: Any, key: str) -> Any:
        if path == f"/payments/{first}":
            raise ApiRefusal(400, "The payment is being updated by another process.")
        return write(method, path, values, key)

    world.client.write = locked
    world.posts(first, "9A-1")
    world.posts(second, "9A-2")
    settles(world)
    assert (world.noted(first), world.noted(second)) == ("", "9A-2")


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (acts.refund, "payment-refunded"),
        (acts.dispute, "payment-disputed"),
        (acts.void_payment, "payment-returned"),
        (acts.delete_payment, "payment-returned"),
    ],
)
def test_what_happens_to_a_posted_payment_there_is_told_and_changes_nothing_in_quickbooks(
    world, act, code
):
    made = arrives(world)
    world.posts(made, "9A-1")
    settles(world)
    world.on_invoiced(act, world.the(made))
    settles(world)
    assert told_of_payments(world) == [code]
    payment = world.on_file(made)
    assert (payment.status, payment.amount) == (PaymentStatus.POSTED, 250)
    assert (payment.charge_state is ChargeState.FAILED) is (code == "payment-returned")


FAULTS = (
    *(FaultKind.LIMIT, FaultKind.ERROR, FaultKind.HTML, FaultKind.DROP_BEFORE),
    *(FaultKind.DROP_AFTER, FaultKind.CUT, FaultKind.HANG, FaultKind.LATE),
)


def play(world: Received, meanwhile: Callable[[str], None]) -> list[str]:
    """Payments come in, are posted and shown, and one is refunded; something happens meanwhile."""
    meanwhile("GET /payments")
    made = [world.pays("100"), world.pays("101")]
    settles(world)
    for number, one in enumerate(made):
        world.posts(one, f"9A-{number}")
    meanwhile("PATCH /payments")
    settles(world)
    meanwhile("GET /events")
    world.on_invoiced(acts.refund, world.the(made[0]), Decimal(50))
    settles(world)
    return made


def check(world: Received, made: list[str]) -> None:
    assert [world.on_file(one).amount for one in made] == [250, 250]
    assert [world.noted(one) for one in made] == ["9A-0", "9A-1"]
    assert [world.on_file(one).refunded for one in made] == [50, 0]
    assert told_of_payments(world) == ["payment-refunded"]
    assert world.arrivals_told() == []
    there = [one for one in world.there("payments") if not one["voided"]]
    assert sorted(str(one["id"]) for one in there) == sorted(made)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_every_step_loses_and_doubles_nothing(world, kind):
    seconds = 30.0 if kind in (FaultKind.LIMIT, FaultKind.LATE) else 0.0

    def fails(where: str) -> None:
        plan = [Fault(kind, where, turn, seconds) for turn in (1, 2)]
        world.fake.service.faults = FaultPlan(plan)

    check(world, play(world, fails))


def test_more_requests_than_it_may_are_made_only_after_the_time_that_was_asked_for(world):
    world.fake.service.faults = FaultPlan([Fault(FaultKind.LIMIT, "GET /payments", 1, 300.0)])
    world.goes_on(A_POLL + 15, by=15)
    before = world.asked()
    world.goes_on(240, by=15)
    assert world.asked() == before
    world.goes_on(120, by=15)
    assert world.asked() > before


@pytest.mark.parametrize("request_number", [1, 2])
@pytest.mark.parametrize("step", ["GET /payments", "PATCH /payments", "GET /events"])
def test_a_daemon_that_is_killed_at_any_step_is_followed_by_another_one(
    world, step, request_number
):
    def is_killed(where: str) -> None:
        if where != step:
            return
        for worker in world.workers:
            worker.stopService()
        its_own = Clock()
        dying = Direct(world.fake, answered_until=request_number)
        world.runs("dies", platform=Invoiced(dying), clock=its_own)
        world.on_death = lambda: pump(world, its_own)

    world.on_death = lambda: None
    made = play_with_deaths(world, is_killed)
    check(world, made)


def pump(world: Received, its_own: Clock) -> None:
    for _ in range(12):
        its_own.advance(5)
        world.fake.clock.advance(5)
        world.clock.advance(5)
    world.goes_on(150, by=15)
    world.runs("follows")
    world.on_death = lambda: None


def play_with_deaths(world: Received, is_killed: Callable[[str], None]) -> list[str]:
    """As ``play``; the daemon that is to die works after each thing that happens."""
    is_killed("GET /payments")
    made = [world.pays("100"), world.pays("101")]
    world.on_death()
    settles(world)
    for number, one in enumerate(made):
        world.posts(one, f"9A-{number}")
    is_killed("PATCH /payments")
    world.on_death()
    settles(world)
    is_killed("GET /events")
    world.on_invoiced(acts.refund, world.the(made[0]), Decimal(50))
    world.on_death()
    settles(world)
    return made
