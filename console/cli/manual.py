"""Write the manual pages from the commands: one for ``deskbridge``, one for each of its commands.

``python -m console.cli.manual FOLDER``. Source of the markup: man(7).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from console.cli.errors import EXIT_MEANINGS
from console.cli.json_option import JsonOption
from console.cli.reference import inner_of, meaning_of, spelling_of, whole_command_line
from shared.about import PRODUCT, VERSION

FILES = (
    ("/etc/deskbridge/deskbridge.toml", "the settings"),
    ("/var/lib/deskbridge/deskbridge.sqlite3", "the store, unless the setting database differs"),
)


def pages(root: click.Command, name: str = "deskbridge") -> Iterator[tuple[str, str]]:
    """Every page with the name of its file, such as ``deskbridge-qwc.1``."""
    context = click.Context(root, info_name=name)
    top = list(inner_of(root, context))
    beside = [f"{name}-{one}" for one, _ in top]
    yield (
        f"{name}.1",
        _page(context, root, [*_body(root, context), *_list(top, name), *_files()], beside),
    )
    for one, command in top:
        below = click.Context(command, parent=context, info_name=one)
        yield (
            f"{name}-{one}.1",
            _page(below, command, [*_body(command, below), *_below(command, below)], [name]),
        )


def _page(
    context: click.Context, command: click.Command, body: list[str], beside: list[str]
) -> str:
    title = context.command_path.replace(" ", "-")
    told = _escaped(command.get_short_help_str(200).rstrip("."))
    return "\n".join(
        [
            f'.TH "{_escaped(title.upper())}" 1 "" "{PRODUCT} {VERSION}" "{PRODUCT}"',
            ".nh",
            ".SH NAME",
            f"{_escaped(title)} \\- {told}",
            *body,
            ".SH EXIT STATUS",
            *(line for code, means in EXIT_MEANINGS.items() for line in _item(str(code), means)),
            ".SH SEE ALSO",
            ", ".join(f"\\fB{_escaped(one)}\\fR(1)" for one in beside),
            "",
        ]
    )


def _body(command: click.Command, context: click.Context, title: str = "") -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f'.SH "{_escaped(title.upper())}"' if title else ".SH SYNOPSIS"
    yield f"\\fB{_escaped(context.command_path)}\\fR {_escaped(usage)}"
    if not title:
        yield ".SH DESCRIPTION"
    yield from _paragraphs(command.help or "", first=not title)
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    if options and not title:
        yield ".SH OPTIONS"
    for option in options:
        yield from _item(spelling_of(option), meaning_of(option))
        if isinstance(option, JsonOption):
            yield "The keys are described in the command line reference, docs/cli.md."


def _below(command: click.Command, context: click.Context) -> Iterator[str]:
    for name, one in inner_of(command, context):
        below = click.Context(one, parent=context, info_name=name)
        yield from _body(one, below, below.command_path)
        yield from _below(one, below)


def _list(top: list[tuple[str, click.Command]], name: str) -> Iterator[str]:
    yield ".SH COMMANDS"
    for one, command in top:
        yield from _item(f"{name} {one}", command.get_short_help_str(200))


def _files() -> Iterator[str]:
    yield ".SH FILES"
    for path, told in FILES:
        yield from _item(path, told)


def _item(term: str, told: str) -> Iterator[str]:
    yield ".TP"
    yield f"\\fB{_escaped(term)}\\fR"
    yield _text(told)


def _paragraphs(text: str, *, first: bool) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if not first:
            yield ".PP"
        first = False
        if paragraph.startswith("\b"):
            lines = paragraph.removeprefix("\b").strip("\n").splitlines()
            yield from (".nf", *map(_escaped, lines), ".fi")
        elif paragraph:
            yield _text(paragraph)


def _text(told: str) -> str:
    """Running text; what stands between backticks is bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _escaped(" ".join(told.split())))


def _escaped(text: str) -> str:
    """Text as troff reads it: no line of it is a request, and a hyphen can be copied."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def write(folder: Path) -> None:
    """Write every page into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(whole_command_line()):
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
