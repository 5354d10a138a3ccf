"""``deskbridge payments profiles``: how files of payments are read."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing
from console.cli.params import connection_option, name_argument, named_argument
from console.fields import field
from shared.operations import payment_profiles
from shared.operations.contracts.payment_intake import SAVED_PROFILE, SHOWN_PROFILE
from shared.operations.describe.tables import Column, Row
from shared.operations.file_profiles import shipped
from shared.rules.ledger import Listed
from shared.rules.payments.values import SavedProfile


@click.group()
def profiles() -> None:
    """Profiles: how the columns of a file of payments are read."""


def _with(one: Listed[SavedProfile]) -> str:
    saved = one.row
    return ", ".join(filter(None, (*saved.maps, saved.date_order, saved.time_zone)))


PROFILES = Listing[Listed[SavedProfile]](
    SAVED_PROFILE,
    field("Profile", lambda one: one.row.label, least=10),
    field("On top of", lambda one: one.row.base, drop=1),
    field("With", _with, least=20),
    connection=lambda one: one.connection,
)


@profiles.command("list")
@name_argument
@PROFILES.command
def list_profiles(context: CommandContext, name: str | None) -> Found[Listed[SavedProfile]]:
    """List the profiles that were saved for NAME, or for all connections."""
    found = context.read(partial(payment_profiles.view_list, which=name))
    come = f"Deskbridge comes with {', '.join(shipped())}."
    how = "Show one: deskbridge payments profiles show LABEL"
    nothing = f"No profile is saved yet: import with --save-profile LABEL. {come} {how}"
    return Found(found, nothing, (come, how))


@profiles.command("show")
@click.argument("label")
@connection_option("The one saved for NAME.")
@json_option(SHOWN_PROFILE)
@pass_command_context
def show_profile(context: CommandContext, label: str, name: str | None, as_json: bool) -> None:
    """Show what a profile needs, and which column is which field."""
    found = context.read(partial(payment_profiles.view_called, which=name, label=label))
    if as_json:
        output.say_json(SHOWN_PROFILE.of(found))
        return
    output.say_wrapped(f"{found.label}: {found.title}")
    output.say_wrapped(f"Requires the columns: {', '.join(found.needs)}")
    for title, told in (("Dates", found.date_order), ("Time zone", found.time_zone)):
        if told:
            output.say_wrapped(f"{title}: {told}")
    columns = [Row(tuple(one.rsplit("=", 1))) for one in found.columns]
    output.say_table((Column("Column", least=20), Column("Field")), columns)


@profiles.command("remove")
@named_argument
@click.argument("label")
@decides()
def remove_profile(name: str, label: str) -> PlanOf:
    """Remove a saved profile of NAME; payments imported with it stay as they are."""
    return partial(payment_profiles.plan_remove, which=name, label=label)
