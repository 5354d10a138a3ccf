"""The time of day, passed as an argument wherever a rule needs it."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, timezone-aware and in UTC."""
    return datetime.now(UTC)
