"""The files of this machine: room for the store, and who may read and write what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from shared.files import user_name, why_closed
from shared.health.checks import Check, fail, ok, size, warn
from shared.health.machine import Machine
from shared.settings import Settings

LEAST_FREE_BYTES = 100 << 20
ENOUGH_FREE_BYTES = 1 << 30
_SIDE_FILES = ("-wal", "-shm", "-journal")
_FOR_OTHERS = 0o077
_FOR_EVERYBODY = 0o007


def of_files(settings: Settings, machine: Machine) -> Iterator[Check]:
    """Check disk and permissions of a SQLite store, and who may read the settings file."""
    path = _store_file(settings.database)
    if path is not None:
        try:
            yield from _of_store_file(path, machine)
        except OSError as error:
            told = f"{error.filename or path} cannot be read: {error.strerror}."
            remedy = "Run commands as the service's user: sudo -u deskbridge deskbridge …"
            yield fail("permissions", told, remedy)
    if _settings_tell_a_password(settings):
        yield warn(
            "permissions",
            f"{settings.config_path} contains the database password, and everybody can read it.",
            f"Run: chmod o-rwx {settings.config_path}",
        )


def _store_file(database: str) -> Path | None:
    if not database.startswith("sqlite:///") or database.endswith(":memory:"):
        return None
    return Path(unquote(database.removeprefix("sqlite:///"))).expanduser().absolute()


def _of_store_file(path: Path, machine: Machine) -> Iterator[Check]:
    if not path.exists():
        return
    yield _room(path, machine)
    faults = list(_permissions(path, machine))
    yield from faults or [ok("permissions", f"Only {_owner(path)} can read {path}.")]


def _room(path: Path, machine: Machine) -> Check:
    free = machine.free_bytes(path.parent)
    told = f"{size(free)} is free on the disk of {path.parent}."
    held = path.stat().st_size
    if free < LEAST_FREE_BYTES:
        return fail("disk", told, "Free space on that disk: a sync fails when it is full.")
    if free < max(ENOUGH_FREE_BYTES, held):
        return warn("disk", told, f"Free space on that disk; a backup alone takes {size(held)}.")
    return ok("disk", told)


def _permissions(path: Path, machine: Machine) -> Iterator[Check]:
    """What is wrong with owner and mode of the store and of its side files."""
    owner = _owner(path)
    as_owner = f"Run commands as its user: sudo -u {owner} deskbridge …"
    if not (machine.may_write(path) and machine.may_write(path.parent)):
        remedy = why_closed(path) or as_owner
        yield fail("permissions", f"This user may not write to {path} or its folder.", remedy)
    elif machine.user_id() == 0 and path.stat().st_uid != 0:
        told = (
            f"{path} belongs to {owner}; files that root adds there are not writable for {owner}."
        )
        yield warn("permissions", told, as_owner)
    for side in _side_files(path):
        if side.stat().st_uid != path.stat().st_uid:
            told = f"{side} belongs to {_owner(side)}, and the store to {owner}."
            yield fail("permissions", told, f"Stop the daemon and run: chown {owner} {side}")
    if path.stat().st_mode & _FOR_OTHERS:
        told = f"Users other than {owner} can read {path}; it contains customers' data."
        yield warn("permissions", told, f"Run: chmod 600 {path}")


def _side_files(path: Path) -> list[Path]:
    sides = (path.with_name(path.name + ending) for ending in _SIDE_FILES)
    return [side for side in sides if side.exists()]


def _owner(path: Path) -> str:
    return user_name(path.stat().st_uid)


def _settings_tell_a_password(settings: Settings) -> bool:
    path = settings.config_path
    if path is None or settings.sources.get("database") != str(path):
        return False
    if settings.database == settings.database_shown:
        return False
    return bool(path.stat().st_mode & _FOR_EVERYBODY)
