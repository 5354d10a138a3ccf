from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.models import connections
from shared.models.store import open_store
from shared.rules.values import Connection
from tests.console.cli.builders import Shell, binding


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store, made once: every shell starts with a copy."""
    path = tmp_path_factory.mktemp("empty") / "store.sqlite3"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def shell(tmp_path: Path, empty_store: Path) -> Iterator[Shell]:
    shutil.copy(empty_store, tmp_path)
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@pytest.fixture
def bound(shell: Shell) -> Connection:
    """A connection that has met its company file."""
    shell.says("connection", "add", "Larkspur")
    with shell.store.transaction():
        held = connections.get("Larkspur")
        connections.bind(held.id, binding(bound_at=shell.store.now()))
    return held


@pytest.fixture
def pg_shell(shell: Shell, new_postgres_url: Callable[..., str]) -> Iterator[Shell]:
    """The same shell on an empty PostgreSQL database."""
    shell.database = new_postgres_url()
    yield shell
    shell.close()
