"""``deskbridge trends``: syncs by the day, money by the week."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.params import name_argument
from shared.operations import trends as operation
from shared.operations.contracts.trends import TRENDS
from shared.operations.describe.tables import CURRENCY, Column, Row
from shared.operations.describe.text import grouped
from shared.operations.describe.trends import bar, day_label, most_money, most_syncs
from shared.operations.trends import DAYS, WEEKS, Trends

_BAR = 24
DAY_COLUMNS = (
    Column("Day"),
    Column("Syncs", right=True),
    Column("Failed", right=True),
    Column("Some failed", right=True),
    Column("", drop=1),
)
WEEK_COLUMNS = (
    Column("Week of"),
    Column("Collected", right=True),
    Column("Open at its end", right=True),
    CURRENCY,
    Column("", drop=1),
)


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
    output.say_table(DAY_COLUMNS, _day_rows(found))
    output.say()
    if found.weeks:
        output.say_table(WEEK_COLUMNS, _week_rows(found))
    else:
        output.say_wrapped("No money yet: no invoice is imported and no payment is in QuickBooks.")


def _day_rows(found: Trends) -> list[Row]:
    most = most_syncs(found.days)
    return [
        Row(
            (
                day_label(one.day),
                f"{one.syncs:,}",
                f"{one.failed:,}",
                f"{one.some_failed:,}",
                bar(one.syncs, most, _BAR),
            )
        )
        for one in found.days
    ]


def _week_rows(found: Trends) -> list[Row]:
    rows = []
    for one in found.weeks:
        most, _ = most_money(found.weeks, one.currency)
        figures = (grouped(one.collected), grouped(one.open), one.currency)
        rows.append(Row((day_label(one.monday), *figures, bar(one.collected, most, _BAR))))
    return rows
