"""One payment as the ReceivePayments that QuickBooks can hold."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.payments.splitting import split
from shared.rules.payments.values import PostingUse
from tests.rules.payments.builders import a_credit, a_payment, a_use, an_invoice, money


def test_a_payment_of_one_invoice_is_one_part():
    (part,) = split(a_payment(), [an_invoice()])
    assert (part.part, part.customer_list_id, part.customer) == (1, "80-1", "Larkspur Tile")
    assert (part.ar_account_list_id, part.currency) == ("AR-1", "USD")
    assert part.amount == money("250.00")
    assert part.uses == (PostingUse("1A-1", "1042", money("250.00")),)


def test_a_parent_and_its_job_get_a_part_each_in_the_order_they_are_named():
    payment = a_payment(a_use("1", "100.00"), a_use("2", "90.00"), a_use("3", "60.00"))
    job = {"customer_list_id": "80-2", "customer": "Larkspur Tile:Lobby"}
    invoices = [an_invoice("A", "1", **job), an_invoice("B", "2"), an_invoice("C", "3", **job)]
    first, second = split(payment, invoices)
    assert (first.part, first.customer, first.amount) == (1, "Larkspur Tile:Lobby", 160)
    assert [use.number for use in first.uses] == ["1", "3"]
    assert (second.part, second.customer, second.amount) == (2, "Larkspur Tile", 90)


def test_invoices_of_two_receivable_accounts_get_a_part_each():
    payment = a_payment(a_use("1", "100.00"), a_use("2", "150.00"))
    invoices = [an_invoice("A", "1"), an_invoice("B", "2", ar_account_list_id="AR-2")]
    assert [part.ar_account_list_id for part in split(payment, invoices)] == ["AR-1", "AR-2"]


def test_an_invoice_named_by_number_and_by_txn_id_is_paid_in_one_line():
    payment = a_payment(a_use("1042", "100.00"), a_use("1A-1", "150.00"))
    (part,) = split(payment, [an_invoice(), an_invoice()])
    assert part.uses == (PostingUse("1A-1", "1042", money("250.00")),)


def test_what_the_invoices_leave_of_a_payment_goes_to_the_first_part():
    payment = a_payment(a_use("1", "100.00"), a_use("2", "50.00"))
    invoices = [an_invoice("A", "1"), an_invoice("B", "2", customer_list_id="80-2")]
    first, second = split(payment, invoices)
    assert (first.amount, second.amount) == (200, 50)
    assert first.uses[0].amount == money("100.00")


def test_credit_notes_are_not_posted():
    payment = a_payment(a_credit("CN-7", "40.00"), a_use("1042", "250.00"))
    (part,) = split(payment, [None, an_invoice()])
    assert [use.invoice_txn_id for use in part.uses] == ["1A-1"]
    assert part.amount == money("250.00")


def test_the_payments_currency_stands_in_where_quickbooks_told_none():
    (part,) = split(a_payment(currency="CAD"), [an_invoice(currency="")])
    assert part.currency == "CAD"


def test_a_payment_without_invoices_has_no_parts():
    assert split(a_payment(a_credit()), [None]) == ()


def test_an_invoice_that_is_not_known_cannot_be_split_over():
    with pytest.raises(ValueError, match=r"Payment pay_8Kd2, 250\.00 cannot be split: 1042"):
        split(a_payment(), [None])


def test_more_than_was_paid_is_never_handed_on():
    with pytest.raises(ValueError, match=r"pays 0\.01 too much"):
        split(a_payment(amount=money("249.99")), [an_invoice()])


CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
PAID = st.lists(st.tuples(st.sampled_from("ABCDEF"), CENTS), min_size=1, max_size=8)
OWNERS = st.fixed_dictionaries(
    {name: st.tuples(st.sampled_from("12"), st.sampled_from("12")) for name in "ABCDEF"}
)


@given(paid=PAID, owners=OWNERS, rest=st.integers(0, 10**6))
def test_parts_add_up_to_the_payment_and_pay_each_invoice_what_was_meant(paid, owners, rest):
    total = sum(amount for _, amount in paid) + Decimal(rest) / 100
    uses = [a_use(f"{name}{n}", str(amount)) for n, (name, amount) in enumerate(paid)]
    invoices = [
        an_invoice(name, name, customer_list_id=owners[name][0], ar_account_list_id=owners[name][1])
        for name, _ in paid
    ]
    parts = split(a_payment(*uses, amount=total), invoices)

    assert sum(part.amount for part in parts) == total
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.amount >= sum(use.amount for use in part.uses) for part in parts)
    assert all(
        (part.customer_list_id, part.ar_account_list_id) == owners[use.invoice_txn_id]
        for part in parts
        for use in part.uses
    )
    meant, posted = Counter(), Counter()
    for name, amount in paid:
        meant[name] += amount
    lines = [use for part in parts for use in part.uses]
    for use in lines:
        posted[use.invoice_txn_id] += use.amount
    assert posted == meant
    assert len(lines) == len(meant)
    assert len({(p.customer_list_id, p.ar_account_list_id) for p in parts}) == len(parts)
