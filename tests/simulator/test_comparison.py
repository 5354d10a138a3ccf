"""The demo's verdict: every difference between the company and the store is found and named."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.comparison import Comparison, Line, compare_invoices, compare_payments


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
    comparison = compare_invoices(audit(theirs()), [ours()], [CUSTOMER])
    assert comparison.differences == ()
    assert comparison.lines == (
        Line("open invoices", "1", "1"),
        Line("balance USD", "100.00", "100.00"),
        Line("customers billed", "1", "1"),
    )


def test_nothing_on_both_sides_is_equal():
    assert compare_invoices(audit(), [], []).differences == ()


def test_closed_invoices_of_ours_do_not_count():
    paid = ours("2B-1", status="paid", balance="0.00")
    assert compare_invoices(audit(theirs()), [ours(), paid], [CUSTOMER]).differences == ()


def test_each_currency_has_its_line():
    euros = {"txn_id": "2B-1", "currency": "EUR", "balance": "1234.50"}
    comparison = compare_invoices(
        audit(theirs(), theirs(**euros)), [ours(), ours(**euros)], [CUSTOMER]
    )
    assert comparison.lines[1:3] == (
        Line("balance EUR", "1,234.50", "1,234.50"),
        Line("balance USD", "100.00", "100.00"),
    )


def test_balances_are_exact():
    invoices = [{"txn_id": f"{n}-1", "balance": "0.10"} for n in range(3)]
    comparison = compare_invoices(
        audit(*(theirs(**each) for each in invoices)),
        [ours(**each) for each in invoices],
        [CUSTOMER],
    )
    assert comparison.lines[1] == Line("balance USD", "0.30", "0.30")


@pytest.mark.parametrize(
    ("invoices", "customers", "difference"),
    [
        ([], [CUSTOMER], "invoice 1A-1 of QuickBooks is not here"),
        ([ours(), ours("9-9")], [CUSTOMER], "invoice 9-9 is here, but not in QuickBooks"),
        ([ours(balance="100.01")], [CUSTOMER], "invoice 1042: balance is 100.00 in QuickBooks"),
        ([ours(number="1043")], [CUSTOMER], "invoice 1042: number is 1042 in QuickBooks"),
        ([ours(due_date="")], [CUSTOMER], "invoice 1042: due_date is 2025-07-01"),
        ([ours(currency="CAD")], [CUSTOMER], "invoice 1042: currency is USD"),
        ([ours()], [], "customer 80000001-1 of QuickBooks is not here"),
        ([ours()], [CUSTOMER, {"list_id": "8-8"}], "customer 8-8 is here, but not in QuickBooks"),
    ],
)
def test_a_difference_is_named(invoices, customers, difference):
    (found,) = compare_invoices(audit(theirs()), invoices, customers).differences
    assert found.startswith(difference)


def test_an_invoice_without_a_number_is_named_by_its_id():
    without = theirs(number="")
    (found,) = compare_invoices(
        audit(without), [ours(number="", total="1.00")], [CUSTOMER]
    ).differences
    assert found == "invoice 1A-1: total is 250.00 in QuickBooks and 1.00 here"


def test_a_company_that_does_not_add_up_is_no_proof():
    comparison = compare_invoices(audit(theirs(), problems=("1042 is off",)), [ours()], [CUSTOMER])
    assert comparison.differences == ("company audit: 1042 is off",)


def received(txn_id: str = "2C-1", **changes: Any) -> dict[str, Any]:
    """A payment as `company audit` shows it."""
    payment = {
        "txn_id": txn_id,
        "amount": "150.00",
        "currency": "USD",
        "date": "2025-06-30",
        "applied": [{"invoice_txn_id": "1A-1", "amount": "100.00"}],
    }
    return {**payment, **changes}


def on_file(txn_id: str = "2C-1", **changes: Any) -> dict[str, Any]:
    """A payment as `payments list` shows it."""
    names = {"external_id": "pay_1", "ref_number": "pay_1-ABC"}
    return {**received(txn_id), **names, **changes}


def books(*payments: dict[str, Any]) -> dict[str, Any]:
    return {"payments": list(payments)}


def test_equal_payments_have_no_differences():
    euros = {"txn_id": "2D-1", "currency": "EUR", "amount": "1234.50"}
    comparison = compare_payments(
        books(received(), received(**euros)), [on_file(), on_file(**euros)]
    )
    assert comparison.differences == ()
    assert comparison.lines == (
        Line("payments", "2", "2"),
        Line("received EUR", "1,234.50", "1,234.50"),
        Line("received USD", "150.00", "150.00"),
    )


def test_a_payment_that_quickbooks_does_not_have_does_not_count():
    waiting = on_file("", amount="99.00")
    comparison = compare_payments(books(received()), [on_file(), waiting])
    assert comparison == compare_payments(books(received()), [on_file()])


def test_a_payment_in_two_parts_is_one_of_ours():
    first = received("2C-1", amount="100.00")
    second = received(
        "2D-1", amount="50.00", applied=[{"invoice_txn_id": "1B-1", "amount": "50.00"}]
    )
    ours = on_file("2C-1 2D-1", applied=[*second["applied"], *first["applied"]])
    comparison = compare_payments(books(first, second), [ours])
    assert comparison.differences == ()
    assert comparison.lines[0] == Line("payments", "2", "2")


@pytest.mark.parametrize(
    ("ours", "difference"),
    [
        ([], "payment 2C-1 of QuickBooks is not here"),
        ([on_file(), on_file("9-9")], "payment 9-9 is here, but not in QuickBooks"),
        ([on_file(amount="150.01")], "payment pay_1: amount is 150.00 in QuickBooks and 150.01"),
        ([on_file(currency="CAD")], "payment pay_1: currency is USD in QuickBooks and CAD here"),
        ([on_file(date="2025-07-01")], "payment pay_1: date is 2025-06-30 in QuickBooks"),
        ([on_file(applied=[])], "payment pay_1: paid is 1A-1 100.00 in QuickBooks and nothing"),
        ([on_file(external_id="", amount="1.00")], "payment pay_1-ABC: amount is"),
        ([on_file(external_id="", ref_number="", amount="1.00")], "payment 2C-1: amount is"),
    ],
)
def test_a_payment_that_differs_is_named(ours, difference):
    (found,) = compare_payments(books(received()), ours).differences
    assert found.startswith(difference)


def test_two_comparisons_are_taken_together():
    first = Comparison((Line("a", "1", "1"),), ("one",))
    second = Comparison((Line("b", "2", "2"),), ("two",))
    assert first.plus(second) == Comparison(first.lines + second.lines, ("one", "two"))
