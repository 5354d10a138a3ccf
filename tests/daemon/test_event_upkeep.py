"""Regular work on events: what is late is told once, what is old is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from daemon.event_upkeep import AT_ONCE, EventUpkeep
from shared.models import applications, connections, events
from shared.models.events import Told
from shared.models.store import Store, open_store
from shared.rules.events import EventKind
from tests.models.builders import NOON, later, on_both_engines

pytest_generate_tests = on_both_engines


class Regular:
    """A connection that should call every 30 minutes, and a daemon that looks."""

    def __init__(self, store: Store, now: list[datetime]) -> None:
        self.store, self.now = store, now
        self.upkeep = EventUpkeep(store.now, keep_days=30)
        with store.transaction():
            made = connections.add("Larkspur", run_every_minutes=30, now=NOON)
            (self.invoices, _) = connections.applications(made.id)
            applications.login_succeeded(self.invoices.id, "", "", NOON)

    def late(self, **after: float) -> list[str]:
        """What is told of late syncs when the daemon looks then."""
        self.now[0] = later(**after)
        with self.store.transaction():
            self.upkeep.thd_tell_late()
        found = events.after(self.store, 0, kinds=[EventKind.SYNC_LATE]).events
        return [one.document for one in found]


@pytest.fixture
def regular(store_url: str) -> Iterator[Regular]:
    now = [NOON]
    with open_store(store_url, clock=lambda: now[0]) as store:
        yield Regular(store, now)


def test_a_web_connector_that_stopped_calling_is_told_once(regular):
    assert regular.late(minutes=44) == []
    assert regular.late(minutes=46) == ["invoice"]
    assert regular.late(minutes=90) == ["invoice"]


def test_and_again_when_it_called_meanwhile_and_stopped_anew(regular):
    regular.late(minutes=46)
    with regular.store.transaction():
        applications.seen(regular.invoices.id, "closeConnection", later(hours=2))
    assert regular.late(hours=2, minutes=10) == ["invoice"]
    assert regular.late(hours=3) == ["invoice", "invoice"]


def test_old_events_go_bit_by_bit(regular):
    with regular.store.transaction():
        many = (Told("", str(number)) for number in range(AT_ONCE))
        events.record(1, EventKind.SETTINGS_CHANGED, many)
    regular.now[0] += timedelta(days=31)
    with regular.store.transaction():
        assert regular.upkeep.thd_prune(), "there may be more"
        assert not regular.upkeep.thd_prune()
    assert events.after(regular.store, 0).events == ()
