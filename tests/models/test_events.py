"""What happened is written down once, with the change, and readers get each of it in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal

import pytest

from shared.models import applications, connections, events, mappings, problems, syncs
from shared.models.events import Told
from shared.models.ledger import incoming_customers, incoming_invoices
from shared.models.payments import account_rules, from_quickbooks, standing
from shared.models.store import Store, open_store
from shared.rules.events import EventKind
from shared.rules.payments.values import PostingState
from shared.rules.values import InvoiceStatus, ProblemState, RecordKind, SyncState
from shared.structs import replace
from tests.models.builders import NOON, Books, customer, invoice, later, paid, trouble
from tests.models.payments.builders import Till, pays, received
from tests.models.plans import plans, sqlite_alone


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


@pytest.fixture
def till(store: Store) -> Till:
    return Till(store)


class Reader:
    """Somebody who goes on from where the last slice ended."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.cursor = 0

    def news(self, **filters: object) -> list[tuple[str, str, str]]:
        found = events.after(self.store, self.cursor, **filters)
        self.cursor = found.cursor
        return [(one.kind.value, one.document, one.state) for one in found.events]


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store)


def about(what: str, news: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [one for one in news if one[0].startswith(what)]


ONE = invoice("1A-100", "250.00")


def settled(books: Books, *invoices, **settings) -> None:
    if invoices:
        books.read(*invoices)
    books.settle(**settings)


# Invoices and customers.


def test_an_invoice_is_told_once_it_is_in_the_ledger(books, reader):
    books.read(ONE)
    assert about("invoice", reader.news()) == [], "it is hidden until it was settled"
    books.hold(customer())
    books.settle()
    assert about("invoice", reader.news()) == [("invoice.imported", "100", "open")]
    settled(books, ONE)
    assert reader.news() == [], "nothing changed"


def test_a_change_tells_the_balance_of_before(books):
    books.hold(customer())
    settled(books, ONE)
    settled(books, replace(ONE, balance=Decimal("100.00"), edit_sequence="2"))
    last = events.after(books.store, 0).events[-1]
    assert (last.kind, str(last.before), str(last.amount), last.currency) == (
        *(EventKind.INVOICE_CHANGED, "250.00", "100.00"),
        "USD",
    )


def test_an_invoice_that_is_paid_or_voided_is_closed_and_open_again_if_it_is(books, reader):
    books.hold(customer())
    settled(books, ONE)
    reader.news()
    settled(books, paid(ONE))
    assert reader.news() == [("invoice.closed", "100", "paid")]
    settled(books, replace(ONE, edit_sequence="3"))
    assert reader.news() == [("invoice.changed", "100", "open")]
    settled(books, replace(ONE, status=InvoiceStatus.VOID, edit_sequence="4"))
    assert reader.news() == [("invoice.closed", "100", "void")]


def test_a_deleted_invoice_is_told_once(books, reader):
    books.hold(customer())
    settled(books, ONE)
    reader.news()
    for _ in range(2):
        with books.store.transaction():
            incoming_invoices.mark_deleted(books.id, ["1A-100", "9Z-9"])
        books.settle()
    assert reader.news() == [("invoice.deleted", "100", "deleted")]


def test_what_is_left_out_is_told_with_its_reason_and_taken_in_again(books, reader):
    books.hold(customer())
    settled(books, ONE)
    reader.news()
    books.hold(customer(active=False, edit_sequence="2"))
    books.settle()
    assert about("invoice", reader.news()) == [("invoice.left-out", "100", "open")]
    assert events.after(books.store, 0).events[-1].code == "left-out-inactive-customer"
    books.hold(customer(edit_sequence="3"))
    books.settle()
    assert about("invoice", reader.news()) == [("invoice.imported", "100", "open")]
    books.settle(set_aside={"1A-100": "skipped"})
    assert reader.news() == [("invoice.left-out", "100", "open")]


def test_customers_are_told(books, reader):
    books.hold(customer())
    books.hold(customer(active=False, edit_sequence="2"))
    with books.store.transaction():
        incoming_customers.mark_customers_deleted(books.id, ["80-1"])
        incoming_customers.mark_customers_deleted(books.id, ["80-1"])
    assert about("customer", reader.news()) == [
        ("customer.imported", "Larkspur Tile", "active"),
        ("customer.changed", "Larkspur Tile", "inactive"),
        ("customer.deleted", "Larkspur Tile", "deleted"),
    ]


# Payments.


def test_the_life_of_a_payment_is_told(till, reader):
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays("pay_1"))
    till.take_in(pays("pay_1", "90.00"))
    till.post("pay_1")
    till.move(PostingState.POSTED, edit_sequence="2")
    till.move(PostingState.POSTED, deleted=True)
    assert about("payment", reader.news()) == [
        ("payment.received", "pay_1", "waiting"),
        ("payment.corrected", "pay_1", "waiting"),
        ("payment.posted", "pay_1", "posted"),
        ("payment.edited", "pay_1", "posted"),
        ("payment.deleted", "pay_1", "posted"),
    ]


