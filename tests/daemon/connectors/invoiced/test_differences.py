"""What differs on Invoiced without anybody saying so is noticed, and told once it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from shared.operations.platform_differences import EVERY, LASTS
from shared.operations.problems import plan_acknowledge
from simulator.invoiced import acts
from simulator.invoiced.faults import Fault, FaultKind, FaultPlan
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import invoice
from tests.models.payments.builders import applied, received


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def passes(world: Received, span) -> None:
    world.goes_on(span.total_seconds() + 3600, by=1800)


def adds(world: Received, number: str, amount: int) -> None:
    account = world.fake.account
    world.on_invoiced(acts.edit, acts.invoice_named(account, number), add=Decimal(amount))


def test_equal_books_are_compared_once_a_day_and_nobody_is_told(world):
    world.begins()
    read = world.client.lists_read
    passes(world, EVERY)
    assert read["/invoices"] == 1
    passes(world, EVERY)
    assert read["/invoices"] == 2
    assert world.told() == []


def test_a_balance_that_somebody_changed_there_is_told_when_it_lasts(world):
    world.begins()
    passes(world, EVERY / 2)
    adds(world, "101", 5)
    passes(world, EVERY / 2)
    assert world.told() == []
    passes(world, LASTS)
    assert world.told() == [("platform-differs", "Invoice 101")]


def test_less_that_is_due_there_is_told_as_well(world):
    world.begins()
    adds(world, "100", -50)
    passes(world, EVERY)
    passes(world, LASTS)
    assert world.told() == [("platform-differs", "Invoice 100")]
    assert "250.00" in world.opened()[0].message
    assert "200.00" in world.opened()[0].message


def test_an_invoice_that_was_deleted_or_voided_there_is_told(world):
    world.begins()
    account = world.fake.account
    world.on_invoiced(acts.delete, acts.invoice_named(account, "100"))
    world.on_invoiced(acts.void, acts.invoice_named(account, "101"))
    passes(world, EVERY)
    passes(world, LASTS)
    assert {name for _, name in world.told()} == {"Invoice 100", "Invoice 101"}


def test_it_closes_once_both_are_equal_again(world):
    world.begins()
    adds(world, "101", 5)
    passes(world, EVERY)
    passes(world, LASTS)
    adds(world, "101", -5)
    passes(world, EVERY)
    assert world.told() == []


def test_what_a_person_acknowledged_stays_so_until_it_is_another_amount(world):
    world.begins()
    adds(world, "101", 5)
    passes(world, EVERY)
    passes(world, LASTS)
    world.decides(plan_acknowledge, [world.opened()[0].id], "agreed")
    passes(world, EVERY)
    assert world.told() == []
    adds(world, "101", 5)
    passes(world, EVERY)
    passes(world, LASTS)
    assert world.told() == [("platform-differs", "Invoice 101")]


def test_what_is_paid_there_and_on_its_way_is_no_difference(world):
    world.begins()
    world.pays("100")
    passes(world, EVERY)
    passes(world, LASTS)
    assert world.told() == []


def test_a_payment_of_quickbooks_that_somebody_voided_there_is_told_at_once(world):
    world.begins()
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00")))
    world.goes_on()
    (payment,) = world.there("payments")
    world.on_invoiced(acts.void_payment, world.the(str(payment["id"])))
    world.polls()
    assert world.told() == [("platform-differs", "Payment CHK 77")]
    world.quickbooks_deleted(payments=["7B-1"])
    world.goes_on()
    assert world.told() == []


def test_a_payment_of_quickbooks_that_somebody_deleted_there_is_sent_again(world):
    world.begins()
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00")))
    world.goes_on()
    (payment,) = world.there("payments")
    world.on_invoiced(acts.delete_payment, world.the(str(payment["id"])))
    world.polls(8)
    assert world.paid_there()["100"] == 150
    assert world.told() == []


def test_a_comparison_that_fails_is_made_later_and_holds_up_nothing(world):
    world.begins()
    world.fake.service.faults = FaultPlan(
        [Fault(FaultKind.ERROR, "GET /invoices", turn) for turn in (1, 2, 3)]
    )
    adds(world, "101", 5)
    passes(world, EVERY)
    world.quickbooks_has(invoice("1A-102"))
    passes(world, LASTS)
    passes(world, LASTS)
    assert world.paid_there()["102"] == 250
    assert ("platform-differs", "Invoice 101") in world.told()
