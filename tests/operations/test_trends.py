"""Trends are read from the store by grouped queries, on both engines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.models import connections, syncs
from shared.models.payments import from_quickbooks
from shared.models.store import open_store
from shared.operations import trends
from shared.rules.values import SyncState
from tests.models.builders import NOON, invoice, later, on_both_engines, paid
from tests.models.payments.builders import Till, applied, pays, received

pytest_generate_tests = on_both_engines

TODAY = NOON.date()


@pytest.fixture
def till(store_url):
    store = open_store(store_url, clock=lambda: NOON)
    yield Till(store)
    store.close()


def ran(till, state, at, connection_id=None, **fields):
    with till.store.transaction():
        begun = syncs.start(connection_id or till.id, "invoice", at)
        over = {} if state is SyncState.STARTED else {"ended_at": at}
        syncs.save(begun.id, state=state, **over, **fields)


def view(till, connection=None, **wanted):
    with till.store.reading():
        return trends.view(till.store, connection, **wanted)


def test_syncs_are_counted_by_the_day_on_which_they_started(till):
    ran(till, SyncState.FINISHED, later(days=-1))
    ran(till, SyncState.FINISHED, later(days=-1), failed=2)
    ran(till, SyncState.FAILED, later(days=-1))
    ran(till, SyncState.FINISHED, later(days=-9))  # before the days that are looked at
    ran(till, SyncState.STARTED, NOON)  # nobody knows yet how it ends
    found = view(till, days=2)
    told = [(one.syncs, one.failed, one.some_failed) for one in found.days]
    assert told == [(3, 1, 1), (0, 0, 0)]
    assert found.days[-1].day == TODAY
    assert len(found.latest) == 4


def test_one_connection_or_all(till):
    with till.store.transaction():
        other = connections.add("Bramble", now=NOON).id
    ran(till, SyncState.FINISHED, NOON)
    ran(till, SyncState.FINISHED, NOON, connection_id=other)
    assert view(till).days[-1].syncs == 2
    assert view(till, "Bramble").days[-1].syncs == 1
    assert view(till, other).connection == "Bramble"


def test_money_by_the_week_is_what_quickbooks_has(till):
    # NOON is a Wednesday: this week begins on June 10.
    till.owes(
        invoice("1A-100", "250.00", date=date(2024, 5, 1), currency="USD"),
        invoice("1A-101", "40.00", date=date(2024, 6, 11), currency="USD"),
        invoice("1A-102", "99.00", date=date(2024, 5, 1), pending=True, currency="USD"),
        paid(invoice("1A-103", "60.00", date=date(2024, 5, 1), currency="USD")),
    )
    with till.store.transaction():
        from_quickbooks.store(
            till.id,
            till.sync.id,
            [
                received("7B-1", applied("1A-103", "60.00"), date=date(2024, 6, 11)),
                received("7B-2", applied("1A-100", "5.00"), date=date(2024, 6, 4)),
            ],
            NOON,
        )
    till.take_in(pays("pay_1", "20.00", ("100", "20.00")))  # waits: QuickBooks has it not
    weeks = [one for one in view(till, weeks=2).weeks if one.currency == "USD"]
    assert [(one.monday, one.collected, one.open) for one in weeks] == [
        (date(2024, 6, 3), Decimal("100.00"), Decimal("310.00")),
        (date(2024, 6, 10), Decimal("100.00"), Decimal("290.00")),
    ]


def test_a_store_without_anything_has_days_and_no_weeks(till):
    found = view(till, days=3, weeks=3)
    assert [one.syncs for one in found.days] == [0, 0, 0]
    assert found.weeks == ()
