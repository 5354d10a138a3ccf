"""Deletions that QuickBooks tells of: all once a session, then only later ones; none is missed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.rules.payments.values import PaymentStatus
from simulator.company import acts
from tests.whole.payments.builders import (
    LARKSPUR,
    LOOK,
    happens_after,
    in_quickbooks,
    payment,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.payments.test_backups import back_up, restore
from tests.whole.rig import Rig

FOUND_DELETED = (PaymentStatus.PARKED, "payment-found-deleted")
DELETIONS = re.compile("<TxnDeletedQueryRq.*?</TxnDeletedQueryRq>", re.DOTALL)
THREE = (
    payment("pay_1", "10.00"),
    payment("pay_2", "20.00"),
    payment("pay_3", "30.00"),
)
"""All of invoice 1042, so that each is looked at after the one before was written."""


def lists(rig: Rig) -> list[str]:
    """What each look asked of deletions: all, those since a time, how many."""
    asked = (DELETIONS.findall(one) for one in rig.requests if LOOK in one)
    return [
        " ".join(
            "count" if "MetaDataOnly" in one else "since" if "FromDeletedDate" in one else "all"
            for one in of_look
        )
        for of_look in asked
    ]


def deleted_by_hand(rig: Rig, *, days_behind: int = 0) -> None:
    """A payment of QuickBooks' own is deleted, on a PC whose clock may be behind."""
    number = acts.receive(rig.company.books, LARKSPUR, 500).object_id
    deleted(rig, number, days_behind=days_behind)


def deleted(rig: Rig, txn_id: str, *, days_behind: int = 0) -> None:
    books = rig.company.books
    books.now -= days_behind * 86_400
    acts.delete(books, txn_id)
    books.now += days_behind * 86_400


@pytest.fixture
def older(rig: Rig, tmp_path: Path) -> Rig:
    """A store from before three payments were posted: it takes them for unsent."""
    deleted_by_hand(rig)
    backup = back_up(rig, tmp_path / "safe.sqlite3")
    receive(rig, payment("pay_0", pays={"1044": "5.00"}))
    receive(rig, *THREE)
    settles(rig)
    restore(rig, backup)
    receive(rig, payment("pay_0", pays={"1044": "5.00"}))
    rig.requests.clear()
    return rig


def txn_id_of(rig: Rig, external_id: str) -> str:
    (found,) = (one for one in in_quickbooks(rig) if f"{external_id} " in one.memo)
    return found.txn_id


def test_all_deletions_are_listed_once_a_session_and_then_only_what_is_new(rig):
    deleted_by_hand(rig)
    receive(rig, *THREE)
    settles(rig)
    assert lists(rig) == ["all", "since count", "since count"]
    receive(rig, payment("pay_4", "5.00"), payment("pay_5", "5.00"))
    rig.requests.clear()
    settles(rig)
    # The question which copy of the company file this is has listed them all already.
    assert lists(rig) == ["since count"] * 2


def test_what_this_session_was_told_once_keeps_each_of_its_payments_out(older):
    for one in THREE:
        deleted(older, txn_id_of(older, one.external_id))
    receive(older, *THREE)
    settles(older)
    assert [standing(older, one.external_id) for one in THREE] == [FOUND_DELETED] * 3
    assert writes(older) == []
    assert lists(older).count("all") <= 1


@pytest.mark.parametrize("days_behind", [0, 3])
def test_a_deletion_in_the_midst_of_a_session_is_seen_whatever_the_clock_of_its_pc(
    older, days_behind
):
    gone = txn_id_of(older, "pay_3")
    receive(older, *THREE)
    happens_after(older, LOOK, lambda: deleted(older, gone, days_behind=days_behind))
    settles(older)
    assert standing(older, "pay_3") == FOUND_DELETED
    assert writes(older) == []


def test_a_payment_that_comes_in_after_the_list_was_read_is_held_against_it(older):
    deleted(older, txn_id_of(older, "pay_3"))
    deleted_by_hand(older)
    receive(older, payment("pay_1", "10.00"), payment("pay_2", "20.00"))
    happens_after(older, LOOK, lambda: receive(older, payment("pay_3", "30.00")))
    settles(older)
    assert standing(older, "pay_3") == FOUND_DELETED


def test_a_restart_and_a_later_session_know_what_was_deleted(older):
    for external_id in ("pay_2", "pay_3"):
        deleted(older, txn_id_of(older, external_id))
    deleted_by_hand(older)
    receive(older, payment("pay_1", "10.00"), payment("pay_2", "20.00"))
    happens_after(older, LOOK, older.restart)
    settles(older)
    assert standing(older, "pay_2") == FOUND_DELETED
    receive(older, payment("pay_3", "30.00"))
    settles(older)
    assert standing(older, "pay_3") == FOUND_DELETED
    assert writes(older) == []


def test_what_was_deleted_in_one_copy_of_the_company_file_says_nothing_of_another(rig, tmp_path):
    backup, copy = back_up(rig, tmp_path / "safe.sqlite3"), rig.company.backup()
    receive(rig, payment("pay_1", "10.00"), payment("pay_2", "10.00"))
    settles(rig)
    for external_id in ("pay_1", "pay_2"):
        deleted(rig, txn_id_of(rig, external_id))
    restore(rig, backup)
    receive(rig, payment("pay_1", "10.00"))
    settles(rig)
    assert standing(rig, "pay_1") == FOUND_DELETED
    rig.company.restore(copy)
    receive(rig, payment("pay_2", "10.00"))
    settles(rig)
    assert standing(rig, "pay_2")[0] is PaymentStatus.POSTED


@pytest.mark.parametrize("told", [' retCount="7"', ""])
def test_where_quickbooks_counts_otherwise_all_are_listed_each_time(rig, told):
    deleted_by_hand(rig)
    receive(rig, *THREE, payment("pay_4", "5.00"), payment("pay_5", "5.00"))
    rig.alter_with_request = lambda answer, _request: re.sub(
        r'(<TxnDeletedQueryRs [^>]*?) retCount="\d+"', rf"\1{told}", answer
    )
    settles(rig)
    assert len(in_quickbooks(rig)) == 5
    assert lists(rig) == ["all"] * 5


def test_a_list_whose_times_cannot_be_read_is_asked_for_each_time(rig):
    deleted_by_hand(rig)
    receive(rig, *THREE)
    rig.alter_with_request = lambda answer, _request: re.sub(
        "<TimeDeleted>[^<]*", "<TimeDeleted>soon", answer
    )
    settles(rig)
    assert len(in_quickbooks(rig)) == 3
    assert lists(rig) == ["all"] * 3
