"""What the company's commands share: amounts, errors with exit codes, text or JSON."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from simulator.company.books import BookError, NotInBooks
from simulator.company.company import Company
from simulator.company.errors import QuickBooksError
from simulator.company.state import BadState, NoState

P = ParamSpec("P")
R = TypeVar("R")

STATE = click.argument("state", type=click.Path(dir_okay=False, path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Failure(click.ClickException):
    """An expected failure: a sentence on standard error."""

    exit_code = 1


class NotFound(Failure):
    """What was named is not there."""

    exit_code = 3


def amount(text: str) -> int:
    """Read an amount of money with two decimals or none, as hundredths. Raises BadParameter."""
    found = re.fullmatch(r"([+-]?)(\d{1,11})(?:\.(\d\d))?", text)
    if not found:
        raise click.BadParameter(f"{text!r} is not an amount; write 12 or 12.50.")
    hundredths = int(found[2]) * 100 + int(found[3] or 0)
    return -hundredths if found[1] == "-" else hundredths


def speaking(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the simulator's own errors into sentences with exit codes."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (NotInBooks, NoState) as missing:
            raise NotFound(str(missing)) from missing
        except (BookError, BadState, QuickBooksError) as refused:
            raise Failure(str(refused)) from refused
        except OSError as broken:
            raise Failure(f"{broken.filename}: {broken.strerror}") from broken

    return wrapped


def changing(path: Path) -> AbstractContextManager[Company]:
    """Load, change and save a company; says so when somebody else holds it."""
    return Company.changing(path, waiting=_say_waiting)


def _say_waiting() -> None:
    click.echo("Another program is using this company; waiting for it.", err=True)


def show(value: object, text: str, *, as_json: bool) -> None:
    """Print one of the two."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text)
