"""Payments of the same id from several stores or connections on one company file.

None is taken for another; and what another store posted already is not posted again by itself.
"""

from __future__ import annotations

import pytest

from shared.models import connections
from shared.operations.deciding import Operator, carry_out
from shared.operations.payments import POST_AGAIN, plan_retry, plan_skip
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind
from simulator.company import acts
from tests.taking_in import take_in
from tests.whole.payments.builders import (
    codes,
    in_quickbooks,
    on_file,
    parts,
    payment,
    payment_problem,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)

PARKED = (PaymentStatus.PARKED, "payment-of-another-installation")


def posted_by_another_store(open_till, *payments):
    """A rig on a company file to which another installation posted these payments."""
    theirs = open_till()
    receive(theirs, *payments)
    settles(theirs)
    rig = open_till()
    rig.company.restore(theirs.company.backup())
    rig.name_installation("another store")
    return rig


def reads_the_invoices_again(rig):
    rig.later(hours=1)
    assert rig.sync().ok
    rig.requests.clear()


@pytest.fixture
def lost(open_till):
    """The store was lost without a backup and made anew; 50.00 of invoice 1042 was posted."""
    rig = posted_by_another_store(open_till, payment())
    reads_the_invoices_again(rig)
    return rig


def test_a_payment_that_another_store_posted_is_parked_and_not_posted_again(lost):
    receive(lost, payment())
    settles(lost)
    assert standing(lost) == PARKED
    assert writes(lost) == []
    problem = payment_problem(lost)
    assert in_quickbooks(lost)[0].txn_id in problem.message
    assert "payments skip" in problem.remedy


@pytest.mark.parametrize(
    "edited", [{"memo": "for the lobby"}, {"number": "CHK 5512"}], ids=["memo", "number"]
)
def test_it_is_known_by_its_number_or_its_memo(lost, edited):
    acts.edit_payment(lost.company.books, in_quickbooks(lost)[0].txn_id, **edited)
    receive(lost, payment())
    settles(lost)
    assert standing(lost) == PARKED


def test_a_person_may_say_that_it_is_this_one(lost):
    receive(lost, payment())
    settles(lost)
    number = on_file(lost).id
    with lost.store.reading():
        plan = plan_skip(lost.store, [number], "it is the one in QuickBooks")
    carry_out(Operator(lost.store, "ada"), plan, ())
    settles(lost)
    assert codes(lost) == []
    assert len(in_quickbooks(lost)) == 1


def test_a_person_may_have_it_posted_all_the_same(lost):
    receive(lost, payment())
    settles(lost)
    number = on_file(lost).id
    with lost.store.reading():
        plan = plan_retry(lost.store, [number])
    carry_out(Operator(lost.store, "ada"), plan, (POST_AGAIN,))
    settles(lost)
    assert standing(lost) == (PaymentStatus.POSTED, "")
    assert codes(lost) == []
    assert len(in_quickbooks(lost)) == 2


@pytest.mark.parametrize(
    "other",
    [payment(pays={"1043": "50.00"}), payment(amount="60.00")],
    ids=["another invoice", "another amount"],
)
def test_for_another_invoice_or_amount_it_is_another_payment(lost, other):
    receive(lost, other)
    settles(lost)
    assert standing(lost) == (PaymentStatus.POSTED, "")
    assert codes(lost) == []
    assert len(in_quickbooks(lost)) == 2


@pytest.mark.parametrize("other", ["PAY_1", "Pay_1"])
def test_a_payment_whose_id_differs_in_case_alone_is_another_payment(lost, other):
    receive(lost, payment(other))
    settles(lost)
    assert standing(lost, other) == (PaymentStatus.POSTED, "")


@pytest.mark.parametrize("other", ["PAY_0001_of_june_2", "pay_0001_of_june_2"])
def test_ids_that_are_much_alike_are_two_payments_whatever_somebody_wrote_over_a_memo(rig, other):
    receive(rig, payment("pay_0001_of_june_1"))
    settles(rig)
    acts.edit_payment(rig.company.books, in_quickbooks(rig)[0].txn_id, memo="for the lobby")
    receive(rig, payment(other))
    settles(rig)
    assert standing(rig, other) == (PaymentStatus.POSTED, "")
    assert len(in_quickbooks(rig)) == 2


def test_a_payment_of_another_id_is_another_payment(lost):
    receive(lost, payment("pay_2"))
    settles(lost)
    assert standing(lost, "pay_2") == (PaymentStatus.POSTED, "")


def test_a_store_that_comes_back_from_a_backup_knows_its_own(open_till):
    rig = open_till()
    receive(rig, payment())
    before = open_till(rig)
    settles(rig)
    before.company.restore(rig.company.backup())
    posted_once(settles(before))
    assert writes(before) == []


def test_a_connection_that_is_added_again_under_its_name_knows_its_own(rig):
    receive(rig, payment())
    settles(rig)
    tags = parts(rig)[0].ref_number
    with rig.store.transaction():
        connections.remove(connections.get("Larkspur").id)
    rig.add_connection("larkspur")
    reads_the_invoices_again(rig)
    receive(rig, payment())
    settles(rig)
    assert parts(rig)[0].ref_number == tags
    posted_once(rig)
    assert writes(rig) == []


def test_payments_of_one_id_in_two_connections_are_two(rig, monkeypatch):
    monkeypatch.setattr("shared.models.company_files.bound_before", lambda *_: "")
    rig.add_connection("Aster")
    with rig.store.transaction():
        larkspur, aster = (connections.get(name) for name in ("Larkspur", "Aster"))
        connections.bind(aster.id, larkspur.binding)
    assert rig.sync("Aster").ok
    receive(rig, payment())
    settles(rig)
    take_in(rig.store, aster.id, [payment(pays={"1043": "50.00"})], rig.now)
    rig.later(minutes=5)
    assert rig.sync("Aster", kind=ApplicationKind.PAYMENT).ok
    assert sorted(one.applied[0].amount for one in in_quickbooks(rig)) == [5_000, 5_000]
    assert rig.problems("Aster") == []
    settles(rig)
    assert codes(rig) == []
