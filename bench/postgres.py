"""The first import of a company into a new PostgreSQL database, and what it costs the server.

The server is a private one with the settings that it comes with. The floor is SQLite's, over the
same bodies in the same run.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.floor import floor_of
from bench.imports import LINES, check
from bench.page import Part, at_most, middle
from bench.stage import Line, cpu_seconds, daemon, scratch, update, web_connector
from shared.structs import Value
from simulator.company import Company
from tests.postgres import private_server

INVOICES = 10_000


class PostgresFigures(Value):
    """What one import came to."""

    invoices: int
    seconds: float
    floor_seconds: float
    daemon_cpu: float
    server_cpu: float

    @property
    def ratio(self) -> float:
        """Times the floor of SQLite."""
        return self.seconds / self.floor_seconds


def figures(invoices: int = INVOICES) -> PostgresFigures:
    """Import a company of so many open invoices."""
    company = Company.create(seed=7, customers=300, invoices=invoices, lines=LINES, all_open=True)
    with scratch() as folder:
        (folder / "bodies").mkdir()
        line = Line(folder / "bodies")
        with private_server("") as server:
            server.run("CREATE DATABASE bench")
            with daemon(folder, server.url("bench")) as (process, environment):
                connector, rows = web_connector(environment, folder, company, line)
                postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
                daemon_before, server_before = cpu_seconds(process.pid), _cpu_of_all(postmaster)
                update(connector, rows["invoice"], line)
                daemon_cpu = cpu_seconds(process.pid) - daemon_before
                server_cpu = _cpu_of_all(postmaster) - server_before
                check(company, environment)
        floor = floor_of(folder / "bodies", folder / "floor.sqlite3").seconds
    return PostgresFigures(invoices, line.seconds, floor, daemon_cpu, server_cpu)


def _cpu_of_all(postmaster: int) -> float:
    """The time of a server with its backends, those that have ended as well."""
    living = sum(cpu_seconds(pid) for pid in (postmaster, *_children(postmaster)))
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    return living + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _children(parent: int) -> Iterator[int]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)
    yield from map(int, told.stdout.split())


def part(runs: int) -> Part:
    """10,000 invoices into a new database."""
    result = middle((figures() for _ in range(runs)), lambda run: run.ratio)
    goal = at_most("PostgreSQL, import of 10,000 × 5 lines ÷ SQLite's floor", result.ratio, 2.5)
    return Part("the first import into PostgreSQL", [goal], as_table(result))


def as_table(result: PostgresFigures) -> str:
    """The figures, for the page."""
    return f"""| first import into PostgreSQL | time in the daemon | times SQLite's floor | CPU of the daemon | CPU of the server |
|---|---|---|---|---|
| {result.invoices:,} | {result.seconds:.2f} s | {result.ratio:.2f} | {result.daemon_cpu:.2f} s | {result.server_cpu:.2f} s |

- *Into PostgreSQL*: a new database on a private server with the settings that it comes with, on this machine, over a UNIX socket."""
