"""Standard output and standard error: text for people, JSON for scripts, progress."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, TextIO

import click

from shared.operations.describe import tables
from shared.operations.describe.sections import Section
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import plain

NARROWEST = 40
_COLORS = {
    **dict.fromkeys(("ok", "finished", "resolved", "posted", "imported"), "green"),
    **dict.fromkeys(("running", "stopping", "pending", "retry", "ready", "sent"), "cyan"),
    **dict.fromkeys(("warn", "waiting", "some failed", "interrupted", "not eligible"), "yellow"),
    **dict.fromkeys(("canceled", "skipped", "withdrawn", "left-out"), "yellow"),
    **dict.fromkeys(("fail", "failed", "open", "unknown", "parked", "refused"), "red"),
}


def width() -> int:
    """Columns of the terminal: ``COLUMNS``, else what it says, else 80."""
    return max(NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def color_wanted(environ: Mapping[str, str]) -> bool | None:
    """False when the environment forbids color, None when the terminal decides.

    ``NO_COLOR`` counts when it is set and not empty (no-color.org).
    """
    return False if environ.get("NO_COLOR") or environ.get("TERM") == "dumb" else None


def state(word: str) -> str:
    """Color a state; it stays the same word without color."""
    color = _COLORS.get(word.strip())
    return click.style(word, fg=color) if color else word


def strong(text: str) -> str:
    """Set a heading or a secret apart."""
    return click.style(text, bold=True)


def say(text: str = "") -> None:
    """One paragraph on standard output, as it is."""
    click.echo(text)


def say_wrapped(text: str, indent: str = "") -> None:
    """One paragraph on standard output, plain and wrapped to the terminal."""
    for line in tables.wrapped(text, width(), indent=indent):
        click.echo(line)


def say_item(mark: str, text: str, paint: Callable[[str], str] = str) -> None:
    """One item of a list, wrapped under itself; ``paint`` may wrap the mark in color."""
    first, *rest = tables.wrapped(text, width() - len(mark)) or [""]
    click.echo(paint(mark) + first)
    for line in rest:
        click.echo(" " * len(mark) + line)


def say_lines(lines: Iterable[str]) -> None:
    """Many lines as they are, in blocks: one write to a line would take its time."""
    for block in _blocks(lines):
        click.echo("\n".join(block))


def _blocks(lines: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    waiting = iter(lines)
    while block := list(islice(waiting, size)):
        yield block


def say_beside(text: str) -> None:
    """One paragraph on standard error: never in the way of what a script reads."""
    for line in tables.wrapped(text, width()):
        click.echo(line, err=True)


def say_table(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """A table in the width of the terminal."""
    say_lines(tables.table(columns, rows, width()))


def say_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values, one below the other."""
    say_lines(tables.pairs(rows, width()))


def say_sections(sections: Iterable[Section]) -> None:
    """Sections one below the other, each under its title."""
    for number, section in enumerate(sections):
        if number:
            say()
        say(strong(plain(section.title)))
        say_pairs(section.lines)


def json_text(value: Any) -> str:
    """JSON on one line, ASCII only: safe on any terminal and in any locale."""
    return json.dumps(value, ensure_ascii=True)


def say_json(value: Any) -> None:
    """One JSON document, indented."""
    click.echo(json.dumps(value, ensure_ascii=True, indent=2))


def say_json_lines(lines: Iterable[str]) -> None:
    """One JSON array from objects that are text already, an object to a line."""
    separator = "[\n"
    for block in _blocks(lines):
        click.echo(separator + ",\n".join(block), nl=False)
        separator = ",\n"
    click.echo("[]" if separator == "[\n" else "\n]")


@contextmanager
def progress(
    label: str,
    *,
    to: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
    quiet_seconds: float = 0.5,
) -> Iterator[Callable[[int], None]]:
    """Count long work on standard error, where that is a terminal; else say nothing.

    Yields a function to call with the number done so far. Work that is over within
    ``quiet_seconds`` shows nothing at all; the line is wiped at the end.
    """
    stream = to or sys.stderr
    if stream is None or not stream.isatty():
        yield lambda _done: None
        return
    due = clock() + quiet_seconds
    shown = False

    def tell(done: int) -> None:
        nonlocal due, shown
        if (now := clock()) < due:
            return
        due, shown = now + 0.1, True
        stream.write(f"\r{label}: {done:,}" if done else f"\r{label} …")
        stream.flush()

    try:
        yield tell
    finally:
        if shown:
            stream.write("\r" + " " * (len(label) + 20) + "\r")
            stream.flush()


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """Say on standard error what is under way, where that is a terminal."""
    with progress(label, quiet_seconds=0) as tell:
        tell(0)
        yield


def is_terminal() -> bool:
    """Whether a person sits at both ends, so that a question makes sense."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def is_closed() -> bool:
    """Whether standard output was closed before we started (``>&-``): nothing can be shown."""
    return sys.stdout is None


def flush() -> None:
    """Write what is still unwritten; raises OSError when that does not work."""
    if not is_closed():
        sys.stdout.flush()


def abandon() -> None:
    """Send what is still unwritten nowhere, so that leaving does not fail on it again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def survive_any_encoding() -> None:
    """Let characters that the terminal cannot show become ``?`` instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
