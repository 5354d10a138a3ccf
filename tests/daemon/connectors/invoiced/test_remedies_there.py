"""Remedies that send a person to Invoiced work there when they are followed to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from shared.operations import platform_records
from shared.rules.connectors import SendState
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import Received
from tests.daemon.connectors.invoiced.test_equal_books import edited
from tests.models.builders import customer, invoice

TAKE_OFF = "Edit each payment that pays it there, even one of 0, so that it no longer pays"


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def moves(world: Received) -> str:
    """QuickBooks bills invoice 100 to somebody else now; returns what a person is told to do."""
    billed = {"customer_list_id": "80-2", "customer_full_name": "Juniper"}
    world.quickbooks_has(
        edited(invoice("1A-100", **billed)), customers=[customer("80-2", "Juniper")]
    )
    world.settles()
    assert world.told() == [("platform-refused", "Invoice 100")]
    return world.opened()[0].message


def takes_off(world: Received) -> None:
    """Staff edits each payment of invoice 100 so that it no longer pays it."""
    there = world.numbered("100")["id"]
    for one in world.there("payments"):
        if any(row.get("invoice") == there for row in one["applied_to"]):
            world.fake.patch(f"/payments/{one['id']}", applied_to=[])


def deletes(world: Received) -> None:
    world.on_invoiced(acts.delete, acts.invoice_named(world.fake.account, "100"))


def retries(world: Received) -> None:
    world.decides(platform_records.plan_retry, "Larkspur", ["1A-100"])
    world.polls(5)


def billed_there(world: Received) -> str:
    name: str = world.fake.get(f"/customers/{world.numbered('100')['customer']}")["name"]
    return name


def test_an_invoice_that_is_billed_to_another_one_is_deleted_there_and_created_again(world):
    world.begins()
    assert TAKE_OFF not in moves(world)
    deletes(world)
    retries(world)
    assert (billed_there(world), world.told()) == ("Juniper", [])


def test_an_invoice_that_is_closed_there_is_changed_once_it_is_reopened_and_retried(world):
    world.begins()
    there = f"/invoices/{world.numbered('100')['id']}"
    world.fake.patch(there, closed=True)
    world.quickbooks_has(edited(invoice("1A-100"), memo="Thank you"))
    world.settles()
    assert "Reopen it there, then retry it" in world.stands("1A-100").reason
    world.fake.patch(there, closed=False)
    retries(world)
    assert (world.numbered("100")["notes"], world.told()) == ("Thank you", [])


@pytest.mark.parametrize("by", ["card", "check"])
def test_with_a_payment_on_it_that_is_taken_off_first_and_its_money_stays(world, by):
    world.begins()
    made = world.pays("100", by=by, amount=Decimal(100))
    world.polls()
    if by == "card":
        world.posts(made, "9C-1")
    assert TAKE_OFF in moves(world)
    takes_off(world)
    deletes(world)
    retries(world)
    assert (billed_there(world), world.paid_there()["100"]) == ("Juniper", 250)
    told = [("payment-changed-after-sending", f"Payment {made}, 100.00 USD")]
    assert world.told() == (told if by == "card" else [])
    assert not world.the(made)["voided"]


def test_with_a_bank_that_decides_about_its_charge_likewise(world):
    world.begins()
    made = world.pays("100", by="bank", amount=Decimal(100))
    assert TAKE_OFF in moves(world)
    takes_off(world)
    deletes(world)
    retries(world)
    assert (billed_there(world), world.told()) == ("Juniper", [])
    assert not world.the(made)["voided"]


def test_with_what_had_been_paid_before_it_was_sent_likewise(world):
    amounts = {"total": Decimal(250), "applied": Decimal(-100), "subtotal": Decimal(250)}
    world.begins(invoice("1A-100", "150.00", **amounts), invoice("1A-101"))
    billed = {"customer_list_id": "80-2", "customer_full_name": "Juniper"}
    world.quickbooks_has(
        edited(invoice("1A-100", "150.00", **amounts, **billed)),
        customers=[customer("80-2", "Juniper")],
    )
    world.settles()
    assert TAKE_OFF in world.opened()[0].message
    takes_off(world)
    deletes(world)
    retries(world)
    assert (billed_there(world), world.paid_there()["100"], world.told()) == ("Juniper", 150, [])


@pytest.mark.parametrize("amount", [Decimal(100), Decimal(250)])
def test_an_invoice_that_is_deleted_here_goes_there_once_its_payments_are_taken_off(world, amount):
    world.begins()
    made = world.pays("100", amount=amount)
    world.posts_to_quickbooks(made)
    world.quickbooks_deleted("1A-100")
    world.goes_on(3600, by=10)
    assert world.told() == [("platform-refused", "Invoice 100")]
    assert TAKE_OFF in world.opened()[0].message
    takes_off(world)
    retries(world)
    assert (sorted(world.paid_there()), world.the(made)["voided"]) == (["101"], False)
    assert world.stands("1A-100").state is SendState.SENT
    assert {code for code, _ in world.told()} <= {"payment-changed-after-sending"}
