"""What a payment may be applied to, and what becomes of charges."""

from __future__ import annotations

import pytest

from simulator.invoiced import payments
from simulator.invoiced.errors import ApiError
from tests.simulator.invoiced.builders import Fake, Refused, line, on_invoice


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def acme(fake) -> int:
    return fake.customer()


def shown(fake: Fake, id_: int):
    return fake.get(f"/payments/{id_}", include="applied_to")


def settle(fake: Fake, payment, *, succeeds: bool) -> None:
    with fake.account.change():
        charge = fake.account.the("charges", payment["charge"]["id"])
        payments.settle(fake.account, charge, succeeds=succeeds)


def test_a_payment_pays_several_invoices_and_keeps_the_rest(fake, acme):
    one, two = fake.invoice(acme, 100), fake.invoice(acme, 50)
    rows = [on_invoice(one, 100), on_invoice(two, 20)]
    made = fake.post("/payments", amount=130, applied_to=rows, method="check", reference="77")
    assert (made["customer"], made["source"], made["balance"]) == (acme, "keyed", 10)
    assert "applied_to" not in made
    assert [row["amount"] for row in shown(fake, made["id"])["applied_to"]] == [100, 20]
    assert [row["balance"] for row in fake.get("/invoices")] == [0, 30]
    assert fake.problems() == []


def test_a_fee_is_part_of_the_amount_and_an_overpayment_is_credit_to_spend(fake, acme):
    invoice, later = fake.invoice(acme, 100), fake.invoice(acme, 10)
    extra = [{"type": "convenience_fee", "amount": 3}, {"type": "credit", "amount": 7}]
    made = fake.post("/payments", amount=110, applied_to=[on_invoice(invoice, 100), *extra])
    assert made["balance"] == 0
    spend = {
        "type": "applied_credit",
        "document_type": "invoice",
        "invoice": later["id"],
        "amount": 7,
    }
    fake.post("/payments", amount=0, customer=acme, applied_to=[spend], source="customer_portal")
    assert fake.get(f"/invoices/{later['id']}")["balance"] == 3
    assert fake.get(f"/customers/{acme}/balance")["available_credits"] == 0
    with pytest.raises(Refused, match="credit balance to become -7"):
        fake.ask("DELETE", f"/payments/{made['id']}")
    with pytest.raises(Refused, match="credit balance to become"):
        fake.post("/payments", amount=0, customer=acme, applied_to=[{**spend, "amount": 1}])
    assert fake.problems() == []


def test_more_than_an_invoice_owes_is_taken_and_an_audit_says_so(fake, acme):
    invoice = fake.invoice(acme, 100)
    fake.paid(invoice, 60)
    fake.paid(invoice, 60)
    after = fake.get(f"/invoices/{invoice['id']}")
    assert (after["balance"], after["status"]) == (-20, "paid")
    assert fake.problems() == [f"invoice {invoice['number']}: the balance -20.00 is below 0"]


def rows_for(fake: Fake, acme: int, case: str):
    invoice = fake.invoice(acme, 100)
    if case == "twice":
        return [on_invoice(invoice, 1), on_invoice(invoice, 2)]
    if case == "too much":
        return [on_invoice(invoice, 51)]
    if case == "nothing":
        return [on_invoice(invoice, 0)]
    if case == "unknown":
        return [on_invoice({"id": 77}, 1)]
    if case == "no type":
        return [{"amount": 1}]
    if case == "another customer":
        return [on_invoice(fake.invoice(fake.customer("Other"), 10), 1)]
    if case == "another currency":
        return [on_invoice(fake.invoice(acme, 10, currency="eur"), 1)]
    fake.post(f"/invoices/{invoice['id']}/void")
    return [on_invoice(invoice, 1)]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("twice", "only be applied once per payment"),
        ("too much", "cannot exceed the payment amount"),
        ("nothing", "must be greater than 0"),
        ("unknown", "Could not find invoice: 77"),
        ("no type", "Missing `type` parameter"),
        ("another customer", "does not belong to the customer"),
        ("another currency", "does not match the payment currency"),
        ("voided", "this document is voided"),
    ],
)
def test_an_application_that_does_not_fit_leaves_nothing_behind(fake, acme, case, said):
    rows = rows_for(fake, acme, case)
    events = fake.events()
    with pytest.raises(Refused, match=said) as refused:
        fake.post("/payments", amount=50, customer=acme, applied_to=rows)
    assert refused.value.said["param"] == "applied_to"
    assert fake.get("/payments") == []
    assert fake.events() == events


def test_a_parent_may_pay_for_its_job(fake, acme):
    job = fake.customer("Job", parent_customer=acme)
    rows = [on_invoice(fake.invoice(acme, 10), 10), on_invoice(fake.invoice(job, 20), 20)]
    assert fake.post("/payments", amount=30, customer=acme, applied_to=rows)["balance"] == 0


def test_a_payment_is_applied_anew_by_an_edit(fake, acme):
    one, two = fake.invoice(acme, 100), fake.invoice(acme, 100)
    payment = fake.paid(one, 50)
    kept = shown(fake, payment["id"])["applied_to"][0]
    rows = [on_invoice(one, 20), on_invoice(two, 30)]
    fake.patch(f"/payments/{payment['id']}", applied_to=rows)
    after = shown(fake, payment["id"])["applied_to"]
    assert after[0]["id"] == kept["id"]
    assert [one["balance"] for one in fake.get("/invoices")] == [80, 70]
    with pytest.raises(Refused, match="cause the balance to go below 0"):
        fake.patch(f"/payments/{payment['id']}", amount=40)
    assert fake.patch(f"/payments/{payment['id']}", amount=60)["balance"] == 10


