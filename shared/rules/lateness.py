"""When the Web Connector should call for an application, and when it is late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.rules.values import ApplicationOverview, Connection

_LEAST_GRACE = timedelta(minutes=5)


def due_at(connection: Connection, one: ApplicationOverview) -> datetime | None:
    """When the Web Connector should call for an application, by the proposed Auto-Run."""
    seen = one.application.last_seen_at
    if seen is None or not connection.run_every_minutes:
        return None
    return seen + timedelta(minutes=connection.run_every_minutes)


def is_late(connection: Connection, one: ApplicationOverview, now: datetime) -> bool:
    """Whether Auto-Run stopped calling: half an interval, five minutes at least, went by."""
    runs = one.sync is not None and one.sync.ended_at is None
    return not runs and has_missed(connection.run_every_minutes, one.application.last_seen_at, now)


def has_missed(minutes: int, seen_at: datetime | None, now: datetime) -> bool:
    """Whether a call is overdue: Auto-Run's interval is ``minutes``, 0 for none."""
    if seen_at is None or not minutes:
        return False
    interval = timedelta(minutes=minutes)
    return now > seen_at + interval + max(interval / 2, _LEAST_GRACE)
