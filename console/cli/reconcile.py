"""``deskbridge reconcile``: both sides beside each other, differences first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import Exit, NotThere
from console.cli.json_option import json_option
from console.cli.listing import Table
from console.cli.params import name_argument
from console.cli.payments import PAYMENTS_ALONE as PAYMENTS
from console.fields import field, money
from shared import dates
from shared.operations import reconcile as operation
from shared.operations.contracts.reconcile import RECONCILIATION
from shared.operations.describe.payments import name_of
from shared.operations.describe.tables import CURRENCY, Column, Row
from shared.operations.describe.text import count, grouped, plain
from shared.operations.reconcile import Difference, Reconciliation
from shared.rules.ledger import OpenCredit
from shared.rules.payments.values import Payment, SetAside

T = TypeVar("T")
AT_WORK = ("unknown", "parked", "sent", "ready", "waiting", "refused", "not_eligible", "skipped")


@click.command()
@name_argument
@json_option(RECONCILIATION)
@pass_command_context
def reconcile(context: CommandContext, name: str | None, as_json: bool) -> None:
    """Compare the open invoices and payments of NAME with what QuickBooks last showed.

    Differences come first; exits with 1 if there are any, else with 0. Without NAME, all
    connections are reconciled one after the other, and --json prints an array with an object for
    each. In JSON, payments have the keys of `payments list`. QuickBooks is not asked: run both
    syncs first to compare with its current state.
    """
    with context.store.reading(), output.progress("Reading both sides") as tell:
        tell(0)
        found = operation.view(context.store, name)
    if not found:
        raise NotThere("There is no connection yet.", "deskbridge connection add NAME")
    if as_json:
        shown = [RECONCILIATION.of(one) for one in found]
        output.say_json(shown[0] if name is not None else shown)
    else:
        _say_all(found)
    if any(one.differences for one in found):
        output.flush()
        raise click.exceptions.Exit(int(Exit.FAILED))


def _say_all(found: Sequence[Reconciliation]) -> None:
    for number, one in enumerate(found):
        if len(found) > 1:
            if number:
                output.say()
            output.say(output.strong(plain(one.connection)))
        _say(one)
    if len(found) > 1:
        differing = [one.connection for one in found if one.differences]
        output.say()
        output.say_wrapped(
            f"Differences in {', '.join(differing)}."
            if differing
            else f"No difference in {count(len(found), 'connection')}."
        )


def _say(found: Reconciliation) -> None:
    _say_differences(found)
    _say_at_work(found)
    _say_table(POSTED, found.having("posted"))
    _say_customers(found)
    _say_table(CREDITS, found.credits)
    _say_set_aside(found.set_aside)
    output.say()
    output.say_pairs(
        [
            ("Last Invoice Sync", dates.moment(found.last_invoice_sync, "none has finished yet")),
            ("Last Payment Sync", dates.moment(found.last_payment_sync, "none has finished yet")),
        ]
    )


def _side(value: Decimal | None) -> str:
    return "not known" if value is None else grouped(value)


DIFFERENCES = Table[Difference](
    field("What differs", lambda one: one.document, least=20),
    field("Ours", lambda one: _side(one.ours), right=True),
    field("QuickBooks", lambda one: _side(one.quickbooks), right=True),
    (CURRENCY, lambda one: one.currency),
    below=lambda one: (one.message, one.remedy),
)
POSTED = Table[Payment](
    field("ID", lambda one: str(one.id), right=True),
    field("Posted payment", name_of),
    field("TxnID", lambda one: one.txn_id),
    field("Date", lambda one: dates.day(one.date), drop=1),
    money("Amount", lambda one: one.amount),
    (CURRENCY, lambda one: one.currency),
)
CREDITS = Table[OpenCredit](
    field("Open credit of", lambda one: one.customer, least=20),
    field("Memos", lambda one: str(one.credit_memos), right=True, drop=1),
    money("Remaining", lambda one: one.remaining),
    (CURRENCY, lambda one: one.currency),
)


def _say_differences(found: Reconciliation) -> None:
    if found.differences:
        output.say(output.strong(f"{count(len(found.differences), 'difference')}"))
        DIFFERENCES.show(found.differences)
    elif found.last_invoice_sync is None:
        output.say_wrapped("No Invoice Sync has finished yet, so there is nothing to compare.")
    else:
        output.say_wrapped(f"No difference in {found.connection}.")


def _say_at_work(found: Reconciliation) -> None:
    for status in AT_WORK:
        payments = found.having(status)
        if payments:
            output.say()
            output.say(output.strong(f"{status.replace('_', ' ').capitalize()} payments"))
            PAYMENTS.show(payments)


def _say_table(table: Table[T], rows: Sequence[T]) -> None:
    if rows:
        output.say()
        table.show(rows)


CUSTOMER_COLUMNS = (
    Column("Customer", least=20),
    Column("Open", right=True, drop=1),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    CURRENCY,
)


def _say_customers(found: Reconciliation) -> None:
    output.say()
    if not found.customers:
        output.say_wrapped("No imported invoice is open.")
        return
    rows = [
        Row(
            (
                one.customer,
                str(one.open_invoices),
                grouped(one.balance),
                grouped(one.seen),
                one.currency,
            )
        )
        for one in found.customers
    ]
    rows += [
        Row(("Total", str(one.invoices), grouped(one.ours), grouped(one.quickbooks), one.currency))
        for one in found.totals
    ]
    output.say_table(CUSTOMER_COLUMNS, rows)


def _say_set_aside(set_aside: Sequence[SetAside]) -> None:
    for invoice in set_aside:
        if invoice.is_skipped:
            output.say_wrapped(
                f"Not compared because it is skipped: {invoice.document}, "
                f"{grouped(invoice.seen)} in QuickBooks."
            )
