"""Invoices, payments and balances in one session; Payment Sync alone; the requests of both."""

from __future__ import annotations

import re

import pytest

from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind, Layout, SyncState
from simulator.company import acts
from simulator.webconnector import Fault, FaultKind
from tests.whole.bookkeeping import changed, owes
from tests.whole.house import PASSWORD, House
from tests.whole.payments.builders import (
    SOON,
    after_quickbooks_did_it,
    both_agree,
    imported,
    loses,
    on_file,
    payment,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)

COMBINED = {"kind": ApplicationKind.COMBINED}


def combined(house: House) -> House:
    """One application for everything from now on."""
    changed(house, layout=Layout.COMBINED)
    house.rotate("Larkspur", PASSWORD)
    return house


def synced(house: House, **options) -> House:
    house.later(minutes=5)
    outcome = house.sync(kind=ApplicationKind.COMBINED, **options)
    assert outcome.ok, outcome.status
    return house


# One application for everything.


def test_one_session_imports_invoices_posts_payments_and_reads_both_again(house):
    combined(house)
    owes(house, "2000", 5_000)
    acts.receive(house.company.books, "Larkspur Tile", 700, invoices=[("1043", 700)], number="C-1")
    receive(house, payment("pay_1"))
    synced(house)
    posted_once(house, "pay_1")
    assert "2000" in {row.number for row in house.invoices().values()}
    assert "C-1" in imported(house)
    (latest, *_) = house.syncs()
    assert (latest.application, latest.state) == ("combined", SyncState.FINISHED)
    assert "1 payment posted" in latest.message


def test_a_payment_goes_out_in_the_session_that_imports_its_invoice(house):
    combined(house)
    owes(house, "2000", 5_000)
    receive(house, payment(pays={"2000": "50.00"}))
    assert standing(house)[0] is PaymentStatus.WAITING
    posted_once(synced(house))


def test_the_bar_never_goes_back_and_is_full_only_at_the_end(house):
    combined(house)
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    shown: list[int] = []
    synced(house, on_status=lambda status: shown.append(status.percent))
    assert shown == sorted(shown)
    assert 100 not in shown[: len(shown) // 2]


def test_a_combined_session_may_break_off_in_each_stage(open_till, house):
    combined(house)
    owes(house, "2000", 5_000)
    receive(house, payment("pay_1"), payment("pay_2", pays={"2000": "20.00"}))
    calls: list[int] = []

    def count(boundary) -> None:
        if (boundary.moment, boundary.call) == ("after", "receiveResponseXML"):
            calls.append(boundary.turn)

    synced(open_till(like=house), on_boundary=count)
    for turn in calls[:-1]:
        cut = open_till(like=house)
        cut.sync(faults=[Fault(FaultKind.DROP_REPLY, "receiveResponseXML", turn)], **COMBINED)
        cut.later(minutes=6)
        posted_once(synced(cut), "pay_1", "pay_2")


def test_a_doubt_of_payment_sync_is_settled_by_the_combined_application(house):
    """QuickBooks keeps message sets by application, so only looking for the payment helps."""
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    combined(house)
    house.later(**SOON)
    both_agree(synced(house))
    assert standing(house) == (PaymentStatus.POSTED, "")
    assert len(writes(house)) == 1


# Payment Sync on its own.


def test_before_the_first_invoice_sync_payments_wait_and_those_of_people_are_read(books):
    owes(books, "1", 1_000)
    acts.receive(books.company.books, "Larkspur Tile", 400, invoices=[("1", 400)], number="C-1")
    receive(books, payment(pays={"1": "5.00"}))
    settles(books)
    assert standing(books) == (PaymentStatus.WAITING, "payment-invoice-waiting")
    assert not imported(books)["C-1"].uses[0].held
    assert books.sync().ok
    posted_once(settles(books))
    assert imported(books)["C-1"].uses[0].held


def test_a_sync_with_nothing_to_do_says_so(house):
    settles(house)
    settles(house)
    assert house.syncs()[0].message == "Finished: nothing has changed since the last run"


def test_what_was_posted_stands_in_the_syncs_sentence(house):
    receive(house, payment("pay_1"), payment("pay_2", amount="999.00", pays={"1043": "999.00"}))
    settles(house)
    assert house.syncs()[0].message.startswith("Finished: 1 payment posted")
    assert "1 needs your attention" in house.syncs()[0].message


@pytest.mark.parametrize("turn", range(1, 9))
def test_each_answer_may_arrive_cut_short(house, turn):
    receive(house, payment("pay_1", method="credit_card"))
    settles(house, faults=[Fault(FaultKind.CUT_RESPONSE, "receiveResponseXML", turn)])
    posted_once(house)
    assert len(writes(house)) == 1


# Its requests.


def test_all_kinds_of_requests_leave_in_a_busy_week(house):
    """What left is held against Intuit's schema when the house is closed."""
    receive(house, payment("pay_1", method="credit_card", gateway="stripe", memo="Café & Söhne"))
    loses(house, after_quickbooks_did_it)
    house.company.set_habits(status_check="status")
    house.later(**SOON)
    settles(house)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    asked = {name for one in house.requests for name in re.findall(r"<(\w+Rq) requestID", one)}
    assert asked == {
        "AccountQueryRq",
        "InvoiceQueryRq",
        "PaymentMethodAddRq",
        "PaymentMethodQueryRq",
        "ReceivePaymentAddRq",
        "ReceivePaymentQueryRq",
        "TxnDeletedQueryRq",
    }
    assert "Caf&#233; &amp; S&#246;hne" in writes(house)[0]
    assert any("<QBXMLMsgsRq" in one and "Rq requestID" not in one for one in house.requests)
    both_agree(house)
    assert on_file(house, "pay_2").txn_id
