"""When syncs of a connection rest: while it is paused, in quiet hours, when their time is up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.rules.quiet_hours import QuietHours
from shared.structs import Value

if TYPE_CHECKING:
    from shared.rules.values import Connection

PAUSED, QUIET, TIME_IS_UP = "connection-paused", "quiet-hours", "time-budget"


class Rest(Value):
    """Why no sync begins or goes on: the hint, who paused it, until when; None: until resumed."""

    code: str
    who: str
    until: datetime | None


def rest(connection: Connection, now: datetime) -> Rest | None:
    """Why a connection rests now; None: it does not."""
    if connection.paused_at is not None:
        return Rest(PAUSED, connection.paused_by, None)
    if connection.quiet_hours:
        until = QuietHours.parse(connection.quiet_hours).end_of(now)
        if until is not None:
            return Rest(QUIET, "", until)
    return None


def is_over_time(connection: Connection, began: datetime, now: datetime) -> bool:
    """Whether a sync that began then has taken as long as one may."""
    minutes = connection.time_budget_minutes
    return bool(minutes) and now - began >= timedelta(minutes=minutes)
