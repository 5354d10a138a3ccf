"""Requests that run late, how long nothing is sent again, and who may say that it is over."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest

from shared.errors import NotFound, NotPossible
from shared.models.payments import sets
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus
from simulator.company import acts
from simulator.company.audit import Received
from tests.deciding import decide
from tests.whole.bookkeeping import owes
from tests.whole.payments.builders import (
    LARKSPUR,
    SOON,
    WINDOW,
    after_quickbooks_did_it,
    before_quickbooks_gets_it,
    both_agree,
    codes,
    connection,
    happens_after,
    in_quickbooks,
    loses,
    on_file,
    open_set,
    parts,
    payment,
    payment_problem,
    pays,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig

HELD = (PaymentStatus.UNKNOWN, "payment-held")
LATE = "0x8004041C"


def runs_late(rig: Rig) -> Rig:
    """A Payment Sync whose write QuickBooks neither answers nor does before ``run_late``."""
    rig.company.fail_next(LATE, "ReceivePaymentAddRq", late=True)
    return settles(rig)


# A copy that runs late.


def test_a_copy_that_runs_within_the_doubt_window_is_found_and_not_doubled(rig):
    receive(rig, payment())
    assert standing(runs_late(rig)) == HELD
    rig.company.run_late()
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


@pytest.mark.parametrize("mark", ["oldMessageSetID", "<ToTxnDate>"], ids=["check", "search"])
def test_a_copy_may_run_right_after_it_was_asked_about(rig, mark):
    receive(rig, payment())
    happens_after(rig, mark, rig.company.run_late)
    runs_late(rig)
    rig.later(**WINDOW)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


@pytest.mark.parametrize("kept", ["all", "one"])
@pytest.mark.parametrize("guids_are_unique", [True, False])
def test_a_copy_that_runs_after_the_resend_does_nothing_more(rig, kept, guids_are_unique):
    rig.company.set_habits(sets_kept=kept, guids_are_unique=guids_are_unique)
    receive(rig, payment())
    runs_late(rig)
    rig.later(**WINDOW)
    settles(rig)
    rig.company.run_late()
    posted_once(settles(rig))
    assert len(writes(rig)) == 2


def test_a_very_late_copy_that_quickbooks_no_longer_knows_is_refused_by_its_guid(rig):
    rig.company.set_habits(sets_kept="one")
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    runs_late(rig)
    rig.later(**WINDOW)
    settles(rig)
    rig.company.run_late()
    posted_once(settles(rig), "pay_1", "pay_2")


def test_a_very_late_copy_that_nothing_holds_back_is_shown_to_a_person(rig):
    rig.company.set_habits(sets_kept="one", guids_are_unique=False)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    runs_late(rig)
    rig.later(**WINDOW)
    settles(rig)
    rig.company.run_late()
    settles(rig)
    first, second = (one for one in in_quickbooks(rig) if "pay_1 " in one.memo)
    assert payment_problem(rig, "pay_1").code == "payment-posted-twice"
    for found in (first, second):
        assert found.txn_id in payment_problem(rig, "pay_1").message
    assert standing(rig, "pay_1")[0] is PaymentStatus.POSTED
    assert rig.is_equal()


# A search that was not answered.


@pytest.mark.parametrize("part", [1, 2, 3], ids=["by number", "by customer", "deletions"])
def test_a_search_of_which_a_part_is_refused_is_no_reason_to_send_again(rig, part):
    receive(rig, payment())
    runs_late(rig)
    rig.later(**WINDOW)
    of_search = rf'(<\w+Rs requestID="[^"]*-{part}" statusCode=)"\d+" statusSeverity="\w+"'
    refused = r'\1"3260" statusSeverity="Error"'
    rig.alter_with_request = lambda answer, request: (
        re.sub(of_search, refused, answer) if "<ToTxnDate>" in request else answer
    )
    assert not pays(rig).ok
    assert len(writes(rig)) == 1
    assert open_set(rig) is not None
    rig.alter_with_request = None
    posted_once(settles(rig))


# The customer is gone meanwhile.


def in_doubt_and_merged(rig: Rig, at: tuple[str, str]) -> Rig:
    """A payment is in doubt whose customer becomes another one meanwhile."""
    books = rig.company.books
    acts.add_customer(books, "Juniper Yoga")
    owes(rig, "1050", 4_000, customer="Juniper Yoga")
    rig.later(hours=1)
    assert rig.sync().ok
    receive(rig, payment(pays={"1050": "40.00"}))
    loses(rig, at)
    acts.merge(books, "Juniper Yoga", into=LARKSPUR)
    rig.later(**WINDOW)
    return settles(rig)


def test_a_payment_whose_customer_was_merged_meanwhile_is_found(rig):
    in_doubt_and_merged(rig, after_quickbooks_did_it)
    (found,) = in_quickbooks(rig)
    assert parts(rig)[0].txn_id == found.txn_id
    assert standing(rig) == (PaymentStatus.POSTED, "")


def test_a_payment_that_never_arrived_goes_to_the_customer_that_remains(rig):
    in_doubt_and_merged(rig, before_quickbooks_gets_it)
    assert standing(rig) == (PaymentStatus.REFUSED, "3140")
    decide(rig.store, payments.plan_retry, [on_file(rig).id])
    posted_once(settles(rig))
    (found,) = in_quickbooks(rig)
    assert (found.customer, found.amount) == (LARKSPUR, 4_000)


# Not before the window is over.


@pytest.mark.parametrize(("seconds", "sent"), [(-30, 1), (1, 2)])
def test_nothing_is_sent_again_before_the_window_is_over(rig, seconds, sent):
    receive(rig, payment())
    runs_late(rig)
    held = open_set(rig)
    assert held is not None
    over = held.last_sent_at + timedelta(seconds=900 + seconds)
    rig.later(seconds=(over - rig.now).total_seconds() - 300)
    settles(rig)
    assert len(writes(rig)) == sent


def test_the_window_may_be_set(open_till):
    rig = open_till(settings={"resend_after_seconds": "86400"})
    receive(rig, payment())
    runs_late(rig)
    rig.later(hours=23)
    assert standing(settles(rig)) == HELD
    rig.later(hours=1)
    posted_once(settles(rig))


def test_the_reason_names_the_time_until_which_it_is_held(rig):
    receive(rig, payment())
    runs_late(rig)
    held = open_set(rig)
    assert held is not None
    until = held.last_sent_at + timedelta(seconds=900)
    assert f"{until:%H:%M} UTC" in on_file(rig).reason


def test_the_window_begins_anew_with_each_time_that_it_is_sent(rig):
    receive(rig, payment())
    runs_late(rig)
    rig.later(**WINDOW)
    runs_late(rig)
    assert len(writes(rig)) == 2
    rig.later(**SOON)
    assert standing(settles(rig)) == HELD
    rig.later(**WINDOW)
    posted_once(settles(rig))


# An operator vouches that no copy is left.


def vouch(rig: Rig) -> None:
    with rig.store.transaction():
        sets.settle_now(connection(rig).id, "ada", rig.now)


def test_an_operator_may_say_that_no_copy_is_left_and_it_goes_out_at_once(rig):
    receive(rig, payment())
    runs_late(rig)
    rig.company.books.late.clear()
    vouch(rig)
    posted_once(settles(rig))
    assert len(writes(rig)) == 2


def test_who_says_so_does_so_for_the_copies_until_then_only(rig):
    receive(rig, payment())
    runs_late(rig)
    vouch(rig)
    runs_late(rig)
    assert len(writes(rig)) == 2
    assert standing(settles(rig)) == HELD
    assert len(writes(rig)) == 2


def test_it_is_looked_for_once_more_before_it_goes_out_though_an_operator_says_so(rig):
    receive(rig, payment())
    runs_late(rig)
    vouch(rig)
    rig.company.run_late()
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_nobody_can_vouch_for_a_request_that_is_out_or_for_none(rig):
    with pytest.raises(NotFound):
        vouch(rig)
    receive(rig, payment())
    loses(rig, before_quickbooks_gets_it)
    with pytest.raises(NotPossible, match="is being posted now"):
        vouch(rig)


# What a person may do meanwhile.


@pytest.mark.parametrize("plan", [payments.plan_retry, partial(payments.plan_skip, because="why")])
def test_a_payment_in_doubt_can_be_neither_retried_nor_skipped(rig, plan):
    receive(rig, payment())
    runs_late(rig)
    with pytest.raises(NotPossible, match="may already be in QuickBooks"):
        decide(rig.store, plan, [on_file(rig).id])
    rig.later(**WINDOW)
    posted_once(settles(rig))


def test_a_payment_that_was_found_deleted_is_for_a_person(rig):
    receive(rig, payment())
    runs_late(rig)
    (answer,) = rig.company.run_late()
    assert "ReceivePaymentRet" in answer
    delete(rig, in_quickbooks(rig)[0].txn_id)
    rig.company.set_habits(status_check="status")
    settles(rig)
    assert standing(rig) == (PaymentStatus.PARKED, "payment-found-deleted")
    assert codes(rig) == ["payment-found-deleted"]
    both_agree(rig)
    for _ in range(2):
        rig.later(**WINDOW)
        settles(rig)
    assert len(writes(rig)) == 1


def test_a_payment_that_was_changed_before_it_was_found_is_for_a_person(rig):
    rig.company.set_habits(status_check="status")
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    edit(rig, in_quickbooks(rig)[0].txn_id, amount=6_000)
    rig.later(**SOON)
    settles(rig)
    assert standing(rig) == (PaymentStatus.PARKED, "payment-found-other")
    assert "60.00 of Larkspur Tile" in payment_problem(rig).message
    assert rig.is_equal()
    assert len(writes(rig)) == 1


def test_a_parked_payment_that_is_retried_goes_out_anew_with_other_tags(rig):
    rig.company.set_habits(status_check="status")
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    delete(rig, in_quickbooks(rig)[0].txn_id)
    rig.later(**SOON)
    settles(rig)
    (before,) = parts(rig)
    decide(rig.store, payments.plan_retry, [on_file(rig).id])
    posted_once(settles(rig))
    (after,) = parts(rig)
    assert (after.generation, after.ref_number == before.ref_number) == (2, False)
    assert after.external_guid != before.external_guid
    assert [one.external_guid for one in in_quickbooks(rig)] == [after.external_guid]


def test_it_is_never_posted_beside_what_was_found_though_it_is_retried(rig):
    rig.company.set_habits(status_check="status")
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    edit(rig, in_quickbooks(rig)[0].txn_id, amount=6_000)
    rig.later(**SOON)
    settles(rig)
    decide(rig.store, payments.plan_retry, [on_file(rig).id])
    settles(rig)
    assert standing(rig) == (PaymentStatus.PARKED, "payment-found-other")
    assert len(in_quickbooks(rig)) == 1
    delete(rig, in_quickbooks(rig)[0].txn_id)
    decide(rig.store, payments.plan_retry, [on_file(rig).id])
    posted_once(settles(rig))


def test_two_copies_that_are_found_are_for_a_person(rig):
    rig.company.set_habits(status_check="status", guids_are_unique=False)
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    (first,) = in_quickbooks(rig)
    copy_by_hand(rig, first)
    rig.later(**SOON)
    settles(rig)
    assert standing(rig) == (PaymentStatus.PARKED, "payment-found-several")
    assert "2" in payment_problem(rig).message
    assert rig.is_equal()


def delete(rig: Rig, txn_id: str) -> None:
    acts.delete(rig.company.books, txn_id)


def edit(rig: Rig, txn_id: str, **changes) -> None:
    acts.edit_payment(rig.company.books, txn_id, **changes)


def copy_by_hand(rig: Rig, found: Received) -> None:
    acts.receive(
        rig.company.books,
        found.customer,
        found.amount,
        invoices=[(use.invoice_txn_id, use.amount) for use in found.applied],
        number=found.ref_number,
        memo=found.memo,
    )
