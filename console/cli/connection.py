"""``deskbridge connection``: add, list, show, edit and remove connections."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from shlex import quote
from typing import Any

import click

from console.cli import output
from console.cli.connection_fields import chosen, fields
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides, yes_option
from console.cli.errors import WrongUsage
from console.cli.json_option import json_option
from console.cli.listing import Listing
from console.cli.params import name_argument, named_argument, refuse_as_option
from shared import dates
from shared.operations import connections, pausing
from shared.operations.connections import ConnectionView
from shared.operations.contracts.connections import CONNECTION, CONNECTION_DETAIL
from shared.operations.describe.connections import lock, password, paused
from shared.operations.describe.tables import Column, Row
from shared.rules.values import Application


@click.group()
def connection() -> None:
    """Connections: one QuickBooks company file joined to one ledger."""


@connection.command("add")
@click.argument("name")
@fields
@json_option(CONNECTION_DETAIL)
@pass_command_context
def add(context: CommandContext, /, name: str, as_json: bool, **given: Any) -> None:
    """Add a connection called NAME; the name alone is enough."""
    refuse_as_option(name)
    _ = context.store_to_begin
    added = decide(context, partial(connections.plan_add, fields={"name": name, **chosen(given)}))
    if as_json:
        _say_as_json(context, added.connection.id)
        return
    output.say_wrapped(added.sentence)
    _say_next(added.connection.name)


def _say_as_json(context: CommandContext, connection_id: int) -> None:
    held = context.read(partial(connections.view, which=connection_id))
    output.say_json(CONNECTION_DETAIL.of(held))


def _say_next(name: str) -> None:
    output.say_wrapped(f"Next: deskbridge qwc {quote(name)} --out FOLDER")


@connection.command("list")
@json_option(CONNECTION, many=True)
@pass_command_context
def list_connections(context: CommandContext, as_json: bool) -> None:
    """List the connections."""
    found, now = context.read(connections.view_all), context.store.now()
    Listing(CONNECTION, COLUMNS, partial(_row, now=now)).say(
        found, "No connection yet. Next: deskbridge connection add NAME", as_json=as_json
    )


COLUMNS = (
    Column("Name", least=12, fair=28),
    Column("Layout", drop=1),
    Column("Company", least=12),
    Column("Last call", drop=2),
    Column("Last sync", paint=output.state),
    Column("Problems", right=True),
)


def _row(held: ConnectionView, now: datetime) -> Row:
    return Row(
        (
            held.connection.name,
            held.connection.layout,
            held.company or "not read yet",
            dates.moment(held.last_seen_at, "never"),
            held.last_sync.state if held.last_sync else "none yet",
            str(held.open_problems),
        ),
        below=[
            *(told for one in held.applications if (told := _lock(one, now))),
            *([f"Payments wait: {held.hold.reason}"] if held.hold else []),
            *([f"{told}."] if (told := paused(held.connection)) else []),
        ],
    )


def _lock(application: Application, now: datetime) -> str:
    told = lock(application, now)
    return f"{application.kind.label}: {told}" if told else ""


@connection.command("show")
@name_argument
@json_option(CONNECTION_DETAIL)
@pass_command_context
def show(context: CommandContext, name: str | None, as_json: bool) -> None:
    """Show one connection: its settings, applications and company file.

    You can leave out NAME if there is only one connection.
    """
    held, now = context.read(partial(connections.view, which=name)), context.store.now()
    if as_json:
        output.say_json(CONNECTION_DETAIL.of(held))
        return
    output.say(output.strong(held.connection.name))
    for section in held.sections:
        output.say_pairs(section.lines)
        output.say()
    rows = [_application_row(application, now) for application in held.applications]
    output.say_table(APPLICATION_COLUMNS, rows)


APPLICATION_COLUMNS = (
    Column("Application"),
    Column("User name"),
    Column("Password", drop=1),
    Column("Last call"),
)


def _application_row(application: Application, now: datetime) -> Row:
    told = lock(application, now)
    return Row(
        (
            application.kind.label,
            application.username,
            password(application),
            dates.moment(application.last_seen_at, "never"),
        ),
        below=[f"{told} Unlock it: deskbridge password unlock NAME"] if told else [],
    )


@connection.command("edit")
@name_argument
@click.option("--rename", metavar="NAME", help="Give the connection another name.")
@fields
@click.option(
    "--rebind",
    is_flag=True,
    help="Forget the bound company file; the next sync binds the one that is open.",
)
@yes_option
@json_option(CONNECTION_DETAIL)
@pass_command_context
def edit(
    context: CommandContext,
    /,
    name: str | None,
    rename: str | None,
    rebind: bool,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Change what the options name; everything else stays.

    Asks first if payments would be posted or go elsewhere because of the change, or if an
    application that signs in now could no longer do so. You can leave out NAME if there is only one
    connection.
    """
    refuse_as_option(rename or "")
    changes = chosen({"name": rename, **given})
    if not changes and not rebind:
        raise WrongUsage("Give something to change.", "deskbridge connection edit --help")
    plan = partial(connections.plan_edit, which=name, changes=changes, rebind=rebind)
    changed = decide(context, plan, yes=yes)
    if as_json:
        _say_as_json(context, changed.connection.id)
        return
    output.say_wrapped(changed.sentence)
    if "layout" in changes:
        _say_next(changed.connection.name)


@connection.command("pause")
@name_argument
@decides()
def pause(name: str | None) -> PlanOf:
    """Run no sync of NAME until it is resumed.

    A running sync finishes its current write and stops. The Web Connector shows why; nothing is
    lost. You can leave out NAME if there is only one connection.
    """
    return partial(pausing.plan_pause, which=name)


@connection.command("resume")
@name_argument
@decides()
def resume(name: str | None) -> PlanOf:
    """Let syncs of NAME run again; the next one continues where it stopped.

    You can leave out NAME if there is only one connection.
    """
    return partial(pausing.plan_resume, which=name)


@connection.command("remove")
@named_argument
@decides(asks=True)
def remove(name: str) -> PlanOf:
    """Remove NAME with its invoices, customers, payments, syncs and problems.

    Nothing changes in QuickBooks. Shows which payments are sent, unknown, ready or waiting, then
    asks; without a terminal it needs --yes.
    """
    return partial(connections.plan_removal, which=name)
