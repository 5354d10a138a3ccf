"""``deskbridge events``: what happened."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext
from console.cli.listing import Found, Listing, limit_option, newest
from console.cli.params import connection_option, option
from console.fields import field
from shared import dates
from shared.operations import events as operations
from shared.operations.contracts.records import EVENT
from shared.operations.describe import events as describe
from shared.operations.events import EventFilter
from shared.rules.events import Event

RECENT = 20


@click.group()
def events() -> None:
    """Events: what happened, in order, for webhooks and programs."""


EVENTS = Listing[Event](
    EVENT,
    field("ID", lambda event: str(event.id), right=True),
    field("When", lambda event: dates.moment(event.at)),
    field("What", lambda event: event.kind.value),
    field("Document", lambda event: event.document, least=10),
    field("Now", describe.told, least=10),
    connection=lambda event: event.connection,
)


@events.command("list")
@connection_option("Only this connection.")
@option(
    "--kind",
    "KIND",
    "Only this kind, such as invoice.closed, or payment for all payment events; may be repeated.",
    into="kinds",
    multiple=True,
)
@option(
    "--after",
    "CURSOR",
    "Events after event CURSOR, in order; 0 means everything that is kept.",
    into="cursor",
    type=click.IntRange(min=0),
)
@limit_option(RECENT)
@EVENTS.command
def list_events(
    context: CommandContext,
    name: str | None,
    kinds: tuple[str, ...],
    cursor: int | None,
    limit: int | None,
) -> Found[Event]:
    """List what happened, newest first; with --after, in order, each event once."""
    wanted = EventFilter(name, kinds)
    if cursor is not None:
        following = operations.read_after(context.store, wanted, cursor, limit)
        below = [f"To continue after these: --after {following.cursor}"]
        return Found(list(following.events), "No matching events.", below)
    found = context.read(partial(operations.view_newest, wanted=wanted, limit=limit))
    nothing = "Nothing has happened yet." if wanted == EventFilter() else "No matching events."
    return Found(found, nothing, newest(found, limit, "event"))
