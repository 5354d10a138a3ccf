"""The key ``A``: what keeps a payment back is allowed for this payment alone, after a question."""

from __future__ import annotations

import pytest

from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import invoice, paid
from tests.models.payments.builders import Till, pays


@pytest.fixture
def till(office):
    """Invoice 100 of Larkspur Tile, 250.00, and a payment of it that is ready."""
    till = Till(office.store)
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays())
    return till


def refuse(till, code):
    till.move(PostingState.REFUSED, code=code, reason="It does not fit.")


@pytest.mark.parametrize(
    ("code", "term", "value", "button"),
    [
        ("payment-overpays", "overpayment", Overpayment.CREDIT, "Keep as credit"),
        ("payment-no-invoice", "on_account", OnAccount.POST, "Post on account"),
        (
            *("payment-closed-period", "closed_period"),
            *(ClosedPeriod.NEXT_OPEN_DAY, "Post on open day"),
        ),
    ],
)
def test_what_keeps_a_payment_back_is_allowed_after_a_question(
    office, till, code, term, value, button
):
    refuse(till, code)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "enter", "o")
        assert button in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert getattr(till.payment().allowances, term) is None
        await at.press("o", "right", "enter")

    sit_down(office.url, scenario)
    assert getattr(till.payment().allowances, term) is value
    assert till.payment().status is PaymentStatus.READY
    assert [one.action for one in office.audit()].count("payment.allow") == 1


def test_a_credit_on_a_paid_invoice_is_allowed_after_its_warning_is_read(office, till):
    till.owes(paid(invoice("1A-100", "250.00", edit_sequence="2")))
    till.prepare()

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "o")
        assert "credited twice" in at.text
        await at.press("right", "enter")

    sit_down(office.url, scenario)
    assert till.payment().allowances.closed_too


@pytest.mark.parametrize("keys", [("m", "j"), ("m", "j", "enter")])
def test_the_key_does_nothing_where_nothing_can_be_allowed(office, till, keys):
    async def scenario(at: Driver) -> None:
        await at.press(*keys)
        before = at.text
        await at.press("o")
        assert at.text == before

    sit_down(office.url, scenario)
    assert till.payment().status is PaymentStatus.READY


def test_who_only_looks_allows_nothing(office, till):
    refuse(till, "payment-overpays")

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "o", "right", "enter")

    sit_down(office.url, scenario, read_only=True)
    assert till.payment().allowances.overpayment is None
