"""What waits is judged again until it is ready, and only what is ready is planned."""

from __future__ import annotations

from datetime import date

import pytest

from shared.models import connections
from shared.models.payments import asking, from_quickbooks, postings, rejudging
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ProblemState
from shared.structs import replace
from tests.models.builders import NOON, invoice, later, paid
from tests.models.payments.builders import JUNIPER, LARKSPUR, money, pays
from tests.models.plans import plans, sqlite_alone


def test_a_payment_of_a_known_invoice_is_ready_and_planned(till):
    till.take_in(pays())
    assert till.stands() == (PaymentStatus.READY, "")
    [part] = till.parts()
    assert (part.state, part.part, part.generation) == (PostingState.PLANNED, 1, 1)
    assert (part.customer_list_id, part.customer) == ("80-1", "Larkspur Tile")
    assert (part.ar_account_list_id, part.currency) == ("8-8", "USD")
    assert part.amount == money("100.00")
    [use] = till.payment().uses
    assert (use.invoice_txn_id, use.number, use.held) == ("1A-100", "100", True)


@pytest.mark.parametrize("named", ["300", "1A-300"])
def test_a_payment_waits_until_its_invoice_arrives(till, named):
    till.take_in(pays("pay_1", "60.00", (named, "60.00")))
    waiting = till.payment()
    assert (waiting.status, waiting.code) == (PaymentStatus.WAITING, "payment-invoice-waiting")
    assert named in waiting.reason
    assert till.parts() == []

    till.owes(invoice("1A-300", "60.00"))
    till.prepare()

    assert till.stands() == (PaymentStatus.READY, "")
    assert till.payment().reason == ""
    assert till.part().uses[0].invoice_txn_id == "1A-300"


@pytest.mark.parametrize("held", ["INV-300", " inv-300", "Inv-300  "])
def test_blanks_and_case_of_either_side_make_no_other_number(till, held):
    till.owes(invoice("1A-300", "60.00", number=held))
    till.take_in(pays("pay_1", "60.00", ("  iNV-300 ", "60.00")))
    assert till.stands() == (PaymentStatus.READY, "")
    assert till.part().uses[0].invoice_txn_id == "1A-300"


@pytest.mark.parametrize("named", ["#511", "00511", "511.0", "5-11"])
def test_a_close_number_is_a_problem_at_once_and_nothing_is_guessed(till, named):
    till.owes(invoice("1A-511", "60.00", number="511"))
    till.take_in(pays("pay_1", "60.00", (named, "60.00")))
    assert till.stands() == (PaymentStatus.WAITING, "payment-invoice-near")
    assert "511 of Larkspur Tile" in till.payment().reason
    assert till.problems() == {"payment-invoice-near": ProblemState.OPEN}
    assert till.parts() == []
    assert till.prepare() == []  # told once

    till.owes(invoice("1A-512", "60.00", number=named))
    till.prepare()

    assert till.part().uses[0].invoice_txn_id == "1A-512"
    assert till.problems() == {"payment-invoice-near": ProblemState.RESOLVED}


def test_the_problem_of_a_close_number_ends_with_the_invoice_that_was_close(till):
    till.owes(invoice("1A-511", "60.00", number="511"))
    till.take_in(pays("pay_1", "60.00", ("#511", "60.00")))
    till.owes(invoice("1A-511", "60.00", number="700", edit_sequence="2"))
    till.prepare()
    assert till.stands() == (PaymentStatus.WAITING, "payment-invoice-waiting")
    assert till.problems() == {"payment-invoice-near": ProblemState.RESOLVED}


def test_it_waits_while_a_sync_is_at_work_on_its_invoice(till):
    till.read(invoice("1A-300", "60.00"))
    till.take_in(pays("pay_1", "60.00", ("300", "60.00")))
    assert till.stands() == (PaymentStatus.WAITING, "payment-invoice-left-out")
    till.settle()
    till.prepare()
    assert till.stands() == (PaymentStatus.READY, "")


def test_a_payment_that_a_person_must_see_is_refused_with_a_problem(till):
    till.owes(paid(invoice("1A-101", "80.00")))
    till.take_in(pays("pay_1", "80.00", ("101", "80.00")))
    assert till.stands() == (PaymentStatus.REFUSED, "payment-invoice-closed")
    assert till.problems() == {"payment-invoice-closed": ProblemState.OPEN}
    assert till.parts() == []


def test_a_refused_payment_is_not_judged_again_by_itself(till):
    till.take_in(pays("pay_1", customer="Juniper Yoga"))
    assert till.stands() == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    assert till.prepare(later(days=1)) == []
    assert till.payment().changed_at == NOON


def test_a_trouble_is_told_when_it_is_new(till):
    till.take_in(pays())
    till.owes(paid(invoice("1A-100", "250.00")))
    assert till.prepare() == ["payment-invoice-closed"]
    assert till.prepare() == []


