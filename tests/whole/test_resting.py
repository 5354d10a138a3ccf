"""Syncs rest while a connection is paused and in quiet hours, and stop when their time is up.

Whatever ends them, what was done is kept, a write is settled first, and the next sync continues.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.models import connections
from shared.rules.values import ApplicationKind, Layout, SyncState
from tests.whole.rig import PASSWORD, Rig

WHOLE_INVOICES = "<IncludeLineItems>"
READ_ANEW = "<PaidStatus>NotPaidOnly</PaidStatus><IncludeLineItems>"
"""What stands in a request for open invoices as a whole."""


def pause(rig: Rig) -> None:
    with rig.store.transaction():
        connections.pause(connections.get("Larkspur").id, "ada", rig.now)


def resume(rig: Rig) -> None:
    with rig.store.transaction():
        connections.resume(connections.get("Larkspur").id)


def edit(rig: Rig, **settings: Any) -> None:
    with rig.store.transaction():
        connections.edit(connections.get("Larkspur").id, **settings)


def quiet_from_now(rig: Rig, hours: int) -> str:
    """Quiet hours that began a minute ago."""
    begin = rig.now - timedelta(minutes=1)
    return f"{begin:%H:%M}-{rig.now + timedelta(hours=hours):%H:%M} UTC"


def slow_answers(rig: Rig, minutes: float) -> None:
    """QuickBooks takes its time for each answer."""

    def slowly(answer: str) -> str:
        rig.later(minutes=minutes)
        return answer

    rig.alter = slowly


# Paused


def test_a_paused_connection_gets_no_request_and_its_web_connector_a_sentence(rig):
    pause(rig)
    hand = rig.by_hand()
    _, company_file = hand.log_in()
    assert company_file == ""
    assert hand.ask() == ""
    assert "paused" in hand.why()
    hand.close()
    assert (rig.syncs(), rig.requests) == ([], [])
    resume(rig)
    assert rig.sync().ok
    assert rig.is_equal()


def test_a_wrong_password_is_told_as_ever_while_it_is_paused(rig):
    pause(rig)
    assert rig.by_hand(password=f"not {PASSWORD}").log_in()[1] == "nvu"


def test_a_sync_that_runs_stops_when_it_is_paused_and_the_next_one_goes_on(open_rig):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    assert 0 <= hand.tell(answer) < 100
    pause(rig)
    assert hand.ask(hcp="") == ""
    assert "paused" in hand.why()
    [sync] = rig.syncs()
    assert (sync.state, sync.error_code) == (SyncState.CANCELED, "connection-paused")
    assert rig.problems() == []
    resume(rig)
    hand.close()
    assert rig.sync().ok
    assert rig.is_equal()


# Quiet hours


def test_in_quiet_hours_no_sync_runs_and_after_them_it_goes_on(rig):
    edit(rig, quiet_hours=quiet_from_now(rig, hours=3))
    hand = rig.by_hand()
    hand.log_in()
    assert hand.ask() == ""
    assert "until" in hand.why()
    hand.close()
    rig.later(hours=2, minutes=58)
    assert not rig.sync().ok
    rig.later(minutes=3)
    assert rig.sync().ok
    assert rig.is_equal()


def test_a_sync_that_runs_stops_when_quiet_hours_begin(open_rig):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    begins = rig.now + timedelta(minutes=10)
    edit(rig, quiet_hours=f"{begins:%H:%M}-{begins + timedelta(hours=2):%H:%M} UTC")
    slow_answers(rig, 4)
    assert not rig.sync().ok
    assert rig.syncs()[0].error_code == "quiet-hours"
    rig.later(hours=2)
    rig.alter = None
    assert rig.sync().ok
    assert rig.is_equal()


# The time budget


@pytest.mark.parametrize(
    ("layout", "kind"),
    [(Layout.TWO, ApplicationKind.INVOICE), (Layout.COMBINED, ApplicationKind.COMBINED)],
)
def test_a_first_import_longer_than_its_time_comes_to_its_end_bit_by_bit(open_rig, layout, kind):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection(layout=layout, time_budget_minutes=10)
    slow_answers(rig, 4)
    took = 0
    while rig.syncs()[:1] == [] or rig.syncs()[0].state is not SyncState.FINISHED:
        outcome = rig.sync(kind=kind)
        assert outcome.ok, outcome.status
        took += 1
        assert took < 20, "it does not come to an end"
    assert took > 2
    assert {one.error_code for one in rig.syncs()[1:]} == {"time-budget"}
    assert "next sync continues" in rig.syncs()[-1].error
    assert rig.is_equal()
    begun = [one for one in rig.requests if READ_ANEW in one and 'iterator="Start"' in one]
    assert len(begun) == 1, "nothing was read from its start again"
    assert rig.problems() == []


def test_after_that_only_what_changed_is_read(open_rig):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10", "sweep_minutes": "600"})
    rig.add_connection(time_budget_minutes=10)
    slow_answers(rig, 4)
    while rig.syncs()[:1] == [] or rig.syncs()[0].state is not SyncState.FINISHED:
        rig.sync()
    rig.alter = None
    rig.requests.clear()
    assert rig.sync().ok
    whole = [one for one in rig.requests if WHOLE_INVOICES in one]
    assert all("FromModifiedDate" in one for one in whole)


def test_without_a_budget_a_sync_runs_to_its_end(open_rig):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    slow_answers(rig, 4)
    assert rig.sync().ok
    assert [one.state for one in rig.syncs()] == [SyncState.FINISHED]
