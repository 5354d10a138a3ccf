"""A Web Connector that was killed does not keep its own bookkeeper out; another PC waits."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred

from shared.models import sessions
from shared.rules.values import ApplicationKind
from tests.edge.builders import envelope, post, receive
from tests.whole.payments.builders import (
    ADD,
    WINDOW,
    in_quickbooks,
    open_set,
    payment,
    posted_once,
    settles,
    writes,
)
from tests.whole.payments.builders import receive as take_in
from tests.whole.rig import PASSWORD, InPlace

ANOTHER_PC = "203.0.113.9"


@pytest.fixture
def writing(rig):
    """Somebody at a PC whose payment is out: its request was handed out, not yet answered."""
    take_in(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    hand.request = until(hand, ADD)
    return hand


def until(hand, mark):
    """Answer what is asked until a request with this mark is out; returns it."""
    for _ in range(12):
        request = hand.ask()
        if mark in request:
            return request
        hand.tell(hand.work(request))
    raise AssertionError(f"{mark} was never asked")


def again(rig):
    """The same application on a Web Connector that was started anew."""
    return rig.by_hand(kind=ApplicationKind.PAYMENT)


def is_let_in(hand):
    return hand.log_in()[1] == ""


def call(hand, operation, **parameters):
    return post(envelope(operation, ticket=hand.ticket, **parameters), path="/qbwc/payment")


def login_of(hand):
    return {"strUserName": hand._row.qwc.username, "strPassword": PASSWORD}


def gone_before_the_answer(rig, monkeypatch, request):
    """A call that we work on while its client vanishes."""
    real, held = InPlace.store, []

    def slowly(self, thd, *args, **kwargs):
        waiting = Deferred()
        held.append((waiting, real(self, thd, *args, **kwargs)))
        return waiting

    wire = rig._wire()
    monkeypatch.setattr(InPlace, "store", slowly)
    wire.send(request)
    wire.hang_up()
    monkeypatch.setattr(InPlace, "store", real)
    for waiting, done in held:
        done.addCallback(waiting.callback)


def test_after_a_minute_of_silence_its_own_pc_takes_over(rig, writing):
    _, keyword, seconds = again(rig).log_in()
    assert (keyword, int(seconds) <= 61) == ("busy", True)
    rig.later(seconds=61)
    assert is_let_in(again(rig))
    assert rig.syncs()[1].error_code == "session-taken-over"


def test_a_sync_that_a_killed_daemon_left_is_explained_by_that(rig, writing):
    rig.restart()
    rig.later(seconds=1)
    assert is_let_in(again(rig))
    assert rig.syncs()[1].error_code == "daemon-restarted"


def test_a_restart_long_after_a_sync_was_left_is_not_its_cause(rig, writing):
    rig.later(hours=1)
    rig.restart()
    assert is_let_in(again(rig))
    assert rig.syncs()[1].error_code == "session-taken-over"


def test_another_pc_still_waits_for_the_lease(rig, writing):
    rig.peer = ANOTHER_PC
    rig.later(seconds=61)
    assert again(rig).log_in()[1] == "busy"
    rig.later(minutes=10)
    assert is_let_in(again(rig))


def test_another_application_of_the_same_pc_waits_as_well(rig, writing):
    rig.later(seconds=61)
    assert rig.by_hand(kind=ApplicationKind.INVOICE).log_in()[1] == "busy"


def test_a_proxy_of_ours_tells_the_pcs_apart(rig, writing):
    headers = {"X_Forwarded_For": ANOTHER_PC}
    body = envelope("authenticate", **login_of(writing))
    rig.later(seconds=61)
    wire = rig._wire().send(post(body, path="/qbwc/payment", **headers))
    assert b"<string>busy</string>" in wire.answer().body


def test_a_pc_that_was_killed_while_we_worked_on_its_call_is_let_in_at_once(
    rig, writing, monkeypatch
):
    gone_before_the_answer(rig, monkeypatch, call(writing, "sendRequestXML", strHCPResponse=""))
    assert is_let_in(again(rig))


def test_a_pc_that_was_killed_while_it_sent_an_answer_is_let_in_at_once(rig, writing):
    answer = writing.work(writing.request)
    whole = post(receive(answer, ticket=writing.ticket), path="/qbwc/payment")
    rig._wire().send(whole[: len(whole) // 2]).hang_up()
    assert is_let_in(again(rig))
    rig.later(seconds=61)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_a_login_whose_ticket_nobody_got_keeps_nobody_out(rig, monkeypatch):
    hand = again(rig)
    body = envelope("authenticate", **login_of(hand))
    gone_before_the_answer(rig, monkeypatch, post(body, path="/qbwc/payment"))
    assert is_let_in(again(rig))


def test_a_call_after_the_cut_shows_that_the_web_connector_lives(rig, writing, monkeypatch):
    gone_before_the_answer(rig, monkeypatch, call(writing, "sendRequestXML", strHCPResponse=""))
    writing.ask(hcp="")
    assert again(rig).log_in()[1] == "busy"


@pytest.mark.parametrize("ran", [True, False], ids=["QuickBooks did it", "QuickBooks never got it"])
def test_a_write_that_was_out_is_doubt_and_is_settled_once(rig, writing, ran):
    if ran:
        writing.work(writing.request)
    rig.later(seconds=61)
    settles(rig)
    rig.later(**WINDOW)
    posted_once(settles(rig))
    assert len(in_quickbooks(rig)) == 1


def test_the_late_answer_of_the_old_session_is_refused_and_nothing_is_sent_twice(rig, writing):
    rig.later(seconds=61)
    assert is_let_in(again(rig))
    answer = writing.work(writing.request)
    assert writing.tell(answer) == -1
    assert writing.ask(hcp="") == ""
    rig.later(**WINDOW)
    posted_once(settles(rig))
    assert len(in_quickbooks(rig)) == 1


def test_at_no_time_are_two_sessions_of_a_company_open(rig, writing):
    for _ in range(3):
        rig.later(seconds=61)
        again(rig).log_in()
        held = open_set(rig)
        assert held is not None
        assert held.sends == 1
        with rig.store.transaction():
            assert len(sessions.unended(held.connection_id)) == 1
