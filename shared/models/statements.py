"""Queries compiled once from the tables and run with plain parameters.

Building a query through the ORM costs far more than running it, so each statement is
built the first time it is used on an engine and its text kept. Where a parameter stands,
the query holds ``slot("name")``:

    _OPEN = Statement(lambda: t.Invoice.select(t.Invoice.id).where(t.Invoice.txn_id == slot("txn")))
    rows = _OPEN.all(txn="1A-2")

Statements run in the unit of work that the calling thread is in (``Store.transaction`` or
``Store.reading``); outside of one they raise OutsideUnit. Values pass unconverted:
``convert`` is what makes columns of values.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from peewee import SQL, Expression, Field, NodeList, Query, Value, fn
from peewee import __exception_wrapper__ as _as_peewees_errors  # type: ignore[attr-defined]

from shared.errors import NotFound
from shared.structs import encode

Row = tuple[Any, ...]
Database = Any  # a peewee.Database, whose stubs leave most methods untyped
Engine = Literal["sqlite", "postgresql"]

_STREAM_ROWS = 500
_numbers = itertools.count()


class OutsideUnit(RuntimeError):
    """A repository function was called outside of a unit of work; always a bug."""

    def __init__(self) -> None:
        super().__init__("call this inside `with store.transaction()` or `with store.reading()`")


class _Unit(NamedTuple):
    """A unit of work; ``done`` is what was done in it for the first time.

    ``connection`` is the driver's own: whatever runs in the unit runs on it.
    """

    engine: Engine
    database: Database
    connection: Any
    clock: Callable[[], datetime]
    done: set[str]


class _Units(threading.local):
    """The units of work that this thread is in, innermost last."""

    def __init__(self) -> None:
        self.open: list[_Unit] = []


_units = _Units()


@contextmanager
def unit_on(engine: Engine, database: Database, clock: Callable[[], datetime]) -> Iterator[None]:
    """Let the statements of this thread run on ``database``, which is open, meanwhile."""
    _units.open.append(_Unit(engine, database, database.connection(), clock, set()))
    try:
        yield
    finally:
        _units.open.pop()


def unit_time() -> datetime:
    """The store's time, for what is written by itself with every change."""
    return _unit().clock()


def first_in_unit(what: str) -> bool:
    """Tell whether this is asked the first time in the unit of work, and those around it."""
    unit = _unit()
    around = (one for one in _units.open if one.database is unit.database)
    is_first = not any(what in one.done for one in around)
    if is_first:
        unit.done.add(what)
    return is_first


def current_engine() -> Engine:
    """Return the name of the current unit's engine, for the few queries that differ."""
    return _unit().engine


def current() -> tuple[Engine, Database]:
    """Return the engine's name and the database of the current unit."""
    return _unit()[:2]


def _unit() -> _Unit:
    if not _units.open:
        raise OutsideUnit
    return _units.open[-1]


class _Slot:
    """The place of a parameter in a compiled statement."""

    def __init__(self, name: str) -> None:
        self.name = name


class _ListSlot(_Slot):
    """The place of a parameter that has any number of members."""


def slot(name: str) -> Value:
    """A parameter."""
    return Value(_Slot(name), converter=False, unpack=False)


def slots(*names: str) -> dict[str, Value]:
    """Parameters for an update or insert of the columns of their names."""
    return {name: slot(name) for name in names}


class AnyOf(NamedTuple):
    """The members of the list parameter ``slot``: what a column may hold, for ``Table.has``."""

    slot: str


def among(field: Field[Any], name: str) -> Expression:
    """True where ``field`` is one of the members of the list parameter ``name``.

    One parameter whatever the length, so that the text of the statement never changes.
    """
    members = Value(_ListSlot(name), converter=False, unpack=False)
    if current_engine() == "postgresql":
        return field == fn.ANY(members)
    listed = (SQL("SELECT value FROM json_each("), members, SQL(")"))
    return field.in_(NodeList(listed, parens=True))


def locking(query: Any, table: type[Any]) -> Any:
    """Add a row lock on ``table`` where the engine has them; SQLite has one writer anyway."""
    if current_engine() == "postgresql":
        return query.for_update("FOR UPDATE", of=table)
    return query


_statements: list[Statement] = []


def compile_all() -> None:
    """Compile every statement for the current unit's engine, so that no call has to."""
    for statement in _statements:
        statement.compile()


