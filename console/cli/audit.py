"""``deskbridge audit``: who did what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.doctor_contract import AUDIT_ENTRY
from console.cli.shapes import json_option
from console.cli.tables import Column, Row
from console.cli.text import count, local_time

if TYPE_CHECKING:
    from shared.models.values import AuditEntry

RECENT = 20
BLOCK = 500


@click.group()
def audit() -> None:
    """The audit trail: who changed what, and when."""


@audit.command("list")
@click.option(
    "--connection",
    "name",
    metavar="NAME",
    help="Only what was done to this connection, which may be gone by now.",
)
@click.option("--who", metavar="TEXT", help="Only what was done by users whose name holds TEXT.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help=f"At most N, newest first; default: {RECENT}, all with --json.",
)
@json_option(AUDIT_ENTRY, many=True)
@pass_desk
def list_entries(
    desk: Desk, name: str | None, who: str | None, limit: int | None, as_json: bool
) -> None:
    """List what people changed, newest first.

    Entries keep the name that a connection had at the time.
    """
    most = limit or (None if as_json else RECENT)
    with desk.store.reading():
        found = list(islice(_newest(_as_stored(name), who), most))
    if as_json:
        output.say_json_lines(output.json_text(AUDIT_ENTRY.of(entry)) for entry in found)
    elif found:
        output.say_table(COLUMNS, [_row(entry) for entry in found])
        if len(found) == most:
            output.say_wrapped(f"The newest {count(most, 'entry', 'entries')}. More: --limit N")
    elif name is None and who is None:
        output.say_wrapped("Nothing was changed yet.")
    else:
        output.say_wrapped("Nothing like that was done. All: deskbridge audit list")


def _as_stored(name: str | None) -> str | None:
    """The name in the spelling of the connection; that of one that is gone as it was given."""
    from shared.models import connections
    from shared.models.errors import NotFound

    if name is None:
        return None
    try:
        return connections.get(name).name
    except NotFound:
        return name


def _newest(connection: str | None, who: str | None) -> Iterator[AuditEntry]:
    from shared.models import audit as store

    before: int | None = None
    while block := store.entries(BLOCK, before_id=before, connection=connection, who=who):
        yield from block
        before = block[-1].id


COLUMNS = (
    Column("When"),
    Column("Who", least=10),
    Column("What"),
    Column("Connection", least=10),
)


def _row(entry: AuditEntry) -> Row:
    below = [entry.detail] if entry.detail else []
    return Row((local_time(entry.at), entry.who, entry.action, entry.connection), below=below)
