"""``deskbridge events``: what happened."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.listing import Listing, limit_option, most
from console.cli.params import connection_option
from shared import dates
from shared.operations import events as operations
from shared.operations.contracts.records import EVENT
from shared.operations.describe import events as describe
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count
from shared.operations.events import EventFilter
from shared.rules.events import Event

RECENT = 20


@click.group()
def events() -> None:
    """Events: what happened, in order, for webhooks and programs."""


@events.command("list")
@connection_option("Only this connection.")
@click.option(
    "--kind",
    "kinds",
    metavar="KIND",
    multiple=True,
    help=(
        "Only this kind, such as invoice.closed, or payment for all payment events; may be "
        "repeated."
    ),
)
@click.option(
    "--after",
    "cursor",
    type=click.IntRange(min=0),
    metavar="CURSOR",
    help="Events after event CURSOR, in order; 0 means everything that is kept.",
)
@limit_option(RECENT)
@json_option(EVENT, many=True)
@pass_command_context
def list_events(
    context: CommandContext,
    name: str | None,
    kinds: tuple[str, ...],
    cursor: int | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List what happened, newest first; with --after, in order, each event once."""
    wanted = EventFilter(name, kinds)
    wanted_most = most(limit, RECENT, as_json=as_json)
    if cursor is not None:
        following = operations.read_after(context.store, wanted, cursor, wanted_most)
        found = list(following.events)
        below = f"To continue after these: --after {following.cursor}"
    else:
        found = context.read(partial(operations.view_newest, wanted=wanted, limit=wanted_most))
        below = f"The newest {count(len(found), 'event')}. More: --limit N"
    EVENTS.say(
        found,
        "Nothing has happened yet."
        if wanted == EventFilter() and cursor is None
        else "No matching events.",
        [below] * (cursor is not None or len(found) == wanted_most),
        as_json=as_json,
    )


def _row(event: Event) -> Row:
    told = describe.told(event)
    return Row((str(event.id), dates.moment(event.at), event.kind.value, event.document, told))


EVENTS = Listing(
    EVENT,
    (
        *(Column("ID", right=True), Column("When"), Column("What")),
        *(Column("Document", least=10), Column("Now", least=10)),
    ),
    _row,
    connection=lambda event: event.connection,
)
