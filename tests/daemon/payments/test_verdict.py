"""Whether a payment fits the books as they are, and what a refusal of QuickBooks means."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.stages.payments.intake import LookedInvoice
from daemon.stages.payments.verdict import (
    Fits,
    HeldBack,
    PlaceRules,
    Places,
    StopPosting,
    Unfit,
    judge,
    places,
    refusal,
)
from shared.rules.payments.values import (
    DepositRule,
    ListEntry,
    ListKind,
    MethodRule,
    PaymentPart,
    PostingUse,
)
from shared.rules.values import MissingMethod
from shared.structs import replace
from tests.rules.payments.builders import a_payment, a_posting, money


def an_invoice(txn_id: str = "1A-1", balance: str = "250.00", **changes) -> LookedInvoice:
    plain = LookedInvoice(
        txn_id=txn_id,
        number="1042",
        customer_list_id="80-1",
        customer="Larkspur Tile",
        ar_account_list_id="AR-1",
        balance=money(balance),
        pending=False,
    )
    return replace(plain, **changes)


def paying(*uses: tuple[str, str]):
    """A posting that pays invoices by TxnID and amount."""
    return a_posting(
        amount=sum((money(amount) for _, amount in uses), money("0.00")),
        uses=tuple(PostingUse(txn_id, "1042", money(amount)) for txn_id, amount in uses),
    )


def looked(posting, *invoices: LookedInvoice, closing: str = "", day: date = date(2026, 3, 2)):
    seen = {invoice.txn_id: invoice for invoice in invoices}
    return judge(a_payment(date=day), posting, seen, closing)


# Held against the invoices


def test_a_payment_that_fits_says_what_its_invoices_will_have_left():
    posting = paying(("1A-1", "200.00"), ("1A-2", "50.00"))
    fits = looked(posting, an_invoice(), an_invoice("1A-2", "50.00"))
    assert fits == Fits(
        "80-1", "Larkspur Tile", "AR-1", {"1A-1": money("50.00"), "1A-2": money("0.00")}
    )


@pytest.mark.parametrize(
    "moved", [{"customer_list_id": "80-7"}, {"ar_account_list_id": "AR-2"}], ids=str
)
def test_an_invoice_that_moved_since_waits_to_be_judged_for_its_new_customer(moved):
    why = looked(paying(("1A-1", "250.00")), an_invoice(**moved))
    assert why == HeldBack("payment-customers-changed")


@pytest.mark.parametrize(
    "moved", [{"customer_list_id": "80-2"}, {"ar_account_list_id": "AR-2"}], ids=str
)
def test_invoices_that_no_longer_belong_together_wait_to_be_split_anew(moved):
    posting = paying(("1A-1", "100.00"), ("1A-2", "100.00"))
    why = looked(posting, an_invoice(), an_invoice("1A-2", **moved))
    assert why == HeldBack("payment-customers-changed")


def test_an_invoice_that_quickbooks_does_not_show_needs_a_person():
    assert looked(paying(("1A-1", "250.00"))) == Unfit("payment-invoice-gone", {"number": "1042"})


def test_an_invoice_without_balance_needs_a_person():
    why = looked(paying(("1A-1", "250.00")), an_invoice(balance="0.00"))
    assert why == Unfit("payment-invoice-closed", {"number": "1042"})


def test_more_than_the_invoice_has_left_needs_a_person_and_names_both_figures():
    why = looked(paying(("1A-1", "1250.00")), an_invoice(balance="1249.99"))
    assert why == Unfit(
        "payment-overpays", {"number": "1042", "balance": "1,249.99", "amount": "1,250.00"}
    )


def test_to_the_last_cent_is_not_too_much():
    assert isinstance(looked(paying(("1A-1", "250.00")), an_invoice()), Fits)


def test_a_pending_invoice_is_waited_for():
    why = looked(paying(("1A-1", "250.00")), an_invoice(pending=True))
    assert isinstance(why, HeldBack)
    assert why.code == "payment-invoice-left-out"
    assert why.fields["number"] == "1042"


def test_one_invoice_that_does_not_fit_keeps_the_whole_payment_back():
    posting = paying(("1A-1", "100.00"), ("1A-2", "100.00"))
    why = looked(posting, an_invoice(), an_invoice("1A-2", "99.99"))
    assert isinstance(why, Unfit)


@pytest.mark.parametrize(
    ("day", "fits"),
    [(date(2026, 2, 28), False), (date(2026, 3, 1), False), (date(2026, 3, 2), True)],
)
def test_nothing_is_posted_on_or_before_the_closing_date(day, fits):
    why = looked(paying(("1A-1", "250.00")), an_invoice(), closing="2026-03-01", day=day)
    assert isinstance(why, Fits) is fits
    if not fits:
        assert why == Unfit("payment-closed-period", {"date": "2026-03-01"})


# Where the money goes

FUNDS = ListEntry(
    ListKind.ACCOUNT, "A-1", "Undeposited Funds", "OtherCurrentAsset", "UndepositedFunds", "", True
)
BANK = ListEntry(ListKind.ACCOUNT, "A-2", "Bank:Stripe", "Bank", "", "USD", True)
CARD = ListEntry(ListKind.PAYMENT_METHOD, "M-1", "Credit Card", "", "", "", True)
OTHER = ListEntry(ListKind.PAYMENT_METHOD, "M-2", "Other", "", "", "", True)
TO_THE_BANK = DepositRule(1, "", "", "stripe", "Bank:Stripe")


def placed(method: str = "credit_card", **changes) -> Places | Unfit:
    known = {
        "accounts": (FUNDS, BANK),
        "methods": (CARD, OTHER),
        "deposit_rules": (),
        "method_rules": (),
        "missing": MissingMethod.CREATE,
    }
    part = PaymentPart(a_posting(), a_payment(method=method), 1)
    return places(part, PlaceRules(**(known | changes)))


def test_without_a_rule_money_goes_to_undeposited_funds():
    assert placed() == Places("M-1", "Credit Card", "A-1", "Undeposited Funds")


def test_a_rule_names_the_account():
    found = placed(deposit_rules=(TO_THE_BANK,))
    assert (found.deposit_list_id, found.deposit_account) == ("A-2", "Bank:Stripe")


@pytest.mark.parametrize("accounts", [(FUNDS,), (FUNDS, replace(BANK, active=False))])
def test_a_ruled_account_that_is_missing_or_inactive_needs_a_person(accounts):
    why = placed(accounts=accounts, deposit_rules=(TO_THE_BANK,))
    assert why == Unfit("payment-account-missing", {"account": "Bank:Stripe"})


def test_a_company_without_undeposited_funds_takes_its_own_default():
    found = placed(accounts=())
    assert (found.deposit_list_id, found.deposit_account) == ("", "")


def test_a_rule_names_the_method():
    found = placed("stripe_link", method_rules=(MethodRule("stripe_link", "credit card"),))
    assert (found.method_list_id, found.method) == ("M-1", "Credit Card")


def test_a_method_that_is_missing_is_made_first():
    found = placed("paypal")
    assert (found.missing_method, found.method_list_id) == ("PayPal", "")


def test_a_method_that_is_missing_becomes_other_by_setting():
    found = placed("paypal", missing=MissingMethod.OTHER)
    assert (found.missing_method, found.method) == ("", "Other")
    without = placed("paypal", missing=MissingMethod.OTHER, methods=(CARD,))
    assert (without.missing_method, without.method_list_id) == ("", "")


def test_a_payment_without_a_method_names_none():
    found = placed("")
    assert (found.missing_method, found.method_list_id) == ("", "")


# What a refusal means

OVERPAID = "QuickBooks error message: You cannot pay more than the amount due."


def refused(code: int, said: str = "QuickBooks' own words"):
    return refusal(paying(("1A-1", "1250.00")), code, said)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (3175, "The object is in use."),
        (3176, "A related object is in use."),
        (3170, "It has been modified by another user."),
        (3180, "QuickBooks error message: the record could not be locked."),
    ],
)
def test_a_lock_passes_by_itself(code, said):
    assert refused(code, said) == HeldBack("payment-locked")


@pytest.mark.parametrize("code", [1030, 3250, 3260, 3261, 3262, 3263])
def test_a_refusal_of_the_application_stops_all_posting(code):
    assert refused(code) == StopPosting("payment-not-permitted")


def test_an_invoice_that_is_gone_needs_a_person():
    assert refused(3120) == Unfit("payment-invoice-gone", {"number": "1042"})


def test_an_invoice_without_number_is_called_by_its_txn_id():
    posting = a_posting(uses=(PostingUse("1A-1", "", money("250.00")),))
    assert refusal(posting, 3120, "").fields == {"number": "1A-1"}


def test_too_much_needs_a_person_and_names_the_amount():
    why = refused(3210, OVERPAID)
    assert (why.code, why.fields["amount"]) == ("payment-overpays", "1,250.00")


@pytest.mark.parametrize(("code", "said"), [(3210, "invalid date"), (3140, OVERPAID), (9, "?")])
def test_all_else_needs_a_person_and_speaks_for_itself(code, said):
    assert refused(code, said) == Unfit(str(code))