def test_what_is_no_longer_clear_means_no_invoice(till):
    till.take_in(pays())
    till.owes(invoice("1A-900", "100.00", number="100", **LARKSPUR))
    assert till.prepare() == ["payment-invoice-ambiguous"]
    [use] = till.payment().uses
    assert (use.invoice_txn_id, use.held) == ("", False)


def test_doing_it_again_changes_nothing(till):
    till.take_in(pays("pay_1"), pays("pay_2", "5.00", ("300", "5.00")))
    before = (till.payment("pay_1"), till.parts(), till.payment("pay_2"))
    life = postings.life(till.payment().id)
    assert till.prepare(later(days=1)) == []
    assert (till.payment("pay_1"), till.parts(), till.payment("pay_2")) == before
    assert postings.life(till.payment().id) == life


def test_an_old_payment_becomes_ready_when_the_start_date_is_moved(till):
    connections.edit(till.id, start_date=date(2024, 6, 10))
    till.take_in(pays())
    assert till.stands() == (PaymentStatus.NOT_ELIGIBLE, "payment-too-old")
    connections.edit(till.id, start_date=date(2024, 6, 1))
    till.prepare()
    assert till.stands() == (PaymentStatus.READY, "")


def test_payments_become_ready_when_posting_is_switched_on(till):
    connections.edit(till.id, payments_out=False)
    till.take_in(pays("pay_1"), pays("pay_2", charged=False))
    assert till.stands() == (PaymentStatus.NOT_ELIGIBLE, "payment-flow-off")
    connections.edit(till.id, payments_out=True)
    till.prepare()
    assert till.stands("pay_1") == (PaymentStatus.READY, "")
    assert till.stands("pay_2") == (PaymentStatus.NOT_ELIGIBLE, "payment-offline")


def test_ready_payments_go_back_when_posting_is_switched_off(till):
    till.take_in(pays())
    connections.edit(till.id, payments_out=False)
    till.prepare()
    assert till.stands() == (PaymentStatus.NOT_ELIGIBLE, "payment-flow-off")
    assert postings.ready(till.id, 10) == []


def test_only_those_that_are_named_are_judged(till):
    till.take_in(pays("pay_1", "5.00", ("300", "5.00")), pays("pay_2", "5.00", ("300", "5.00")))
    till.owes(invoice("1A-300", "60.00"))
    rejudging.judge_again(till.id, NOON, [till.payment("pay_2").id])
    assert till.stands("pay_1")[0] is PaymentStatus.WAITING
    assert till.stands("pay_2")[0] is PaymentStatus.READY


def test_more_payments_than_are_read_at_once_are_all_judged(till):
    count = 501
    till.take_in(*(pays(f"pay_{n}", "1.00", ("300", "1.00")) for n in range(count)))
    till.owes(invoice("1A-300", "900.00"))
    till.prepare()
    assert len(postings.ready(till.id, 1000)) == count


def test_when_a_part_is_posted_the_rest_follows_its_invoice(till):
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    till.post(number=1)
    assert till.stands() == (PaymentStatus.READY, "")
    till.owes(paid(invoice("1A-200", "40.00", **JUNIPER)))
    assert till.prepare() == ["payment-invoice-closed"]
    assert [part.state for part in till.parts()] == [PostingState.POSTED, PostingState.PLANNED]
    assert till.stands() == (PaymentStatus.REFUSED, "payment-invoice-closed")


def test_when_the_rest_would_be_split_otherwise_a_person_is_asked(till):
    shares = [("100", "100.00"), ("200", "40.00"), ("201", "5.00")]
    till.owes(invoice("1A-201", "5.00", **JUNIPER))
    till.take_in(pays("pay_1", "145.00", *shares))
    assert [part.amount for part in till.parts()] == [money("100.00"), money("45.00")]
    till.post(number=1)
    moved = replace(invoice("1A-201", "5.00", **LARKSPUR), edit_sequence="2")
    till.owes(moved)
    assert till.prepare() == ["payment-parts-changed"]
    assert till.stands() == (PaymentStatus.REFUSED, "payment-parts-changed")


# However many payments there have been


@sqlite_alone
def test_what_each_sync_asks_of_all_payments_goes_by_where_they_stand(till, monkeypatch):
    connections.edit(till.id, payments_out=True)
    seen = plans(monkeypatch)
    till.prepare()
    asking.begin(till.id)
    postings.ready_payments(till.id)
    postings.unverified(till.id)
    postings.recently_posted(till.id, 3)
    from_quickbooks.latest(till.id, 3)
    of_payments = [step for step in seen if " INDEX payment" in step or " INDEX posting" in step]
    everything = ("payment_connection", "payment_figures", "posting_connection")
    assert all("status=?" in one for one in of_payments if any(e in one for e in everything))
    few = ("payment_not_eligible", "payment_in_quickbooks", "payment_asking")
    for index in (*few, "posting_there", "posting_unverified"):
        assert any(f" INDEX {index} " in step for step in of_payments), index
