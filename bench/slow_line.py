"""The console at the end of a slow line: bytes and seconds from the start, and for each key.

The pseudo-terminal of ``bench.console`` is read no faster than 9,600 baud bring it, ten bits a
byte. A key takes until its last byte has come, so what is read from the store is in it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench import many_companies
from bench.console import COLUMNS, LINES, Terminal, console, named
from bench.page import Part, at_most
from bench.stage import scratch
from console.tui.app import HOME
from shared.structs import Value

BAUD = 9_600
_BYTES_A_SECOND = BAUD // 10
_LISTS = (HOME, "syncs", "problems", "payments", "invoices", "customers")
_DOWN, _PAGE_DOWN, _ESCAPE = b"j", b"\x1b[6~", b"\x1b"
_CURSOR = "the cursor: down"


class Cost(Value):
    """What one thing came to on the line."""

    kind: str
    size: int
    seconds: float


def measure(url: str) -> Iterator[Cost]:
    """One console: start, then in each list a few keys."""
    with console(url, _BYTES_A_SECOND) as (terminal, started):
        yield Cost("start, to the first rows", terminal.received, started)
        terminal.settle()
        for name in _LISTS:
            yield from _cost(terminal, "a main screen", named(name).key.encode())
            for _ in range(4):
                yield from _cost(terminal, _CURSOR, _DOWN)
            yield from _cost(terminal, "a page down", _PAGE_DOWN)
        yield from _cost(terminal, "help", b"?")
        yield from _cost(terminal, "back from help", _ESCAPE)


def _cost(terminal: Terminal, kind: str, key: bytes) -> Iterator[Cost]:
    terminal.settle()
    before = terminal.received
    for milliseconds in terminal.press(key):
        yield Cost(kind, terminal.received - before, milliseconds / 1000)


def part(runs: int) -> Part:
    """The console on a slow line."""
    with scratch() as folder:
        url = many_companies.made(folder)
        costs = [cost for _ in range(runs) for cost in measure(url)]
    start = [cost for cost in costs if cost.kind.startswith("start")]
    moves = [cost for cost in costs if cost.kind == _CURSOR]
    goals = [
        at_most(f"start at {BAUD:,} baud", _median_seconds(start), 6, " s"),
        at_most(f"the cursor at {BAUD:,} baud", _median_seconds(moves), 0.35, " s"),
        at_most("the cursor on a slow line", _median_size(moves), 300, " bytes"),
    ]
    return Part("the console on a slow line", goals, as_table(costs))


def _median_seconds(costs: list[Cost]) -> float:
    return statistics.median(cost.seconds for cost in costs)


def _median_size(costs: list[Cost]) -> float:
    return statistics.median(cost.size for cost in costs)


def as_table(costs: list[Cost]) -> str:
    """The figures, for the page."""
    by_kind: dict[str, list[Cost]] = {}
    for cost in costs:
        by_kind.setdefault(cost.kind, []).append(cost)
    rows = "\n".join(
        f"| {kind} | {_median_size(its):,.0f} | {max(one.size for one in its):,} "
        f"| {_median_seconds(its):.2f} s | {max(one.seconds for one in its):.2f} s | {len(its)} |"
        for kind, its in by_kind.items()
    )
    return f"""| {BAUD:,} baud, {COLUMNS} by {LINES} | bytes | most | time | longest | measured |
|---|---|---|---|---|---|
{rows}

- *Time*: from the key to the last byte that it sets off, details of the record under the cursor included. The store is that of
  `console`."""
