"""The store itself: bring it to the form that this version needs, copy it while it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from shared.errors import StoreError
from shared.health.snapshot import BACKUP
from shared.models import daemons
from shared.models.daemons import SILENT_AFTER
from shared.models.store import Store, Upgraded
from shared.operations.deciding import Operator


@dataclass(frozen=True)
class Backup:
    """A copy of the store."""

    path: Annotated[Path, "absolute path of the copy"]
    size_bytes: Annotated[int, "its size"]


def upgrade(store: Store) -> Upgraded:
    """Take the missing steps; a SQLite file is copied first.

    No plan goes before it: the tables that a plan is read from may not be there yet, and the copy
    is the way back. Raises StoreError, also while a daemon runs: its own version knows the old
    tables alone.
    """
    if store.is_outdated:
        _refuse_while_a_daemon_runs(store)
    return store.upgrade()


def _refuse_while_a_daemon_runs(store: Store) -> None:
    with store.reading():
        alive = daemons.alive(store.now())
    if alive:
        named = ", ".join(f"process {pid} on {host}" for host, pid in alive)
        seconds = f"{SILENT_AFTER.total_seconds():.0f}"
        raise StoreError(
            f"The store is in use by a daemon: {named}.",
            "Stop every daemon (sudo systemctl stop deskbridge on each machine), then upgrade. One"
            f" that was killed counts as running for {seconds} seconds.",
        )


def back_up(by: Operator, target: Path) -> Backup:
    """Copy a SQLite store to ``target``, which must not exist, and note it. Raises StoreError.

    The copy is made outside of any transaction, so that others go on writing meanwhile.
    """
    by.store.backup(target)
    with by.store.transaction():
        by.note(BACKUP, "", str(target))
    return Backup(target, target.stat().st_size)
