"""``deskbridge hints``: the troubleshooting catalog."""

from __future__ import annotations

import sys

import click

from console.cli import output
from console.cli.errors import NotThere
from console.cli.json_option import json_option
from console.cli.params import FROM_STANDARD_INPUT
from shared import hints as catalog
from shared.operations.contracts.records import HINT
from shared.operations.describe.hints import section
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, plain


# A negative number is an HRESULT here, not an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", metavar="[CODE|TEXT]", nargs=-1)
@json_option(HINT, many=True)
def hints(words: tuple[str, ...], as_json: bool) -> None:
    """Look up a code or a text: what happened, why, what to do, and who does it.

    CODE is what QuickBooks or the Web Connector shows (QBWC1039, 0x80040408, 3200) or a code of a
    problem; TEXT is any words, or - to read them from standard input. Without either, all codes are
    listed.
    """
    text = sys.stdin.read() if words == (FROM_STANDARD_INPUT,) else " ".join(words)
    if words and not text.strip():
        raise NotThere("There is nothing to look up.", "All codes: deskbridge hints")
    found = catalog.find(text.strip()) if words else catalog.all_hints()
    if not found:
        raise NotThere(
            f'No hint for "{plain(text.strip())[:60]}".',
            "Try the code alone or fewer words; all codes: deskbridge hints",
        )
    if as_json:
        output.say_json_lines(output.json_text(HINT.of(hint)) for hint in found)
    elif len(found) == 1:
        output.say_sections([section(found[0])])
    else:
        output.say_table(
            (Column("Code"), Column("Title", least=20), Column("Who acts", drop=1)),
            [Row((hint.code, hint.title, hint.actor)) for hint in found],
        )
        output.say()
        output.say_wrapped(f"{count(len(found), 'hint')}. One in full: deskbridge hints CODE")
