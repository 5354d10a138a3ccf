"""Answers of Payment Sync that cannot be taken in: it asks for less, guesses nothing, and ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from daemon.stages.payments import intake
from shared.models import ledger
from shared.models.payments import postings
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ApplicationKind, SyncState
from simulator.company import acts
from simulator.webconnector import Result
from simulator.webconnector.desktop import OpenFile
from tests.whole.house import House
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

CHECK, FIND, METHOD, LISTS = (
    "oldMessageSetID",
    "ToTxnDate",
    "<PaymentMethodAddRq",
    "<AccountQueryRq",
)
KNOWN, DELETED, WHO = "<IncludeRetElement>EditSequence<", "<TxnDeletedQueryRq", "<HostQueryRq"
PAID = re.compile("<ReceivePaymentRet>.*?</ReceivePaymentRet>", re.DOTALL)


def breaks(house: House, when: Callable[[str], bool], times: int = 1_000) -> None:
    """Have the answers to such requests break before their end, so many times."""
    left = [times]

    def broken(answer: str, request: str) -> str:
        if left[0] and when(request):
            left[0] -= 1
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    house.alter_with_request = broken


def poisoned(house: House, *txn_ids: str) -> None:
    """Have whole records of these payments break every answer that they are in."""

    def broken(found: re.Match[str]) -> str:
        whole = "<TotalAmount>" in found[0] and any(f"<TxnID>{one}<" in found[0] for one in txn_ids)
        return found[0].replace("<TotalAmount>", "&nobody;<TotalAmount>") if whole else found[0]

    house.alter_with_request = lambda answer, _request: PAID.sub(broken, answer)


def heals(house: House) -> None:
    house.alter_with_request = None


def recorded(house: House, number: str) -> str:
    """A payment that a person recorded in QuickBooks; its TxnID."""
    return acts.receive(house.company.books, LARKSPUR, 1_000, number=number).object_id


def pages(house: House) -> list[int]:
    """How many whole payments each request for changed ones asked for."""
    lists = [
        one for one in house.requests if "<ModifiedDateRangeFilter>" in one or "iterator=" in one
    ]
    whole = [one for one in lists if "<ReceivePaymentQueryRq" in one and "IncludeLineItems" in one]
    return [int(found[1]) for one in whole if (found := re.search(r"<MaxReturned>(\d+)<", one))]


def has_ended(house: House) -> bool:
    """The last sync is over, and nobody is told that the company is busy."""
    return house.syncs()[0].state is not SyncState.STARTED


# Lists that are read


def test_a_page_of_payments_that_breaks_is_asked_for_in_smaller_ones_and_the_size_is_kept(house):
    for number in range(30):
        recorded(house, f"CHQ {number}")
    settles(house)
    house.requests.clear()
    for number in range(30, 60):
        recorded(house, f"CHQ {number}")
    breaks(house, lambda request: "<MaxReturned>200<" in request)
    settles(house)
    assert pages(house)[:2] == [200, 25]
    assert len(imported(house)) == 60
    assert codes(house) == []
    with house.store.reading():
        kept = int(ledger.watermark(connection(house).id, "payment-page"))
    house.requests.clear()
    settles(house)
    assert pages(house)[0] == kept < 200


def test_one_payment_that_can_never_be_taken_in_is_a_problem_and_the_rest_comes_in(house):
    bad = recorded(house, "BAD")
    for number in range(12):
        recorded(house, f"CHQ {number}")
    poisoned(house, bad)
    assert pays(house).ok
    assert len(imported(house)) == 12
    assert [(one.code, one.object_id) for one in house.problems()] == [(intake.UNREADABLE, bad)]
    heals(house)
    settles(house)
    assert len(imported(house)) == 13
    assert codes(house) == []


def test_deletions_that_cannot_be_listed_are_found_by_comparing(house):
    gone = recorded(house, "GONE")
    kept = recorded(house, "KEPT")
    settles(house)
    acts.delete(house.company.books, gone)
    # Only the list of deletions, not the questions that have it beside others.
    breaks(house, lambda request: DELETED in request and "<ReceivePaymentQueryRq" not in request)
    settles(house)
    assert {one.txn_id: one.deleted for one in imported(house).values()} == {
        gone: True,
        kept: False,
    }


def test_lists_that_break_are_asked_for_with_what_is_needed_only(house):
    receive(house, payment())
    breaks(house, lambda request: LISTS in request and "AccountType" not in request)
    settles(house)
    assert standing(house)[0] is PaymentStatus.POSTED


def test_lists_that_always_break_stop_posting_alone_and_the_reason_is_a_problem(house):
    receive(house, payment())
    recorded(house, "CHQ 1")
    breaks(house, lambda request: LISTS in request)
    assert pays(house).ok
    assert standing(house)[0] is PaymentStatus.READY
    assert codes(house) == ["answer-unreadable"]
    assert list(imported(house)) == ["CHQ 1"]
    heals(house)
    settles(house)
    assert (standing(house)[0], codes(house)) == (PaymentStatus.POSTED, [])


# What is asked about one payment


def test_a_look_that_breaks_once_is_asked_for_with_less(house):
    receive(house, payment())
    breaks(house, lambda request: LOOK in request, times=1)
    settles(house)
    assert standing(house)[0] is PaymentStatus.POSTED


def test_a_look_that_always_breaks_keeps_its_own_payment_waiting_and_the_others_go_on(house):
    receive(house, payment("pay_1", "50.00"), payment("pay_2", pays={"1043": "100.00"}))
    invoice = parts(house)[0].uses[0].invoice_txn_id
    breaks(house, lambda request: LOOK in request and invoice in request)
    assert pays(house).ok
    assert standing(house) == (PaymentStatus.WAITING, "payment-answer-unreadable")
    assert standing(house, "pay_2")[0] is PaymentStatus.POSTED
    assert "could not be read" in on_file(house).reason
    assert has_ended(house)
    heals(house)
    settles(house)
    assert standing(house) == (PaymentStatus.POSTED, "")
    assert len(in_quickbooks(house)) == 2


def test_looks_that_all_break_stop_posting_and_end_the_sync_with_the_reason(house):
    receive(house, *(payment(f"pay_{n}", "10.00") for n in range(8)))
    breaks(house, lambda request: LOOK in request)
    assert pays(house).ok
    assert sum(LOOK in one for one in house.requests) == 6
    assert codes(house) == ["answer-unreadable"]
    heals(house)
    settles(house)
    assert codes(house) == []
    assert len(in_quickbooks(house)) == 8


@pytest.mark.parametrize("question", [CHECK, FIND])
def test_a_doubt_that_cannot_be_asked_about_stays_one_and_nothing_else_goes_out(house, question):
    receive(house, payment("pay_1", "50.00"), payment("pay_2", pays={"1043": "100.00"}))
    breaks(house, lambda request: ADD in request or question in request)
    # The list of changed payments must not show it either.
    kept = house.alter_with_request
    assert kept is not None
    house.alter_with_request = lambda answer, request: kept(
        answer.replace("<ReceivePaymentRet>", "<Unknown>").replace(
            "</ReceivePaymentRet>", "</Unknown>"
        ),
        request,
    )
    assert pays(house).ok
    held = open_set(house)
    assert held is not None
    assert parts(house)[0].state is PostingState.UNKNOWN
    assert standing(house)[1] == "payment-doubt-unreadable"
    assert standing(house, "pay_2")[0] is PaymentStatus.READY
    assert codes(house) == ["answer-unreadable"]
    assert sum(ADD in one for one in house.requests) == 1
    assert has_ended(house)
    heals(house)
    house.later(**WINDOW)
    settles(house)
    settles(house)
    assert [standing(house, one)[0] for one in ("pay_1", "pay_2")] == [PaymentStatus.POSTED] * 2
    assert codes(house) == []
    assert len(in_quickbooks(house)) == 2


def test_the_answer_to_a_write_that_breaks_posts_once(house):
    receive(house, payment())
    breaks(house, lambda request: ADD in request)
    settles(house)
    assert standing(house)[0] is PaymentStatus.POSTED
    assert len(in_quickbooks(house)) == 1


def test_a_new_method_whose_answer_breaks_is_found_in_the_list(open_till):
    house = open_till()
    receive(house, payment(method="Stripe"))
    breaks(house, lambda request: METHOD in request)
    pays(house)
    assert len(in_quickbooks(house)) <= 1
    assert has_ended(house)


def test_where_the_copy_cannot_be_told_nothing_is_posted_and_the_sync_says_so(house):
    receive(house, payment())
    settles(house)
    receive(house, payment("pay_2", pays={"1043": "100.00"}))
    breaks(
        house,
        lambda request: KNOWN in request and "TxnIDList" not in request and LOOK not in request,
    )
    assert pays(house).ok
    assert standing(house, "pay_2")[0] is PaymentStatus.READY
    assert codes(house) == ["company-copy-unknown"]
    heals(house)
    settles(house)
    assert standing(house, "pay_2")[0] is PaymentStatus.POSTED
    assert codes(house) == []


@pytest.mark.parametrize("kind", [ApplicationKind.INVOICE, ApplicationKind.PAYMENT])
def test_an_introduction_that_breaks_is_asked_for_again_and_ends_in_words(house, monkeypatch, kind):
    monkeypatch.setattr(OpenFile, "host_company_preferences", lambda _company: "")
    breaks(house, lambda request: WHO in request)
    house.later(minutes=5)
    outcome = house.sync(kind=kind)
    assert outcome.result is Result.FAILED
    assert "could not be read" in outcome.status
    heals(house)
    assert house.sync(kind=kind).ok


# A fault of our own while an answer is read


def test_a_record_that_breaks_us_is_a_problem_and_the_rest_comes_in(
    house, monkeypatch, logged_failures
):
    bad = recorded(house, "BAD")
    for number in range(5):
        recorded(house, f"CHQ {number}")
    to_received = intake.to_received

    def broken(ret, home_currency):
        if ret.txn_id == bad:
            raise ZeroDivisionError("a bug")
        return to_received(ret, home_currency)

    monkeypatch.setattr(intake, "to_received", broken)
    assert pays(house).ok
    assert len(imported(house)) == 5
    assert [(one.code, one.object_id) for one in house.problems()] == [(intake.UNREADABLE, bad)]
    assert len(logged_failures) == 1
    logged_failures.clear()
    monkeypatch.undo()
    settles(house)
    assert len(imported(house)) == 6
    assert codes(house) == []


# Text that QuickBooks cannot hold


def test_text_that_quickbooks_cannot_hold_is_replaced_and_the_payment_says_so(house):
    receive(house, payment(memo="for \u682a the lobby"))
    settles(house)
    assert standing(house) == (PaymentStatus.POSTED, "")
    number = on_file(house).id
    with house.store.reading():
        (sent,) = (step for step in postings.life(number) if step.event == "sent")
    assert "\\u682a" in sent.detail
    assert codes(house) == []