def test_another_customer_takes_a_payment_off_its_invoices_and_a_currency_stays(fake, acme):
    payment = fake.paid(fake.invoice(acme), 50)
    path = f"/payments/{payment['id']}"
    with pytest.raises(Refused, match="You must first unapply the payment"):
        fake.patch(path, currency="eur")
    assert fake.patch(path, customer=fake.customer("Other"))["balance"] == 50
    assert fake.patch(path, currency="eur")["currency"] == "eur"
    assert fake.get("/invoices")[0]["balance"] == 100


def test_a_voided_payment_frees_its_invoices_and_cannot_be_edited(fake, acme):
    invoice = fake.invoice(acme)
    payment = fake.paid(invoice, 100)
    fake.clock.advance(9)
    voided = fake.ask("DELETE", f"/payments/{payment['id']}")
    assert (voided["voided"], voided["updated_at"]) == (True, payment["updated_at"] + 9)
    assert fake.events()[-1] == "payment.deleted"
    assert fake.get(f"/invoices/{invoice['id']}")["balance"] == 100
    with pytest.raises(Refused, match="voided and cannot be edited"):
        fake.patch(f"/payments/{payment['id']}", notes="x")
    with pytest.raises(Refused, match="already been voided"):
        fake.ask("DELETE", f"/payments/{payment['id']}")


def test_payments_know_their_parameters_and_refuse_others(fake, acme):
    with pytest.raises(Refused, match="The option 'accounting_source' does not exist") as refused:
        fake.post("/payments", amount=1, accounting_source="invoiced")
    assert refused.value.said["param"] == "request"
    with pytest.raises(Refused, match="Missing required parameter: amount"):
        fake.post("/payments", customer=acme)


def test_success_of_a_pending_charge_does_not_move_the_payment(fake, acme):
    invoice = fake.invoice(acme)
    payment = fake.charged(invoice, 100, "ach")
    assert (payment["charge"]["status"], payment["source"]) == ("pending", "api")
    fake.clock.advance(86_400)
    settle(fake, payment, succeeds=True)
    after = shown(fake, payment["id"])
    assert after["charge"]["status"] == "succeeded"
    assert after["updated_at"] == payment["updated_at"]
    assert fake.get("/payments", updated_after=payment["updated_at"]) == []
    assert fake.get(f"/invoices/{invoice['id']}")["status"] == "paid"
    assert "charge.succeeded" in fake.events(type="charge")


def test_failure_of_a_pending_charge_voids_the_payment_and_moves_it(fake, acme):
    invoice = fake.invoice(acme)
    payment = fake.charged(invoice, 100, "ach")
    fake.clock.advance(86_400)
    settle(fake, payment, succeeds=False)
    after = fake.get("/payments", updated_after=payment["updated_at"])
    assert [(one["voided"], one["charge"]["status"]) for one in after] == [(True, "failed")]
    assert fake.get(f"/invoices/{invoice['id']}")["status"] == "not_sent"
    with pytest.raises(ApiError, match="The charge is failed already"):
        settle(fake, after[0], succeeds=True)


def test_a_refund_or_dispute_moves_neither_payment_nor_invoice(fake, acme):
    invoice = fake.invoice(acme)
    payment = fake.charged(invoice, 100)
    charge = payment["charge"]["id"]
    fake.clock.advance(5)
    refund = fake.post(f"/charges/{charge}/refunds", amount=30)
    with fake.account.change():
        payments.dispute(fake.account, fake.account.the("charges", charge))
    after = fake.get(f"/payments/{payment['id']}")
    assert (after["updated_at"], after["voided"]) == (payment["updated_at"], False)
    assert after["charge"]["refunds"] == [refund]
    assert (after["charge"]["amount_refunded"], after["charge"]["disputed"]) == (30, True)
    assert fake.get(f"/invoices/{invoice['id']}")["status"] == "paid"
    assert fake.events()[-2:] == ["refund.created", "dispute.created"]
    with pytest.raises(Refused, match="refund amount"):
        fake.post(f"/charges/{charge}/refunds", amount=71)


@pytest.mark.parametrize("touches", [True, False])
def test_naming_an_accounting_id_alone_may_move_a_payment_or_not(touches):
    fake = Fake(mapping_touches=touches)
    payment = fake.paid(fake.invoice(fake.customer()), 5)
    fake.clock.advance(5)
    path = f"/payments/{payment['id']}"
    names = {"accounting_system": "quickbooks_desktop", "accounting_id": "9-1"}
    moved = fake.patch(path, **names)["updated_at"] - payment["updated_at"]
    assert moved == (5 if touches else 0)
    status = fake.get(f"{path}/accounting_sync_status")
    assert (status["accounting_id"], status["source"]) == ("9-1", "accounting_system")
    fake.patch(path, **{**names, "accounting_id": "9-2"})
    assert fake.get(f"{path}/accounting_sync_status")["accounting_id"] == "9-1"


def test_a_credit_note_may_go_to_the_credit_balance(fake, acme):
    note = fake.post("/credit_notes", customer=acme, items=[line(40)])
    row = {"type": "credit_note", "credit_note": note["id"], "amount": 40}
    fake.post("/payments", amount=0, customer=acme, applied_to=[row])
    assert fake.get(f"/customers/{acme}/balance")["available_credits"] == 40
    with pytest.raises(Refused, match="added to the customer's credit balance"):
        fake.post(f"/credit_notes/{note['id']}/void")
