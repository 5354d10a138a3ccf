"""Invoices come in by pages and sweeps; the ledger ends as QuickBooks has them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.errors import NotFound
from shared.models.ledger import incoming_invoices, rereads, seen
from shared.models.store import Store
from shared.rules.values import InvoiceStatus, RecordKind
from shared.structs import replace
from tests.models.builders import Books, invoice, line, paid, swept


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


def stored(books: Books, txn_id: str):
    with books.store.reading():
        return incoming_invoices.invoice(books.id, txn_id)


def test_an_invoice_comes_back_exactly_as_it_was_read(books):
    full = invoice(
        "1A-7",
        number="",
        applied=Decimal("-55.25"),
        total=Decimal("305.25"),
        tax=Decimal("0.01"),
        due_date=None,
        currency="CAD",
        exchange_rate="0.7312345",
        pending=True,
        memo="Zweite Rate für Café & Söhne ™\nnach Abnahme",
        lines=(
            line("L1", group="G1", quantity="", rate="", amount=None, item="", tax_code=""),
            line("L2", quantity="0.33333", service_date=date(2024, 4, 30)),
            line("L3", amount=Decimal("-9999999999999.99")),
        ),
    )
    books.read(full)
    assert stored(books, "1A-7") == full


def test_an_invoice_that_is_not_held_is_said_to_be_missing(books):
    with books.store.reading(), pytest.raises(NotFound, match="no invoice '1A-7'"):
        incoming_invoices.invoice(books.id, "1A-7")


def test_new_changed_and_unchanged_invoices_are_told_apart(books):
    first, second = invoice("1A-1"), invoice("1A-2")
    assert books.read(first, second).imported == ["1A-1", "1A-2"]

    again = books.read(first, replace(second, memo="edited", edit_sequence="2"), invoice("1A-3"))

    assert again.imported == ["1A-3"]
    assert again.updated == ["1A-2"]
    assert again.unchanged == ["1A-1"]
    assert stored(books, "1A-2").memo == "edited"


@pytest.mark.parametrize(
    "change",
    [
        {"edit_sequence": "2"},
        {"time_modified": "2024-06-01T00:00:00"},
        {"balance": Decimal("1.00")},
        {"status": InvoiceStatus.VOID},
        {"customer_list_id": "80-2"},
    ],
)
def test_any_of_five_marks_makes_an_invoice_changed(books, change):
    books.read(invoice("1A-1"))
    assert books.read(invoice("1A-1", **change)).updated == ["1A-1"]


def test_a_page_stored_twice_is_stored_once(books):
    page = [invoice(f"1A-{n}") for n in range(5)]
    books.read(*page)
    assert books.read(*page).unchanged == [one.txn_id for one in page]


def test_the_last_word_counts_when_a_page_names_an_invoice_twice(books):
    books.read(invoice("1A-1", memo="before"), invoice("1A-1", memo="after"))
    assert stored(books, "1A-1").memo == "after"


def test_a_changed_invoice_loses_the_lines_it_no_longer_has(books):
    books.read(invoice("1A-1", lines=(line("L1"), line("L2"), line("L3"))))
    shorter = invoice("1A-1", edit_sequence="2", lines=(line("L3"), line("L4")))
    books.read(shorter)
    assert stored(books, "1A-1").lines == shorter.lines


def test_two_connections_may_hold_the_same_txn_id(store):
    one, other = Books(store, "One"), Books(store, "Other")
    one.read(invoice("1A-1", memo="of one"))
    assert other.read(invoice("1A-1", memo="of other")).imported == ["1A-1"]
    assert stored(one, "1A-1").memo == "of one"


def test_an_amount_finer_than_a_hundredth_is_refused_not_rounded(books):
    with pytest.raises(ValueError, match=r"250\.001 has more than two decimal places"):
        books.read(invoice("1A-1", owes="250.001"))


def test_the_sweep_queues_what_we_do_not_hold_or_hold_otherwise(books):
    same, edited, part_paid = invoice("1A-1"), invoice("1A-2"), invoice("1A-3")
    closed, moved = invoice("1A-4"), invoice("1A-6")
    books.read(same, edited, part_paid, paid(closed), moved)

    different = books.sweep(
        swept(same),
        swept(edited, edit_sequence="2"),
        swept(part_paid, balance=Decimal("1.00")),
        swept(closed),
        swept(invoice("1A-5")),
        swept(moved, customer_list_id="80-2"),
    )

    assert different == ["1A-2", "1A-3", "1A-4", "1A-5", "1A-6"]
    assert books.to_reread() == different


def test_open_invoices_that_a_sync_did_not_see_are_queued(books):
    seen_in_page, seen_in_sweep, unseen = invoice("1A-1"), invoice("1A-2"), invoice("1A-3")
    books.read(seen_in_page, seen_in_sweep, unseen, paid(invoice("1A-4")))
    books.next_sync()
    books.read(seen_in_page)
    books.sweep(swept(seen_in_sweep))

    with books.store.transaction():
        assert seen.unseen_open(books.id) == ["1A-3"]
        assert seen.queue_unseen(books.id) == 1
    assert books.to_reread() == ["1A-3"]


def test_open_invoices_that_a_sync_did_not_ask_for_are_not_missed(books):
    before, on_the_day = date(2024, 4, 30), date(2024, 5, 1)
    books.read(invoice("1A-1", date=before), invoice("1A-2", date=on_the_day))
    books.next_sync()
    with books.store.transaction():
        assert seen.unseen_open(books.id, on_the_day) == ["1A-2"]
        assert seen.queue_unseen(books.id, on_the_day) == 1
        assert seen.unseen_open(books.id) == ["1A-1", "1A-2"]


def test_a_deleted_invoice_owes_nothing_and_is_told_of_once(books):
    books.read(invoice("1A-1"), invoice("1A-2"))
    with books.store.transaction():
        assert incoming_invoices.mark_deleted(books.id, ["1A-1", "unknown"]) == ["1A-1"]
        assert incoming_invoices.mark_deleted(books.id, ["1A-1"]) == []
    gone = stored(books, "1A-1")
    assert (gone.status, gone.balance) == (InvoiceStatus.DELETED, Decimal("0.00"))


def test_a_deleted_invoice_that_is_back_is_open_again(books):
    books.read(invoice("1A-1"))
    with books.store.transaction():
        incoming_invoices.mark_deleted(books.id, ["1A-1"])
    assert books.read(invoice("1A-1")).updated == ["1A-1"]
    assert stored(books, "1A-1") == invoice("1A-1")


def test_rereads_wait_in_order_and_once_until_they_are_done(books):
    with books.store.transaction():
        rereads.queue_reread(books.id, RecordKind.INVOICE, ["1A-3", "1A-1"])
        rereads.queue_reread(books.id, RecordKind.INVOICE, ["1A-1", "1A-2"])
        assert rereads.next_reread(books.id, RecordKind.INVOICE, 2) == ["1A-3", "1A-1"]
        rereads.reread_done(books.id, RecordKind.INVOICE, ["1A-3", "1A-1"])
    assert books.to_reread() == ["1A-2"]


def test_documents_are_named_as_a_person_would(books):
    books.read(invoice("1A-1", number="1042"), invoice("1A-2", number=""))
    with books.store.reading():
        assert incoming_invoices.invoice_documents(books.id, ["1A-1", "1A-2", "1A-3"]) == {
            "1A-1": "Invoice 1042, Larkspur Tile",
            "1A-2": "Invoice without number, Larkspur Tile",
        }
        assert incoming_invoices.held(books.id, ["1A-2", "1A-3"]) == {"1A-2"}


def test_watermarks_are_kept_by_connection_and_kind(books):
    with books.store.transaction():
        assert rereads.watermark(books.id, "invoice") == ""
        rereads.set_watermark(books.id, "invoice", "2024-06-12T09:46:40")
        rereads.set_watermark(books.id, "customer", "2024-01-01T00:00:00")
        rereads.set_watermark(books.id, "invoice", "2024-06-13T09:46:40")
        assert rereads.watermark(books.id, "invoice") == "2024-06-13T09:46:40"
        assert rereads.watermark(books.id, "customer") == "2024-01-01T00:00:00"
