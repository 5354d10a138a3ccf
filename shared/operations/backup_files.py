"""The files from which a SQLite store can be restored: where they are, of when, who made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from shared.models import backups
from shared.models.restoring import BESIDE
from shared.models.store import Store
from shared.rules.backups import read_name
from shared.structs import Value


class Origin(StrEnum):
    """Why there is a backup."""

    DAEMON = "daemon"
    BY_HAND = "by hand"
    BEFORE_RESTORE = "before a restore"
    BEFORE_UPGRADE = "before an upgrade"


class BackupFile(Value):
    """One file: the store as it was at ``made_at``."""

    path: Path
    made_at: datetime
    size_bytes: int
    origin: Origin


def view(store: Store, folder: Path | None) -> tuple[BackupFile, ...]:
    """The backups of a store, the newest first: in ``folder``, beside it, and where it knows of.

    ``folder`` is where the daemon makes them; None: it makes none. Empty on PostgreSQL. Raises
    OSError for a folder that cannot be read.
    """
    return _listed(store.path, folder, backups.files())


def view_without_store(url: str, folder: Path | None) -> tuple[BackupFile, ...]:
    """The same for the store at ``url``, which cannot be used."""
    return _listed(Store.path_of(url), folder, ())


def _listed(
    path: Path | None, folder: Path | None, known: Iterable[Path]
) -> tuple[BackupFile, ...]:
    if path is None:
        return ()
    by_hand = (copy for one in known for copy in _read(one, Origin.BY_HAND))
    found = {one.path: one for one in (*_beside(path), *_in(folder, path), *by_hand)}
    return tuple(sorted(found.values(), key=lambda one: one.made_at, reverse=True))


def _beside(path: Path) -> Iterator[BackupFile]:
    """What a restore or an upgrade kept, and what somebody copied by hand, beside the store."""
    if not path.parent.is_dir():
        return
    for one in path.parent.iterdir():
        if one.name.startswith(f"{path.name}.before-restore-") and not one.name.endswith(BESIDE):
            yield from _read(one, Origin.BEFORE_RESTORE)
        elif one.name.startswith(f"{path.name}.version-") and one.suffix == ".backup":
            yield from _read(one, Origin.BEFORE_UPGRADE)
        elif one.name.startswith(f"{path.stem}-by-hand-"):
            yield from _read(one, Origin.BY_HAND)


def _in(folder: Path | None, path: Path) -> Iterator[BackupFile]:
    if folder is None or not folder.is_dir():
        return
    for one in folder.iterdir():
        made_at = read_name(one.name, path.name)
        if made_at is not None:
            yield from _read(one, Origin.DAEMON, made_at)
        elif one.suffix == ".sqlite3" and one != path and not one.name.startswith("."):
            yield from _read(one, Origin.BY_HAND)


def _read(path: Path, origin: Origin, made_at: datetime | None = None) -> Iterator[BackupFile]:
    with suppress(FileNotFoundError):  # the daemon may just have removed it
        found = path.stat()
        changed_at = datetime.fromtimestamp(found.st_mtime, UTC)
        yield BackupFile(path, made_at or changed_at, found.st_size, origin)
