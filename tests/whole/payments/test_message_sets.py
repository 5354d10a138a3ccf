"""What QuickBooks keeps of our message sets, what it is told to forget, and its codes for a set."""

from __future__ import annotations

import re

import pytest

from shared.rules.payments.values import PaymentStatus
from tests.whole.payments.builders import (
    ADD,
    SOON,
    after_quickbooks_did_it,
    loses,
    open_set,
    payment,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig


def three(rig: Rig) -> Rig:
    receive(
        rig,
        payment("pay_1"),
        payment("pay_2", pays={"1043": "20.00"}),
        payment("pay_3", pays={"1044": "30.00"}),
    )
    return rig


def ids_of(request: str) -> tuple[str, str]:
    """newMessageSetID and oldMessageSetID; empty where there is none."""
    found = [re.search(rf'{name}MessageSetID="([^"]*)"', request) for name in ("new", "old")]
    new, old = (one[1] if one else "" for one in found)
    return new, old


def remembered(rig: Rig) -> set[str]:
    return {set_id for _application, set_id in rig.company.books.message_sets}


def test_each_write_tells_quickbooks_to_forget_the_one_before(rig):
    settles(three(rig))
    posted_once(rig, "pay_1", "pay_2", "pay_3")
    ids = [ids_of(request) for request in writes(rig)]
    (first, none), (second, old), (third, older) = ids
    assert (none, old, older) == ("", first, second)
    assert remembered(rig) == {third}


def test_the_chain_goes_on_in_the_next_sync(rig):
    receive(rig, payment("pay_1"))
    settles(rig)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    first, second = (ids_of(request) for request in writes(rig))
    assert second[1] == first[0]


def test_message_set_ids_are_short_and_the_request_carries_the_same_id(rig):
    settles(three(rig))
    for request in writes(rig):
        new, _ = ids_of(request)
        assert re.fullmatch("[A-Z0-9]{20}", new)
        assert f'<ReceivePaymentAddRq requestID="{new}">' in request
        assert request.count(ADD) == 1


def test_a_set_that_was_ever_in_doubt_is_never_forgotten(rig):
    three(rig)
    loses(rig, after_quickbooks_did_it)
    rig.later(**SOON)
    settles(rig)
    posted_once(rig, "pay_1", "pay_2", "pay_3")
    ids = [ids_of(request) for request in writes(rig)]
    doubted = ids[0][0]
    assert all(old != doubted for _, old in ids)
    assert doubted in remembered(rig)


def test_a_set_is_forgotten_only_after_its_outcome_is_committed(rig):
    """The next write leaves after our commit; a lost answer leaves the set remembered."""
    receive(rig, payment("pay_1"))
    loses(rig, after_quickbooks_did_it)
    held = open_set(rig)
    assert held is not None
    assert remembered(rig) == {held.set_id}
    rig.later(**SOON)
    posted_once(settles(rig))
    assert remembered(rig) == {held.set_id}


def test_a_refused_payment_is_forgotten_by_the_next_one_as_well(rig):
    three(rig)
    rig.company.fail_next("3210", "ReceivePaymentAddRq")
    settles(rig)
    assert standing(rig, "pay_1")[0] is PaymentStatus.REFUSED
    ids = [ids_of(request) for request in writes(rig)]
    assert ids[1][1] == ids[0][0]


def test_a_second_attempt_has_an_id_of_its_own(rig):
    receive(rig, payment("pay_1"))
    rig.company.fail_next("3176", "ReceivePaymentAddRq")
    settles(rig)
    posted_once(settles(rig))
    first, second = (ids_of(request)[0] for request in writes(rig))
    assert first != second


@pytest.mark.parametrize("code", ["600", "9001", "9004"])
def test_a_set_that_quickbooks_did_not_take_is_made_anew(rig, code):
    three(rig)
    rig.company.fail_next(code, "ReceivePaymentAddRq")
    settles(rig)
    posted_once(rig, "pay_1", "pay_2", "pay_3")
    first, second = (ids_of(request)[0] for request in writes(rig)[:2])
    assert first != second
    assert len(writes(rig)) == 4


@pytest.mark.parametrize("code", ["9002", "9005"])
def test_a_set_whose_answer_quickbooks_did_not_keep_is_posted_once(rig, code):
    three(rig)
    rig.company.fail_next(code, "ReceivePaymentAddRq")
    settles(rig)
    posted_once(rig, "pay_1", "pay_2", "pay_3")


@pytest.mark.parametrize("code", ["9002", "9005"])
def test_a_lost_answer_that_quickbooks_did_not_keep_is_made_up_for_by_looking(rig, code):
    receive(rig, payment())
    rig.company.fail_next(code, "ReceivePaymentAddRq")
    loses(rig, after_quickbooks_did_it)
    rig.later(**SOON)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1
