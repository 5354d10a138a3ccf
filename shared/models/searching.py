"""Lists that people search, page by page: each page begins where the one before it ended."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any

from peewee import SQL, NodeList

from shared.models import tables as t
from shared.models.statements import Row, Statement, slot

ALL = 2**62
"""A number after all numbers, and a limit that lets everything pass."""


def by_shape(build: Callable[..., Any]) -> Callable[..., Statement]:
    """The statement for each set of conditions that a filter may have, made once it is needed."""
    return functools.cache(lambda *shape: Statement(lambda: build(*shape)))


def of_one_or_all(table: Any) -> Callable[[Callable[[], Any]], Callable[..., list[Row]]]:
    """Have a query ask for the rows of ``table`` of one connection; with None, for those of all.

    These are two statements, so that each has its index.
    """

    def decide(build: Callable[[], Any]) -> Callable[..., list[Row]]:
        of_all = Statement(build)
        of_one = Statement(lambda: build().where(table.has("connection")))

        def rows(connection_id: int | None, **parameters: Any) -> list[Row]:
            if connection_id is None:
                return of_all.all(**parameters)
            return of_one.all(connection=connection_id, **parameters)

        return rows

    return decide


def given(**wanted: Any) -> frozenset[str]:
    """The names of what a filter demands; None demands nothing."""
    return frozenset(name for name, value in wanted.items() if value is not None)


def newest_first(select: Any, number: Any, *conditions: Any) -> Any:
    """One page of ``select``, those with a ``number`` below the slot ``before``."""
    return (
        select.where(number < slot("before"), *conditions)
        .order_by(number.desc())
        .limit(slot("limit"))
    )


def of_each_status(
    statement: Statement, statuses: Iterable[Enum], *, limit: int, **parameters: Any
) -> list[Row]:
    """One page of ``newest_first`` over several statuses, each along its index.

    So 100,000 posted payments do not hide three that wait. Rows begin with the number.
    """
    found: list[Row] = []
    for status in statuses:
        found += statement.all(status=status.value, limit=limit, **parameters)
    return sorted(found, key=lambda row: -row[0])[:limit]


def holding_words(number: int, *fields: Any) -> Iterator[NodeList]:
    """True where the ``fields`` hold each of ``number`` words, those of ``patterns``."""
    return (holding(f"word_{one}", *fields) for one in range(number))


def patterns(words: Sequence[str]) -> dict[str, str]:
    """The parameters of ``holding_words``."""
    return {f"word_{one}": pattern(word) for one, word in enumerate(words)}


def holding(word: str, *fields: Any) -> NodeList:
    """True where the ``fields``, one after the other, hold the text of the slot ``word``.

    The parameter is a ``pattern``. Case does not matter; SQLite knows that of ASCII alone.
    """
    joined = functools.reduce(lambda left, right: left.concat(" ").concat(right), fields)
    return NodeList((t.Lowered(joined), SQL("LIKE"), slot(word), SQL("ESCAPE '!'")))


def pattern(part: str) -> str:
    """A LIKE pattern for what holds this text, whatever signs are in it."""
    for sign in "!%_":
        part = part.replace(sign, f"!{sign}")
    return f"%{part.lower()}%"
