"""``deskbridge token``: what lets programs in."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.completing import connection_names
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing
from console.cli.params import option
from console.fields import field
from shared import dates
from shared.operations import tokens as operations
from shared.operations.contracts.tokens import MADE_TOKEN, TOKEN
from shared.rules.tokens import Access, Token


@click.group()
def token() -> None:
    """Tokens that let programs use the HTTP API."""


@token.command()
@click.argument("label")
@option(
    "--connection",
    "NAME",
    "Limit it to this connection; may be repeated. Default: all.",
    into="names",
    shell_complete=connection_names,
    multiple=True,
)
@click.option(
    "--access",
    type=click.Choice([access.value for access in Access]),
    default=Access.READ.value,
    show_default=True,
    help="What the token may do.",
)
@option("--expires", "DAYS", "Number of days until it expires.", into="days", type=int)
@json_option(MADE_TOKEN)
@pass_command_context
def add(
    context: CommandContext,
    label: str,
    names: tuple[str, ...],
    access: str,
    days: int | None,
    as_json: bool,
) -> None:
    """Create a token for the program LABEL and show its secret once."""
    plan = partial(operations.plan_add, label=label, names=names, access=Access(access), days=days)
    made = decide(context, plan)
    if as_json:
        output.say_json(MADE_TOKEN.of(made))
    else:
        output.say_wrapped(made.sentence)
        output.say(made.token)


def _opens(one: Token) -> str:
    return "all" if one.every_connection else ", ".join(one.connections) or "none anymore"


def _ends(one: Token) -> str:
    if one.revoked_at:
        return f"revoked {dates.moment(one.revoked_at)}"
    return dates.moment(one.expires_at) if one.expires_at else ""


TOKENS = Listing[Token](
    TOKEN,
    field("ID", lambda one: str(one.id), right=True),
    field("Label", lambda one: one.label, least=10),
    field("Access", lambda one: one.access.value),
    field("Connections", _opens, least=12),
    field("Last used", lambda one: dates.moment(one.last_used_at, "never")),
    field("Expires", _ends, least=10),
)


@token.command("list")
@TOKENS.command
def list_tokens(context: CommandContext) -> Found[Token]:
    """List the tokens, newest first; no secret is shown."""
    nothing = "There is no token yet. Create one: deskbridge token add LABEL"
    return Found(context.read(operations.view_all), nothing)


@token.command()
@click.argument("which", metavar="ID")
@decides()
def revoke(which: str) -> PlanOf:
    """Revoke a token, by its number or label: it is refused from now on."""
    return partial(operations.plan_revoke, which=which)
