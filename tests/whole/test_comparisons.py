"""How often Invoice Sync compares everything: between comparisons its cost follows the news."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from daemon.stages.invoices import plan, stage
from shared.models import statements
from shared.models.ledger import incoming_invoices, named
from shared.rules.ledger import InvoiceSides
from shared.rules.values import InvoiceStatus
from shared.structs import replace
from simulator.company import acts
from tests.whole.bookkeeping import failing, refusing
from tests.whole.conftest import small_company
from tests.whole.rig import Rig

CHECKED = "<IncludeRetElement>FullName</IncludeRetElement>"
"""In the requests for a few elements of customers, only to compare them."""


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
    invoices = any("NotPaidOnly" in one for one in rig.requests)
    light = [one for one in rig.requests if "<CustomerQueryRq" in one and CHECKED in one]
    assert invoices is any("<ListID>" in one for one in light)
    assert light, "all customers, or those that changed"
    return invoices


def test_between_two_comparisons_only_changes_and_deletions_are_asked_for(rig):
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 1  # what changed, what was deleted, and changed customers
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
        assert incoming_invoices.invoice(1, changed).memo == "late"
    assert rig.is_equal()


def billed(rig: Rig) -> tuple[str, InvoiceSides]:
    """An open invoice of a customer that is no job."""
    return next(pair for pair in open_invoices(rig) if ":" not in pair[1].named)


def test_a_renamed_customer_bears_its_new_name_at_once_and_so_do_its_jobs(rig):
    books = rig.company.books
    job = next(one for one in books.customers.values() if one.parent)
    txn_id = acts.add_invoice(books, job.list_id, 4200, number="job").object_id
    assert not compares(rig, minutes=5)
    acts.rename(books, job.parent, "Renamed Stone")
    assert not compares(rig, minutes=5)
    assert rig.invoices()[txn_id].customer == "Renamed Stone"
    with rig.store.reading():
        (held,) = named.customers_named(1, [job.list_id])[job.list_id]
    assert held.customer == f"Renamed Stone:{job.name}"
    assert rig.is_equal()


def test_an_inactive_customer_is_left_out_at_once_and_taken_in_again(rig):
    txn_id, row = billed(rig)
    acts.deactivate(rig.company.books, row.customer_list_id)
    assert not compares(rig, minutes=15)
    assert txn_id not in rig.invoices()
    acts.reactivate(rig.company.books, row.customer_list_id)
    assert not compares(rig, minutes=15)
    assert txn_id in rig.invoices()
    assert rig.is_equal()


def test_a_customer_that_changed_with_its_balance_alone_is_not_read_again(rig):
    _, row = billed(rig)
    acts.add_invoice(rig.company.books, row.customer_list_id, 4200, number="news")
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 1


def test_a_customer_that_nobody_bills_is_no_news(rig):
    acts.add_customer(rig.company.books, "Just Looking")
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 1


def test_where_very_many_customers_changed_everything_is_compared(rig, monkeypatch):
    monkeypatch.setattr(plan, "CHANGED_AT_ONCE", 2)
    changed = [acts.add_customer(rig.company.books, f"Newcomer {number}") for number in range(3)]
    assert len(changed) == 3
    assert compares(rig, minutes=15)
    assert rig.is_equal()


def test_a_sync_goes_well_where_changed_customers_may_not_be_read(rig):
    rig.alter_with_request = refusing("CustomerQueryRs", 3260, only="")
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 2  # the second asks what the first was not told


def test_deletions_that_were_not_told_with_the_list_are_asked_for_on_their_own(rig):
    (deleted, _), *_ = open_invoices(rig)
    acts.delete(rig.company.books, deleted)
    rig.alter_with_request = refusing("TxnDeletedQueryRs", 3175, times=1)
    assert not compares(rig, minutes=15)
    assert rig.invoices()[deleted].status is InvoiceStatus.DELETED
    assert rig.is_equal()


def test_what_came_beside_the_list_is_no_row_of_it(rig):
    """A list that does not tell its rest ends with a page without rows."""
    (deleted, _), *_ = open_invoices(rig)
    acts.delete(rig.company.books, deleted)
    nothing = r'<InvoiceQueryRs \1 statusCode="0" statusSeverity="Info" iteratorID="{A}" />'
    listed = re.compile('<InvoiceQueryRs (requestID="[^"]*").*?</InvoiceQueryRs>', re.DOTALL)
    rig.alter = lambda answer: listed.sub(nothing, answer)
    assert not compares(rig, minutes=15)
    assert len(rig.requests) == 1
    assert rig.invoices()[deleted].status is InvoiceStatus.DELETED


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
        for table in ("invoice", "customer", "invoice_lines"):
            statements.current()[1].execute_sql(
                f"CREATE TRIGGER quiet_{table} BEFORE UPDATE ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'nothing changed'); END"
            )
    assert compares(rig, minutes=60)
