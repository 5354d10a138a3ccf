"""The JSON of every command as data: what is printed and what docs/cli.md tells.

Keys are a contract: they are never renamed, new ones come after the old ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Json = str | int | bool | None | list[Any] | dict[str, Any]
T = TypeVar("T")
Whole = TypeVar("Whole")


class Key(Generic[T]):
    """One key: its name, what it holds, and how it is read from the value.

    ``inner`` describes the object, or the objects of the list, that stands under the key.
    """

    def __init__(
        self, name: str, meaning: str, read: Callable[[T], Json], inner: Shape[Any] | None = None
    ) -> None:
        self.name = name
        self.meaning = meaning
        self.read = read
        self.inner = inner


class Shape(Generic[T]):
    """The keys of one JSON object, in order."""

    def __init__(self, *keys: Key[T]) -> None:
        self.keys = keys

    def of(self, value: T) -> dict[str, Json]:
        """The object for ``value``."""
        return {key.name: key.read(value) for key in self.keys}

    def names(self) -> list[str]:
        """The names of the keys, in order."""
        return [key.name for key in self.keys]

    def within(self, part: Callable[[Whole], T], *more: Key[Whole]) -> Shape[Whole]:
        """The shape of a larger value: the keys of its ``part`` first, then ``more``."""
        return Shape(*(_through(part, key) for key in self.keys), *more)


def _through(part: Callable[[Whole], T], key: Key[T]) -> Key[Whole]:
    return Key(key.name, key.meaning, lambda whole: key.read(part(whole)), key.inner)
