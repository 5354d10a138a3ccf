"""``deskbridge trends``: syncs by the day, money by the week."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.listing import Table
from console.cli.params import name_argument
from console.fields import field, money, number
from shared.operations import trends as operation
from shared.operations.contracts.trends import TRENDS
from shared.operations.describe.tables import CURRENCY
from shared.operations.describe.trends import bar, day_label, most_money, most_syncs
from shared.operations.trends import DAYS, WEEKS, Trends
from shared.rules.trends import MoneyWeek, SyncDay

_BAR = 24


@click.command()
@name_argument
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=DAYS,
    show_default=True,
    help="How many days of syncs, today included.",
)
@click.option(
    "--weeks",
    type=click.IntRange(1, 104),
    default=WEEKS,
    show_default=True,
    help="How many weeks of money, this week included.",
)
@json_option(TRENDS)
@pass_command_context
def trends(context: CommandContext, name: str | None, days: int, weeks: int, as_json: bool) -> None:
    """Show syncs per day and money per week, of NAME or of all connections.

    A sync counts on the day on which it started. Collected are payments in QuickBooks by their
    date, posted by Deskbridge or recorded there. Open is the balance of imported invoices at the
    end of a week, calculated from what is open now and what was paid since; credits applied since
    are not included.
    """
    found = context.read(partial(operation.view, connection=name, days=days, weeks=weeks))
    if as_json:
        output.say_json(TRENDS.of(found))
        return
    most = most_syncs(found.days)
    Table[SyncDay](
        field("Day", lambda one: day_label(one.day)),
        number("Syncs", lambda one: one.syncs),
        number("Failed", lambda one: one.failed),
        number("Some failed", lambda one: one.some_failed),
        field("", lambda one: bar(one.syncs, most, _BAR), drop=1),
    ).show(found.days)
    output.say()
    if found.weeks:
        Table[MoneyWeek](
            field("Week of", lambda one: day_label(one.monday)),
            money("Collected", lambda one: one.collected),
            money("Open at its end", lambda one: one.open),
            (CURRENCY, lambda one: one.currency),
            field("", partial(_bar, found), drop=1),
        ).show(found.weeks)
    else:
        output.say_wrapped("No money yet: no invoice is imported and no payment is in QuickBooks.")


def _bar(found: Trends, one: MoneyWeek) -> str:
    most, _ = most_money(found.weeks, one.currency)
    return bar(one.collected, most, _BAR)
