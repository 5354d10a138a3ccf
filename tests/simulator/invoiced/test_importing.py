"""The import endpoints, with each trap that a connector has to know."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.simulator.invoiced.builders import NOON, Fake, Refused, line

HARBOR = {"accounting_id": "8-1", "name": "Harbor Supply"}


@pytest.fixture
def fake() -> Fake:
    return Fake()


def invoice(fake: Fake, accounting_id: str = "1A-1", amount: float = 100, **more):
    values = {"number": "1042", "date": NOON, "customer": HARBOR, "items": [line(amount)]}
    return fake.imports("invoices", accounting_id, **{**values, **more})


def payment(fake: Fake, accounting_id: str, *rows, **more):
    return fake.imports("payments", accounting_id, applied_to=list(rows), **more)


def of(accounting_id: str, amount: float, **more):
    return {"amount": amount, "invoice": {"accounting_id": accounting_id}, **more}


def test_an_invoice_comes_with_its_customer_and_both_are_mapped(fake):
    done = invoice(fake, tax=9, due_date=NOON + 86_400, payment_terms="Net 30")
    made = done["object"]
    assert (done["action"], made["total"], made["due_date"]) == ("create", 109, NOON + 86_400)
    customer = fake.get("/customers")[0]
    assert made["customer"] == customer["id"]
    for path in (f"/customers/{customer['id']}", f"/invoices/{made['id']}"):
        assert fake.get(f"{path}/accounting_sync_status")["synced"]
    assert fake.events() == ["customer.created", "invoice.created"]


def test_the_same_accounting_id_updates_and_only_what_is_sent_changes(fake):
    first = invoice(fake, metadata={"a": "1", "b": "2"})["object"]
    again = fake.imports(
        "invoices", "1A-1", number="1043", items=[line(70)], metadata={"b": "", "c": "3"}
    )
    assert (again["action"], again["object"]["id"]) == ("update", first["id"])
    assert (again["object"]["number"], again["object"]["total"]) == ("1043", 70)
    assert again["object"]["metadata"] == {"a": "1", "c": "3"}
    assert again["object"]["date"] == first["date"]


def test_another_document_with_the_same_number_is_overwritten_and_mapped_anew(fake):
    first = invoice(fake, "1A-1", 100)["object"]
    second = invoice(fake, "1A-2", 7)
    assert (second["action"], second["object"]["id"]) == ("update", first["id"])
    assert len(fake.get("/invoices")) == 1
    path = f"/invoices/{first['id']}/accounting_sync_status"
    assert fake.get(path)["accounting_id"] == "1A-2"


def test_a_customer_is_found_by_id_then_number_then_name_and_the_first_one_counts(fake):
    first, second = fake.customer("Acme", number="A-1"), fake.customer("Acme", number="A-2")

    def found(accounting_id: str, **values):
        return fake.imports("customers", accounting_id, **values)["object"]["id"]

    assert found("8-1", name="ACME") == first
    assert found("8-2", name="Acme", number="a-2") == second
    assert found("8-2", name="Renamed") == second
    assert found("8-3", name="Renamed", number="A-9") not in (first, second)


def test_a_nested_customer_without_an_id_blanks_the_mapping(fake):
    invoice(fake)
    invoice(fake, "1A-2", number="2", customer={"name": "Harbor Supply"})
    customer = fake.get("/customers")[0]
    path = f"/customers/{customer['id']}/accounting_sync_status"
    assert fake.get(path)["accounting_id"] == ""


def test_the_customer_of_a_known_invoice_is_not_read(fake):
    before = invoice(fake)["object"]["customer"]
    after = invoice(fake, customer={"accounting_id": "8-9", "name": "Other"})["object"]
    assert after["customer"] == before
    assert len(fake.get("/customers")) == 1


def test_a_list_of_contacts_is_all_contacts_from_then_on(fake):
    id_ = fake.imports("customers", "8-1", name="Acme")["object"]["id"]
    fake.post(f"/customers/{id_}/contacts", name="Added by staff")
    fake.imports("customers", "8-1", name="Acme", phone="1")
    assert len(fake.get(f"/customers/{id_}/contacts")) == 1
    fake.imports("customers", "8-1", contacts=[{"name": "Nancy", "email": "n@example.com"}])
    assert [one["name"] for one in fake.get(f"/customers/{id_}/contacts")] == ["Nancy"]


def test_a_customer_is_deleted_while_it_has_nothing(fake):
    assert fake.imports("customers", "8-9", deleted=True) == {"action": None, "object": None}
    fake.imports("customers", "8-9", name="Idle")
    assert fake.imports("customers", "8-9", deleted=True)["action"] == "delete"
    assert fake.get("/customers") == []
    invoice(fake)
    with pytest.raises(Refused, match="Could not delete customer: Customers with transactions"):
        fake.imports("customers", "8-1", deleted=True)


def test_the_first_email_overwrites_unless_one_is_sent(fake):
    emails = ["a@example.com", "b@example.com"]
    made = fake.imports("customers", "8-1", name="Acme", email="own@example.com", emails=emails)
    path = f"/customers/{made['object']['id']}"
    assert made["object"]["email"] == "own@example.com"
    assert [one["email"] for one in fake.get(f"{path}/contacts")] == emails
    fake.imports("customers", "8-1", emails=emails)
    assert fake.get(path)["email"] == "a@example.com"


def test_a_parent_is_found_or_made(fake):
    parent = {"accounting_id": "8-1", "name": "Top"}
    made = fake.imports("customers", "8-2", name="Top:Job", parent_customer=parent)["object"]
    assert fake.get(f"/customers/{made['parent_customer']}")["name"] == "Top"
    kept = fake.imports("customers", "8-2", phone="1")["object"]
    assert kept["parent_customer"] == made["parent_customer"]
    cleared = fake.imports("customers", "8-2", parent_customer=None)["object"]
    assert cleared["parent_customer"] is None


def test_a_paid_invoice_is_left_as_it_is(fake):
    invoice(fake)
    payment(fake, "P-1", of("1A-1", 100))
    done = invoice(fake, amount=250)
    assert (done["action"], done["object"]["total"]) == (None, 100)


def test_a_balance_is_reached_by_an_adjustment_until_something_real_is_applied(fake):
    made = invoice(fake, balance=40)["object"]
    assert made["balance"] == 40
    adjustment = fake.get("/payments", include="applied_to")[0]
    assert (adjustment["amount"], adjustment["source"], adjustment["charge"]) == (0, "keyed", None)
    assert adjustment["applied_to"][0]["amount"] == 60
    assert invoice(fake, balance=50)["object"]["balance"] == 50
    assert len(fake.get("/payments")) == 1
    fake.paid(made, 10)
    assert invoice(fake, balance=5)["object"]["balance"] == 40
    with pytest.raises(Refused, match="it has a payment applied"):
        invoice(fake, voided=True)


@pytest.mark.parametrize(("balance", "said"), [(-1, "negative"), (101, "greater than the total")])
def test_a_balance_that_cannot_be_leaves_nothing_behind(fake, balance, said):
    with pytest.raises(Refused, match=said):
        invoice(fake, balance=balance)
    assert fake.get("/invoices") == fake.get("/customers") == []


def test_voids_and_deletions(fake):
    assert invoice(fake, voided=True) == {"action": None, "object": None}
    assert invoice(fake, deleted=True) == {"action": None, "object": None}
    invoice(fake)
    assert invoice(fake, voided=True)["action"] == "void"
    assert invoice(fake, voided=True)["action"] is None
    assert invoice(fake)["action"] is None
    invoice(fake, "1A-2", number="2")
    assert invoice(fake, "1A-2", deleted=True)["action"] == "delete"
    assert len(fake.get("/invoices")) == 1


def test_a_payment_is_what_its_known_documents_get(fake):
    invoice(fake)
    done = payment(fake, "P-1", of("1A-1", 60), of("1A-9", 40), amount=500, reference="55")
    made = done["object"]
    assert (done["action"], made["amount"], made["balance"]) == ("create", 60, 0)
    assert (made["source"], made["reference"]) == ("accounting_system", "55")


def test_a_payment_for_nothing_known_makes_no_payment_and_no_customer(fake):
    done = payment(fake, "P-1", of("1A-9", 40), customer={"accounting_id": "8-5", "name": "New"})
    assert done == {"action": None, "object": None}
    assert fake.get("/customers") == fake.get("/payments") == []


def test_a_payment_is_updated_voided_and_deleted(fake):
    invoice(fake)
    payment(fake, "P-1", of("1A-1", 60))
    assert payment(fake, "P-1", of("1A-1", 70))["action"] == "update"
    assert fake.get("/invoices")[0]["balance"] == 30
    assert payment(fake, "P-1", voided=True)["action"] == "void"
    assert payment(fake, "P-1", of("1A-1", 1))["action"] is None
    payment(fake, "P-2", of("1A-1", 5))
    assert payment(fake, "P-2", deleted=True)["action"] == "delete"
    assert payment(fake, "P-3", voided=True) == {"action": None, "object": None}
    assert fake.get("/invoices")[0]["balance"] == 100


def test_a_credit_note_and_the_list_of_what_it_is_applied_to(fake):
    made = invoice(fake)["object"]
    row = of("1A-1", 30, type="credit_note", document_type="invoice")
    row |= {"credit_note": {"accounting_id": "C-1"}}
    values = {"number": "C1", "customer": HARBOR, "items": [line(30)]}
    fake.imports("credit_notes", "C-1", **values)
    note = payment(fake, "P-1", row)["object"]
    assert note["amount"] == 0
    assert fake.get(f"/invoices/{made['id']}")["balance"] == 70
    fake.imports("credit_notes", "C-1", payments=[{"accounting_id": "P-9", "applied_to": []}])
    assert fake.get(f"/payments/{note['id']}")["voided"]


def test_what_invoiced_owns_is_never_touched(fake):
    made = fake.invoice(fake.customer(), number="W-1")
    owner = {"accounting_system": "quickbooks_desktop", "accounting_id": "1A-7"}
    fake.patch(f"/invoices/{made['id']}", **owner, accounting_source="invoiced")
    assert fake.imports("invoices", "1A-7", number="W-2")["action"] is None
    assert fake.imports("invoices", "1A-7", voided=True)["action"] is None
    assert fake.get(f"/invoices/{made['id']}")["number"] == "W-1"


def test_autopay_keeps_its_terms_and_an_issued_invoice_is_no_draft_again(fake):
    made = invoice(fake, autopay=True, payment_terms="AutoPay")["object"]
    after = invoice(fake, payment_terms="Net 30", draft=True)["object"]
    assert (after["payment_terms"], after["draft"]) == (made["payment_terms"], False)


def test_a_closed_invoice_is_updated(fake):
    made = invoice(fake)["object"]
    fake.patch(f"/invoices/{made['id']}", closed=True)
    assert invoice(fake, amount=80)["object"]["total"] == 80


def test_an_iso_date_is_midnight_where_the_company_is(fake):
    made = invoice(fake, date="2026-01-31")["object"]
    midnight = datetime(2026, 1, 31, tzinfo=ZoneInfo("America/New_York"))
    assert made["date"] == midnight.timestamp()


@pytest.mark.parametrize(
    ("kind", "values", "param"),
    [
        ("customers", {"name": ["A"]}, "name"),
        ("customers", {"metadata": 5}, "metadata"),
        ("invoices", {"customer": 1001}, "customer"),
        ("invoices", {"customer": {"accounting_id": []}}, "accounting_id"),
        ("payments", {"applied_to": "all"}, "applied_to"),
        ("payments", {"applied_to": [{"invoice": 1001}]}, "invoice"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(fake, kind, values, param):
    with pytest.raises(Refused) as refused:
        fake.imports(kind, "1-1", **values)
    assert refused.value.said["param"] == param


def test_a_refusal_says_what_was_attempted(fake):
    with pytest.raises(Refused, match="Could not create Invoice: Customer missing"):
        fake.imports("invoices", "1A-1", items=[line(1)])
    with pytest.raises(Refused, match="Could not create customer: The `name` parameter"):
        fake.imports("customers", "8-1", name="x" * 300)
    with pytest.raises(Refused, match="Unrecognized integration: None"):
        fake.post("/customers/accounting_sync", accounting_id="8-1", name="A")
