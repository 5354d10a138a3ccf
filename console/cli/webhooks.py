"""``deskbridge webhook``: what happens, sent to other programs."""

from __future__ import annotations

import time
from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import decide, say_outcome
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.listing import Listing
from shared.operations import webhooks as operations
from shared.operations.contracts.outcome import OUTCOME
from shared.operations.contracts.webhooks import MADE_WEBHOOK, TESTED, WEBHOOK
from shared.operations.describe import webhooks as describe
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import local_time
from shared.operations.webhooks import Tested
from shared.rules.webhooks import WebhookStanding

TEST_SECONDS = 30.0
"""So long a test is waited for: ten until a daemon sees a new webhook, ten for the receiver."""
_LOOK_SECONDS = 0.25


@click.group()
def webhook() -> None:
    """Send what happens to other programs; docs/webhooks.md tells what they get."""


@webhook.command()
@click.argument("name", metavar="NAME")
@click.argument("url", metavar="URL")
@click.option(
    "--events",
    "kinds",
    metavar="KIND",
    multiple=True,
    help=(
        "Only these kinds, such as invoice.closed, or payment for all payment events; may "
        "be repeated, or separated by commas. Default: all."
    ),
)
@json_option(MADE_WEBHOOK)
@pass_command_context
def add(
    context: CommandContext, name: str, url: str, kinds: tuple[str, ...], as_json: bool
) -> None:
    """Send the events of the connection NAME to URL, and show the secret that signs them once."""
    wanted = [kind.strip() for one in kinds for kind in one.split(",") if kind.strip()]
    plan = partial(operations.plan_add, connection=name, url=url, kinds=wanted)
    made = decide(context, plan)
    if as_json:
        output.say_json(MADE_WEBHOOK.of(made))
    else:
        output.say_wrapped(made.sentence)
        output.say(made.secret)


@webhook.command("list")
@click.option("--connection", "name", metavar="NAME", help="Only this connection.")
@json_option(WEBHOOK, many=True)
@pass_command_context
def list_webhooks(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the webhooks and how their deliveries stand; no secret is shown."""
    found = context.read(partial(operations.view_all, connection=name))
    reasons = [f"{one.webhook.id}: {one.reason}" for one in found if one.reason]
    nothing = "There is no webhook yet. Add one: deskbridge webhook add NAME URL"
    WEBHOOKS.say(found, nothing, reasons, as_json=as_json)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@json_option(TESTED)
@pass_command_context
def test(context: CommandContext, webhook_id: int, as_json: bool) -> None:
    """Have the daemon send a test event to a webhook, and say what became of it."""
    asked = decide(context, partial(operations.plan_test, webhook_id=webhook_id))
    tested = _wait(context, asked.webhook_id, asked.event_id)
    if as_json:
        output.say_json(TESTED.of(tested))
    elif tested.delivered:
        output.say_wrapped(f"Webhook {webhook_id} accepted the test.")
    if not tested.delivered:
        raise Refused(f"Webhook {webhook_id} did not accept the test: {tested.reason}")


def _wait(context: CommandContext, webhook_id: int, event_id: int) -> Tested:
    """Wait until the daemon has tried it; raises Refused where none does."""
    look = partial(operations.view_test, webhook_id=webhook_id, event_id=event_id)
    until = time.monotonic() + TEST_SECONDS
    while True:
        found = context.read(look)
        if found is not None:
            return found
        if time.monotonic() > until:
            raise Refused(
                f"No daemon has sent the test to webhook {webhook_id} yet.",
                (
                    "Check that the daemon is running (deskbridge doctor), then run deskbridge "
                    "webhook list"
                ),
            )
        time.sleep(_LOOK_SECONDS)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@json_option(OUTCOME)
@pass_command_context
def remove(context: CommandContext, webhook_id: int, as_json: bool) -> None:
    """Remove a webhook, with what still waits for it."""
    say_outcome(decide(context, partial(operations.plan_remove, webhook_id=webhook_id)), as_json)


def _row(one: WebhookStanding) -> Row:
    delivered = local_time(one.delivered_at, "never")
    held = one.webhook
    return Row((str(held.id), held.shown, describe.wanted(one), describe.standing(one), delivered))


WEBHOOKS = Listing(
    WEBHOOK,
    (
        *(Column("ID", right=True), Column("Address", least=16), Column("Events", least=8)),
        *(Column("State", least=10), Column("Delivered")),
    ),
    _row,
    connection=lambda one: one.webhook.connection,
)
