"""Up to when everything was read, on QuickBooks' wall clock, and when it was compared; pure."""

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


def compared(now: datetime, version: str) -> str:
    """The mark of a comparison of everything: when it was done, and by which version."""
    return f"{now.isoformat()} {version}"


def is_due(mark: str, *, now: datetime, every: timedelta, version: str) -> bool:
    """Whether everything is to be compared again.

    It is after ``every``, in the first sync of a day by this machine's calendar, and once after
    an upgrade, since another version may see more. A clock that was set back is no reason to wait.
    """
    at, _, by = mark.partition(" ")
    if not at or by != version:
        return True
    then = datetime.fromisoformat(at)
    is_another_day = then.astimezone().date() != now.astimezone().date()
    return is_another_day or not timedelta(0) <= now - then < every
