"""Invoice Sync from end to end, in memory: QuickBooks' open invoices are ours, exactly."""

from __future__ import annotations

import pytest

from shared.rules.values import JobMode, Outcome, SyncState
from simulator.company import acts
from tests.whole.conftest import small_company
from tests.whole.rig import intuits_schema


def test_the_first_run_imports_every_open_invoice_of_an_active_customer(rig):
    outcome = rig.sync()
    assert outcome.ok, outcome.status
    assert rig.is_equal()
    (sync,) = rig.syncs()
    assert sync.state is SyncState.FINISHED
    assert sync.position == sync.total > 0


def test_each_record_is_counted_once_however_many_steps_met_it(rig):
    rig.sync()
    (sync,) = rig.syncs()
    records = rig.records(sync)
    assert {one.outcome for one in records} >= {Outcome.IMPORTED, Outcome.LEFT_OUT}
    assert sync.position == len(records) == len({(one.kind, one.object_id) for one in records})


def test_a_second_run_imports_nothing_and_reads_little(rig):
    rig.sync()
    asked = len(rig.requests)
    rig.later(hours=1)
    assert rig.sync().ok
    again = rig.syncs()[0]
    assert (again.position, rig.records(again)) == (0, [])
    assert rig.is_equal()
    assert len(rig.requests) - asked <= 6


@pytest.mark.parametrize("jobs", JobMode)
@pytest.mark.parametrize("edition", ["us", "ca", "uk"])
def test_after_any_bookkeeping_a_further_run_makes_the_books_equal_again(open_rig, edition, jobs):
    rig = open_rig(small_company(edition=edition, customers=40, invoices=150))
    rig.add_connection(jobs=jobs)
    assert rig.sync().ok
    assert rig.is_equal()
    for seed in range(4):
        acts.random_acts(rig.company.books, 50, seed)
        rig.later(hours=1)
        outcome = rig.sync()
        assert outcome.ok, outcome.status
        assert rig.is_equal(), f"after the acts of seed {seed}"


def test_every_request_that_leaves_is_valid_against_intuits_schema(open_rig):
    schema = intuits_schema()
    if schema is None:
        pytest.skip("Intuit's schema does not lie beside this checkout")
    from lxml import etree

    rig = open_rig()
    rig.add_connection()
    for seed in range(3):
        rig.sync()
        acts.random_acts(rig.company.books, 30, seed)
    assert len(rig.requests) > 8
    for request in rig.requests:
        schema.assertValid(etree.fromstring(request.encode()))


@pytest.mark.parametrize("day", ["2025-03-08", "2025-11-01"], ids=["spring", "autumn"])
@pytest.mark.parametrize("zone", ["new-york", "london"])
def test_changes_around_a_clock_change_are_all_noticed(open_rig, day, zone):
    """QuickBooks' wall clock jumps or repeats an hour; the bookkeeper works right through it."""
    rig = open_rig(small_company(today=day, zone=zone))
    rig.add_connection()
    for seed in range(8):
        acts.random_acts(rig.company.books, 6, seed)
        rig.later(hours=3)
        outcome = rig.sync()
        assert outcome.ok, outcome.status
        assert rig.is_equal(), f"after {seed + 1} steps"