class Statement:
    """One query: built on first use on each engine, then only its text is run."""

    def __init__(self, build: Callable[[], Query]) -> None:
        self._build = build
        self._compiled: dict[Engine, _Compiled] = {}
        _statements.append(self)

    def all(self, **parameters: Any) -> list[Row]:
        """Run and return every row."""
        return self._execute(parameters).fetchall()  # type: ignore[no-any-return]

    def one(self, **parameters: Any) -> Row | None:
        """Run and return the first row, or None."""
        rows = self.all(**parameters)
        return rows[0] if rows else None

    def found(self, kind: str, which: object, **parameters: Any) -> Row:
        """Run and return the first row. Raises NotFound, which names what was looked for."""
        row = self.one(**parameters)
        if row is None:
            raise NotFound(kind, which)
        return row

    def value(self, **parameters: Any) -> Any:
        """Run and return the first column of the first row; there must be one."""
        return self.all(**parameters)[0][0]

    def column(self, **parameters: Any) -> list[Any]:
        """Run and return the first column of every row."""
        return [row[0] for row in self.all(**parameters)]

    def run(self, **parameters: Any) -> int:
        """Run and return how many rows were written."""
        return self._execute(parameters).rowcount  # type: ignore[no-any-return]

    def each(self, **parameters: Any) -> Iterator[Row]:
        """Run and yield row by row in flat memory; read to the end inside the unit."""
        engine, database = current()
        sql, arguments = self._text(engine, database, parameters)
        with streaming_cursor(engine, database) as cursor:
            cursor.execute(sql, arguments)
            while rows := cursor.fetchmany(_STREAM_ROWS):
                yield from rows

    def many(self, rows: Iterable[Sequence[Any]]) -> None:
        """Run once for each row; a row holds the parameters in the order of the slots."""
        sql, database = self._for_many()
        cursor = database.cursor()
        cursor.executemany(sql, rows)
        cursor.close()

    def slots(self) -> list[str]:
        """The names of its slots, in the order in which ``many`` takes a row."""
        return self._compile(*current()).names

    def compile(self) -> None:
        """Build the text for the current unit's engine now, if it was not needed yet."""
        self._compile(*current())

    def _execute(self, parameters: dict[str, Any]) -> Any:
        """Run it past ``execute_sql``, which costs as much again as a short query."""
        unit = _unit()
        sql, arguments = self._text(unit.engine, unit.database, parameters)
        try:
            return unit.connection.execute(sql, arguments)
        except Exception:
            with _as_peewees_errors:  # entered for an error alone: it is twice as long as the rest
                raise

    def _text(
        self, engine: Engine, database: Database, parameters: dict[str, Any]
    ) -> tuple[str, Sequence[Any]]:
        compiled = self._compiled.get(engine) or self._compile(engine, database)
        return compiled.sql, compiled.arguments(parameters)

    def _for_many(self) -> tuple[str, Database]:
        """The text for one row after the other, and where it is run."""
        engine, database = current()
        compiled = self._compile(engine, database)
        assert compiled.takes_slots_alone, "every value must be a slot"
        return compiled.sql, database

    def _compile(self, engine: Engine, database: Database) -> _Compiled:
        compiled = self._compiled.get(engine)
        if compiled is None:
            sql, places = database.get_sql_context().sql(self._build()).query()
            compiled = self._compiled[engine] = _Compiled(sql, places, engine)
        return compiled


class _Compiled:
    """The text of a statement, and how its arguments are put in order: no loop for each run."""

    def __init__(self, sql: str, places: Sequence[Any], engine: Engine) -> None:
        self.sql = sql
        self._lists = {place.name for place in places if isinstance(place, _ListSlot)}
        self._as_list = _array_of if engine == "postgresql" else _json_of
        self.names = [place.name for place in places if isinstance(place, _Slot)]
        # What is no parameter goes by its place, which is the name of none.
        keys = [place.name if isinstance(place, _Slot) else at for at, place in enumerate(places)]
        self._constants = {
            at: place for at, place in enumerate(places) if not isinstance(place, _Slot)
        }
        self._in_order: Callable[[Any], Sequence[Any]] = _getter(keys)

    @property
    def takes_slots_alone(self) -> bool:
        """Whether every value in it is a parameter."""
        return not self._constants

    def arguments(self, parameters: dict[str, Any]) -> Sequence[Any]:
        """The values in the order of the text; ``parameters`` are the statement's own."""
        given: dict[Any, Any] = parameters
        if self._constants:
            given.update(self._constants)
        for name in self._lists:
            given[name] = self._as_list(list(given[name]))
        return self._in_order(given)


