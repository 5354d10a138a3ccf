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
from tests.whole.house import House
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

HELD = (PaymentStatus.UNKNOWN, "payment-held")
LATE = "0x8004041C"


def runs_late(house: House) -> House:
    """A Payment Sync whose write QuickBooks neither answers nor does before ``run_late``."""
    house.company.fail_next(LATE, "ReceivePaymentAddRq", late=True)
    return settles(house)


# A copy that runs late.


def test_a_copy_that_runs_within_the_doubt_window_is_found_and_not_doubled(house):
    receive(house, payment())
    assert standing(runs_late(house)) == HELD
    house.company.run_late()
    posted_once(settles(house))
    assert len(writes(house)) == 1


@pytest.mark.parametrize("mark", ["oldMessageSetID", "<ToTxnDate>"], ids=["check", "search"])
def test_a_copy_may_run_right_after_it_was_asked_about(house, mark):
    receive(house, payment())
    happens_after(house, mark, house.company.run_late)
    runs_late(house)
    house.later(**WINDOW)
    posted_once(settles(house))
    assert len(writes(house)) == 1


@pytest.mark.parametrize("kept", ["all", "one"])
@pytest.mark.parametrize("guids_are_unique", [True, False])
def test_a_copy_that_runs_after_the_resend_does_nothing_more(house, kept, guids_are_unique):
    house.company.set_habits(sets_kept=kept, guids_are_unique=guids_are_unique)
    receive(house, payment())
    runs_late(house)
    house.later(**WINDOW)
    settles(house)
    house.company.run_late()
    posted_once(settles(house))
    assert len(writes(house)) == 2


def test_a_very_late_copy_that_quickbooks_no_longer_knows_is_refused_by_its_guid(house):
    house.company.set_habits(sets_kept="one")
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    runs_late(house)
    house.later(**WINDOW)
    settles(house)
    house.company.run_late()
    posted_once(settles(house), "pay_1", "pay_2")


def test_a_very_late_copy_that_nothing_holds_back_is_shown_to_a_person(house):
    house.company.set_habits(sets_kept="one", guids_are_unique=False)
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    runs_late(house)
    house.later(**WINDOW)
    settles(house)
    house.company.run_late()
    settles(house)
    first, second = (one for one in in_quickbooks(house) if "pay_1 " in one.memo)
    assert payment_problem(house, "pay_1").code == "payment-posted-twice"
    for found in (first, second):
        assert found.txn_id in payment_problem(house, "pay_1").message
    assert standing(house, "pay_1")[0] is PaymentStatus.POSTED
    assert house.is_equal()


# A search that was not answered.


@pytest.mark.parametrize("part", [1, 2, 3], ids=["by number", "by customer", "deletions"])
def test_a_search_of_which_a_part_is_refused_is_no_reason_to_send_again(house, part):
    receive(house, payment())
    runs_late(house)
    house.later(**WINDOW)
    of_search = rf'(<\w+Rs requestID="[^"]*-{part}" statusCode=)"\d+" statusSeverity="\w+"'
    refused = r'\1"3260" statusSeverity="Error"'
    house.alter_with_request = lambda answer, request: (
        re.sub(of_search, refused, answer) if "<ToTxnDate>" in request else answer
    )
    assert not pays(house).ok
    assert len(writes(house)) == 1
    assert open_set(house) is not None
    house.alter_with_request = None
    posted_once(settles(house))


# The customer is gone meanwhile.


def in_doubt_and_merged(house: House, at: tuple[str, str]) -> House:
    """A payment is in doubt whose customer becomes another one meanwhile."""
    books = house.company.books
    acts.add_customer(books, "Juniper Yoga")
    owes(house, "1050", 4_000, customer="Juniper Yoga")
    house.later(hours=1)
    assert house.sync().ok
    receive(house, payment(pays={"1050": "40.00"}))
    loses(house, at)
    acts.merge(books, "Juniper Yoga", into=LARKSPUR)
    house.later(**WINDOW)
    return settles(house)


def test_a_payment_whose_customer_was_merged_meanwhile_is_found(house):
    in_doubt_and_merged(house, after_quickbooks_did_it)
    (found,) = in_quickbooks(house)
    assert parts(house)[0].txn_id == found.txn_id
    assert standing(house) == (PaymentStatus.POSTED, "")


def test_a_payment_that_never_arrived_goes_to_the_customer_that_remains(house):
    in_doubt_and_merged(house, before_quickbooks_gets_it)
    assert standing(house) == (PaymentStatus.REFUSED, "3140")
    decide(house.store, payments.plan_retry, [on_file(house).id])
    posted_once(settles(house))
    (found,) = in_quickbooks(house)
    assert (found.customer, found.amount) == (LARKSPUR, 4_000)


# Not before the window is over.


@pytest.mark.parametrize(("seconds", "sent"), [(-30, 1), (1, 2)])
def test_nothing_is_sent_again_before_the_window_is_over(house, seconds, sent):
    receive(house, payment())
    runs_late(house)
    held = open_set(house)
    assert held is not None
    over = held.last_sent_at + timedelta(seconds=900 + seconds)
    house.later(seconds=(over - house.now).total_seconds() - 300)
    settles(house)
    assert len(writes(house)) == sent


def test_the_window_may_be_set(open_till):
    house = open_till(settings={"resend_after_seconds": "86400"})
    receive(house, payment())
    runs_late(house)
    house.later(hours=23)
    assert standing(settles(house)) == HELD
    house.later(hours=1)
    posted_once(settles(house))