def test_what_a_person_decides_of_a_payment_is_told(till, reader):
    till.take_in(pays("pay_1"))
    reader.news()
    number = till.payment("pay_1").id
    with till.store.transaction():
        standing.skip(number, "by hand", "ada", NOON)
        standing.unskip(number, "ada", NOON)
        standing.withdraw(number, "", "ada", NOON)
    assert about("payment", reader.news()) == [
        ("payment.skipped", "pay_1", "skipped"),
        ("payment.withdrawn", "pay_1", "withdrawn"),
    ]


def test_a_refusal_is_told_once_with_its_code(till):
    till.owes(invoice("1A-100", "50.00"))
    till.take_in(pays("pay_1", "50.00", currency="EUR"))
    till.prepare()
    found = [one for one in events.after(till.store, 0).events if one.kind.about == "payment"]
    assert [(one.kind.value, one.code) for one in found] == [
        ("payment.received", ""),
        ("payment.refused", till.stands()[1]),
    ]


def test_a_payment_that_is_parked_is_told(till, reader):
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays("pay_1"))
    till.move(PostingState.PARKED, code="payment-lost")
    assert about("payment", reader.news())[-1] == ("payment.parked", "pay_1", "parked")


def test_payments_of_quickbooks_are_told(till, reader):
    with till.store.transaction():
        for one in (received("7B-1"), received("7B-1", edit_sequence="2")):
            from_quickbooks.store(till.id, till.sync.id, [one], NOON)
        from_quickbooks.mark_deleted(till.id, ["7B-1"], NOON)
        from_quickbooks.mark_deleted(till.id, ["7B-1"], NOON)
    assert about("payment", reader.news()) == [
        ("payment.imported", "7B-1", "imported"),
        ("payment.edited", "7B-1", "imported"),
        ("payment.deleted", "7B-1", "imported"),
    ]


def test_an_imported_payment_that_we_posted_is_recognized(till, reader):
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays("pay_1"))
    with till.store.transaction():
        from_quickbooks.store(till.id, till.sync.id, [received("7B-1")], NOON)
    till.post("pay_1", txn_id="7B-1")
    with till.store.transaction():
        assert from_quickbooks.remove_ours(till.id, ["7B-1"]) == ["7B-1"]
    assert about("payment", reader.news())[-2:] == [
        ("payment.posted", "pay_1", "posted"),
        ("payment.recognized", "7B-1", "imported"),
    ]


# Syncs, problems, settings.


def test_the_end_of_a_sync_is_told_once(books, reader):
    with books.store.transaction():
        syncs.save(books.sync.id, state=SyncState.STARTED, position=3)
        syncs.save(books.sync.id, state=SyncState.FAILED, error_code="quickbooks-closed")
        syncs.save(books.sync.id, state=SyncState.FAILED, error_code="quickbooks-closed")
    assert about("sync", reader.news()) == [("sync.failed", "Invoice Sync", "failed")]
    with books.store.transaction():
        for _ in range(2):
            syncs.refused_login(books.id, "payment", "larkspur-payment", "nvu", "Wrong", NOON)
            syncs.refused_login(None, "payment", "nobody", "nvu", "Wrong", NOON)
    assert about("sync", reader.news()) == [("sync.failed", "payment", "failed")]


def test_a_problem_is_opened_and_closed_once(books, reader):
    with books.store.transaction():
        for _ in range(2):
            problems.report(books.id, books.sync.id, [trouble()], NOON)
        for _ in range(2):
            problems.resolve(books.id, RecordKind.INVOICE, ["1A-100"], None, NOON)
        problems.report(books.id, books.sync.id, [trouble()], NOON)
        (problem,) = problems.list_problems()
        problems.change(problem.id, ProblemState.SKIPPED, "", "ada", NOON)
        problems.change(problem.id, ProblemState.OPEN, "", "ada", NOON)
    document = "Invoice 100, Larkspur Tile"
    assert about("problem", reader.news()) == [
        ("problem.opened", document, "open"),
        ("problem.closed", document, "resolved"),
        ("problem.opened", document, "open"),
        ("problem.closed", document, "skipped"),
        ("problem.opened", document, "open"),
    ]


def test_settings_and_passwords_are_told_without_what_they_are(books, reader):
    first = connections.applications
    with books.store.transaction():
        connections.edit(books.id, run_every_minutes=30)
        account_rules.set_method_rule(books.id, "card", "Visa")
        (invoices, _) = first(books.id)
        applications.set_password([invoices.id], "$argon2$secret")
        applications.login_failed(invoices.id, locked_until=later(minutes=5))
        applications.unlock([invoices.id])
    assert [one for one in reader.news() if one[0] != "connection.added"] == [
        ("settings.changed", "Larkspur", "connection"),
        ("settings.changed", "card", "method-rule"),
        ("password.changed", "invoice", ""),
        ("password.locked", "invoice", ""),
        ("password.unlocked", "invoice", ""),
    ]
    assert "secret" not in repr(events.after(books.store, 0))


