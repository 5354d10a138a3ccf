"""``deskbridge payments show``: the whole life of a payment."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.params import payment_option
from shared.operations import payment_views
from shared.operations.contracts.payments import PAYMENT_DETAIL
from shared.operations.describe import payments as describe
from shared.operations.describe.text import plain


@click.command()
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
