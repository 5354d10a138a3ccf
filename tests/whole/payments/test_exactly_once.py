"""A payment is in QuickBooks once, whatever becomes of a request or its answer on the way."""

from __future__ import annotations

import re

import pytest

from shared.models import syncs
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind
from simulator.webconnector import Fault, FaultKind, Result
from tests.whole.payments.builders import (
    ADD,
    SOON,
    WINDOW,
    after_quickbooks_did_it,
    answering_writes,
    before_quickbooks_gets_it,
    both_agree,
    codes,
    in_quickbooks,
    life,
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

HELD = (PaymentStatus.UNKNOWN, "payment-held")

# The PC is switched off.


@pytest.mark.parametrize("kept", ["all", "one"])
@pytest.mark.parametrize("shows", ["answer", "status", "recovery"])
def test_a_payment_whose_answer_was_lost_is_found_and_the_next_one_goes_out(rig, shows, kept):
    rig.company.set_habits(status_check=shows, sets_kept=kept)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    loses(rig, after_quickbooks_did_it)
    rig.later(**SOON)
    posted_once(settles(rig), "pay_1", "pay_2")
    assert len(writes(rig)) == 2


@pytest.mark.parametrize("unknown", ["runs", "refused"])
def test_an_old_set_that_quickbooks_forgot_keeps_no_payment_out(rig, unknown):
    rig.company.set_habits(unknown_old_set=unknown)
    receive(rig, payment("pay_1"))
    settles(rig)
    rig.company.books.message_sets.clear()
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    posted_once(settles(rig), "pay_1", "pay_2")


def test_a_payment_that_never_reached_quickbooks_is_held_and_then_goes_out(rig):
    receive(rig, payment())
    loses(rig, before_quickbooks_gets_it)
    rig.later(**SOON)
    assert standing(settles(rig)) == HELD
    assert writes(rig) == []
    rig.later(**WINDOW)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_while_one_payment_is_in_doubt_no_other_one_leaves_but_reading_goes_on(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    loses(rig, before_quickbooks_gets_it)
    rig.later(**SOON)
    settles(rig)
    assert standing(rig, "pay_1") == HELD
    assert standing(rig, "pay_2") == (PaymentStatus.READY, "")
    assert writes(rig) == []
    assert any("<ReceivePaymentQueryRq" in one and "iterator" in one for one in rig.requests)
    rig.later(**WINDOW)
    posted_once(settles(rig), "pay_1", "pay_2")


def test_an_open_doubt_lives_through_any_number_of_syncs(open_till):
    rig = open_till(settings={"resend_after_seconds": "3600"})
    receive(rig, payment())
    loses(rig, before_quickbooks_gets_it)
    rig.later(**SOON)
    for _ in range(3):
        assert standing(settles(rig)) == HELD
    assert life(rig).count("sent") == 1
    rig.later(hours=1)
    posted_once(settles(rig))


def test_the_bytes_that_go_out_again_are_the_same(rig):
    receive(rig, payment())
    loses(rig, before_quickbooks_gets_it)
    held = open_set(rig)
    assert held is not None
    rig.later(**WINDOW)
    settles(rig)
    assert writes(rig) == [held.request.decode()]


def test_a_write_that_is_lost_each_time_is_never_sent_anew_under_another_id(rig):
    receive(rig, payment())
    loses(rig, before_quickbooks_gets_it)
    first = open_set(rig)
    rig.later(**WINDOW)
    loses(rig, before_quickbooks_gets_it)
    second = open_set(rig)
    assert first is not None
    assert second is not None
    assert (second.set_id, second.request, second.sends) == (first.set_id, first.request, 2)
    rig.later(**WINDOW)
    posted_once(settles(rig))


# QuickBooks refuses the call, or goes down in the midst of it.


def test_a_call_that_could_not_be_read_is_made_anew_in_the_same_sync(rig):
    receive(rig, payment())
    rig.company.fail_next("0x80040400", "ReceivePaymentAddRq")
    posted_once(settles(rig))
    first, second = writes(rig)
    assert set_id_of(first) != set_id_of(second)


@pytest.mark.parametrize(
    "hresult", ["0x80040402", "0x8004041B", "0x80040422", "0x80010105", "0x800706BA", "0x80049999"]
)
def test_a_call_that_failed_without_a_trace_is_held_until_none_can_be_left(rig, hresult):
    receive(rig, payment())
    rig.company.fail_next(hresult, "ReceivePaymentAddRq")
    pays(rig)
    assert in_quickbooks(rig) == []
    rig.later(**SOON)
    assert standing(settles(rig)) == HELD
    rig.later(**WINDOW)
    posted_once(settles(rig))
    first, second = writes(rig)
    assert first == second


@pytest.mark.parametrize(
    "hresult", ["0x80040402", "0x8004041B", "0x8004041C", "0x8004040D", "0x80010105", "0x80049999"]
)
def test_a_call_that_failed_but_was_done_is_found(rig, hresult):
    receive(rig, payment())
    rig.company.fail_next(hresult, "ReceivePaymentAddRq", done=True)
    pays(rig)
    rig.later(**SOON)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_a_quickbooks_that_went_down_with_the_payment_saved_and_nothing_remembered(rig):
    receive(rig, payment())
    rig.company.fail_next("0x80010105", "ReceivePaymentAddRq", after=1)
    assert not pays(rig).ok
    rig.later(**SOON)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_a_request_that_quickbooks_never_takes_is_shown_to_a_person_in_the_end(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    rig.company.fail_next("0x80040400", "ReceivePaymentAddRq", times=3)
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.REFUSED, "payment-request-refused")
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")
    assert codes(rig) == ["payment-request-refused"]
    both_agree(rig)


# Answers that are no answers.


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer[: len(answer) // 2],
        lambda answer: answer.replace("<QBXML>", "<!DOCTYPE QBXML [<!ENTITY a 'b'>]><QBXML>", 1),
        lambda answer: answer.replace("</ReceivePaymentRet>", "</ReceivePaymentRat>", 1),
        lambda _answer: "",
        lambda _answer: "<html>502 Bad Gateway</html>",
        lambda _answer: "<?xml version='1.0'?><QBXML><QBXMLMsgsRs></QBXMLMsgsRs></QBXML>",
        lambda answer: re.sub(r" requestID=\"[^\"]*\"", "", answer),
        lambda answer: re.sub(r"<TxnID>.*?</TxnID>", "", answer, count=1),
        lambda answer: answer.replace('statusCode="0"', 'statusCode="1"'),
        lambda answer: answer.replace('statusCode="0"', 'statusCode="1000"'),
        lambda answer: answer.replace('statusCode="0"', 'statusCode="9999"'),
        lambda answer: answer.replace('statusCode="0"', ""),
    ],
    ids=[
        "cut short",
        "DOCTYPE",
        "not well-formed",
        "empty",
        "a proxy's page",
        "no response",
        "no requestID",
        "no TxnID",
        "a code of queries",
        "an internal error",
        "an unknown code",
        "no code",
    ],
)
def test_an_answer_that_proves_nothing_is_settled_in_the_same_sync(rig, spoil):
    receive(rig, payment())
    rig.alter_with_request = answering_writes(spoil)
    posted_once(settles(rig))
    assert len(writes(rig)) == 1
    assert "no reliable answer" in life(rig)


def test_an_answer_that_names_the_payment_but_not_its_terms_is_enough(rig):
    receive(rig, payment())
    rig.alter_with_request = answering_writes(
        lambda answer: answer.replace("<TotalAmount>50.00<", "<TotalAmount>5O.00<")
    )
    posted_once(settles(rig))


def test_an_answer_to_another_question_ends_the_sync_and_the_payment_is_found(rig):
    receive(rig, payment())
    rig.alter_with_request = answering_writes(
        lambda answer: re.sub(r'requestID="[^"]*"', 'requestID="99-1"', answer)
    )
    assert pays(rig).result is Result.FAILED
    rig.alter_with_request = None
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


# Calls that are made twice.


def test_each_answer_may_be_delivered_twice(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig, faults=[Fault(FaultKind.REPEAT, "receiveResponseXML", None)])
    posted_once(rig, "pay_1", "pay_2")
    assert len(writes(rig)) == 2


def test_an_answer_that_comes_again_after_the_next_request_went_out_changes_nothing(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    request = asks_until_it_writes(hand)
    answer = hand.work(request)
    percent = hand.tell(answer)
    following = hand.ask(hcp="")
    assert hand.tell(answer) == percent
    assert hand.tell(hand.work(following)) >= percent
    assert hand.finish() == 100
    posted_once(rig, "pay_1", "pay_2")
    assert len(writes(rig)) == 2


def test_a_write_that_is_asked_for_again_is_not_handed_out_again_but_looked_for(rig):
    receive(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    request = asks_until_it_writes(hand)
    check = hand.ask(hcp="")
    assert ADD not in check
    assert check.count(set_id_of(request)) == 2
    hand.tell(hand.work(check))
    search = hand.ask(hcp="")
    assert "<TxnDeletedQueryRq" in search
    assert search.count("<ReceivePaymentQueryRq") == 2
    hand.tell(hand.work(search))
    assert hand.finish() == 100
    assert standing(rig) == HELD
    assert in_quickbooks(rig) == []
    rig.later(**WINDOW)
    posted_once(settles(rig))


def test_a_write_that_is_asked_for_again_after_quickbooks_did_it_is_found_at_once(rig):
    receive(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    hand.work(asks_until_it_writes(hand))
    assert hand.finish() == 100
    posted_once(rig)


def test_the_answer_of_a_write_that_was_asked_for_again_still_counts(rig):
    receive(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    answer = hand.work(asks_until_it_writes(hand))
    hand.ask(hcp="")
    assert hand.tell(answer) >= 0
    assert hand.finish() == 100
    posted_once(rig)


def test_the_answer_of_a_write_may_come_while_the_payment_is_being_looked_for(rig):
    rig.company.set_habits(status_check="status")
    receive(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    answer = hand.work(asks_until_it_writes(hand))
    hand.tell(hand.work(hand.ask(hcp="")))
    assert "<TxnDeletedQueryRq" in hand.ask(hcp="")
    hand.tell(answer)
    hand.close()
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def asks_until_it_writes(hand) -> str:
    """Ask and tell until a write is handed out; it is not passed on to QuickBooks."""
    request = hand.ask()
    while ADD not in request:
        assert hand.tell(hand.work(request)) >= 0
        request = hand.ask(hcp="")
    return request


def set_id_of(request: str) -> str:
    found = re.search(r'newMessageSetID="([^"]*)"', request)
    assert found is not None
    return found[1]


# An operator in between.


def test_a_sync_that_is_stopped_while_a_write_is_out_leaves_nothing_doubled(rig):
    receive(rig, payment())
    hand = rig.by_hand(kind=ApplicationKind.PAYMENT)
    hand.log_in()
    request = asks_until_it_writes(hand)
    with rig.store.transaction():
        syncs.request_stop(rig.syncs()[0].id, "ada")
    assert hand.tell(hand.work(request)) == -1
    assert standing(rig) == (PaymentStatus.POSTED, "")
    posted_once(settles(rig))
    assert len(writes(rig)) == 1


def test_a_second_web_connector_is_told_to_wait_while_payments_are_posted(rig):
    receive(rig, payment())
    first = rig.by_hand(kind=ApplicationKind.PAYMENT)
    second = rig.by_hand(kind=ApplicationKind.PAYMENT)
    first.log_in()
    request = asks_until_it_writes(first)
    assert second.log_in()[1] == "busy"
    assert second.ask() == ""
    first.tell(first.work(request))
    assert first.finish() == 100
    posted_once(rig)


def test_the_answer_of_a_session_that_was_taken_over_counts_for_nothing(rig):
    receive(rig, payment())
    gone = rig.by_hand(kind=ApplicationKind.PAYMENT)
    gone.log_in()
    request = asks_until_it_writes(gone)
    rig.later(minutes=11)
    answer = gone.work(request)
    posted_once(settles(rig))
    assert gone.tell(answer) == -1
    posted_once(rig)
    assert len(writes(rig)) == 1
