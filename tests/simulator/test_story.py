"""The demo's payments: each case of a Payment Sync once, of invoices of its own."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from itertools import count
from typing import Any

from simulator.story import BY_HAND, PLATFORM, as_csv, choose

NUMBERS = count(1000)


def invoice(**changes: str) -> dict[str, str]:
    number = str(next(NUMBERS))
    made = {
        "txn_id": f"{number}-1",
        "number": number,
        "customer_list_id": f"80000001-{number}",
        "currency": "USD",
        "balance": "100.00",
        "status": "open",
    }
    return {**made, **changes}


def enough() -> list[dict[str, str]]:
    """Invoices for all cases: two of one customer, one in another currency."""
    pair = [invoice(customer_list_id="80000002-1") for _ in range(2)]
    return [invoice(currency="EUR"), *(invoice() for _ in range(5)), *pair]


def by_name(payments: Any) -> dict[str, Any]:
    return {payment.case.name: payment for payment in payments}


def test_each_case_gets_invoices_of_its_own():
    story = choose(enough())
    assert [payment.case for payment in story.platform] == list(PLATFORM)
    assert story.by_hand is not None
    assert story.by_hand.case == BY_HAND
    paid = [share.txn_id for one in (*story.platform, story.by_hand) for share in one.shares]
    assert len(paid) == len(set(paid)) == 8


def test_the_cases_are_those_of_a_payment_sync():
    told = by_name(choose(enough()).platform)
    assert told["pay_1"].amount == Decimal("100.00")
    assert told["pay_2"].amount == Decimal("50.00")
    assert told["pay_3"].amount == Decimal("200.00")
    assert told["pay_4"].currency == "EUR"
    assert [name for name, one in told.items() if not one.case.goes_out] == ["pay_5", "pay_6"]


def test_what_is_paid_is_told_in_words():
    first, second, third, fourth = (invoice() for _ in range(4))
    pair = [invoice(customer_list_id="80000002-1", number=number) for number in ("", "77")]
    story = choose([first, second, third, fourth, *pair])
    told = {name: one.what for name, one in by_name(story.platform).items()}
    assert told["pay_1"] == f"invoice {second['number']}"
    assert told["pay_2"] == f"part of invoice {third['number']}"
    assert told["pay_3"] == f"invoices {pair[0]['txn_id']} and 77"
    assert story.by_hand.what == f"part of invoice {first['number']}"


def test_only_open_invoices_are_paid():
    paid = invoice(status="paid")
    owes_nothing_to_halve = invoice(balance="0.01")
    story = choose([paid, owes_nothing_to_halve])
    assert (story.platform, story.by_hand) == ((), None)


def test_a_small_company_has_fewer_cases():
    story = choose([invoice(), invoice()])
    assert list(by_name(story.platform)) == ["pay_1"]
    assert story.by_hand is not None


def test_invoices_of_two_currencies_are_not_paid_together():
    euros = [invoice(customer_list_id="80000002-1", currency="EUR")]
    story = choose([invoice(customer_list_id="80000002-1"), invoice(), invoice(), *euros])
    assert "pay_3" not in by_name(story.platform)


def test_the_file_names_every_share_by_its_invoice():
    story = choose(enough())
    rows = list(csv.DictReader(io.StringIO(as_csv(story.platform, "2025-06-30"))))
    assert [row["external_id"] for row in rows] == [case.name for case in PLATFORM]
    assert {row["date"] for row in rows} == {"2025-06-30"}
    both = by_name(story.platform)["pay_3"].shares
    assert rows[2]["applied"] == ";".join(f"{share.txn_id}=100.00" for share in both)
    assert [row["offline"] for row in rows] == ["no", "no", "no", "no", "yes", "no"]
    assert rows[5]["charge_state"] == "pending"
