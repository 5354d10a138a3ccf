"""Customers and contacts, as the API lets a caller have them."""

from __future__ import annotations

import pytest

from tests.simulator.invoiced.builders import Fake, Refused


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_a_customer_gets_a_number_and_the_country_of_the_company(fake):
    made = fake.post("/customers", name="Acme", metadata={"rep": "Jan"})
    assert made["object"] == "customer"
    assert made["number"] == "CUST-00001"
    assert (made["country"], made["active"], made["metadata"]) == ("US", True, {"rep": "Jan"})
    assert fake.get(f"/customers/{made['id']}") == made


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "A", "number": "9" * 33}, "number"),
        ({"name": "A", "type": "club"}, "type"),
        ({"name": "A", "metadata": {f"k{n}": "v" for n in range(11)}}, "metadata"),
        ({"name": "A", "metadata": {"k": "v" * 256}}, "metadata"),
        ({"name": "A", "parent_customer": 77}, "parent_customer"),
    ],
)
def test_what_is_wrong_with_a_customer_is_named(fake, values, param):
    with pytest.raises(Refused) as refused:
        fake.post("/customers", **values)
    assert refused.value.status == 400
    assert refused.value.said["type"] == "invalid_request"
    assert refused.value.said["param"] == param
    assert fake.get("/customers") == []


def test_a_number_is_taken_once_and_a_name_as_often_as_one_likes(fake):
    fake.customer("Acme", number="A-1")
    assert fake.customer("Acme")
    with pytest.raises(Refused, match="The given customer number has already been taken: a-1"):
        fake.customer("Acme", number="a-1")


def test_only_what_is_sent_changes_and_an_unchanged_customer_keeps_its_time(fake):
    id_ = fake.customer("Acme", email="a@example.com")
    fake.clock.advance(10)
    assert fake.patch(f"/customers/{id_}", phone="1")["email"] == "a@example.com"
    moved = fake.get(f"/customers/{id_}")["updated_at"]
    fake.clock.advance(10)
    assert fake.patch(f"/customers/{id_}", phone="1")["updated_at"] == moved


def test_null_clears_what_may_be_empty_and_nothing_else(fake):
    id_ = fake.customer("Acme", email="a@example.com", number="A-1")
    nulls = {"email": None, "number": None, "active": None, "type": None, "metadata": None}
    after = fake.patch(f"/customers/{id_}", **nulls)
    assert after["email"] is None
    assert (after["number"], after["active"], after["type"]) == ("A-1", True, "company")
    with pytest.raises(Refused, match="Missing required parameter: name"):
        fake.patch(f"/customers/{id_}", name=None)


def test_parents_make_no_circle_and_no_more_than_five_levels(fake):
    top = fake.customer("Top")
    below = fake.customer("Below", parent_customer=top)
    with pytest.raises(Refused, match="Cannot set sub-customer as a parent"):
        fake.patch(f"/customers/{top}", parent_customer=below)
    with pytest.raises(Refused, match="Cannot set parent customer as self"):
        fake.patch(f"/customers/{top}", parent_customer=top)
    deepest = below
    for level in range(3):
        deepest = fake.customer(f"L{level}", parent_customer=deepest)
    with pytest.raises(Refused, match="more than five levels"):
        fake.customer("Too deep", parent_customer=deepest)


def test_a_customer_with_documents_is_not_deleted(fake):
    id_, idle = fake.customer(), fake.customer("Idle")
    fake.invoice(id_)
    with pytest.raises(Refused, match="Customers with transactions cannot be deleted"):
        fake.ask("DELETE", f"/customers/{id_}")
    assert fake.ask("DELETE", f"/customers/{idle}") is None
    assert fake.events()[-1] == "customer.deleted"
    with pytest.raises(Refused) as gone:
        fake.get(f"/customers/{idle}")
    assert (gone.value.status, gone.value.said["message"]) == (
        404,
        f"Customer was not found: {idle}",
    )


def test_contacts_are_kept_changed_and_deleted(fake):
    id_, other = fake.customer(), fake.customer("Other")
    contact = fake.post(f"/customers/{id_}/contacts", name="Nancy", email="n@example.com")
    path = f"/customers/{id_}/contacts/{contact['id']}"
    assert fake.patch(path, phone="5")["name"] == "Nancy"
    assert [one["phone"] for one in fake.get(f"/customers/{id_}/contacts")] == ["5"]
    with pytest.raises(Refused, match="Contact was not found"):
        fake.get(f"/customers/{other}/contacts/{contact['id']}")
    fake.ask("DELETE", path)
    assert fake.get(f"/customers/{id_}/contacts") == []


def test_a_balance_tells_what_is_owed_late_and_to_spend(fake):
    id_ = fake.customer()
    invoice = fake.invoice(id_, 100, due_date=5)
    fake.invoice(id_, 50)
    rows = [
        {"type": "invoice", "invoice": invoice["id"], "amount": 30},
        {"type": "credit", "amount": 5},
    ]
    fake.post("/payments", amount=35, customer=id_, applied_to=rows)
    told = fake.get(f"/customers/{id_}/balance")
    assert (told["total_outstanding"], told["due_now"], told["available_credits"]) == (120, 70, 5)
    assert told["past_due"] is True
