"""What would make the books differ in silence is mended, or a person is told what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.operations import connectors as operations
from shared.operations import platform_mappings
from shared.rules.connectors import SendState
from shared.rules.ledger import Invoice
from shared.rules.values import InvoiceStatus
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import invoice, paid
from tests.models.payments.builders import applied, received

ALL = Decimal(250)


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def edited(one: Invoice, **fields: Any) -> Invoice:
    """The invoice after somebody changed it in QuickBooks."""
    sequence = str(int(one.edit_sequence) + 1)
    return replace(
        one, edit_sequence=sequence, time_modified=f"2024-06-02T09:00:0{sequence[-1]}", **fields
    )


def comes_to(one: Invoice, total: int) -> Invoice:
    amount = Decimal(total)
    status = InvoiceStatus.OPEN if total else InvoiceStatus.PAID
    return edited(one, total=amount, subtotal=amount, balance=amount, status=status)


# What is paid on both sides.


def test_a_payment_that_was_made_there_and_recorded_by_hand_is_not_counted_twice(world):
    world.begins()
    world.pays("100")
    world.polls()
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(1800, by=10)
    assert world.paid_there() == {"100": 0, "101": 250}
    assert ("platform-refused", "Payment 7B-1") in world.told()
    world.decides(operations.plan_skip, "Larkspur", ["7B-1"], "it is the one of Invoiced")
    assert world.told() == []


def test_taken_off_there_the_payment_of_quickbooks_goes_when_it_is_retried(world):
    world.begins()
    there = world.pays("100")
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(1800, by=10)
    world.on_invoiced(acts.void_payment, world.the(there))
    world.decides(operations.plan_retry, "Larkspur", ["7B-1"])
    world.goes_on(20)
    assert world.paid_there() == {"100": 0, "101": 250}
    assert world.stands("7B-1").state is SendState.SENT


def test_a_payment_that_is_recorded_anew_goes_once_the_other_one_is_deleted(world):
    world.begins()
    world.quickbooks_received(received("7B-9", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(20)
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.quickbooks_deleted(payments=["7B-9"])
    world.settles()
    assert world.paid_there() == {"100": 0, "101": 250}
    assert [one["amount"] for one in world.there("payments")] == [250]
    assert world.told() == []


# Which record there is which.


def test_mapped_to_another_invoice_the_old_one_gets_no_payment_and_a_person_is_told(world):
    world.begins()
    old = world.numbered("100")
    other = world.fake.invoice(old["customer"], 250, number="900")
    world.decides(platform_mappings.plan_map, "Larkspur", "100", str(other["id"]))
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(60)
    assert world.there("payments") == []
    assert ("platform-refused", "Invoice 100") in world.told()
    world.fake.ask("DELETE", f"/invoices/{old['id']}")
    world.decides(operations.plan_retry, "Larkspur", ["1A-100"])
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 0, "101": 250}, [])
    assert world.numbered("100")["id"] == other["id"]


def test_an_invoice_that_was_forgotten_and_renumbered_there_is_not_sent_a_second_time(world):
    world.begins()
    there = world.numbered("100")
    world.fake.patch(f"/invoices/{there['id']}", number="100-X")
    world.decides(platform_mappings.plan_map, "Larkspur", "100", "")
    world.goes_on(20)
    assert sorted(world.paid_there()) == ["100", "101"]
    assert world.numbered("100")["id"] == there["id"]


def test_a_customer_of_other_books_is_linked_anew_when_a_person_chose_it(world):
    """Invoiced finds whom to bill by that link, or else takes the first of the name."""
    world.fake.customer("Larkspur Tile")
    chosen = world.fake.customer("Larkspur Tile", number="L-2")
    world.fake.imports("customers", "OLD-1", number="L-2", name="Larkspur Tile")
    world.begins(invoice("1A-100", number=""), invoice("1A-101"))
    world.decides(operations.plan_choose, "Larkspur", "80-1", str(chosen))
    world.goes_on(20)
    world.quickbooks_received(received("7B-1", applied("1A-101", "50.00"), amount=Decimal(50)))
    world.goes_on(20)
    assert {one["customer"] for one in world.there("invoices")} == {chosen}
    assert (world.paid_there()["101"], world.told()) == (200, [])


def test_a_customer_that_was_merged_there_is_told_with_the_one_it_is_now(world):
    world.begins()
    old, kept = world.numbered("100")["customer"], world.fake.customer("Larkspur Inc")
    world.fake.post(f"/customers/{kept}/merge", customer=old)
    world.quickbooks_has(edited(invoice("1A-100"), memo="Thank you"), invoice("1A-102"))
    world.goes_on(20)
    assert {("platform-refused", f"Invoice {one}") for one in (100, 102)} <= {*world.told()}
    assert f"map NAME 80-1 --as {kept}" in world.stands("1A-100").reason
    world.decides(platform_mappings.plan_map, "Larkspur", "80-1", str(kept))
    world.decides(operations.plan_retry, "Larkspur", [])
    world.settles()
    assert (sorted(world.paid_there()), world.told()) == (["100", "101", "102"], [])
    assert {one["customer"] for one in world.there("invoices")} == {kept}


# Numbers.


def test_two_invoices_that_swap_their_numbers_do_so_there(world):
    first, second = invoice("1A-100", "10.00"), invoice("1A-101", "20.00")
    world.begins(first, second)
    world.quickbooks_has(edited(first, number="101"), edited(second, number="100"))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"101": 10, "100": 20}, [])


def test_an_invoice_gets_a_number_that_another_one_leaves(world):
    first, second = invoice("1A-100", "10.00"), invoice("1A-101", "20.00")
    world.begins(first, second)
    world.quickbooks_has(edited(first, number="101"), edited(second, number="102"))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"101": 10, "102": 20}, [])


# What Invoiced changes no more.


def test_a_paid_invoice_that_comes_to_something_else_in_quickbooks_is_told(world):
    one = invoice("1A-100")
    world.begins(one)
    world.posts_to_quickbooks(world.pays("100"))
    world.quickbooks_has(edited(paid(one)))
    world.goes_on(20)
    assert world.told() == []
    less = {"total": Decimal(200), "subtotal": Decimal(200), "applied": Decimal(-200)}
    world.quickbooks_has(edited(edited(paid(one)), **less))
    world.goes_on(20)
    assert world.told() == [("platform-differs", "Invoice 100")]


def test_an_invoice_that_came_to_nothing_for_a_while_is_told(world):
    one = invoice("1A-100")
    world.begins(one)
    nothing = comes_to(one, 0)
    world.quickbooks_has(nothing)
    world.goes_on(20)
    assert (world.paid_there(), world.told()) == ({"100": 0}, [])
    world.quickbooks_has(comes_to(nothing, 100))
    world.goes_on(20)
    assert world.told() == [("platform-differs", "Invoice 100")]
