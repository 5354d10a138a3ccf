"""One page of a list, for screens and programs alike.

Every list has a ``view_page(store, wanted, after, limit)``. ``after`` is where the page before
ended, its ``next``; None is the first page. What is added or goes meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from shared.structs import Value

T = TypeVar("T")
Place = TypeVar("Place")
AT_ONCE = 100
"""How many records are on a page where nobody says otherwise."""


class Page(Value, Generic[T, Place]):
    """The records of a page, in order; ``next`` is what the one behind it begins after.

    None: there is no other. A place is a number, or a tuple of numbers, texts and times.
    """

    rows: tuple[T, ...]
    next: Place | None = None


def page_of(found: Sequence[T], limit: int, place: Callable[[T], Place]) -> Page[T, Place]:
    """A page of at most ``limit`` of what was found: one more where there is another page."""
    rows = tuple(found[:limit])
    return Page(rows, place(rows[-1]) if rows and len(found) > limit else None)


class Numbered(Protocol):
    """A record with a number of its own."""

    @property
    def id(self) -> int:
        """The number."""


def by_number(record: Numbered) -> int:
    """The place of a record in a list that goes by its number."""
    return record.id
