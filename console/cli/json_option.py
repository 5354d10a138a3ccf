"""``--json``: an option that knows the shape of what it prints, for docs/cli.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from shared.operations.contracts.shapes import Shape


class JsonOption(click.Option):
    """``--json``, which knows the shape that it prints."""

    def __init__(self, *arguments: Any, shape: Shape[Any], many: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.shape = shape
        self.many = many


def json_option(shape: Shape[Any], *, many: bool = False) -> Callable[[Any], Any]:
    """Give a command ``--json``: an array of objects with ``many``, else one object."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        is_eager=True,  # other options may depend on it
        cls=JsonOption,
        shape=shape,
        many=many,
        help="Print JSON for scripts instead of text for people.",
    )
