"""Write ``docs/cli.md`` from the commands themselves.

``python -m console.cli.reference > docs/cli.md``; a test compares the page with this.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import click

from console.cli.app import cli
from console.cli.errors import EXIT_MEANINGS
from console.cli.shapes import JsonOption, Shape

INTRODUCTION = """\
# Command line

<!-- Written by `python -m console.cli.reference > docs/cli.md`; do not edit. -->

`deskbridge` does everything for people at a terminal and for scripts.

- Settings come from a TOML file (`--config FILE`, else `DESKBRIDGE_CONFIG`, else the usual
  place); every one is also a `DESKBRIDGE_…` variable. A missing SQLite store is created.
- NAME is a connection; upper and lower case count as the same. Where it is shown as `[NAME]`
  it may be left out: listings then show all connections, other commands take the only one.
- Results go to standard output, errors and progress to standard error. Progress is shown on a
  terminal only.
- Tables fit the terminal (`COLUMNS`, else what it says, else 80): text is cut and ends in `…`,
  columns are dropped, amounts are never cut. Times are local.
- No colour where the output is not a terminal, `NO_COLOR` is set or `TERM` is `dumb`; every
  state is a word as well.
- Text from QuickBooks is printed without the control characters it may hold.
- Where a command takes numbers, `-` reads them from standard input:
  `deskbridge problems list --json | jq '.[].id' | deskbridge problems retry -`
- Every change is kept in the audit trail with the name of the operating-system user.

## JSON

With `--json` standard output holds one JSON document: an array for a listing, else an object.
Listings put one object on a line. Keys are never renamed or removed; new ones come after the
old ones. Amounts are text with two decimals (`"1234.50"`), dates `"2026-01-31"`, times UTC to
the second (`"2026-01-31T14:02:11Z"`). The document is ASCII. An empty listing is `[]`. When a
command fails, nothing is printed there.
"""


def reference(root: click.Command, name: str = "deskbridge") -> str:
    """The whole page for a tree of commands."""
    context = click.Context(root, info_name=name)
    return "\n".join([INTRODUCTION, *_exit_codes(), *_section(root, context)]).rstrip() + "\n"


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield from _table(
        ("Code", "Meaning"), ((str(int(code)), told) for code, told in EXIT_MEANINGS.items())
    )
    yield (
        "Asking for a state that holds already (`connection edit`, `db upgrade`) is done: 0. "
        "Acting on something that is over (`syncs stop`, `problems retry`) is 3. A command "
        "that takes several numbers does all or nothing.\n"
    )


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n"
    yield from _usage(command, context)
    yield from _paragraphs(command.help or "")
    yield from _options(command, context)
    for parameter in command.params:
        if isinstance(parameter, JsonOption):
            yield from _json(parameter)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _section(inner, click.Context(inner, parent=context, info_name=name))


def _usage(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {pieces}\n```\n"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith("\b"):
            yield "```\n" + paragraph.removeprefix("\b").strip("\n") + "\n```\n"
        elif paragraph:
            yield " ".join(paragraph.split()) + "\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [(f"`{names}`", told) for names, told in filter(None, records)]
    if rows:
        yield from _table(("Option", "Meaning"), rows)


def _json(option: JsonOption) -> Iterator[str]:
    yield f"With `--json`: {'an array of objects' if option.many else 'an object'}.\n"
    yield from _table(("Key", "Meaning"), _keys(option.shape))


def _keys(shape: Shape[Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key in shape.keys:
        yield f"`{path}{key.name}`", key.meaning
        if key.inner:
            yield from _keys(key.inner, f"{path}{key.name}.")


def _table(titles: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"| {titles[0]} | {titles[1]} |\n| --- | --- |"
    for left, right in rows:
        yield f"| {_cell(left)} | {_cell(right)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def whole_command_line() -> click.Command:
    """The command line with what the composition root adds: daemon, demo and simulator."""
    importlib.import_module("deskbridge")
    return cli


if __name__ == "__main__":
    click.echo(reference(whole_command_line()), nl=False)
