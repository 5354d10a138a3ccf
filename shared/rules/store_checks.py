"""When the daemon reads all of a SQLite store, to find damage that no sync has met yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.rules.spans import is_within
from shared.structs import Value

EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=1)
"""So long after it found damage, the daemon reads the store again: somebody may have mended it."""
DOUBTED_AFTER = timedelta(minutes=5)


class StoreCheck(Value):
    """When all of the store was read last, and what is damaged; None: never, empty: nothing."""

    checked_at: datetime | None = None
    damage: str = ""


def is_due(check: StoreCheck, now: datetime, *, doubted: bool) -> bool:
    """Whether the daemon should read all of the store now; ``doubted``: it met damage since."""
    every = AGAIN_AFTER if check.damage else DOUBTED_AFTER if doubted else EVERY
    return not is_within(check.checked_at, now, every)
