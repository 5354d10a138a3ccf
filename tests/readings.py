"""A reading that writes fails, without SQLite's help.

Once SQLite is told that a connection only reads, or that it may write again, it prepares every
statement anew; in a test the same thread reads and writes in turn, and that is a tenth of a sync.
The tests of the models, and what runs in a process of its own, leave it to SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from peewee import sqlite3  # type: ignore[attr-defined]

from shared.models.sqlite import SqliteEngine
from shared.models.statements import Engine, Statement

_READS = ("SELECT", "WITH")
_only_read = SqliteEngine._only_read
_unit = SqliteEngine.unit
_text = Statement._text


def _note(engine: SqliteEngine, only_reads: bool) -> None:
    engine._connection.only_reads = only_reads
    engine.database.noted = engine._connection


@contextmanager
def _unit_without_changes(engine: SqliteEngine, **how: Any) -> Iterator[None]:
    with _unit(engine, **how):
        connection = engine.database.connection()
        before = connection.total_changes
        yield
        if engine._connection.only_reads and connection.total_changes != before:
            _refuse()


def _text_that_may_run(
    statement: Statement, engine: Engine, database: Any, parameters: dict[str, Any]
) -> tuple[str, Sequence[Any]]:
    told = _text(statement, engine, database, parameters)
    if engine == "sqlite" and database.noted.only_reads and not told[0].startswith(_READS):
        _refuse()
    return told


def _refuse() -> None:
    raise sqlite3.OperationalError("attempt to write a readonly database")


@contextmanager
def held_up() -> Iterator[None]:
    """Meanwhile SQLite is told nothing of readings, and one that writes fails all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteEngine, "_only_read", _note)
        patch.setattr(SqliteEngine, "unit", _unit_without_changes)
        patch.setattr(Statement, "_text", _text_that_may_run)
        yield


@contextmanager
def left_to_sqlite() -> Iterator[None]:
    """Meanwhile all is as in the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteEngine, "_only_read", _only_read)
        patch.setattr(SqliteEngine, "unit", _unit)
        patch.setattr(Statement, "_text", _text)
        yield
