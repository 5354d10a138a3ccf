"""What the shell completes beside commands and options: the names of connections."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from console.cli.context import CommandContext
from shared.errors import StoreError
from shared.settings import SettingsRefused

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def connection_names(
    ctx: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """The connections whose names begin so, in upper or lower case.

    Without a word nothing where the store is missing, or this user cannot read it.
    """
    from click.shell_completion import CompletionItem

    from shared.operations import which

    context = CommandContext(ctx.find_root().params.get("config"), os.environ)
    try:
        names = [one.name for one in context.read(lambda _store: which.every(None))]
    except (StoreError, SettingsRefused, OSError):
        return []
    finally:
        context.close()
    found = [name for name in names if name.casefold().startswith(begun.casefold())]
    return [CompletionItem(_as_typed(name, os.environ)) for name in found]


def _as_typed(name: str, environ: Mapping[str, str]) -> str:
    """The name as it is put on the line; zsh and fish quote it themselves.

    bash does not, and click's function for it reads the answer with ``read``, which takes a
    backslash away.
    """
    if not environ.get("_DESKBRIDGE_COMPLETE", "").startswith("bash"):
        return name
    words = environ.get("COMP_WORDS", "").split("\n")
    typed = words[int(environ.get("COMP_CWORD", "0"))] if words else ""
    escape = "" if typed.startswith(("'", '"')) else "\\\\"
    return "".join(
        sign if sign.isalnum() or sign in "_-./:@%+=," else f"{escape}{sign}" for sign in name
    )
