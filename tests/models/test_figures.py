"""What monitoring asks of the store, on both engines."""

from __future__ import annotations

import pytest

from shared.models import applications, figures, outlets, problems, syncs
from shared.models.figures import ApplicationFigures, Group
from shared.rules.payments.values import PostingState
from shared.rules.values import SyncState
from tests.models.builders import NOON, customer, invoice, later, paid, trouble
from tests.models.payments.builders import Till, pays


@pytest.fixture
def till(store):
    return Till(store)


def figure(store, read):
    with store.reading():
        return read()


GROUPED = (
    *(figures.sessions, figures.running_syncs, figures.invoices, figures.customers),
    *(figures.payments, figures.postings, figures.open_writes, figures.problems, figures.outgoing),
)


def test_an_empty_store_has_none(store):
    assert [figure(store, read) for read in GROUPED] == [{}] * len(GROUPED)
    assert figure(store, figures.outlets) == figure(store, figures.applications) == []


def test_records_are_counted_by_state(store, till):
    till.owes(invoice("1A-100"), invoice("1A-101"), paid(invoice("1A-102")))
    assert figure(store, figures.invoices) == {"open": Group(2), "paid": Group(1)}
    assert figure(store, figures.customers) == {"held": Group(2)}


def test_a_payment_that_waits_has_an_age_and_one_that_is_posted_has_none(store, till):
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays("pay_1", "100.00"), pays("pay_2", "10.00", ("no-such", "10.00")))
    till.take_in(pays("pay_3", "20.00"), now=later(hours=2))
    till.prepare()
    till.move(PostingState.SENT, "pay_1")
    till.move(PostingState.POSTED, "pay_1", now=later(hours=1))
    assert figure(store, figures.payments) == {
        "posted": Group(1),
        "ready": Group(1, later(hours=2)),
        "waiting": Group(1, NOON),
    }
    assert figure(store, figures.postings) == {
        "planned": Group(1, later(hours=2)),
        "posted": Group(1),
    }


def test_what_runs_and_what_is_wrong_is_as_old_as_its_oldest(store, till):
    with store.transaction():
        syncs.start(till.id, "invoice", later(hours=1))
        problems.report(till.id, None, [trouble(), trouble("customer-unreadable", "80-1")], NOON)
        problems.report(till.id, None, [trouble(object_id="1A-101")], later(hours=1))
    assert figure(store, figures.running_syncs) == {"pending": Group(2, NOON)}
    assert figure(store, figures.problems) == {
        "invoice-unreadable": Group(2, NOON),
        "customer-unreadable": Group(1, NOON),
    }


def test_of_an_application_the_latest_sync_counts(store, till):
    with store.transaction():
        applications.set_password(till.applications[:1], "$hash", "proof")
        for state in (SyncState.FINISHED, SyncState.FAILED):
            sync = syncs.start(till.id, "invoice", NOON)
            syncs.save(sync.id, state=state, ended_at=NOON)
    assert figure(store, figures.applications) == [
        ApplicationFigures("Larkspur", "invoice", 0, None, "failed")
    ]


def test_an_outlet_shows_how_far_behind_it_is_and_what_was_set_aside(store, till):
    with store.transaction():
        outlets.open_outlet("hook", 0)
    till.hold(customer("80-9", "Fern"))
    [found] = figure(store, figures.outlets)
    assert (found.name, found.waiting, found.parked, found.delivered_at) == ("hook", 0, 0, None)
    assert found.behind > 0
