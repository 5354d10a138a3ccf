"""Spans of time between what was noted and now, although a clock may have been set back since."""

from __future__ import annotations

from datetime import datetime, timedelta


def is_within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    """Whether something happened less than ``span`` ago; None: it never did.

    A time that is still to come was noted by a clock that was wrong, so it counts for nothing.
    """
    return at is not None and timedelta(0) <= now - at < span
