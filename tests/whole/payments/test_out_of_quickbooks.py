"""Payments that people record in QuickBooks, change and delete; and what they do to ours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.models import problems
from shared.operations import reconcile
from shared.operations.problems import plan_acknowledge, plan_skip, plan_unskip
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import Outcome, ProblemState, RecordKind
from shared.structs import replace
from simulator.company import acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.bookkeeping import changed, failing, owes, refusing, spoil
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    after_quickbooks_did_it,
    answering_writes,
    both_agree,
    codes,
    connection,
    go_on,
    happens_after,
    imported,
    in_quickbooks,
    loses,
    on_file,
    parts,
    payment,
    payment_problem,
    pays,
    problem,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig


def by_hand(
    rig: Rig,
    amount: int,
    *invoices: tuple[str, int],
    number: str = "CHQ 1",
    customer: str = LARKSPUR,
    **more: str,
) -> str:
    """A payment that a person records in QuickBooks; its TxnID."""
    books = rig.company.books
    change = acts.receive(books, customer, amount, invoices=invoices, number=number, **more)
    return change.object_id


def outcomes(rig: Rig) -> dict[str, Outcome]:
    """What the latest sync did with payments, by document."""
    records = rig.records(rig.syncs()[0])
    return {one.document: one.outcome for one in records if one.kind is RecordKind.PAYMENT}


# What is imported.


def test_a_new_payment_is_imported_with_what_it_pays(rig):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000), memo="Thanks", method="Visa")
    settles(rig)
    found = imported(rig)["CHQ 1"]
    assert (found.txn_id, found.customer, str(found.amount)) == (txn_id, LARKSPUR, "150.00")
    assert (found.date, found.currency, found.method) == (date(2025, 6, 30), "USD", "Visa")
    assert (found.memo, found.status) == ("Thanks", PaymentStatus.IMPORTED)
    (use,) = found.uses
    assert (use.number, str(use.amount), use.held) == ("1042", "150.00", True)
    assert outcomes(rig) == {"Payment CHQ 1, 150.00 USD": Outcome.IMPORTED}
    both_agree(rig)


def test_a_payment_of_several_invoices_with_a_rest(rig):
    by_hand(rig, 40_000, ("1042", 25_000), ("1043", 10_000))
    settles(rig)
    found = imported(rig)["CHQ 1"]
    assert [(use.number, str(use.amount)) for use in found.uses] == [
        ("1042", "250.00"),
        ("1043", "100.00"),
    ]
    assert str(found.unused) == "50.00"
    both_agree(rig)


def test_a_payment_of_nothing_yet_is_imported_as_unused(rig):
    by_hand(rig, 5_000)
    settles(rig)
    found = imported(rig)["CHQ 1"]
    assert (found.uses, str(found.unused)) == ((), "50.00")


def test_a_discount_is_shown_with_its_share(rig):
    acts.pay(rig.company.books, "1042", 24_500, discount=500, number="CHQ 1")
    settles(rig)
    (use,) = imported(rig)["CHQ 1"].uses
    assert (str(use.amount), str(use.discount)) == ("250.00", "5.00")
    both_agree(rig)


def test_discounts_are_read_right_where_amounts_do_not_include_them(rig):
    rig.company.set_habits(amounts_include_discounts=False)
    acts.pay(rig.company.books, "1042", 24_500, discount=500, number="CHQ 1")
    settles(rig)
    (use,) = imported(rig)["CHQ 1"].uses
    assert (str(use.amount), str(use.discount)) == ("250.00", "5.00")


@pytest.mark.parametrize("counted_in", [False, True])
def test_a_check_and_a_credit_memo_in_one_window_are_understood(rig, counted_in):
    rig.company.set_habits(amounts_include_credits=counted_in)
    books = rig.company.books
    acts.credit(books, "1043", 12_500)
    (memo,) = books.credits
    acts.receive(
        books,
        LARKSPUR,
        2_500,
        invoices=[("1042", 2_500)],
        set_credits=[("1042", memo, 2_500)],
        number="CHQ 1",
    )
    settles(rig)
    assert codes(rig) == []
    found = imported(rig)["CHQ 1"]
    assert (str(found.amount), str(found.unused)) == ("25.00", "0.00")
    assert [str(use.amount) for use in found.uses] == ["50.00" if counted_in else "25.00"]
    assert rig.sync().ok
    assert rig.is_equal()


def test_a_payment_in_another_currency(rig):
    acts.add_customer(rig.company.books, "Euro GmbH", currency="EUR")
    owes(rig, "E-1", 10_000, "Euro GmbH")
    rig.later(hours=1)
    assert rig.sync().ok
    by_hand(rig, 4_000, ("E-1", 4_000), customer="Euro GmbH")
    settles(rig)
    assert imported(rig)["CHQ 1"].currency == "EUR"
    both_agree(rig)


def test_what_a_credit_memo_paid_is_no_payment_but_the_balance_is_right(rig):
    acts.credit(rig.company.books, "1042", 4_000)
    by_hand(rig, 1_000, ("1042", 1_000))
    settles(rig)
    assert list(imported(rig)) == ["CHQ 1"]
    both_agree(rig)


def test_a_payment_that_was_not_touched_is_read_once(rig):
    by_hand(rig, 1_000, ("1042", 1_000))
    settles(rig)
    settles(rig)
    assert outcomes(rig) == {}
    assert len(imported(rig)) == 1


# What changes.


def test_a_changed_payment_is_changed_and_its_invoices_are_read_again(rig):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    settles(rig)
    acts.edit_payment(rig.company.books, txn_id, amount=20_000, unapply=True)
    settles(rig)
    found = imported(rig)["CHQ 1"]
    assert (str(found.amount), str(found.unused), found.uses) == ("200.00", "200.00", ())
    assert outcomes(rig) == {"Payment CHQ 1, 200.00 USD": Outcome.UPDATED}
    both_agree(rig)


def test_a_deleted_payment_is_marked_and_its_invoices_are_read_again(rig):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    settles(rig)
    acts.delete(rig.company.books, txn_id)
    settles(rig)
    assert imported(rig)["CHQ 1"].deleted
    assert outcomes(rig) == {"Payment CHQ 1, 150.00 USD": Outcome.DELETED}
    both_agree(rig)


@pytest.mark.parametrize("status", [3175, 3260])
def test_a_deletion_that_was_not_told_with_the_list_is_asked_for_on_its_own(rig, status):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    settles(rig)
    acts.delete(rig.company.books, txn_id)
    rig.requests.clear()
    rig.alter_with_request = refusing("TxnDeletedQueryRs", status)
    settles(rig)
    assert imported(rig)["CHQ 1"].deleted
    both_agree(rig)
    alone = [one for one in rig.requests if "Deleted" in one and "<ReceivePayment" not in one]
    assert alone


def test_a_deletion_is_no_row_of_the_list(rig):
    """A list that does not tell its rest ends with a page without rows."""
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    settles(rig)
    acts.delete(rig.company.books, txn_id)
    rig.requests.clear()
    rig.alter = lambda answer: answer.replace(' iteratorRemainingCount="0"', "")
    settles(rig)
    assert imported(rig)["CHQ 1"].deleted
    assert (
        len([one for one in rig.requests if "<ReceivePaymentQueryRq" in one and "iterator=" in one])
        == 1
    )


def test_a_sync_without_news_asks_for_the_list_and_deletions_together(rig):
    by_hand(rig, 15_000, ("1042", 15_000))
    settles(rig)
    rig.requests.clear()
    settles(rig)
    assert len(rig.requests) == 2  # whether this is the copy that we know, and what is new
    assert all("<TxnDeletedQueryRq" in one for one in rig.requests)


def test_payments_move_balances_though_they_do_not_touch_invoices(rig):
    books = rig.company.books
    books.profile = replace(books.profile, payments_touch_invoices=False)
    first = by_hand(rig, 15_000, ("1042", 15_000))
    both_agree(settles(rig))
    acts.edit_payment(books, first, unapply=True)
    by_hand(rig, 2_000, ("1043", 2_000), number="CHQ 2")
    both_agree(settles(rig))
    acts.delete(books, "CHQ 2")
    both_agree(settles(rig))


def test_an_application_to_an_invoice_that_is_not_held_is_kept_and_linked_later(rig):
    txn_id = owes(rig, "2000", 5_000)
    by_hand(rig, 2_000, ("2000", 2_000))
    settles(rig)
    (use,) = imported(rig)["CHQ 1"].uses
    assert (use.invoice_txn_id, use.number, use.held) == (txn_id, "2000", False)
    rig.later(hours=1)
    assert rig.sync().ok
    (use,) = imported(rig)["CHQ 1"].uses
    assert use.held
    both_agree(rig)


def test_the_start_date_leaves_older_payments_alone(open_till):
    rig = open_till(start_date=date(2025, 6, 1))
    old = by_hand(rig, 1_000, ("1042", 1_000), number="OLD")
    acts.edit_payment(rig.company.books, old, date="2025-05-31")
    by_hand(rig, 2_000, ("1043", 2_000), number="NEW")
    settles(rig)
    assert list(imported(rig)) == ["NEW"]
    rig.later(hours=1)
    acts.edit_payment(rig.company.books, old, memo="touched again")
    settles(rig)
    assert list(imported(rig)) == ["NEW"]


def test_with_the_flow_in_off_nothing_new_is_taken_but_what_is_held_stays_right(open_till):
    rig = open_till()
    txn_id = by_hand(rig, 1_000, ("1042", 1_000))
    settles(rig)
    changed(rig, payments_in=False)
    acts.edit_payment(rig.company.books, txn_id, amount=3_000)
    by_hand(rig, 2_000, ("1043", 2_000), number="CHQ 2")
    settles(rig)
    assert list(imported(rig)) == ["CHQ 1"]
    assert str(imported(rig)["CHQ 1"].amount) == "30.00"


# What cannot be read.


def test_a_payment_that_cannot_be_read_is_a_problem_until_it_can(rig):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    by_hand(rig, 1_000, ("1043", 1_000), number="CHQ 2")
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    assert list(imported(rig)) == ["CHQ 2"]
    assert (problem(rig).code, problem(rig).object_id) == ("payment-unreadable", txn_id)
    assert "TotalAmount" in problem(rig).message
    rig.alter = None
    settles(rig)
    assert set(imported(rig)) == {"CHQ 1", "CHQ 2"}
    assert codes(rig) == []
    both_agree(rig)


def test_an_unreadable_payment_is_asked_for_once_in_each_sync_though_nobody_touches_it(rig):
    by_hand(rig, 15_000, ("1042", 15_000))
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    assert problem(rig).message.count("TotalAmount") == 1
    rig.later(hours=9)
    by_hand(rig, 1_000, ("1043", 1_000), number="CHQ 2")
    settles(rig)
    rig.later(hours=9)
    asked = len(rig.requests)
    settles(rig)
    assert len(rig.requests) - asked < 6
    assert codes(rig) == ["payment-unreadable"]
    rig.alter = None
    settles(rig)
    assert "CHQ 1" in imported(rig)
    assert codes(rig) == []
    both_agree(rig)


def test_an_unreadable_payment_that_is_skipped_is_not_asked_for(rig):
    txn_id = by_hand(rig, 15_000, ("1042", 15_000))
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    decide(rig.store, plan_skip, [problem(rig).id], "old")
    rig.later(hours=9)
    rig.requests.clear()
    settles(rig)
    assert not any(txn_id in request for request in rig.requests)
    with rig.store.transaction():
        (skipped,) = problems.list_problems(connection(rig).id, [ProblemState.SKIPPED])
    decide(rig.store, plan_unskip, [skipped.id])
    rig.alter = None
    settles(rig)
    assert "CHQ 1" in imported(rig)


def test_an_unreadable_payment_that_is_deleted_is_no_problem_any_more(rig):
    by_hand(rig, 15_000, ("1042", 15_000))
    rig.alter = spoil("<TotalAmount>150.00<", "<TotalAmount>15O.00<")
    settles(rig)
    acts.delete(rig.company.books, "CHQ 1")
    settles(rig)
    assert codes(rig) == []


def test_a_payment_whose_parts_do_not_add_up_is_imported_and_shown(rig):
    by_hand(rig, 15_000, ("1042", 10_000))
    rig.alter = spoil("<UnusedPayment>50.00<", "<UnusedPayment>40.00<")
    settles(rig)
    assert problem(rig).code == "payment-total-mismatch"
    assert "150.00" in problem(rig).message
    assert len(imported(rig)) == 1
    rig.alter = None
    acts.edit_payment(rig.company.books, "CHQ 1", memo="looked at")
    settles(rig)
    assert codes(rig) == []


# Long lists, breaks.


@pytest.fixture
def long_list(open_till) -> Rig:
    """A rig whose company has 25 payments, read in pages of ten."""
    rig = open_till(settings={"page_size": "10", "page_size_max": "10"})
    for position in range(25):
        by_hand(rig, 100, ("1042", 100), number=f"CHQ {position}")
    return rig


def test_a_long_list_is_read_in_pages(long_list):
    settles(long_list)
    assert len(imported(long_list)) == 25
    assert sum('iterator="Continue"' in one for one in long_list.requests) == 2
    both_agree(long_list)


def test_a_list_that_breaks_off_is_read_from_its_start(long_list):
    long_list.alter_with_request = failing(1, 3391, "gone", only='iterator="Continue"')
    settles(long_list)
    assert len(imported(long_list)) == 25
    both_agree(long_list)


def test_a_list_that_always_breaks_off_ends_the_sync_in_a_sentence(long_list):
    long_list.alter_with_request = failing(99, 3391, "gone", only='iterator="Continue"')
    outcome = pays(long_list)
    assert outcome.result is Result.FAILED
    assert len(long_list.requests) < 20
    long_list.alter_with_request = None
    settles(long_list)
    assert len(imported(long_list)) == 25


def test_after_a_failed_sync_nothing_is_missed(long_list):
    long_list.alter_with_request = failing(99, 3391, "gone", only='iterator="Continue"')
    pays(long_list)
    by_hand(long_list, 100, ("1043", 100), number="LATE")
    long_list.alter_with_request = None
    both_agree(settles(long_list))
    assert len(imported(long_list)) == 26


def test_after_more_than_ninety_days_it_warns_and_compares(rig):
    gone = by_hand(rig, 15_000, ("1042", 15_000))
    by_hand(rig, 1_000, ("1043", 1_000), number="STAYS")
    settles(rig)
    acts.delete(rig.company.books, gone)
    rig.later(days=120)
    rig.company.books.deletions.clear()
    settles(rig)
    assert codes(rig) == ["company-restored", "payments-deletions-missed"]
    (missed,) = (one for one in rig.problems() if one.code == "payments-deletions-missed")
    assert "2025-06-30" in missed.message
    assert not imported(rig)["CHQ 1"].deleted
    go_on(rig)
    settles(rig)
    assert imported(rig)["CHQ 1"].deleted
    assert not imported(rig)["STAYS"].deleted
    both_agree(rig)
    settles(rig)
    assert codes(rig) == []


def test_after_a_long_break_our_own_deleted_payments_are_noticed_too(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    rig.later(days=120)
    rig.company.books.deletions.clear()
    settles(rig)
    assert codes(rig) == ["company-restored", "payments-deletions-missed"]
    go_on(rig)
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.PARKED, "payment-lost")
    assert rig.is_equal()


# Ours.


def test_what_we_posted_is_recognized_and_never_imported(rig):
    receive(rig, payment())
    for _ in range(3):
        settles(rig)
    assert imported(rig) == {}
    assert outcomes(rig) == {}


def test_ours_is_recognized_by_its_id_whatever_a_person_writes_into_it(rig):
    receive(rig, payment())
    settles(rig)
    txn_id = parts(rig)[0].txn_id
    books = rig.company.books
    books.payments[txn_id] = books.payments[txn_id]._replace(external_guid="")
    acts.edit_payment(books, txn_id, number="MINE", memo="mine")
    settles(rig)
    assert imported(rig) == {}
    assert standing(rig)[0] is PaymentStatus.POSTED


def test_an_edit_of_ours_is_a_problem_with_both_sides_until_it_is_taken_back(rig):
    receive(rig, payment())
    settles(rig)
    txn_id = parts(rig)[0].txn_id
    acts.edit_payment(rig.company.books, txn_id, amount=8_000)
    settles(rig)
    found = payment_problem(rig)
    assert found.code == "payment-edited"
    assert "50.00 on 2025-06-30 for 1042 50.00" in found.message
    assert "80.00 on 2025-06-30 for 1042 50.00" in found.message
    with rig.store.reading():
        [reconciled] = reconcile.view(rig.store, "Larkspur")
    told = {one.kind: (one.ours, one.quickbooks) for one in reconciled.differences}
    assert told["payment-edited"] == (Decimal("50.00"), Decimal("80.00"))
    assert imported(rig) == {}
    assert rig.is_equal()
    acts.edit_payment(rig.company.books, txn_id, amount=5_000)
    settles(rig)
    assert codes(rig) == []
    both_agree(rig)


def test_ours_that_was_taken_off_its_invoice_is_a_problem_and_the_balance_is_right(rig):
    receive(rig, payment())
    settles(rig)
    acts.edit_payment(rig.company.books, parts(rig)[0].txn_id, unapply=True)
    settles(rig)
    assert payment_problem(rig).code == "payment-edited"
    assert str(on_file(rig).unused) == "50.00"
    assert rig.is_equal()


def test_a_change_that_touches_no_money_is_no_problem(rig):
    receive(rig, payment())
    settles(rig)
    acts.edit_payment(rig.company.books, parts(rig)[0].txn_id, memo="filed under L")
    settles(rig)
    acts.deposit(rig.company.books, parts(rig)[0].txn_id)
    settles(rig)
    assert codes(rig) == []
    both_agree(rig)


def test_an_acknowledged_edit_stays_quiet(rig):
    receive(rig, payment())
    settles(rig)
    acts.edit_payment(rig.company.books, parts(rig)[0].txn_id, amount=8_000)
    settles(rig)
    decide(rig.store, plan_acknowledge, [payment_problem(rig).id], "meant so")
    settles(rig)
    assert codes(rig) == []
    assert standing(rig)[0] is PaymentStatus.POSTED


def test_a_deletion_of_ours_is_a_problem_and_it_is_not_posted_again(rig):
    receive(rig, payment())
    settles(rig)
    acts.delete(rig.company.books, parts(rig)[0].txn_id)
    settles(rig)
    assert payment_problem(rig).code == "payment-deleted"
    assert rig.is_equal()
    settles(rig)
    assert len(writes(rig)) == 1
    assert in_quickbooks(rig) == []


def test_a_copy_that_a_person_made_of_ours_is_a_problem_with_both_ids(rig):
    receive(rig, payment())
    settles(rig)
    number = parts(rig)[0].ref_number
    copy = by_hand(rig, 5_000, ("1042", 5_000), number=number)
    settles(rig)
    assert imported(rig) == {}
    assert payment_problem(rig).code == "payment-posted-twice"
    assert copy in payment_problem(rig).message
    assert rig.is_equal()


def test_when_the_copy_is_deleted_the_balance_is_right_at_once(rig):
    receive(rig, payment())
    settles(rig)
    number = parts(rig)[0].ref_number
    copy = by_hand(rig, 5_000, ("1042", 5_000), number=number)
    settles(rig)
    acts.delete(rig.company.books, copy)
    settles(rig)
    both_agree(rig)


def test_when_ours_is_deleted_and_the_copy_stays(rig):
    receive(rig, payment())
    settles(rig)
    number = parts(rig)[0].ref_number
    by_hand(rig, 5_000, ("1042", 5_000), number=number)
    settles(rig)
    acts.delete(rig.company.books, parts(rig)[0].txn_id)
    settles(rig)
    assert rig.is_equal()
    assert "payment-deleted" in codes(rig)


def test_an_invoice_that_is_deleted_takes_its_share_off_ours(rig):
    receive(rig, payment())
    settles(rig)
    acts.delete(rig.company.books, "1042")
    settles(rig)
    assert payment_problem(rig).code == "payment-edited"
    assert rig.is_equal()


# After posting, balances are held against what was expected.


def test_a_balance_that_was_edited_right_after_posting_is_shown_with_both_figures(rig):
    receive(rig, payment())
    happens_after(rig, ADD, lambda: acts.edit(rig.company.books, "1042", add=1_000))
    settles(rig)
    found = payment_problem(rig)
    assert found.code == "payment-balance-differs"
    assert "210.00" in found.message
    assert "200.00" in found.message
    assert standing(rig)[0] is PaymentStatus.POSTED
    both_agree(rig)


def test_a_balance_that_only_the_answer_misstates_is_no_problem_in_the_end(rig):
    receive(rig, payment())
    rig.alter_with_request = answering_writes(
        lambda answer: answer.replace("<BalanceRemaining>200.00<", "<BalanceRemaining>190.00<")
    )
    settles(rig)
    assert codes(rig) == []
    both_agree(rig)


def test_balances_are_verified_once_and_later_changes_are_no_problem(rig):
    receive(rig, payment())
    settles(rig)
    assert parts(rig)[0].verified_at is not None
    acts.pay(rig.company.books, "1042", 1_000)
    acts.edit(rig.company.books, "1042", add=500)
    settles(rig)
    assert codes(rig) == []
    both_agree(rig)


def test_a_payment_that_is_found_days_later_is_not_held_against_balances_of_before(rig):
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    rig.later(days=2)
    acts.pay(rig.company.books, "1042", 1_000)
    settles(rig)
    assert standing(rig) == (PaymentStatus.POSTED, "")
    assert codes(rig) == []
    both_agree(rig)


def test_a_sync_that_broke_off_before_its_end_does_not_cry_wolf_later(rig):
    receive(rig, payment())
    rig.alter_with_request = failing(9, 3260, "no", only='iterator="Start"')
    assert not pays(rig).ok
    rig.alter_with_request = None
    rig.later(days=2)
    acts.pay(rig.company.books, "1042", 1_000)
    settles(rig)
    assert codes(rig) == []
    both_agree(rig)
