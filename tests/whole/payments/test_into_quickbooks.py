"""Payments of the platform become ReceivePayments: what each one looks like, and what stays out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.models.payments import rules
from shared.operations import payments
from shared.rules.payments.values import ChargeState, PaymentStatus
from shared.rules.values import ApplicationKind, JobMode, MissingMethod, RecordKind
from simulator.company import acts
from simulator.company.records import Entry
from tests.deciding import decide
from tests.whole.bookkeeping import changed, owes, spoil
from tests.whole.house import House
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


def brought(house: House, *numbers: str) -> House:
    """An Invoice Sync, after which these invoices are held."""
    house.later(hours=1)
    assert house.sync().ok
    assert set(numbers) <= {row.number for row in house.invoices().values()}
    return house


def balance(house: House, number: str) -> str:
    """What an invoice owes in the store."""
    (found,) = (one for one in house.invoices().values() if one.number == number)
    return f"{found.balance:.2f}"


def applied(house: House, position: int = 0) -> dict[str, int]:
    """What a payment in the books pays, in hundredths, by invoice number."""
    return {use.number: use.amount for use in in_quickbooks(house)[position].applied}


# What is written.


def test_a_payment_of_one_invoice(house):
    receive(house, payment(amount="250.00"))
    posted_once(settles(house))
    assert applied(house) == {"1042": 25_000}
    assert balance(house, "1042") == "0.00"


def test_a_partial_payment_leaves_the_rest_open(house):
    receive(house, payment(amount="100.00"))
    posted_once(settles(house))
    assert balance(house, "1042") == "150.00"


def test_one_payment_of_several_invoices(house):
    receive(house, payment(pays={"1042": "250.00", "1043": "40.00", "1044": "10.00"}))
    posted_once(settles(house))
    (found,) = in_quickbooks(house)
    assert (found.amount, found.unused) == (30_000, 0)
    assert applied(house) == {"1042": 25_000, "1043": 4_000, "1044": 1_000}


def test_an_invoice_may_be_named_by_its_txn_id_or_by_both(house):
    txn_id = next(one for one, row in house.invoices().items() if row.number == "1043")
    receive(house, payment("pay_1", pays={txn_id: "20.00"}))
    receive(house, payment("pay_2", pays={txn_id: "20.00", "1043": "5.00"}))
    posted_once(settles(house), "pay_1", "pay_2")
    assert [applied(house, position) for position in (0, 1)] == [{"1043": 2_000}, {"1043": 2_500}]


def test_several_payments_of_one_invoice_go_out_oldest_first(house):
    receive(
        house,
        payment("pay_late", "30.00", date=date(2025, 6, 29)),
        payment("pay_early", "20.00", date=date(2025, 6, 28)),
    )
    posted_once(settles(house), "pay_early", "pay_late")
    assert [one.amount for one in in_quickbooks(house)] == [2_000, 3_000]
    assert balance(house, "1042") == "200.00"


def test_what_is_overpaid_stays_unused_and_is_shown(house):
    receive(house, payment(amount="300.00", pays={"1042": "250.00"}))
    posted_once(settles(house))
    (found,) = in_quickbooks(house)
    assert (found.amount, found.unused) == (30_000, 5_000)
    assert on_file(house).unused == Decimal("50.00")
    assert parts(house)[0].unused == Decimal("50.00")


def test_a_payment_carries_three_tags_of_ours(house):
    external_id = "ch_3PqX8w2eZvKYlo2C1gQ0aBcD"
    receive(house, payment(external_id, gateway="stripe", reference="txn_77", memo="Lobby & co"))
    posted_once(settles(house), external_id)
    (found,) = in_quickbooks(house)
    (part,) = parts(house, external_id)
    assert found.ref_number == part.ref_number
    assert len(found.ref_number) <= 20
    assert found.ref_number.startswith("ch_3PqX8w2e")
    assert found.external_guid == part.external_guid
    assert f"[db:{found.ref_number}]" in found.memo
    for text in (external_id, "stripe", "txn_77", "Lobby & co"):
        assert text in found.memo


def test_two_payments_whose_ids_begin_alike_have_different_tags(house):
    ids = ("ch_3PqX8w2eZvKYlo2C0001", "ch_3PqX8w2eZvKYlo2C0002")
    receive(house, *(payment(one, "10.00") for one in ids))
    posted_once(settles(house), *ids)
    first, second = in_quickbooks(house)
    assert first.ref_number != second.ref_number
    assert first.external_guid != second.external_guid


def test_the_date_is_the_payments_own(house):
    receive(house, payment(date=date(2025, 5, 17)))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].date == "2025-05-17"


def test_it_stands_in_the_receivables_account_of_its_invoice(house):
    acts.add_account(house.company.books, "A/R Retail", "AccountsReceivable")
    acts.add_invoice(house.company.books, LARKSPUR, 5_000, number="R-1", receivable="A/R Retail")
    brought(house, "R-1")
    receive(house, payment(pays={"R-1": "50.00"}))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].receivable == "A/R Retail"


def test_invoices_of_two_receivables_accounts_are_paid_in_two_parts(house):
    acts.add_account(house.company.books, "A/R Retail", "AccountsReceivable")
    acts.add_invoice(house.company.books, LARKSPUR, 5_000, number="R-1", receivable="A/R Retail")
    brought(house, "R-1")
    receive(house, payment(pays={"1042": "20.00", "R-1": "50.00"}))
    posted_once(settles(house))
    assert {one.receivable: one.amount for one in in_quickbooks(house)} == {
        "Accounts Receivable": 2_000,
        "A/R Retail": 5_000,
    }


def test_a_payment_over_a_parent_and_its_job_is_split_by_customer_and_shown_so(house):
    owes(house, "J-1", 6_000, LOBBY)
    brought(house, "J-1")
    receive(house, payment(amount="120.00", pays={"1042": "50.00", "J-1": "60.00"}))
    posted_once(settles(house))
    first, second = in_quickbooks(house)
    assert (first.customer, first.amount, first.unused) == (LARKSPUR, 6_000, 1_000)
    assert (second.customer, second.amount, second.unused) == (LOBBY, 6_000, 0)
    held = on_file(house)
    assert held.txn_id == f"{first.txn_id} {second.txn_id}"
    assert held.ref_number == f"{first.ref_number} {second.ref_number}"
    assert "part 1 of 2" in first.memo
    assert "part 2 of 2" in second.memo


def test_a_jobs_invoice_is_paid_by_the_job_however_it_is_billed(open_till):
    for jobs in JobMode:
        house = open_till(jobs=jobs)
        owes(house, "J-1", 6_000, LOBBY)
        brought(house, "J-1")
        receive(house, payment(pays={"J-1": "60.00"}, customer=LARKSPUR))
        posted_once(settles(house))
        assert in_quickbooks(house)[0].customer == LOBBY


def test_one_part_may_be_refused_while_the_other_one_is_posted(house):
    owes(house, "J-1", 6_000, LOBBY)
    brought(house, "J-1")
    receive(house, payment(pays={"1042": "50.00", "J-1": "60.00"}))
    acts.pay(house.company.books, "J-1", 3_000)
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-overpays")
    assert [part.state.value for part in parts(house)] == ["posted", "refused"]
    both_agree(house)


def test_an_invoice_in_another_currency_is_paid_in_it(house):
    acts.add_customer(house.company.books, "Euro GmbH", currency="EUR")
    owes(house, "E-1", 10_000, "Euro GmbH")
    brought(house, "E-1")
    receive(house, payment(pays={"E-1": "40.00"}, currency="EUR"))
    posted_once(settles(house))
    (found,) = in_quickbooks(house)
    assert (found.currency, found.receivable) == ("EUR", "Accounts Receivable - EUR")


def test_a_payment_in_another_currency_than_its_invoice_is_refused(house):
    receive(house, payment(currency="EUR"))
    assert standing(settles(house)) == (PaymentStatus.REFUSED, "payment-currency-mismatch")
    assert in_quickbooks(house) == []


def test_credit_notes_are_recorded_and_not_posted(house):
    receive(house, payment(pays={"1042": "50.00"}, credits={"CN-7": "20.00"}))
    posted_once(settles(house))
    assert applied(house) == {"1042": 5_000}
    kinds = {use.document: use.kind.value for use in on_file(house).uses}
    assert kinds == {"1042": "invoice", "CN-7": "credit_note"}


# Method and account.


def test_without_a_rule_money_goes_to_undeposited_funds_and_the_method_keeps_its_usual_name(house):
    receive(house, payment(method="check"))
    posted_once(settles(house))
    (found,) = in_quickbooks(house)
    assert (found.method, found.deposit_account) == ("Check", "Undeposited Funds")


def test_the_best_deposit_rule_wins(house):
    acts.add_account(house.company.books, "Stripe", "Bank")
    for account, given in {"Checking": {}, "Stripe": {"gateway": "stripe"}}.items():
        deposit_rule(house, account, **given)
    receive(house, payment("pay_1", gateway="Stripe"), payment("pay_2", "10.00", gateway="moneris"))
    posted_once(settles(house), "pay_1", "pay_2")
    assert [one.deposit_account for one in in_quickbooks(house)] == ["Stripe", "Checking"]


def deposit_rule(house: House, account: str, method: str = "", gateway: str = "") -> None:
    with house.store.transaction():
        rules.add_deposit_rule(
            connection(house).id, method=method, currency="", gateway=gateway, account=account
        )


def test_a_method_goes_by_the_name_that_it_was_given(house):
    with house.store.transaction():
        rules.set_method_rule(connection(house).id, "credit_card", "Visa")
    receive(house, payment(method="credit_card"))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].method == "Visa"


def test_a_missing_method_is_made_once(house):
    receive(house, *(payment(one, "10.00", method="credit_card") for one in ("pay_1", "pay_2")))
    posted_once(settles(house), "pay_1", "pay_2")
    assert [one.method for one in in_quickbooks(house)] == ["Credit Card", "Credit Card"]
    assert sum("<PaymentMethodAddRq" in request for request in house.requests) == 1


def test_a_missing_method_becomes_other_by_setting(open_till):
    house = open_till(missing_method=MissingMethod.OTHER)
    add_method(house, "Other")
    receive(house, payment(method="credit_card"))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].method == "Other"


def test_where_there_is_no_other_either_the_payment_has_no_method(open_till):
    house = open_till(missing_method=MissingMethod.OTHER)
    receive(house, payment(method="credit_card"))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].method == ""


def add_method(house: House, name: str) -> None:
    books = house.company.books
    list_id = books.new_list_id()
    books.entries[list_id] = Entry("PaymentMethod", list_id, name, "Other", books.now, True)


def test_a_method_that_somebody_made_meanwhile_is_taken(house):
    receive(house, payment(method="credit_card"))
    happens_after(house, "<PaymentMethodQueryRq", lambda: add_method(house, "Credit Card"))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].method == "Credit Card"


def test_a_method_that_cannot_be_made_refuses_its_payment_only(house):
    receive(
        house,
        payment("pay_1", method="credit_card"),
        payment("pay_2", pays={"1043": "20.00"}),
    )
    house.company.fail_next("3260", "PaymentMethodAddRq")
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.REFUSED, "payment-method-missing")
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    assert "Credit Card" in payment_problem(house, "pay_1").message
    both_agree(house)


@pytest.mark.parametrize("gone", ["missing", "inactive"])
def test_a_deposit_account_that_is_not_there_refuses_the_payments_for_it(house, gone):
    deposit_rule(house, "Stripe", gateway="stripe")
    if gone == "inactive":
        acts.add_account(house.company.books, "Stripe", "Bank")
        house.alter = spoil("(<Name>Stripe</Name>.*?)<IsActive>true<", r"\1<IsActive>false<")
    receive(house, payment("pay_1", gateway="stripe"), payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.REFUSED, "payment-account-missing")
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    assert "Stripe" in payment_problem(house, "pay_1").message
    both_agree(house)


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
def test_a_payment_that_is_not_to_go_out_says_why(house, given, code):
    receive(house, payment("pay_1", **given), payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.NOT_ELIGIBLE, code)
    assert on_file(house, "pay_1").reason
    posted_once(house, "pay_2")
    assert len(in_quickbooks(house)) == 1


def test_a_payment_from_before_the_start_date_stays_out_until_the_date_is_moved(open_till):
    house = open_till(start_date=date(2025, 6, 1))
    receive(house, payment(date=date(2025, 5, 31)))
    assert standing(settles(house)) == (PaymentStatus.NOT_ELIGIBLE, "payment-too-old")
    assert "2025-06-01" in on_file(house).reason
    changed(house, start_date=date(2025, 5, 1))
    posted_once(settles(house))


def test_with_the_flow_off_nothing_goes_out_until_it_is_on(open_till):
    house = open_till(payments_out=False)
    receive(house, payment())
    assert standing(settles(house)) == (PaymentStatus.NOT_ELIGIBLE, "payment-flow-off")
    assert in_quickbooks(house) == []
    changed(house, payments_out=True)
    posted_once(settles(house))


def test_a_charge_that_succeeds_later_goes_out_then(house):
    receive(house, payment(charge_state=ChargeState.PENDING))
    settles(house)
    receive(house, payment())
    posted_once(settles(house))


def test_a_charge_that_fails_before_it_was_posted_stays_out(house):
    receive(house, payment())
    receive(house, payment(charge_state=ChargeState.FAILED))
    assert standing(settles(house)) == (PaymentStatus.NOT_ELIGIBLE, "payment-failed")
    assert in_quickbooks(house) == []


def test_a_refund_before_posting_holds_the_payment_back(house):
    receive(house, payment(refunded=Decimal("20.00")))
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-refunded-before")
    assert "20.00" in payment_problem(house).message
    assert in_quickbooks(house) == []


def test_a_dispute_before_posting_holds_the_payment_back(house):
    receive(house, payment(disputed=True))
    assert standing(settles(house)) == (PaymentStatus.REFUSED, "payment-disputed-before")
    assert in_quickbooks(house) == []


def test_a_refund_after_posting_is_a_problem_with_both_amounts(house):
    receive(house, payment())
    settles(house)
    receive(house, payment(refunded=Decimal("20.00")))
    assert payment_problem(house).code == "payment-refunded"
    assert "50.00" in payment_problem(house).message
    assert "20.00" in payment_problem(house).message
    settles(house)
    assert standing(house)[0] is PaymentStatus.POSTED
    assert codes(house) == ["payment-refunded"]
    both_agree(house)


def test_a_dispute_after_posting_is_a_problem_with_the_amount(house):
    receive(house, payment())
    settles(house)
    receive(house, payment(disputed=True))
    settles(house)
    assert payment_problem(house).code == "payment-disputed"
    assert "50.00" in payment_problem(house).message
    both_agree(house)


# Invoices that are not there yet, or that nobody can tell.


def test_a_payment_waits_for_its_invoice_and_goes_out_by_itself(house):
    receive(house, payment(pays={"2000": "50.00"}))
    settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-invoice-waiting")
    assert "2000" in on_file(house).reason
    owes(house, "2000", 5_000)
    brought(house, "2000")
    assert standing(house) == (PaymentStatus.READY, "")
    posted_once(settles(house))


def test_a_payment_of_a_pending_invoice_waits_until_it_is_final(house):
    acts.pend(house.company.books, "1042")
    brought(house)
    receive(house, payment())
    settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    acts.post(house.company.books, "1042")
    brought(house, "1042")
    posted_once(settles(house))


def test_an_invoice_that_became_pending_meanwhile_holds_its_payment_back(house):
    receive(house, payment())
    acts.pend(house.company.books, "1042")
    settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    assert in_quickbooks(house) == []
    acts.post(house.company.books, "1042")
    brought(house, "1042")
    posted_once(settles(house))


def test_a_number_that_two_open_invoices_have_is_refused(house):
    owes(house, "1042", 5_000)
    brought(house)
    receive(house, payment())
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-invoice-ambiguous")
    assert in_quickbooks(house) == []
    assert payment_problem(house).remedy


def test_a_customer_that_is_not_the_invoices_own_is_refused(house):
    acts.add_customer(house.company.books, "Somebody Else")
    receive(house, payment(customer="Somebody Else"))
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    assert "Somebody Else" in payment_problem(house).message
    assert LARKSPUR in payment_problem(house).message
    assert in_quickbooks(house) == []


# What changed in QuickBooks since the invoices were read.


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (acts.close, "payment-invoice-closed"),
        (acts.delete, "payment-invoice-gone"),
        (acts.void, "payment-invoice-closed"),
    ],
)
def test_an_invoice_that_is_no_longer_open_refuses_its_payment_and_is_read_again(house, act, code):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    act(house.company.books, "1042")
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.REFUSED, code)
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    assert "1042" in payment_problem(house, "pay_1").message
    assert codes(house) == [code]
    both_agree(house)


def test_a_payment_that_pays_more_than_is_left_is_refused_with_both_figures(house):
    receive(house, payment(amount="200.00"))
    acts.pay(house.company.books, "1042", 10_000)
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-overpays")
    assert "150.00" in payment_problem(house).message
    assert "200.00" in payment_problem(house).message
    both_agree(house)


def test_a_payment_by_hand_between_the_look_and_the_write_is_refused_by_quickbooks(house):
    receive(house, payment(amount="200.00"))
    happens_after(house, LOOK, lambda: acts.pay(house.company.books, "1042", 10_000))
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-overpays")
    assert "amount due" in payment_problem(house).said
    assert len(writes(house)) == 1
    assert balance(house, "1042") == "150.00"
    both_agree(house)


@pytest.mark.parametrize("habit", ["refused", "unapplied"])
def test_an_invoice_that_is_paid_by_hand_between_the_look_and_the_write(house, habit):
    house.company.set_habits(closed_invoice=habit)
    receive(house, payment(amount="250.00"))
    happens_after(house, LOOK, lambda: acts.close(house.company.books, "1042"))
    settles(house)
    if habit == "refused":
        assert standing(house) == (PaymentStatus.REFUSED, "payment-invoice-gone")
    else:
        assert standing(house) == (PaymentStatus.POSTED, "payment-not-applied")
        assert codes(house) == ["payment-not-applied"]
        assert on_file(house).unused == Decimal("250.00")
    assert house.is_equal()


@pytest.mark.parametrize("password", [True, False])
def test_a_payment_in_a_closed_period_is_refused_with_or_without_a_password(house, password):
    house.company.set_closing_date("2025-05-31", password=password)
    receive(
        house,
        payment("pay_1", date=date(2025, 5, 31)),
        payment("pay_2", pays={"1043": "20.00"}, date=date(2025, 6, 1)),
    )
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.REFUSED, "payment-closed-period")
    assert "2025-05-31" in payment_problem(house, "pay_1").message
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    both_agree(house)


def test_books_that_were_closed_in_the_midst_of_a_sync_refuse_the_payment_themselves(house):
    receive(house, payment(date=date(2025, 5, 31)))
    happens_after(house, LOOK, lambda: house.company.set_closing_date("2025-05-31", password=True))
    settles(house)
    assert standing(house)[0] is PaymentStatus.REFUSED
    assert "closing date" in payment_problem(house).said
    assert in_quickbooks(house) == []


def test_an_inactive_customer_is_paid_for_all_the_same_or_waits_with_its_reason(house):
    acts.deactivate(house.company.books, LARKSPUR)
    brought(house)
    receive(house, payment())
    settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-invoice-left-out")
    assert "inactive" in on_file(house).reason
    assert in_quickbooks(house) == []
    acts.reactivate(house.company.books, LARKSPUR)
    brought(house, "1042")
    posted_once(settles(house))


def test_the_invoice_of_a_merged_customer_is_paid_by_the_one_that_is_left(house):
    acts.add_customer(house.company.books, "Larkspur Tiles Inc")
    owes(house, "M-1", 5_000, "Larkspur Tiles Inc")
    brought(house, "M-1")
    receive(house, payment(pays={"M-1": "50.00"}))
    acts.merge(house.company.books, "Larkspur Tiles Inc", LARKSPUR)
    settles(house)
    assert standing(house) == (PaymentStatus.READY, "")
    assert in_quickbooks(house) == []
    settles(house)
    assert in_quickbooks(house)[0].customer == LARKSPUR
    house.later(hours=1)
    assert house.sync().ok
    posted_once(house)


def test_a_customer_that_was_renamed_in_quickbooks_is_known_by_its_old_name(house):
    acts.rename(house.company.books, LARKSPUR, "Larkspur & Sons")
    brought(house, "1042")
    receive(house, payment(customer=LARKSPUR))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].customer == "Larkspur & Sons"


def test_a_customer_that_was_merged_is_known_by_its_old_name(house):
    acts.add_customer(house.company.books, "Larkspur Tiles Inc")
    owes(house, "M-1", 5_000, "Larkspur Tiles Inc")
    brought(house, "M-1")
    acts.merge(house.company.books, "Larkspur Tiles Inc", LARKSPUR)
    brought(house, "M-1")
    receive(house, payment(pays={"M-1": "50.00"}, customer="Larkspur Tiles Inc"))
    posted_once(settles(house))
    assert in_quickbooks(house)[0].customer == LARKSPUR


def test_a_name_that_went_from_one_customer_to_another_posts_nothing(house):
    acts.rename(house.company.books, LARKSPUR, "Larkspur & Sons")
    brought(house, "1042")
    acts.add_customer(house.company.books, LARKSPUR)
    owes(house, "N-1", 5_000, LARKSPUR)
    brought(house, "N-1")
    receive(
        house, payment(customer=LARKSPUR), payment("pay_2", pays={"N-1": "5.00"}, customer=LARKSPUR)
    )
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-customer-ambiguous")
    assert standing(house, "pay_2") == (PaymentStatus.REFUSED, "payment-customer-ambiguous")
    assert in_quickbooks(house) == []


@pytest.mark.parametrize("named", ["#511", "00511", "511.0"])
def test_a_number_that_is_only_close_is_named_and_nothing_is_posted(house, named):
    owes(house, "511", 5_000)
    brought(house, "511")
    receive(house, payment(pays={named: "50.00"}))
    settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-invoice-near")
    assert "511 of Larkspur Tile" in on_file(house).reason
    assert codes(house) == ["payment-invoice-near"]
    assert in_quickbooks(house) == []


def test_blanks_and_case_make_no_other_number(house):
    owes(house, "INV-5305", 5_000)
    brought(house, "INV-5305")
    receive(house, payment(pays={"  inv-5305 ": "50.00"}))
    posted_once(settles(house))


# Refusals that pass by themselves, and those that do not.


@pytest.mark.parametrize("locked", ["1042", LARKSPUR])
def test_a_record_that_is_in_use_puts_the_payment_off_until_the_next_sync(house, locked):
    receive(house, payment("pay_1"))
    house.company.lock(locked)
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.WAITING, "payment-locked")
    assert "in use" in on_file(house, "pay_1").reason
    assert codes(house) == []
    assert in_quickbooks(house) == []
    house.company.unlock(locked)
    posted_once(settles(house))


def test_a_record_that_is_in_use_keeps_no_other_payment_waiting(house):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    house.company.lock("1042")
    settles(house)
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    house.company.unlock("1042")
    posted_once(settles(house), "pay_1", "pay_2")


def test_a_record_that_stays_in_use_is_waited_for_however_often_it_is_met(house):
    receive(house, payment())
    house.company.lock("1042")
    for _ in range(12):
        settles(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-locked")
    assert codes(house) == []
    assert parts(house)[0].attempts == 12
    house.company.unlock("1042")
    posted_once(settles(house))


def test_many_syncs_within_seconds_try_a_locked_payment_a_few_times_only(house):
    receive(house, payment())
    house.company.lock("1042")
    for _ in range(12):
        house.later(seconds=2)
        house.sync(kind=ApplicationKind.PAYMENT)
    assert standing(house) == (PaymentStatus.WAITING, "payment-locked")
    assert len(writes(house)) <= 3
    house.company.unlock("1042")
    posted_once(settles(house))


def test_what_has_waited_for_a_day_is_a_problem_until_it_goes_on(house):
    receive(house, payment())
    house.company.lock("1042")
    settles(house)
    house.later(hours=23)
    assert codes(settles(house)) == []
    house.later(hours=1)
    assert codes(settles(house)) == ["payment-waits-long"]
    assert "in use" in payment_problem(house).message
    assert standing(house) == (PaymentStatus.WAITING, "payment-locked")
    assert codes(settles(house)) == ["payment-waits-long"]
    house.company.unlock("1042")
    posted_once(settles(house))


def test_a_payment_whose_invoice_never_comes_is_a_problem_once_it_waits_too_long(open_till):
    house = open_till(settings={"waiting_is_a_problem_after_hours": "2"})
    receive(house, payment(pays={"2000": "50.00"}))
    house.later(hours=3)
    brought(house)
    assert codes(house) == ["payment-waits-long"]
    assert "2000" in payment_problem(house).message
    owes(house, "2000", 5_000)
    brought(house, "2000")
    posted_once(settles(house))


@pytest.mark.parametrize("words", ["Could not obtain a lock on the record.", "The list is in use"])
def test_a_request_that_is_turned_away_in_words_of_a_lock_waits(house, words):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    house.company.fail_next("0x80040400", "ReceivePaymentAddRq", message=words)
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.WAITING, "payment-locked")
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")
    assert len(writes(house)) == 2
    posted_once(settles(house), "pay_1", "pay_2")


@pytest.mark.parametrize("code", ["3260", "3261"])
def test_where_posting_is_not_permitted_nothing_more_is_tried_but_reading_goes_on(house, code):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    house.company.fail_next(code, "ReceivePaymentAddRq", times=5)
    settles(house)
    assert len(writes(house)) == 1
    assert any('iterator="Start"' in request for request in house.requests)
    assert codes(house) == ["payment-not-permitted"]
    assert on_file(house, "pay_1").reason
    assert in_quickbooks(house) == []
    house.company.books.faults.clear()
    posted_once(settles(house), "pay_1", "pay_2")


def test_once_posting_is_permitted_again_the_very_next_sync_posts(house):
    receive(house, payment())
    house.company.fail_next("3260", "ReceivePaymentAddRq")
    settles(house)
    assert (problem(house).kind, problem(house).code) == (RecordKind.SYNC, "payment-not-permitted")
    assert house.sync(kind=ApplicationKind.PAYMENT).ok
    posted_once(house)


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
    house, request_name, code, problem_code
):
    receive(house, *(payment(one, "10.00", method="credit_card") for one in ("pay_1", "pay_2")))
    house.company.fail_next(code, request_name, times=99)
    settles(house)
    assert writes(house) == []
    assert codes(house) == [problem_code]
    assert "1 needs your attention" in house.syncs()[0].message
    house.company.books.faults.clear()
    posted_once(settles(house), "pay_1", "pay_2")


def test_an_invoice_that_cannot_be_looked_at_refuses_its_own_payment_only(house):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    house.company.fail_next("3000", "InvoiceQueryRq")
    settles(house)
    assert standing(house, "pay_1")[0] is PaymentStatus.REFUSED
    assert payment_problem(house, "pay_1").said
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")


def test_a_method_whose_name_is_taken_by_nothing_that_is_listed_refuses_its_payment(house):
    receive(house, payment("pay_1", method="credit_card"))
    house.company.fail_next("3100", "PaymentMethodAddRq", times=99)
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-method-missing")
    assert len(house.requests) < 12


def test_one_bad_payment_never_keeps_the_rest_waiting(house):
    bad = {
        "pay_0": payment("pay_0", pays={"nowhere": "1.00"}),
        "pay_1": payment("pay_1", amount="999.00"),
        "pay_2": payment("pay_2", customer="Nobody"),
        "pay_3": payment("pay_3", currency="EUR"),
    }
    receive(house, *bad.values(), payment("pay_4", pays={"1043": "20.00"}))
    settles(house)
    assert standing(house, "pay_4") == (PaymentStatus.POSTED, "")
    for external_id in bad:
        assert standing(house, external_id)[0] in (PaymentStatus.WAITING, PaymentStatus.REFUSED)
        assert on_file(house, external_id).reason
    assert len(codes(house)) == 3
    both_agree(house)


def test_a_refusal_that_nobody_foresaw_shows_quickbooks_own_words(house):
    receive(house, payment())
    house.company.fail_next("3210", "ReceivePaymentAddRq", message="The moon is full.")
    settles(house)
    assert payment_problem(house).said == "The moon is full."
    assert "Payment pay_1, 50.00" in payment_problem(house).document
    assert payment_problem(house).remedy


# What a person decides.


def retry(house: House, external_id: str = "pay_1") -> None:
    decide(house.store, payments.plan_retry, [on_file(house, external_id).id])


def test_a_refused_payment_goes_out_once_it_is_retried(house):
    receive(house, payment(amount="200.00"))
    acts.pay(house.company.books, "1042", 10_000, number="BY-HAND")
    settles(house)
    acts.delete(house.company.books, "BY-HAND")
    settles(house)
    assert standing(house)[0] is PaymentStatus.REFUSED
    retry(house)
    posted_once(settles(house))


def test_a_retried_payment_is_held_against_quickbooks_and_not_against_what_was_read_before(house):
    """Entered by hand, ours refused, the one by hand deleted: ours goes out in that very sync."""
    receive(house, payment(amount="250.00"))
    acts.pay(house.company.books, "1042", 25_000, number="BY-HAND")
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    acts.delete(house.company.books, "BY-HAND")
    retry(house)
    assert standing(house) == (PaymentStatus.WAITING, "payment-retried")
    assert codes(house) == []
    posted_once(settles(house))


def test_a_retry_finds_an_invoice_that_no_invoice_sync_has_read(house):
    receive(house, payment(pays={"2000": "50.00"}))
    settles(house)
    acts.add_customer(house.company.books, "Newcomer")
    owes(house, "2000", 5_000, "Newcomer")
    retry(house)
    assert standing(settles(house)) == (PaymentStatus.POSTED, "")


def test_a_retry_asks_again_what_the_customer_is_called(house):
    receive(house, payment(customer="Larkspur and Daughters"))
    assert standing(settles(house)) == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    acts.rename(house.company.books, LARKSPUR, "Larkspur and Daughters")
    retry(house)
    assert standing(settles(house)) == (PaymentStatus.POSTED, "")


def test_a_retry_of_what_is_still_so_says_it_again_after_asking(house):
    receive(house, payment(amount="250.00"))
    acts.close(house.company.books, "1042")
    settles(house)
    retry(house)
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    assert codes(house) == ["payment-invoice-closed"]


def test_a_retry_in_the_midst_of_a_sync_waits_for_the_next_one(house):
    receive(house, payment("pay_1", amount="250.00"))
    acts.pay(house.company.books, "1042", 25_000, number="BY-HAND")
    settles(house)
    acts.delete(house.company.books, "BY-HAND")
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    happens_after(house, ADD, lambda: retry(house))
    settles(house)
    assert standing(house, "pay_1")[0] in (PaymentStatus.WAITING, PaymentStatus.READY)
    posted_once(settles(house), "pay_1", "pay_2")


def test_a_retry_that_changes_nothing_is_refused_again(house):
    receive(house, payment(amount="200.00"))
    acts.pay(house.company.books, "1042", 10_000)
    settles(house)
    retry(house)
    settles(house)
    assert standing(house) == (PaymentStatus.REFUSED, "payment-overpays")
    assert codes(house) == ["payment-overpays"]


def test_a_skipped_payment_stays_out_until_the_skip_is_taken_back(house):
    receive(house, payment())
    decide(house.store, payments.plan_skip, [on_file(house).id], "paid twice")
    settles(house)
    assert standing(house)[0] is PaymentStatus.SKIPPED
    assert on_file(house).note == "paid twice"
    assert in_quickbooks(house) == []
    decide(house.store, payments.plan_unskip, [on_file(house).id])
    posted_once(settles(house))


def test_a_payment_that_is_skipped_after_it_was_looked_at_stays_out(house):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))

    def skip() -> None:
        decide(house.store, payments.plan_skip, [on_file(house, "pay_1").id], "paid twice")

    happens_after(house, LOOK, skip)
    settles(house)
    assert standing(house, "pay_1")[0] is PaymentStatus.SKIPPED
    assert [one.ref_number for one in in_quickbooks(house)] == [parts(house, "pay_2")[0].ref_number]


def test_a_payment_is_posted_as_it_was_corrected(house):
    receive(house, payment(pays={"9999": "50.00"}, customer="Somebody Else"))
    settles(house)
    assert in_quickbooks(house) == []
    receive(house, payment(pays={"1043": "20.00"}, customer=LARKSPUR))
    posted_once(settles(house))
    assert [one.amount for one in in_quickbooks(house)] == [2_000]


@pytest.mark.parametrize("changed", [{"pays": {"1043": "20.00"}}, {"amount": "20.00"}])
def test_a_payment_that_is_corrected_while_it_is_looked_at_goes_out_as_corrected(house, changed):
    receive(house, payment())
    happens_after(house, LOOK, lambda: receive(house, payment(**changed)))
    posted_once(settles(house))
    assert [one.amount for one in in_quickbooks(house)] == [2_000]
    assert house.problems() == []


def test_a_payment_that_is_corrected_while_it_is_written_is_what_was_sent(house):
    receive(house, payment())
    happens_after(house, ADD, lambda: receive(house, payment(amount="20.00")))
    both_agree(settles(house))
    assert [one.amount for one in in_quickbooks(house)] == [5_000]
    assert codes(house) == ["payment-changed-after-sending"]
    assert on_file(house).amount == Decimal("50.00")


def test_a_payment_that_comes_in_again_is_not_posted_again(house):
    receive(house, payment())
    settles(house)
    receive(house, payment())
    posted_once(settles(house))
    assert len(writes(house)) == 1
