"""The JSON of every command as data: what is printed and what docs/cli.md tells.

It follows from the frozen values that are shown. What a field or property holds is told once,
beside its type, and how it is written follows from that type:

    ended_at: Annotated[datetime | None, "when it ended; null while it runs"]

Amounts are text with two decimals, days and times ISO text (times in UTC), words of an enumeration
and paths their text, sequences arrays, values with keys of their own objects.

Keys are a contract: they are never renamed, new ones come after the old ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, cached_property
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.dates import iso_day, iso_instant
from shared.operations.describe.text import amount
from shared.structs import Value

Json = str | int | bool | None | list[Any] | dict[str, Any]
T = TypeVar("T")
Write = Callable[[Any], Json]


class Key(Value, dict=True):
    """One key: its name, what it holds, of which type, and how it is read from the value.

    ``inner`` describes the object, or the objects of the list, that stands under the key;
    ``listed``: docs/cli.md tells its keys here.
    """

    name: str
    meaning: str
    type: Any
    read: Callable[[Any], Any]
    inner: Shape[Any] | None = None
    listed: bool = True

    @cached_property
    def write(self) -> Write:
        """What makes JSON of what was read."""
        return _writer(self.type, self.inner)


class Elsewhere(Value):
    """The shape under a key whose own keys docs/cli.md tells in another place."""

    shape: Shape[Any]


class Shape(Generic[T]):
    """The keys of the JSON object for a value, in order.

    Without ``keys`` there is one for each field that is told. Else they are blank-separated names
    of fields and properties: ``remedy``, ``id=object_id`` where the key is called otherwise,
    ``posting.part`` for a field of a field, ``sync.*`` for every key of one. A ``Key`` stands for
    what no field holds.

    ``told`` is what differs from what the value itself tells: the meaning of a key, or its shape,
    or the shape of the field before the star.
    """

    def __init__(self, of: type[T], *keys: str | Key, **told: str | Shape[Any] | Elsewhere) -> None:
        self._of = of
        self._keys = keys
        self._told = told

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Every key; worked out once it is needed: few of all shapes are."""
        given = self._keys or (" ".join(_fields_told(self._of)),)
        return tuple(key for one in given for key in self._found(one))

    def of(self, value: T) -> dict[str, Json]:
        """The object for ``value``."""
        return {name: write(read(value)) for name, read, write in self._ways}

    @property
    def title(self) -> str:
        """The name of the type of the value."""
        return str(self._of.__name__)

    def names(self) -> list[str]:
        """The names of the keys, in order."""
        return [key.name for key in self.keys]

    @cached_property
    def _ways(self) -> list[tuple[str, Callable[[Any], Any], Write]]:
        return [(key.name, key.read, key.write) for key in self.keys]

    def _found(self, given: str | Key) -> Iterator[Key]:
        if isinstance(given, Key):
            yield given
            return
        for word in given.split():
            if word.endswith(".*"):
                yield from self._keys_of(word.removesuffix(".*"))
            else:
                yield self._key(word)

    def _keys_of(self, part: str) -> Iterator[Key]:
        shape = self._told.get(part)
        inner = shape if isinstance(shape, Shape) else Shape(_leaf(_declared(self._of, part)))
        get = attrgetter(part)
        for key in inner.keys:
            yield Key(key.name, key.meaning, key.type, _through(get, key), key.inner, key.listed)

    def _key(self, word: str) -> Key:
        name, _, path = word.partition("=")
        path = path or name
        name = name.rpartition(".")[2]
        owner: Any = self._of
        *parts, last = path.split(".")
        for part in parts:
            owner = _leaf(_declared(owner, part))
        declared, told = _declared(owner, last), self._told.get(name)
        meaning = told if isinstance(told, str) else _meaning(declared)
        listed = not isinstance(told, Elsewhere)
        inner = told.shape if isinstance(told, Elsewhere) else told
        if not isinstance(inner, Shape):
            leaf = _leaf(declared)
            inner = Shape(leaf) if isinstance(leaf, type) and _has_fields(leaf) else None
        return Key(name, meaning, declared, attrgetter(path), inner, listed)


def _has_fields(kind: type) -> bool:
    return issubclass(kind, Value) or hasattr(kind, "_fields")


def _through(part: Callable[[Any], Any], key: Key) -> Callable[[Any], Any]:
    return lambda whole: key.read(part(whole))


@cache
def _fields(owner: Any) -> dict[str, Any]:
    return get_type_hints(owner, include_extras=True)


def _fields_told(owner: Any) -> list[str]:
    return [name for name, declared in _fields(owner).items() if _meaning(declared)]


def _declared(owner: Any, name: str) -> Any:
    """The type of a field or property as it is declared; raises KeyError."""
    member = getattr(owner, name, None)
    if isinstance(member, property):
        return get_type_hints(member.fget, include_extras=True)["return"]
    return _fields(owner)[name]


def _meaning(declared: Any) -> str:
    """What an annotation tells beside the type; empty: nothing."""
    told = get_args(declared)[1:] if get_origin(declared) is Annotated else ()
    return next((one for one in told if isinstance(one, str)), "")


def _leaf(declared: Any) -> Any:
    """The type of one value: without its meaning, what is missing, and the sequence around it."""
    while arguments := [one for one in get_args(declared) if one is not NoneType]:
        declared = arguments[0]
    return declared


def _writer(declared: Any, inner: Shape[Any] | None) -> Write:
    origin, arguments = get_origin(declared), get_args(declared)
    if not arguments:
        plain = (write for kind, write in _WRITTEN if issubclass(declared, kind))
        return inner.of if inner else next(plain)
    write = _writer(next(one for one in arguments if one is not NoneType), inner)
    if origin is Annotated:
        return write
    if origin in (Union, UnionType):
        return lambda held: None if held is None else write(held)
    return lambda held: [write(one) for one in held]


def _same(held: Json) -> Json:
    return held


_WRITTEN: tuple[tuple[type, Write], ...] = (
    (Decimal, amount),
    (datetime, iso_instant),
    (date, iso_day),  # after datetime, which is one
    (Enum, lambda held: str(held.value)),  # before str, which ours are
    (Path, str),
    (str, _same),
    (int, _same),  # and bool, which is one
)
