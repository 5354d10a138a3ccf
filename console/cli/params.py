"""Arguments and option types that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.cli.completing import connection_names
from console.cli.errors import NotThere, WrongUsage
from shared import dates

if TYPE_CHECKING:
    pass

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")
NO_DATE = date.max
FROM_STANDARD_INPUT = "-"


class Typed(click.ParamType[T]):
    """A value that ``read`` makes of a word; for what it cannot take, it raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], T]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        if not isinstance(value, str):
            default: T = value
            return default
        try:
            return self._read(value)
        except ValueError as why:
            self.fail(str(why), param, ctx)


def _day(word: str) -> date:
    if word.lower() == "none":
        return NO_DATE
    try:
        return dates.read_day(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a date; write it as {dates.EXAMPLE}, or none.") from None


def _amount(word: str) -> Decimal:
    from shared.operations.payment_terms import Unreadable, read_amount

    try:
        amount = read_amount(word)
    except Unreadable as fault:
        raise ValueError(f"{fault}.") from fault
    if amount < 0:
        raise ValueError(f"{word} is below zero.")
    return amount


def _share(word: str) -> tuple[str, Decimal]:
    from shared.operations.payment_terms import Unreadable, read_share

    try:
        return read_share(word)
    except Unreadable as fault:
        raise ValueError(f"{fault}.") from fault


def _company_file(word: str) -> str:
    path = PureWindowsPath(word)
    if word and not (path.is_absolute() and path.suffix.lower() == ".qbw"):
        raise ValueError(
            f"{word!r} is not the full path of a company file; write it as the Windows PC "
            r"knows it, such as 'C:\Books\Larkspur.qbw', or leave it empty for the file "
            "that is open in QuickBooks."
        )
    return word


def _hours(word: str) -> str:
    from shared.rules.quiet_hours import QuietHours

    return "" if word.strip().lower() in ("", "none") else str(QuietHours.parse(word))


DAY = Typed("date", _day)
"""A date as ``11/28/2026`` or ``2026-11-28``; NO_DATE for ``none``, which takes a date away."""
MONEY = Typed("amount", _amount)
"""An amount as ``1234.50``; what a payment is told in is never below zero."""
SHARE = Typed("share", _share)
"""What one document gets of a payment, as ``1042=10.00``; it is parted at the last ``=``."""
COMPANY_FILE = Typed("path", _company_file)
"""The full Windows path of a company file, checked without a disk; empty: the one that is open."""
HOURS = Typed("hours", _hours)
"""Quiet hours, as ``08:00-17:00 America/Chicago``; ``none``, or nothing, for no such hours."""


def refuse_as_option(name: str) -> None:
    """Refuse a name that every later command would take for an option."""
    if name.strip().startswith("-"):
        raise WrongUsage(
            f'The name "{name}" begins with "-", as options do.', "Begin it with a letter or digit"
        )


def option(
    name: str, metavar: str, told: str, *, into: str | None = None, **how: Any
) -> Callable[[Command], Command]:
    """An option with a value: what help calls that, and what it says of it."""
    names = (name, into) if into else (name,)
    return click.option(*names, metavar=metavar, help=told, **how)


def flag(name: str, told: str, *, into: str | None = None) -> Callable[[Command], Command]:
    """An option without a value."""
    names = (name, into) if into else (name,)
    return click.option(*names, is_flag=True, help=told)


def name_argument(command: Command) -> Command:
    """NAME, which may be left out where the store holds exactly one connection."""
    return click.argument("name", required=False, default=None, shell_complete=connection_names)(
        command
    )


def named_argument(command: Command) -> Command:
    """NAME, which has to be given."""
    return click.argument("name", shell_complete=connection_names)(command)


def connection_option(told: str) -> Callable[[Command], Command]:
    """``--connection NAME``, which limits what is listed or searched."""
    return click.option(
        "--connection", "name", shell_complete=connection_names, metavar="NAME", help=told
    )


def payment_option(command: Command) -> Command:
    """``--connection``: whose payments an ID is looked for among."""
    return click.option(
        "--connection",
        metavar="NAME",
        shell_complete=connection_names,
        help="Search only the payments of NAME; digits are then tried as an external ID first.",
    )(command)


def words_given(words: Sequence[str], what: str) -> list[str]:
    """Read ids from the command line; ``-`` stands for those on standard input.

    Each counts once, in the order given. Raises NotThere where standard input should hold some
    and holds none.
    """
    expanded: list[str] = []
    for word in words:
        expanded += sys.stdin.read().split() if word == FROM_STANDARD_INPUT else [word]
    if words and not expanded:
        raise NotThere(
            f"Standard input contains no {what}: there is nothing to do.",
            f"deskbridge {what.rpartition(' ')[2]}s list",
        )
    return list(dict.fromkeys(expanded))


def numbers_given(words: Sequence[str], what: str) -> list[int]:
    """Read numbers as ``words_given`` does; raises WrongUsage for anything else."""
    given = words_given(words, f"number of a {what}")
    return list(dict.fromkeys(_number(word, what) for word in given))


def _number(word: str, what: str) -> int:
    digits = word.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise WrongUsage(
            f'"{word}" is not the number of a {what}.',
            f"The numbers are in the first column of: deskbridge {what}s list",
        )
    return int(digits)
