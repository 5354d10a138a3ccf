"""What the detail of one sync shows, failed records first, and its calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.models import connections, problems, sessions, syncs
from shared.models.store import Store
from shared.rules.values import Exchange, Outcome, Problem, Record, Sync

MOST_FAILED = 500
RECORDS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class TouchedRecord:
    """A record with the problem that it became, if it did."""

    record: Record
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """What names the record within its sync."""
        return f"{self.record.kind}:{self.record.object_id}"


@dataclass(frozen=True, slots=True)
class SyncDetail:
    """One sync: ``failed`` and ``others`` are the first of what ``counts`` has.

    ``problem`` is the one that the sync as a whole became, as long as it is about this one.
    """

    sync: Sync
    problem: Problem | None
    counts: tuple[tuple[Outcome, int], ...]
    failed: tuple[TouchedRecord, ...]
    others: tuple[TouchedRecord, ...]

    @property
    def failed_count(self) -> int:
        """How many records failed."""
        return dict(self.counts).get(Outcome.FAILED, 0)

    @property
    def others_count(self) -> int:
        """How many records did not."""
        return sum(count for _, count in self.counts) - self.failed_count


def read(_store: Store, sync_id: int, most: int) -> SyncDetail:
    """Read a sync with at most ``most`` records that did not fail; raises NotFound."""
    sync = syncs.get(sync_id)
    failed = syncs.some_records(sync_id, MOST_FAILED, failed=True)
    found = _problems(sync, failed)
    return SyncDetail(
        sync,
        _problem_of(sync),
        tuple(syncs.record_counts(sync_id).items()),
        tuple(TouchedRecord(one, found.get((one.kind, one.object_id))) for one in failed),
        tuple(map(TouchedRecord, syncs.some_records(sync_id, most, failed=False))),
    )


def _problem_of(sync: Sync) -> Problem | None:
    if sync.connection_id is None or not sync.error_code:
        return None
    found = problems.about(sync.connection_id, [sync.application])
    return next((one for one in found if one.sync_id == sync.id), None)


def _problems(sync: Sync, failed: list[Record]) -> Mapping[tuple[str, str], Problem]:
    """The problem of each record: the latest, but one of this sync before all others."""
    if sync.connection_id is None or not failed:
        return {}
    found = problems.about(sync.connection_id, [one.object_id for one in failed])
    ranked = sorted(found, key=lambda one: (one.sync_id == sync.id, one.last_seen_at, one.id))
    return {(one.kind, one.object_id): one for one in ranked}


@dataclass(frozen=True, slots=True)
class Calls:
    """What a sync asked QuickBooks, in order; ``kept``: answers are kept (debug is on)."""

    sync: Sync
    exchanges: tuple[Exchange, ...]
    kept: bool


def read_calls(_store: Store, sync_id: int) -> Calls:
    """Read the timeline of a sync; raises NotFound."""
    sync = syncs.get(sync_id)
    kept = sync.connection_id is not None and connections.by_id(sync.connection_id).debug
    return Calls(sync, tuple(sessions.exchanges(sync_id)), kept)
