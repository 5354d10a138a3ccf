"""The store itself: upgrade it, copy it while it is in use, check it, restore it from a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from shared.clock import utc_now
from shared.errors import NotAllowed, StoreError
from shared.models import audit, backups, daemons, moving, overview, restoring
from shared.models import store as stores_of_ours
from shared.models.daemons import SILENT_AFTER
from shared.models.ledger import rereads
from shared.models.moving import CopiedTable, Told
from shared.models.platforms import accounts
from shared.models.store import Store, Upgraded
from shared.operations.deciding import Operator
from shared.operations.describe.text import count
from shared.operations.operators import check_manages_all
from shared.people import Person
from shared.rules.backups import BY_HAND_EVERY, BackupKind
from shared.rules.operators import Role
from shared.structs import Value


class Backup(Value):
    """A copy of the store."""

    path: Annotated[Path, "absolute path of the copy"]
    size_bytes: Annotated[int, "its size"]


def upgrade(store: Store) -> Upgraded:
    """Take the missing steps; a SQLite file is copied first.

    No plan goes before it: the tables that a plan is read from may not be there yet, and the copy
    is the way back. Raises StoreError, also while a daemon runs: its own version knows the old
    tables alone.
    """
    check_manages_all(store)
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
            "Stop every daemon (sudo systemctl stop deskbridge on each machine), then try again."
            f" One that was killed counts as running for {seconds} seconds.",
        )


def back_up(by: Operator, target: Path) -> Backup:
    """Copy a SQLite store to ``target``, which must not exist, and note it. Raises StoreError.

    The copy is made outside of any transaction, so that others go on writing meanwhile.
    """
    check_manages_all(by.store)
    by.store.backup(target)
    with by.store.transaction():
        by.note("db.backup", "", str(target))
        backups.made(BackupKind.BY_HAND, target, by.now, BY_HAND_EVERY)
    return Backup(target, target.stat().st_size)


class Checked(Value):
    """What reading the whole store found."""

    damage: Annotated[tuple[str, ...], "what is damaged, as a list; empty: nothing is"]


def check(store: Store) -> Checked:
    """Read all of a SQLite store. Raises StoreError, also on PostgreSQL."""
    check_manages_all(store)
    return Checked(store.damage())


class Compacted(Value):
    """A store that was written anew."""

    before_bytes: Annotated[int, "size of the file before"]
    after_bytes: Annotated[int, "its size now"]


def compact(by: Operator) -> Compacted:
    """Give what is free in a SQLite store back to the disk.

    No plan goes before it: no row changes. Raises StoreError, also while others use the store:
    they would wait for as long as it takes.
    """
    store = by.store
    _refuse_while_a_daemon_runs(store)
    _refuse_while_others_use(store)
    with store.transaction():
        by.note("store.vacuum", "", "")
    before = 0 if store.path is None else store.path.stat().st_size
    store.compact()
    return Compacted(before, 0 if store.path is None else store.path.stat().st_size)


class Restored(Value):
    """A store that was restored."""

    path: Annotated[Path, "absolute path of the store"]
    kept: Annotated[Path | None, "where the store as it was is kept; null: there was none"]
    looked_up: Annotated[int, "payments that are looked up in QuickBooks before they are sent"]


RESTORE_TELLS = (
    "The next Invoice Sync of each company compares all invoices and customers with QuickBooks.",
    "Each payment that the backup does not know as posted is looked up in QuickBooks before it"
    " is sent, by its reference number and its tags. If it is found, it is marked as posted, so"
    " nothing is posted twice.",
    "The backup does not contain what was done in Deskbridge after it was made: import later"
    " payments again, add later connections again, and make later decisions again. If a password"
    " was replaced since, the old one is valid again.",
)
"""What follows from restoring, for the person who decides it."""


def check_restore(url: str, backup: Path, person: Person | None = None) -> Path:
    """Check that the store at ``url`` can be replaced by ``backup``; return the store's path.

    ``person`` is who wants it. Raises NotAllowed, StoreError: no SQLite store, a program has it
    open, or the backup cannot be used.
    """
    path = Store.path_of(url)
    if person is not None and not person.always_manages(path):
        _check_may_replace(url, person)
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


def _check_may_replace(url: str, person: Person) -> None:
    """Raise NotAllowed unless the store as it is says that the person manages it."""
    try:
        with stores_of_ours.open_store(url, create=False, person=person) as store:
            check_manages_all(store)
    except NotAllowed:
        raise
    except StoreError as error:
        told = f"The store cannot be asked for rights: {error.sentence} Root and its owner may."
        raise NotAllowed(told, Role.MANAGE) from error


def restore(url: str, backup: Path, who: str, person: Person | None = None) -> Restored:
    """Replace the store at ``url`` by a copy of ``backup``, upgraded where it is older.

    No plan goes before it: the store that one is read from may be damaged or gone, and the old
    file is kept. Raises StoreError, and leaves the store as it was.
    """
    path = check_restore(url, backup, person)
    looked_up = 0

    def prepare(copy: Path) -> None:
        nonlocal looked_up
        with stores_of_ours.open_store(f"sqlite:///{copy}", check_version=False) as restored:
            restored.upgrade(keeps_copy=False)
            with restored.transaction():
                for one in overview.connections():
                    rereads.compare_next(one.connection.id)
                    looked_up += one.payments_waiting + one.payments_unknown
                audit.add(who, "store.restore", "", str(backup), restored.now())

    kept = restoring.put_in_place(path, backup, utc_now(), prepare)
    return Restored(path, kept, looked_up)


def follows(done: Restored) -> tuple[str, ...]:
    """What follows from a restore that was done, for whoever did it."""
    number = f"{count(done.looked_up, 'payment')} not posted yet, as far as the backup knows."
    return (f"To look up: {number}", *RESTORE_TELLS) if done.looked_up else RESTORE_TELLS


class Copied(Value):
    """A store that was copied, and where it is now."""

    source: Annotated[str, "address of the store that was copied, without a password"]
    target: Annotated[str, "address of the copy, without a password"]
    tables: Annotated[tuple[CopiedTable, ...], "the tables, each the same on both sides"]
    seals_keys: Annotated[bool, "whether the store holds keys that are encrypted with a store key"]


COPY_TELLS = (
    "Keep the old store until everything works, but do not start a daemon on it: neither store"
    " knows what the other one posts."
)
KEYS_TELL = (
    "Keys of billing platforms in the store are encrypted with the store key. Give it to each"
    " daemon as DESKBRIDGE_STORE_KEY, or as the credential deskbridge-store-key. For a SQLite"
    " store, it is the text in the .key file beside it."
)
"""What follows from copying, and where the store holds keys."""


def copy_to(by: Operator, url: str, told: Told) -> Copied:
    """Copy the store into the empty database at ``url``, or finish such a copy.

    No plan goes before it: the store stays as it is, and the copy is none before all of it was
    compared. ``told`` hears of its progress. Raises StoreError.
    """
    source = by.store
    check_manages_all(source)
    _refuse_while_a_daemon_runs(source)
    _refuse_while_others_use(source)
    with stores_of_ours.open_store(url, unfinished=True) as target:
        if target.url_shown == source.url_shown:
            raise StoreError(f"{target.url_shown} is the store itself.", "Name another database.")
        _refuse_while_others_use(target)
        tables = moving.copy(source, target, told)
        with target.transaction():
            audit.add(by.who, "store.copy", "", f"from {source.url_shown}", target.now())
            seals_keys = accounts.seals_keys()
        return Copied(source.url_shown, target.url_shown, tables, seals_keys)


def _refuse_while_others_use(store: Store) -> None:
    if store.used_by:
        raise StoreError(
            f"The store {store.url_shown} is in use by {', '.join(store.used_by)}.",
            "Stop every daemon and close every console, then try again.",
        )
