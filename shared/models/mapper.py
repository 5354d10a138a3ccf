"""Rows as values and values as rows: a field of a value is the column of its name.

What a column is called and how it holds a value follows from the field's type, so a new field is
written in two places: in the value and in ``tables``.

- an amount (Decimal) stands in ``<name>_cents``, as hundredths
- a time (datetime) stands in ``<name>_ms`` without a closing "at", "until" or "since", as
  milliseconds since 1970
- a day (date) is ISO text, a word of an enumeration its text; a word that may be missing is
  empty where its column is never NULL
- ``connection_id`` may be the reference ``connection``

    _MAPPER = Mapper(Problem, t.Problem, connection=t.Connection.name)
    t.Problem.select(*_MAPPER.fields).join(t.Connection)
    problems = map(_MAPPER.read, rows)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from operator import itemgetter
from types import NoneType, UnionType
from typing import Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.models.convert import cents, millis, moment, money
from shared.models.statements import Row, Statement, insert_rows, put_rows, slot
from shared.structs import Value, field_names

V = TypeVar("V", bound=Value)
Convert = Callable[[Any], Any]
_CLOSING = ("_at", "_until", "_since")


class _Column(NamedTuple):
    """The column of a field, and what makes a value of what it holds, and the other way round.

    ``missing`` is what it holds where the value is None.
    """

    name: str
    field: Any
    read: Convert | None
    write: Convert | None
    optional: bool
    missing: str | None

    def reading(self, at: int) -> str:
        """The argument that takes the value from place ``at`` of a row."""
        held = f"row[{at}]"
        if self.read is None:
            return f"{self.name}={held}"
        if not self.optional:
            return f"{self.name}=f{at}({held})"
        return f"{self.name}=None if {held} is None or {held} == '' else f{at}({held})"

    def writing(self, at: int) -> str:
        """The expression of what the column holds."""
        if self.write is None:
            return f"value.{self.name}"
        if not self.optional:
            return f"f{at}(value.{self.name})"
        given = f"value.{self.name}"
        return f"{self.missing!r} if {given} is None else f{at}({given})"

    def stored(self, value: Any) -> Any:
        """What the column holds of one value."""
        if self.write is None:
            return value
        return self.missing if value is None else self.write(value)


class Mapper(Generic[V]):
    """Rows of ``table`` as values of the class ``made``.

    ``but`` are fields that stand in no column; ``read`` takes them by name. ``columns`` name
    the column of a field that is called otherwise, any other expression to select, or the Mapper
    of a value in the value, whose columns follow those of its own; that may be missing where its
    field is optional and a column that it needs is NULL.
    """

    def __init__(
        self, made: type[V], table: Any, *, but: Collection[str] = (), **columns: Any
    ) -> None:
        self._made = made
        self._table = table
        self._inner = {name: one for name, one in columns.items() if isinstance(one, Mapper)}
        self._given = {name: one for name, one in columns.items() if name not in self._inner}
        self._but = frozenset(but) | self._inner.keys()
        self._storing: dict[frozenset[str], Convert] = {}

    @property
    def table(self) -> Any:
        """The table of the rows."""
        return self._table

    @cached_property
    def fields(self) -> tuple[Any, ...]:
        """What to select, in the order in which ``read`` takes a row."""
        own = [column.field for column in self._columns]
        return (*own, *chain.from_iterable(one.fields for one in self._inner.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of its own, in the order in which ``row`` holds them."""
        return tuple(column.field.name for column in self._columns)

    def read(self, row: Row, **others: Any) -> V:
        """Make a value of a row of ``fields``."""
        return self._read(row, **others)  # type: ignore[no-any-return]

    def row(self, value: V) -> Row:
        """What the columns of its own hold of a value."""
        return self._row(value)  # type: ignore[no-any-return]

    def stored(self, value: V, but: Collection[str] = ()) -> dict[str, Any]:
        """As ``row``, by the names of the columns; without the fields ``but``."""
        left_out = frozenset(but)
        storing = self._storing.get(left_out)
        if storing is None:
            storing = self._storing[left_out] = self._storing_but(left_out)
        return storing(value)  # type: ignore[no-any-return]

    def changes(self, **fields: Any) -> dict[str, Any]:
        """What the columns of some fields hold, by the names of the columns.

        Raises TypeError for a name that is no field.
        """
        unknown = fields.keys() - self._by_name.keys()
        if unknown:
            raise TypeError(f"{self._made.__name__} has no column for {', '.join(sorted(unknown))}")
        return dict(self._changed(name, value) for name, value in fields.items())

    def _changed(self, name: str, value: Any) -> tuple[str, Any]:
        column = self._by_name[name]
        return column.field.name, column.stored(value)

    @cached_property
    def _columns(self) -> tuple[_Column, ...]:
        hints = get_type_hints(self._made)
        return tuple(
            self._column(name, hints[name])
            for name in field_names(self._made)
            if name not in self._but
        )

    @cached_property
    def _by_name(self) -> dict[str, _Column]:
        return {column.name: column for column in self._columns}

    # These are written out as a program once, as dataclasses does it: no loop for each row.

    @cached_property
    def _read(self) -> Callable[..., Any]:
        names: dict[str, Any] = {}
        return _function(f"lambda row, **others: {self._making(0, names, '**others')}", names)

    def _making(self, start: int, names: dict[str, Any], *given: str) -> str:
        """The expression of a value, and of those in it, of a row from place ``start`` on.

        ``names`` is told what its names mean.
        """
        made, end = f"made{len(names)}", start + len(self._columns)
        names[made] = self._made
        names.update((f"f{at}", one.read) for at, one in enumerate(self._columns, start))
        told = [one.reading(at) for at, one in enumerate(self._columns, start)]
        for name, inner in self._inner.items():
            making = inner._making(end, names)
            told.append(f"{name}={making} if {inner._is_there(end)} else None")
            end += len(inner.fields)
        return f"{made}({', '.join((*told, *given))})"

    def _is_there(self, start: int) -> str:
        """The condition for a value: no column is NULL without which there is none."""
        needed = (at for at, one in enumerate(self._columns, start) if not one.optional)
        return " and ".join(f"row[{at}] is not None" for at in needed) or "True"

    @cached_property
    def _row(self) -> Convert:
        held = [one.writing(at) for at, one in enumerate(self._columns)]
        return _function(f"lambda value: ({', '.join(held)},)", self._writers)

    def _storing_but(self, left_out: frozenset[str]) -> Convert:
        held = [
            f"{one.field.name!r}: {one.writing(at)}"
            for at, one in enumerate(self._columns)
            if one.name not in left_out
        ]
        return _function(f"lambda value: {{{', '.join(held)}}}", self._writers)

    @property
    def _writers(self) -> dict[str, Any]:
        return {f"f{at}": one.write for at, one in enumerate(self._columns)}

    def _column(self, name: str, hint: Any) -> _Column:
        kind, optional = _without_none(hint)
        field = self._given.get(name)
        if field is None:
            field = self._field(_names_of_columns(name, kind))
        missing = None if getattr(field, "null", True) else ""
        return _Column(name, field, *_converters(kind), optional, missing)

    def _field(self, names: Iterable[str]) -> Any:
        known = self._table._meta.fields
        found = next((known[name] for name in names if name in known), None)
        if found is None:
            raise TypeError(f"{self._table.__name__} has none of the columns {', '.join(names)}")
        return found


