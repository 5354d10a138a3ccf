"""The store itself: upgrade it, copy it while it is in use, check it, restore it from a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from shared.clock import utc_now
from shared.errors import StoreError
from shared.models import audit, backups, connections, daemons, ledger, restoring
from shared.models import store as stores_of_ours
from shared.models.daemons import SILENT_AFTER
from shared.models.store import Store, Upgraded
from shared.operations.deciding import Operator
from shared.rules.backups import BY_HAND_EVERY, BackupKind


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
        by.note("db.backup", "", str(target))
        backups.made(BackupKind.BY_HAND, target, by.now, BY_HAND_EVERY)
    return Backup(target, target.stat().st_size)


@dataclass(frozen=True)
class Checked:
    """What reading the whole store found."""

    damage: Annotated[tuple[str, ...], "what is damaged, as a list; empty: nothing is"]


def check(store: Store) -> Checked:
    """Read all of a SQLite store. Raises StoreError, also on PostgreSQL."""
    return Checked(store.damage())


@dataclass(frozen=True)
class Restored:
    """A store that was restored."""

    path: Annotated[Path, "absolute path of the store"]
    kept: Annotated[Path | None, "where the store as it was is kept; null: there was none"]


RESTORE_TELLS = (
    "The next Invoice Sync of each company compares all invoices and customers with QuickBooks.",
    "Each payment that the backup does not know as posted is looked for in QuickBooks before it is"
    " sent, by its reference number and its mark. What is found is marked as posted, so nothing is"
    " posted twice.",
    "What was done in Deskbridge after the backup is not in it: payments that came in since have"
    " to be imported again, connections added again, and decisions made again. A password that"
    " was replaced since is the old one again.",
)
"""What follows from restoring, for the person who decides it."""


def check_restore(url: str, backup: Path) -> Path:
    """Check that the store at ``url`` can be replaced by ``backup``; return the store's path.

    Raises StoreError: no SQLite store, a program has it open, or the backup cannot be used.
    """
    path = Store.path_of(url)
    if path is None:
        raise StoreError(
            "A PostgreSQL store is restored with PostgreSQL's own tools.",
            "Stop every daemon and run: pg_restore --clean --dbname=ADDRESS FILE",
        )
    if path.exists() and backup.exists() and path.samefile(backup):
        raise StoreError(f"{backup} is the store itself.", "Choose a backup of it.")
    restoring.check_nobody_has(path)
    restoring.check_backup(backup)
    return path


def restore(url: str, backup: Path, who: str) -> Restored:
    """Replace the store at ``url`` by a copy of ``backup``, upgraded where it is older.

    No plan goes before it: the store that one is read from may be damaged or gone, and the old
    file is kept. Raises StoreError, and leaves the store as it was.
    """
    path = check_restore(url, backup)

    def prepare(copy: Path) -> None:
        with stores_of_ours.open_store(f"sqlite:///{copy}", check_version=False) as restored:
            restored.upgrade(keeps_copy=False)
            with restored.transaction():
                for connection in connections.all():
                    ledger.compare_next(connection.id)
                audit.add(who, "store.restore", "", str(backup), restored.now())

    return Restored(path, restoring.put_in_place(path, backup, utc_now(), prepare))
