"""Put a backup in the place of a SQLite store, which is kept; nobody may have it open.

The backup is checked before, and prepared in a file of its own, so that one step replaces the
store: whatever fails before that step leaves it as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee
from peewee import sqlite3  # type: ignore[attr-defined]

from shared.errors import StoreError
from shared.files import flush_folder, give_to_owner_of_folder, make_private_file, remedy_for
from shared.models.schema import MIGRATIONS, read_schema
from shared.models.sqlite_copy import Pace, flush
from shared.open_files import programs_that_hold

BESIDE = ("-wal", "-shm", "-journal")
"""How the names of files end that belong to a SQLite file and stand beside it."""
_ANOTHER = "Choose another backup."


def check_backup(backup: Path, pace: Pace | None = None) -> None:
    """Read all of ``backup``; raises StoreError unless it is a whole store that we can use.

    An older one is fine: the steps that it lacks are taken when it is restored. With a ``pace``
    there are rests, and it raises Stopped once that has ended.
    """
    if not backup.is_file():
        raise StoreError(f"There is no file {backup}.", _ANOTHER)
    beside = Path(f"{backup}-wal")
    if beside.exists() and beside.stat().st_size:
        raise StoreError(
            f"{backup} is not a finished backup: part of it is in {beside}.",
            "Choose a file that `deskbridge db backup` made.",
        )
    database: Any = peewee.SqliteDatabase(
        f"file:{quote(str(backup))}?mode=ro&immutable=1", uri=True, autoconnect=False
    )
    try:
        database.connect()
        with nullcontext() if pace is None else pace.within(database.connection()):
            schema = read_schema(database, MIGRATIONS)
            damages = damage(database)
    except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
        raise StoreError(f"{backup} cannot be used: {error}.", _ANOTHER) from error
    finally:
        database.close()
    if not schema.applied:
        raise StoreError(f"{backup} does not contain a Deskbridge store.", _ANOTHER)
    schema.check_not_newer()
    if damages:
        raise StoreError(f"{backup} is damaged: {damages[0]}.", _ANOTHER)


def damage(database: Any) -> tuple[str, ...]:
    """What SQLite finds wrong when it reads everything; empty when all is well."""
    found: list[str] = []
    try:
        found += _integrity(database)
        found += _missing_owners(database)
    except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
        if "malformed" not in str(error):
            raise
        found = found or [str(error)]
    return tuple(found)


def _integrity(database: Any) -> list[str]:
    rows = database.execute_sql("PRAGMA integrity_check(20)").fetchall()
    return [str(told) for (told,) in rows if told != "ok"]


def _missing_owners(database: Any) -> list[str]:
    rows = database.execute_sql("PRAGMA foreign_key_check").fetchmany(20)
    return [
        f"row {row} of {table} belongs to a row of {owner} that is gone"
        for table, row, owner, _ in rows
    ]


def users_of(path: Path) -> tuple[str, ...]:
    """The programs that have the store at ``path`` open, without this one."""
    return tuple(programs_that_hold([path, *(Path(f"{path}{end}") for end in BESIDE)]))


def check_nobody_has(path: Path) -> None:
    """Raise StoreError naming the programs that have the store at ``path`` open."""
    if held_by := users_of(path):
        raise _in_use(path, ", ".join(held_by))


def put_in_place(
    path: Path, backup: Path, now: datetime, prepare: Callable[[Path], None]
) -> Path | None:
    """Replace the store at ``path`` by a copy of ``backup``; return where the old one is kept.

    ``prepare`` gets the copy before anybody else sees it. None: there was no store. Raises
    StoreError, and leaves the store as it was.
    """
    draft = path.with_name(f".{path.name}.restoring")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy(backup, draft)
        prepare(draft)
        with _nobody_begins(path):
            kept = _keep(path, f"{now:%Y%m%dT%H%M%S}") if path.exists() else None
            draft.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{backup} cannot be put at {path}: {error.strerror}. The store is as it was.",
            remedy_for(error),
        ) from error
    finally:
        for end in ("", *BESIDE):
            Path(f"{draft}{end}").unlink(missing_ok=True)
    return kept


def _copy(backup: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    make_private_file(draft)
    with backup.open("rb") as source, draft.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    flush(draft)
    give_to_owner_of_folder(draft)


@contextmanager
def _nobody_begins(path: Path) -> Iterator[None]:
    """Hold the old store alone, with its WAL written back into it. A damaged one is only moved."""
    if not path.exists():
        yield
        return
    check_nobody_has(path)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as old:
        try:
            old.execute("PRAGMA journal_mode = delete")
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise _in_use(path, "another program") from error
        yield


def _keep(path: Path, stamp: str) -> Path:
    """Give the old store a second name; what belongs to it goes along."""
    kept = path.with_name(f"{path.name}.before-restore-{stamp}")
    os.link(path, kept)
    for end in BESIDE:
        beside = Path(f"{path}{end}")
        if beside.exists():
            beside.rename(f"{kept}{end}")
    return kept


def _in_use(path: Path, by: str) -> StoreError:
    return StoreError(
        f"The store {path} is in use by {by}, so nothing was restored.",
        "Stop each of them, then restore again. sudo systemctl stop deskbridge stops the daemon,"
        " and q ends a console.",
    )
