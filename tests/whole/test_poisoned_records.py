"""The demo's company with a poisoned record of each kind: all others come in, and are equal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from shared.models import connections
from shared.models.payments import payment_pages
from shared.rules.payments.values import PaymentSource
from shared.rules.values import ApplicationKind, InvoiceStatus
from simulator.company import Company, acts
from tests.whole.payments.builders import payment, receive
from tests.whole.rig import Rig

KINDS = ("Customer", "Invoice", "ReceivePayment", "Account", "PaymentMethod", "TxnDeleted")
PLACES = {
    "control character": ("RefNumber", "FullName", "Name", "TimeDeleted"),
    "wrong amount": ("BalanceRemaining", "TotalAmount", "Balance", "IsActive", "TimeDeleted"),
    "huge text": ("Memo", "Notes", "AccountType", "PaymentMethodType", "TimeDeleted"),
}
POISONS = {
    "control character": "\x01{}&#x1F;\x85",
    "wrong amount": "12.3.4",
    "huge text": "{}" + "x" * 300_000,
}
RECORD = re.compile(r"<(\w+)Ret>.*?</\1Ret>", re.DOTALL)


@dataclass
class Poisoner:
    """Poisons the first record that is read of each kind, whenever it is read."""

    poison: str
    victims: dict[str, str] = field(default_factory=dict)

    def __call__(self, answer: str) -> str:
        return RECORD.sub(self._poisoned, answer)

    def _poisoned(self, found: re.Match[str]) -> str:
        kind, record = found[1], found[0]
        named = re.search("<(?:ListID|TxnID)>(.*?)<", record)
        place = next((one for one in PLACES[self.poison] if f"<{one}>" in record), "")
        if kind not in KINDS or named is None or not place:
            return record
        if self.poison == "huge text" and "<TxnDelType>ReceivePayment<" in record:
            return record  # which copy of the company file this is could not be told
        if self.victims.setdefault(kind, named[1]) != named[1]:
            return record
        by = POISONS[self.poison]
        return re.sub(
            f"(<{place}>)(.*?)(</{place}>)",
            lambda text: text[1] + by.format(text[2]) + text[3],
            record,
            count=1,
        )


def syncs(rig: Rig) -> None:
    for kind in (ApplicationKind.INVOICE, ApplicationKind.PAYMENT):
        rig.later(minutes=30)
        outcome = rig.sync(kind=kind)
        assert outcome.ok, (outcome.status, rig.requests[-1])


def balances(rig: Rig) -> dict[str, Decimal]:
    return {
        row.txn_id: row.balance
        for row in rig.invoices().values()
        if row.status is InvoiceStatus.OPEN
    }


def received(rig: Rig) -> dict[str, Decimal]:
    with rig.store.reading():
        held = connections.get("Larkspur").id
        found = payment_pages.each(held, source=PaymentSource.QUICKBOOKS)
        return {one.txn_id: one.amount for one in found}


def in_the_books(rig: Rig, but: Poisoner) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Balances of invoices and amounts of payments, without those that are poisoned."""
    audit = rig.company.audit()
    assert audit.ok
    owed = {
        one.txn_id: Decimal(one.balance) / 100
        for one in audit.importable
        if one.txn_id != but.victims.get("Invoice")
    }
    paid = {
        one.txn_id: Decimal(one.amount) / 100
        for one in audit.payments
        if one.txn_id != but.victims.get("ReceivePayment") and not one.external_guid
    }
    return owed, paid


def delete_some(rig: Rig, but: Poisoner) -> None:
    """Three open invoices and a payment are deleted in QuickBooks, of those that came in."""
    audit = rig.company.audit()
    unpaid = [one.txn_id for one in audit.importable if one.total == one.balance]
    paid = [one.txn_id for one in audit.payments]
    for txn_ids, number in ((unpaid, 3), (paid, 1)):
        for txn_id in [one for one in txn_ids if one not in but.victims.values()][:number]:
            acts.delete(rig.company.books, txn_id)


@pytest.mark.parametrize("poison", POISONS)
def test_one_poisoned_record_of_each_kind_keeps_no_other_out(open_rig, poison):
    rig = open_rig(Company.create(seed=7, customers=40, invoices=160))
    payer = rig.company.audit().importable[0]
    acts.receive(rig.company.books, payer.customer, 100, memo="by hand")
    rig.add_connection()
    poisoner = Poisoner(poison)
    rig.alter = poisoner
    syncs(rig)
    delete_some(rig, poisoner)
    owing = next(row for row in rig.invoices().values() if row.status is InvoiceStatus.OPEN)
    receive(rig, payment("pay_1", pays={owing.txn_id: "1.00"}, method="credit_card"))
    syncs(rig)
    assert set(poisoner.victims) == set(KINDS)
    owed, paid = in_the_books(rig, poisoner)
    victims = poisoner.victims
    assert {key: held for key, held in balances(rig).items() if key != victims["Invoice"]} == owed
    held = received(rig)
    assert {key: held[key] for key in held if key not in victims.values()} == paid
    rig.alter = None
    syncs(rig)
    poisoner.victims.clear()
    assert (balances(rig), received(rig)) == in_the_books(rig, poisoner)
