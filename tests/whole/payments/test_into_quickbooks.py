"""Payments of the platform become ReceivePayments: what each one looks like, and what stays out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.models.payments import account_rules
from shared.operations import payments
from shared.rules.payments.values import ChargeState, PaymentStatus
from shared.rules.values import ApplicationKind, JobMode, MissingMethod, RecordKind
from simulator.company import acts
from simulator.company.records import Entry
from tests.deciding import decide
from tests.whole.bookkeeping import changed, owes, spoil
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    LOBBY,
    LOOK,
    both_agree,
    codes,
    connection,
    happens_after,
    in_quickbooks,
    on_file,
    parts,
    payment,
    payment_problem,
    posted_once,
    problem,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig


def brought(rig: Rig, *numbers: str) -> Rig:
    """An Invoice Sync, after which these invoices are held."""
    rig.later(hours=1)
    assert rig.sync().ok
    assert set(numbers) <= {row.number for row in rig.invoices().values()}
    return rig


def balance(rig: Rig, number: str) -> str:
    """What an invoice owes in the store."""
    (found,) = (one for one in rig.invoices().values() if one.number == number)
    return f"{found.balance:.2f}"


def applied(rig: Rig, position: int = 0) -> dict[str, int]:
    """What a payment in the books pays, in hundredths, by invoice number."""
    return {use.number: use.amount for use in in_quickbooks(rig)[position].applied}


# What is written.


def test_a_payment_of_one_invoice(rig):
    receive(rig, payment(amount="250.00"))
    posted_once(settles(rig))
    assert applied(rig) == {"1042": 25_000}
    assert balance(rig, "1042") == "0.00"


def test_a_partial_payment_leaves_the_rest_open(rig):
    receive(rig, payment(amount="100.00"))
    posted_once(settles(rig))
    assert balance(rig, "1042") == "150.00"


def test_one_payment_of_several_invoices(rig):
    receive(rig, payment(pays={"1042": "250.00", "1043": "40.00", "1044": "10.00"}))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.amount, found.unused) == (30_000, 0)
    assert applied(rig) == {"1042": 25_000, "1043": 4_000, "1044": 1_000}


def test_an_invoice_may_be_named_by_its_txn_id_or_by_both(rig):
    txn_id = next(one for one, row in rig.invoices().items() if row.number == "1043")
    receive(rig, payment("pay_1", pays={txn_id: "20.00"}))
    receive(rig, payment("pay_2", pays={txn_id: "20.00", "1043": "5.00"}))
    posted_once(settles(rig), "pay_1", "pay_2")
    assert [applied(rig, position) for position in (0, 1)] == [{"1043": 2_000}, {"1043": 2_500}]


def test_several_payments_of_one_invoice_go_out_oldest_first(rig):
    receive(
        rig,
        payment("pay_late", "30.00", date=date(2025, 6, 29)),
        payment("pay_early", "20.00", date=date(2025, 6, 28)),
    )
    posted_once(settles(rig), "pay_early", "pay_late")
    assert [one.amount for one in in_quickbooks(rig)] == [2_000, 3_000]
    assert balance(rig, "1042") == "200.00"


def test_what_is_overpaid_stays_unused_and_is_shown(rig):
    receive(rig, payment(amount="300.00", pays={"1042": "250.00"}))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.amount, found.unused) == (30_000, 5_000)
    assert on_file(rig).unused == Decimal("50.00")
    assert parts(rig)[0].unused == Decimal("50.00")


def test_a_payment_carries_three_tags_of_ours(rig):
    external_id = "ch_3PqX8w2eZvKYlo2C1gQ0aBcD"
    receive(rig, payment(external_id, gateway="stripe", reference="txn_77", memo="Lobby & co"))
    posted_once(settles(rig), external_id)
    (found,) = in_quickbooks(rig)
    (part,) = parts(rig, external_id)
    assert found.ref_number == part.ref_number
    assert len(found.ref_number) <= 20
    assert found.ref_number.startswith("ch_3PqX8w2e")
    assert found.external_guid == part.external_guid
    assert f"[db:{found.ref_number}]" in found.memo
    for text in (external_id, "stripe", "txn_77", "Lobby & co"):
        assert text in found.memo


def test_two_payments_whose_ids_begin_alike_have_different_tags(rig):
    ids = ("ch_3PqX8w2eZvKYlo2C0001", "ch_3PqX8w2eZvKYlo2C0002")
    receive(rig, *(payment(one, "10.00") for one in ids))
    posted_once(settles(rig), *ids)
    first, second = in_quickbooks(rig)
    assert first.ref_number != second.ref_number
    assert first.external_guid != second.external_guid


def test_the_date_is_the_payments_own(rig):
    receive(rig, payment(date=date(2025, 5, 17)))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].date == "2025-05-17"


def test_it_stands_in_the_receivables_account_of_its_invoice(rig):
    acts.add_account(rig.company.books, "A/R Retail", "AccountsReceivable")
    acts.add_invoice(rig.company.books, LARKSPUR, 5_000, number="R-1", receivable="A/R Retail")
    brought(rig, "R-1")
    receive(rig, payment(pays={"R-1": "50.00"}))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].receivable == "A/R Retail"


def test_invoices_of_two_receivables_accounts_are_paid_in_two_parts(rig):
    acts.add_account(rig.company.books, "A/R Retail", "AccountsReceivable")
    acts.add_invoice(rig.company.books, LARKSPUR, 5_000, number="R-1", receivable="A/R Retail")
    brought(rig, "R-1")
    receive(rig, payment(pays={"1042": "20.00", "R-1": "50.00"}))
    posted_once(settles(rig))
    assert {one.receivable: one.amount for one in in_quickbooks(rig)} == {
        "Accounts Receivable": 2_000,
        "A/R Retail": 5_000,
    }


def test_a_payment_over_a_parent_and_its_job_is_split_by_customer_and_shown_so(rig):
    owes(rig, "J-1", 6_000, LOBBY)
    brought(rig, "J-1")
    receive(rig, payment(amount="120.00", pays={"1042": "50.00", "J-1": "60.00"}))
    posted_once(settles(rig))
    first, second = in_quickbooks(rig)
    assert (first.customer, first.amount, first.unused) == (LARKSPUR, 6_000, 1_000)
    assert (second.customer, second.amount, second.unused) == (LOBBY, 6_000, 0)
    held = on_file(rig)
    assert held.txn_id == f"{first.txn_id} {second.txn_id}"
    assert held.ref_number == f"{first.ref_number} {second.ref_number}"
    assert "part 1 of 2" in first.memo
    assert "part 2 of 2" in second.memo


def test_a_jobs_invoice_is_paid_by_the_job_however_it_is_billed(open_till):
    for jobs in JobMode:
        rig = open_till(jobs=jobs)
        owes(rig, "J-1", 6_000, LOBBY)
        brought(rig, "J-1")
        receive(rig, payment(pays={"J-1": "60.00"}, customer=LARKSPUR))
        posted_once(settles(rig))
        assert in_quickbooks(rig)[0].customer == LOBBY


def test_one_part_may_be_refused_while_the_other_one_is_posted(rig):
    owes(rig, "J-1", 6_000, LOBBY)
    brought(rig, "J-1")
    receive(rig, payment(pays={"1042": "50.00", "J-1": "60.00"}))
    acts.pay(rig.company.books, "J-1", 3_000)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    assert [part.state.value for part in parts(rig)] == ["posted", "refused"]
    both_agree(rig)


def test_an_invoice_in_another_currency_is_paid_in_it(rig):
    acts.add_customer(rig.company.books, "Euro GmbH", currency="EUR")
    owes(rig, "E-1", 10_000, "Euro GmbH")
    brought(rig, "E-1")
    receive(rig, payment(pays={"E-1": "40.00"}, currency="EUR"))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.currency, found.receivable) == ("EUR", "Accounts Receivable - EUR")


def test_a_payment_in_another_currency_than_its_invoice_is_refused(rig):
    receive(rig, payment(currency="EUR"))
    assert standing(settles(rig)) == (PaymentStatus.REFUSED, "payment-currency-mismatch")
    assert in_quickbooks(rig) == []


def test_credit_notes_are_recorded_and_not_posted(rig):
    receive(rig, payment(pays={"1042": "50.00"}, credits={"CN-7": "20.00"}))
    posted_once(settles(rig))
    assert applied(rig) == {"1042": 5_000}
    kinds = {use.document: use.kind.value for use in on_file(rig).uses}
    assert kinds == {"1042": "invoice", "CN-7": "credit_note"}


# Method and account.


def test_without_a_rule_money_goes_to_undeposited_funds_and_the_method_keeps_its_usual_name(rig):
    receive(rig, payment(method="check"))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.method, found.deposit_account) == ("Check", "Undeposited Funds")


def test_the_best_deposit_rule_wins(rig):
    acts.add_account(rig.company.books, "Stripe", "Bank")
    for account, given in {"Checking": {}, "Stripe": {"gateway": "stripe"}}.items():
        deposit_rule(rig, account, **given)
    receive(rig, payment("pay_1", gateway="Stripe"), payment("pay_2", "10.00", gateway="moneris"))
    posted_once(settles(rig), "pay_1", "pay_2")
    assert [one.deposit_account for one in in_quickbooks(rig)] == ["Stripe", "Checking"]


def deposit_rule(rig: Rig, account: str, method: str = "", gateway: str = "") -> None:
    with rig.store.transaction():
        account_rules.add_deposit_rule(
            connection(rig).id, method=method, currency="", gateway=gateway, account=account
        )


def test_a_method_goes_by_the_name_that_it_was_given(rig):
    with rig.store.transaction():
        account_rules.set_method_rule(connection(rig).id, "credit_card", "Visa")
    receive(rig, payment(method="credit_card"))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].method == "Visa"


def test_a_missing_method_is_made_once(rig):
    receive(rig, *(payment(one, "10.00", method="credit_card") for one in ("pay_1", "pay_2")))
    posted_once(settles(rig), "pay_1", "pay_2")
    assert [one.method for one in in_quickbooks(rig)] == ["Credit Card", "Credit Card"]
    assert sum("<PaymentMethodAddRq" in request for request in rig.requests) == 1


def test_a_missing_method_becomes_other_by_setting(open_till):
    rig = open_till(missing_method=MissingMethod.OTHER)
    add_method(rig, "Other")
    receive(rig, payment(method="credit_card"))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].method == "Other"


def test_where_there_is_no_other_either_the_payment_has_no_method(open_till):
    rig = open_till(missing_method=MissingMethod.OTHER)
    receive(rig, payment(method="credit_card"))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].method == ""


def add_method(rig: Rig, name: str) -> None:
    books = rig.company.books
    list_id = books.new_list_id()
    books.entries[list_id] = Entry("PaymentMethod", list_id, name, "Other", books.now, True)


def test_a_method_that_somebody_made_meanwhile_is_taken(rig):
    receive(rig, payment(method="credit_card"))
    happens_after(rig, "<PaymentMethodQueryRq", lambda: add_method(rig, "Credit Card"))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].method == "Credit Card"


def test_a_method_that_cannot_be_made_refuses_its_payment_only(rig):
    receive(
        rig,
        payment("pay_1", method="credit_card"),
        payment("pay_2", pays={"1043": "20.00"}),
    )
    rig.company.fail_next("3260", "PaymentMethodAddRq")
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.REFUSED, "payment-method-missing")
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    assert "Credit Card" in payment_problem(rig, "pay_1").message
    both_agree(rig)


@pytest.mark.parametrize("gone", ["missing", "inactive"])
def test_a_deposit_account_that_is_not_there_refuses_the_payments_for_it(rig, gone):
    deposit_rule(rig, "Stripe", gateway="stripe")
    if gone == "inactive":
        acts.add_account(rig.company.books, "Stripe", "Bank")
        rig.alter = spoil("(<Name>Stripe</Name>.*?)<IsActive>true<", r"\1<IsActive>false<")
    receive(rig, payment("pay_1", gateway="stripe"), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.REFUSED, "payment-account-missing")
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    assert "Stripe" in payment_problem(rig, "pay_1").message
    both_agree(rig)


# What is never posted, and says why.


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"charged": False}, "payment-offline"),
        ({"charge_state": ChargeState.PENDING}, "payment-pending"),
        ({"charge_state": ChargeState.FAILED}, "payment-failed"),
        ({"pays": {}, "amount": "0.00"}, "payment-zero"),
        ({"from_quickbooks": True}, "payment-from-quickbooks"),
        ({"pays": {}, "amount": "10.00"}, "payment-no-invoice"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_payment_that_is_not_to_go_out_says_why(rig, given, code):
    receive(rig, payment("pay_1", **given), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.NOT_ELIGIBLE, code)
    assert on_file(rig, "pay_1").reason
    posted_once(rig, "pay_2")
    assert len(in_quickbooks(rig)) == 1


def test_a_payment_from_before_the_start_date_stays_out_until_the_date_is_moved(open_till):
    rig = open_till(start_date=date(2025, 6, 1))
    receive(rig, payment(date=date(2025, 5, 31)))
    assert standing(settles(rig)) == (PaymentStatus.NOT_ELIGIBLE, "payment-too-old")
    assert "2025-06-01" in on_file(rig).reason
    changed(rig, start_date=date(2025, 5, 1))
    posted_once(settles(rig))


def test_with_the_flow_off_nothing_goes_out_until_it_is_on(open_till):
    rig = open_till(payments_out=False)
    receive(rig, payment())
    assert standing(settles(rig)) == (PaymentStatus.NOT_ELIGIBLE, "payment-flow-off")
    assert in_quickbooks(rig) == []
    changed(rig, payments_out=True)
    posted_once(settles(rig))


def test_a_charge_that_succeeds_later_goes_out_then(rig):
    receive(rig, payment(charge_state=ChargeState.PENDING))
    settles(rig)
    receive(rig, payment())
    posted_once(settles(rig))


def test_a_charge_that_fails_before_it_was_posted_stays_out(rig):
    receive(rig, payment())
    receive(rig, payment(charge_state=ChargeState.FAILED))
    assert standing(settles(rig)) == (PaymentStatus.NOT_ELIGIBLE, "payment-failed")
    assert in_quickbooks(rig) == []


def test_a_refund_before_posting_holds_the_payment_back(rig):
    receive(rig, payment(refunded=Decimal("20.00")))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-refunded-before")
    assert "20.00" in payment_problem(rig).message
    assert in_quickbooks(rig) == []


def test_a_dispute_before_posting_holds_the_payment_back(rig):
    receive(rig, payment(disputed=True))
    assert standing(settles(rig)) == (PaymentStatus.REFUSED, "payment-disputed-before")
    assert in_quickbooks(rig) == []


def test_a_refund_after_posting_is_a_problem_with_both_amounts(rig):
    receive(rig, payment())
    settles(rig)
    receive(rig, payment(refunded=Decimal("20.00")))
    assert payment_problem(rig).code == "payment-refunded"
    assert "50.00" in payment_problem(rig).message
    assert "20.00" in payment_problem(rig).message
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.POSTED
    assert codes(rig) == ["payment-refunded"]
    both_agree(rig)


def test_a_dispute_after_posting_is_a_problem_with_the_amount(rig):
    receive(rig, payment())
    settles(rig)
    receive(rig, payment(disputed=True))
    settles(rig)
    assert payment_problem(rig).code == "payment-disputed"
    assert "50.00" in payment_problem(rig).message
    both_agree(rig)


# Invoices that are not there yet, or that nobody can tell.


def test_a_payment_waits_for_its_invoice_and_goes_out_by_itself(rig):
    receive(rig, payment(pays={"2000": "50.00"}))
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-invoice-waiting")
    assert "2000" in on_file(rig).reason
    owes(rig, "2000", 5_000)
    brought(rig, "2000")
    assert standing(rig) == (PaymentStatus.READY, "")
    posted_once(settles(rig))


def test_a_payment_of_a_pending_invoice_waits_until_it_is_final(rig):
    acts.pend(rig.company.books, "1042")
    brought(rig)
    receive(rig, payment())
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    acts.post(rig.company.books, "1042")
    brought(rig, "1042")
    posted_once(settles(rig))


def test_an_invoice_that_became_pending_meanwhile_holds_its_payment_back(rig):
    receive(rig, payment())
    acts.pend(rig.company.books, "1042")
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    assert in_quickbooks(rig) == []
    acts.post(rig.company.books, "1042")
    brought(rig, "1042")
    posted_once(settles(rig))


def test_a_number_that_two_open_invoices_have_is_refused(rig):
    owes(rig, "1042", 5_000)
    brought(rig)
    receive(rig, payment())
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-ambiguous")
    assert in_quickbooks(rig) == []
    assert payment_problem(rig).remedy


def test_a_customer_that_is_not_the_invoices_own_is_refused(rig):
    acts.add_customer(rig.company.books, "Somebody Else")
    receive(rig, payment(customer="Somebody Else"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    assert "Somebody Else" in payment_problem(rig).message
    assert LARKSPUR in payment_problem(rig).message
    assert in_quickbooks(rig) == []


# What changed in QuickBooks since the invoices were read.


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (acts.close, "payment-invoice-closed"),
        (acts.delete, "payment-invoice-gone"),
        (acts.void, "payment-invoice-closed"),
    ],
)
def test_an_invoice_that_is_no_longer_open_refuses_its_payment_and_is_read_again(rig, act, code):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    act(rig.company.books, "1042")
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.REFUSED, code)
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    assert "1042" in payment_problem(rig, "pay_1").message
    assert codes(rig) == [code]
    both_agree(rig)


def test_a_payment_that_pays_more_than_is_left_is_refused_with_both_figures(rig):
    receive(rig, payment(amount="200.00"))
    acts.pay(rig.company.books, "1042", 10_000)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    assert "150.00" in payment_problem(rig).message
    assert "200.00" in payment_problem(rig).message
    both_agree(rig)


def test_a_payment_by_hand_between_the_look_and_the_write_is_refused_by_quickbooks(rig):
    receive(rig, payment(amount="200.00"))
    happens_after(rig, LOOK, lambda: acts.pay(rig.company.books, "1042", 10_000))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    assert "amount due" in payment_problem(rig).said
    assert len(writes(rig)) == 1
    assert balance(rig, "1042") == "150.00"
    both_agree(rig)


@pytest.mark.parametrize("habit", ["refused", "unapplied"])
def test_an_invoice_that_is_paid_by_hand_between_the_look_and_the_write(rig, habit):
    rig.company.set_habits(closed_invoice=habit)
    receive(rig, payment(amount="250.00"))
    happens_after(rig, LOOK, lambda: acts.close(rig.company.books, "1042"))
    settles(rig)
    if habit == "refused":
        assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-gone")
    else:
        assert standing(rig) == (PaymentStatus.POSTED, "payment-not-applied")
        assert codes(rig) == ["payment-not-applied"]
        assert on_file(rig).unused == Decimal("250.00")
    assert rig.is_equal()


@pytest.mark.parametrize("password", [True, False])
def test_a_payment_in_a_closed_period_is_refused_with_or_without_a_password(rig, password):
    rig.company.set_closing_date("2025-05-31", password=password)
    receive(
        rig,
        payment("pay_1", date=date(2025, 5, 31)),
        payment("pay_2", pays={"1043": "20.00"}, date=date(2025, 6, 1)),
    )
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.REFUSED, "payment-closed-period")
    assert "2025-05-31" in payment_problem(rig, "pay_1").message
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    both_agree(rig)


def test_books_that_were_closed_in_the_midst_of_a_sync_refuse_the_payment_themselves(rig):
    receive(rig, payment(date=date(2025, 5, 31)))
    happens_after(rig, LOOK, lambda: rig.company.set_closing_date("2025-05-31", password=True))
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.REFUSED
    assert "closing date" in payment_problem(rig).said
    assert in_quickbooks(rig) == []


def test_an_inactive_customer_is_paid_for_all_the_same_or_waits_with_its_reason(rig):
    acts.deactivate(rig.company.books, LARKSPUR)
    brought(rig)
    receive(rig, payment())
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    assert "inactive" in on_file(rig).reason
    assert in_quickbooks(rig) == []
    acts.reactivate(rig.company.books, LARKSPUR)
    brought(rig, "1042")
    posted_once(settles(rig))


def test_the_invoice_of_a_merged_customer_is_paid_by_the_one_that_is_left(rig):
    acts.add_customer(rig.company.books, "Larkspur Tiles Inc")
    owes(rig, "M-1", 5_000, "Larkspur Tiles Inc")
    brought(rig, "M-1")
    receive(rig, payment(pays={"M-1": "50.00"}))
    acts.merge(rig.company.books, "Larkspur Tiles Inc", LARKSPUR)
    settles(rig)
    assert standing(rig) == (PaymentStatus.READY, "")
    assert in_quickbooks(rig) == []
    settles(rig)
    assert in_quickbooks(rig)[0].customer == LARKSPUR
    rig.later(hours=1)
    assert rig.sync().ok
    posted_once(rig)


def test_a_customer_that_was_renamed_in_quickbooks_is_known_by_its_old_name(rig):
    acts.rename(rig.company.books, LARKSPUR, "Larkspur & Sons")
    brought(rig, "1042")
    receive(rig, payment(customer=LARKSPUR))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].customer == "Larkspur & Sons"


def test_a_customer_that_was_merged_is_known_by_its_old_name(rig):
    acts.add_customer(rig.company.books, "Larkspur Tiles Inc")
    owes(rig, "M-1", 5_000, "Larkspur Tiles Inc")
    brought(rig, "M-1")
    acts.merge(rig.company.books, "Larkspur Tiles Inc", LARKSPUR)
    brought(rig, "M-1")
    receive(rig, payment(pays={"M-1": "50.00"}, customer="Larkspur Tiles Inc"))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].customer == LARKSPUR


def test_a_name_that_went_from_one_customer_to_another_posts_nothing(rig):
    acts.rename(rig.company.books, LARKSPUR, "Larkspur & Sons")
    brought(rig, "1042")
    acts.add_customer(rig.company.books, LARKSPUR)
    owes(rig, "N-1", 5_000, LARKSPUR)
    brought(rig, "N-1")
    receive(
        rig, payment(customer=LARKSPUR), payment("pay_2", pays={"N-1": "5.00"}, customer=LARKSPUR)
    )
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-customer-ambiguous")
    assert standing(rig, "pay_2") == (PaymentStatus.REFUSED, "payment-customer-ambiguous")
    assert in_quickbooks(rig) == []


@pytest.mark.parametrize("named", ["#511", "00511", "511.0"])
def test_a_number_that_is_only_close_is_named_and_nothing_is_posted(rig, named):
    owes(rig, "511", 5_000)
    brought(rig, "511")
    receive(rig, payment(pays={named: "50.00"}))
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-invoice-near")
    assert "511 of Larkspur Tile" in on_file(rig).reason
    assert codes(rig) == ["payment-invoice-near"]
    assert in_quickbooks(rig) == []


def test_blanks_and_case_make_no_other_number(rig):
    owes(rig, "INV-5305", 5_000)
    brought(rig, "INV-5305")
    receive(rig, payment(pays={"  inv-5305 ": "50.00"}))
    posted_once(settles(rig))


# Refusals that pass by themselves, and those that do not.


@pytest.mark.parametrize("locked", ["1042", LARKSPUR])
def test_a_record_that_is_in_use_puts_the_payment_off_until_the_next_sync(rig, locked):
    receive(rig, payment("pay_1"))
    rig.company.lock(locked)
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.WAITING, "payment-locked")
    assert "in use" in on_file(rig, "pay_1").reason
    assert codes(rig) == []
    assert in_quickbooks(rig) == []
    rig.company.unlock(locked)
    posted_once(settles(rig))


def test_a_record_that_is_in_use_keeps_no_other_payment_waiting(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    rig.company.lock("1042")
    settles(rig)
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    rig.company.unlock("1042")
    posted_once(settles(rig), "pay_1", "pay_2")


def test_a_record_that_stays_in_use_is_waited_for_however_often_it_is_met(rig):
    receive(rig, payment())
    rig.company.lock("1042")
    for _ in range(12):
        settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-locked")
    assert codes(rig) == []
    assert parts(rig)[0].attempts == 12
    rig.company.unlock("1042")
    posted_once(settles(rig))


def test_many_syncs_within_seconds_try_a_locked_payment_a_few_times_only(rig):
    receive(rig, payment())
    rig.company.lock("1042")
    for _ in range(12):
        rig.later(seconds=2)
        rig.sync(kind=ApplicationKind.PAYMENT)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-locked")
    assert len(writes(rig)) <= 3
    rig.company.unlock("1042")
    posted_once(settles(rig))


def test_what_has_waited_for_a_day_is_a_problem_until_it_goes_on(rig):
    receive(rig, payment())
    rig.company.lock("1042")
    settles(rig)
    rig.later(hours=23)
    assert codes(settles(rig)) == []
    rig.later(hours=1)
    assert codes(settles(rig)) == ["payment-waits-long"]
    assert "in use" in payment_problem(rig).message
    assert standing(rig) == (PaymentStatus.WAITING, "payment-locked")
    assert codes(settles(rig)) == ["payment-waits-long"]
    rig.company.unlock("1042")
    posted_once(settles(rig))


def test_a_payment_whose_invoice_never_comes_is_a_problem_once_it_waits_too_long(open_till):
    rig = open_till(settings={"waiting_is_a_problem_after_hours": "2"})
    receive(rig, payment(pays={"2000": "50.00"}))
    rig.later(hours=3)
    brought(rig)
    assert codes(rig) == ["payment-waits-long"]
    assert "2000" in payment_problem(rig).message
    owes(rig, "2000", 5_000)
    brought(rig, "2000")
    posted_once(settles(rig))


@pytest.mark.parametrize("words", ["Could not obtain a lock on the record.", "The list is in use"])
def test_a_request_that_is_turned_away_in_words_of_a_lock_waits(rig, words):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    rig.company.fail_next("0x80040400", "ReceivePaymentAddRq", message=words)
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.WAITING, "payment-locked")
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    assert len(writes(rig)) == 2
    posted_once(settles(rig), "pay_1", "pay_2")


@pytest.mark.parametrize("code", ["3260", "3261"])
def test_where_posting_is_not_permitted_nothing_more_is_tried_but_reading_goes_on(rig, code):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    rig.company.fail_next(code, "ReceivePaymentAddRq", times=5)
    settles(rig)
    assert len(writes(rig)) == 1
    assert any('iterator="Start"' in request for request in rig.requests)
    assert codes(rig) == ["payment-not-permitted"]
    assert on_file(rig, "pay_1").reason
    assert in_quickbooks(rig) == []
    rig.company.books.faults.clear()
    posted_once(settles(rig), "pay_1", "pay_2")


def test_once_posting_is_permitted_again_the_very_next_sync_posts(rig):
    receive(rig, payment())
    rig.company.fail_next("3260", "ReceivePaymentAddRq")
    settles(rig)
    assert (problem(rig).kind, problem(rig).code) == (RecordKind.SYNC, "payment-not-permitted")
    assert rig.sync(kind=ApplicationKind.PAYMENT).ok
    posted_once(rig)


@pytest.mark.parametrize(
    ("request_name", "code", "problem_code"),
    [
        ("AccountQueryRq", "3260", "3260"),
        ("InvoiceQueryRq", "1000", "1000"),
        ("InvoiceQueryRq", "1010", "retries-exhausted"),
        ("PaymentMethodAddRq", "3175", "retries-exhausted"),
    ],
)
def test_where_quickbooks_lets_nothing_be_posted_that_is_one_problem_until_it_does(
    rig, request_name, code, problem_code
):
    receive(rig, *(payment(one, "10.00", method="credit_card") for one in ("pay_1", "pay_2")))
    rig.company.fail_next(code, request_name, times=99)
    settles(rig)
    assert writes(rig) == []
    assert codes(rig) == [problem_code]
    assert "1 record needs attention" in rig.syncs()[0].message
    rig.company.books.faults.clear()
    posted_once(settles(rig), "pay_1", "pay_2")


def test_an_invoice_that_cannot_be_looked_at_refuses_its_own_payment_only(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    rig.company.fail_next("3000", "InvoiceQueryRq")
    settles(rig)
    assert standing(rig, "pay_1")[0] is PaymentStatus.REFUSED
    assert payment_problem(rig, "pay_1").said
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")


def test_a_method_whose_name_is_taken_by_nothing_that_is_listed_refuses_its_payment(rig):
    receive(rig, payment("pay_1", method="credit_card"))
    rig.company.fail_next("3100", "PaymentMethodAddRq", times=99)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-method-missing")
    assert len(rig.requests) < 12


def test_one_bad_payment_never_keeps_the_rest_waiting(rig):
    bad = {
        "pay_0": payment("pay_0", pays={"nowhere": "1.00"}),
        "pay_1": payment("pay_1", amount="999.00"),
        "pay_2": payment("pay_2", customer="Nobody"),
        "pay_3": payment("pay_3", currency="EUR"),
    }
    receive(rig, *bad.values(), payment("pay_4", pays={"1043": "20.00"}))
    settles(rig)
    assert standing(rig, "pay_4") == (PaymentStatus.POSTED, "")
    for external_id in bad:
        assert standing(rig, external_id)[0] in (PaymentStatus.WAITING, PaymentStatus.REFUSED)
        assert on_file(rig, external_id).reason
    assert len(codes(rig)) == 3
    both_agree(rig)


def test_a_refusal_that_nobody_foresaw_shows_quickbooks_own_words(rig):
    receive(rig, payment())
    rig.company.fail_next("3210", "ReceivePaymentAddRq", message="The moon is full.")
    settles(rig)
    assert payment_problem(rig).said == "The moon is full."
    assert "Payment pay_1, 50.00" in payment_problem(rig).document
    assert payment_problem(rig).remedy


# What a person decides.


def retry(rig: Rig, external_id: str = "pay_1") -> None:
    decide(rig.store, payments.plan_retry, [on_file(rig, external_id).id])


def test_a_refused_payment_goes_out_once_it_is_retried(rig):
    receive(rig, payment(amount="200.00"))
    acts.pay(rig.company.books, "1042", 10_000, number="BY-HAND")
    settles(rig)
    acts.delete(rig.company.books, "BY-HAND")
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.REFUSED
    retry(rig)
    posted_once(settles(rig))


def test_a_retried_payment_is_held_against_quickbooks_and_not_against_what_was_read_before(rig):
    """Entered by hand, ours refused, the one by hand deleted: ours goes out in that very sync."""
    receive(rig, payment(amount="250.00"))
    acts.pay(rig.company.books, "1042", 25_000, number="BY-HAND")
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    acts.delete(rig.company.books, "BY-HAND")
    retry(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-retried")
    assert codes(rig) == []
    posted_once(settles(rig))


def test_a_retry_finds_an_invoice_that_no_invoice_sync_has_read(rig):
    receive(rig, payment(pays={"2000": "50.00"}))
    settles(rig)
    acts.add_customer(rig.company.books, "Newcomer")
    owes(rig, "2000", 5_000, "Newcomer")
    retry(rig)
    assert standing(settles(rig)) == (PaymentStatus.POSTED, "")


def test_a_retry_asks_again_what_the_customer_is_called(rig):
    receive(rig, payment(customer="Larkspur and Daughters"))
    assert standing(settles(rig)) == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    acts.rename(rig.company.books, LARKSPUR, "Larkspur and Daughters")
    retry(rig)
    assert standing(settles(rig)) == (PaymentStatus.POSTED, "")


def test_a_retry_of_what_is_still_so_says_it_again_after_asking(rig):
    receive(rig, payment(amount="250.00"))
    acts.close(rig.company.books, "1042")
    settles(rig)
    retry(rig)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    assert codes(rig) == ["payment-invoice-closed"]


def test_a_retry_in_the_midst_of_a_sync_waits_for_the_next_one(rig):
    receive(rig, payment("pay_1", amount="250.00"))
    acts.pay(rig.company.books, "1042", 25_000, number="BY-HAND")
    settles(rig)
    acts.delete(rig.company.books, "BY-HAND")
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    happens_after(rig, ADD, lambda: retry(rig))
    settles(rig)
    assert standing(rig, "pay_1")[0] in (PaymentStatus.WAITING, PaymentStatus.READY)
    posted_once(settles(rig), "pay_1", "pay_2")


def test_a_retry_that_changes_nothing_is_refused_again(rig):
    receive(rig, payment(amount="200.00"))
    acts.pay(rig.company.books, "1042", 10_000)
    settles(rig)
    retry(rig)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    assert codes(rig) == ["payment-overpays"]


def test_a_skipped_payment_stays_out_until_the_skip_is_taken_back(rig):
    receive(rig, payment())
    decide(rig.store, payments.plan_skip, [on_file(rig).id], "paid twice")
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.SKIPPED
    assert on_file(rig).note == "paid twice"
    assert in_quickbooks(rig) == []
    decide(rig.store, payments.plan_unskip, [on_file(rig).id])
    posted_once(settles(rig))


def test_a_payment_that_is_skipped_after_it_was_looked_at_stays_out(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))

    def skip() -> None:
        decide(rig.store, payments.plan_skip, [on_file(rig, "pay_1").id], "paid twice")

    happens_after(rig, LOOK, skip)
    settles(rig)
    assert standing(rig, "pay_1")[0] is PaymentStatus.SKIPPED
    assert [one.ref_number for one in in_quickbooks(rig)] == [parts(rig, "pay_2")[0].ref_number]


def test_a_payment_is_posted_as_it_was_corrected(rig):
    receive(rig, payment(pays={"9999": "50.00"}, customer="Somebody Else"))
    settles(rig)
    assert in_quickbooks(rig) == []
    receive(rig, payment(pays={"1043": "20.00"}, customer=LARKSPUR))
    posted_once(settles(rig))
    assert [one.amount for one in in_quickbooks(rig)] == [2_000]


@pytest.mark.parametrize("changed", [{"pays": {"1043": "20.00"}}, {"amount": "20.00"}])
def test_a_payment_that_is_corrected_while_it_is_looked_at_goes_out_as_corrected(rig, changed):
    receive(rig, payment())
    happens_after(rig, LOOK, lambda: receive(rig, payment(**changed)))
    posted_once(settles(rig))
    assert [one.amount for one in in_quickbooks(rig)] == [2_000]
    assert rig.problems() == []


def test_a_payment_that_is_corrected_while_it_is_written_is_what_was_sent(rig):
    receive(rig, payment())
    happens_after(rig, ADD, lambda: receive(rig, payment(amount="20.00")))
    both_agree(settles(rig))
    assert [one.amount for one in in_quickbooks(rig)] == [5_000]
    assert codes(rig) == ["payment-changed-after-sending"]
    assert on_file(rig).amount == Decimal("50.00")


def test_a_payment_that_comes_in_again_is_not_posted_again(rig):
    receive(rig, payment())
    settles(rig)
    receive(rig, payment())
    posted_once(settles(rig))
    assert len(writes(rig)) == 1
