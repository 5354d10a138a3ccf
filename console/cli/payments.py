"""``deskbridge payments``: payments of the billing platform and of QuickBooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument
from console.cli.payment_adding import add, import_file
from console.cli.payment_decisions import allow, retry, settle, skip, unskip, withdraw
from console.cli.payment_show import show
from console.cli.rules import rules
from shared.operations.contracts.payments import PAYMENT_LINE
from shared.operations.describe.payments import MEANINGS, name_of, status_word
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, grouped, iso_day
from shared.rules.payments.values import Payment, PaymentStatus
from shared.rules.payments.views import PaymentFilter, PaymentLine

if TYPE_CHECKING:
    Asked: TypeAlias = Callable[[], PaymentFilter | None]

STATUSES = tuple(status.value for status in MEANINGS)
SOURCES = ("invoiced", "quickbooks")
LISTED = 100


@click.group()
def payments() -> None:
    """Payments: what goes into QuickBooks, what came from there, and how each stands."""


for command in (add, allow, import_file, retry, rules, settle, show, skip, unskip, withdraw):
    payments.add_command(command)


@payments.command("list")
@name_argument
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Only these; may be repeated. Default: all.",
)
@click.option("--source", type=click.Choice(SOURCES), help="Only those recorded there first.")
@click.option("--deleted", is_flag=True, help="Those that were deleted in QuickBooks instead.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"The newest so many; 0 for all. Default: {LISTED}, and all with --json.",
)
@json_option(PAYMENT_LINE, many=True)
@pass_command_context
def list_payments(
    context: CommandContext,
    name: str | None,
    statuses: tuple[str, ...],
    source: str | None,
    deleted: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the payments of NAME, or of all connections, of both sides.

    Newest first; in JSON in the order in which they came in.
    """
    asked = partial(_wanted, name, statuses, source, deleted)
    if as_json:
        output.say_json_lines(_json_lines(context, asked, limit or 0))
        return
    most = LISTED if limit is None else limit
    found = _newest(context, asked, most + 1 if most else 0)
    if not found:
        output.say_wrapped(_nothing(statuses, source, deleted))
        return
    listed = found[:most] if most else found
    several = len({line.connection for line in listed}) > 1
    output.say_table(_columns(several), [_row(line, several) for line in listed])
    output.say()
    output.say_wrapped(_summary([line.payment for line in listed]))
    for connection, remedy in dict.fromkeys(
        (one.connection, one.remedy) for one in listed if one.is_held
    ):
        output.say_wrapped(f"{connection} posts nothing now. What to do: {remedy}")
    if len(found) > len(listed):
        output.say_wrapped(f"These are the newest {most:,}. --limit 0 lists all.")
    output.say_wrapped("All of one: deskbridge payments show ID")


def _newest(context: CommandContext, asked: Asked, limit: int) -> Sequence[PaymentLine]:
    from shared.operations import payment_views

    with context.store.reading():
        wanted = asked()
        return payment_views.newest(context.store, wanted, limit) if wanted else ()


def _json_lines(context: CommandContext, asked: Asked, limit: int) -> list[str]:
    """The payments as JSON; the store is released before anything is printed."""
    from shared.operations import payment_views

    if limit:
        return [_json_line(line) for line in reversed(_newest(context, asked, limit))]
    with context.store.reading(), output.progress("Reading payments") as tell:
        wanted = asked()
        shown: list[str] = []
        for line in payment_views.each(context.store, wanted) if wanted else ():
            shown.append(_json_line(line))
            tell(len(shown))
    return shown


def _json_line(line: PaymentLine) -> str:
    return output.json_text(PAYMENT_LINE.of(line))


def _wanted(
    name: str | None, statuses: Sequence[str], source: str | None, deleted: bool
) -> PaymentFilter | None:
    """What the options ask for, inside a unit of the store; None where nothing can be both."""
    from shared.operations.payment_views import SOURCES as STATUSES_OF

    connection_id = None if name is None else chosen_connection(name).id
    possible = STATUSES_OF[source] if source else tuple(PaymentStatus)
    chosen = tuple(one for one in possible if not statuses or one.value in statuses)
    return PaymentFilter(connection_id, chosen, deleted=deleted) if chosen else None


COLUMNS = (
    Column("ID", right=True),
    Column("Status", paint=output.state),
    Column("Payment", least=12),
    Column("Customer", least=10, drop=2),
    Column("Date", drop=1),
    Column("Amount", right=True),
    Column("", drop=3),
)


def _columns(several: bool) -> Sequence[Column]:
    """The columns, with that of the connection where there are several."""
    return (*COLUMNS, Column("Connection", least=10)) if several else COLUMNS


def _row(line: PaymentLine, several: bool) -> Row:
    row = payment_row(line.payment)
    return Row((*row.cells, line.connection), row.below) if several else row


def payment_row(payment: Payment) -> Row:
    """A row under COLUMNS, the reason below."""
    return Row(
        (
            str(payment.id),
            status_word(payment),
            name_of(payment),
            payment.customer,
            iso_day(payment.date) or "",
            grouped(payment.amount),
            payment.currency,
        ),
        below=[payment.reason] if payment.reason else [],
    )


def _summary(found: Sequence[Payment]) -> str:
    numbers = Counter(status_word(payment) for payment in found)
    told = ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items()))
    return f"{count(len(found), 'payment')}: {told}."


def _nothing(statuses: Sequence[str], source: str | None, deleted: bool) -> str:
    if deleted:
        return "No payment is known to be deleted in QuickBooks."
    if statuses or source:
        words = " or ".join(word.replace("_", " ") for word in statuses)
        which = f" that is {words}" if words else ""
        where = f" from {source}" if source else ""
        return f"No payment{where}{which}. All: deskbridge payments list"
    return (
        "No payment yet. Next: deskbridge payments import NAME FILE, or run Payment Sync in the "
        "Web Connector for those that QuickBooks has."
    )
