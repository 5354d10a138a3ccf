"""What a person allows for single payments, and what must be confirmed for it."""

from __future__ import annotations

from functools import partial

import pytest

from shared.errors import NotPossible
from shared.models import audit
from shared.operations import payment_allowances
from shared.operations.deciding import NotConfirmed, Operator, carry_out
from shared.operations.payment_allowances import MAY_BE_RECORDED, plan_allow, plan_way_out
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ClosedPeriod, Overpayment
from tests.deciding import decide
from tests.models.builders import both_engines, invoice, paid
from tests.models.payments.builders import Till, pays

S, P = PaymentStatus, PostingState
CREDIT = {"overpayment": Overpayment.CREDIT}


@pytest.fixture
def till(store):
    """Invoice 100 of Larkspur Tile, 250.00, and a payment of it."""
    till = Till(store)
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays())
    return till


def refused(till, code):
    """QuickBooks was looked at, and the payment did not fit."""
    till.move(P.REFUSED, code=code, reason="It does not fit.")
    return till


def ids(till):
    return [till.payment().id]


def planned(till, **wanted):
    with till.store.reading():
        return plan_allow(till.store, ids(till), **wanted)


def allow(till, **wanted):
    return decide(till.store, partial(plan_allow, payment_ids=ids(till), **wanted))


@both_engines
def test_what_is_allowed_is_kept_and_the_payment_is_tried_again(till):
    refused(till, "payment-overpays")
    assert planned(till, **CREDIT).needs == ()
    allow(till, **CREDIT)
    payment = till.payment()
    assert payment.allowances.overpayment is Overpayment.CREDIT
    assert not payment.allowances.closed_too
    assert payment.status is S.READY
    with till.store.reading():
        actions = [entry.action for entry in audit.entries()]
    assert "payment.allow" in actions


@both_engines
def test_what_was_allowed_before_stays_beside_what_is_added(till):
    refused(till, "payment-overpays")
    allow(till, **CREDIT)
    allow(till, closed_period=ClosedPeriod.NEXT_OPEN_DAY)
    assert till.payment().allowances.overpayment is Overpayment.CREDIT
    assert till.payment().allowances.closed_period is ClosedPeriod.NEXT_OPEN_DAY


def test_a_credit_on_an_invoice_that_owes_nothing_must_be_confirmed(till):
    till.owes(paid(invoice("1A-100", "250.00", edit_sequence="2")))
    till.prepare()
    plan = planned(till, **CREDIT)
    assert [need.code for need in plan.needs] == [MAY_BE_RECORDED]
    by = Operator(till.store, "anna")
    with pytest.raises(NotConfirmed):
        carry_out(by, plan)
    assert till.payment().allowances.overpayment is None
    carry_out(by, plan, confirmed={MAY_BE_RECORDED})
    assert till.payment().allowances.closed_too


def test_what_may_be_in_quickbooks_is_allowed_nothing(till):
    till.move(P.SENT)
    with pytest.raises(NotPossible):
        planned(till, **CREDIT)
    till.move(P.PARKED, code="payment-found-several")
    with pytest.raises(NotPossible):
        planned(till, **CREDIT)


def test_nothing_allowed_is_no_decision(till):
    with pytest.raises(NotPossible):
        planned(till)


@pytest.mark.parametrize("code", sorted(payment_allowances.WAYS_OUT))
def test_each_way_out_is_told_by_the_hint_of_its_code(code):
    from shared.hints import hint

    found = hint(code)
    assert found is not None
    assert "payments allow ID" in " ".join(found.remedy)


def test_the_way_out_of_a_refusal_follows_from_its_code(till):
    refused(till, "payment-closed-period")
    assert payment_allowances.has_way_out(till.payment())
    with till.store.reading():
        plan = plan_way_out(till.store, till.payment().id)
    assert plan.wanted.closed_period is ClosedPeriod.NEXT_OPEN_DAY
    assert (plan.wanted.overpayment, plan.wanted.on_account) == (None, None)


def test_a_payment_that_nothing_keeps_back_has_no_way_out(till):
    assert not payment_allowances.has_way_out(till.payment())
    with till.store.reading(), pytest.raises(NotPossible):
        plan_way_out(till.store, till.payment().id)
