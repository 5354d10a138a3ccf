"""How often Invoice Sync compares everything: between comparisons its cost follows the news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.stages.invoices import stage
from shared.models import ledger, statements
from shared.rules.ledger import InvoiceSides
from shared.rules.values import InvoiceStatus
from simulator.company import acts
from tests.whole.bookkeeping import failing
from tests.whole.conftest import small_company
from tests.whole.rig import Rig


@pytest.fixture
def rig(open_rig) -> Rig:
    """A rig that has compared everything, at noon, and does it once an hour."""
    company = small_company()
    company.books.now -= company.books.now % 86400 - 12 * 3600
    made = open_rig(company, settings={"sweep_minutes": "60"})
    made.add_connection()
    assert made.sync().ok
    made.later(hours=1)
    assert made.sync().ok
    made.requests.clear()
    return made


def open_invoices(rig: Rig) -> list[tuple[str, InvoiceSides]]:
    return [pair for pair in rig.invoices().items() if pair[1].status is InvoiceStatus.OPEN]


def compares(rig: Rig, **delay: float) -> bool:
    """Whether the next sync asks for all open invoices and for all customers."""
    rig.requests.clear()
    rig.later(**delay)
    assert rig.sync().ok
    everything = ("NotPaidOnly", "<CustomerQueryRq")
    asked = {kind for kind in everything for one in rig.requests if kind in one}
    assert len(asked) in (0, 2)
    return bool(asked)


def test_between_two_comparisons_only_changes_and_deletions_are_asked_for(rig):
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 2  # what changed, and what was deleted
    assert not compares(rig, minutes=44)
    assert compares(rig, minutes=1)


def test_what_changed_comes_in_at_once(rig):
    books = rig.company.books
    (changed, row), (deleted, _), *_ = open_invoices(rig)
    acts.edit(books, changed, memo="late")
    acts.delete(books, deleted)
    added = acts.add_invoice(books, row.customer_list_id, 4200, number="late").object_id
    assert not compares(rig, minutes=15)
    assert added in rig.invoices()
    assert rig.invoices()[deleted].status is InvoiceStatus.DELETED
    with rig.store.reading():
        assert ledger.invoice(1, changed).memo == "late"
    assert rig.is_equal()


def test_what_leaves_no_trace_is_seen_by_the_next_comparison(rig):
    books = rig.company.books
    books.profile = replace(books.profile, payments_touch_invoices=False)
    paid, row = open_invoices(rig)[0]
    acts.pay(books, paid, int(row.balance * 100))
    assert not compares(rig, minutes=59)
    assert rig.invoices()[paid].status is InvoiceStatus.OPEN
    assert compares(rig, minutes=1)
    assert rig.invoices()[paid].status is InvoiceStatus.PAID
    assert rig.is_equal()


def test_the_first_sync_of_a_day_compares(rig):
    assert compares(rig, hours=10, minutes=55)
    assert compares(rig, minutes=10)
    assert not compares(rig, minutes=10)


def test_the_sync_after_a_failed_one_compares(rig):
    rig.alter_with_request = failing(9, 3260, "Insufficient permission.", only="<InvoiceQueryRq")
    rig.later(minutes=5)
    assert not rig.sync().ok
    rig.alter_with_request = None
    assert compares(rig, minutes=5)
    assert not compares(rig, minutes=5)


def test_a_sync_that_failed_has_not_compared(rig):
    rig.later(minutes=60)
    rig.alter_with_request = failing(9, 3260, "Insufficient permission.", only="NotPaidOnly")
    assert not rig.sync().ok
    rig.alter_with_request = None
    assert compares(rig, minutes=5)


def test_another_version_compares_once(rig, monkeypatch):
    monkeypatch.setattr(stage, "VERSION", "9.9.9")
    assert compares(rig, minutes=5)
    assert not compares(rig, minutes=5)


def test_a_clock_that_was_set_back_delays_no_comparison(rig):
    rig.clock_is_set(timedelta(hours=-3))
    assert compares(rig)
    assert not compares(rig, minutes=5)


def test_a_quiet_comparison_writes_no_invoice_and_no_customer(rig):
    with rig.store.transaction():
        for table in ("invoice", "customer", "invoice_line"):
            statements.current()[1].execute_sql(
                f"CREATE TRIGGER quiet_{table} BEFORE UPDATE ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'nothing changed'); END"
            )
    assert compares(rig, minutes=60)
