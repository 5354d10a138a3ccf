"""``deskbridge audit``: who did what, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.doctor_contract import AUDIT_ENTRY
from console.cli.json_option import json_option
from console.cli.params import Day
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, local_time

if TYPE_CHECKING:
    from shared.rules.values import AuditEntry

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
@click.option("--action", metavar="TEXT", help="Only actions that hold TEXT, such as retry.")
@click.option("--text", metavar="TEXT", help="Only entries that hold TEXT, wherever it is.")
@click.option("--since", metavar="DATE", type=Day(), help="Only from this day on.")
@click.option("--until", metavar="DATE", type=Day(), help="Only up to this day, which is included.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help=f"At most N, newest first; default: {RECENT}, all with --json.",
)
@json_option(AUDIT_ENTRY, many=True)
@pass_desk
def list_entries(
    desk: Desk,
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

    Entries keep the name that a connection had at the time. Days are those of this machine.
    """
    from console.tui.snapshots.days import midnight

    most = limit or (None if as_json else RECENT)
    parts = {"who": who, "action": action, "anywhere": text}
    wanted: dict[str, Any] = {
        "holding": [(place, part) for place, part in parts.items() if part is not None],
        "since": midnight(since, 0),
        "until": midnight(until, 1),
    }
    with desk.store.reading():
        wanted["connection"] = _as_stored(name)
        found = list(islice(_newest(wanted), most))
    if as_json:
        output.say_json_lines(output.json_text(AUDIT_ENTRY.of(entry)) for entry in found)
    elif found:
        output.say_table(COLUMNS, [_row(entry) for entry in found])
        if len(found) == most:
            output.say_wrapped(f"The newest {count(most, 'entry', 'entries')}. More: --limit N")
    elif not any(wanted.values()):
        output.say_wrapped("Nothing was changed yet.")
    else:
        output.say_wrapped("Nothing like that was done. All: deskbridge audit list")


def _as_stored(name: str | None) -> str | None:
    """The name in the spelling of the connection; that of one that is gone as it was given."""
    from shared.errors import NotFound
    from shared.models import connections

    if name is None:
        return None
    try:
        return connections.get(name).name
    except NotFound:
        return name


def _newest(wanted: Mapping[str, Any]) -> Iterator[AuditEntry]:
    from shared.models import audit as store

    before: int | None = None
    while block := store.entries(BLOCK, before_id=before, **wanted):
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
