"""Up to which of QuickBooks' times everything was read; pure, texts of QuickBooks' wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_watermark(
    previous: str, newest: str, *, now: datetime, took: timedelta, overlap: timedelta
) -> str:
    """The watermark after a finished sync.

    The largest TimeModified that QuickBooks showed, never going back, and never more than a
    day ahead of the world: one PC with a wrong clock must not hide later changes. A sync
    that took longer than half the overlap moves it back by as much, since rows read early may
    have changed meanwhile.
    """
    mark = max(previous, newest)
    if not mark:
        return ""
    ahead = (now + timedelta(hours=26)).replace(tzinfo=None).isoformat(timespec="seconds")
    return earlier(min(mark, ahead), max(took - overlap / 2, timedelta(0)))


def earlier(wall_clock: str, by: timedelta) -> str:
    """That much before; empty text stays empty."""
    if not wall_clock:
        return ""
    return (datetime.fromisoformat(wall_clock) - by).isoformat(timespec="seconds")
