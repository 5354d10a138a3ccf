"""A pause or the end of a sync's time never comes while a write is open."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import connections
from shared.rules.values import ApplicationKind, SyncState
from tests.whole.bookkeeping import changed
from tests.whole.payments.builders import (
    ADD,
    after_quickbooks_did_it,
    before_quickbooks_gets_it,
    loses,
    open_set,
    payment,
    pays,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import ByHand, Rig

IDS = ("pay_1", "pay_2", "pay_3")


@pytest.fixture
def waiting(rig: Rig) -> Rig:
    """A rig with three payments that go out next."""
    receive(
        rig,
        payment("pay_1", "10.00"),
        payment("pay_2", pays={"1043": "20.00"}),
        payment("pay_3", pays={"1044": "30.00"}),
    )
    return rig


def pause(rig: Rig) -> None:
    with rig.store.transaction():
        connections.pause(connections.get("Larkspur").id, "ada", rig.now)


def resume(rig: Rig) -> None:
    with rig.store.transaction():
        connections.resume(connections.get("Larkspur").id)


def test_a_write_that_is_out_is_finished_before_the_sync_rests(waiting):
    hand, request = up_to_a_write(waiting)
    pause(waiting)
    assert hand.tell(hand.work(request)) == -1
    assert "paused" in hand.why()
    hand.close()
    assert standing(waiting)[0] == "posted"
    assert open_set(waiting) is None
    assert len(writes(waiting)) == 1
    assert not pays(waiting).ok
    resume(waiting)
    settles(waiting)
    posted_once(waiting, *IDS)


def up_to_a_write(rig: Rig) -> tuple[ByHand, str]:
    """A session whose next answer is that to a payment."""
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    request = hand.ask()
    while ADD not in request:
        assert 0 <= hand.tell(hand.work(request)) < 100
        request = hand.ask(hcp="")
    return hand, request


LOST = {
    "cut": lambda hand, answer: hand.tell(answer[: len(answer) // 2]),
    "empty": lambda hand, _answer: hand.tell(""),
    "failed": lambda hand, _answer: hand.tell("", "0x80010105", "The server threw an exception."),
}


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
@pytest.mark.parametrize("how", LOST)
def test_a_write_whose_answer_is_lost_is_settled_before_the_sync_rests(waiting, how, moment):
    hand, request = up_to_a_write(waiting)
    answer = hand.work(request)
    if moment == "before the answer":
        pause(waiting)
    percent = LOST[how](hand, answer)
    pause(waiting)
    while percent >= 0:
        asked = hand.ask(hcp="")
        assert asked, "it rests although nobody knows what became of the write"
        percent = hand.tell(hand.work(asked))
    assert "paused" in hand.why()
    assert (standing(waiting)[0], open_set(waiting)) == ("posted", None)
    assert len(writes(waiting)) == 1


def test_doubt_of_an_earlier_session_keeps_no_sync_from_resting(waiting):
    loses(waiting, before_quickbooks_gets_it)
    waiting.later(minutes=5)
    hand = waiting.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    hand.tell(hand.work(hand.ask()))
    assert open_set(waiting) is not None
    pause(waiting)
    waiting.requests.clear()
    while request := hand.ask(hcp=""):
        if hand.tell(hand.work(request)) < 0:
            break
    assert "paused" in hand.why()
    assert open_set(waiting) is not None
    assert len(waiting.requests) <= 3, "what is asked about the doubt, and one request more"


def test_an_outcome_that_nobody_knows_is_settled_after_the_pause(waiting):
    loses(waiting, after_quickbooks_did_it)
    pause(waiting)
    waiting.later(hours=5)
    assert not pays(waiting).ok
    assert open_set(waiting) is not None
    resume(waiting)
    settles(waiting)
    posted_once(waiting, *IDS)


def test_when_its_time_is_up_it_ends_between_two_payments_and_the_next_sync_goes_on(waiting):
    changed(waiting, time_budget_minutes=5)

    def slowly(answer: str, request: str) -> str:
        if ADD in request:
            waiting.later(minutes=6)
        return answer

    waiting.alter_with_request = slowly
    ends = []
    for number in (1, 2, 3):
        settles(waiting)
        assert len(writes(waiting)) == number
        assert open_set(waiting) is None
        ends.append(waiting.syncs()[0].error_code)
    assert ends[:2] == ["time-budget", "time-budget"]
    waiting.alter_with_request = None
    settles(waiting)
    posted_once(waiting, *IDS)
    assert waiting.syncs()[0].state is SyncState.FINISHED


def test_quiet_hours_that_begin_amid_a_write_wait_for_its_answer(waiting):
    begins = waiting.now + timedelta(minutes=15)
    ends = begins + timedelta(hours=2)
    changed(waiting, quiet_hours=f"{begins:%H:%M}-{ends:%H:%M} UTC")

    def slowly(answer: str, request: str) -> str:
        if ADD in request:
            waiting.later(minutes=20)
        return answer

    waiting.alter_with_request = slowly
    assert not pays(waiting).ok
    assert waiting.syncs()[0].error_code == "quiet-hours"
    assert (len(writes(waiting)), open_set(waiting)) == (1, None)
    waiting.alter_with_request = None
    waiting.later(hours=2)
    settles(waiting)
    posted_once(waiting, *IDS)
