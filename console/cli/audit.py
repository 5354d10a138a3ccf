"""``deskbridge audit``: who did what, and when."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import click

from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.json_option import json_option
from console.cli.listing import Listing, limit_option, most
from console.cli.params import Day, connection_option
from shared import dates
from shared.operations import audit as operations
from shared.operations import audit_pruning
from shared.operations.audit import AuditFilter
from shared.operations.contracts.records import AUDIT_ENTRY
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count
from shared.rules.values import AuditEntry

RECENT = 20


@click.group()
def audit() -> None:
    """The audit log: who changed what, and when."""


@audit.command("list")
@connection_option("Only changes to this connection, which may have been removed since.")
@click.option("--who", metavar="TEXT", help="Only changes by users whose name contains TEXT.")
@click.option("--action", metavar="TEXT", help=("Only actions that contain TEXT, such as retry."))
@click.option("--text", metavar="TEXT", help="Only entries that contain TEXT anywhere.")
@click.option("--since", metavar="DATE", type=Day(), help="Only from this date on.")
@click.option("--until", metavar="DATE", type=Day(), help="Only up to and including this date.")
@limit_option(RECENT)
@json_option(AUDIT_ENTRY, many=True)
@pass_command_context
def list_entries(
    context: CommandContext,
    name: str | None,
    who: str | None,
    action: str | None,
    text: str | None,
    since: date | None,
    until: date | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List what people changed, newest first.

    Entries keep the name that a connection had at the time. Days are in this machine's time zone.
    """
    parts = {"who": who, "action": action, "anywhere": text}
    holding = tuple((place, part) for place, part in parts.items() if part is not None)
    wanted = AuditFilter(holding, name, first_day=since, last_day=until)
    wanted_most = most(limit, RECENT, as_json=as_json)
    found = context.read(partial(operations.view, wanted=wanted, limit=wanted_most))
    told = f"The newest {count(len(found), 'entry', 'entries')}. More: --limit N"
    ENTRIES.say(
        found,
        "Nothing has been changed yet."
        if wanted == AuditFilter()
        else "No matching entries. All: deskbridge audit list",
        [told] * (len(found) == wanted_most),
        as_json=as_json,
    )


@audit.command()
@click.option("--before", metavar="DATE", type=Day(), required=True, help="Before this date.")
@click.option(
    "--out",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A new file for the entries: one JSON object per line, oldest first.",
)
@decides(asks=True)
def prune(before: date, file: Path) -> PlanOf:
    """Move old entries out of the store into FILE.

    Nothing else removes an entry, however long syncs are kept. Those of the last 90 days always
    stay. Exits with 3 if no entry is that old.
    """
    return partial(audit_pruning.plan_prune, before=before, file=file.absolute())


def _row(entry: AuditEntry) -> Row:
    below = [entry.detail] if entry.detail else []
    return Row((dates.moment(entry.at), entry.who, entry.action, entry.connection), below=below)


ENTRIES = Listing(
    AUDIT_ENTRY,
    (Column("When"), Column("Who", least=10), Column("What"), Column("Connection", least=10)),
    _row,
)
