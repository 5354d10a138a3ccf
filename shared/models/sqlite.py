"""The embedded engine: one file, opened by several processes at once.

WAL with ``synchronous=FULL``, so that nothing acknowledged is lost at a power cut, and
IMMEDIATE write transactions, so that no reader has to turn into a writer. SQLite before
3.51.3 (without its backports 3.44.6 and 3.50.7) may corrupt a WAL file when two processes
reset it at the same instant: there a rollback journal is used instead.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import peewee
from peewee import sqlite3  # type: ignore[attr-defined]

from shared.clock import utc_now
from shared.errors import StoreDamaged, StoreError, StoreUnavailable
from shared.files import flush_folder, give_to_owner_of_folder, make_private_file, why_closed
from shared.models.connecting import ClosesEverywhere
from shared.models.restoring import check_backup, damage, users_of
from shared.models.scope import narrow
from shared.models.sqlite_copy import Pace, copy
from shared.models.statements import Engine
from shared.rules.operators import Scope

PRAGMAS: dict[str, Any] = {
    "busy_timeout": 5000,
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -1000,  # each connection fills it in time; more made nothing faster
    "journal_size_limit": 67108864,
}
TURN_SECONDS = 0.002
"""Who waits for its turn to write looks so often whether it has come."""
KEPT_STATEMENTS = 512
"""So many statements stay prepared on each connection: all that there are. With Python's own 128
those of one sync push each other out, and each call prepares most of its statements anew: a third
of what a posted payment costs."""
NO_STORE_YET = (
    "Start the daemon or add a connection: either one creates it. If there was a store before,"
    " restore a backup."
)
UNFINISHED = ".unfinished"
"""How the name of a backup ends as long as it is being written."""
_IN_MEMORY = ":memory:"
_FAILURES = (peewee.DatabaseError, sqlite3.DatabaseError)
_BUGS = (
    *(peewee.IntegrityError, peewee.ProgrammingError),
    *(sqlite3.IntegrityError, sqlite3.ProgrammingError),
)


def has_wal_reset_fix(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite is safe with a WAL file that several processes write."""
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51)
        or ((3, 44, 6) <= version < (3, 45))
    )


