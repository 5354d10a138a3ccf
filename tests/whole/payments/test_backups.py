"""Older copies: of the company file, of our own store; and files that are not ours at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shared.models import connections
from shared.models.payments import reconciling
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus
from simulator.company import Company, acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.house import House
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

LOST = (PaymentStatus.PARKED, "payment-lost")


# The company file.


@pytest.fixture
def restored(house: House) -> House:
    """A house whose company lost pay_1 and pay_2, since an older copy was restored."""
    receive(house, payment("pay_0", pays={"1044": "10.00"}))
    settles(house)
    older = house.company.backup()
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    house.company.restore(older)
    receive(house, payment("pay_3", pays={"1044": "30.00"}))
    house.requests.clear()
    return house


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


def owed(house, number):
    """What an invoice owes by our ledger."""
    return next(row.balance for row in house.invoices().values() if row.number == number)


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


def test_invoice_sync_goes_on_by_itself_when_the_right_file_is_open_again(house):
    older = house.company.backup()
    receive(house, payment("pay_1"))
    settles(house)
    newer = house.company.backup()
    house.company.restore(older)
    assert house.sync().result is Result.FAILED
    house.company.restore(newer)
    house.later(hours=1)
    assert house.sync().ok
    assert codes(house) == []
    assert owed(house, "1042") == Decimal("200.00")


def paid_but_open(house):
    with house.store.reading():
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


def test_what_quickbooks_changed_later_is_no_difference(house):
    receive(house, payment("pay_1"))
    settles(house)
    acts.edit(house.company.books, "1042", add=15_000)
    house.later(hours=1)
    assert house.sync().ok
    assert paid_but_open(house) == []


def test_a_payment_that_a_person_deleted_is_no_older_copy_for_invoice_sync(house):
    receive(house, payment("pay_1"))
    settles(house)
    acts.delete(house.company.books, in_quickbooks(house)[0].txn_id)
    house.later(hours=1)
    assert house.sync().ok
    assert owed(house, "1042") == Decimal("250.00")


def test_when_the_newer_file_comes_back_nothing_was_lost(house):
    older = house.company.backup()
    receive(house, payment("pay_1"))
    settles(house)
    newer = house.company.backup()
    house.company.restore(older)
    settles(house)
    assert codes(house) == ["company-restored"]
    house.company.restore(newer)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    posted_once(settles(house), "pay_1", "pay_2")


def test_when_the_newer_file_comes_back_after_all_what_was_parked_is_there_again(house):
    older = house.company.backup()
    receive(house, payment("pay_1"))
    settles(house)
    newer = house.company.backup()
    house.company.restore(older)
    settles(house)
    go_on(house)
    settles(house)
    assert standing(house) == LOST
    house.company.restore(newer)
    # Somebody works on it, so QuickBooks lists it as changed.
    acts.edit_payment(house.company.books, in_quickbooks(house)[0].txn_id, memo="seen again")
    posted_once(settles(house))


def test_an_id_that_is_another_payment_now_is_an_older_copy_as_well(house):
    older = house.company.backup()
    receive(house, payment("pay_1"))
    settles(house)
    txn_id = parts(house)[0].txn_id
    house.company.restore(older)
    acts.receive(house.company.books, "Larkspur Tile", 700, number="ANOTHER")
    rename(house, in_quickbooks(house)[0].txn_id, txn_id)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    assert "company-restored" in codes(house)
    assert len(writes(house)) == 1


def rename(house: House, txn_id: str, becomes: str) -> None:
    """Give a payment the ID that another one had in the newer copy."""
    books = house.company.books
    books.payments[becomes] = books.payments.pop(txn_id)._replace(txn_id=becomes)


def test_payments_that_people_deleted_are_no_sign_of_an_older_copy(house):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    acts.delete(house.company.books, parts(house, "pay_1")[0].txn_id)
    receive(house, payment("pay_3", pays={"1044": "30.00"}))
    settles(house)
    assert codes(house) == ["payment-deleted"]
    assert standing(house, "pay_3") == (PaymentStatus.POSTED, "")


def test_a_doubt_from_before_the_restore_is_settled_in_the_copy_that_is_open(house):
    """What ran in the newer copy is not in the older one, so it goes out once more there."""
    older = house.company.backup()
    receive(house, payment())
    loses(house, after_quickbooks_did_it)
    house.company.restore(older)
    house.later(**WINDOW)
    posted_once(settles(house))


def test_another_company_gets_no_request_that_writes(house):
    receive(house, payment())
    other = Company.create(seed=8, customers=3, invoices=6, name="Other Company Ltd")
    before = other.backup()
    outcome = pays(house, company=other)
    assert outcome.result is Result.FAILED
    assert house.requests == []
    assert "Other Company Ltd" in outcome.status
    assert other.backup().split('"tables"')[1] == before.split('"tables"')[1]
    posted_once(settles(house))


# Our own store.


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite3"


def back_up(house: House, to: Path) -> str:
    return backed_up(Path(house.store_url.removeprefix("sqlite:///")), to)


def restore(house: House, backup: str) -> None:
    house.store_url = backup
    house.restart()


def test_a_store_from_a_backup_finds_what_was_posted_since_and_posts_it_not_again(house, safe):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    backup = back_up(house, safe)
    settles(house)
    restore(house, backup)
    assert standing(house, "pay_1")[0] is PaymentStatus.READY
    posted_once(settles(house), "pay_1", "pay_2")
    assert len(writes(house)) == 2


@pytest.mark.parametrize("kept", ["all", "one"])
def test_a_store_from_a_backup_that_was_made_in_the_midst_of_a_doubt(house, safe, kept):
    house.company.set_habits(sets_kept=kept)
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    loses(house, after_quickbooks_did_it)
    backup = back_up(house, safe)
    house.later(**SOON)
    settles(house)
    restore(house, backup)
    house.later(**WINDOW)
    posted_once(settles(house), "pay_1", "pay_2")
    assert len(writes(house)) == 2


def test_a_store_from_before_a_payment_came_in_takes_it_for_ours_once_it_comes_in(house, safe):
    backup = back_up(house, safe)
    receive(house, payment())
    settles(house)
    restore(house, backup)
    settles(house)
    assert len(imported(house)) == 1
    receive(house, payment())
    posted_once(settles(house))
    assert imported(house) == {}
    assert len(writes(house)) == 1


def test_what_was_deleted_since_the_backup_is_for_a_person(house, safe):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    backup = back_up(house, safe)
    settles(house)
    acts.delete(house.company.books, parts(house, "pay_1")[0].txn_id)
    settles(house)
    restore(house, backup)
    house.requests.clear()
    settles(house)
    assert standing(house, "pay_1")[1] in ("payment-found-deleted", "payment-deleted")
    assert writes(house) == []
    assert [one for one in in_quickbooks(house) if "pay_1 " in one.memo] == []


def test_what_was_changed_since_the_backup_is_for_a_person(house, safe):
    receive(house, payment())
    backup = back_up(house, safe)
    settles(house)
    acts.edit_payment(house.company.books, parts(house)[0].txn_id, amount=9_000)
    settles(house)
    restore(house, backup)
    settles(house)
    assert standing(house) == (PaymentStatus.PARKED, "payment-found-other")
    assert payment_problem(house).code == "payment-found-other"
    assert len([one for one in house.requests if ADD in one]) == 1
    assert house.is_equal()
