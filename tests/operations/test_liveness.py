"""A sync that has not ended is interrupted once no daemon gives a sign of life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.models import connections, daemons, syncs
from shared.models.daemons import SILENT_AFTER, DaemonFacts
from shared.models.store import Store, open_store
from shared.operations import overview, pulse
from shared.operations import syncs as operations
from shared.operations.describe import syncs as describe
from shared.operations.syncs import SyncFilter
from shared.rules.values import SyncState
from tests.models.builders import NOON

FACTS = DaemonFacts("a1", "books", 7, "1", (), "http://localhost:8085", None, NOON)


class World:
    """A store in which a daemon was heard of at noon, and a sync began."""

    def __init__(self, url: str) -> None:
        self.now = NOON
        self.store: Store = open_store(url, clock=lambda: self.now)
        with self.store.transaction():
            made = connections.add("Larkspur", now=NOON)
            self.sync = syncs.start(made.id, "invoice", NOON).id
            daemons.beat(FACTS, NOON)

    def words(self) -> set[str]:
        """How the sync stands, wherever it is shown."""
        with self.store.reading():
            shown = [
                operations.view(self.store, self.sync, 9).sync,
                operations.view_records(self.store, self.sync, failed_only=False).sync,
                *operations.view_recent(self.store, SyncFilter()).running,
                *operations.view_newest(self.store, None, (), None),
                *operations.view_page(self.store, None).rows,
            ]
            [line] = overview.view(self.store).lines
            shown += [one.sync for one in line.overview.applications if one.sync]
            assert len(shown) == 6
            return {describe.word(one) for one in shown}


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url)
    yield made
    made.store.close()


def test_it_runs_as_long_as_a_daemon_lives(world):
    world.now = NOON + SILENT_AFTER - timedelta(seconds=1)
    assert world.words() == {"running"}
    with world.store.reading():
        assert pulse.view(world.store).running == 1


def test_it_is_interrupted_once_the_last_sign_of_life_is_old(world):
    world.now = NOON + SILENT_AFTER
    assert world.words() == {"interrupted"}
    with world.store.reading():
        found = pulse.view(world.store)
    assert (found.running, found.late, found.daemon_runs) == (0, 1, False)


def test_it_is_interrupted_at_once_where_the_daemon_said_that_it_stops(world):
    with world.store.transaction():
        daemons.stopped("a1", NOON)
    assert world.words() == {"interrupted"}


def test_another_daemon_that_lives_is_enough(world):
    world.now = NOON + timedelta(hours=1)
    with world.store.transaction():
        daemons.beat(DaemonFacts("b2", "other", 8, "1", (), "", None, world.now), world.now)
    assert world.words() == {"running"}


def test_what_ended_stays_as_it_ended(world):
    with world.store.transaction():
        syncs.save(world.sync, state=SyncState.FAILED, ended_at=NOON)
        found = syncs.get(world.sync)
    world.now = NOON + timedelta(days=1)
    with world.store.reading():
        assert operations.view(world.store, world.sync, 9).sync == found
