"""``deskbridge webhook``: what happens, sent to other programs."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output, tests_sent
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.listing import Listing, limit_option, most
from console.cli.params import connection_option, named_argument
from shared import dates
from shared.operations import parked_deliveries as parked
from shared.operations import webhooks as operations
from shared.operations.contracts.webhooks import MADE_WEBHOOK, PARKED, TESTED, WEBHOOK
from shared.operations.describe import webhooks as describe
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count
from shared.operations.parked_deliveries import Parked
from shared.operations.webhooks import Tested
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
    """Send the events of the connection NAME to URL; the secret that signs them is shown once."""
    wanted = [kind.strip() for one in kinds for kind in one.split(",") if kind.strip()]
    plan = partial(operations.plan_add, connection=name, url=url, kinds=wanted)
    made = decide(context, plan)
    if as_json:
        output.say_json(MADE_WEBHOOK.of(made))
    else:
        output.say_wrapped(made.sentence)
        output.say(made.secret)


@webhook.command("list")
@connection_option("Only this connection.")
@json_option(WEBHOOK, many=True)
@pass_command_context
def list_webhooks(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the webhooks and the state of their deliveries; no secret is shown."""
    found = context.read(partial(operations.view_all, connection=name))
    below = [f"{one.webhook.id}: {one.reason}" for one in found if one.reason]
    if any(one.parked for one in found):
        below.append("What was set aside: deskbridge webhook parked")
    nothing = "There is no webhook yet. Add one: deskbridge webhook add NAME URL"
    WEBHOOKS.say(found, nothing, below, as_json=as_json)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@json_option(TESTED)
@pass_command_context
def test(context: CommandContext, webhook_id: int, as_json: bool) -> None:
    """Send a test event to a webhook and show the result."""
    asked = decide(context, partial(operations.plan_test, webhook_id=webhook_id))
    tested = _wait(context, asked.webhook_id, asked.event_id)
    if as_json:
        output.say_json(TESTED.of(tested))
    elif tested.delivered:
        output.say_wrapped(f"Webhook {webhook_id} accepted the test.")
    if not tested.delivered:
        raise Refused(f"Webhook {webhook_id} did not accept the test: {tested.reason}")


def _wait(context: CommandContext, webhook_id: int, event_id: int) -> Tested:
    look = partial(operations.view_test, webhook_id=webhook_id, event_id=event_id)
    nobody = Refused(
        f"No daemon has sent the test to webhook {webhook_id} yet.",
        "Check that the daemon is running (deskbridge doctor), then run deskbridge webhook list",
    )
    return tests_sent.result(context, look, TEST_SECONDS, nobody)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=int)
@decides()
def remove(webhook_id: int) -> PlanOf:
    """Remove a webhook and the events that still wait for it."""
    return partial(operations.plan_remove, webhook_id=webhook_id)


@webhook.command("parked")
@connection_option("Only this connection.")
@limit_option(RECENT)
@json_option(PARKED, many=True)
@pass_command_context
def list_parked(
    context: CommandContext, name: str | None, limit: int | None, as_json: bool
) -> None:
    """List the events that could not be delivered and were set aside, newest first."""
    wanted = most(limit, RECENT, as_json=as_json)
    found = context.read(partial(parked.view_parked, connection=name, limit=wanted))
    below = [
        *[f"The newest {count(len(found), 'event')}. More: --limit N"] * (len(found) == wanted),
        "Deliver them again: deskbridge webhook retry WEBHOOK. Give them up: deskbridge webhook "
        "drop WEBHOOK.",
    ]
    PARKED_DELIVERIES.say(found, "No event is set aside.", below, as_json=as_json)


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


def _parked(one: Parked) -> Row:
    event = one.event
    state = "a later one was delivered" if one.overtaken else count(one.attempts, "try", "tries")
    numbers = (str(event.id), str(one.webhook_id))
    told = (dates.moment(event.at), event.kind.value, event.document, state)
    return Row((*numbers, *told), one.reason)


PARKED_DELIVERIES = Listing(
    PARKED,
    (
        *(Column("Event", right=True), Column("Webhook", right=True), Column("When")),
        *(Column("What"), Column("Document", least=10), Column("Tried", least=7)),
    ),
    _parked,
    connection=lambda one: one.event.connection,
)


def _row(one: WebhookStanding) -> Row:
    delivered = dates.moment(one.delivered_at, "never")
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