class SqliteEngine:
    """A SQLite file, or a database in memory that all threads share."""

    name: Engine = "sqlite"

    def __init__(self, path: str, *, version: tuple[int, ...] | None = None) -> None:
        self.in_memory = path == _IN_MEMORY
        self.path = Path(path) if self.in_memory else Path(path).expanduser().absolute()
        self.url_shown = f"sqlite:///{self.path}"
        self.sqlite_version = version or sqlite3.sqlite_version_info
        self.database: Any = _Database(
            str(self.path),
            pragmas=PRAGMAS,
            autoconnect=False,
            thread_safe=not self.in_memory,
            check_same_thread=False,
            cached_statements=KEPT_STATEMENTS,
        )
        self._turn = threading.RLock() if self.in_memory else nullcontext()
        self._opened: tuple[int, int] | None = None  # device and inode of the file
        self._connection: Any = _Connection() if self.in_memory else _ConnectionOfThread()

    @property
    def safe_with_wal(self) -> bool:
        """Whether this SQLite may use a WAL file."""
        return has_wal_reset_fix(self.sqlite_version)

    @property
    def journal_mode(self) -> str:
        """The journal in force."""
        self.connect()
        return str(self.database.pragma("journal_mode"))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the journal is the slower one, when it is."""
        if self.safe_with_wal:
            return ()
        version = ".".join(map(str, self.sqlite_version))
        return (
            f"SQLite {version} can damage a WAL file that two processes write, so the slower"
            " rollback journal is used. Install pysqlite3, or a Python with SQLite 3.51.3 or"
            " newer.",
        )

    def connect(self) -> None:
        """Open this thread's connection unless it is open.

        Raises StoreUnavailable when the file is another one than at first, or none: SQLite would
        go on writing to a file that nobody can open any more.
        """
        if not self.in_memory and self._opened not in (None, _identity(self.path)):
            raise StoreUnavailable(
                f"The store {self.path} was deleted, moved or replaced while it was open.",
                "Stop the daemon. Put the file back, or restore a backup: deskbridge db restore"
                " FILE. Then restart the daemon.",
            )
        if self.database.is_closed():
            with self.explained():
                self.database.connect()
                self.database.pragma("schema_version")  # only now is the file opened
            self._connection.scope = None
            self._connection.lasting = True
            self._opened = self._opened or _identity(self.path)

    def find(self, *, create: bool) -> None:
        """See that there is a file, making folder (0700) and empty file (0600) if asked."""
        if self.in_memory or self._exists():
            return
        if not create:
            raise StoreError(f"There is no store at {self.path}.", NO_STORE_YET)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                make_private_file(self.path)
                give_to_owner_of_folder(self.path)
        except OSError as error:
            raise StoreError(
                f"The store {self.path} cannot be made: {error.strerror}.",
                "Choose a place that this user may write to, with DESKBRIDGE_DATABASE.",
            ) from error

    def _exists(self) -> bool:
        try:
            return self.path.exists()
        except PermissionError as error:
            raise StoreError(
                f"The store {self.path} cannot be used: {error.strerror}.",
                why_closed(self.path) or _REMEDIES["unable to open"],
            ) from error

    def set_up(self) -> None:
        """Choose the journal that is safe with this SQLite, where it is another one."""
        wanted = "wal" if self.safe_with_wal else "truncate"
        if self.in_memory or self.journal_mode == wanted:
            return
        with self.explained():
            self.database.choose_journal(wanted)

    @property
    def transaction_is_open(self) -> bool:
        """Whether SQLite is in a transaction of this thread."""
        return bool(self.database.connection().in_transaction)

    @contextmanager
    def unit(self, *, writing: bool, scope: Scope = None, lasting: bool = True) -> Iterator[None]:
        """A write transaction from its first statement on, or a snapshot to read.

        ``scope`` is what is seen of the tables; ``lasting`` see ``Store.transaction``.
        """
        with self._turn:
            self.connect()
            with self.explained():
                self._see(scope)
                self._last(lasting)
                with self.database.transaction("IMMEDIATE") if writing else self._snapshot():
                    yield

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """A transaction of which nothing stays. Raises RuntimeError where rows were written in it.

        Were SQLite told that the connection only reads, it would prepare every statement anew,
        and once more for the next one that writes.
        """
        connection = self.database.connection()
        changes = connection.total_changes
        self.database.begin()
        try:
            yield
            if connection.total_changes != changes:
                raise RuntimeError("written inside reading(): begin with transaction()")
        finally:
            self.database.rollback()

    def _see(self, scope: Scope) -> None:
        if self._connection.scope != scope:
            self.narrow(scope)
            self._connection.scope = scope

    def narrow(self, scope: Scope) -> None:
        """Have this thread's connection see a scope of the tables; None for all."""
        narrow(self.database, self.name, scope)

    def _last(self, lasting: bool) -> None:
        """Have commits wait for the disk, or not: one that does waits for all before it.

        With a rollback journal a power cut could damage the file, so there each one waits.
        """
        if self.safe_with_wal and self._connection.lasting is not lasting:
            self.database.pragma("synchronous", PRAGMAS["synchronous"] if lasting else "normal")
            self._connection.lasting = lasting

    @contextmanager
    def changing_schema(self) -> Iterator[None]:
        """A write transaction in which tables may be rebuilt, checked before it commits.

        Foreign keys are off meanwhile: with them on, replacing a table would empty those
        that refer to it.
        """
        self.connect()
        self.database.pragma("foreign_keys", 0)
        try:
            with self.explained(), self.database.transaction("IMMEDIATE"):
                yield
                broken = self.database.execute_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise StoreError(f"The upgrade would leave rows without their owner: {broken}")
        finally:
            self.database.pragma("foreign_keys", 1)

    def now(self) -> datetime:
        """The time of this machine: there is no other clock."""
        return utc_now()

    def changes(self) -> int | None:
        """Another number once another connection has committed anything."""
        self.connect()
        with self.explained():
            return int(self.database.pragma("data_version"))

    def used_by(self) -> tuple[str, ...]:
        """Programs of this machine that have the file open, as far as this user may see."""
        return users_of(self.path)

    def hold_still(self, _tables: Iterable[str]) -> None:
        """Nobody writes beside a write transaction."""

    def damage(self, ended: Callable[[], bool] | None) -> tuple[str, ...]:
        """What is wrong with the file, read as a whole; see ``Store.damage``.

        With a rollback journal nobody can write meanwhile, so there it is read without rests.
        """
        self.connect()
        pace = Pace(ended) if ended is not None and self.journal_mode == "wal" else None
        if pace is None:
            with self.explained():
                return damage(self.database)
        with pace.within(self.database.connection()), self.explained():
            return damage(self.database)

    def compact(self) -> None:
        """Write the file anew, without what is free in it."""
        self.connect()
        with self.explained():
            self.database.execute_sql("VACUUM")
            self.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def backup(self, target: Path, ended: Callable[[], bool]) -> None:
        """Write a whole copy to ``target``, checked and 0600; refuses one that exists.

        It has another name until then. Raises Stopped once ``ended`` says so.
        """
        draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}{UNFINISHED}")
        _check_is_free(target)
        try:
            make_private_file(draft)
            self._copy_to(draft, Pace(ended))
            _check_copy(draft, target, Pace(ended))
            _check_is_free(target)
            draft.rename(target)
            flush_folder(target.parent)
        except OSError as error:
            raise _not_written(target, str(error.strerror)) from error
        except sqlite3.DatabaseError as error:
            raise _not_written(target, str(error)) from error
        finally:
            for file in (draft, Path(f"{draft}-journal")):
                file.unlink(missing_ok=True)

    def _copy_to(self, draft: Path, pace: Pace) -> None:
        at_once = self.journal_mode != "wal"  # else nobody could write all the while
        with self.unit(writing=False):
            self.database.execute_sql("SELECT 1 FROM sqlite_master LIMIT 1")  # it begins here
            copy(self.database.connection(), draft, pace, at_once=at_once)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite says when it cannot work into StoreUnavailable with a remedy."""
        try:
            yield
        except _FAILURES as error:
            if isinstance(error, _BUGS):
                raise
            kind = StoreDamaged if "malformed" in str(error) else StoreUnavailable
            told = f"The store {self.path} cannot be used: {error}."
            raise kind(told, self._remedy(str(error))) from error

    def _remedy(self, said: str) -> str:
        if any(words in said for words in _LACKS_RIGHTS) and (closed := why_closed(self.path)):
            return closed
        return next((remedy for words, remedy in _REMEDIES.items() if words in said), "")


class _Connection:
    """What is set on a connection."""

    scope: Scope = None
    lasting = True


class _ConnectionOfThread(_Connection, threading.local):
    """The same, where each thread has its own."""


def _in_its_turn(work: Callable[[], object], ends: float) -> None:
    """Do it as soon as nobody else has the file locked, until ``ends`` of the monotonic clock."""
    while True:
        try:
            work()
        except (peewee.OperationalError, sqlite3.OperationalError) as error:
            if "locked" not in str(error) or time.monotonic() >= ends:
                raise
            time.sleep(TURN_SECONDS)
        else:
            return


class _Database(ClosesEverywhere, peewee.SqliteDatabase):
    """SQLite through peewee.

    SQLite itself rolls back when the disk is full or broken; rolling back once more would
    fail and hide why.
    """

    def begin(self, lock_type: str | None = None) -> None:
        """Wait for one's turn to write by looking for it at short, even intervals.

        SQLite itself looks more and more rarely, so that it often misses the pauses of somebody
        who writes much.
        """
        if lock_type != "IMMEDIATE":
            super().begin(lock_type)
            return
        patience_ms = PRAGMAS["busy_timeout"]
        ends = time.monotonic() + patience_ms / 1000
        run = self.connection().execute  # type: ignore[no-untyped-call]
        run("PRAGMA busy_timeout = 0")
        try:
            _in_its_turn(partial(run, "BEGIN IMMEDIATE"), ends)
        finally:
            run(f"PRAGMA busy_timeout = {patience_ms}")

    def choose_journal(self, wanted: str) -> None:
        """Set the journal mode; SQLite refuses that at once where another one is just doing it."""
        ends = time.monotonic() + PRAGMAS["busy_timeout"] / 1000
        _in_its_turn(partial(self.pragma, "journal_mode", wanted), ends)

    def rollback(self) -> None:
        """Roll back what SQLite did not roll back already."""
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()

    def savepoint(self) -> _Savepoint:
        """A transaction inside of another; one name for all, as the innermost is always meant.

        With names of their own each would be three statements that SQLite never saw before.
        One that failed is released as well: it would be the innermost for the one around it.
        """
        return _Savepoint(self, sid="inner")


class _Savepoint(peewee._savepoint):
    def rollback(self, begin: bool = True) -> None:
        if self.db.connection().in_transaction:
            super().rollback(begin=False)
            self.commit(begin)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to; None for no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_is_free(target: Path) -> None:
    if target.exists():
        raise StoreError(
            f"{target} exists already, and a backup never overwrites.", "Choose another name."
        )


def _check_copy(draft: Path, target: Path, pace: Pace) -> None:
    try:
        check_backup(draft, pace)
    except StoreError as error:
        raise StoreError(
            f"{target} is not kept: {error.sentence.replace(str(draft), 'the copy')}",
            "To see whether the store itself is damaged: deskbridge db check.",
        ) from error


def _not_written(target: Path, why: str) -> StoreError:
    is_full = any(words in why for words in ("full", "No space"))
    remedy = "Free space on that disk, then try again." if is_full else "Choose another place."
    return StoreError(f"{target} cannot be written: {why}.", remedy)


_LACKS_RIGHTS = ("unable to open", "readonly", "disk I/O error")
_REMEDIES = {
    "locked": "Another program holds it; close that program and try again.",
    "disk is full": "Free space on that disk, then try again.",
    "unable to open": "Check that the folder exists and that this user may write to it.",
    "readonly": "Check that this user may write to the file and its folder.",
    "disk I/O error": "Check the disk and its file system; if the file is damaged, restore a"
    " backup.",
    "malformed": "The file is damaged: restore a backup. Run: deskbridge db restore FILE",
    "not a database": "Check DESKBRIDGE_DATABASE: that file contains something else.",
}