def test_a_mapped_name_is_a_setting(books, reader):
    books.hold(customer())
    with books.store.transaction():
        mappings.map_name(books.id, "Larkspur Ltd", "80-1", "ada", NOON)
        mappings.unmap_name(books.id, "larkspur ltd")
    assert (
        about("settings", reader.news())
        == [("settings.changed", "Larkspur Ltd", "customer-name")] * 2
    )


def test_a_removed_connection_leaves_one_event(books, reader):
    books.hold(customer())
    with books.store.transaction():
        connections.remove(books.id)
    assert reader.news() == [("connection.removed", "Larkspur", "")]


# Reading.


def note(store: Store, *documents: str, connection: int = 1) -> None:
    """In the unit that is open on this store."""
    events.record(connection, EventKind.SETTINGS_CHANGED, [Told("", one) for one in documents])


@contextmanager
def given_up(store: Store) -> Iterator[None]:
    """A transaction that fails in the end."""
    with suppress(ZeroDivisionError), store.transaction():
        yield
        raise ZeroDivisionError


def documents(reader: Reader, **filters: object) -> list[str]:
    return [document for _, document, _ in reader.news(**filters)]


def test_what_was_not_committed_did_not_happen(store, reader):
    with given_up(store):
        note(store, "a")
    assert reader.news() == []


def test_a_slice_goes_on_where_the_last_one_ended(store, reader):
    with store.transaction():
        note(store, "a", "b", "c")
        note(store, "of another", connection=2)
        note(store, "d")
    assert documents(reader, limit=2) == ["a", "b"]
    assert documents(reader, limit=2, connections=[1]) == ["c", "d"]
    assert documents(reader) == []
    with store.transaction():
        note(store, "e")
    assert documents(reader, kinds=["sync.late"]) == []
    assert documents(reader) == [], "a cursor goes on past what nobody wanted"


@sqlite_alone
@pytest.mark.parametrize("filters", [{}, {"connections": [1]}, {"connections": [1, 2]}])
def test_a_page_is_read_in_order_and_no_further_than_it_goes(store, monkeypatch, filters):
    seen = plans(monkeypatch)
    events.after(store, 7, kinds=["sync.late"], **filters)
    with store.reading():
        events.newest(**filters)
    assert not [plan for plan in seen if "B-TREE" in plan or plan.startswith("SCAN event")]


def test_old_events_are_forgotten_but_not_those_that_somebody_waits_for(store_url):
    now = [NOON]
    with open_store(store_url, clock=lambda: now[0]) as store:
        reader = Reader(store)
        with store.transaction():
            note(store, "a", "b", "c")
        now[0] = later(days=2)
        with store.transaction():
            note(store, "d")
            passed = events.newest()[-1].id + 1
            assert events.prune(later(days=1), passed, 1) == 1
            assert events.prune(later(days=1), passed, 10) == 1, "c was not passed yet"
            assert events.prune(NOON, events.EVERY, 10) == 0, "c is kept that long"
        assert documents(reader) == ["c", "d"]


# PostgreSQL: two transactions at once.


@pytest.fixture
def two(empty_postgres_url: str):
    """Two connections to one PostgreSQL, and a reader on a third."""
    with ExitStack() as stack:
        first, second, third = (
            stack.enter_context(open_store(empty_postgres_url)) for _ in range(3)
        )
        yield first, second, Reader(third)


def test_an_event_that_is_committed_late_is_not_skipped(two):
    first, second, reader = two
    with first.transaction():
        note(first, "early number")
        with second.transaction():
            note(second, "late number")
        assert documents(reader) == [], "one with a lower number may still come"
    assert documents(reader) == ["early number", "late number"]


def test_nor_where_the_older_transaction_took_the_later_number(two):
    first, second, reader = two
    with first.transaction():
        syncs.start(None, "Invoice Sync", NOON)  # has a transaction number from here on
        with second.transaction():
            note(second, "a")
            with ExitStack() as inner:
                inner.enter_context(first.transaction())
                note(first, "b")
    assert documents(reader) == ["a", "b"]


def test_the_younger_transaction_may_take_the_lower_number_and_commit_last(two):
    first, second, reader = two
    with ExitStack() as younger:
        with first.transaction():
            syncs.start(None, "Invoice Sync", NOON)
            younger.enter_context(second.transaction())
            note(second, "lower")
            with first.transaction():
                note(first, "higher")
        assert documents(reader) == [], "a reader that went on to the higher one would skip"
    assert documents(reader) == ["lower", "higher"]


def test_an_event_of_a_transaction_that_fails_holds_nobody_up(two):
    first, second, reader = two
    with given_up(first):
        note(first, "never")
        with second.transaction():
            note(second, "b")
    assert documents(reader) == ["b"]


def test_writers_do_not_wait_for_each_other(two):
    first, second, reader = two
    with first.transaction():
        note(first, "a")
        with second.transaction():
            second._engine.database.execute_sql("SET LOCAL lock_timeout = '1ms'")
            note(second, "b", connection=1)
    assert documents(reader) == ["a", "b"]
