"""When the daemon reads all of a SQLite store, to find damage that no sync has met yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.rules.backups import is_within

EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=1)
"""So long after it found damage, the daemon reads the store again: somebody may have mended it."""


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """When all of the store was read last, and what is damaged; None: never, empty: nothing."""

    checked_at: datetime | None = None
    damage: str = ""


def is_due(check: StoreCheck, now: datetime) -> bool:
    """Whether the daemon should read all of the store now."""
    return not is_within(check.checked_at, now, AGAIN_AFTER if check.damage else EVERY)
