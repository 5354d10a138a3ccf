"""The payments that QuickBooks has: imported, changed, gone, and never one of our own."""

from __future__ import annotations

import pytest

from shared.models.payments import from_quickbooks, payment_pages
from shared.rules.payments.values import PaymentSource, PaymentStatus, PostingState, UseKind
from shared.structs import replace
from tests.models.builders import NOON, invoice, later
from tests.models.payments.builders import Till, applied, money, pays, received


def store(till, *payments, sync=5, now=NOON):
    stored = from_quickbooks.store(till.id, sync, payments, now)
    return stored.imported, stored.updated, stored.unchanged


def on_file(till, txn_id="7B-1"):
    return from_quickbooks.by_txn_id(till.id, [txn_id])[txn_id]


def listed(till, **filters):
    found = payment_pages.each(till.id, source=PaymentSource.QUICKBOOKS, **filters)
    return [payment.txn_id for payment in found]


def test_a_payment_of_quickbooks_is_held_as_it_is_there(till):
    assert store(till, received()) == (["7B-1"], [], [])
    payment = on_file(till)
    assert payment == payment_pages.find(till.id, "7B-1")
    assert (payment.source, payment.status) == (PaymentSource.QUICKBOOKS, PaymentStatus.IMPORTED)
    assert (payment.txn_id, payment.external_id, payment.ref_number) == ("7B-1", "", "CHK 77")
    assert (payment.customer, payment.customer_list_id) == ("Larkspur Tile", "80-1")
    assert (payment.date.isoformat(), payment.amount) == ("2024-06-04", money("100.00"))
    assert (payment.currency, payment.method, payment.memo) == ("USD", "Check", "for the lobby")
    assert (payment.from_quickbooks, payment.charged, payment.deleted) == (True, False, False)
    assert (payment.received_at, payment.changed_at) == (NOON, NOON)


def test_its_invoices_are_told_with_discounts_and_numbers(till):
    use = applied("1A-101", "80.00", discount=money("1.60"))
    store(till, received("7B-1", use, unused=money("20.00")))
    payment = on_file(till)
    [paid] = payment.uses
    assert (paid.kind, paid.invoice_txn_id, paid.number) == (UseKind.INVOICE, "1A-101", "101")
    assert (paid.amount, paid.discount, paid.held) == (money("80.00"), money("1.60"), True)
    assert payment.unused == money("20.00")


@pytest.mark.parametrize(
    ("txn_type", "kind"),
    [("CreditMemo", UseKind.CREDIT_NOTE), ("JournalEntry", UseKind.OTHER), ("", UseKind.OTHER)],
)
def test_what_is_no_invoice_is_told_as_what_it_is(till, txn_type, kind):
    store(till, received("7B-1", applied("1A-100", txn_type=txn_type, number="")))
    [use] = on_file(till).uses
    assert (use.kind, use.document, use.invoice_txn_id, use.held) == (kind, "1A-100", "", False)


def test_an_invoice_that_comes_in_later_is_linked_by_itself(till):
    store(till, received("7B-1", applied("1A-300", "60.00", number="")))
    [before] = on_file(till).uses
    assert (before.invoice_txn_id, before.number, before.held) == ("1A-300", "", False)
    assert before.document == "1A-300"

    till.owes(invoice("1A-300", "60.00", number="INV-300"))

    [after] = on_file(till).uses
    assert (after.invoice_txn_id, after.number, after.held) == ("1A-300", "INV-300", True)


def test_the_same_payment_again_changes_nothing(till):
    store(till, received())
    before = on_file(till)
    assert store(till, received(memo="not looked at"), now=later(days=1)) == ([], [], ["7B-1"])
    assert on_file(till) == before


@pytest.mark.parametrize(
    "change", [{"edit_sequence": "1718000009"}, {"time_modified": "2024-06-09T09:00:00"}]
)
def test_a_payment_that_changed_is_taken_over_with_what_it_pays(till, change):
    store(till, received("7B-1", applied(amount="60.00"), applied("1A-101", "40.00")))
    number = on_file(till).id
    changed = received("7B-1", applied("1A-101", "80.00"), amount=money("80.00"), **change)
    assert store(till, changed, now=later(days=1)) == ([], ["7B-1"], [])
    payment = on_file(till)
    assert (payment.id, payment.amount) == (number, money("80.00"))
    assert [(use.number, use.amount) for use in payment.uses] == [("101", money("80.00"))]
    assert (payment.received_at, payment.changed_at) == (NOON, later(days=1))


def test_a_batch_tells_what_became_of_each(till):
    store(till, received("7B-1"), received("7B-2"))
    changed = received("7B-2", edit_sequence="9")
    assert store(till, received("7B-1"), changed, received("7B-3")) == (
        ["7B-3"],
        ["7B-2"],
        ["7B-1"],
    )


def test_one_payment_twice_in_a_batch_is_one(till):
    assert store(till, received(), received()) == (["7B-1"], [], [])
    assert len(on_file(till).uses) == 1


