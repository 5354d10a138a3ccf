"""Customers, invoices and payments of QuickBooks come to be on the fake Invoiced as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from daemon.connectors.invoiced.values import day, due_day
from shared.rules.connectors import AccountState, SendState, Would
from shared.rules.ledger import Invoice
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import InvoiceStatus, RecordKind
from shared.structs import replace
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.rig import OnInvoiced
from tests.models.builders import both_engines, customer, invoice, line, paid
from tests.models.payments.builders import Till, applied, pays, received

CUSTOMER, INVOICE, PAYMENT = RecordKind.CUSTOMER, RecordKind.INVOICE, RecordKind.PAYMENT
LATER = "2024-06-02T09:00:00"


@pytest.fixture
def world(store_url: str) -> Iterator[OnInvoiced]:
    made = OnInvoiced(store_url)
    yield made
    made.close()


def test_an_invoice_goes_there_with_customer_lines_terms_and_days(world):
    tiles = line(quantity="2.5", rate="10.00", amount=Decimal("25.00"))
    world.quickbooks_has(
        invoice("1A-100", "25.00", lines=(tiles,), po_number="PO 7", memo="Thank you"),
        customers=[customer(bill_address="Larkspur Tile\n1 Quarry Road\nColumbus, OH 43004")],
    )
    world.connects()
    world.runs()
    world.goes_on()
    there = world.numbered("100")
    assert (there["total"], there["balance"], there["currency"]) == (25, 25, "usd")
    assert (there["payment_terms"], there["purchase_order"]) == ("Net 30", "PO 7")
    assert there["notes"] == "Thank you"
    assert [(one["quantity"], one["unit_cost"]) for one in there["items"]] == [(2.5, 10)]
    zone = world.fake.account.profile.time_zone
    assert there["date"] == day(date(2024, 5, 1), zone)
    assert there["due_date"] == due_day(date(2024, 5, 31), zone)
    billed = world.customer_called("Larkspur Tile")
    assert (billed["id"], billed["email"]) == (there["customer"], "books@larkspur.example")
    assert (billed["address1"], billed["city"], billed["state"], billed["postal_code"]) == (
        *("1 Quarry Road", "Columbus", "OH", "43004"),
    )
    assert set(world.states().values()) == {SendState.SENT}


def test_a_payment_recorded_in_quickbooks_goes_there_with_what_it_pays(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.connects()
    world.runs()
    world.goes_on()
    first = applied("1A-100", "50.00")
    second = applied("1A-101", "250.00")
    world.quickbooks_received(
        received("7B-1", first, second, amount=Decimal("300.00"), ref_number="4711", method="Check")
    )
    world.goes_on()
    (payment,) = world.there("payments")
    assert (payment["amount"], payment["source"]) == (300, "accounting_system")
    assert (payment["reference"], payment["method"]) == ("4711", "check")
    assert world.paid_there() == {"100": 200, "101": 0}


def test_what_was_paid_before_is_the_balance_and_is_not_counted_twice(world):
    world.quickbooks_has(
        invoice("1A-100", "150.00", total=Decimal("250.00"), applied=Decimal("-100.00"),
                subtotal=Decimal("250.00"))
    )  # fmt: skip
    world.connects()
    world.runs()
    world.goes_on()
    assert world.numbered("100")["draft"] is False
    assert world.paid_there() == {"100": 150}
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00"), amount=Decimal(100)))
    world.goes_on()
    assert world.paid_there() == {"100": 150}, "it is the payment that was in the baseline"


@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param(("60.00", "40.00"), (), id="two before"),
        pytest.param(("100.00",), ("50.00",), id="one before and one since"),
        pytest.param(("60.00", "40.00"), ("20.00", "30.00"), id="two before and two since"),
        pytest.param(("40.00",), ("50.00", "20.00"), id="and 60.00 of it was a credit"),
    ],
)
@pytest.mark.parametrize("since_first", [False, True])
def test_payments_of_one_sync_that_share_what_was_paid_before_are_told_apart(
    world, before, since, since_first
):
    def held(balance: Decimal) -> Invoice:
        return invoice(
            "1A-100", str(balance), total=Decimal(250), applied=balance - 250, subtotal=Decimal(250)
        )

    world.quickbooks_has(held(Decimal(150)))
    world.connects()
    world.runs()
    world.goes_on()
    owed = 150 - sum(map(Decimal, since), Decimal(0))
    amounts = (*since, *before) if since_first else (*before, *since)
    world.quickbooks_received(
        *(
            received(f"7B-{at}", applied("1A-100", amount), amount=Decimal(amount))
            for at, amount in enumerate(amounts)
        )
    )
    world.quickbooks_has(held(owed))
    world.goes_on()
    assert world.paid_there() == {"100": owed}


def test_a_payment_that_was_read_before_its_invoice_follows_it_there(world):
    world.quickbooks_has(invoice("1A-100"))
    world.quickbooks_received(received("7B-1", applied("1A-101", "60.00"), amount=Decimal(60)))
    world.connects()
    world.runs()
    world.goes_on()
    assert world.there("payments") == []
    world.quickbooks_has(
        invoice("1A-101", "190.00", total=Decimal(250), applied=Decimal(-60), subtotal=Decimal(250))
    )
    world.goes_on()
    assert world.paid_there() == {"100": 250, "101": 190}
    assert [one["amount"] for one in world.there("payments")] == [60]


def test_an_invoice_has_its_customer_sent_where_nobody_asked_for_that_yet(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    world.quickbooks_has(
        invoice("1A-101", customer_list_id="80-2", customer_full_name="Juniper Yoga"),
        customers=[customer(), customer("80-2", "Juniper Yoga")],
    )
    world.goes_on()
    assert world.paid_there() == {"100": 250, "101": 250}
    assert world.customer_called("Juniper Yoga")["id"] == world.numbered("101")["customer"]


@both_engines
def test_the_part_of_a_payment_that_quickbooks_took_goes_there_when_the_rest_is_refused(store_url):
    class Posting(OnInvoiced):
        keeps = Till

    world = Posting(store_url)
    till = world.books
    assert isinstance(till, Till)
    till.owes(
        invoice("1A-100"),
        invoice("1A-101", customer_list_id="80-2", customer_full_name="Juniper Yoga"),
    )
    world.connects()
    world.runs()
    world.goes_on()
    till.take_in(pays("pay_1", "80.00", ("100", "50.00"), ("101", "30.00")))
    till.prepare()
    till.post("pay_1", "9A-1")
    till.move(PostingState.REFUSED, "pay_1", 2, code="3171")
    assert till.stands() == (PaymentStatus.REFUSED, "3171")
    world.goes_on()
    assert [one["amount"] for one in world.there("payments")] == [50]
    assert world.paid_there() == {"100": 200, "101": 250}
    world.close()


def test_a_change_goes_there_and_nothing_is_sent_that_is_there_already(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    world.fake.service.seen.clear()
    world.quickbooks_has(invoice("1A-100", time_modified=LATER, edit_sequence="2"))
    world.goes_on()
    assert world.writes() == []
    world.quickbooks_has(
        invoice("1A-100", "300.00", po_number="9", time_modified="2024-06-03", edit_sequence="3")
    )
    world.goes_on()
    there = world.numbered("100")
    assert (there["total"], there["purchase_order"]) == (300, "9")
    assert world.writes() == [f"PATCH /invoices/{there['id']}"]


def test_a_void_invoice_is_voided_and_a_deleted_one_deleted(world):
    part_paid = {"total": Decimal("250.00"), "subtotal": Decimal("250.00")}
    world.quickbooks_has(
        invoice("1A-100", "150.00", applied=Decimal("-100.00"), **part_paid), invoice("1A-101")
    )
    world.connects()
    world.runs()
    world.goes_on()
    world.quickbooks_has(
        replace(paid(invoice("1A-100")), status=InvoiceStatus.VOID, time_modified=LATER)
    )
    world.quickbooks_deleted("1A-101")
    world.goes_on()
    assert {one["number"]: one["status"] for one in world.there("invoices")} == {"100": "voided"}
    assert world.mapped(INVOICE, "1A-101") is None


def test_a_payment_deleted_in_quickbooks_is_deleted_and_what_it_paid_is_open(world):
    world.quickbooks_has(invoice("1A-100"))
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=Decimal(50)))
    world.connects()
    world.runs()
    world.goes_on()
    world.quickbooks_deleted(payments=["7B-1"])
    world.goes_on()
    assert world.there("payments") == []
    assert world.paid_there() == {"100": 250}


def test_another_invoice_of_the_number_is_left_as_it_is(world):
    other = world.fake.customer("Somebody Else")
    theirs = world.fake.invoice(other, 77, number="100")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    assert world.there("invoices") == [theirs]
    assert world.stands("1A-100").state is SendState.REFUSED


def test_a_number_that_is_taken_between_look_and_write_is_not_overwritten(world):
    world.quickbooks_has(invoice("1A-100"))
    other = world.fake.customer("Somebody Else")
    write = world.platform._api.write

    def taken_first(method, path, values, key):
        if path == "/invoices" and not world.there("invoices"):
            world.fake.invoice(other, 77, number="100")
        return write(method, path, values, key)

    world.platform._api.write = taken_first
    world.connects()
    world.runs()
    world.goes_on()
    assert [one["total"] for one in world.there("invoices")] == [77]
    assert world.stands("1A-100").state is SendState.REFUSED


def test_invoices_without_a_number_are_told_apart(world):
    world.quickbooks_has(invoice("1A-100", number=""), invoice("1A-101", "90.00", number=""))
    world.connects()
    world.runs()
    world.goes_on()
    assert sorted(one["total"] for one in world.there("invoices")) == [90, 250]


def test_a_paid_invoice_is_left_as_it_is(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    world.fake.paid(world.numbered("100"), 250)
    world.quickbooks_has(invoice("1A-100", "300.00", time_modified=LATER, edit_sequence="2"))
    world.goes_on()
    assert world.numbered("100")["total"] == 250
    assert "250.00" in world.stands("1A-100").reason


def test_a_customer_of_the_one_same_name_is_taken_for_ours_and_keeps_its_contacts(world):
    theirs = world.fake.customer("LARKSPUR TILE", phone="555", notes="theirs")
    world.fake.post(f"/customers/{theirs}/contacts", name="Ann", email="ann@larkspur.example")
    world.fake.customer("Another")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    assert world.numbered("100")["customer"] == theirs
    kept = next(one for one in world.there("customers") if one["id"] == theirs)
    assert (kept["phone"], kept["notes"]) == ("555", "theirs"), "what QuickBooks lacks stays"
    assert [one["name"] for one in world.fake.get(f"/customers/{theirs}/contacts")] == ["Ann"]


def test_a_name_that_is_there_twice_waits_for_a_person_who_chooses(world):
    world.fake.customer("Larkspur Tile")
    second = world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    assert world.stands("80-1").would is Would.AMBIGUOUS
    assert world.there("invoices") == []
    world.chooses("80-1", str(second))
    world.goes_on()
    assert world.numbered("100")["customer"] == second


def test_a_person_may_have_one_of_a_known_name_created(world):
    world.fake.customer("Larkspur Tile")
    world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    world.chooses("80-1", "create")
    world.goes_on()
    assert len(world.there("customers")) == 3
    assert world.numbered("100")["customer"] == world.there("customers")[2]["id"]


def test_a_dry_run_writes_nothing(world):
    world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=Decimal(50)))
    world.fake.service.seen.clear()
    world.connects(state=AccountState.PAUSED, is_looking=True)
    world.runs()
    world.goes_on()
    assert world.writes() == []
    assert world.stands("80-1").would is Would.MATCH
    assert world.stands("1A-100").would is Would.CREATE
    assert world.stands("7B-1").would is Would.CREATE


def test_an_invoice_that_moved_to_another_customer_is_told(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    other = customer("80-2", "Harbor Supply")
    world.quickbooks_has(
        invoice("1A-100", customer_list_id="80-2", customer_full_name="Harbor Supply",
                time_modified=LATER, edit_sequence="2"),
        customers=[customer(), other],
    )  # fmt: skip
    world.goes_on()
    assert world.stands("1A-100").state is SendState.REFUSED
    assert "Harbor Supply" in world.stands("1A-100").reason


def test_another_currency_is_refused(world):
    world.quickbooks_has(invoice("1A-100", currency="EUR"))
    world.connects()
    world.runs()
    world.goes_on()
    assert world.there("invoices") == []
    assert world.stands("1A-100").state is SendState.REFUSED


def numbered_there(world: OnInvoiced, name: str, number: str) -> int:
    return world.fake.customer(name, number=number)


@both_engines
def test_a_customer_is_found_by_its_account_number_whatever_it_is_called_there(world):
    there = numbered_there(world, "Larkspur Tile and Stone", "C-77")
    world.quickbooks_has(invoice("1A-100"), customers=[customer(account_number="c-77")])
    world.connects()
    world.runs()
    world.goes_on()
    assert world.mapped(CUSTOMER, "80-1").their_id == str(there)
    assert world.customer_called("Larkspur Tile")["number"] == "C-77", "the number stays theirs"


@both_engines
def test_a_new_customer_bears_its_account_number(world):
    world.quickbooks_has(invoice("1A-100"), customers=[customer(account_number="C-77")])
    world.connects()
    world.runs()
    world.goes_on()
    assert world.customer_called("Larkspur Tile")["number"] == "C-77"


def test_a_number_of_one_and_a_name_of_another_is_for_a_person_to_choose(world):
    numbered_there(world, "Somebody Else", "C-77")
    named = world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"), customers=[customer(account_number="C-77")])
    world.connects()
    world.runs()
    world.goes_on()
    assert world.stands("80-1").would is Would.AMBIGUOUS
    world.chooses("80-1", str(named))
    world.goes_on()
    assert world.numbered("100")["customer"] == named
    assert world.customer_called("Somebody Else")["number"] == "C-77"


def test_a_number_that_two_customers_of_quickbooks_bear_says_nothing(world):
    there = numbered_there(world, "Somebody Else", "C-77")
    both = [
        customer(account_number="C-77"),
        customer("80-2", "Marigold Paving", account_number=" c-77 "),
    ]
    second = {"customer_list_id": "80-2", "customer_full_name": "Marigold Paving"}
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101", **second), customers=both)
    world.connects()
    world.runs()
    world.goes_on()
    assert there not in {one["customer"] for one in world.there("invoices")}
    assert len({one["customer"] for one in world.there("invoices")}) == 2


def test_a_customer_that_is_new_all_the_same_is_written_over_no_other_of_its_number(world):
    there = numbered_there(world, "Somebody Else", "C-77")
    world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"), customers=[customer(account_number="C-77")])
    world.connects()
    world.runs()
    world.goes_on()
    world.chooses("80-1", "create")
    world.goes_on()
    assert world.fake.get(f"/customers/{there}")["name"] == "Somebody Else"
    assert world.numbered("100")["customer"] != there


def deletes(world, number):
    account = world.fake.account
    with account.change():
        acts.delete(account, acts.invoice_named(account, number))


def test_an_invoice_deleted_there_begins_anew_with_what_is_paid_of_it_by_then(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    deletes(world, "100")
    partly = {"total": Decimal(250), "subtotal": Decimal(250), "applied": Decimal(-100)}
    world.quickbooks_has(invoice("1A-100", "150.00", **partly))
    world.goes_on()
    assert world.paid_there() == {"100": 150}
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00")))
    world.goes_on()
    assert world.paid_there() == {"100": 150}


def test_an_invoice_deleted_there_is_created_again_when_it_is_retried(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.connects()
    world.runs()
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00")))
    world.goes_on()
    assert world.paid_there() == {"100": 150, "101": 250}
    deletes(world, "101")
    world.chooses("1A-101", "")
    world.goes_on()
    assert world.paid_there() == {"100": 150, "101": 250}
