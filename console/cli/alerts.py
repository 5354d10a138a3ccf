"""``deskbridge alerts``: what is wrong, and who is told of it."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output, tests_sent
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing
from console.cli.params import connection_option, flag, option
from console.fields import field
from shared import dates
from shared.operations import alerts as operations
from shared.operations.alerts import RecipientStanding, Wanted
from shared.operations.contracts.alerts import ADDED, ALERT, RECIPIENT, TESTED
from shared.operations.describe import alerts as describe
from shared.rules.alerts import Alert, Audience, Digest

TEST_SECONDS = 60.0
"""So long a test is waited for: two until a daemon sees it, 45 for the receiver."""
_MOST = 1000


@click.group()
def alerts() -> None:
    """Notify people when something goes wrong; see docs/alerts.md."""


@alerts.command()
@click.argument("address", metavar="ADDRESS")
@connection_option("Only of this connection.")
@click.option(
    "--digest",
    type=click.Choice([digest.value for digest in Digest]),
    default=Digest.NONE.value,
    show_default=True,
    help="One message a day, or on Mondays, in place of one for each alert.",
)
@option(
    "--at",
    "TIME",
    'When the digest is sent, such as 07:00 or "07:00 America/Chicago". Default: 07:00.',
    into="digest_time",
    default="",
)
@option(
    "--quiet-hours",
    "HOURS",
    'Send nothing in these hours, such as 22:00-07:00 or "22:00-07:00 America/Chicago".',
    into="quiet",
    default="",
)
@flag(
    "--bookkeeper",
    "For the bookkeeper of a connection: plain words, no commands, nothing about the machine.",
)
@click.option(
    "--amounts/--no-amounts",
    default=None,
    help="Include amounts of money. Default: yes; no for a bookkeeper.",
)
@json_option(ADDED)
@pass_command_context
def add(
    context: CommandContext,
    address: str,
    name: str | None,
    digest: str,
    digest_time: str,
    quiet: str,
    bookkeeper: bool,
    amounts: bool | None,
    as_json: bool,
) -> None:
    """Notify ADDRESS: an email address, or a URL that gets signed requests.

    The secret that signs the requests to a URL is shown once.
    """
    wanted = Wanted(
        audience=Audience.BOOKKEEPER if bookkeeper else Audience.OPERATOR,
        digest=Digest(digest),
        digest_time=digest_time,
        quiet=quiet,
        amounts=amounts,
    )
    plan = partial(operations.plan_add, address=address, wanted=wanted, connection=name)
    added = decide(context, plan)
    if as_json:
        output.say_json(ADDED.of(added))
        return
    output.say_wrapped(f"{added.sentence} Try it: deskbridge alerts test {added.id}")
    if added.secret:
        output.say(added.secret)


RECIPIENTS = Listing[RecipientStanding](
    RECIPIENT,
    field("ID", lambda one: str(one.recipient.id), right=True),
    field("Address", lambda one: one.recipient.shown, least=16),
    field("Alerts", lambda one: describe.whom(one.recipient), least=12),
    field("State", describe.standing, least=7),
    field("Delivered", lambda one: dates.moment(one.delivered_at, "never"), drop=1),
    connection=lambda one: one.recipient.connection or "",
)
ALERTS = Listing[Alert](
    ALERT,
    field("State", describe.state),
    field("Since", lambda one: dates.moment(one.opened_at)),
    field("Alert", lambda one: one.subject, least=20),
    field("What is wrong", lambda one: one.told, least=24),
    connection=lambda one: one.connection,
)


@alerts.command("list")
@connection_option("Only those of this connection.")
@RECIPIENTS.command
def list_recipients(context: CommandContext, name: str | None) -> Found[RecipientStanding]:
    """List the recipients and the state of their messages; no secret is shown."""
    found = context.read(partial(operations.view_recipients, connection=name))
    reasons = [f"{one.recipient.id}: {one.reason}" for one in found if one.reason]
    return Found(found, "No recipients yet. Add one: deskbridge alerts add ADDRESS", reasons)


@alerts.command()
@connection_option("Only of this connection.")
@flag("--closed", "Include alerts that are over.")
@ALERTS.command
def show(context: CommandContext, name: str | None, closed: bool) -> Found[Alert]:
    """Show what is wrong now, newest first."""
    view = partial(operations.view_alerts, limit=_MOST, connection=name, closed=closed)
    return Found(context.read(view), "The daemon has found nothing wrong.")


@alerts.command()
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@json_option(TESTED)
@pass_command_context
def test(context: CommandContext, ids: tuple[int, ...], as_json: bool) -> None:
    """Send a test to recipients, or to all, and show the result.

    Quiet hours and pauses do not delay a test.
    """
    asked = decide(context, partial(operations.plan_test, ids=ids))
    nobody = Refused(
        "No daemon has sent the test yet.", "Check that the daemon is running: deskbridge doctor"
    )
    look = partial(operations.view_tests, ids=asked.ids)
    tested = tests_sent.result(context, look, TEST_SECONDS, nobody)
    if as_json:
        output.say_json(TESTED.of(tested))
    for one in tested.results:
        if one.delivered and not as_json:
            output.say_wrapped(f"Recipient {one.id} ({one.shown}) got the test.")
    failed = [one for one in tested.results if not one.delivered]
    if failed:
        told = (f"Recipient {one.id} ({one.shown}) did not: {one.reason}" for one in failed)
        raise Refused(" ".join(told))


@alerts.command()
@click.argument("recipient_id", metavar="ID", type=int)
@decides()
def remove(recipient_id: int) -> PlanOf:
    """Remove a recipient: it gets no more alerts."""
    return partial(operations.plan_remove, recipient_id=recipient_id)
