"""``deskbridge find``: anything by its number, an id or a name."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import NotThere
from console.cli.json_option import json_option
from console.cli.params import option
from shared.operations import find as operations
from shared.operations.contracts.records import FOUND
from shared.operations.describe.find import COLUMNS, cells, left_off
from shared.operations.describe.tables import Row
from shared.operations.describe.text import plain


@click.command()
@click.argument("words", metavar="TEXT...", nargs=-1, required=True)
@option(
    "--limit",
    "N",
    "At most N of each kind.",
    type=click.IntRange(min=1),
    default=operations.AT_ONCE,
    show_default=True,
)
@json_option(FOUND, many=True)
@pass_command_context
def find(context: CommandContext, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find anything by its number, an id or a name, over all connections.

    TEXT is what you know of it, in upper or lower case: the number of an invoice, the id of a
    payment, its check number or the gateway's ID, the number of a credit memo, a TxnID or ListID,
    the reference of a sync (S42), a code, or words of a name.
    """
    text = " ".join(words)
    found = context.read(partial(operations.view, text=text, limit=limit))
    if as_json:
        output.say_json_lines(output.json_text(FOUND.of(one)) for one in found)
    elif found:
        output.say_table(COLUMNS, [Row(cells(hit)) for group in found for hit in group.hits])
        for told in filter(None, map(left_off, found)):
            output.say_wrapped(told)
    else:
        raise NotThere(
            f'Nothing found for "{plain(text)[:60]}".',
            "Try fewer characters: the beginning of a number or an ID, or a word of a name.",
        )
