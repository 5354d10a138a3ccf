"""Payments of the platform: taken in once, and their terms never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shared.models.payments import listing, receiving
from shared.models.payments.receiving import BadPayments
from shared.rules.payments.values import (
    ChargeState,
    NewUse,
    PaymentSource,
    PaymentStatus,
    PostingState,
    UseKind,
)
from shared.rules.values import ProblemState
from tests.models.builders import NOON, later
from tests.models.payments.builders import Till, money, pays


def counted(taken):
    return taken.added, taken.updated, taken.unchanged


def test_a_payment_is_taken_in_with_all_its_terms(till):
    given = pays(
        "pay_1",
        "110.00",
        ("100", "100.00"),
        customer="larkspur tile",
        currency="usd",
        memo="for the lobby",
        refunded=money("5.00"),
    )
    credit = NewUse("CN-7", money("10.00"), UseKind.CREDIT_NOTE)
    given = replace(given, uses=(*given.uses, credit))
    taken = till.take_in(given)
    payment = listing.get(taken.ids[0])
    assert counted(taken) == (1, 0, 0)
    assert (payment.source, payment.external_id) == (PaymentSource.INVOICED, "pay_1")
    assert (payment.date, payment.amount) == (date(2024, 6, 3), money("110.00"))
    assert (payment.customer, payment.currency) == ("larkspur tile", "USD")
    assert (payment.method, payment.gateway, payment.reference) == (
        *("credit_card", "stripe"),
        "ch_9x",
    )
    assert (payment.memo, payment.refunded, payment.disputed) == (
        "for the lobby",
        money("5.00"),
        False,
    )
    assert (payment.charged, payment.charge_state) == (True, ChargeState.SUCCEEDED)
    assert [(use.document, use.kind, use.amount) for use in payment.uses] == [
        ("100", UseKind.INVOICE, money("100.00")),
        ("CN-7", UseKind.CREDIT_NOTE, money("10.00")),
    ]
    assert (payment.received_at, payment.txn_id) == (NOON, "")


def test_the_same_payment_again_is_the_same_one(till):
    first = till.take_in(pays())
    again = till.take_in(pays(), now=later(days=1))
    assert (again.ids, counted(again)) == (first.ids, (0, 0, 1))
    assert len(list(listing.payments(till.id))) == 1
    assert len(till.parts()) == 1


def test_a_batch_gives_the_numbers_in_its_order_and_one_given_twice_is_one(till):
    [known] = till.take_in(pays("pay_2")).ids
    taken = till.take_in(pays("pay_1"), pays("pay_2"), pays("pay_1"))
    assert counted(taken) == (1, 0, 2)
    assert taken.ids == (till.payment("pay_1").id, known, till.payment("pay_1").id)


def test_an_empty_batch_is_nothing(till):
    assert till.take_in() == receiving.Received((), 0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "field", "on_file"),
    [
        ({"amount": money("100.01")}, "amount", "100.00"),
        ({"date": date(2024, 6, 4)}, "date", "2024-06-03"),
        ({"uses": (NewUse("101", money("80.00")),)}, "uses", "100=100.00"),
        ({"customer": "Juniper Yoga"}, "customer", ""),
        ({"currency": "USD"}, "currency", ""),
        ({"method": "ach"}, "method", "credit_card"),
        ({"reference": "ch_1"}, "reference", "ch_9x"),
        ({"gateway": "square"}, "gateway", "stripe"),
        ({"memo": "another"}, "memo", ""),
        ({"charged": False}, "charged", "True"),
        ({"from_quickbooks": True}, "from_quickbooks", "False"),
    ],
)
def test_terms_never_change(till, changes, field, on_file):
    till.take_in(pays())
    before = till.payment()
    with pytest.raises(BadPayments) as refusal:
        till.take_in(pays("pay_2"), replace(pays(), **changes))
    [(position, fault)] = refusal.value.faults
    assert (position, fault.field) == (1, field)
    assert fault.problem == f"is not what payment pay_1 has on file ({on_file})"
    assert till.payment() == before
    assert [one.external_id for one in listing.payments(till.id)] == ["pay_1"]


def test_the_order_of_what_is_paid_is_no_term(till):
    shares = [("100", "60.00"), ("101", "40.00")]
    till.take_in(pays("pay_1", "100.00", *shares))
    assert counted(till.take_in(pays("pay_1", "100.00", *reversed(shares)))) == (0, 0, 1)


def test_two_terms_for_one_id_in_a_batch_are_refused(till):
    with pytest.raises(BadPayments, match=r"Payment 2: amount .*is not what payment pay_1"):
        till.take_in(pays(), pays(amount="90.00"))
    assert list(listing.payments(till.id)) == []


def test_of_a_batch_with_a_bad_payment_none_is_taken_in(till):
    with pytest.raises(BadPayments) as refusal:
        till.take_in(pays("pay_1"), pays("pay_2", "-1.00"), pays("", "1.00"))
    assert [position for position, _ in refusal.value.faults] == [1, 1, 2]
    assert "Payment 2: " in refusal.value.sentence
    assert list(listing.payments(till.id)) == []


def test_many_faults_are_not_all_told_in_the_sentence(till):
    with pytest.raises(BadPayments, match=r"And 2 more\.") as refusal:
        till.take_in(*(pays("", "1.00") for _ in range(5)))
    assert len(refusal.value.faults) == 5


def test_each_company_knows_its_own_payments(till):
    other = Till(till.store, "Bramble")
    till.take_in(pays())
    assert counted(other.take_in(pays(amount="1.00"))) == (1, 0, 0)
    assert till.payment().amount == money("100.00")


def test_what_became_of_the_charge_is_taken_over(till):
    till.take_in(pays(charge_state=ChargeState.PENDING))
    assert till.stands() == (PaymentStatus.NOT_ELIGIBLE, "payment-pending")
    assert counted(till.take_in(pays(), now=later(days=1))) == (0, 1, 0)
    assert till.stands() == (PaymentStatus.READY, "")
    assert till.payment().changed_at == later(days=1)


def test_a_refund_before_posting_keeps_the_payment_back(till):
    till.take_in(pays())
    till.take_in(pays(refunded=money("20.00")))
    assert till.stands() == (PaymentStatus.REFUSED, "payment-refunded-before")
    assert till.problems() == {"payment-refunded-before": ProblemState.OPEN}


def test_a_refund_after_posting_becomes_a_problem_and_the_payment_stays_posted(till):
    till.take_in(pays())
    till.post()
    assert counted(till.take_in(pays(refunded=money("20.00")))) == (0, 1, 0)
    assert till.stands() == (PaymentStatus.POSTED, "")
    assert till.payment().refunded == money("20.00")
    assert till.problems() == {"payment-refunded": ProblemState.OPEN}


def test_a_dispute_after_posting_becomes_a_problem(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(disputed=True))
    assert till.problems() == {"payment-disputed": ProblemState.OPEN}


def test_a_charge_that_fails_after_posting_becomes_a_problem(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(charge_state=ChargeState.FAILED))
    till.take_in(pays(charge_state=ChargeState.FAILED))
    assert till.problems() == {"payment-returned": ProblemState.OPEN}


@pytest.mark.parametrize("state", [PostingState.SENT, PostingState.UNKNOWN, PostingState.PARKED])
def test_a_refund_of_what_quickbooks_may_have_is_told_as_well(till, state):
    till.take_in(pays())
    till.move(PostingState.SENT)
    till.move(state)
    till.take_in(pays(refunded=money("100.00")))
    assert "payment-refunded" in till.problems()


def test_the_same_refund_again_is_no_news(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(refunded=money("20.00")))
    assert counted(till.take_in(pays(refunded=money("20.00")))) == (0, 0, 1)
