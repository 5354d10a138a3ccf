"""The console over a crowded store: how long it takes to start, and from a key to its paint.

It runs in a terminal of its own (a pseudo-terminal of 80 by 24), as over SSH. A key counts as
painted with the last byte before the terminal is quiet, so what is read from the store is in it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import many_companies
from bench.page import Part, at_most, percentile
from bench.stage import own_environment, scratch
from console.tui.app import HOME, MAIN_SCREENS, MainScreen
from shared.structs import Value

QUIET_SECONDS = 0.15
NOTHING_SECONDS = 1.0
PATIENCE_SECONDS = 20.0
COLUMNS, LINES = 80, 24
_MOVES = (b"j", b"\x1b[6~", b"\x1b[F", b"\x1b[H")
_ESCAPE = b"\x1b"
_SOUGHT = (10_042, 54_321, 109_999)
"""Numbers of invoices: among the first, in the middle, among the last."""
_JUMP = "jump: the number of an invoice, to the first hits"


class ConsoleFigures(Value):
    """What one run came to: seconds to the first rows, milliseconds of each key by its kind."""

    start_seconds: float
    milliseconds: dict[str, list[float]]


class Terminal:
    """The far end of a pseudo-terminal: types keys, and sees when what they set off is painted.

    With ``bytes_a_second`` it is at the end of a slow line. ``received`` counts what came.
    """

    def __init__(self, master: int, bytes_a_second: int | None = None) -> None:
        self._master = master
        self._bytes_a_second = bytes_a_second
        self._free_at = 0.0
        self.received = 0

    def wait_for(self, text: bytes) -> None:
        """Read until that text was painted."""
        seen = b""
        until = time.monotonic() + PATIENCE_SECONDS
        while text not in seen:
            seen += self._read(until - time.monotonic())
            if time.monotonic() > until:
                raise SystemExit(f"the console never showed {text!r}")

    def settle(self) -> float:
        """Read until it is quiet; returns when the last byte came."""
        last = time.perf_counter()
        until = time.monotonic() + PATIENCE_SECONDS
        while self._read(QUIET_SECONDS) and time.monotonic() < until:
            last = time.perf_counter()
        return last

    def press(self, key: bytes) -> list[float]:
        """Press a key; the milliseconds until all of it was painted, nothing if nothing was."""
        self.settle()
        pressed = time.perf_counter()
        os.write(self._master, key)
        if not select.select([self._master], [], [], NOTHING_SECONDS)[0]:
            return []
        return [1000 * (self.settle() - pressed)]

    def jump(self, number: int) -> float:
        """Open the jump and type a number; milliseconds until the first invoices are painted."""
        self.press(b":")
        self.settle()
        typed = time.perf_counter()
        os.write(self._master, str(number).encode())
        self.wait_for(b"Invoices")
        hit = 1000 * (time.perf_counter() - typed)
        self.press(_ESCAPE)
        return hit

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._master], [], [], max(seconds, 0))[0]:
            return b""
        read = os.read(self._master, 16 if self._bytes_a_second else 65_536)
        self.received += len(read)
        if self._bytes_a_second:
            now = time.perf_counter()
            self._free_at = max(self._free_at, now) + len(read) / self._bytes_a_second
            time.sleep(self._free_at - now)
        return read


@contextmanager
def console(url: str, bytes_a_second: int | None = None) -> Iterator[tuple[Terminal, float]]:
    """A console in a terminal; yields it with the seconds until its first rows."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {
        **own_environment(),
        "DESKBRIDGE_DATABASE": url,
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LINES": str(LINES),
    }
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "deskbridge", "console"],
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal = Terminal(master, bytes_a_second)
    try:
        terminal.wait_for(b"Company 0000")
        yield terminal, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)
        os.close(master)


def measure(url: str) -> ConsoleFigures:
    """One console: go to every main screen, move about, open a record, type a filter."""
    visits: list[list[float]] = [[], []]
    moves: list[float] = []
    opened: list[float] = []
    typed: list[float] = []
    at_home: list[float] = []
    with console(url) as (terminal, started):
        for visit in visits:
            for main in MAIN_SCREENS[1:]:
                terminal.press(named(HOME).key.encode())
                visit += terminal.press(main.key.encode())
                for key in _MOVES:
                    moves += terminal.press(key)
        terminal.press(named(HOME).key.encode())
        for key in (*_MOVES, b"j", b"j", b"j"):
            at_home += terminal.press(key)
        for key in (b"/", b"0", b"4", b"2"):
            typed += terminal.press(key)
        terminal.press(_ESCAPE)
        found = [terminal.jump(number) for number in _SOUGHT]
        for name in (HOME, "syncs", "problems"):
            terminal.press(named(name).key.encode())
            opened += terminal.press(b"\r")
            terminal.press(_ESCAPE)
    return ConsoleFigures(
        started,
        {
            "a main screen, the first time": visits[0],
            "a main screen, again": visits[1],
            "the cursor: down, a page, end, home": moves,
            "the cursor on home": at_home,
            "a record": opened,
            "a letter of a filter": typed,
            _JUMP: found,
        },
    )


def named(name: str) -> MainScreen:
    """The main screen of that name."""
    return next(main for main in MAIN_SCREENS if main.name == name)


def figures(runs: int) -> list[ConsoleFigures]:
    """Several consoles, one after the other, on the same store."""
    with scratch() as folder:
        url = many_companies.made(folder)
        return [measure(url) for _ in range(runs)]


def part(runs: int) -> Part:
    """The console."""
    measured = figures(runs)
    every = [ms for run in measured for times in run.milliseconds.values() for ms in times]
    start = statistics.median(run.start_seconds for run in measured)
    hits = [ms for run in measured for ms in run.milliseconds[_JUMP]]
    goals = [
        at_most("console, to the first rows", start, 0.6, " s"),
        at_most("console, key to paint, median", statistics.median(every), 60, " ms"),
        at_most("console, key to paint, p95", percentile(every, 0.95), 120, " ms"),
        at_most("jump, to the first hits", statistics.median(hits), 150, " ms"),
    ]
    return Part("the console over a crowded store", goals, as_table(measured))


def as_table(runs: list[ConsoleFigures]) -> str:
    """The figures of the console, for the page."""
    start = statistics.median(run.start_seconds for run in runs)
    kinds = {
        kind: [ms for run in runs for ms in run.milliseconds[kind]] for kind in runs[0].milliseconds
    }
    every = [ms for times in kinds.values() for ms in times]
    rows = [("any key", every), *kinds.items()]
    lines = "\n".join(
        f"| {kind} | {statistics.median(times):.0f} ms | {percentile(times, 0.95):.0f} ms "
        f"| {max(times):.0f} ms | {len(times)} |"
        for kind, times in rows
    )
    return f"""| console over {many_companies.CONNECTIONS:,} connections, {many_companies.INVOICES:,} invoices, {many_companies.SYNCS:,} syncs | p50 | p95 | slowest | measured |
|---|---|---|---|---|
| start, to the first rows | {1000 * start:.0f} ms | | {1000 * max(run.start_seconds for run in runs):.0f} ms | {len(runs)} |
{lines}

- *Console*: `deskbridge console` in a terminal of {COLUMNS} by {LINES}. A key counts as painted with the last byte before the terminal is
  quiet, so what the key has read from the store is in it. Half of the invoices and syncs belong to one connection."""
