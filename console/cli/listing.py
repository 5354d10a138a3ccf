"""A list command: its options, and how it shows what it found.

JSON for scripts, one object to a line; a table for people, with a column for the connection where
the records are of several; a sentence with the next step where there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import click

from console.cli import output
from console.cli.context import CommandContext
from shared.models.store import Store
from shared.operations.contracts.shapes import Shape
from shared.operations.describe.tables import Column, Row
from shared.structs import Value

T = TypeVar("T")
Shown = TypeVar("Shown")
Command = TypeVar("Command", bound=Callable[..., Any])
CONNECTION = Column("Connection", least=10)


class Listing(Value, Generic[T]):
    """How records of one kind are listed.

    ``connection`` names that of a record; it is shown where there are several.
    """

    shape: Shape[T]
    columns: Sequence[Column]
    row: Callable[[T], Row]
    connection: Callable[[T], str] | None = None

    def say(
        self, found: Sequence[T], nothing: str, below: Iterable[str] = (), *, as_json: bool = False
    ) -> None:
        """Show what was found, with sentences ``below``; or say that there is ``nothing``."""
        if as_json:
            output.say_json_lines(map(self.json_line, found))
        elif found:
            self._say_table(found)
            _say_below(list(below))
        else:
            output.say_wrapped(nothing)

    def json_line(self, one: T) -> str:
        """One record as an object on a line."""
        return output.json_text(self.shape.of(one))

    def _say_table(self, found: Sequence[T]) -> None:
        columns, rows = self.columns, [self.row(one) for one in found]
        named = [self.connection(one) for one in found] if self.connection else []
        if len(set(named)) > 1:
            columns = (*columns, CONNECTION)
            both = zip(rows, named, strict=True)
            rows = [Row((*row.cells, name), row.below) for row, name in both]
        output.say_table(columns, rows)


def _say_below(sentences: Sequence[str]) -> None:
    if sentences:
        output.say()
    for sentence in sentences:
        output.say_wrapped(sentence)


def shown(
    context: CommandContext,
    label: str,
    view: Callable[[Store], Iterable[T]],
    show: Callable[[T], Shown],
) -> list[Shown]:
    """Read many records and show each; the store is released before anything is printed.

    A pager that nobody scrolls must not hold a read transaction: it would keep the daemon
    from committing.
    """
    with context.store.reading(), output.progress(label) as tell:
        done: list[Shown] = []
        for one in view(context.store):
            done.append(show(one))
            tell(len(done))
    return done


def states_option(
    flag: str, words: Sequence[str], default: str = "all"
) -> Callable[[Command], Command]:
    """``--state`` or ``--status``: only records that stand there."""
    told = f"Only these; may be repeated. Default: {default}."
    return click.option(flag, "states", type=click.Choice(words), multiple=True, help=told)


def limit_option(recent: int) -> Callable[[Command], Command]:
    """``--limit``: how many of the newest; ``most`` reads it."""
    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        metavar="N",
        help=f"The newest N; 0 for all. Default: {recent}, and all with --json.",
    )


def most(limit: int | None, recent: int, *, as_json: bool) -> int | None:
    """How many are wanted at the most; None: all."""
    if limit is None:
        return None if as_json else recent
    return limit or None
