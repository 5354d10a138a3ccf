"""``deskbridge payments allow``: what one payment may do where its connection says no."""

from __future__ import annotations

import pytest

from shared.models import audit
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ClosedPeriod, Overpayment
from tests.models.builders import invoice, paid
from tests.models.payments.builders import Till, pays

CREDIT = ("payments", "allow", "pay_1", "--overpayment", "credit")


@pytest.fixture
def till(shell):
    """Invoice 100 of Larkspur Tile, 250.00, and a payment of it that is ready."""
    till = Till(shell.store)
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays())
    return till


def refused(till):
    till.move(PostingState.REFUSED, code="payment-overpays", reason="It does not fit.")


def test_a_refused_payment_is_tried_again_with_what_is_allowed(shell, till):
    refused(till)
    assert "pay_1" in shell.says(*CREDIT)
    payment = till.payment()
    assert payment.allowances.overpayment is Overpayment.CREDIT
    assert payment.status is PaymentStatus.READY
    with shell.store.reading():
        [noted] = [one for one in audit.entries() if one.action == "payment.allow"]
    assert (noted.connection, noted.detail.endswith("overpayment credit")) == ("Larkspur", True)


def test_its_json_counts_the_payments(shell, till):
    refused(till)
    done = shell.json("payments", "allow", "pay_1", "--closed-period", "next-open-day")
    assert done["count"] == 1
    assert till.payment().allowances.closed_period is ClosedPeriod.NEXT_OPEN_DAY


def test_a_credit_on_a_paid_invoice_needs_a_confirmation(shell, till):
    till.owes(paid(invoice("1A-100", "250.00", edit_sequence="2")))
    till.prepare()
    assert till.payment().code == "payment-invoice-closed"
    assert "--yes" in shell.refuses(2, *CREDIT)
    assert till.payment().allowances.overpayment is None
    shell.says(*CREDIT, "--yes")
    assert till.payment().allowances.closed_too


def test_without_a_payment_or_a_term_it_is_wrong_usage(shell, till):
    refused(till)
    shell.refuses(2, "payments", "allow", "pay_1")
    shell.refuses(2, "payments", "allow", "--overpayment", "credit")
    assert till.payment().status is PaymentStatus.REFUSED


def test_what_may_be_in_quickbooks_is_allowed_nothing(shell, till):
    till.move(PostingState.SENT)
    shell.refuses(3, *CREDIT)
    assert till.payment().allowances.overpayment is None
