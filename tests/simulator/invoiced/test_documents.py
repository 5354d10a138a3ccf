"""Invoices and credit notes: amounts that are computed, and changes that are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.simulator.invoiced.builders import NOON, Fake, Refused, line


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def acme(fake) -> int:
    return fake.customer()


def test_amounts_are_computed_from_lines_taxes_and_discounts(fake, acme):
    lines = [
        {**line(0.335, 3), "amount": 99},  # an amount that is sent does not count
        {**line(10), "taxes": [{"amount": 0.8}], "discounts": [{"amount": 1}]},
    ]
    made = fake.post("/invoices", customer=acme, items=lines, tax=3.85, discount=5, total=7)
    assert [one["amount"] for one in made["items"]] == [Decimal("1.01"), 10]
    assert made["subtotal"] == Decimal("11.01")
    assert [row["amount"] for row in made["taxes"]] == [Decimal("3.85")]
    assert [row["amount"] for row in made["discounts"]] == [5]
    assert made["total"] == made["balance"] == Decimal("9.66")
    assert fake.get(f"/invoices/{made['id']}/line_items") == made["items"]


def test_amounts_are_json_numbers(fake, acme):
    body = fake.answer("POST", "/invoices", {"customer": acme, "items": [line(134.6)]}).body
    assert b'"total": 134.6,' in body


def test_an_invoice_without_a_number_gets_the_next_free_one(fake, acme):
    fake.invoice(acme, number="INV-00002")
    assert [fake.invoice(acme)["number"] for _ in range(2)] == ["INV-00003", "INV-00004"]


def test_a_number_that_is_taken_is_refused(fake, acme):
    fake.invoice(acme, number="A1")
    with pytest.raises(Refused) as refused:
        fake.invoice(acme, number="a1")
    assert refused.value.said == {
        "type": "invalid_request",
        "message": "The given invoice number has already been taken: a1",
        "param": "number",
    }


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        ({"active": False}, "the customer is inactive"),
        ({"credit_hold": True}, "it has a credit hold"),
    ],
)
def test_a_customer_may_get_no_new_invoice(fake, customer, said):
    id_ = fake.customer(**customer)
    with pytest.raises(Refused, match=said):
        fake.invoice(id_, 100)
    assert fake.get("/invoices") == []


def test_a_status_follows_time_and_payments(fake, acme):
    invoice = fake.invoice(acme, due_date=NOON + 10)
    path = f"/invoices/{invoice['id']}"
    assert fake.get(path)["status"] == "not_sent"
    fake.clock.advance(11)
    assert fake.get(path)["status"] == "past_due"
    payment = fake.charged(invoice, 100, "ach")
    assert (fake.get(path)["status"], fake.get(path)["balance"]) == ("pending", 100)
    fake.ask("DELETE", f"/payments/{payment['id']}")
    fake.paid(invoice, 100)
    paid = fake.get(path)
    assert (paid["status"], paid["paid"], paid["closed"], paid["balance"]) == (
        "paid",
        True,
        True,
        0,
    )
    assert "invoice.paid" in fake.events(type="invoice")


def test_an_invoice_of_nothing_is_paid_at_once(fake, acme):
    assert fake.invoice(acme, 0)["status"] == "paid"


def test_a_paid_invoice_is_frozen_and_reopens_when_its_payment_goes(fake, acme):
    invoice = fake.invoice(acme)
    payment = fake.paid(invoice, 100)
    path = f"/invoices/{invoice['id']}"
    with pytest.raises(Refused, match="this document is closed"):
        fake.patch(path, notes="late")
    fake.ask("DELETE", f"/payments/{payment['id']}")
    assert (fake.get(path)["closed"], fake.get(path)["balance"]) == (False, 100)
    assert fake.patch(path, notes="late")["notes"] == "late"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_invoice_always_has_a_number_a_currency_and_a_date(fake, acme, nothing):
    before = fake.invoice(acme)
    path = f"/invoices/{before['id']}"
    after = fake.patch(path, number=nothing, currency=nothing, date=None, purchase_order=nothing)
    assert after == before
    with pytest.raises(Refused, match="date"):
        fake.patch(path, date=10**14)


def test_what_an_invoice_does_not_allow_is_refused(fake, acme):
    other = fake.customer("Other")
    invoice = fake.invoice(acme)
    path = f"/invoices/{invoice['id']}"
    with pytest.raises(Refused, match="customer cannot be modified"):
        fake.patch(path, customer=other)
    with pytest.raises(Refused, match="Cannot save as a draft"):
        fake.patch(path, draft=True)
    fake.charged(invoice, 10, "ach")
    with pytest.raises(Refused, match="when there is a pending payment"):
        fake.patch(path, items=[line(99)])
    with pytest.raises(Refused, match="it has a pending payment"):
        fake.post(f"{path}/void")


def test_a_document_is_voided_once_and_then_rests(fake, acme):
    path = f"/invoices/{fake.invoice(acme)['id']}"
    voided = fake.post(f"{path}/void")
    assert (voided["status"], voided["balance"], voided["paid"]) == ("voided", 0, False)
    with pytest.raises(Refused, match="already been voided"):
        fake.post(f"{path}/void")
    with pytest.raises(Refused, match="this document is voided"):
        fake.patch(path, notes="x")


def test_a_document_that_something_was_applied_to_stays(fake, acme):
    invoice, note = fake.invoice(acme), fake.post("/credit_notes", customer=acme, items=[line(40)])
    path = f"/invoices/{invoice['id']}"
    row = {
        "type": "credit_note",
        "document_type": "invoice",
        "invoice": invoice["id"],
        "credit_note": note["id"],
        "amount": 40,
    }
    payment = fake.post("/payments", amount=0, customer=acme, applied_to=[row])
    used = fake.get(f"/credit_notes/{note['id']}")
    assert (used["status"], used["balance"]) == ("paid", 0)
    assert (fake.get(path)["balance"], payment["balance"]) == (60, 0)
    with pytest.raises(Refused, match="it has a credit note applied"):
        fake.post(f"{path}/void")
    with pytest.raises(Refused, match="it has been applied to an invoice"):
        fake.post(f"/credit_notes/{note['id']}/void")
    with pytest.raises(Refused, match="cannot be deleted"):
        fake.ask("DELETE", path)
    assert fake.problems() == []


def test_a_deleted_invoice_is_left_in_the_events_alone(fake, acme):
    invoice = fake.invoice(acme)
    fake.ask("DELETE", f"/invoices/{invoice['id']}")
    assert fake.get("/invoices") == []
    told = fake.get("/events", related_to=f"invoice,{invoice['id']}")[0]
    assert (told["type"], told["data"]["object"]["number"]) == (
        "invoice.deleted",
        invoice["number"],
    )
    assert fake.invoice(acme)["id"] > invoice["id"]


@pytest.mark.parametrize("beside", [True, False])
def test_an_event_has_the_previous_values_inside_its_data_or_beside(beside):
    fake = Fake(previous_beside=beside)
    path = f"/invoices/{fake.invoice(fake.customer())['id']}"
    fake.clock.advance(5)
    fake.patch(path, notes="new")
    event = fake.get("/events")[0]
    holder = event if beside else event["data"]
    assert event["type"] == "invoice.updated"
    assert holder["previous"] == {"notes": None, "updated_at": NOON}
