"""People on Invoiced, and the audit that watches them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from simulator.invoiced import acts, audit
from simulator.invoiced.account import Account
from tests.simulator.invoiced.builders import Fake

ROUND = 400


@pytest.fixture
def fake() -> Fake:
    return Fake()


def busy(fake: Fake) -> Fake:
    """A few customers with invoices, of which one is a job of another."""
    acme = fake.customer("Acme")
    owners = [acme, fake.customer("Job", parent_customer=acme), fake.customer("Harbor")]
    for n in range(90):
        fake.invoice(owners[n % 3], 20 + n)
    return fake


@pytest.mark.parametrize("seed", range(6))
def test_the_books_add_up_whatever_people_do(seed):
    fake = busy(Fake())
    acts.random_acts(fake.account, ROUND, seed)
    assert fake.problems() == []


def test_the_same_seed_does_the_same_and_every_kind_of_act_happens():
    def story(seed: int) -> list[str]:
        return [one.sentence for one in acts.random_acts(busy(Fake()).account, ROUND, seed)]

    assert story(3) == story(3) != story(4)
    words = Counter(sentence.rsplit(" ", 1)[1] for sentence in story(3))
    assert {"failed.", "succeeded.", "refunded.", "disputed.", "voided.", "edited."} <= words.keys()


def test_an_audit_tells_customers_invoices_and_payments_as_text(fake):
    owner = {"accounting_id": "8-1", "name": "Acme"}
    lines = [{"quantity": 1, "unit_cost": 100}]
    fake.imports("invoices", "1-1", number="1042", customer=owner, items=lines)
    invoice = fake.account.first("invoices", "number", "1042")
    with fake.account.change():
        acts.pay(fake.account, [invoice], fee=Decimal("3.00"), over=Decimal("7.50"))
    told = audit(fake.account)
    customer, paid, payment = (told[one][0] for one in ("customers", "invoices", "payments"))
    assert (customer["balance"], customer["credit_balance"]) == ("0.00", "7.50")
    assert customer["accounting_id"] == "8-1"
    assert (paid["number"], paid["total"], paid["balance"]) == ("1042", "100.00", "0.00")
    assert (paid["status"], paid["accounting_id"]) == ("paid", "1-1")
    assert (payment["amount"], payment["balance"]) == ("110.50", "0.00")
    assert (payment["charge_status"], payment["source"]) == ("succeeded", "customer_portal")
    rows = [(row["type"], row["amount"]) for row in payment["applied_to"]]
    assert rows == [("invoice", "100.00"), ("convenience_fee", "3.00"), ("credit", "7.50")]
    assert payment["applied_to"][0]["invoice_number"] == "1042"


def spoil(account: Account, kind: str, **values: object) -> None:
    with account.change():
        account.put(kind, {**account.all(kind)[0], **values})


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("invoices", {"balance": Decimal(1)}, "the balance is 1, but 0.00 is left"),
        ("invoices", {"total": Decimal(1)}, "is not that of its lines"),
        ("invoices", {"voided": True}, "voided, but something is applied"),
        ("invoices", {"number": "2"}, "number 2 twice"),
        ("invoices", {"currency": "eur"}, "is of another currency"),
        ("payments", {"amount": Decimal(200)}, "payment 1001: 200, applied 100.00"),
        ("payments", {"voided": True}, "it is voided, but applied"),
        ("mappings", {"object_id": 77}, "is mapped, but not there"),
        ("mappings", {"accounting_id": "1-2"}, "mapped twice"),
        ("charges", {"amount_refunded": Decimal(101)}, "101 is refunded"),
    ],
)
def test_an_audit_finds_what_is_wrong(fake, kind, values, said):
    owner = fake.customer()
    paid, other = fake.invoice(owner, 100, number="1"), fake.invoice(owner, 100, number="2")
    for invoice in (paid, other):
        names = {"accounting_system": "custom", "accounting_id": f"1-{invoice['number']}"}
        fake.patch(f"/invoices/{invoice['id']}", **names)
    fake.charged(paid, 100)
    assert fake.problems() == []
    spoil(fake.account, kind, **values)
    assert any(said in one for one in fake.problems())
