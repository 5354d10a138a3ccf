"""Two connections that belong to one company file, in spite of what binding says.

Stores may hold such a pair from before the rule, or put together by hand: then the database
admits one write at a time, and nothing is posted twice.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.errors import StoreError
from shared.models import connections
from shared.models.payments import sets
from shared.rules.values import ApplicationKind
from tests.taking_in import take_in
from tests.whole.payments.builders import ADD, LOOK, in_quickbooks, payment, writes

BOTH = ("Larkspur", "Aster")


@pytest.fixture
def pair(rig, monkeypatch):
    """Two connections, bound to one company file; both have imported its invoices."""
    rig.add_connection("Aster")
    monkeypatch.setattr("shared.models.company_files.bound_before", lambda *_: "")
    with rig.store.transaction():
        larkspur, aster = (connections.get(name) for name in BOTH)
        connections.bind(aster.id, larkspur.binding)
    assert rig.sync("Aster").ok
    rig.requests.clear()
    return rig


def receive(rig, name, *payments):
    with rig.store.reading():
        connection_id = connections.get(name).id
    take_in(rig.store, connection_id, payments, rig.now)


def pays(rig, name):
    rig.later(minutes=1)
    assert rig.sync(name, kind=ApplicationKind.PAYMENT).ok


def hand_of(rig, name):
    """Somebody at a PC of this connection, one call at a time."""
    hand = rig.by_hand(name, kind=ApplicationKind.PAYMENT)
    hand.log_in()
    return hand


def goes_on_until(hand, mark):
    """Answer what is asked until a request with this mark is out; returns it."""
    for _ in range(12):
        request = hand.ask()
        if mark in request:
            return request
        hand.tell(hand.work(request))
    raise AssertionError(f"{mark} was never asked")


def codes(rig, name):
    return [one.code for one in rig.problems(name)]


def test_while_one_writes_the_other_one_posts_nothing_and_says_so(pair):
    receive(pair, "Larkspur", payment("pay_1"))
    receive(pair, "Aster", payment("pay_2", pays={"1043": "20.00"}))
    larkspur = hand_of(pair, "Larkspur")
    request = goes_on_until(larkspur, ADD)
    pays(pair, "Aster")
    assert writes(pair) == []
    assert codes(pair, "Aster") == ["company-written-elsewhere"]
    larkspur.tell(larkspur.work(request))
    assert larkspur.finish() == 100
    pays(pair, "Aster")
    assert codes(pair, "Aster") == []
    assert sorted(one.amount for one in in_quickbooks(pair)) == [2_000, 5_000]


@pytest.mark.parametrize("clock_set_by", [timedelta(), timedelta(days=-1)], ids=["", "set back"])
def test_what_the_other_one_posted_since_the_look_is_seen_before_anything_leaves(
    pair, clock_set_by
):
    for name in BOTH:
        receive(pair, name, payment("pay_1"))
    aster = hand_of(pair, "Aster")
    aster.tell(aster.work(goes_on_until(aster, LOOK)))
    pair.clock_is_set(clock_set_by)
    pays(pair, "Larkspur")
    assert aster.finish() == 100
    assert len(in_quickbooks(pair)) == 1


def test_two_pcs_that_take_turns_at_every_call_double_nothing(pair):
    for name in BOTH:
        receive(
            pair,
            name,
            payment("pay_1"),
            payment("pay_2", pays={"1043": "20.00"}),
            payment("pay_3", pays={"1044": "30.00"}),
        )
    hands = [hand_of(pair, name) for name in BOTH]
    out = {}
    while hands:
        for hand in list(hands):
            if hand in out:
                if hand.tell(hand.work(out.pop(hand))) == 100:
                    hands.remove(hand)
            elif request := hand.ask():
                out[hand] = request
            else:
                hands.remove(hand)
    for name in BOTH:
        pays(pair, name)
    assert sorted(one.amount for one in in_quickbooks(pair)) == [2_000, 3_000, 5_000]


def test_the_database_itself_refuses_the_second_open_write(pair):
    receive(pair, "Larkspur", payment("pay_1"))
    receive(pair, "Aster", payment("pay_2", pays={"1043": "20.00"}))
    goes_on_until(hand_of(pair, "Larkspur"), ADD)
    with pair.store.transaction():
        held = sets.open_set(connections.get("Larkspur").id)
        aster = connections.get("Aster")
        with pytest.raises(StoreError, match="Another connection"):
            sets.begin(
                connection_id=aster.id,
                company=aster.binding.company_key,
                application_id=connections.applications(aster.id)[1].id,
                posting_id=held.posting_id,
                set_id="ANOTHER",
                request=b"",
                session_id=1,
                now=pair.now,
                phase="sent",
            )
