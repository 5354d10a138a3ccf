from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.models import connections
from shared.rules.values import Connection
from tests.console.cli.builders import Shell, binding


@pytest.fixture
def shell(tmp_path: Path, new_store: Path) -> Iterator[Shell]:
    shutil.copy(new_store, tmp_path)
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
