"""The demo's verdict: every difference between the company and the store is found and named."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.comparison import Line, compare


def theirs(txn_id: str = "1A-1", **changes: str) -> dict[str, str]:
    invoice = {
        "txn_id": txn_id,
        "number": "1042",
        "customer_list_id": "80000002-1",
        "top_customer_list_id": "80000001-1",
        "date": "2025-06-01",
        "due_date": "2025-07-01",
        "total": "250.00",
        "balance": "100.00",
        "currency": "USD",
    }
    return {**invoice, **changes}


def ours(txn_id: str = "1A-1", **changes: str) -> dict[str, str]:
    return {**theirs(txn_id), "status": "open", **changes}


CUSTOMER = {"list_id": "80000001-1"}


def audit(*importable: dict[str, str], problems: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"importable": {"invoices": list(importable)}, "problems": list(problems)}


def test_equal_sides_have_no_differences():
    comparison = compare(audit(theirs()), [ours()], [CUSTOMER])
    assert comparison.differences == ()
    assert comparison.lines == (
        Line("open invoices", "1", "1"),
        Line("balance USD", "100.00", "100.00"),
        Line("customers billed", "1", "1"),
    )


def test_nothing_on_both_sides_is_equal():
    assert compare(audit(), [], []).differences == ()


def test_closed_invoices_of_ours_do_not_count():
    paid = ours("2B-1", status="paid", balance="0.00")
    assert compare(audit(theirs()), [ours(), paid], [CUSTOMER]).differences == ()


def test_each_currency_has_its_line():
    euros = {"txn_id": "2B-1", "currency": "EUR", "balance": "1234.50"}
    comparison = compare(audit(theirs(), theirs(**euros)), [ours(), ours(**euros)], [CUSTOMER])
    assert comparison.lines[1:3] == (
        Line("balance EUR", "1,234.50", "1,234.50"),
        Line("balance USD", "100.00", "100.00"),
    )


def test_balances_are_exact():
    invoices = [{"txn_id": f"{n}-1", "balance": "0.10"} for n in range(3)]
    comparison = compare(
        audit(*(theirs(**each) for each in invoices)),
        [ours(**each) for each in invoices],
        [CUSTOMER],
    )
    assert comparison.lines[1] == Line("balance USD", "0.30", "0.30")


@pytest.mark.parametrize(
    ("invoices", "customers", "difference"),
    [
        ([], [CUSTOMER], "invoice 1A-1 was not imported"),
        ([ours(), ours("9-9")], [CUSTOMER], "invoice 9-9 is here, but not among"),
        ([ours(balance="100.01")], [CUSTOMER], "invoice 1042: balance is 100.00 in QuickBooks"),
        ([ours(number="1043")], [CUSTOMER], "invoice 1042: number is 1042 in QuickBooks"),
        ([ours(due_date="")], [CUSTOMER], "invoice 1042: due_date is 2025-07-01"),
        ([ours(currency="CAD")], [CUSTOMER], "invoice 1042: currency is USD"),
        ([ours()], [], "customer 80000001-1 was not imported"),
        ([ours()], [CUSTOMER, {"list_id": "8-8"}], "customer 8-8 is here, but not among"),
    ],
)
def test_a_difference_is_named(invoices, customers, difference):
    (found,) = compare(audit(theirs()), invoices, customers).differences
    assert found.startswith(difference)


def test_an_invoice_without_a_number_is_named_by_its_id():
    without = theirs(number="")
    (found,) = compare(audit(without), [ours(number="", total="1.00")], [CUSTOMER]).differences
    assert found == "invoice 1A-1: total is 250.00 in QuickBooks and 1.00 here"


def test_a_company_that_does_not_add_up_is_no_proof():
    comparison = compare(audit(theirs(), problems=("1042 is off",)), [ours()], [CUSTOMER])
    assert comparison.differences == ("company audit: 1042 is off",)
