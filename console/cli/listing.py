"""A list command: its options, and how it shows what it found.

JSON for scripts, one object to a line; a table for people, with a column for the connection where
the records are of several; a sentence with the next step where there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any, Generic, TypeAlias, TypeVar

import click

from console import fields
from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from shared.models.store import Store
from shared.operations.contracts.shapes import Shape
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count
from shared.structs import Value

T = TypeVar("T")
Inner = TypeVar("Inner")
Shown = TypeVar("Shown")
Command = TypeVar("Command", bound=Callable[..., Any])
Field: TypeAlias = fields.Field[T, str]
CONNECTION = Column("Connection", least=10)


def inside(part: Callable[[T], Inner], of_part: Iterable[Field[Inner]]) -> Iterator[Field[T]]:
    """The columns of a part of each record."""

    def within(cell: Callable[[Inner], str]) -> Callable[[T], str]:
        return lambda one: cell(part(one))

    return ((column, within(cell)) for column, cell in of_part)


class Table(Generic[T]):
    """A table of records; ``below`` is what each is followed by, a paragraph each."""

    def __init__(
        self, *fields: Field[T], below: Callable[[T], Iterable[str]] = lambda _one: ()
    ) -> None:
        self.columns = tuple(column for column, _ in fields)
        self._cells = [cell for _, cell in fields]
        self._below = below

    def row(self, one: T) -> Row:
        """The row of a record; what is empty is not below it."""
        return Row([cell(one) for cell in self._cells], [*filter(None, self._below(one))])

    def show(self, found: Iterable[T]) -> None:
        """Print the records."""
        output.say_table(self.columns, [self.row(one) for one in found])


class Found(Value, Generic[T]):
    """What a list command found: the records, what is said without any, what below them."""

    records: Sequence[T]
    nothing: str
    below: Iterable[str] = ()


class Listing(Table[T]):
    """How records of one kind are listed, as JSON or as a table.

    ``connection`` names that of a record; it is shown where there are several.
    """

    def __init__(
        self,
        shape: Shape[T],
        *fields: Field[T],
        below: Callable[[T], Iterable[str]] = lambda _one: (),
        connection: Callable[[T], str] | None = None,
    ) -> None:
        super().__init__(*fields, below=below)
        self._shape = shape
        self._connection = connection

    def command(self, ask: Callable[..., Found[T]]) -> Callable[..., None]:
        """A command that lists what its function finds."""

        @wraps(ask)
        @pass_command_context
        def run(context: CommandContext, /, *, as_json: bool, **given: Any) -> None:
            self.say(ask(context, **given), as_json=as_json)

        listed: Callable[..., None] = json_option(self._shape, many=True)(run)
        return listed

    def say(self, found: Found[T], *, as_json: bool = False) -> None:
        """Show what was found, with sentences below; or say that there is nothing."""
        if as_json:
            output.say_json_lines(map(self.json_line, found.records))
        elif found.records:
            self.show(found.records)
            for place, sentence in enumerate(found.below):
                if not place:
                    output.say()
                output.say_wrapped(sentence)
        else:
            output.say_wrapped(found.nothing)

    def json_line(self, one: T) -> str:
        """One record as an object on a line."""
        return output.json_text(self._shape.of(one))

    def show(self, found: Iterable[T]) -> None:
        """Print the records, with a column for their connection where that differs."""
        records = list(found)
        columns, rows = self.columns, [self.row(one) for one in records]
        named = [self._connection(one) for one in records] if self._connection else []
        if len(set(named)) > 1:
            columns = (*columns, CONNECTION)
            both = zip(rows, named, strict=True)
            rows = [Row((*row.cells, name), row.below) for row, name in both]
        output.say_table(columns, rows)


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
    """``--limit``: how many of the newest, None for all; with --json that is the default."""

    def most(ctx: click.Context, _option: click.Parameter, given: int | None) -> int | None:
        if given is None:
            return None if ctx.params["as_json"] else recent
        return given or None

    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        metavar="N",
        callback=most,
        help=f"The newest N; 0 for all. Default: {recent}, and all with --json.",
    )


def newest(found: Sequence[T], limit: int | None, one: str, many: str = "") -> list[str]:
    """What is said below the newest records where there may be more."""
    told = f"The newest {count(len(found), one, many)}. More: --limit N"
    return [told] * (len(found) == limit)
