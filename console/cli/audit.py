"""``deskbridge audit``: who did what, and when."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import click

from console.cli.context import CommandContext
from console.cli.deciding import PlanOf, decides
from console.cli.listing import Found, Listing, limit_option, newest
from console.cli.params import DAY, connection_option, option
from console.fields import field
from shared import dates
from shared.operations import audit as operations
from shared.operations import audit_pruning
from shared.operations.audit import AuditFilter
from shared.operations.contracts.records import AUDIT_ENTRY
from shared.rules.values import AuditEntry

RECENT = 20


@click.group()
def audit() -> None:
    """The audit log: who changed what, and when."""


ENTRIES = Listing[AuditEntry](
    AUDIT_ENTRY,
    field("When", lambda one: dates.moment(one.at)),
    field("Who", lambda one: one.who, least=10),
    field("What", lambda one: one.action),
    field("Connection", lambda one: one.connection, least=10),
    below=lambda one: [one.detail],
)


@audit.command("list")
@connection_option("Only changes to this connection, which may have been removed since.")
@option("--who", "TEXT", "Only changes by users whose name contains TEXT.")
@option("--action", "TEXT", "Only actions that contain TEXT, such as retry.")
@option("--text", "TEXT", "Only entries that contain TEXT anywhere.")
@option("--since", "DATE", "Only from this date on.", type=DAY)
@option("--until", "DATE", "Only up to and including this date.", type=DAY)
@limit_option(RECENT)
@ENTRIES.command
def list_entries(
    context: CommandContext,
    name: str | None,
    who: str | None,
    action: str | None,
    text: str | None,
    since: date | None,
    until: date | None,
    limit: int | None,
) -> Found[AuditEntry]:
    """List what people changed, newest first.

    Entries keep the name that a connection had at the time. Days are in this machine's time zone.
    """
    parts = {"who": who, "action": action, "anywhere": text}
    holding = tuple((place, part) for place, part in parts.items() if part is not None)
    wanted = AuditFilter(holding, name, first_day=since, last_day=until)
    found = context.read(partial(operations.view, wanted=wanted, limit=limit))
    nothing = "Nothing has been changed yet."
    if wanted != AuditFilter():
        nothing = "No matching entries. All: deskbridge audit list"
    return Found(found, nothing, newest(found, limit, "entry", "entries"))


@audit.command()
@option("--before", "DATE", "Before this date.", type=DAY, required=True)
@option(
    "--out",
    "FILE",
    "A new file for the entries: one JSON object per line, oldest first.",
    into="file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
)
@decides(asks=True)
def prune(before: date, file: Path) -> PlanOf:
    """Move old entries out of the store into FILE.

    Nothing else removes an entry, however long syncs are kept. Those of the last 90 days always
    stay. Exits with 3 if no entry is that old.
    """
    return partial(audit_pruning.plan_prune, before=before, file=file.absolute())
