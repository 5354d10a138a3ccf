"""How often Invoice Sync compares everything: between comparisons its cost follows the news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.stages.invoices import work
from shared.models import ledger, statements
from shared.rules.ledger import InvoiceSides
from shared.rules.values import InvoiceStatus
from simulator.company import acts
from tests.whole.bookkeeping import failing
from tests.whole.conftest import small_company
from tests.whole.house import House


@pytest.fixture
def house(open_house) -> House:
    """A house that has compared everything, at noon, and does it once an hour."""
    company = small_company()
    company.books.now -= company.books.now % 86400 - 12 * 3600
    made = open_house(company, settings={"sweep_minutes": "60"})
    made.add_connection()
    assert made.sync().ok
    made.later(hours=1)
    assert made.sync().ok
    made.requests.clear()
    return made


def open_invoices(house: House) -> list[tuple[str, InvoiceSides]]:
    return [pair for pair in house.invoices().items() if pair[1].status is InvoiceStatus.OPEN]


def compares(house: House, **delay: float) -> bool:
    """Whether the next sync asks for all open invoices and for all customers."""
    house.requests.clear()
    house.later(**delay)
    assert house.sync().ok
    everything = ("NotPaidOnly", "<CustomerQueryRq")
    asked = {kind for kind in everything for one in house.requests if kind in one}
    assert len(asked) in (0, 2)
    return bool(asked)


def test_between_two_comparisons_only_changes_and_deletions_are_asked_for(house):
    assert not compares(house, minutes=15)
    assert len(house.requests) == 2  # what changed, and what was deleted
    assert not compares(house, minutes=44)
    assert compares(house, minutes=1)


def test_what_changed_comes_in_at_once(house):
    books = house.company.books
    (changed, row), (deleted, _), *_ = open_invoices(house)
    acts.edit(books, changed, memo="late")
    acts.delete(books, deleted)
    added = acts.add_invoice(books, row.customer_list_id, 4200, number="late").object_id
    assert not compares(house, minutes=15)
    assert added in house.invoices()
    assert house.invoices()[deleted].status is InvoiceStatus.DELETED
    with house.store.reading():
        assert ledger.invoice(1, changed).memo == "late"
    assert house.is_equal()


def test_what_leaves_no_trace_is_seen_by_the_next_comparison(house):
    books = house.company.books
    books.profile = replace(books.profile, payments_touch_invoices=False)
    paid, row = open_invoices(house)[0]
    acts.pay(books, paid, int(row.balance * 100))
    assert not compares(house, minutes=59)
    assert house.invoices()[paid].status is InvoiceStatus.OPEN
    assert compares(house, minutes=1)
    assert house.invoices()[paid].status is InvoiceStatus.PAID
    assert house.is_equal()


def test_the_first_sync_of_a_day_compares(house):
    assert compares(house, hours=10, minutes=55)
    assert compares(house, minutes=10)
    assert not compares(house, minutes=10)


def test_the_sync_after_a_failed_one_compares(house):
    house.alter_with_request = failing(9, 3260, "Insufficient permission.", only="<InvoiceQueryRq")
    house.later(minutes=5)
    assert not house.sync().ok
    house.alter_with_request = None
    assert compares(house, minutes=5)
    assert not compares(house, minutes=5)


def test_a_sync_that_failed_has_not_compared(house):
    house.later(minutes=60)
    house.alter_with_request = failing(9, 3260, "Insufficient permission.", only="NotPaidOnly")
    assert not house.sync().ok
    house.alter_with_request = None
    assert compares(house, minutes=5)


def test_another_version_compares_once(house, monkeypatch):
    monkeypatch.setattr(work, "VERSION", "9.9.9")
    assert compares(house, minutes=5)
    assert not compares(house, minutes=5)


def test_a_clock_that_was_set_back_delays_no_comparison(house):
    house.clock_is_set(timedelta(hours=-3))
    assert compares(house)
    assert not compares(house, minutes=5)


def test_a_quiet_comparison_writes_no_invoice_and_no_customer(house):
    with house.store.transaction():
        for table in ("invoice", "customer", "invoice_line"):
            statements.current()[1].execute_sql(
                f"CREATE TRIGGER quiet_{table} BEFORE UPDATE ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'nothing changed'); END"
            )
    assert compares(house, minutes=60)
