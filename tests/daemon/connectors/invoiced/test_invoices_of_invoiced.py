"""A payment of an invoice that only Invoiced has pays no other one that gets its number later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.models.payments import postings
from shared.operations import platform_mappings, platform_records
from shared.rules.connectors import AccountState
from shared.rules.payments.values import PaymentStatus
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import customer, invoice

NAME, ANOTHER = "Larkspur Tile", ("arrival-refused", "Invoiced payment 1001")


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def pays_theirs(world: Received, amount: int = 80, number: str = "500") -> str:
    """Staff bills the customer of ours on Invoiced alone, and that one is paid."""
    world.begins()
    billed = world.customer_called(NAME)["id"]
    made = str(world.fake.charged(world.fake.invoice(billed, amount, number=number), amount)["id"])
    world.polls()
    return made


def names(world: Received, made: str) -> list[str]:
    return [use.document for use in world.on_file(made).applied]


def planned(world: Received, made: str) -> list[str]:
    """The invoices that it is to pay in QuickBooks."""
    payment = world.on_file(made)
    with world.store.reading():
        parts = postings.of_payment(payment.id) if payment.status is PaymentStatus.READY else []
    return [use.invoice_txn_id for part in parts for use in part.uses]


def test_it_waits_under_a_name_that_no_invoice_of_quickbooks_can_have(world):
    made = pays_theirs(world)
    assert world.on_file(made).status is PaymentStatus.WAITING
    assert names(world, made) == ["500 (Invoiced only)"]


@pytest.mark.parametrize("ours", ["500", " 500", "0500"])
def test_an_invoice_of_another_amount_that_gets_the_number_is_not_paid_and_a_person_is_told(
    world, ours
):
    made = pays_theirs(world)
    world.quickbooks_has(invoice("1A-500", "300.00", number=ours))
    world.polls(4)
    assert (world.on_file(made).status, planned(world, made)) == (PaymentStatus.WAITING, [])
    assert (ANOTHER in world.told()) is (ours != "0500")


def test_the_same_invoice_keyed_in_quickbooks_as_well_is_paid(world):
    made = pays_theirs(world)
    world.quickbooks_has(invoice("1A-500", "80.00", number="500"))
    world.polls(4)
    assert (names(world, made), planned(world, made)) == (["500"], ["1A-500"])


def test_of_another_customer_it_is_not_paid(world):
    made = pays_theirs(world)
    billed = {"customer_list_id": "80-2", "customer_full_name": "Juniper"}
    world.quickbooks_has(
        invoice("1A-500", "80.00", number="500", **billed), customers=[customer("80-2", "Juniper")]
    )
    world.polls(4)
    assert (world.on_file(made).status, planned(world, made)) == (PaymentStatus.REFUSED, [])


def test_renumbered_there_the_problem_closes_and_the_payment_waits_on(world):
    made = pays_theirs(world)
    world.quickbooks_has(invoice("1A-500", "300.00", number="500"))
    world.polls(4)
    theirs = world.numbered("500")
    world.fake.patch(f"/invoices/{theirs['id']}", number="OLD-500", closed=False)
    world.decides(platform_records.plan_retry, "Larkspur", ["1A-500"])
    world.polls(20)
    assert (names(world, made), world.told()) == (["OLD-500 (Invoiced only)"], [])
    assert world.paid_there()["500"] == 300


def test_an_invoice_that_a_person_left_out_since_it_is_there_already_is_paid(world):
    made = pays_theirs(world)
    world.quickbooks_has(invoice("1A-500", "86.40", number="500"))
    world.polls(4)
    world.decides(platform_records.plan_skip, "Larkspur", ["1A-500"], "the same, with tax")
    world.polls(20)
    assert (planned(world, made), world.told()) == (["1A-500"], [])


def test_an_invoice_that_a_person_matches_to_it_is_paid(world):
    made = pays_theirs(world)
    theirs = world.numbered("500")
    world.decides(platform_mappings.plan_map, "Larkspur", "101", str(theirs["id"]))
    world.polls(4)
    assert planned(world, made) == ["1A-101"]


def test_an_invoice_that_came_while_it_was_paused_is_seen_when_it_goes_on(world):
    made = pays_theirs(world)
    world.sets(AccountState.PAUSED)
    world.quickbooks_has(invoice("1A-500", "80.00", number="500"))
    world.polls(4)
    assert planned(world, made) == []
    world.sets(AccountState.LIVE)
    world.polls(4)
    assert planned(world, made) == ["1A-500"]
