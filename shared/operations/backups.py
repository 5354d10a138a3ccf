"""The backups that the daemon makes by itself, by its settings: nobody decides each of them."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import StoreError
from shared.files import remedy_for
from shared.health.checks import size
from shared.health.files import LEAST_FREE_BYTES
from shared.models import backups, installation
from shared.models.sqlite import UNFINISHED
from shared.models.store import Store
from shared.rules.backups import BackupKind, Schedule, file_name, is_due, superseded


def view_due(store: Store, schedule: Schedule) -> bool:
    """Whether a backup should be made now."""
    return is_due(schedule, backups.standing(), store.now())


def make_scheduled(
    store: Store, schedule: Schedule, free_bytes: Callable[[Path], int], ended: Callable[[], bool]
) -> Path | None:
    """Make a backup, note it, and remove those before it that are too many.

    None: another daemon is making one. Raises StoreError, which is noted where the store lets it,
    and Stopped once ``ended`` says so. Opens the units that it needs; takes seconds or minutes.
    """
    try:
        return _make(store, schedule, free_bytes, ended)
    except (StoreError, OSError) as error:
        failure = error if isinstance(error, StoreError) else _of_folder(schedule.folder, error)
        with store.transaction():
            backups.failed(str(failure), store.now())
        raise failure from error


def _make(
    store: Store, schedule: Schedule, free_bytes: Callable[[Path], int], ended: Callable[[], bool]
) -> Path | None:
    assert store.path is not None
    with suppress(FileExistsError):
        schedule.folder.mkdir(mode=0o700)
    with _alone_in(schedule.folder) as alone:
        if not alone:
            return None
        with store.reading():
            token, now = installation.token(), store.now()
        target = schedule.folder / file_name(store.path.name, token, now)
        for unfinished in schedule.folder.glob(f".{target.stem.rpartition('-')[0]}-*{UNFINISHED}"):
            unfinished.unlink()
        _remove_superseded(store.path.name, token, schedule, store)
        _check_room(store.path, schedule.folder, free_bytes)
        store.backup(target, ended)
        with store.transaction():
            backups.made(BackupKind.SCHEDULED, target, store.now(), schedule.old_after)
        _remove_superseded(store.path.name, token, schedule, store)
    return target


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Tell whether no other daemon is at work in the folder; the lock ends with the process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a folder of another machine that knows no locks
        pass
    return True


def _remove_superseded(store_name: str, token: str, schedule: Schedule, store: Store) -> None:
    names = [one.name for one in schedule.folder.iterdir()]
    for name in superseded(names, store_name, token, schedule.keep, store.now()):
        (schedule.folder / name).unlink()


def _check_room(path: Path, folder: Path, free_bytes: Callable[[Path], int]) -> None:
    """Begin nothing that would fill the disk, least of all that of the store."""
    beside = path.with_name(f"{path.name}-wal")
    needed = path.stat().st_size + (beside.stat().st_size if beside.exists() else 0)
    free = free_bytes(folder)
    if free < needed + LEAST_FREE_BYTES:
        raise StoreError(
            f"There is no room for a backup in {folder}: it needs {size(needed)}, and"
            f" {size(free)} is free.",
            "Free space on that disk, or set backup_keep lower.",
        )


def _of_folder(folder: Path, error: OSError) -> StoreError:
    remedy = _LET_IT if error.errno == errno.EROFS else remedy_for(error)
    told = f"No backup can be made in {folder}: {error.strerror}."
    return StoreError(told, f"{remedy}." if remedy else "")


_LET_IT = (
    "Let the service write there: ReadWritePaths in its unit, as docs/backup-and-restore.md shows"
)
