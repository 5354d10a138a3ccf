"""The shared engine: several daemons on one PostgreSQL.

Each thread keeps its connection; one that was lost is opened again before the next unit of
work, once. Times come from the server, so that daemons agree about leases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import peewee

from shared.errors import StoreConflict, StoreError, StoreUnavailable
from shared.models.connecting import ClosesEverywhere
from shared.models.convert import moment
from shared.models.scope import narrow
from shared.models.statements import Engine
from shared.rules.operators import Scope

_SCHEMA_LOCK = 0x6465736B  # "desk": held while one process migrates and the others wait
_LOST = (peewee.OperationalError, peewee.InterfaceError)
_CONFLICTS = ("40P01", "40001")  # deadlock, serialization failure
_NOT_PERMITTED = "42501"
_REMEDIES = {
    _NOT_PERMITTED: "The database user of these settings may not do this: use another one.",
    "55P03": "Another program holds what this one needs; try again when it is done.",
    "53100": "Free space on the disk of the server, then try again.",
}
_CHECK_ADDRESS = "Check that the server runs, and the address in DESKBRIDGE_DATABASE."
_WITHOUT_SIGN_IN = (
    "Give this command the password of that database user: docs/secrets.md says where it may stand."
)
_SNAPSHOT = "REPEATABLE READ, READ ONLY"
_SCOPE = "deskbridge_scope"
_ON_CONNECT = (
    "SET lock_timeout = '15s'",
    "SET statement_timeout = '30s'",
    "SET default_transaction_isolation = 'read committed'",
    "SET application_name = 'deskbridge'",
)
_OTHERS = (
    "SELECT COALESCE(client_addr::text, 'the server'), pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'deskbridge'"
    " AND pid <> pg_backend_pid() ORDER BY pid"
)


class PostgresEngine:
    """A PostgreSQL database."""

    name: Engine = "postgresql"
    journal_mode = ""
    warnings: tuple[str, ...] = ()

    def __init__(self, url: str) -> None:
        psycopg = _driver()
        self._password = _password(url)
        self.url_shown = _without_password(url)
        self._refusals = (peewee.ProgrammingError, psycopg.ProgrammingError)
        self._failures = (
            *(*_LOST, psycopg.OperationalError, psycopg.InterfaceError),
            *self._refusals,
        )
        self.database: Any = _Database(
            url, prefer_psycopg3=True, autoconnect=False, connect_timeout=10
        )

    def connect(self) -> None:
        """Open this thread's connection, again when it is known to be lost."""
        if self.database.is_closed() or not self.database.is_connection_usable():
            with self.explained():
                self._reconnect()

    def find(self, *, create: bool) -> None:
        """Do nothing: the database itself is the administrator's to create."""

    def set_up(self) -> None:
        """Do nothing: the server is set up already."""

    @property
    def transaction_is_open(self) -> bool:
        """Whether a transaction of this thread was begun: only its own end ends it."""
        return bool(self.database.in_transaction())

    @contextmanager
    def unit(self, *, writing: bool, scope: Scope = None, lasting: bool = True) -> Iterator[None]:
        """A transaction to write in, or a read-only snapshot.

        ``scope`` is what is seen of the tables; ``lasting`` see ``Store.transaction``.
        """
        self.connect()
        with self.explained(), ExitStack() as stack:
            self._see(scope)
            stack.push(self._begun(None if writing else _SNAPSHOT))
            if self._seen() != scope:
                raise StoreConflict("The connection to the store was lost.", "Try again.")
            if not lasting:
                self.database.execute_sql("SET LOCAL synchronous_commit = off")
            yield

    @contextmanager
    def changing_schema(self) -> Iterator[None]:
        """A transaction that only one process at a time can be in."""
        with self.unit(writing=True):
            self.database.execute_sql("SET LOCAL lock_timeout = 0")
            self.database.execute_sql("SET LOCAL statement_timeout = 0")
            self.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            yield

    def now(self) -> datetime:
        """The server's time."""
        self.connect()
        with self.explained():
            cursor = self.database.execute_sql(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            )
            return moment(cursor.fetchone()[0])

    def backup(self, target: Path, _ended: Callable[[], bool]) -> None:
        """Refuse, naming the tool that does it."""
        raise StoreError(
            "A PostgreSQL store is backed up with PostgreSQL's own tools.",
            f"Run: pg_dump --format=custom --file={target} '{self.url_shown}'",
        )

    def compact(self) -> None:
        """Refuse: the server does it, a little at a time."""
        raise StoreError(
            "PostgreSQL reuses free space by itself (autovacuum).",
            "If a table used to be much larger, its administrator can run: VACUUM FULL",
        )

    def changes(self) -> int | None:
        """Nothing that is cheaper to ask than what a screen wants to know."""
        return None

    def used_by(self) -> tuple[str, ...]:
        """Connections of other programs of ours to this database."""
        self.connect()
        with self.explained():
            rows = self.database.execute_sql(_OTHERS).fetchall()
        return tuple(f"a program on {where} (server process {pid})" for where, pid in rows)

    def hold_still(self, tables: Iterable[str]) -> None:
        """Let nobody write to any table until the transaction ends."""
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            self.database.execute_sql(f"SET LOCAL {setting} = 0")
        named = ", ".join(f'"{name}"' for name in tables)
        self.database.execute_sql(f"LOCK TABLE {named} IN SHARE MODE")

    def damage(self, _ended: Callable[[], bool] | None) -> tuple[str, ...]:
        """Refuse, naming the tool that does it."""
        raise StoreError(
            "A PostgreSQL store is checked with PostgreSQL's own tools.",
            f"Run: pg_amcheck '{self.url_shown}'",
        )

    def _seen(self) -> Scope:
        scope: Scope = getattr(self.database.connection(), _SCOPE, None)
        return scope

    def _see(self, scope: Scope) -> None:
        if self._seen() == scope:
            return
        with self.database.transaction():
            self.narrow(scope)
        setattr(self.database.connection(), _SCOPE, scope)

    def narrow(self, scope: Scope) -> None:
        """Have this thread's connection see a scope of the tables; None for all."""
        narrow(self.database, self.name, scope)
        # A statement that the server prepared goes on meaning what it meant before the views.
        self.database.connection().prepare_threshold = None

    def _begun(self, isolation: str | None) -> Any:
        """Begin a transaction; when the server had closed the idle connection, on a new one."""
        transaction = self.database.transaction(isolation)
        try:
            transaction.__enter__()
        except _LOST:
            self._reconnect()
            transaction.__enter__()
        return transaction

    def _reconnect(self) -> None:
        self.database.close()
        self.database.connect()
        for setting in _ON_CONNECT:
            self.database.execute_sql(setting)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a failing server or connection into StoreUnavailable."""
        try:
            yield
        except self._failures as error:
            if isinstance(error, self._refusals) and _sqlstate(error) != _NOT_PERMITTED:
                raise
            said = str(error).strip().partition("\n")[0].rstrip(".")
            said = said.replace(self._password, "…") if self._password else said
            raise self._explanation(_sqlstate(error), said) from error

    def _explanation(self, sqlstate: str, said: str) -> StoreUnavailable:
        if sqlstate in _CONFLICTS:
            return StoreConflict(
                f"Two programs wrote to the store {self.url_shown} at the same time, and this"
                f" one was undone: {said}.",
                "Nothing was written; try again.",
            )
        remedy = _WITHOUT_SIGN_IN if "password" in said else _REMEDIES.get(sqlstate, _CHECK_ADDRESS)
        return StoreUnavailable(f"The store {self.url_shown} cannot be used: {said}.", remedy)


def _driver() -> Any:
    """Import psycopg and give peewee what it takes of it; raises StoreError without it.

    ``shared.models`` kept it from peewee, whose own import would have set these names.
    """
    try:
        import psycopg
        from psycopg.pq import TransactionStatus
    except ImportError:
        raise StoreError(
            "A PostgreSQL store needs psycopg, which is not installed.",
            "In the folder of Deskbridge's source, with its Python: pip install '.[postgres]'",
        ) from None
    theirs: Any = peewee
    theirs.psycopg, theirs.TransactionStatus = psycopg, TransactionStatus
    adapter = theirs.Psycopg3Adapter
    adapter.txn_idle, adapter.txn_inerror = TransactionStatus.IDLE, TransactionStatus.INERROR
    adapter.txn_unknown = TransactionStatus.UNKNOWN
    return psycopg


class _Database(ClosesEverywhere, peewee.PostgresqlDatabase):
    """PostgreSQL through peewee and psycopg 3."""


def _sqlstate(error: BaseException) -> str:
    """Return the code that the server gave; peewee's errors have psycopg's as their cause."""
    told: BaseException | None = error
    while told is not None and not getattr(told, "sqlstate", None):
        told = told.__cause__ or told.__context__
    return "" if told is None else str(getattr(told, "sqlstate", ""))


def _password(url: str) -> str:
    """Return the password in ``url``, empty for none; raises StoreError for a bad address."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return str(conninfo_to_dict(url).get("password") or "")
    except ProgrammingError:
        raise StoreError(
            "The address of the PostgreSQL store cannot be read.",
            "Write postgresql://user:password@host/name, with characters such as @ / : % in the"
            " password escaped (%40 %2F %3A %25).",
        ) from None


def _without_password(url: str) -> str:
    """Return ``url`` fit for a log: nothing of a password, not even in the query."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    user = f"{name}:…" if colon else user
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(
        f"{key}=…" if "password" in key else f"{key}={value}" for key, _, value in pairs
    )
    return f"{parts.scheme}://{user}{at}{host}{parts.path}{'?' if query else ''}{query}"
