"""What the simulator's commands share: parameters, errors with exit codes, text or JSON, acts."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")
Parameter = Callable[[Any], Any]  # a click.argument or click.option

MOST_PROBLEMS_SHOWN = 20
FILE = click.Path(dir_okay=False, path_type=Path)
STATE = click.argument("state", type=FILE)
option = functools.partial(click.option, show_default=True)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Failure(click.ClickException):
    """An expected failure: a sentence on standard error."""


class NotFound(Failure):
    """What was named is not there."""

    exit_code = 3


class Told(Protocol):
    """What an act did: its fields are its JSON."""

    @property
    def sentence(self) -> str:
        """What happened, for people."""

    def _asdict(self) -> dict[str, Any]: ...


T = TypeVar("T", bound=Told)


class Day(click.ParamType[str]):
    """A date, as ISO text."""

    name = "datetime"
    _read = click.DateTime(["%Y-%m-%d"])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self._read.get_metavar(param, ctx)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return f"{self._read.convert(value, param, ctx):%Y-%m-%d}"


DAY = Day()


def speaking(
    missing: tuple[type[Exception], ...], refused: tuple[type[Exception], ...]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn the errors of a simulator, and those of files, into sentences with exit codes."""

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(command)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return command(*args, **kwargs)
            except missing as error:
                raise NotFound(str(error)) from error
            except refused as error:
                raise Failure(str(error)) from error
            except OSError as error:
                raise Failure(f"{error.filename}: {error.strerror}") from error

        return wrapped

    return decorate


def show(value: object, text: str, *, as_json: bool) -> None:
    """Print one of the two."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text)


def add_act(
    group: click.Group,
    act: Callable[..., T | list[T]],
    do: Callable[[Path, dict[str, Any]], T | list[T]],
    *parameters: Parameter,
    name: str = "",
) -> None:
    """A command of an act, named and explained as it is, that ``do`` carries out in the STATE."""

    def run(state: Path, *, as_json: bool, **given: Any) -> None:
        done = do(state, given)
        several = done if isinstance(done, list) else [done]
        values = [one._asdict() for one in several]
        text = "\n".join(one.sentence for one in several)
        show(values if isinstance(done, list) else values[0], text, as_json=as_json)

    callback: Any = click.pass_obj(run)
    for parameter in reversed((*parameters, AS_JSON)):
        callback = parameter(callback)
    told = (act.__doc__ or "").partition("\n")[0]
    group.command(name or act.__name__.replace("_", "-"), help=told)(callback)
