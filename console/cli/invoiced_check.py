"""``deskbridge invoiced check``: every balance of Invoiced beside the one in QuickBooks."""

from __future__ import annotations

import os
from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import Exit
from console.cli.json_option import json_option
from console.cli.listing import Table
from console.cli.params import named_argument
from console.fields import field, money
from shared.health import internet
from shared.health.invoiced_books import PAGE_BYTES, invoices_there
from shared.health.platforms import key_of
from shared.operations.contracts.connectors import CHECKED
from shared.operations.describe.text import count, grouped
from shared.operations.platform_check import Beside, Checked, view_account, view_checked

SECONDS = 30.0


@click.command()
@named_argument
@json_option(CHECKED)
@pass_command_context
def check(context: CommandContext, name: str, as_json: bool) -> None:
    """Compare each balance of NAME on Invoiced with the one in QuickBooks, as last read.

    Payments made on Invoiced that are not in QuickBooks yet are taken into account. Exits with 1 if
    a balance differs or an open invoice is not on Invoiced, else with 0. Nothing is changed.
    """
    account, sealed = context.read(partial(view_account, name=name))
    key = key_of(account, sealed, context.settings.database, os.environ)
    network = internet.Internet(SECONDS, most_bytes=PAGE_BYTES)
    with output.waiting("Reading the invoices on Invoiced"):
        there = list(invoices_there(network, account.url, key))
    found = context.read(partial(view_checked, name=name, there=there))
    if as_json:
        output.say_json(CHECKED.of(found))
    else:
        _say(found)
    if found.differing or found.missing:
        output.flush()
        raise click.exceptions.Exit(int(Exit.FAILED))


BALANCES = Table[Beside](
    field("Document", lambda one: one.document, least=12),
    money("QuickBooks", lambda one: one.quickbooks),
    money("To post", lambda one: one.coming_in),
    money("Invoiced", lambda one: one.platform),
    money("Difference", lambda one: one.difference),
    below=lambda one: [one.because],
)


def _say(found: Checked) -> None:
    for title, rows in (
        ("Invoices whose balances differ", found.differing),
        ("Customers whose balances differ", found.customers),
        ("Open invoices that are not on Invoiced", found.missing),
        ("Open invoices that are only on Invoiced", found.only_there),
    ):
        if rows:
            output.say(output.strong(title))
            BALANCES.show(rows)
            output.say()
    output.say_wrapped(
        f"{count(found.invoices, 'invoice')} compared:"
        f" {grouped(found.quickbooks)} due in QuickBooks, {grouped(found.coming_in)} of it paid on"
        f" Invoiced and not in QuickBooks yet, {grouped(found.platform)} due on Invoiced."
    )
    if not (found.differing or found.missing):
        output.say_wrapped("No difference.")
