"""Invoices, payments and balances in one session; Payment Sync alone; the requests of both."""

from __future__ import annotations

import re

import pytest

from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind, Layout, SyncState
from simulator.company import acts
from simulator.webconnector import Fault, FaultKind
from tests.whole.bookkeeping import changed, owes
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
from tests.whole.rig import PASSWORD, Rig

COMBINED = {"kind": ApplicationKind.COMBINED}


def combined(rig: Rig) -> Rig:
    """One application for everything from now on."""
    changed(rig, layout=Layout.COMBINED)
    rig.rotate("Larkspur", PASSWORD)
    return rig


def synced(rig: Rig, **options) -> Rig:
    rig.later(minutes=5)
    outcome = rig.sync(kind=ApplicationKind.COMBINED, **options)
    assert outcome.ok, outcome.status
    return rig


# One application for everything.


def test_one_session_imports_invoices_posts_payments_and_reads_both_again(rig):
    combined(rig)
    owes(rig, "2000", 5_000)
    acts.receive(rig.company.books, "Larkspur Tile", 700, invoices=[("1043", 700)], number="C-1")
    receive(rig, payment("pay_1"))
    synced(rig)
    posted_once(rig, "pay_1")
    assert "2000" in {row.number for row in rig.invoices().values()}
    assert "C-1" in imported(rig)
    (latest, *_) = rig.syncs()
    assert (latest.application, latest.state) == ("combined", SyncState.FINISHED)
    assert "1 payment posted" in latest.message


def test_a_payment_goes_out_in_the_session_that_imports_its_invoice(rig):
    combined(rig)
    owes(rig, "2000", 5_000)
    receive(rig, payment(pays={"2000": "50.00"}))
    assert standing(rig)[0] is PaymentStatus.WAITING
    posted_once(synced(rig))


def test_the_bar_never_goes_back_and_is_full_only_at_the_end(rig):
    combined(rig)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    shown: list[int] = []
    synced(rig, on_status=lambda status: shown.append(status.percent))
    assert shown == sorted(shown)
    assert 100 not in shown[: len(shown) // 2]


def test_a_combined_session_may_break_off_in_each_stage(open_till, rig):
    combined(rig)
    owes(rig, "2000", 5_000)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"2000": "20.00"}))
    calls: list[int] = []

    def count(boundary) -> None:
        if (boundary.moment, boundary.call) == ("after", "receiveResponseXML"):
            calls.append(boundary.turn)

    synced(open_till(like=rig), on_boundary=count)
    for turn in calls[:-1]:
        cut = open_till(like=rig)
        cut.sync(faults=[Fault(FaultKind.DROP_REPLY, "receiveResponseXML", turn)], **COMBINED)
        cut.later(minutes=6)
        posted_once(synced(cut), "pay_1", "pay_2")


def test_a_doubt_of_payment_sync_is_settled_by_the_combined_application(rig):
    """QuickBooks keeps message sets by application, so only looking for the payment helps."""
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    combined(rig)
    rig.later(**SOON)
    both_agree(synced(rig))
    assert standing(rig) == (PaymentStatus.POSTED, "")
    assert len(writes(rig)) == 1


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


def test_a_sync_with_nothing_to_do_says_so(rig):
    settles(rig)
    settles(rig)
    assert rig.syncs()[0].message == "Finished: nothing has changed since the last sync"


def test_what_was_posted_stands_in_the_syncs_sentence(rig):
    receive(rig, payment("pay_1"), payment("pay_2", amount="999.00", pays={"1043": "999.00"}))
    settles(rig)
    assert rig.syncs()[0].message.startswith("Finished: 1 payment posted")
    assert "1 record needs attention" in rig.syncs()[0].message


@pytest.mark.parametrize("turn", range(1, 9))
def test_each_answer_may_arrive_cut_short(rig, turn):
    receive(rig, payment("pay_1", method="credit_card"))
    settles(rig, faults=[Fault(FaultKind.CUT_RESPONSE, "receiveResponseXML", turn)])
    posted_once(rig)
    assert len(writes(rig)) == 1


# Its requests.


def test_all_kinds_of_requests_leave_in_a_busy_week(rig):
    """What left is held against Intuit's schema when the rig is closed."""
    receive(rig, payment("pay_1", method="credit_card", gateway="stripe", memo="Café & Söhne"))
    loses(rig, after_quickbooks_did_it)
    rig.company.set_habits(status_check="status")
    rig.later(**SOON)
    settles(rig)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    asked = {name for one in rig.requests for name in re.findall(r"<(\w+Rq) requestID", one)}
    assert asked == {
        "AccountQueryRq",
        "InvoiceQueryRq",
        "PaymentMethodAddRq",
        "PaymentMethodQueryRq",
        "ReceivePaymentAddRq",
        "ReceivePaymentQueryRq",
        "TxnDeletedQueryRq",
    }
    assert "Caf&#233; &amp; S&#246;hne" in writes(rig)[0]
    assert any("<QBXMLMsgsRq" in one and "Rq requestID" not in one for one in rig.requests)
    both_agree(rig)
    assert on_file(rig, "pay_2").txn_id


def test_a_sync_with_nothing_to_do_tells_of_payments_that_wait(rig):
    settles(rig)
    receive(rig, payment(pays={"no such invoice": "5.00"}))
    settles(rig)
    rig.later(hours=1)
    settles(rig)
    assert rig.syncs()[0].message == "Finished: 1 payment is not posted yet"