class NewRows(Generic[V]):
    """A bulk insert of values: what ``mapper`` holds of each, and the columns ``given``.

    ``begins`` says what other columns hold, see ``insert_rows``. Where ``stays`` is given, a row
    with the same key is overwritten but for these columns, and ``update`` is carried out.

        _ADD = NewRows(_MAPPER, "connection", "first_seen_ms", state="open")
        _ADD.many((value, connection_id, now_ms) for value in values)
    """

    def __init__(
        self,
        mapper: Mapper[V],
        *given: str,
        stays: Collection[str] | None = None,
        update: Mapping[str, Any] | None = None,
        **begins: Any,
    ) -> None:
        self._mapper = mapper
        self._given = given
        self._stays = stays
        self._update = update
        self._begins = begins

    def many(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows of a value and what the given columns hold, in their order."""
        row = self._mapper.row
        self._insert.many((*row(value), *given) for value, *given in rows)

    @cached_property
    def _insert(self) -> Statement:
        table, names = self._mapper.table, (*self._mapper.names, *self._given)
        if self._stays is None:
            return insert_rows(table, *names, **self._begins)
        return put_rows(table, *names, stays=self._stays, update=self._update, **self._begins)


class ChangedRows(Generic[V]):
    """A bulk update by id: what ``mapper`` holds of a value, the columns ``given``, and ``told``.

    What is ``told`` is an expression that is the same for every row.

        _CHANGE = ChangedRows(_MAPPER, "changed_ms")
        _CHANGE.many((value, now_ms, id_) for id_, value in values)
    """

    def __init__(self, mapper: Mapper[V], *given: str, **told: Any) -> None:
        self._mapper = mapper
        self._given = given
        self._told = told

    def many(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Change rows, each a value, what the given columns hold in their order, and its id."""
        row, names = self._mapper.row, [*self._names, "id"]
        in_order = itemgetter(*map(names.index, self._update.slots()))
        self._update.many(in_order((*row(value), *given)) for value, *given in rows)

    @cached_property
    def _names(self) -> list[str]:
        return [*self._mapper.names, *self._given]

    @cached_property
    def _update(self) -> Statement:
        table, fields = self._mapper.table, self._mapper.table._meta.fields
        changed = {fields[name]: slot(name) for name in self._names}
        told = {fields[name]: held for name, held in self._told.items()}
        return Statement(lambda: table.update(changed | told).where(table.id == slot("id")))


def _function(program: str, names: dict[str, Any]) -> Convert:
    return eval(program, names)  # type: ignore[no-any-return]  # noqa: S307 (of names of fields)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        (kind,) = (one for one in get_args(hint) if one is not NoneType)
        return kind, True
    return hint, False


def _names_of_columns(name: str, kind: Any) -> list[str]:
    if kind is Decimal:
        return [f"{name}_cents"]
    if kind is datetime:
        stems = [name.removesuffix(closing) for closing in _CLOSING if name.endswith(closing)]
        return [f"{stem}_ms" for stem in (name, *stems)]
    return [name, name.removesuffix("_id")]


def _converters(kind: Any) -> tuple[Convert | None, Convert | None]:
    """What reads and what writes a column of a kind; None where it is held as it is."""
    if kind is Decimal:
        return money, cents
    if kind is datetime:
        return moment, millis
    if kind is date:
        return date.fromisoformat, date.isoformat
    if kind is bool:
        return bool, None  # SQLite has none
    if kind is bytes:
        return bytes, None
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {one.value: one for one in kind}.__getitem__, str
    return None, None
