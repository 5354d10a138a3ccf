"""``deskbridge invoiced``: a connection's account on Invoiced."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.errors import Refused, WrongUsage
from console.cli.invoiced_check import check
from console.cli.invoiced_mappings import map_record, mappings
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing
from console.cli.params import flag, named_argument, option
from console.fields import field
from shared import sealing
from shared.health import internet
from shared.operations import connectors as operations
from shared.operations import platform_doors, platform_records
from shared.operations.contracts.connectors import OUTGOING, PREVIEW, STANDING
from shared.operations.describe import platforms as describe
from shared.operations.platform_standing import Preview, view_preview, view_standing
from shared.rules.connectors import CREATE, AccountState, ConvenienceFees, Outgoing, Would

NAME = named_argument
FC = TypeVar("FC", bound=Callable[..., Any])
LOOK_SECONDS = 0.3


def fees_option(told: str, **how: Any) -> Callable[[FC], FC]:
    """The option that says what becomes of convenience fees."""
    choice = click.Choice([one.value for one in ConvenienceFees])
    return click.option("--convenience-fees", type=choice, help=told, **how)


RECORDS = Listing[Outgoing](
    OUTGOING,
    field("Kind", lambda one: one.kind.value, drop=1),
    field("Document", lambda one: one.document, least=10, fair=20),
    field("ID", lambda one: one.object_id),
    field("Becomes", describe.becomes),
    below=lambda one: [one.reason],
)


@click.group()
def invoiced() -> None:
    """Connect Invoiced: send customers and invoices, receive payments."""


@invoiced.command()
@NAME
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File that contains the API key; it is kept encrypted in the store.",
)
@option("--key-env", "VARIABLE", "Environment variable of the daemon that contains the key.")
@option("--key-credential", "CREDENTIAL", "Name of the systemd credential that contains the key.")
@flag("--sandbox", "The account is in Invoiced's sandbox.")
@option("--url", "BASE", "Another address of the API, such as the simulator's.")
@fees_option("What to do with convenience fees of payments. Default: leave-out.")
@decides()
@pass_command_context
def connect(
    context: CommandContext,
    name: str,
    key_file: Path | None,
    key_env: str | None,
    key_credential: str | None,
    sandbox: bool,
    url: str | None,
    convenience_fees: str | None,
) -> PlanOf:
    """Connect NAME to an Invoiced account, or give it another key of the same account.

    Nothing is sent yet. invoiced preview shows what would be sent; then invoiced resume sends open
    invoices with their customers and payments.
    """
    base = platform_doors.address(url or "", sandbox=sandbox)
    source = _source(key_file, key_env, key_credential)
    how: dict[str, Any] = {
        "sandbox": sandbox,
        "database": context.settings.database,
        "environ": os.environ,
        "net": internet.Internet(),
    }
    with output.waiting("Asking Invoiced"):
        if key_file:
            door = platform_doors.with_key_in(key_file, base, **how)
        else:
            door = platform_doors.with_key_of(source, base, **how)
    fees = ConvenienceFees(convenience_fees) if convenience_fees else None
    return partial(operations.plan_connect, name=name, door=door, convenience_fees=fees)


def _source(key_file: Path | None, key_env: str | None, key_credential: str | None) -> str:
    given = [
        *([sealing.IN_STORE] if key_file else []),
        *([f"{sealing.IN_VARIABLE}{key_env}"] if key_env else []),
        *([f"{sealing.IN_CREDENTIAL}{key_credential}"] if key_credential else []),
    ]
    if len(given) != 1:
        raise WrongUsage(
            "The API key is missing.", "Give one of --key-file, --key-env and --key-credential"
        )
    return given[0]


@invoiced.command()
@NAME
@fees_option("Post convenience fees on account of the customer, or leave them out.", required=True)
@decides()
def edit(name: str, convenience_fees: str) -> PlanOf:
    """Change the settings of NAME for payments that arrive from now on."""
    fees = ConvenienceFees(convenience_fees)
    return partial(operations.plan_edit, name=name, convenience_fees=fees)


@invoiced.command()
@NAME
@json_option(STANDING)
@pass_command_context
def status(context: CommandContext, name: str, as_json: bool) -> None:
    """Show the state of NAME: what is waiting, what was sent, what needs attention."""
    standing = context.read(partial(view_standing, name=name))
    if as_json:
        output.say_json(STANDING.of(standing))
        return
    output.say_sections(describe.sections(standing))
    if standing.held_up:
        output.say()
        RECORDS.show(standing.held_up)


@invoiced.command()
@NAME
@click.option(
    "--wait",
    "seconds",
    type=click.IntRange(min=0),
    default=120,
    show_default=True,
    help="Wait this many seconds for the daemon to check.",
)
@flag("--all", "Also list what would stay as it is.", into="with_all")
@json_option(PREVIEW)
@pass_command_context
def preview(
    context: CommandContext, name: str, seconds: int, with_all: bool, as_json: bool
) -> None:
    """Show what NAME would send: created, changed, matched, ambiguous. Sends nothing."""
    decide(context, partial(operations.plan_look, name=name))
    with output.waiting("The daemon is checking"):
        found = _looked(context, name, seconds)
    if as_json:
        output.say_json(PREVIEW.of(found))
    else:
        _say_preview(found, with_all)
    if not found.is_through:
        why = found.reason or f"The daemon did not check everything within {seconds} seconds."
        raise Refused(why, "Check that the daemon is running: deskbridge doctor")


def _looked(context: CommandContext, name: str, seconds: int) -> Preview:
    """The dry run once it is through; as far as it is when the time is over."""
    until = time.monotonic() + seconds
    while True:
        found = context.read(partial(view_preview, name=name))
        if found.is_through or time.monotonic() >= until:
            return found
        time.sleep(LOOK_SECONDS)


def _say_preview(found: Preview, with_all: bool) -> None:
    looked_at = [one for one in found.records if one.would]
    rows = [one for one in looked_at if with_all or one.would is not Would.NOTHING]
    RECORDS.say(Found(rows, "Nothing would be sent."))
    output.say()
    output.say_wrapped(describe.found(found))


@invoiced.command()
@NAME
@decides()
def pause(name: str) -> PlanOf:
    """Send and receive nothing for NAME until you resume it."""
    return partial(operations.plan_state, name=name, state=AccountState.PAUSED)


@invoiced.command()
@NAME
@decides()
def resume(name: str) -> PlanOf:
    """Resume NAME: send what is waiting, and receive payments."""
    return partial(operations.plan_state, name=name, state=AccountState.LIVE)


@invoiced.command()
@NAME
@click.argument("which", metavar="[RECORD]...", nargs=-1)
@decides()
def retry(name: str, which: tuple[str, ...]) -> PlanOf:
    """Send RECORDs of NAME again, by ID or number; without RECORD, all refused ones."""
    return partial(platform_records.plan_retry, name=name, which=which)


@invoiced.command()
@NAME
@click.argument("which", metavar="RECORD...", nargs=-1, required=True)
@click.option("--note", default="", help="The reason, for the record.")
@decides()
def skip(name: str, which: tuple[str, ...], note: str) -> PlanOf:
    """Do not send RECORDs of NAME; retry undoes that."""
    return partial(platform_records.plan_skip, name=name, which=which, note=note)


@invoiced.command()
@NAME
@click.argument("customer")
@option("--as", "ID", "ID of the customer on Invoiced.", into="their_id")
@flag("--create", "Create a new customer on Invoiced.")
@decides()
def choose(name: str, customer: str, their_id: str | None, create: bool) -> PlanOf:
    """Choose which customer on Invoiced CUSTOMER of NAME is, if several match."""
    if bool(their_id) == create:
        raise WrongUsage("The customer is missing.", "Give --as ID or --create")
    choice = their_id or CREATE
    return partial(platform_records.plan_choose, name=name, customer=customer, choice=choice)


@invoiced.command()
@NAME
@decides()
def disconnect(name: str) -> PlanOf:
    """Disconnect NAME from Invoiced and forget its key; what was sent stays there."""
    return partial(operations.plan_disconnect, name=name)


invoiced.add_command(check)
invoiced.add_command(mappings)
invoiced.add_command(map_record)
