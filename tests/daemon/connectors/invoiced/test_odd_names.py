"""Names, notes and numbers with accents, control characters and letters of either case."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from shared.operations import platform_records
from shared.rules.connectors import CREATE
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import customer, invoice
from tests.models.payments.builders import applied, received


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def bills(world: Received, *names: str) -> None:
    """Customers of these names, each with an invoice."""
    ids = [f"80-{number}" for number in range(1, len(names) + 1)]
    both = list(zip(ids, names, strict=True))
    world.quickbooks_has(
        *(
            invoice(f"1A-10{n}", customer_list_id=id_, customer_full_name=name)
            for n, (id_, name) in enumerate(both)
        ),
        customers=[customer(id_, name) for id_, name in both],
    )
    world.connects(platform="invoiced")
    world.runs()
    world.goes_on(60)


def names_billed(world: Received) -> dict[str, str]:
    return {
        one["number"]: world.fake.get(f"/customers/{one['customer']}")["name"]
        for one in world.there("invoices")
    }


def test_a_customer_of_invoiced_whose_name_has_other_accents_is_not_taken_for_ours(world):
    theirs = world.fake.customer("Jose Perez")
    bills(world, "José Pérez")
    assert world.fake.get(f"/customers/{theirs}")["name"] == "Jose Perez"
    assert world.told() == [("platform-ambiguous", "Customer José Pérez")]
    world.decides(platform_records.plan_choose, "Larkspur", "80-1", CREATE)
    world.settles()
    assert (names_billed(world), world.told()) == ({"100": "José Pérez"}, [])
    assert world.fake.get(f"/customers/{theirs}")["name"] == "Jose Perez"


def test_it_is_when_a_person_says_so(world):
    theirs = world.fake.customer("Jose Perez")
    bills(world, "José Pérez")
    world.decides(platform_records.plan_choose, "Larkspur", "80-1", str(theirs))
    world.settles()
    assert [one["customer"] for one in world.there("invoices")] == [theirs]
    assert world.fake.get(f"/customers/{theirs}")["name"] == "José Pérez"


def test_two_customers_whose_names_differ_in_accents_alone_stay_two(world):
    bills(world, "José Pérez", "Jose Perez")
    assert [code for code, _ in world.told()] == ["platform-ambiguous"]
    other = world.opened()[0].object_id.removeprefix("customer/")
    world.decides(platform_records.plan_choose, "Larkspur", other, CREATE)
    world.settles()
    assert (names_billed(world), world.told()) == ({"100": "José Pérez", "101": "Jose Perez"}, [])


ODD = "Nul\0 bell\a esc\x1b[31m nel\x85 bidi\u202e tab\t lone\ud800"


def test_odd_characters_of_a_payment_come_in_without_what_no_store_and_no_quickbooks_takes(world):
    world.begins()
    made = world.pays("100")
    theirs = {"id": 1001, "name": ODD}
    world.shows(made, notes=ODD, customer=theirs, method=ODD, reference=ODD, charge={
        "id": 1001, "status": "succeeded", "gateway": ODD, "gateway_id": ODD,
    })  # fmt: skip
    world.polls()
    assert world.told() == []
    payment = world.on_file(made)
    for text in (payment.reference, payment.gateway, payment.customer, payment.method):
        assert text.isprintable(), text
    assert "\0" not in payment.memo


def test_odd_characters_in_the_number_of_an_invoice_of_invoiced_keep_nothing_else_out(world):
    world.begins()
    billed = world.customer_called("Larkspur Tile")["id"]
    theirs = world.fake.invoice(billed, 80, number="5\0\x1b00")
    odd = str(world.fake.charged(theirs, 80)["id"])
    good = world.pays("100")
    world.polls(4)
    assert world.on_file(good) is not None
    documents = [one.document for one in world.on_file(odd).applied]
    assert documents == ["5\ufffd\ufffd00 (Invoiced only)"]


def test_odd_characters_of_quickbooks_go_there_and_nothing_goes_round_and_round(world):
    world.quickbooks_has(
        invoice("1A-100", memo="tab\tnl\nbell\x07", po_number="\x1b7", customer_full_name="A\tB"),
        customers=[customer("80-1", "A\tB", phone="\x0b555")],
    )
    world.connects(platform="invoiced")
    world.runs()
    world.settles()
    world.quickbooks_received(
        received("7B-1", applied("1A-100", "100.00"), memo="m\x07\n", ref_number="C\x0b1")
    )
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 150}, [])
    sent = len(world.writes())
    world.decides(platform_records.plan_retry, "Larkspur", ["1A-100", "80-1"])
    world.settles()
    assert len(world.writes()) == sent


def test_ids_that_differ_in_case_alone_are_two_records(world):
    amount = Decimal("30.00")
    world.begins(invoice("1A-10f", number="200"), invoice("1A-10F", number="201"))
    world.settles()
    world.quickbooks_received(received("7B-1a", applied("1A-10f", "30.00"), amount=amount))
    world.goes_on(30)
    world.quickbooks_received(received("7B-1A", applied("1A-10F", "30.00"), amount=amount))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"200": 220, "201": 220}, [])
