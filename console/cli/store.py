"""``deskbridge db``: upgrade and back up the store."""

from __future__ import annotations

from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from shared.operations import stores
from shared.operations.contracts.doctor import BACKUP, UPGRADE
from shared.operations.deciding import Operator
from shared.operations.describe.text import count


@click.group()
def db() -> None:
    """The store: upgrade it after an update, back it up."""


@db.command()
@json_option(UPGRADE)
@pass_command_context
def upgrade(context: CommandContext, as_json: bool) -> None:
    """Bring the store to the form that this version needs.

    A SQLite store is backed up beside itself first. A store that is up to date is left alone.
    """
    with output.waiting("Upgrading the store"):
        upgraded = stores.upgrade(context.store_to_upgrade)
    if as_json:
        output.say_json(UPGRADE.of(upgraded))
        return
    if not upgraded.applied:
        output.say_wrapped("The store is up to date.")
        return
    output.say_wrapped(
        f"Applied {count(len(upgraded.applied), 'step')}: {', '.join(upgraded.applied)}"
    )
    if upgraded.backup:
        output.say_wrapped(f"Copy of the store before the upgrade: {upgraded.backup}")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option(BACKUP)
@pass_command_context
def backup(context: CommandContext, file: Path, as_json: bool) -> None:
    """Copy the store to FILE while others work with it; FILE is never overwritten.

    For SQLite only: a PostgreSQL store is backed up by pg_dump.
    """
    with output.waiting("Backing the store up"):
        made = stores.back_up(Operator(context.store, context.who), file.absolute())
    if as_json:
        output.say_json(BACKUP.of(made))
    else:
        output.say_wrapped(f"Backed up to {made.path} ({made.size_bytes:,} bytes).")
