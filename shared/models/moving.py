"""A whole store copied into another database, on the same engine or on the other one.

Rows go over table by table, in the order of what refers to what and of their keys: a batch in a
transaction, with the key of its last row. So a copy that broke off goes on behind that row, and
nothing is ever held but a batch. As long as the table ``unfinished_copy`` is there nobody can open
the target as a store. In the end both sides are read once more: each row of one side has to be on
the other, equal in each column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Annotated, Any

import peewee

from shared.errors import StoreError
from shared.models import installation
from shared.models import tables as t
from shared.models.schema import UNFINISHED_COPY
from shared.models.statements import Row, current, streaming_cursor
from shared.models.store import Store
from shared.structs import Value

BATCH_ROWS, BATCH_BYTES = 500, 4 << 20
Told = Callable[[str, int], object]
"""Hears of each batch: the table, and how many rows of all tables went over with it."""
_ORIGIN = ""
"""The place that names the source; all others are names of tables."""


class CopiedTable(Value):
    """A table that is the same on both sides."""

    table: Annotated[str, "its name"]
    rows: Annotated[int, "number of its rows"]
    digest: Annotated[str, "the sum of the digests of its rows, the same on both sides"]


class _Table(Value):
    """A table as it is read and written: the names of its columns, and of those of its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @classmethod
    def of(cls, table: Any) -> _Table:
        meta = table._meta
        return cls(
            meta.table_name,
            tuple(field.column_name for field in meta.sorted_fields),
            tuple(field.column_name for field in meta.get_primary_keys()),
        )

    def rows(self, after: Sequence[Any] | None) -> Iterator[Row]:
        """All rows behind the key ``after``, as the current unit reads them."""
        key = _listed(self.key)
        where = f" WHERE ({key}) > ({_marks(self.key)})" if after else ""
        yield from _stream(
            f"SELECT {_listed(self.columns)} FROM {_quoted(self.name)}{where} ORDER BY {key}",  # noqa: S608
            after or (),
        )

    @property
    def insert(self) -> str:
        """The statement that takes a row."""
        return (
            f"INSERT INTO {_quoted(self.name)} ({_listed(self.columns)})"  # noqa: S608
            f" VALUES ({_marks(self.columns)})"
        )

    def key_of(self, row: Row) -> list[Any]:
        """The key in a row."""
        return [row[self.columns.index(name)] for name in self.key]


_sorted: Any = peewee.sort_models  # type: ignore[attr-defined]  # its stubs lack it
TABLES = tuple(_Table.of(table) for table in _sorted(t.TABLES))
_YES_OR_NO = {
    (table._meta.table_name, place)
    for table in t.TABLES
    for place, field in enumerate(table._meta.sorted_fields)
    if field.field_type == "BOOL"
}


def copy(source: Store, target: Store, told: Told) -> tuple[CopiedTable, ...]:
    """Copy everything, or what an earlier copy left; nobody else uses either of the two.

    The target was opened with ``unfinished=True``. Raises StoreError: the target holds something
    else, or takes a row in another way; it is no store then.
    """
    with source.holding_still():
        _begin(target)
        done = 0
        for table in TABLES:
            for count in _copied(target, table):
                done += count
                told(table.name, done)
        same = tuple(_compared(target, table) for table in TABLES)
        numbers = _last_numbers()
    with target.transaction():
        _go_on_from(numbers)
        _run(f"DROP TABLE {UNFINISHED_COPY}")
    return same


def _begin(target: Store) -> None:
    """Mark the target as a copy of this source, or see that it is one."""
    origin = installation.token()
    with target.transaction():
        if target.is_unfinished_copy:
            if _place(_ORIGIN) != origin:
                raise StoreError(
                    f"{target.url_shown} has an unfinished copy of another store.",
                    "Name an empty database, or a file that does not exist.",
                )
            return
        for table in TABLES:
            if table.name != "installation" and _all(
                f"SELECT 1 FROM {_quoted(table.name)} LIMIT 1"  # noqa: S608
            ):
                raise StoreError(
                    f"{target.url_shown} is not empty: its table {table.name} has rows.",
                    "Name an empty database, or a file that does not exist.",
                )
        _run(f"CREATE TABLE {UNFINISHED_COPY} (place TEXT PRIMARY KEY, reached TEXT)")
        _note(_ORIGIN, origin)
        _run("DELETE FROM installation")


def _place(place: str) -> str | None:
    found = _all(f"SELECT reached FROM {UNFINISHED_COPY} WHERE place = ?", (place,))  # noqa: S608
    return found[0][0] if found else None


