"""``deskbridge credits``: credit memos of QuickBooks."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.listing import Listing
from console.cli.params import name_argument
from shared import dates
from shared.operations import credit_memos as operations
from shared.operations.contracts.ledger import LISTED_CREDIT_MEMO
from shared.operations.describe.tables import CURRENCY, Column, Row
from shared.operations.describe.text import count, grouped
from shared.rules.ledger import CreditMemo, Listed


@click.group("credits")
def credit_memos() -> None:
    """Open credit memos in QuickBooks."""


@credit_memos.command("list")
@name_argument
@json_option(LISTED_CREDIT_MEMO, many=True)
@pass_command_context
def list_credit_memos(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the open credit memos of NAME, or of all connections, and what they are applied to."""
    found = context.read(partial(operations.view_list, connection=name))
    CREDIT_MEMOS.say(
        found,
        "No open credit memos. To read them from QuickBooks: deskbridge connection edit NAME"
        " --credit-memos on",
        [count(len(found), "open credit memo")],
        as_json=as_json,
    )


def _row(listed: Listed[CreditMemo]) -> Row:
    memo = listed.row
    amounts = (grouped(memo.total), grouped(memo.remaining), memo.currency)
    named = (memo.number or "(none)", memo.customer, dates.day(memo.date))
    below = [f"{grouped(u.amount)} applied to {u.type} {u.number}".rstrip() for u in memo.uses]
    return Row((*named, *amounts), below=below)


CREDIT_MEMOS = Listing(
    LISTED_CREDIT_MEMO,
    (
        Column("Number"),
        Column("Customer", least=12),
        Column("Date", drop=1),
        Column("Total", right=True, drop=3),
        Column("Remaining", right=True),
        CURRENCY,
    ),
    _row,
    lambda listed: listed.connection,
)
