"""Older copies: of the company file, of our own store; and files that are not ours at all."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from shared.models import connections
from shared.models.payments import reconciling
from shared.operations import payments, stores
from shared.rules.payments.values import PaymentStatus
from simulator.company import Company, acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.payments.builders import (
    ADD,
    SOON,
    WINDOW,
    after_quickbooks_did_it,
    backed_up,
    both_agree,
    codes,
    go_on,
    imported,
    in_quickbooks,
    loses,
    on_file,
    parts,
    payment,
    payment_problem,
    pays,
    posted_once,
    problem,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig

LOST = (PaymentStatus.PARKED, "payment-lost")


# The company file.


@pytest.fixture(scope="module")
def restored_once(first_till: Rig) -> Rig:
    rig = first_till
    receive(rig, payment("pay_0", pays={"1044": "10.00"}))
    settles(rig)
    older = rig.company.backup()
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    rig.company.restore(older)
    receive(rig, payment("pay_3", pays={"1044": "30.00"}))
    return rig


@pytest.fixture
def restored(open_till: Callable[..., Rig], restored_once: Rig) -> Rig:
    """A rig whose company lost pay_1 and pay_2, since an older copy was restored."""
    return open_till(like=restored_once)


def test_a_company_that_was_restored_from_a_backup_stops_posting_and_asks(restored):
    settles(restored)
    assert writes(restored) == []
    assert codes(restored) == ["company-restored"]
    assert problem(restored).document == "Harbor & Vale Supply"
    assert "problems retry" in problem(restored).remedy
    assert standing(restored, "pay_1")[0] is PaymentStatus.POSTED
    assert standing(restored, "pay_3")[0] is PaymentStatus.READY


def test_it_goes_on_reading_while_it_asks(restored):
    acts.receive(restored.company.books, "Larkspur Tile", 500, number="BY-HAND")
    settles(restored)
    assert "BY-HAND" in imported(restored)


def test_it_asks_in_each_sync_until_somebody_decides(restored):
    for _ in range(2):
        settles(restored)
        restored.later(hours=1)
    assert codes(restored) == ["company-restored"]
    assert writes(restored) == []


def test_when_told_to_go_on_it_parks_what_was_lost_and_posts_the_rest(restored):
    settles(restored)
    go_on(restored)
    settles(restored)
    assert standing(restored, "pay_1") == LOST
    assert standing(restored, "pay_2") == LOST
    assert standing(restored, "pay_3") == (PaymentStatus.POSTED, "")
    assert codes(restored) == ["payment-lost", "payment-lost"]
    both_agree(restored)
    settles(restored)
    assert codes(restored) == ["payment-lost", "payment-lost"]
    assert len(writes(restored)) == 1


def test_a_lost_payment_that_is_retried_is_posted_anew(restored):
    settles(restored)
    go_on(restored)
    settles(restored)
    before = parts(restored, "pay_1")[0].ref_number
    decide(restored.store, payments.plan_retry, [on_file(restored, "pay_1").id])
    settles(restored)
    assert standing(restored, "pay_1") == (PaymentStatus.POSTED, "")
    assert parts(restored, "pay_1")[0].ref_number != before
    both_agree(restored)


def test_a_lost_payment_that_is_skipped_stays_out(restored):
    settles(restored)
    go_on(restored)
    settles(restored)
    with restored.store.transaction():
        decide(
            restored.store, payments.plan_skip, [on_file(restored, "pay_1").id], "recorded by hand"
        )
    settles(restored)
    assert standing(restored, "pay_1")[0] is PaymentStatus.SKIPPED
    assert codes(restored) == ["payment-lost"]
    both_agree(restored)


def owed(rig, number):
    """What an invoice owes by our ledger."""
    return next(row.balance for row in rig.invoices().values() if row.number == number)


def test_invoice_sync_does_not_read_an_older_copy_into_the_ledger(restored):
    before = owed(restored, "1042")
    restored.later(hours=1)
    outcome = restored.sync()
    assert outcome.result is Result.FAILED
    assert restored.syncs()[0].error_code == "company-restored"
    assert codes(restored) == ["company-restored"]
    assert owed(restored, "1042") == before == Decimal("200.00")
    assert not any("<InvoiceQueryRq" in request for request in restored.requests)


def test_invoice_sync_goes_on_when_a_person_has_said_so(restored):
    restored.sync()
    go_on(restored)
    restored.later(hours=1)
    assert restored.sync().ok
    assert owed(restored, "1042") == Decimal("250.00")
    settles(restored)
    assert standing(restored, "pay_1") == LOST
    assert restored.sync().ok


def test_invoice_sync_goes_on_by_itself_when_the_right_file_is_open_again(rig):
    older = rig.company.backup()
    receive(rig, payment("pay_1"))
    settles(rig)
    newer = rig.company.backup()
    rig.company.restore(older)
    assert rig.sync().result is Result.FAILED
    rig.company.restore(newer)
    rig.later(hours=1)
    assert rig.sync().ok
    assert codes(rig) == []
    assert owed(rig, "1042") == Decimal("200.00")


def paid_but_open(rig):
    with rig.store.reading():
        found = reconciling.paid_but_open(connections.get("Larkspur").id)
        return [(one.document, one.expected, one.balance) for one in found]


def test_an_invoice_that_our_payment_paid_and_that_is_open_all_the_same_is_a_difference(restored):
    assert paid_but_open(restored) == []
    restored.sync()
    go_on(restored)
    assert restored.sync().ok
    [first, _] = paid_but_open(restored)
    assert first == ("Invoice 1042, Larkspur Tile", Decimal("200.00"), Decimal("250.00"))
    settles(restored)
    assert paid_but_open(restored) == []


def test_what_quickbooks_changed_later_is_no_difference(rig):
    receive(rig, payment("pay_1"))
    settles(rig)
    acts.edit(rig.company.books, "1042", add=15_000)
    rig.later(hours=1)
    assert rig.sync().ok
    assert paid_but_open(rig) == []


def test_a_payment_that_a_person_deleted_is_no_older_copy_for_invoice_sync(rig):
    receive(rig, payment("pay_1"))
    settles(rig)
    acts.delete(rig.company.books, in_quickbooks(rig)[0].txn_id)
    rig.later(hours=1)
    assert rig.sync().ok
    assert owed(rig, "1042") == Decimal("250.00")


def test_when_the_newer_file_comes_back_nothing_was_lost(rig):
    older = rig.company.backup()
    receive(rig, payment("pay_1"))
    settles(rig)
    newer = rig.company.backup()
    rig.company.restore(older)
    settles(rig)
    assert codes(rig) == ["company-restored"]
    rig.company.restore(newer)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    posted_once(settles(rig), "pay_1", "pay_2")


def test_when_the_newer_file_comes_back_after_all_what_was_parked_is_there_again(rig):
    older = rig.company.backup()
    receive(rig, payment("pay_1"))
    settles(rig)
    newer = rig.company.backup()
    rig.company.restore(older)
    settles(rig)
    go_on(rig)
    settles(rig)
    assert standing(rig) == LOST
    rig.company.restore(newer)
    # Somebody works on it, so QuickBooks lists it as changed.
    acts.edit_payment(rig.company.books, in_quickbooks(rig)[0].txn_id, memo="seen again")
    posted_once(settles(rig))


def test_an_id_that_is_another_payment_now_is_an_older_copy_as_well(rig):
    older = rig.company.backup()
    receive(rig, payment("pay_1"))
    settles(rig)
    txn_id = parts(rig)[0].txn_id
    rig.company.restore(older)
    acts.receive(rig.company.books, "Larkspur Tile", 700, number="ANOTHER")
    rename(rig, in_quickbooks(rig)[0].txn_id, txn_id)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    assert "company-restored" in codes(rig)
    assert len(writes(rig)) == 1


def rename(rig: Rig, txn_id: str, becomes: str) -> None:
    """Give a payment the ID that another one had in the newer copy."""
    books = rig.company.books
    books.payments[becomes] = books.payments.pop(txn_id)._replace(txn_id=becomes)


def test_payments_that_people_deleted_are_no_sign_of_an_older_copy(rig):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    receive(rig, payment("pay_3", pays={"1044": "30.00"}))
    settles(rig)
    assert codes(rig) == ["payment-deleted"]
    assert standing(rig, "pay_3") == (PaymentStatus.POSTED, "")


def test_a_doubt_from_before_the_restore_is_settled_in_the_copy_that_is_open(rig):
    """What ran in the newer copy is not in the older one, so it goes out once more there."""
    older = rig.company.backup()
    receive(rig, payment())
    loses(rig, after_quickbooks_did_it)
    rig.company.restore(older)
    rig.later(**WINDOW)
    posted_once(settles(rig))


def test_another_company_gets_no_request_that_writes(rig):
    receive(rig, payment())
    other = Company.create(seed=8, customers=3, invoices=6, name="Other Company Ltd")
    before = other.backup()
    outcome = pays(rig, company=other)
    assert outcome.result is Result.FAILED
    assert rig.requests == []
    assert "Other Company Ltd" in outcome.status
    assert other.backup().split('"tables"')[1] == before.split('"tables"')[1]
    posted_once(settles(rig))


# Our own store.


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite3"


def back_up(rig: Rig, to: Path) -> str:
    return backed_up(Path(rig.store_url.removeprefix("sqlite:///")), to)


def restore(rig: Rig, backup: str) -> None:
    rig.store_url = backup
    rig.restart()


def test_a_store_from_a_backup_finds_what_was_posted_since_and_posts_it_not_again(rig, safe):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    backup = back_up(rig, safe)
    settles(rig)
    restore(rig, backup)
    assert standing(rig, "pay_1")[0] is PaymentStatus.READY
    posted_once(settles(rig), "pay_1", "pay_2")
    assert len(writes(rig)) == 2


@pytest.mark.parametrize("kept", ["all", "one"])
def test_a_store_from_a_backup_that_was_made_in_the_midst_of_a_doubt(rig, safe, kept):
    rig.company.set_habits(sets_kept=kept)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    loses(rig, after_quickbooks_did_it)
    backup = back_up(rig, safe)
    rig.later(**SOON)
    settles(rig)
    restore(rig, backup)
    rig.later(**WINDOW)
    posted_once(settles(rig), "pay_1", "pay_2")
    assert len(writes(rig)) == 2


def test_a_store_from_before_a_payment_came_in_takes_it_for_ours_once_it_comes_in(rig, safe):
    backup = back_up(rig, safe)
    receive(rig, payment())
    settles(rig)
    restore(rig, backup)
    settles(rig)
    assert len(imported(rig)) == 1
    receive(rig, payment())
    posted_once(settles(rig))
    assert imported(rig) == {}
    assert len(writes(rig)) == 1


def test_a_restore_by_the_command_posts_nothing_twice(rig, safe):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    back_up(rig, safe)
    settles(rig)
    rig.store.close()
    stores.restore(rig.store_url, safe, "ada")
    rig.restart()
    assert standing(rig, "pay_1")[0] is PaymentStatus.READY
    posted_once(settles(rig), "pay_1", "pay_2")
    assert len(writes(rig)) == 2


def test_what_was_deleted_since_the_backup_is_for_a_person(rig, safe):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    backup = back_up(rig, safe)
    settles(rig)
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    settles(rig)
    restore(rig, backup)
    rig.requests.clear()
    settles(rig)
    assert standing(rig, "pay_1")[1] in ("payment-found-deleted", "payment-deleted")
    assert writes(rig) == []
    assert [one for one in in_quickbooks(rig) if "pay_1 " in one.memo] == []


def test_what_was_changed_since_the_backup_is_for_a_person(rig, safe):
    receive(rig, payment())
    backup = back_up(rig, safe)
    settles(rig)
    acts.edit_payment(rig.company.books, parts(rig)[0].txn_id, amount=9_000)
    settles(rig)
    restore(rig, backup)
    settles(rig)
    assert standing(rig) == (PaymentStatus.PARKED, "payment-found-other")
    assert payment_problem(rig).code == "payment-found-other"
    assert len([one for one in rig.requests if ADD in one]) == 1
    assert rig.is_equal()
