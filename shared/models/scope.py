"""What an operator sees of each table: the rows of some connections, and no others.

A temporary view of the name of each table stands before it, on the connection to the database of
whoever may not see all. So every query sees those rows alone, whoever wrote it, and nothing that is
asked can forget to ask for the right ones. Both engines look for a name among temporary views
first. Views are only read through; whatever is written is written to the tables, and was planned
through the views before (``shared/operations/deciding.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import ForeignKeyField

from shared.models import tables as t
from shared.models.statements import Engine
from shared.rules.operators import Scope

SHARED = frozenset(
    {t.Backup, t.ClockLook, t.Daemon, t.Installation, t.Operator, t.OperatorConnection}
)
"""Of no connection, and seen by everybody: what the program itself reads on its way."""
HIDDEN = frozenset({t.ApiToken, t.Download, t.Throttle})
"""Of no connection, or of several: seen by those who see all."""


def narrow(database: Any, engine: Engine, scope: Scope) -> None:
    """Put the views of a scope in the place of those that there are; for None, none."""
    for statement in (*_dropped(engine), *(() if scope is None else _views(engine, scope))):
        database.execute_sql(statement)


def _dropped(engine: Engine) -> Iterator[str]:
    if engine == "postgresql":
        names = ", ".join(f'pg_temp."{_name(table)}"' for table in _seen_in_part())
        yield f"DROP VIEW IF EXISTS {names} CASCADE"
        return
    for table in _seen_in_part():
        yield f'DROP VIEW IF EXISTS temp."{_name(table)}"'


def _views(engine: Engine, scope: frozenset[int]) -> Iterator[str]:
    # SQLite looks the names of a view up when it is read, PostgreSQL when it is made.
    place = "main." if engine == "sqlite" else ""
    ids = ", ".join(str(one) for one in sorted(scope)) or "NULL"
    for table in _seen_in_part():
        yield (
            f'CREATE TEMPORARY VIEW "{_name(table)}" AS SELECT * FROM {place}"{_name(table)}"'  # noqa: S608
            f" WHERE {condition(table, ids, place)}"
        )


def _seen_in_part() -> list[type[t.Table]]:
    return [table for table in t.TABLES if table not in SHARED]


def condition(table: Any, ids: str, place: str = "") -> str:
    """Which rows of a table are those of the connections with these numbers.

    Those of its connection, or those whose owner is seen. Raises LookupError for a table of which
    that is not known.
    """
    if table in HIDDEN:
        return "FALSE"
    if table is t.Connection:
        return f"id IN ({ids})"
    if table is t.Audit:
        return f'connection IN (SELECT name FROM {place}"connection" WHERE id IN ({ids}))'  # noqa: S608
    if "connection" in table._meta.fields:
        return f'"{table.connection.column_name}" IN ({ids})'
    owner = _owner(table)
    return (
        f'"{owner.column_name}" IN (SELECT id FROM {place}"{_name(owner.rel_model)}"'  # noqa: S608
        f" WHERE {condition(owner.rel_model, ids, place)})"
    )


def _owner(table: Any) -> Any:
    """The column that names the row that a row belongs to."""
    for field in table._meta.sorted_fields:
        if isinstance(field, ForeignKeyField) and field.rel_model not in SHARED:
            return field
    raise LookupError(f"{table.__name__}: say whose its rows are")


def _name(table: Any) -> str:
    return str(table._meta.table_name)