def test_two_companies_may_hold_the_same_txn_id(till):
    other = Till(till.store, "Bramble")
    store(till, received(amount=money("1.00")))
    assert store(other, received(amount=money("2.00"))) == (["7B-1"], [], [])
    assert on_file(till).amount == money("1.00")


def test_a_deleted_payment_is_told_once_and_kept_out_of_the_listing(till):
    store(till, received("7B-1"), received("7B-2"))
    assert from_quickbooks.mark_deleted(till.id, ["7B-9", "7B-1"], later(days=1)) == ["7B-1"]
    assert from_quickbooks.mark_deleted(till.id, ["7B-1"], later(days=2)) == []
    assert listed(till) == ["7B-2"]
    assert listed(till, deleted=True) == ["7B-1", "7B-2"]
    gone = on_file(till)
    assert (gone.deleted, gone.changed_at) == (True, later(days=1))


def test_a_deleted_payment_that_shows_up_again_is_there_again(till):
    store(till, received())
    from_quickbooks.mark_deleted(till.id, ["7B-1"], NOON)
    assert store(till, received()) == ([], ["7B-1"], [])
    assert listed(till) == ["7B-1"]


def test_a_payment_of_ours_is_never_marked_or_found_as_imported(till):
    till.take_in(pays("7B-1"))
    till.post("7B-1", "9A-1")
    assert from_quickbooks.mark_deleted(till.id, ["7B-1", "9A-1"], NOON) == []
    assert from_quickbooks.by_txn_id(till.id, ["7B-1", "9A-1"]) == {}


def test_the_invoices_that_payments_apply_to_are_told_for_both_sides(till):
    memo = applied("1C-1", "5.00", txn_type="CreditMemo")
    store(till, received("7B-1", applied("1A-101", "80.00"), applied("1A-300", "15.00"), memo))
    till.take_in(pays())
    till.post(txn_id="9A-1")
    assert from_quickbooks.invoices_of(till.id, ["7B-1"]) == {"1A-101", "1A-300"}
    assert from_quickbooks.invoices_of(till.id, ["7B-1", "9A-1", "7B-8"]) == {
        *("1A-100", "1A-101", "1A-300"),
    }
    assert from_quickbooks.invoices_of(till.id, []) == set()


def test_what_is_in_quickbooks_is_compared_page_by_page(till):
    store(till, received("2-1"), received("4-1"), received("5-1"))
    till.take_in(pays("pay_1"), pays("pay_2"), pays("pay_3"))
    till.post("pay_1", "1-1")
    till.post("pay_2", "3-1")
    till.move(PostingState.SENT, "pay_3")

    seen, after = [], ""
    while page := from_quickbooks.to_compare(till.id, after, 2):
        assert len(page) <= 2
        seen += page
        after = page[-1]
    assert seen == ["1-1", "2-1", "3-1", "4-1", "5-1"]


def test_the_order_is_that_of_the_code_points_whatever_the_locale(till):
    ids = ["1A-20", "1A0-1", "1a-3", "B-1", "a-1"]
    store(till, *(received(txn_id) for txn_id in reversed(ids)))
    assert from_quickbooks.to_compare(till.id, "", 10) == sorted(ids) == ids
    assert from_quickbooks.to_compare(till.id, "1a-3", 10) == ["B-1", "a-1"]


def test_what_was_deleted_is_not_compared(till):
    store(till, received("2-1"))
    till.take_in(pays())
    till.post(txn_id="1-1")
    from_quickbooks.mark_deleted(till.id, ["2-1"], NOON)
    till.move(PostingState.POSTED, deleted=True)
    assert from_quickbooks.to_compare(till.id, "", 10) == []


def test_an_imported_payment_that_is_ours_after_all_goes(till):
    store(till, received("9A-1"), received("7B-1"))
    till.take_in(pays())
    assert from_quickbooks.remove_ours(till.id, ["9A-1", "7B-1"]) == []
    till.post(txn_id="9A-1")
    assert from_quickbooks.remove_ours(till.id, ["9A-1", "7B-1"]) == ["9A-1"]
    assert listed(till) == ["7B-1"]
    assert payment_pages.find(till.id, "9A-1").external_id == "pay_1"


def test_only_what_was_asked_about_goes(till):
    other = Till(till.store, "Bramble")
    store(till, received("9A-1"))
    store(other, received("9A-1"))
    till.take_in(pays())
    till.post(txn_id="9A-1")
    assert from_quickbooks.remove_ours(other.id, ["9A-1"]) == []
    assert from_quickbooks.remove_ours(till.id, ["7B-1"]) == []
    assert listed(till) == ["9A-1"]


def test_an_edited_payment_keeps_its_number_for_those_who_wrote_it_down(till):
    store(till, received("7B-1"))
    first = on_file(till).id
    store(till, replace(received("7B-1"), edit_sequence="2"), received("7B-2"))
    assert (on_file(till).id, on_file(till, "7B-2").id > first) == (first, True)