def _note(place: str, reached: str) -> None:
    _run(f"DELETE FROM {UNFINISHED_COPY} WHERE place = ?", (place,))  # noqa: S608
    _run(f"INSERT INTO {UNFINISHED_COPY} VALUES (?, ?)", (place, reached))  # noqa: S608


def _copied(target: Store, table: _Table) -> Iterator[int]:
    """Copy what the target lacks of a table; yields the size of each batch."""
    with target.reading():
        reached = _place(table.name)
    for batch in _batches(table.rows(json.loads(reached) if reached else None)):
        with target.transaction():
            _run_many(table.insert, (_written(table, row) for row in batch))
            _note(table.name, json.dumps(table.key_of(batch[-1])))
        yield len(batch)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    room = BATCH_BYTES
    for row in rows:
        batch.append(row)
        room -= sum(len(value) for value in row if isinstance(value, (str, bytes, memoryview)))
        if len(batch) == BATCH_ROWS or room <= 0:
            yield batch
            batch, room = [], BATCH_BYTES
    if batch:
        yield batch


def _written(table: _Table, row: Row) -> Row:
    """The row as the current unit's engine takes it: PostgreSQL tells numbers from truth."""
    return tuple(
        bool(value) if value is not None and (table.name, place) in _YES_OR_NO else value
        for place, value in enumerate(row)
    )


def _compared(target: Store, table: _Table) -> CopiedTable:
    there = _summed(table)
    with target.reading():
        here = _summed(table)
    if here != there:
        raise StoreError(
            f"The table {table.name} is not the same on both sides: {there.rows:,} rows were to"
            f" be copied, {here.rows:,} are there. The store was changed after the copy started.",
            "Drop that database, or remove that file, and copy to an empty one.",
        )
    return here


def _summed(table: _Table) -> CopiedTable:
    """A sum does not ask in which order an engine sorts texts."""
    rows, total = 0, 0
    for row in table.rows(None):
        plain = tuple(_plain(value) for value in row)
        total += int.from_bytes(blake2b(repr(plain).encode(), digest_size=16).digest())
        rows += 1
    return CopiedTable(table.name, rows, f"{total % (1 << 128):032x}")


def _plain(value: Any) -> Any:
    """A value in the one form that both engines' drivers can be brought to."""
    if isinstance(value, bool):
        return int(value)
    return bytes(value) if isinstance(value, memoryview) else value


# Numbers that are never given again.


def _last_numbers() -> dict[str, int]:
    """The last number that each table with numbers ever gave; 0 for none."""
    engine, _ = current()
    if engine == "sqlite":
        given: dict[str, int] = dict(_all("SELECT name, seq FROM sqlite_sequence"))
    else:
        given = {table.name: _all(_LAST_GIVEN, (table.name,))[0][0] for table in _numbered()}
    return {table.name: max(given.get(table.name, 0), _highest(table)) for table in _numbered()}


def _numbered() -> Iterator[_Table]:
    return (table for table in TABLES if table.key == ("id",))


def _highest(table: _Table) -> int:
    return int(_all(f"SELECT COALESCE(MAX(id), 0) FROM {_quoted(table.name)}")[0][0])  # noqa: S608


def _go_on_from(numbers: dict[str, int]) -> None:
    engine, _ = current()
    if engine == "sqlite":
        for (name,) in _all(_LASTING):
            _run("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            _run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, numbers[name]))
        return
    for name, last in numbers.items():
        _all(_GO_ON, (name, max(last, 1), last > 0))


_LASTING = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
_LAST_GIVEN = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence(?, 'id')), 0)"
_GO_ON = "SELECT setval(pg_get_serial_sequence(?, 'id'), ?, ?)"


# Plain statements in the unit of work that the thread is in.


def _stream(sql: str, arguments: Sequence[Any]) -> Iterator[Row]:
    engine, database = current()
    with streaming_cursor(engine, database) as cursor:
        cursor.execute(_said(sql), arguments)
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield from rows


def _all(sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
    _, database = current()
    return list(database.execute_sql(_said(sql), arguments).fetchall())


def _run(sql: str, arguments: Sequence[Any] = ()) -> None:
    _, database = current()
    database.execute_sql(_said(sql), arguments)


def _run_many(sql: str, rows: Iterable[Row]) -> None:
    _, database = current()
    cursor = database.cursor()
    cursor.executemany(_said(sql), rows)
    cursor.close()


def _said(sql: str) -> str:
    engine, _ = current()
    return sql.replace("?", "%s") if engine == "postgresql" else sql


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
