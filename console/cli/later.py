"""A group that knows its commands by name and imports them when they are called."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import click


class LaterGroup(click.Group):
    """A group whose commands may live in modules that are not imported yet.

    ``deskbridge --help`` must not pay for a daemon, nor one command for all others.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places: dict[str, str] = {}
        self._told: dict[str, str] = {}

    def add_later(self, name: str, place: str, told: str = "") -> None:
        """Add the command at ``place`` ("package.module:attribute").

        Help says ``told``; empty: it imports the command for its own words.
        """
        self._places[name] = place
        self._told[name] = told

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, imported or not."""
        return sorted({*self.commands, *self._places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now if need be; None when there is none."""
        if cmd_name not in self.commands and cmd_name in self._places:
            module, attribute = self._places[cmd_name].split(":")
            gc.disable()
            try:
                self.add_command(getattr(import_module(module), attribute), cmd_name)
            finally:
                gc.freeze()  # what is imported stays: to look for garbage in it takes a tenth more
                gc.enable()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands for ``--help``, importing those alone that are told nowhere else."""
        rows = [(name, self._told_of(name, ctx)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, told in rows if told])

    def _told_of(self, name: str, ctx: click.Context) -> str:
        if self._told.get(name):
            return self._told[name]
        command = self.get_command(ctx, name)
        return "" if command is None or command.hidden else command.get_short_help_str()
