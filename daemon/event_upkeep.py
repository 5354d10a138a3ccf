"""Regular work on events: what did not happen in time is told, what is old is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.models import events, outlets, overview
from shared.models.events import Told
from shared.rules.events import EventKind
from shared.rules.lateness import is_late
from shared.rules.values import ApplicationOverview, Connection

AT_ONCE = 2000
"""How many events are forgotten in one transaction, while others wait for the store."""


class EventUpkeep:
    """Store-thread code; ``now`` is the store's time, asked inside the transaction."""

    def __init__(self, now: Callable[[], datetime], keep_days: int) -> None:
        self._now = now
        self._keep = timedelta(days=keep_days)

    def thd_tell_late(self) -> int:
        """Record each application that its Web Connector should have called for, once."""
        now, told = self._now(), 0
        for found in overview.connections():
            for one in found.applications:
                if is_late(found.connection, one, now) and not _is_told(found.connection, one):
                    kind = one.application.kind.value
                    late = Told(str(one.application.id), kind, state="late")
                    events.record(found.connection.id, EventKind.SYNC_LATE, [late])
                    told += 1
        return told

    def thd_prune(self) -> bool:
        """Forget some events that were kept long enough; tells whether there may be more."""
        return events.prune(self._now() - self._keep, outlets.passed(), AT_ONCE) == AT_ONCE


def _is_told(connection: Connection, one: ApplicationOverview) -> bool:
    seen_at, kind = one.application.last_seen_at, one.application.kind.value
    return seen_at is None or events.recorded_since(
        connection.id, EventKind.SYNC_LATE, kind, seen_at
    )
