"""``deskbridge credits``: credit memos of QuickBooks."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext
from console.cli.listing import Found, Listing
from console.cli.params import name_argument
from console.fields import field, money
from shared import dates
from shared.operations import credit_memos as operations
from shared.operations.contracts.ledger import LISTED_CREDIT_MEMO
from shared.operations.describe.tables import CURRENCY
from shared.operations.describe.text import count, grouped
from shared.rules.ledger import CreditMemo, Listed


@click.group("credits")
def credit_memos() -> None:
    """Open credit memos in QuickBooks."""


CREDIT_MEMOS = Listing[Listed[CreditMemo]](
    LISTED_CREDIT_MEMO,
    field("Number", lambda listed: listed.row.number or "(none)"),
    field("Customer", lambda listed: listed.row.customer, least=12),
    field("Date", lambda listed: dates.day(listed.row.date), drop=1),
    money("Total", lambda listed: listed.row.total, drop=3),
    money("Remaining", lambda listed: listed.row.remaining),
    (CURRENCY, lambda listed: listed.row.currency),
    below=lambda listed: [
        f"{grouped(one.amount)} applied to {one.type} {one.number}".rstrip()
        for one in listed.row.uses
    ],
    connection=lambda listed: listed.connection,
)


@credit_memos.command("list")
@name_argument
@CREDIT_MEMOS.command
def list_credit_memos(context: CommandContext, name: str | None) -> Found[Listed[CreditMemo]]:
    """List the open credit memos of NAME, or of all connections, and what they are applied to."""
    found = context.read(partial(operations.view_list, connection=name))
    nothing = (
        "No open credit memos. To read them from QuickBooks: deskbridge connection edit NAME"
        " --credit-memos on"
    )
    return Found(found, nothing, [count(len(found), "open credit memo")])
