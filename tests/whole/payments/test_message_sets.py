"""What QuickBooks keeps of our message sets, what it is told to forget, and its codes for a set."""

from __future__ import annotations

import re

import pytest

from shared.rules.payments.values import PaymentStatus
from tests.whole.house import House
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


def three(house: House) -> House:
    receive(
        house,
        payment("pay_1"),
        payment("pay_2", pays={"1043": "20.00"}),
        payment("pay_3", pays={"1044": "30.00"}),
    )
    return house


def ids_of(request: str) -> tuple[str, str]:
    """newMessageSetID and oldMessageSetID; empty where there is none."""
    found = [re.search(rf'{name}MessageSetID="([^"]*)"', request) for name in ("new", "old")]
    new, old = (one[1] if one else "" for one in found)
    return new, old


def remembered(house: House) -> set[str]:
    return {set_id for _application, set_id in house.company.books.message_sets}


def test_each_write_tells_quickbooks_to_forget_the_one_before(house):
    settles(three(house))
    posted_once(house, "pay_1", "pay_2", "pay_3")
    ids = [ids_of(request) for request in writes(house)]
    (first, none), (second, old), (third, older) = ids
    assert (none, old, older) == ("", first, second)
    assert remembered(house) == {third}


def test_the_chain_goes_on_in_the_next_sync(house):
    receive(house, payment("pay_1"))
    settles(house)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    first, second = (ids_of(request) for request in writes(house))
    assert second[1] == first[0]


def test_message_set_ids_are_short_and_the_request_carries_the_same_id(house):
    settles(three(house))
    for request in writes(house):
        new, _ = ids_of(request)
        assert re.fullmatch("[A-Z0-9]{20}", new)
        assert f'<ReceivePaymentAddRq requestID="{new}">' in request
        assert request.count(ADD) == 1


def test_a_set_that_was_ever_in_doubt_is_never_forgotten(house):
    three(house)
    loses(house, after_quickbooks_did_it)
    house.later(**SOON)
    settles(house)
    posted_once(house, "pay_1", "pay_2", "pay_3")
    ids = [ids_of(request) for request in writes(house)]
    doubted = ids[0][0]
    assert all(old != doubted for _, old in ids)
    assert doubted in remembered(house)


def test_a_set_is_forgotten_only_after_its_outcome_is_committed(house):
    """The next write leaves after our commit; a lost answer leaves the set remembered."""
    receive(house, payment("pay_1"))
    loses(house, after_quickbooks_did_it)
    held = open_set(house)
    assert held is not None
    assert remembered(house) == {held.set_id}
    house.later(**SOON)
    posted_once(settles(house))
    assert remembered(house) == {held.set_id}


def test_a_refused_payment_is_forgotten_by_the_next_one_as_well(house):
    three(house)
    house.company.fail_next("3210", "ReceivePaymentAddRq")
    settles(house)
    assert standing(house, "pay_1")[0] is PaymentStatus.REFUSED
    ids = [ids_of(request) for request in writes(house)]
    assert ids[1][1] == ids[0][0]


def test_a_second_attempt_has_an_id_of_its_own(house):
    receive(house, payment("pay_1"))
    house.company.fail_next("3176", "ReceivePaymentAddRq")
    settles(house)
    posted_once(settles(house))
    first, second = (ids_of(request)[0] for request in writes(house))
    assert first != second


@pytest.mark.parametrize("code", ["600", "9001", "9004"])
def test_a_set_that_quickbooks_did_not_take_is_made_anew(house, code):
    three(house)
    house.company.fail_next(code, "ReceivePaymentAddRq")
    settles(house)
    posted_once(house, "pay_1", "pay_2", "pay_3")
    first, second = (ids_of(request)[0] for request in writes(house)[:2])
    assert first != second
    assert len(writes(house)) == 4


@pytest.mark.parametrize("code", ["9002", "9005"])
def test_a_set_whose_answer_quickbooks_did_not_keep_is_posted_once(house, code):
    three(house)
    house.company.fail_next(code, "ReceivePaymentAddRq")
    settles(house)
    posted_once(house, "pay_1", "pay_2", "pay_3")


@pytest.mark.parametrize("code", ["9002", "9005"])
def test_a_lost_answer_that_quickbooks_did_not_keep_is_made_up_for_by_looking(house, code):
    receive(house, payment())
    house.company.fail_next(code, "ReceivePaymentAddRq")
    loses(house, after_quickbooks_did_it)
    house.later(**SOON)
    posted_once(settles(house))
    assert len(writes(house)) == 1