def _array_of(members: list[Any]) -> str | list[Any]:
    """PostgreSQL writes an array as JSON does, in other brackets, where no character is escaped.

    Left as a list, psycopg would write it member by member in Python.
    """
    told = _json_of(members)
    return members if "\\" in told else f"{{{told[1:-1]}}}"


def _json_of(members: list[Any]) -> str:
    try:
        return encode(members).decode()
    except UnicodeEncodeError:  # half a character, which JSON can escape
        return json.dumps(members)


def _getter(names: Sequence[Any]) -> Callable[[Any], Sequence[Any]]:
    """What takes the values of some names out of a dict, in their order."""
    if len(names) < 2:  # itemgetter makes no tuple of one
        return lambda given: [given[name] for name in names]
    return itemgetter(*names)


@contextmanager
def streaming_cursor(engine: Engine, database: Database) -> Iterator[Any]:
    """A cursor that fetches as it goes; PostgreSQL's usual one would fetch everything."""
    if engine == "postgresql":
        cursor = database.connection().cursor(name=f"stream_{next(_numbers)}", scrollable=False)
    else:
        cursor = database.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


_VALUES = re.compile(r"VALUES \((%s(?:, %s)*)\)")
_ROWS_TO_ANALYZE = 500


_EMPTY = {"TEXT": "", "BIGINT": 0, "INT": 0, "BOOL": False, "BLOB": b""}


