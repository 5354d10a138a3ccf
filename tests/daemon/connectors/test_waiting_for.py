"""What waits for another record says for which one, and the remedy of that one sends both."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from shared.operations import platform_records
from shared.operations.deciding import Operator, carry_out
from shared.operations.platform_standing import view_standing
from shared.rules.connectors import SendState
from shared.rules.outlets import Refused
from tests.daemon.connectors.rig import World
from tests.daemon.connectors.test_seam import Told
from tests.models.builders import invoice, on_both_engines
from tests.models.payments.builders import applied, received

pytest_generate_tests = on_both_engines


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url, Told())
    yield made
    made.close()


def with_a_refused(world: World, name: str) -> None:
    """An invoice with a payment, and the platform refuses a record of that once."""
    world.platform.answers[name] = [Refused("too long")]
    world.quickbooks_has(invoice("1A-100"))
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=Decimal(50)))
    world.connects()
    world.runs()
    world.goes_on(20)


def shown(world: World) -> dict[str, str]:
    """The records that a person sees in the status, with why they stand so."""
    with world.store.reading():
        return {one.name: one.reason for one in view_standing(world.store, "Larkspur").held_up}


def decides(world: World, plan: Any, *args: Any) -> None:
    with world.store.reading():
        made = plan(world.store, "Larkspur", *args)
    carry_out(Operator(world.store, "olga"), made)
    world.goes_on(20)


def test_a_payment_of_a_refused_invoice_names_it_and_goes_once_that_is_retried(world):
    with_a_refused(world, "invoice/1A-100")
    assert shown(world).keys() == {"invoice/1A-100", "payment/7B-1"}
    assert "invoice 100" in shown(world)["payment/7B-1"]
    assert "refused" in shown(world)["payment/7B-1"]
    decides(world, platform_records.plan_retry, ["1A-100"])
    assert set(world.states().values()) == {SendState.SENT}
    assert shown(world) == {}


def test_a_payment_of_a_skipped_invoice_stays_here_and_goes_with_it_when_that_is_retried(world):
    with_a_refused(world, "invoice/1A-100")
    decides(world, platform_records.plan_skip, ["1A-100"], "keyed by hand")
    assert world.states()["payment/7B-1"] is SendState.NOT_NEEDED
    decides(world, platform_records.plan_retry, ["1A-100"])
    assert set(world.states().values()) == {SendState.SENT}


def test_the_invoices_of_a_skipped_customer_say_so_and_go_with_it_when_it_is_retried(world):
    with_a_refused(world, "customer/80-1")
    decides(world, platform_records.plan_skip, ["80-1"], "keyed by hand")
    assert "skipped" in shown(world)["invoice/1A-100"]
    assert "invoice 100" in shown(world)["payment/7B-1"]
    decides(world, platform_records.plan_retry, ["80-1"])
    assert set(world.states().values()) == {SendState.SENT}
