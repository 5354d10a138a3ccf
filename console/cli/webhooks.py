"""``deskbridge webhook``: what happens, sent to other programs."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output, tests_sent
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing, limit_option, newest
from console.cli.params import connection_option, named_argument, option
from console.fields import field
from shared import dates
from shared.operations import parked_deliveries as parked
from shared.operations import webhooks as operations
from shared.operations.contracts.webhooks import MADE_WEBHOOK, PARKED, TESTED, WEBHOOK
from shared.operations.describe import webhooks as describe
from shared.operations.describe.text import count
from shared.operations.parked_deliveries import Parked
from shared.rules.webhooks import WebhookStanding

TEST_SECONDS = 30.0
"""So long a test is waited for: ten until a daemon sees a new webhook, ten for the receiver."""
RECENT = 20


@click.group()
def webhook() -> None:
    """Send events to other programs; see docs/webhooks.md."""


@webhook.command()
@named_argument
@click.argument("url", metavar="URL")
@option(
    "--events",
    "KIND",
    "Only these kinds, such as invoice.closed, or payment for all payment events; may "
    "be repeated, or separated by commas. Default: all.",
    into="kinds",
    multiple=True,
)
@json_option(MADE_WEBHOOK)
@pass_command_context
def add(
    context: CommandContext, name: str, url: str, kinds: tuple[str, ...], as_json: bool
) -> None:
    """Send the events of the connection NAME to URL; the secret that signs them is shown once."""
    wanted = [kind.strip() for one in kinds for kind in one.split(",") if kind.strip()]
    plan = partial(operations.plan_add, connection=name, url=url, kinds=wanted)
    made = decide(context, plan)
    if as_json:
        output.say_json(MADE_WEBHOOK.of(made))
    else:
        output.say_wrapped(made.sentence)
        output.say(made.secret)


WEBHOOKS = Listing[WebhookStanding](
    WEBHOOK,
    field("ID", lambda one: str(one.webhook.id), right=True),
    field("Address", lambda one: one.webhook.shown, least=16),
    field("Events", describe.wanted, least=8),
    field("State", describe.standing, least=10),
    field("Delivered", lambda one: dates.moment(one.delivered_at, "never")),
    connection=lambda one: one.webhook.connection,
)


@webhook.command("list")
@connection_option("Only this connection.")
@WEBHOOKS.command
def list_webhooks(context: CommandContext, name: str | None) -> Found[WebhookStanding]:
    """List the webhooks and the state of their deliveries; no secret is shown."""
    found = context.read(partial(operations.view_all, connection=name))
    below = [f"{one.webhook.id}: {one.reason}" for one in found if one.reason]
    if any(one.parked for one in found):
        below.append("What was set aside: deskbridge webhook parked")
    return Found(found, "There is no webhook yet. Add one: deskbridge webhook add NAME URL", below)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@json_option(TESTED)
@pass_command_context
def test(context: CommandContext, webhook_id: int, as_json: bool) -> None:
    """Send a test event to a webhook and show the result."""
    asked = decide(context, partial(operations.plan_test, webhook_id=webhook_id))
    nobody = Refused(
        f"No daemon has sent the test to webhook {webhook_id} yet.",
        "Check that the daemon is running (deskbridge doctor), then run deskbridge webhook list",
    )
    look = partial(operations.view_test, webhook_id=asked.webhook_id, event_id=asked.event_id)
    tested = tests_sent.result(context, look, TEST_SECONDS, nobody)
    if as_json:
        output.say_json(TESTED.of(tested))
    elif tested.delivered:
        output.say_wrapped(f"Webhook {webhook_id} accepted the test.")
    if not tested.delivered:
        raise Refused(f"Webhook {webhook_id} did not accept the test: {tested.reason}")


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@decides()
def remove(webhook_id: int) -> PlanOf:
    """Remove a webhook and the events that still wait for it."""
    return partial(operations.plan_remove, webhook_id=webhook_id)


PARKED_DELIVERIES = Listing[Parked](
    PARKED,
    field("Event", lambda one: str(one.event.id), right=True),
    field("Webhook", lambda one: str(one.webhook_id), right=True),
    field("When", lambda one: dates.moment(one.event.at)),
    field("What", lambda one: one.event.kind.value),
    field("Document", lambda one: one.event.document, least=10),
    field(
        "Tried",
        lambda one: (
            "a later one was delivered" if one.overtaken else count(one.attempts, "try", "tries")
        ),
        least=7,
    ),
    below=lambda one: [one.reason],
    connection=lambda one: one.event.connection,
)


@webhook.command("parked")
@connection_option("Only this connection.")
@limit_option(RECENT)
@PARKED_DELIVERIES.command
def list_parked(context: CommandContext, name: str | None, limit: int | None) -> Found[Parked]:
    """List the events that could not be delivered and were set aside, newest first."""
    found = context.read(partial(parked.view_parked, connection=name, limit=limit))
    how = (
        "Deliver them again: deskbridge webhook retry WEBHOOK. Give them up: deskbridge webhook "
        "drop WEBHOOK."
    )
    return Found(found, "No event is set aside.", [*newest(found, limit, "event"), how])


EVENTS = click.argument("event_ids", metavar="[EVENT]...", type=int, nargs=-1)


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@EVENTS
@decides()
def retry(webhook_id: int, event_ids: tuple[int, ...]) -> PlanOf:
    """Deliver events again that were set aside: all of a webhook, or these."""
    return partial(parked.plan_retry, webhook_id=webhook_id, event_ids=event_ids)


@webhook.command()
@click.argument("webhook_id", metavar="WEBHOOK", type=int)
@EVENTS
@decides(asks=True)
def drop(webhook_id: int, event_ids: tuple[int, ...]) -> PlanOf:
    """Give up events that were set aside: all of a webhook, or these. They are never delivered."""
    return partial(parked.plan_drop, webhook_id=webhook_id, event_ids=event_ids)
