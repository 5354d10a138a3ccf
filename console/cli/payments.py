"""``deskbridge payments``: payments of the billing platform and of QuickBooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.later import LaterGroup
from console.cli.listing import (
    Field,
    Found,
    Listing,
    Table,
    inside,
    limit_option,
    shown,
    states_option,
)
from console.cli.params import flag, name_argument, payment_option
from console.fields import field, money
from shared import dates
from shared.models.store import Store
from shared.operations import payment_views, which
from shared.operations.contracts.payments import PAYMENT_DETAIL, PAYMENT_LINE
from shared.operations.describe import payments as describe
from shared.operations.describe.payments import MEANINGS, name_of, status_word
from shared.operations.describe.tables import CURRENCY
from shared.operations.describe.text import count, plain
from shared.rules.payments.values import Payment, PaymentStatus
from shared.rules.payments.views import PaymentFilter, PaymentLine

Asked: TypeAlias = Callable[[Store], PaymentFilter | None]
STATUSES = tuple(status.value for status in MEANINGS)
SOURCES = ("invoiced", "quickbooks")
RECENT = 100


@click.group(cls=LaterGroup)
def payments() -> None:
    """Payments: those posted to QuickBooks, those imported from there, and their status."""


for place in (
    *("payment_adding:add", "payment_adding:import_file", "rules:rules"),
    "payment_profiles:profiles",
    *(f"payment_decisions:{name}" for name in ("allow", "retry", "settle", "skip", "unskip")),
    "payment_decisions:withdraw",
):
    name = place.partition(":")[2].removesuffix("_file")
    payments.add_later(name, f"console.cli.{place}")


@payments.command("list")
@name_argument
@states_option("--status", STATUSES)
@click.option("--source", type=click.Choice(SOURCES), help="Only payments first recorded there.")
@flag("--deleted", "Payments that were deleted in QuickBooks.")
@limit_option(RECENT)
@json_option(PAYMENT_LINE, many=True)
@pass_command_context
def list_payments(
    context: CommandContext,
    name: str | None,
    states: tuple[str, ...],
    source: str | None,
    deleted: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the payments of NAME, or of all connections, of both sides.

    Newest first; in JSON, in the order in which they arrived.
    """
    asked = partial(_wanted, name, states, source, deleted)
    if as_json:
        output.say_json_lines(_json_lines(context, asked, limit))
        return
    found = _newest(context, asked, limit and limit + 1)
    listed = found[:limit]
    PAYMENTS.say(Found(listed, _nothing(states, source, deleted), _told(found, listed)))


def _told(found: Sequence[PaymentLine], listed: Sequence[PaymentLine]) -> Iterator[str]:
    """How many stand where, what holds them, and whether there are more."""
    numbers = Counter(status_word(line.payment) for line in listed)
    told = ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items()))
    yield f"{count(len(listed), 'payment')}: {told}."
    held = dict.fromkeys((one.connection, one.remedy) for one in listed if one.is_held)
    for connection, remedy in held:
        yield f"{connection} is not posting anything right now. What to do: {remedy}"
    if len(found) > len(listed):
        yield f"These are the newest {len(listed):,}. --limit 0 lists all."
    yield "Show one: deskbridge payments show ID"


def _newest(context: CommandContext, asked: Asked, limit: int | None) -> Sequence[PaymentLine]:
    def view(store: Store) -> Sequence[PaymentLine]:
        wanted = asked(store)
        return payment_views.newest(store, wanted, limit) if wanted else ()

    return context.read(view)


def _json_lines(context: CommandContext, asked: Asked, limit: int | None) -> list[str]:
    """The payments as JSON, in the order in which they came in."""
    if limit:
        return [PAYMENTS.json_line(line) for line in reversed(_newest(context, asked, limit))]

    def view(store: Store) -> Iterable[PaymentLine]:
        wanted = asked(store)
        return payment_views.each(store, wanted) if wanted else ()

    return shown(context, "Reading payments", view, PAYMENTS.json_line)


def _wanted(
    name: str | None, states: Sequence[str], source: str | None, deleted: bool, _store: Store
) -> PaymentFilter | None:
    """What the options ask for, inside a unit of the store; None where nothing can be both."""
    connection_id = None if name is None else which.connection(name).id
    possible = payment_views.SOURCES[source] if source else tuple(PaymentStatus)
    chosen = tuple(one for one in possible if not states or one.value in states)
    return PaymentFilter(connection_id, chosen, deleted=deleted) if chosen else None


FIELDS: tuple[Field[Payment], ...] = (
    field("ID", lambda one: str(one.id), right=True),
    field("Status", status_word, paint=output.state),
    field("Payment", name_of),
    field("Customer", lambda one: one.customer, least=10, fair=16, drop=2),
    field("Date", lambda one: dates.day(one.date), drop=1),
    money("Amount", lambda one: one.amount),
    (CURRENCY, lambda one: one.currency),
)


def _payment(line: PaymentLine) -> Payment:
    return line.payment


PAYMENTS_ALONE = Table[Payment](*FIELDS, below=lambda one: [one.reason])
PAYMENTS = Listing[PaymentLine](
    PAYMENT_LINE,
    *inside(_payment, FIELDS),
    below=lambda line: [line.payment.reason],
    connection=lambda line: line.connection,
)


def _nothing(states: Sequence[str], source: str | None, deleted: bool) -> str:
    if deleted:
        return "No payment was deleted in QuickBooks."
    if states or source:
        words = " or ".join(word.replace("_", " ") for word in states)
        which = f" that is {words}" if words else ""
        where = f" from {source}" if source else ""
        return f"No payment{where}{which}. All: deskbridge payments list"
    return (
        "No payment yet. Next: deskbridge payments import NAME FILE, or run Payment Sync in the "
        "Web Connector for those that QuickBooks has."
    )


@payments.command()
@click.argument("which", metavar="ID")
@payment_option
@json_option(PAYMENT_DETAIL)
@pass_command_context
def show(context: CommandContext, which: str, connection: str | None, as_json: bool) -> None:
    """Show the full history of one payment: terms, parts, what QuickBooks has, what to do.

    ID is its number, its ID on the billing platform, or its TxnID in QuickBooks.
    """
    detail = context.read(partial(payment_views.view_called, text=which, connection=connection))
    if as_json:
        output.say_json(PAYMENT_DETAIL.of(detail))
        return
    output.say(output.strong(plain(f"{detail.payment.document} ({detail.connection})")))
    for section in describe.sections(detail):
        if section.title:
            output.say()
            output.say(output.strong(plain(section.title)))
        output.say_pairs(section.lines)
    if detail.payment.code:
        output.say()
        output.say_wrapped(f"More about this: deskbridge hints {detail.payment.code}")
