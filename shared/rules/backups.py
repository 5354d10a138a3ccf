"""Backups of a SQLite store: when the daemon makes one, when one is too old, which ones go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from shared.rules.spans import is_within
from shared.structs import Value

BY_HAND_EVERY = timedelta(days=7)
"""A backup that a person makes is old after so long."""
AGAIN_AFTER = timedelta(hours=1)
"""So long after it failed, the daemon tries again."""
_STAMP = "%Y%m%dT%H%M%SZ"


class BackupKind(StrEnum):
    """Who makes it: the daemon, or a person with ``deskbridge db backup``."""

    SCHEDULED = "scheduled"
    BY_HAND = "by-hand"


class Schedule(Value):
    """The daemon backs the store up into ``folder``, and keeps the newest ``keep`` backups."""

    folder: Path
    every: timedelta
    keep: int

    @property
    def old_after(self) -> timedelta:
        """A backup is old when the next one, too, should have been made long ago."""
        return 2 * self.every


class Backups(Value):
    """How the store is backed up.

    ``made_at`` is when the newest backup of any kind was made, which is too old from ``old_at`` on;
    ``scheduled_at`` is when the daemon made its newest. None: there is none. ``failure`` says why
    the daemon could not make one at ``failed_at``; empty: it could since, or did not try.
    """

    made_at: datetime | None = None
    old_at: datetime | None = None
    scheduled_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""


def is_due(schedule: Schedule, backups: Backups, now: datetime) -> bool:
    """Whether the daemon should make one now."""
    return not (
        is_within(backups.scheduled_at, now, schedule.every)
        or (backups.failure and is_within(backups.failed_at, now, min(AGAIN_AFTER, schedule.every)))
    )


def file_name(store_name: str, installation: str, now: datetime) -> str:
    """The name of a backup: of which store, of which installation, from when (UTC).

    >>> file_name("deskbridge.sqlite3", "3fa9c1d2e0", datetime(2026, 11, 28, 3, 0, tzinfo=UTC))
    'deskbridge-3fa9c1d2-20261128T030000Z.sqlite3'
    """
    return f"{_prefix(store_name, installation)}{now.astimezone(UTC):{_STAMP}}.sqlite3"


def read_name(name: str, store_name: str) -> datetime | None:
    """When the daemon made the backup with that name of file; None: it did not make it.

    >>> read_name("deskbridge-3fa9c1d2-20261128T030000Z.sqlite3", "deskbridge.sqlite3")
    datetime.datetime(2026, 11, 28, 3, 0, tzinfo=datetime.timezone.utc)
    """
    stem = re.escape(Path(store_name).stem)
    found = re.fullmatch(rf"{stem}-\w{{8}}-(\d{{8}}T\d{{6}}Z)\.sqlite3", name)
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def superseded(
    names: Iterable[str], store_name: str, installation: str, keep: int, now: datetime
) -> list[str]:
    """Of the names of files in a folder, the backups of this installation that are to go.

    The newest ``keep`` stay. Those from a time still to come were made while the clock was wrong:
    they go first. Whatever is named in another way is not ours.
    """
    prefix = re.escape(_prefix(store_name, installation))
    ours = re.compile(rf"{prefix}(\d{{8}}T\d{{6}}Z)\.sqlite3")
    this_moment = f"{now.astimezone(UTC):{_STAMP}}"
    stamped = [(found[1], name) for name in names if (found := ours.fullmatch(name))]
    ordered = sorted(stamped, key=lambda one: (one[0] <= this_moment, one[0]))
    return [name for _, name in ordered[: max(0, len(ordered) - keep)]]


def _prefix(store_name: str, installation: str) -> str:
    return f"{Path(store_name).stem}-{installation[:8]}-"
