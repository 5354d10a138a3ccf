"""The time of day, passed as an argument wherever a rule needs it."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, timezone-aware and in UTC."""
    return datetime.now(UTC)


def clock_time(at: datetime) -> str:
    """The time of day on this machine's wall clock, as it is said: ``5:19 PM``."""
    local = at.astimezone()
    return f"{local.hour % 12 or 12}:{local:%M} {'PM' if local.hour >= 12 else 'AM'}"
