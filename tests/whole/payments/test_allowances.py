"""What accountants decide every day: overpayments, payments on account, closed periods."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from shared.operations import customers, payments
from shared.operations.payment_allowances import plan_allow
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment
from simulator.company import acts
from tests.console.cli.builders import Shell
from tests.deciding import decide
from tests.whole.bookkeeping import changed, owes
from tests.whole.payments.builders import (
    LARKSPUR,
    LOOK,
    SOON,
    after_quickbooks_did_it,
    codes,
    connection,
    happens_after,
    in_quickbooks,
    loses,
    on_file,
    parts,
    payment,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig

CREDIT = {"overpayment": Overpayment.CREDIT}
NEXT_DAY = {"closed_period": ClosedPeriod.NEXT_OPEN_DAY}


def closed_until(rig: Rig, day: str, *, password: bool = True) -> Rig:
    rig.company.set_closing_date(day, password=password)
    return rig


def test_what_was_allowed_and_what_became_of_it_is_told_of_the_payment(rig, tmp_path):
    shell = Shell(tmp_path)
    shell.database = rig.store_url
    closed_until(rig, "2025-06-30")
    receive(rig, payment(amount="260.00"))
    settles(rig)
    decide(rig.store, partial(plan_allow, payment_ids=[on_file(rig).id], **CREDIT, **NEXT_DAY))
    posted_once(settles(rig))
    found = shell.json("payments", "show", "pay_1")
    (part,) = found["parts"]
    assert found["allowances"] == {
        "overpayment": "credit",
        "on_account": None,
        "closed_period": "next-open-day",
        "closed_too": False,
    }
    assert (found["date"], part["date"]) == ("2025-06-30", "2025-07-01")
    assert (part["credited"], part["applied"][0]["paid"]) == ("10.00", "250.00")
    told = shell.says("payments", "show", "pay_1")
    shell.close()
    allowed, _, posted = told.partition("Applied to")
    assert "Keep the rest as customer credit" in allowed
    assert "Post on the first open day" in allowed
    assert "2025-07-01, the first open day: 2025-06-30 is in a closed period" in posted
    assert "1042 250.00" in posted
    assert "Kept as credit" in posted


# More than the invoice has left.


def test_one_cent_too_much_stays_as_the_customers_credit(open_till):
    rig = open_till(**CREDIT)
    receive(rig, payment(amount="250.01"))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.amount, found.unused) == (25_001, 1)
    assert [use.amount for use in found.applied] == [25_000]
    assert "0.01 kept as credit" in found.memo
    assert on_file(rig).unused == Decimal("0.01")


def test_what_several_invoices_have_left_is_paid_and_the_rest_is_credit(open_till):
    rig = open_till(**CREDIT)
    receive(rig, payment(pays={"1042": "260.00", "1043": "100.00", "1044": "90.00"}))
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.amount, found.unused) == (45_000, 2_000)
    assert sorted(use.amount for use in found.applied) == [8_000, 10_000, 25_000]


def test_by_default_an_overpayment_is_refused_and_the_way_out_is_named(rig):
    receive(rig, payment(amount="250.01"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    assert in_quickbooks(rig) == []


def test_an_invoice_that_owes_nothing_is_left_to_a_person_whatever_the_connection_allows(open_till):
    """Somebody may have recorded this very payment by hand."""
    rig = open_till(**CREDIT)
    receive(rig, payment(amount="250.00"))
    acts.close(rig.company.books, "1042")
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-closed")


def test_a_payment_by_hand_between_the_look_and_the_write_is_looked_at_again(open_till):
    rig = open_till(**CREDIT)
    receive(rig, payment(amount="200.00"))
    happens_after(rig, LOOK, lambda: acts.pay(rig.company.books, "1042", 10_000))
    settles(rig)
    assert standing(rig)[0] in (PaymentStatus.WAITING, PaymentStatus.READY)
    assert codes(rig) == []
    settles(rig)
    posted_once(rig)
    assert in_quickbooks(rig)[-1].unused == 5_000


def test_a_credit_that_is_used_later_is_no_edit(open_till):
    rig = open_till(**CREDIT)
    receive(rig, payment(amount="260.00"))
    settles(rig)
    (found,) = in_quickbooks(rig)
    acts.apply(rig.company.books, found.txn_id, "1043", 1_000)
    settles(rig)
    assert codes(rig) == []
    assert rig.is_equal()


@pytest.mark.parametrize("options", [CREDIT, NEXT_DAY, CREDIT | NEXT_DAY])
def test_a_lost_answer_is_found_as_it_was_sent(open_till, options):
    rig = (
        closed_until(open_till(**options), "2025-05-31")
        if "closed_period" in options
        else open_till(**options)
    )
    amount = "260.00" if "overpayment" in options else "250.00"
    day = date(2025, 5, 17) if "closed_period" in options else date(2025, 6, 30)
    receive(rig, payment(amount=amount, date=day))
    loses(rig, after_quickbooks_did_it)
    rig.later(**SOON)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def allow(rig: Rig, **wanted) -> None:
    plan_of = partial(plan_allow, payment_ids=[on_file(rig).id], **wanted)
    decide(rig.store, plan_of)


def test_a_person_may_keep_a_second_payment_of_a_paid_invoice_as_credit(rig):
    receive(rig, payment(amount="250.00"))
    acts.close(rig.company.books, "1042")
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    allow(rig, overpayment=Overpayment.CREDIT)
    posted_once(settles(rig))
    found = in_quickbooks(rig)[-1]
    assert (found.amount, found.unused, found.applied) == (25_000, 25_000, ())


def test_a_credit_that_was_allowed_for_an_open_invoice_is_none_for_a_closed_one(rig):
    """Since the decision somebody may have recorded this very payment by hand."""
    receive(rig, payment(amount="300.00"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-overpays")
    allow(rig, overpayment=Overpayment.CREDIT)
    acts.pay(rig.company.books, "1042", 30_000, number="BY-HAND")
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-invoice-closed")
    assert len(in_quickbooks(rig)) == 1


def test_a_later_date_may_be_allowed_for_one_payment_alone(rig):
    closed_until(rig, "2025-05-31")
    receive(rig, payment("pay_1", date=date(2025, 5, 17)))
    receive(rig, payment("pay_2", "10.00", date=date(2025, 5, 18)))
    settles(rig)
    allow(rig, closed_period=ClosedPeriod.NEXT_OPEN_DAY)
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.POSTED, "")
    assert standing(rig, "pay_2") == (PaymentStatus.REFUSED, "payment-closed-period")


# A closed period.


@pytest.mark.parametrize("password", [True, False])
def test_a_payment_in_a_closed_period_is_posted_on_the_first_open_day(open_till, password):
    rig = closed_until(open_till(**NEXT_DAY), "2025-05-31", password=password)
    receive(rig, payment("pay_1", date=date(2025, 5, 31)), payment("pay_2", "20.00"))
    posted_once(settles(rig), "pay_1", "pay_2")
    moved, other = in_quickbooks(rig)
    assert (moved.date, other.date) == ("2025-06-01", "2025-06-30")
    assert "dated 2025-05-31, in a closed period" in moved.memo
    assert "dated" not in other.memo
    assert on_file(rig).date == date(2025, 5, 31)
    settles(rig)
    assert codes(rig) == []


def test_books_that_are_closed_in_the_midst_of_a_sync_put_the_payment_off(open_till):
    rig = open_till(**NEXT_DAY)
    receive(rig, payment(date=date(2025, 5, 17)))
    happens_after(rig, LOOK, lambda: closed_until(rig, "2025-05-31"))
    settles(rig)
    assert in_quickbooks(rig) == []
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].date == "2025-06-01"


def test_a_date_that_a_person_changes_in_quickbooks_is_still_an_edit(open_till):
    rig = closed_until(open_till(**NEXT_DAY), "2025-05-31")
    receive(rig, payment(date=date(2025, 5, 17)))
    settles(rig)
    (found,) = in_quickbooks(rig)
    acts.edit_payment(rig.company.books, found.txn_id, date="2025-06-02")
    settles(rig)
    assert codes(rig) == ["payment-edited"]


# On account.


def on_account(external_id: str = "pay_1", customer: str = LARKSPUR, **given):
    return payment(external_id, "75.00", pays={}, customer=customer, **given)


def test_a_payment_of_a_customer_and_no_invoice_is_posted_unapplied(open_till):
    rig = open_till(on_account=OnAccount.POST)
    receive(rig, on_account())
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.customer, found.amount, found.unused) == (LARKSPUR, 7_500, 7_500)
    assert (found.receivable, found.applied) == ("Accounts Receivable", ())
    settles(rig)
    assert codes(rig) == []


def test_a_customer_that_no_invoice_named_is_asked_for_by_its_full_name(open_till):
    rig = open_till(on_account=OnAccount.POST)
    receive(rig, on_account(customer="Newcomer"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.WAITING, "payment-customer-waiting")
    acts.add_customer(rig.company.books, "Newcomer")
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].customer == "Newcomer"


def test_a_customer_may_be_named_by_its_list_id(open_till):
    rig = open_till(on_account=OnAccount.POST)
    list_id = acts.add_customer(rig.company.books, "Newcomer").object_id
    receive(rig, on_account(customer=list_id))
    posted_once(settles(rig))
    assert in_quickbooks(rig)[0].customer == "Newcomer"


def test_two_customers_of_one_name_are_never_guessed_between(open_till):
    rig = open_till(on_account=OnAccount.POST)
    books = rig.company.books
    acts.add_customer(books, "Twin")
    owes(rig, "T-1", 1_000, "Twin")
    rig.later(hours=1)
    assert rig.sync().ok
    acts.rename(books, "Twin", "Elder")
    acts.add_customer(books, "Twin")
    owes(rig, "T-2", 1_000, "Twin")
    rig.later(hours=1)
    assert rig.sync().ok
    receive(rig, on_account(customer="Twin"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-account-ambiguous")
    assert in_quickbooks(rig) == []


@pytest.fixture
def renamed_twice(open_till):
    """Since the last Invoice Sync the name of one customer went to another."""
    rig = open_till(on_account=OnAccount.POST)
    books = rig.company.books
    for name in ("Beta Co", "Delta Co"):
        acts.add_customer(books, name)
        owes(rig, name[0], 1_000, name)
    rig.later(hours=1)
    assert rig.sync().ok
    acts.rename(books, "Beta Co", "Gamma Co")
    acts.rename(books, "Delta Co", "Beta Co")
    return rig


def test_a_name_that_went_to_another_customer_since_is_never_guessed(renamed_twice):
    rig = renamed_twice
    receive(rig, on_account(customer="Beta Co"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-account-ambiguous")
    assert in_quickbooks(rig) == []
    decide(rig.store, payments.plan_retry, [on_file(rig).id])
    settles(rig)
    assert in_quickbooks(rig) == []


def test_whom_a_person_meant_by_a_name_gets_the_payment_whoever_bears_it(renamed_twice):
    rig = renamed_twice
    receive(rig, on_account(customer="Beta Co"))
    settles(rig)
    books = rig.company.books
    meant = next(one for one in books.customers.values() if one.name == "Beta Co").list_id
    whom = partial(customers.plan_map, name="Beta Co", list_id=meant)
    decide(rig.store, whom, connection(rig).id)
    settles(rig)
    (found,) = in_quickbooks(rig)
    assert found.customer == "Beta Co"


@pytest.mark.parametrize("status", [500, 3000, 3120, 3140])
def test_one_rename_alone_holds_no_payment_back(open_till, status):
    """However QuickBooks says that nobody bears the old name."""
    rig = open_till(on_account=OnAccount.POST)
    acts.add_customer(rig.company.books, "Beta Co")
    owes(rig, "B", 1_000, "Beta Co")
    rig.later(hours=1)
    assert rig.sync().ok
    acts.rename(rig.company.books, "Beta Co", "Gamma Co")
    nobody = r'(<CustomerQueryRs requestID="[^"]*-4" statusCode=)"\d+"'
    rig.alter = lambda answer: re.sub(nobody, rf'\1"{status}"', answer)
    receive(rig, on_account(customer="Beta Co"))
    settles(rig)
    assert in_quickbooks(rig)[0].customer == "Gamma Co"


def test_without_leave_a_payment_of_no_invoice_stays_out_until_a_person_allows_it(rig):
    receive(rig, on_account())
    settles(rig)
    assert standing(rig) == (PaymentStatus.NOT_ELIGIBLE, "payment-no-invoice")
    allow(rig, on_account=OnAccount.POST)
    posted_once(settles(rig))


def test_allowing_it_for_the_connection_posts_nothing_that_was_on_file_before(rig):
    """Somebody may have recorded it by hand, as its remedy said."""
    receive(rig, on_account())
    settles(rig)
    changed(rig, on_account=OnAccount.POST)
    settles(rig)
    assert standing(rig) == (PaymentStatus.NOT_ELIGIBLE, "payment-no-invoice")


def test_a_lost_answer_of_a_payment_on_account_is_found(open_till):
    rig = open_till(on_account=OnAccount.POST)
    receive(rig, on_account())
    loses(rig, after_quickbooks_did_it)
    rig.later(**SOON)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_a_payment_on_account_that_is_applied_later_is_no_edit(open_till):
    rig = open_till(on_account=OnAccount.POST)
    receive(rig, on_account())
    settles(rig)
    (found,) = in_quickbooks(rig)
    acts.apply(rig.company.books, found.txn_id, "1043", 7_500)
    settles(rig)
    assert codes(rig) == []
    assert rig.is_equal()


def test_an_inactive_customer_gets_no_payment_on_account(open_till):
    rig = open_till(on_account=OnAccount.POST)
    receive(rig, on_account())
    acts.deactivate(rig.company.books, LARKSPUR)
    settles(rig)
    assert standing(rig) == (PaymentStatus.REFUSED, "payment-customer-gone")
    assert in_quickbooks(rig) == []


# A store that was restored from a backup.


def test_a_restored_store_knows_its_own_payments_whatever_their_date_and_their_credit(open_till):
    rig = closed_until(open_till(**CREDIT, **NEXT_DAY), "2025-05-31")
    receive(rig, payment(amount="260.00", date=date(2025, 5, 17)))
    earlier = open_till(like=rig)
    settles(rig)
    later = open_till(like=rig)
    earlier.company = later.company
    earlier.now = later.now
    posted_once(settles(earlier))
    assert len(in_quickbooks(earlier)) == 1
    assert writes(earlier) == []
    assert (parts(earlier)[0].date, parts(earlier)[0].credited) == (
        date(2025, 6, 1),
        Decimal("10.00"),
    )