def test_the_reason_names_the_time_until_which_it_is_held(house):
    receive(house, payment())
    runs_late(house)
    held = open_set(house)
    assert held is not None
    until = held.last_sent_at + timedelta(seconds=900)
    assert f"{until:%H:%M} UTC" in on_file(house).reason


def test_the_window_begins_anew_with_each_time_that_it_is_sent(house):
    receive(house, payment())
    runs_late(house)
    house.later(**WINDOW)
    runs_late(house)
    assert len(writes(house)) == 2
    house.later(**SOON)
    assert standing(settles(house)) == HELD
    house.later(**WINDOW)
    posted_once(settles(house))


# An operator vouches that no copy is left.


def vouch(house: House) -> None:
    with house.store.transaction():
        sets.settle_now(connection(house).id, "ada", house.now)


def test_an_operator_may_say_that_no_copy_is_left_and_it_goes_out_at_once(house):
    receive(house, payment())
    runs_late(house)
    house.company.books.late.clear()
    vouch(house)
    posted_once(settles(house))
    assert len(writes(house)) == 2


def test_who_says_so_does_so_for_the_copies_until_then_only(house):
    receive(house, payment())
    runs_late(house)
    vouch(house)
    runs_late(house)
    assert len(writes(house)) == 2
    assert standing(settles(house)) == HELD
    assert len(writes(house)) == 2


def test_it_is_looked_for_once_more_before_it_goes_out_though_an_operator_says_so(house):
    receive(house, payment())
    runs_late(house)
    vouch(house)
    house.company.run_late()
    posted_once(settles(house))
    assert len(writes(house)) == 1


def test_nobody_can_vouch_for_a_request_that_is_out_or_for_none(house):
    with pytest.raises(NotFound):
        vouch(house)
    receive(house, payment())
    loses(house, before_quickbooks_gets_it)
    with pytest.raises(NotPossible, match="is out at this moment"):
        vouch(house)


# What a person may do meanwhile.


@pytest.mark.parametrize("plan", [payments.plan_retry, partial(payments.plan_skip, because="why")])
def test_a_payment_in_doubt_can_be_neither_retried_nor_skipped(house, plan):
    receive(house, payment())
    runs_late(house)
    with pytest.raises(NotPossible, match="may be in QuickBooks already"):
        decide(house.store, plan, [on_file(house).id])
    house.later(**WINDOW)
    posted_once(settles(house))


def test_a_payment_that_was_found_deleted_is_for_a_person(house):
    receive(house, payment())
    runs_late(house)
    (answer,) = house.company.run_late()
    assert "ReceivePaymentRet" in answer
    delete(house, in_quickbooks(house)[0].txn_id)
    house.company.set_habits(status_check="status")
    settles(house)
    assert standing(house) == (PaymentStatus.PARKED, "payment-found-deleted")
    assert codes(house) == ["payment-found-deleted"]
    both_agree(house)
    for _ in range(2):
        house.later(**WINDOW)
        settles(house)
    assert len(writes(house)) == 1


def test_a_payment_that_was_changed_before_it_was_found_is_for_a_person(house):
    house.company.set_habits(status_check="status")
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    edit(house, in_quickbooks(house)[0].txn_id, amount=6_000)
    house.later(**SOON)
    settles(house)
    assert standing(house) == (PaymentStatus.PARKED, "payment-found-other")
    assert "60.00 of Larkspur Tile" in payment_problem(house).message
    assert house.is_equal()
    assert len(writes(house)) == 1


def test_a_parked_payment_that_is_retried_goes_out_anew_with_other_tags(house):
    house.company.set_habits(status_check="status")
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    delete(house, in_quickbooks(house)[0].txn_id)
    house.later(**SOON)
    settles(house)
    (before,) = parts(house)
    decide(house.store, payments.plan_retry, [on_file(house).id])
    posted_once(settles(house))
    (after,) = parts(house)
    assert (after.generation, after.ref_number == before.ref_number) == (2, False)
    assert after.external_guid != before.external_guid
    assert [one.external_guid for one in in_quickbooks(house)] == [after.external_guid]


def test_it_is_never_posted_beside_what_was_found_though_it_is_retried(house):
    house.company.set_habits(status_check="status")
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    edit(house, in_quickbooks(house)[0].txn_id, amount=6_000)
    house.later(**SOON)
    settles(house)
    decide(house.store, payments.plan_retry, [on_file(house).id])
    settles(house)
    assert standing(house) == (PaymentStatus.PARKED, "payment-found-other")
    assert len(in_quickbooks(house)) == 1
    delete(house, in_quickbooks(house)[0].txn_id)
    decide(house.store, payments.plan_retry, [on_file(house).id])
    posted_once(settles(house))


def test_two_copies_that_are_found_are_for_a_person(house):
    house.company.set_habits(status_check="status", guids_are_unique=False)
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    (first,) = in_quickbooks(house)
    copy_by_hand(house, first)
    house.later(**SOON)
    settles(house)
    assert standing(house) == (PaymentStatus.PARKED, "payment-found-several")
    assert "2" in payment_problem(house).message
    assert house.is_equal()


def delete(house: House, txn_id: str) -> None:
    acts.delete(house.company.books, txn_id)


def edit(house: House, txn_id: str, **changes) -> None:
    acts.edit_payment(house.company.books, txn_id, **changes)


def copy_by_hand(house: House, found: Received) -> None:
    acts.receive(
        house.company.books,
        found.customer,
        found.amount,
        invoices=[(use.txn_id, use.amount) for use in found.applied],
        number=found.ref_number,
        memo=found.memo,
    )
