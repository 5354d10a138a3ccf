"""Every kind of fault at every request: the books there are right, and nothing is there twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.rules.connectors import SendState
from shared.rules.values import InvoiceStatus
from shared.structs import replace
from simulator.invoiced.faults import Fault, FaultKind, FaultPlan
from tests.daemon.connectors.invoiced.rig import OnInvoiced
from tests.models.builders import customer, invoice, paid
from tests.models.payments.builders import applied, received

PART_PAID: dict[str, Any] = {
    "total": Decimal("250.00"),
    "subtotal": Decimal("250.00"),
    "applied": Decimal("-100.00"),
}
REQUESTS = 60
"""More than the story takes without a fault."""


def play(url: str, *faults: Fault, killed_at: int = 0) -> OnInvoiced:
    """Invoices and payments come, change and go, with faults at the requests that they take.

    ``killed_at``: the daemon is killed while it waits for the answer to that request.
    """
    world = OnInvoiced(url)
    other = world.fake.customer("Somebody Else")
    world.fake.post(f"/customers/{other}/contacts", name="Ann", email="ann@example.com")
    world.fake.invoice(other, 77, number="666")
    known = world.fake.customer("Larkspur Tile")
    world.fake.post(f"/customers/{known}/contacts", name="Bob", email="bob@example.com")
    world.quickbooks_has(
        invoice("1A-100"),
        invoice("1A-101", "90.00", number=""),
        invoice("1A-102", "150.00", **PART_PAID),
        invoice("1A-103"),
        invoice("1A-104"),
        invoice("1A-666"),
        customers=[customer()],
    )
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=Decimal(50)))
    world.connects()
    world.fake.service.faults = FaultPlan(faults)
    if killed_at:
        world.is_killed_at(killed_at)
    world.runs()
    world.settles()
    world.quickbooks_received(received("7B-2", applied("1A-103", "60.00"), amount=Decimal(60)))
    changed = {"time_modified": "2024-06-02T09:00:00", "edit_sequence": "2"}
    world.quickbooks_has(
        invoice("1A-100", "120.00", **changed),
        replace(paid(invoice("1A-102")), status=InvoiceStatus.VOID),
    )
    world.quickbooks_deleted("1A-104", payments=["7B-1"])
    world.settles()
    world.fake.service.faults = FaultPlan()
    return world


def check(world: OnInvoiced) -> None:
    """The books of Invoiced are those of QuickBooks."""
    living = [one for one in world.there("invoices") if one["status"] != "voided"]
    assert sorted((one["total"], one["balance"]) for one in living) == [
        *((77, 77), (90, 90), (120, 120), (250, 190)),
    ]
    assert [one["number"] for one in world.there("invoices") if one["status"] == "voided"] == [
        "102"
    ]
    payments = [one for one in world.there("payments") if one["amount"] and not one["voided"]]
    assert [one["amount"] for one in payments] == [60]
    names = [one["name"] for one in world.there("customers")]
    assert sorted(names) == ["Larkspur Tile", "Somebody Else"]
    for one in world.there("customers"):
        assert len(world.fake.get(f"/customers/{one['id']}/contacts")) == 1
    stuck = {SendState.WAITING, SendState.LEFT_ALONE, SendState.SKIPPED}
    states = world.states()
    assert not {name: state for name, state in states.items() if state in stuck}
    assert [name for name, state in states.items() if state is SendState.REFUSED] == [
        "invoice/1A-666"
    ]


@pytest.fixture
def played(tmp_path: Path, new_store: Path) -> Iterator[Any]:
    worlds: list[OnInvoiced] = []
    store_url = f"sqlite:///{shutil.copy(new_store, tmp_path)}"

    def run(*faults: Fault, **how: Any) -> OnInvoiced:
        worlds.append(play(store_url, *faults, **how))
        return worlds[-1]

    yield run
    for one in worlds:
        one.close()


def test_without_a_fault(played):
    world = played()
    check(world)
    assert len(world.fake.service.seen) < REQUESTS + 40, len(world.fake.service.seen)


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("turn", range(1, REQUESTS, 11))
def test_a_fault_anywhere(played, kind, turn):
    seconds = 20.0 if kind in (FaultKind.SLOW, FaultKind.LATE) else 0.0
    check(played(Fault(kind, "*", turn, seconds)))


@pytest.mark.parametrize("request_number", range(2, 36, 4))
def test_a_daemon_that_is_killed_at_any_request_is_followed_by_another_one(played, request_number):
    check(played(killed_at=request_number))


def test_a_change_that_is_carried_out_late_is_noticed_and_mended(played_late):
    world = played_late("PATCH /invoices")
    number = invoice("1A-100", "120.00", time_modified="2024-06-02", edit_sequence="2")
    world.quickbooks_has(number)
    world.goes_on(45)
    world.quickbooks_has(replace(number, memo="newest", time_modified="2024-06-03"))
    world.goes_on(LATE - 60)
    assert world.numbered("100")["notes"] == "newest"
    world.goes_on(120)
    assert world.numbered("100")["notes"] is None, "the late one restored what was before"
    world.goes_on(900, by=5)
    assert world.numbered("100")["notes"] == "newest"


def test_a_payment_that_comes_late_after_it_was_deleted_goes_again(played_late):
    world = played_late("POST /payments/accounting_sync")
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=Decimal(50)))
    world.goes_on(90)
    world.quickbooks_deleted(payments=["7B-1"])
    world.goes_on(LATE - 120)
    assert world.there("payments") == []
    world.goes_on(150)
    assert [one["amount"] for one in world.there("payments")] == [50], "it came late"
    world.goes_on(900, by=5)
    assert world.there("payments") == []
    assert world.paid_there() == {"100": 250}


LATE = 240.0


@pytest.fixture
def played_late(tmp_path: Path, new_store: Path) -> Iterator[Any]:
    """An invoice is there, and the first request to an address is carried out late."""
    world = OnInvoiced(f"sqlite:///{shutil.copy(new_store, tmp_path)}")

    def run(where: str) -> OnInvoiced:
        world.quickbooks_has(invoice("1A-100"))
        world.connects()
        world.runs()
        world.settles()
        late = Fault(FaultKind.LATE, where, 1, LATE)
        world.fake.service.faults = FaultPlan([late])
        return world

    yield run
    world.close()
