"""The store: one database, opened by whoever needs it, worked on in units.

Everything else in this package is called inside ``with store.transaction():`` or
``with store.reading():``. A connection belongs to the thread that opened it and stays open.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from shared.errors import NotAllowed, StoreError
from shared.files import give_to_owner_of_folder
from shared.models import operators, statements
from shared.models.convert import to_millisecond
from shared.models.postgresql import PostgresEngine
from shared.models.schema import MIGRATIONS, Schema, read_schema, take_missing_steps
from shared.models.sqlite import NO_STORE_YET, SqliteEngine
from shared.models.tables import TABLES
from shared.people import Person
from shared.rules.operators import Grants, Role, Scope, everything
from shared.structs import Value

Clock = Callable[[], datetime]


class Upgraded(Value):
    """What an upgrade did: the steps taken, and where the file was backed up before."""

    applied: Annotated[tuple[str, ...], "the steps that were taken, as a list; empty: up to date"]
    backup: Annotated[Path | None, "where the store as it was is kept; null: none was needed"]


def open_store(
    url: str,
    *,
    clock: Clock | None = None,
    create: bool = True,
    check_version: bool = True,
    unfinished: bool = False,
    migrations: Path = MIGRATIONS,
    person: Person | None = None,
) -> Store:
    """Open the store at ``url``: ``sqlite:///path`` or ``postgresql://user@host/name``.

    A missing SQLite file is made (0600, its folder 0700) and an empty database filled with
    our tables, unless ``create`` is off. ``check_version=False`` opens a store that waits for
    ``Store.upgrade``, ``unfinished=True`` one that is half of a copy. ``clock`` replaces the
    machine's, or PostgreSQL's, time. ``person`` is who sits at the keyboard, and sees and does what
    an operator may; None for the daemon. Raises StoreOutdated, StoreTooNew, StoreUnavailable or
    StoreError, each with a remedy.
    """
    store = Store(_engine(url), clock=clock, migrations=migrations, person=person)
    try:
        store.prepare(create=create, check_version=check_version, unfinished=unfinished)
    except BaseException:
        store.close()
        raise
    return store


class Store:
    """An open store. Safe to use from several threads, each in units of its own."""

    def __init__(
        self,
        engine: SqliteEngine | PostgresEngine,
        *,
        clock: Clock | None,
        migrations: Path,
        person: Person | None = None,
    ) -> None:
        self._engine = engine
        self._person = person
        self._clock = clock
        self._migrations = migrations
        self._thread = _Thread()

    @staticmethod
    def path_of(url: str) -> Path | None:
        """The file of the SQLite store at ``url``, which may be missing; None on PostgreSQL."""
        engine = _engine(url)
        return engine.path if isinstance(engine, SqliteEngine) else None

    @property
    def engine(self) -> statements.Engine:
        """Which engine this is: sqlite or postgresql."""
        return self._engine.name

    @property
    def url_shown(self) -> str:
        """The address, fit for a log or a screen: without the password."""
        return self._engine.url_shown

    @property
    def path(self) -> Path | None:
        """The file of a SQLite store."""
        engine = self._engine
        return engine.path if isinstance(engine, SqliteEngine) and not engine.in_memory else None

    @property
    def journal_mode(self) -> str:
        """SQLite's journal: wal, or truncate where WAL is not safe; empty on PostgreSQL."""
        return self._engine.journal_mode

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an administrator should know about this store, each with what to do."""
        return self._engine.warnings

    @property
    def schema_version(self) -> int:
        """The number of the last migration that the store took."""
        return self._schema().version

    @property
    def is_outdated(self) -> bool:
        """Whether there is a store, and it waits for ``upgrade``."""
        schema = self._schema()
        return bool(schema.applied and schema.missing)

    @property
    def is_unfinished_copy(self) -> bool:
        """Whether only a part of another store has been copied to this one."""
        return self._schema().is_unfinished_copy

    @property
    def used_by(self) -> tuple[str, ...]:
        """Who else has this store open, as far as it can be seen: words for people."""
        return self._engine.used_by()

    @contextmanager
    def holding_still(self) -> Iterator[None]:
        """A transaction in which nobody else writes to the store, for as long as it takes."""
        with self.transaction():
            self._engine.hold_still(table._meta.table_name for table in TABLES)
            yield

    def changes(self) -> int | None:
        """A number that is another one once anybody else committed anything here.

        It compares with what this store said on the same thread; None: the engine has no such
        number. Raises StoreUnavailable.
        """
        return self._engine.changes()

    def now(self) -> datetime:
        """The present in UTC, to the millisecond; PostgreSQL's own, so that daemons agree."""
        return to_millisecond(self._clock() if self._clock else self._engine.now())

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[None]:
        """Work that is written as a whole or not at all; inside another, a savepoint.

        ``lasting=False``: its end does not wait for the disk. A power cut may undo it as a whole,
        until the end of a later one that lasts.

        Raises StoreUnavailable when the engine fails; then nothing was written, or, when
        the connection broke during the commit, it is unknown: read again by key.
        """
        with self._unit(writing=True, lasting=lasting):
            yield

    @property
    def transaction_is_open(self) -> bool:
        """Whether the transaction of this thread is still there.

        When the disk is full or fails, SQLite ends it itself, with all that was done in it.
        """
        return bool(self._thread.units) and self._engine.transaction_is_open

    @contextmanager
    def reading(self, role: Role = Role.LOOK) -> Iterator[None]:
        """One consistent view without any lock on writers; writing in it fails.

        An operator sees the connections in which the role is allowed. Raises NotAllowed for
        somebody who is none.
        """
        with self._unit(writing=False, role=role):
            yield

    @contextmanager
    def seeing(self, role: Role) -> Iterator[None]:
        """Within a transaction: see the connections alone in which an operator has the role."""
        scope = self.grants().scopes.get(role, frozenset())
        if scope is None:
            yield
            return
        self._engine.narrow(scope)
        yield
        self._engine.narrow(None)  # after an error the whole transaction is undone, views and all

    def grants(self) -> Grants:
        """What the person at the keyboard may do here, as it is now; everything for the daemon."""
        person = self._person
        if person is None or person.always_manages(self.path):
            return everything(person.name if person else "")
        if self._thread.units:
            return operators.grants(person)
        with self._engine.unit(writing=False), self._statements():
            return operators.grants(person)

    def _statements(self) -> AbstractContextManager[None]:
        return statements.unit_on(self.engine, self._engine.database, self.now)

    def _scope(self, role: Role) -> Scope:
        """The connections that a reading sees. Raises NotAllowed."""
        if self._person is None:
            return None
        grants = self.grants()
        if not grants.scopes:
            who = grants.who
            raise NotAllowed(f"{who} is not an operator of this Deskbridge.", Role.LOOK)
        return grants.scopes.get(role, frozenset())

    @contextmanager
    def _unit(
        self, *, writing: bool, role: Role = Role.LOOK, lasting: bool = True
    ) -> Iterator[None]:
        outer = self._thread.units
        if writing and outer and not outer[-1]:
            raise RuntimeError("transaction() inside reading(): begin with transaction()")
        if outer:
            unit = self._savepoint()
        else:
            scope = None if writing else self._scope(role)
            unit = self._engine.unit(writing=writing, scope=scope, lasting=lasting)
        with unit, self._statements():
            outer.append(writing)
            try:
                yield
            finally:
                outer.pop()

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        with self._engine.explained(), self._engine.database.savepoint():
            yield

    def prepare(self, *, create: bool, check_version: bool, unfinished: bool = False) -> None:
        """Make the database usable; ``open_store`` calls this."""
        self._engine.find(create=create)
        schema = self._schema()
        if schema.is_unfinished_copy and not unfinished:
            raise StoreError(
                f"{self.url_shown} is an unfinished copy of another store.",
                "Finish it: run deskbridge db copy again with the settings of that store.",
            )
        if create and not schema.applied:
            self._engine.set_up()
            self._take_steps()
        elif not schema.applied:
            raise StoreError(f"There is no store in {self.url_shown} yet.", NO_STORE_YET)
        elif check_version:
            schema.check_current()
        else:
            schema.check_not_newer()
        self._engine.set_up()

    def upgrade(self, *, keeps_copy: bool = True) -> Upgraded:
        """Take the missing migrations, all or none; a SQLite file is backed up first.

        ``keeps_copy=False``: the file is a copy itself. Raises StoreError naming the backup
        when a step fails: the store is as it was.
        """
        schema = self._schema()
        if not schema.missing:
            return Upgraded((), None)
        copies = keeps_copy and schema.applied and self.path
        backup = self._back_up_before(schema) if copies else None
        try:
            return Upgraded(self._take_steps(), backup)
        except Exception as error:
            reason = error.sentence if isinstance(error, StoreError) else f"{error}."
            raise StoreError(
                f"The upgrade failed and the store is as it was: {reason}",
                f"Report this; a backup is at {backup}." if backup else "Report this.",
            ) from error

    def backup(self, target: Path, ended: Callable[[], bool] = lambda: False) -> Path:
        """Write a checked copy of a SQLite store while it is in use; returns ``target``.

        Raises StoreError when the target exists, cannot be written or is damaged, or on PostgreSQL;
        Stopped once ``ended`` says so. Nothing is left behind then.
        """
        self._engine.backup(target, ended)
        return target

    def damage(self, ended: Callable[[], bool] | None = None) -> tuple[str, ...]:
        """Read all of a SQLite store and tell what is damaged; empty when all is well.

        With ``ended`` there are rests for others, and it raises Stopped once that says so. Raises
        StoreError on PostgreSQL, naming the tool that does it.
        """
        return self._engine.damage(ended)

    def compact(self) -> None:
        """Give the room that nothing needs any more back to the disk; nobody else works meanwhile.

        Raises StoreError, also on PostgreSQL, which does that by itself.
        """
        self._engine.compact()

    def close(self) -> None:
        """Close the connections of all threads; none may be in a unit of work."""
        self._engine.database.close_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()

    def _schema(self) -> Schema:
        self._engine.connect()
        with self._engine.explained():
            return read_schema(self._engine.database, self._migrations)

    def _take_steps(self) -> tuple[str, ...]:
        with self._engine.changing_schema():
            return take_missing_steps(self._engine.database, self._migrations)

    def _back_up_before(self, schema: Schema) -> Path:
        assert self.path is not None
        stamp = f"{self.now():%Y%m%dT%H%M%S.%f}"[:-3]
        copy = self.path.with_name(f"{self.path.name}.version-{schema.version}-{stamp}.backup")
        self.backup(copy)
        give_to_owner_of_folder(copy)
        return copy


class _Thread(threading.local):
    """Whether the units that this thread is in may write, innermost last."""

    def __init__(self) -> None:
        self.units: list[bool] = []


def _engine(url: str) -> SqliteEngine | PostgresEngine:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _unknown_address("That") from None
    if parts.scheme in ("postgresql", "postgres"):
        return PostgresEngine(f"postgresql:{url.partition(':')[2]}")
    if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:
        raise _unknown_address(f"{url.partition(':')[0]}:")
    if parts.query or parts.fragment:
        raise _unknown_address("A path with a bare ? or #")
    return SqliteEngine(unquote(parts.path.removeprefix("/")))


def _unknown_address(what: str) -> StoreError:
    return StoreError(
        f"{what} is not the address of a store.",
        "Write sqlite:///path/to/file.sqlite3 or postgresql://user@host/name.",
    )
