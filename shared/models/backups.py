"""How backups and checks of the store went: the latest of each kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis, millis_or_none, moment_or_none
from shared.models.events import Told
from shared.models.statements import Statement, put_rows
from shared.rules.backups import BackupKind, Backups
from shared.rules.events import EventKind
from shared.rules.store_checks import StoreCheck

_CHECK = "check"
"""A row of this kind is no backup, but the latest check of the whole store."""


def standing() -> Backups:
    """Return how the store is backed up."""
    rows = {kind: (made, old, failed, why) for kind, made, old, failed, why in _ALL.all()}
    made_ms, old_ms = (
        max((row[column] for row in rows.values() if row[column] is not None), default=None)
        for column in (0, 1)
    )
    scheduled_ms, _, failed_ms, failure = rows.get(BackupKind.SCHEDULED.value, (None,) * 3 + ("",))
    return Backups(
        made_at=moment_or_none(made_ms),
        old_at=moment_or_none(old_ms),
        scheduled_at=moment_or_none(scheduled_ms),
        failed_at=moment_or_none(failed_ms),
        failure=failure,
    )


_ALL = Statement(
    lambda: t.Backup.select("kind", "made_ms", "old_ms", "failed_ms", "failure").where(
        t.Backup.kind != _CHECK
    )
)


def files() -> tuple[Path, ...]:
    """Where the latest backup of each kind was written; it may be gone since."""
    return tuple(Path(path) for [path] in _FILES.all() if path)


_FILES = Statement(lambda: t.Backup.select("path"))


def made(kind: BackupKind, path: Path, now: datetime, old_after: timedelta) -> None:
    """Note that a backup was made, which is old after that long."""
    row = (kind.value, millis(now), millis(now + old_after), str(path), None, "")
    _MADE.many([row])
    events.record(events.NOBODY, EventKind.BACKUP_MADE, [Told("", path.name, state=kind.value)])


def failed(why: str, now: datetime) -> None:
    """Note why the daemon could not make a backup."""
    _FAILED.many([(BackupKind.SCHEDULED.value, None, None, "", millis(now), why)])
    told = Told("", state=BackupKind.SCHEDULED.value)
    events.record(events.NOBODY, EventKind.BACKUP_FAILED, [told])


def forget_failure() -> None:
    """The daemon makes no backups any more, so it does not fail to either."""
    _FORGET_FAILURE.run()


_FORGET_FAILURE = Statement(lambda: t.Backup.update(failure="").where(t.Backup.kind != _CHECK))


def last_check() -> StoreCheck:
    """Return what the latest check of the whole store found."""
    row = _LAST_CHECK.one()
    return StoreCheck() if row is None else StoreCheck(moment_or_none(row[0]), row[1])


_LAST_CHECK = Statement(
    lambda: t.Backup.select("made_ms", "failure").where(t.Backup.kind == _CHECK)
)


def checked(check: StoreCheck) -> None:
    """Note what a check of the whole store found."""
    _MADE.many([(_CHECK, millis_or_none(check.checked_at), None, "", None, check.damage)])


_MADE = put_rows(t.Backup)
_FAILED = put_rows(t.Backup, replaces=("failed_ms", "failure"))
