"""The store itself: engine, version, journal, backup, and the clock it is stamped by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared import dates
from shared.errors import StoreError, StoreOutdated, StoreTooNew
from shared.health.checks import Check, fail, ok, size, span, warn
from shared.health.snapshot import StoreSnapshot

CLOCKS_AGREE = timedelta(seconds=5)
CLOCKS_DISAGREE = timedelta(minutes=5)
_ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def of_store(snapshot: StoreSnapshot, machine_now: datetime) -> Iterator[Check]:
    """Check a store that could be read; ``machine_now`` is this machine's time."""
    engine = f"{_ENGINES[snapshot.facts.engine]} {snapshot.facts.version}"
    yield ok("store", f"{engine} at {snapshot.url_shown}, {size(snapshot.facts.size_bytes)}.")
    yield ok("schema", f"Version {snapshot.schema_version}, as this Deskbridge needs it.")
    if snapshot.facts.engine == "sqlite":
        yield _journal(snapshot)
        yield _damage(snapshot)
    yield _backup(snapshot)
    yield _clock(snapshot, machine_now)


def of_unusable_store(error: StoreError) -> Check:
    """Tell why the store cannot be used."""
    name = "schema" if isinstance(error, StoreOutdated | StoreTooNew) else "store"
    return fail(name, error.sentence, error.remedy or "Check the setting database.")


def _journal(snapshot: StoreSnapshot) -> Check:
    if not snapshot.warnings:
        return ok("journal", f"{snapshot.journal_mode}, safe with SQLite {snapshot.facts.version}.")
    told, _, remedy = " ".join(snapshot.warnings).partition(". ")
    return warn("journal", f"{told}.", remedy)


def _damage(snapshot: StoreSnapshot) -> Check:
    check = snapshot.check
    if check.checked_at is None:
        return ok("damage", "Not looked for yet: the daemon reads all of the store once a day.")
    ago = span(snapshot.now - check.checked_at)
    if not check.damage:
        return ok("damage", f"None when the daemon read all of the store {ago} ago.")
    told = f"The daemon read all of the store {ago} ago and found damage: {check.damage}"
    return fail("damage", told, _RESTORE)


_RESTORE = "Stop the daemon and restore a backup: deskbridge db restore FILE"


def _backup(snapshot: StoreSnapshot) -> Check:
    if snapshot.facts.engine == "postgresql":
        return ok(
            "backup",
            "PostgreSQL has its own backup tools; Deskbridge does not know about those backups.",
        )
    backups, now = snapshot.backups, snapshot.now
    if backups.failure and backups.failed_at is not None:
        ago = span(now - backups.failed_at)
        told = f"The daemon could not make a backup {ago} ago: {backups.failure}"
        return warn("backup", told, _CORRECT_IT)
    if backups.made_at is not None and backups.old_at is not None:
        told = f"The last one was made {span(now - backups.made_at)} ago."
        return warn("backup", told, _MAKE_ONE) if now > backups.old_at else ok("backup", told)
    if not snapshot.has_connections:
        return ok("backup", "None yet; there are no connections yet either.")
    return warn("backup", "No backup has been made yet.", _MAKE_ONE)


_MAKE_ONE = (
    "Set backup_directory, and the daemon backs the store up a minute after its start and then"
    " every day. Or make one now: deskbridge db backup FILE"
)
_CORRECT_IT = "Fix the cause; the daemon tries again within the hour."


def _clock(snapshot: StoreSnapshot, machine_now: datetime) -> Check:
    remedy = "Turn on network time: timedatectl set-ntp true."
    if snapshot.latest_at is not None and snapshot.latest_at - snapshot.now > CLOCKS_DISAGREE:
        ahead = span(snapshot.latest_at - snapshot.now)
        told = f"The store contains a time that is {ahead} ahead: a clock is or was wrong."
        return fail("clock", told, f"{remedy} Sessions and locks may wait until that time.")
    if snapshot.facts.engine == "sqlite":
        return ok(
            "clock", f"{dates.moment_in_utc(machine_now)}, and nothing in the store is later."
        )
    apart = abs(snapshot.now - machine_now)
    told = f"This machine's clock and the database server's are {span(apart)} apart."
    if apart > CLOCKS_DISAGREE:
        return fail("clock", told, remedy)
    return ok("clock", told) if apart <= CLOCKS_AGREE else warn("clock", told, remedy)