class BulkInsert(Statement):
    """One insert of many rows; made by ``insert_rows`` and its like.

    PostgreSQL gets all rows as one JSON document: row by row it would work twice as long, and an
    array for each column costs our side ten times as much to write. And it looks at a table as
    soon as there are some rows in it: until it does so by itself, minutes later, it would search
    all of a new table for each page of an import.
    """

    def __init__(
        self,
        table: Any,
        names: Sequence[str],
        begins: Mapping[str, Any],
        *,
        key: Sequence[str] = (),
        replaces: Callable[[str], bool] = lambda _name: False,
        update: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(self._build)
        self._table = table
        told = names or [name for name in table._meta.fields if name != "id"]
        others = {
            name: begins[name] if name in begins else _EMPTY[field.field_type]
            for name, field in table._meta.fields.items()
            if name not in {"id", *told}
            and (name in begins or not (field.null or field.constraints))
        }
        self._rest = tuple(others.values())
        self._fields = [table._meta.fields[name] for name in (*told, *others)]
        self._key = [place for place, field in enumerate(self._fields) if field.name in key]
        self._replaced = [field for field in self._fields if replaces(field.name)]
        self._update = {table._meta.fields[name]: one for name, one in (update or {}).items()}
        self._written = 0
        self._is_analyzed = False

    def _build(self) -> Query:
        row = tuple(slot(field.name) for field in self._fields)
        query = self._table.insert_many([row], fields=self._fields)
        key = [self._fields[place] for place in self._key]
        if self._replaced or self._update:
            return query.on_conflict(  # type: ignore[no-any-return]
                conflict_target=key, preserve=self._replaced, update=self._update
            )
        return query.on_conflict_ignore() if key else query  # type: ignore[no-any-return]

    def many(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert the rows, which hold the columns in the order of their names."""
        engine, database = current()
        if self._rest:
            rows = ((*row, *self._rest) for row in rows)
        if engine != "postgresql":
            super().many(rows)
            return
        rows = list(rows)
        if not rows:
            return
        if self._names_one_twice(rows):
            super().many(rows)  # one statement may not meet a row twice
        else:
            sql = self._compile(engine, database).sql
            columns = ", ".join(_told(field, place) for place, field in enumerate(self._fields))
            told = f"SELECT {columns} FROM jsonb_array_elements(%s::jsonb) AS told"  # noqa: S608 (types)
            with _as_peewees_errors:
                database.connection().execute(
                    _VALUES.sub(told, sql, count=1), (encode(rows).decode(),)
                )
        self._written += len(rows)
        if self._written >= _ROWS_TO_ANALYZE and not self._is_analyzed:
            self._is_analyzed = True
            self._analyze(database)

    def _names_one_twice(self, rows: Sequence[Sequence[Any]]) -> bool:
        if not self._key:
            return False
        return len(set(map(itemgetter(*self._key), rows))) < len(rows)

    def _analyze(self, database: Database) -> None:
        """Have PostgreSQL look at the table, unless it did when there was something in it."""
        name = self._table._meta.table_name
        known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)"
        [(rows,)] = database.execute_sql(known, (f'"{name}"',)).fetchall()
        if rows < _ROWS_TO_ANALYZE:
            database.execute_sql(f'ANALYZE (SKIP_LOCKED) "{name}"')


def _told(field: Field[Any], place: int) -> str:
    """What PostgreSQL makes a column's value of in a row that it is told as JSON."""
    text = f"told->>{place}"
    if field.field_type == "TEXT":
        return text
    if field.field_type == "BLOB":
        return f"decode({text}, 'base64')"
    type_ = {"BOOL": "boolean", "INT": "integer"}.get(field.field_type, field.field_type.lower())
    return f"({text})::{type_}"


def insert_rows(table: Any, *names: str, **begins: Any) -> Statement:
    """A bulk insert for ``Statement.many``; rows hold the columns of these names in their order.

    Without names, they hold all columns as the table has them, but for an ``id``. Another column
    holds what ``begins`` says of it, else empty text, zero or no; one that may be NULL or has a
    default is left to the table.
    """
    return BulkInsert(table, names, begins)


def insert_new_rows(table: Any, *names: str) -> Statement:
    """As ``insert_rows``; where a row of the same key is there already, it stays as it is."""
    return BulkInsert(table, names, {}, key=_key_of(table))


def put_rows(
    table: Any,
    *names: str,
    replaces: Collection[str] | None = None,
    stays: Collection[str] = (),
    update: Mapping[str, Any] | None = None,
    **begins: Any,
) -> Statement:
    """As ``insert_rows``; where a row of the same key is there already, it is overwritten.

    Only the columns ``replaces`` are, else all but those that ``stays`` names; and ``update`` is
    carried out.
    """
    key = _key_of(table)
    others = {*key, *stays, *(update or ())}

    def is_replaced(name: str) -> bool:
        return name not in others if replaces is None else name in replaces

    return BulkInsert(table, names, begins, key=key, replaces=is_replaced, update=update)


def _key_of(table: Any) -> tuple[str, ...]:
    """What tells rows apart: the primary key, or in place of an ``id`` what is unique besides."""
    meta = table._meta
    primary = tuple(field.name for field in meta.get_primary_keys())
    unique = [tuple(one[0]) for one in meta.indexes if isinstance(one, tuple) and one[1]]
    unique += [(field.name,) for field in meta.sorted_fields if field.unique]
    return unique[0] if primary == ("id",) else primary


class RowInsert(Statement):
    """An insert of one row; made by ``insert_row``."""

    def __init__(self, table: Any) -> None:
        columns = {name: field for name, field in table._meta.fields.items() if name != "id"}
        super().__init__(lambda: table.insert(**slots(*columns)).returning(table.id))
        self._empty = {
            name: None if field.null else _EMPTY[field.field_type]
            for name, field in columns.items()
            if field.null or (field.field_type in _EMPTY and not field.constraints)
        }
        self._names = columns.keys()

    def value(self, **parameters: Any) -> int:
        """Insert a row and return its id. Raises TypeError for a name that is no column."""
        if unknown := parameters.keys() - self._names:
            raise TypeError(f"there is no column {', '.join(sorted(unknown))}")
        return int(super().value(**(self._empty | parameters)))


def insert_row(table: Any) -> RowInsert:
    """An insert of one row. Takes columns as parameters, by their names.

    Another one holds NULL or, where it may not, empty text, zero or no. What has a default in the
    database has to be told.
    """
    return RowInsert(table)


def update_columns(table: type[Any], **columns: Any) -> int:
    """Set ``columns`` of the row with this ``id``; return 1, or 0 when it is gone."""
    names = tuple(name for name in columns if name != "id")
    return _update(table, names).run(**columns)  # type: ignore[arg-type]  # classes are hashable


@functools.cache
def _update(table: Any, names: tuple[str, ...]) -> Statement:
    changes = {getattr(table, name): slot(name) for name in names}
    return Statement(lambda: table.update(changes).where(table.id == slot("id")))
