"""``deskbridge connection``: add, list, show, edit and remove connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from shlex import quote
from typing import Any

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides, yes_option
from console.cli.errors import WrongUsage
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing, Table
from console.cli.params import (
    COMPANY_FILE,
    DAY,
    HOURS,
    NO_DATE,
    flag,
    name_argument,
    named_argument,
    option,
    refuse_as_option,
)
from console.fields import field
from shared import dates
from shared.operations import connections, pausing
from shared.operations.connections import ConnectionView
from shared.operations.contracts.connections import CONNECTION, CONNECTION_DETAIL
from shared.operations.describe.connection_settings import SETTINGS, Setting
from shared.operations.describe.connections import lock, password, paused
from shared.rules.values import Application


@click.group()
def connection() -> None:
    """Connections: one QuickBooks company file joined to one ledger."""


_TYPED: dict[str, dict[str, Any]] = {
    "company_file": {"type": COMPANY_FILE},
    "start_date": {"type": DAY, "metavar": "DATE"},
    "quiet_hours": {"type": HOURS, "metavar": "HOURS"},
}


def fields(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for every setting of a connection; what is not given is None."""
    for setting in reversed([one for one in SETTINGS.values() if one.option]):
        option = click.option(setting.option, setting.key, help=setting.help, **_taken(setting))
        command = option(command)
    return command


def _taken(setting: Setting) -> dict[str, Any]:
    """What an option takes, as click is told it."""
    if setting.unit:
        return {"type": click.IntRange(0, setting.most), "metavar": setting.unit.upper()}
    if "/" in setting.option:
        return {"default": None}
    return _TYPED.get(setting.key) or {"type": click.Choice([one.word for one in setting.values])}


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as values."""
    return {key: _value(SETTINGS[key], one) for key, one in given.items() if one is not None}


def _value(setting: Setting, given: Any) -> Any:
    if given == NO_DATE:
        return None
    return next((one.value for one in setting.values if one.word == given), given)


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
    nothing = "No connection yet. Next: deskbridge connection add NAME"
    _connections(now).say(Found(found, nothing), as_json=as_json)


def _connections(now: datetime) -> Listing[ConnectionView]:
    return Listing[ConnectionView](
        CONNECTION,
        field("Name", lambda one: one.connection.name, least=12, fair=28),
        field("Layout", lambda one: one.connection.layout, drop=1),
        field("Company", lambda one: one.company or "not read yet", least=12),
        field("Last call", lambda one: dates.moment(one.last_seen_at, "never"), drop=2),
        field(
            "Last sync",
            lambda one: one.last_sync.state if one.last_sync else "none yet",
            paint=output.state,
        ),
        field("Problems", lambda one: str(one.open_problems), right=True),
        below=lambda one: _in_the_way(one, now),
    )


def _in_the_way(held: ConnectionView, now: datetime) -> Iterator[str]:
    """What keeps it from syncing or from posting."""
    for one in held.applications:
        if told := lock(one, now):
            yield f"{one.kind.label}: {told}"
    if held.hold:
        yield f"Payments wait: {held.hold.reason}"
    if told := paused(held.connection):
        yield f"{told}."


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
    Table[Application](
        field("Application", lambda one: one.kind.label),
        field("User name", lambda one: one.username),
        field("Password", password, drop=1),
        field("Last call", lambda one: dates.moment(one.last_seen_at, "never")),
        below=lambda one: [
            f"{told} Unlock it: deskbridge password unlock NAME" if (told := lock(one, now)) else ""
        ],
    ).show(held.applications)


@connection.command("edit")
@name_argument
@option("--rename", "NAME", "Give the connection another name.")
@fields
@flag("--rebind", "Forget the bound company file; the next sync binds the one that is open.")
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
