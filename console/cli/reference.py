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
from console.cli.json_option import JsonOption
from shared.operations.contracts.shapes import Shape

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
- No color where the output is not a terminal, `NO_COLOR` is set or `TERM` is `dumb`; every
  state is a word as well.
- Text from QuickBooks is printed without the control characters it may hold.
- Where a command takes numbers, `-` reads them from standard input:
  `deskbridge problems list --json | jq '.[].id' | deskbridge problems retry -`
- `-h` or `--help` after any command explains it.
- Every change is kept in the audit log with the name of the operating-system user.

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
    told: dict[Shape[Any], str] = {}
    return (
        "\n".join(
            [
                INTRODUCTION,
                *_exit_codes(),
                *_contents(root, context),
                *_section(root, context, told),
            ]
        ).rstrip()
        + "\n"
    )


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield from _table(
        ("Code", "Meaning"), ((str(int(code)), told) for code, told in EXIT_MEANINGS.items())
    )
    yield (
        "Asking for a state that already exists (`connection edit`, `db upgrade`) is done: 0."
        " Acting on something that has ended (`syncs stop`, `problems retry`) is 3. A command"
        " that takes several numbers changes all of them or none.\n"
    )


def _contents(root: click.Command, context: click.Context) -> Iterator[str]:
    yield "## Commands\n"
    for name, command in inner_of(root, context):
        path = f"{context.command_path} {name}"
        yield f"- [`{path}`](#{_anchor(path)}): {command.get_short_help_str(200)}"
    yield ""


def _anchor(path: str) -> str:
    return path.lower().replace(" ", "-")


def inner_of(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """The commands of a group that people are told of, with their names."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield name, inner


def _section(
    command: click.Command, context: click.Context, told: dict[Shape[Any], str], level: int = 2
) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}\n"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {pieces}\n```\n"
    yield from _paragraphs(command.help or "")
    yield from _options(command)
    for parameter in command.params:
        if isinstance(parameter, JsonOption):
            yield from _json(parameter, context.command_path, told)
    yield from _paragraphs(command.epilog or "")
    for name, inner in inner_of(command, context):
        below = click.Context(inner, parent=context, info_name=name)
        yield from _section(inner, below, told, min(level + 1, 4))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith("\b"):
            yield "```\n" + paragraph.removeprefix("\b").strip("\n") + "\n```\n"
        elif paragraph:
            yield " ".join(paragraph.split()) + "\n"


def _options(command: click.Command) -> Iterator[str]:
    # Not click's own help records: they read differently from version to version.
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        rows = ((f"`{spelling_of(option)}`", meaning_of(option)) for option in options)
        yield from _table(("Option", "Meaning"), rows)


def spelling_of(option: click.Option) -> str:
    """How an option is written, such as ``-o, --out DIR``."""
    names = "/".join([", ".join(option.opts), *option.secondary_opts])
    return names if option.is_flag or option.count else f"{names} {_value(option)}"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.metavar or option.type.name.upper().split()[0]


def meaning_of(option: click.Option) -> str:
    """What an option does, and what else is to be known of it."""
    notes = ["required"] * option.required
    if option.multiple and "repeated" not in (option.help or ""):
        notes.append("may be repeated")
    if option.show_default and not option.is_flag:
        notes.append(f"default: {option.default}")
    return (option.help or "") + (f" ({', '.join(notes)})" if notes else "")


def _json(option: JsonOption, path: str, told: dict[Shape[Any], str]) -> Iterator[str]:
    """The keys, once: ``told`` remembers which command explained a shape first."""
    printed = "an array of objects" if option.many else "an object"
    first = told.setdefault(option.shape, path)
    if first != path:
        yield f"With `--json`: {printed}, with the keys of [`{first}`](#{_anchor(first)}).\n"
        return
    yield f"With `--json`: {printed}.\n"
    yield from _table(("Key", "Meaning"), _keys(option.shape))


def _keys(shape: Shape[Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key in shape.keys:
        yield f"`{path}{key.name}`", key.meaning
        if key.inner and key.listed:
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
