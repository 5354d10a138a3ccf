"""Answers of Payment Sync that cannot be taken in: it asks for less, guesses nothing, and ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from daemon.stages.payments import intake
from shared.models.ledger import rereads
from shared.models.payments import postings
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ApplicationKind, SyncState
from simulator.company import acts
from simulator.webconnector import Result
from simulator.webconnector.desktop import OpenFile
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    LOOK,
    WINDOW,
    codes,
    connection,
    imported,
    in_quickbooks,
    on_file,
    open_set,
    parts,
    payment,
    pays,
    receive,
    settles,
    standing,
)
from tests.whole.rig import Rig

CHECK, FIND, METHOD, LISTS = (
    "oldMessageSetID",
    "ToTxnDate",
    "<PaymentMethodAddRq",
    "<AccountQueryRq",
)
KNOWN, DELETED, WHO = "<IncludeRetElement>EditSequence<", "<TxnDeletedQueryRq", "<HostQueryRq"
PAID = re.compile("<ReceivePaymentRet>.*?</ReceivePaymentRet>", re.DOTALL)


def breaks(rig: Rig, when: Callable[[str], bool], times: int = 1_000) -> None:
    """Have the answers to such requests break before their end, so many times."""
    left = [times]

    def broken(answer: str, request: str) -> str:
        if left[0] and when(request):
            left[0] -= 1
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    rig.alter_with_request = broken


def poisoned(rig: Rig, *txn_ids: str) -> None:
    """Have whole records of these payments break every answer that they are in."""

    def broken(found: re.Match[str]) -> str:
        whole = "<TotalAmount>" in found[0] and any(f"<TxnID>{one}<" in found[0] for one in txn_ids)
        return found[0].replace("<TotalAmount>", "&nobody;<TotalAmount>") if whole else found[0]

    rig.alter_with_request = lambda answer, _request: PAID.sub(broken, answer)


def heals(rig: Rig) -> None:
    rig.alter_with_request = None


def recorded(rig: Rig, number: str) -> str:
    """A payment that a person recorded in QuickBooks; its TxnID."""
    return acts.receive(rig.company.books, LARKSPUR, 1_000, number=number).object_id


def pages(rig: Rig) -> list[int]:
    """How many whole payments each request for changed ones asked for."""
    lists = [
        one for one in rig.requests if "<ModifiedDateRangeFilter>" in one or "iterator=" in one
    ]
    whole = [one for one in lists if "<ReceivePaymentQueryRq" in one and "IncludeLineItems" in one]
    return [int(found[1]) for one in whole if (found := re.search(r"<MaxReturned>(\d+)<", one))]


def has_ended(rig: Rig) -> bool:
    """The last sync is over, and nobody is told that the company is busy."""
    return rig.syncs()[0].state is not SyncState.STARTED


# Lists that are read


def test_a_page_of_payments_that_breaks_is_asked_for_in_smaller_ones_and_the_size_is_kept(rig):
    for number in range(30):
        recorded(rig, f"CHQ {number}")
    settles(rig)
    rig.requests.clear()
    for number in range(30, 60):
        recorded(rig, f"CHQ {number}")
    breaks(rig, lambda request: "<MaxReturned>200<" in request)
    settles(rig)
    assert pages(rig)[:2] == [200, 25]
    assert len(imported(rig)) == 60
    assert codes(rig) == []
    with rig.store.reading():
        kept = int(rereads.watermark(connection(rig).id, "payment-page"))
    rig.requests.clear()
    settles(rig)
    assert pages(rig)[0] == kept < 200


def test_one_payment_that_can_never_be_taken_in_is_a_problem_and_the_rest_comes_in(rig):
    bad = recorded(rig, "BAD")
    for number in range(12):
        recorded(rig, f"CHQ {number}")
    poisoned(rig, bad)
    assert pays(rig).ok
    assert len(imported(rig)) == 12
    assert [(one.code, one.object_id) for one in rig.problems()] == [(intake.UNREADABLE, bad)]
    heals(rig)
    settles(rig)
    assert len(imported(rig)) == 13
    assert codes(rig) == []


def test_deletions_that_cannot_be_listed_are_found_by_comparing(rig):
    gone = recorded(rig, "GONE")
    kept = recorded(rig, "KEPT")
    settles(rig)
    acts.delete(rig.company.books, gone)
    # Only the list of deletions, not the questions that have it beside others.
    breaks(rig, lambda request: DELETED in request and "<ReceivePaymentQueryRq" not in request)
    settles(rig)
    assert {one.txn_id: one.deleted for one in imported(rig).values()} == {
        gone: True,
        kept: False,
    }


def test_lists_that_break_are_asked_for_with_what_is_needed_only(rig):
    receive(rig, payment())
    breaks(rig, lambda request: LISTS in request and "AccountType" not in request)
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.POSTED


def test_lists_that_always_break_stop_posting_alone_and_the_reason_is_a_problem(rig):
    receive(rig, payment())
    recorded(rig, "CHQ 1")
    breaks(rig, lambda request: LISTS in request)
    assert pays(rig).ok
    assert standing(rig)[0] is PaymentStatus.READY
    assert codes(rig) == ["answer-unreadable"]
    assert list(imported(rig)) == ["CHQ 1"]
    heals(rig)
    settles(rig)
    assert (standing(rig)[0], codes(rig)) == (PaymentStatus.POSTED, [])


# What is asked about one payment


def test_a_look_that_breaks_once_is_asked_for_with_less(rig):
    receive(rig, payment())
    breaks(rig, lambda request: LOOK in request, times=1)
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.POSTED


def test_a_look_that_always_breaks_keeps_its_own_payment_waiting_and_the_others_go_on(rig):
    receive(rig, payment("pay_1", "50.00"), payment("pay_2", pays={"1043": "100.00"}))
    invoice = parts(rig)[0].uses[0].invoice_txn_id
    breaks(rig, lambda request: LOOK in request and invoice in request)
    assert pays(rig).ok
    assert standing(rig) == (PaymentStatus.WAITING, "payment-answer-unreadable")
    assert standing(rig, "pay_2")[0] is PaymentStatus.POSTED
    assert "could not be read" in on_file(rig).reason
    assert has_ended(rig)
    heals(rig)
    settles(rig)
    assert standing(rig) == (PaymentStatus.POSTED, "")
    assert len(in_quickbooks(rig)) == 2


def test_looks_that_all_break_stop_posting_and_end_the_sync_with_the_reason(rig):
    receive(rig, *(payment(f"pay_{n}", "10.00") for n in range(8)))
    breaks(rig, lambda request: LOOK in request)
    assert pays(rig).ok
    assert sum(LOOK in one for one in rig.requests) == 6
    assert codes(rig) == ["answer-unreadable"]
    heals(rig)
    settles(rig)
    assert codes(rig) == []
    assert len(in_quickbooks(rig)) == 8


@pytest.mark.parametrize("question", [CHECK, FIND])
def test_a_doubt_that_cannot_be_asked_about_stays_one_and_nothing_else_goes_out(rig, question):
    receive(rig, payment("pay_1", "50.00"), payment("pay_2", pays={"1043": "100.00"}))
    breaks(rig, lambda request: ADD in request or question in request)
    # The list of changed payments must not show it either.
    kept = rig.alter_with_request
    assert kept is not None
    rig.alter_with_request = lambda answer, request: kept(
        answer.replace("<ReceivePaymentRet>", "<Unknown>").replace(
            "</ReceivePaymentRet>", "</Unknown>"
        ),
        request,
    )
    assert pays(rig).ok
    held = open_set(rig)
    assert held is not None
    assert parts(rig)[0].state is PostingState.UNKNOWN
    assert standing(rig)[1] == "payment-doubt-unreadable"
    assert standing(rig, "pay_2")[0] is PaymentStatus.READY
    assert codes(rig) == ["answer-unreadable"]
    assert sum(ADD in one for one in rig.requests) == 1
    assert has_ended(rig)
    heals(rig)
    rig.later(**WINDOW)
    settles(rig)
    settles(rig)
    assert [standing(rig, one)[0] for one in ("pay_1", "pay_2")] == [PaymentStatus.POSTED] * 2
    assert codes(rig) == []
    assert len(in_quickbooks(rig)) == 2


def test_the_answer_to_a_write_that_breaks_posts_once(rig):
    receive(rig, payment())
    breaks(rig, lambda request: ADD in request)
    settles(rig)
    assert standing(rig)[0] is PaymentStatus.POSTED
    assert len(in_quickbooks(rig)) == 1


def test_a_new_method_whose_answer_breaks_is_found_in_the_list(open_till):
    rig = open_till()
    receive(rig, payment(method="Stripe"))
    breaks(rig, lambda request: METHOD in request)
    pays(rig)
    assert len(in_quickbooks(rig)) <= 1
    assert has_ended(rig)


def test_where_the_copy_cannot_be_told_nothing_is_posted_and_the_sync_says_so(rig):
    receive(rig, payment())
    settles(rig)
    receive(rig, payment("pay_2", pays={"1043": "100.00"}))
    breaks(
        rig,
        lambda request: KNOWN in request and "TxnIDList" not in request and LOOK not in request,
    )
    assert pays(rig).ok
    assert standing(rig, "pay_2")[0] is PaymentStatus.READY
    assert codes(rig) == ["company-copy-unknown"]
    heals(rig)
    settles(rig)
    assert standing(rig, "pay_2")[0] is PaymentStatus.POSTED
    assert codes(rig) == []


@pytest.mark.parametrize("kind", [ApplicationKind.INVOICE, ApplicationKind.PAYMENT])
def test_an_introduction_that_breaks_is_asked_for_again_and_ends_in_words(rig, monkeypatch, kind):
    monkeypatch.setattr(OpenFile, "host_company_preferences", lambda _company: "")
    breaks(rig, lambda request: WHO in request)
    rig.later(minutes=5)
    outcome = rig.sync(kind=kind)
    assert outcome.result is Result.FAILED
    assert "could not be read" in outcome.status
    heals(rig)
    assert rig.sync(kind=kind).ok


# A fault of our own while an answer is read


def test_a_record_that_breaks_us_is_a_problem_and_the_rest_comes_in(
    rig, monkeypatch, logged_failures
):
    bad = recorded(rig, "BAD")
    for number in range(5):
        recorded(rig, f"CHQ {number}")
    to_received = intake.to_received

    def broken(ret, home_currency):
        if ret.txn_id == bad:
            raise ZeroDivisionError("a bug")
        return to_received(ret, home_currency)

    monkeypatch.setattr(intake, "to_received", broken)
    assert pays(rig).ok
    assert len(imported(rig)) == 5
    assert [(one.code, one.object_id) for one in rig.problems()] == [(intake.UNREADABLE, bad)]
    assert len(logged_failures) == 1
    logged_failures.clear()
    monkeypatch.undo()
    settles(rig)
    assert len(imported(rig)) == 6
    assert codes(rig) == []


# Text that QuickBooks cannot store


def test_text_that_quickbooks_cannot_hold_is_replaced_and_the_payment_says_so(rig):
    receive(rig, payment(memo="for \u682a the lobby"))
    settles(rig)
    assert standing(rig) == (PaymentStatus.POSTED, "")
    number = on_file(rig).id
    with rig.store.reading():
        (sent,) = (step for step in postings.life(number) if step.event == "sent")
    assert "\\u682a" in sent.detail
    assert codes(rig) == []
