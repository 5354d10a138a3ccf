"""A dispute is told, and over when it is won, although nothing tells that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.operations.payments import plan_retry
from shared.rules.payments.values import PaymentStatus
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import Received


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def test_a_dispute_that_is_won_closes_its_problem(world):
    world.begins()
    made = world.pays("100")
    world.posts_to_quickbooks(made)
    world.on_invoiced(acts.dispute, world.the(made))
    world.polls(6)
    assert world.told() == [("payment-disputed", f"Payment {made}, 250.00 USD")]
    world.on_invoiced(acts.win, world.the(made))
    world.polls(6)
    assert (world.told(), world.watched()) == ([], [])
    assert world.on_file(made).status is PaymentStatus.POSTED


def test_disputed_before_it_was_posted_it_goes_when_that_is_won_and_a_person_retries_it(world):
    world.begins()
    made = world.pays("100")
    world.on_invoiced(acts.dispute, world.the(made))
    world.polls(6)
    assert [code for code, _ in world.told()] == ["payment-disputed-before"]
    world.on_invoiced(acts.win, world.the(made))
    world.polls(6)
    world.decides(plan_retry, [world.on_file(made).id])
    world.goes_on(5)
    assert not world.on_file(made).disputed
    assert (world.on_file(made).status, world.told()) == (PaymentStatus.READY, [])


def test_a_dispute_that_is_lost_stays_told_and_is_looked_at_once_a_day_at_last(world):
    world.begins()
    made = world.pays("100")
    world.posts_to_quickbooks(made)
    world.on_invoiced(acts.dispute, world.the(made))
    world.polls(6)
    world.on_invoiced(acts.refund, world.the(made))
    world.polls(6)
    assert {code for code, _ in world.told()} == {"payment-disputed", "payment-refunded"}
    world.goes_on(timedelta(days=33).total_seconds(), by=7200)
    read = len(world.client.payments_read)
    world.goes_on(timedelta(days=2).total_seconds(), by=3600)
    assert len(world.client.payments_read) - read <= 3
