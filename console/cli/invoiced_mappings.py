"""``deskbridge invoiced mappings`` and ``map``: which record is which on Invoiced."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.errors import WrongUsage
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing
from console.cli.params import flag, name_argument, named_argument, option
from console.cli.spreadsheet import csv_line, unarmed
from console.fields import field
from shared.files import write_private
from shared.operations import platform_mappings as operations
from shared.operations.contracts.connectors import MAPPED
from shared.operations.describe.text import count
from shared.rules.connectors import Mapped

MAPPINGS = Listing[Mapped](
    MAPPED,
    field("Kind", lambda one: one.kind.value, drop=1),
    field("Document", lambda one: one.document, least=10, fair=20),
    field("QuickBooks", lambda one: one.our_id),
    field("Invoiced", lambda one: one.their_id),
    field("Owner", lambda one: one.owner.value),
    connection=lambda one: one.connection,
)


@click.command()
@name_argument
@option(
    "--csv",
    "FILE",
    "Write them to FILE, for a spreadsheet.",
    into="target",
    type=click.Path(dir_okay=False, path_type=Path),
)
@json_option(MAPPED, many=True)
@pass_command_context
def mappings(context: CommandContext, name: str | None, target: Path | None, as_json: bool) -> None:
    """List the records of NAME, or of all connections, with their counterparts on Invoiced."""
    found = context.read(partial(operations.view_mapped, which=name))
    if target is None:
        MAPPINGS.say(Found(found, "No record is on both sides yet."), as_json=as_json)
        return
    rows = [[unarmed(cell) for cell in MAPPED.of(one).values()] for one in found]
    lines = [csv_line(one) for one in (MAPPED.names(), *rows)]
    write_private(target, "".join(f"{one}\n" for one in lines).encode())
    output.say_beside(f"Wrote {count(len(found), 'record')} to {target}.")


@click.command("map")
@named_argument
@click.argument("record")
@option("--as", "ID", "ID of the counterpart on Invoiced.", into="their_id")
@flag("--forget", "Forget the counterpart, and look for it on Invoiced again.")
@decides(asks=True)
def map_record(name: str, record: str, their_id: str | None, forget: bool) -> PlanOf:
    """Correct which record on Invoiced is the counterpart of RECORD of NAME.

    RECORD is its ID in QuickBooks, or its number or name. The record on Invoiced is then compared
    and changed to match QuickBooks.
    """
    if bool(their_id) == forget:
        raise WrongUsage("Which record of Invoiced is it?", "Write --as ID or --forget")
    return partial(operations.plan_map, name=name, record=record, their_id=their_id or "")
