"""``make bench``: import 1,000 and 10,000 invoices over real SOAP, and what that costs.

    python -m bench [--sizes 1000 10000] [--runs 3] [--write docs/benchmarks.md]

One daemon on a new SQLite store for each size; the simulated company answers in this
process, and its time is not counted: "seconds" is the time spent waiting for the daemon.
The floor is measured over the same bytes in the same run, and a small company syncs
meanwhile in a process of its own. Two Payment Syncs follow: one posts, one reads; then a company
of 100,000 open invoices settles them beside a small one. In the end the console is started over
a crowded store, and keys are pressed in it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench import console, crowd, payments, postgres, settling, starting
from bench.floor import floor_of
from bench.stage import (
    PAGE,
    Line,
    command,
    connected,
    cpu_seconds,
    daemon,
    memory_mib,
    update,
    web_connector,
)
from simulator.company import Company
from simulator.webconnector import Row, WebConnector

LINES = 5


@dataclass(frozen=True)
class Figures:
    """What one import came to."""

    invoices: int
    seconds: float
    floor_seconds: float
    cpu_seconds: float
    floor_cpu_seconds: float
    peak_mib: float
    base_mib: float
    small_p50_ms: float
    small_p99_ms: float
    small_calls: int
    megabytes: float

    @property
    def ratio(self) -> float:
        """Times the floor."""
        return self.seconds / self.floor_seconds

    @property
    def cpu_ratio(self) -> float:
        """The same of the time at work, which depends less on who else is."""
        return self.cpu_seconds / self.floor_cpu_seconds


def measure(invoices: int) -> Figures:
    """Import a company of so many open invoices: alone, then beside a small company."""
    company = Company.create(seed=7, customers=300, invoices=invoices, lines=LINES, all_open=True)
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        folder = Path(name)
        (folder / "bodies").mkdir()
        line = Line(folder / "bodies")
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, company, line)
            base = memory_mib(process.pid, "VmRSS")
            before = cpu_seconds(process.pid)
            run_import(connector, rows["invoice"], line, environment, company)
            cpu = cpu_seconds(process.pid) - before
            peak = memory_mib(process.pid, "VmHWM")
        size = sum(path.stat().st_size for path in (folder / "bodies").glob("*.xml"))
        floor = floor_of(folder / "bodies", folder / "floor.sqlite3")
    latencies = latencies_beside(company)
    return Figures(
        invoices,
        line.seconds,
        floor.seconds,
        cpu,
        floor.cpu_seconds,
        peak,
        base,
        statistics.median(latencies),
        latencies[int(len(latencies) * 0.99)],
        len(latencies),
        size / 1e6,
    )


def latencies_beside(company: Company) -> list[float]:
    """Milliseconds of a small company's calls while the import runs, sorted."""
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        folder = Path(name)
        with daemon(folder) as (_, environment):
            line = Line(None)
            connector, rows = web_connector(environment, folder, company, line)
            files, password = connected(environment, folder, "Small")
            poller = subprocess.Popen(
                [sys.executable, "-m", "bench.poller", str(files["invoice"]), str(password)],
                stdout=subprocess.PIPE,
            )
            assert poller.stdout is not None
            poller.stdout.readline()
            run_import(connector, rows["invoice"], line, environment, company)
            poller.send_signal(signal.SIGTERM)
            return sorted(json.loads(poller.communicate()[0]))


def run_import(
    connector: WebConnector,
    row: Row,
    line: Line,
    environment: dict[str, str],
    company: Company,
) -> None:
    """One Invoice Sync; every importable invoice must be there after it."""
    update(connector, row, line)
    held = command(environment, "invoices", "list", "Big")
    if len(held) != len(company.audit().importable):
        raise SystemExit("not every invoice was imported")


def median_of(runs: list[Figures]) -> Figures:
    """Field by field, the median of several runs."""
    return Figures(
        *(
            type(getattr(runs[0], name))(statistics.median(getattr(run, name) for run in runs))
            for name in Figures.__dataclass_fields__
        )
    )


def main() -> None:
    """Measure, print, and write the page if asked."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--write", type=Path, help="the page to write the figures to")
    chosen = options.parse_args()
    results = [median_of([measure(size) for _ in range(chosen.runs)]) for size in chosen.sizes]
    syncs = [
        payments.median_of(sync() for _ in range(chosen.runs))
        for sync in (payments.posting, payments.posting_beside_deleted, payments.reading)
    ]
    settled = settling.median_of(settling.figures() for _ in range(chosen.runs))
    crowds = [
        crowd.median_of(measured(clients) for _ in range(chosen.runs))
        for measured in (crowd.short_sessions, crowd.idle_polls)
        for clients in (8, 32)
    ]
    shared = postgres.median_of(postgres.figures() for _ in range(chosen.runs))
    consoles = console.figures(chosen.runs)
    starts = starting.figures()
    page = as_page(results, syncs, settled, crowds, shared, starts, consoles, chosen.runs)
    print(page)
    if chosen.write:
        chosen.write.write_text(page)


def as_page(
    results: list[Figures],
    syncs: list[payments.PaymentFigures],
    settled: settling.SettlingFigures,
    crowds: list[crowd.CrowdFigures],
    shared: postgres.PostgresFigures,
    starts: list[starting.StartFigures],
    consoles: list[console.ConsoleFigures],
    runs: int,
) -> str:
    """The figures with machine, versions and method."""
    rows = "\n".join(
        f"| {r.invoices:,} | {r.megabytes:.1f} MB | {r.seconds:.2f} s | {r.invoices / r.seconds:,.0f} "
        f"| {r.floor_seconds:.2f} s | {r.ratio:.2f} | {r.cpu_seconds:.2f} s | {r.cpu_ratio:.2f} | {r.base_mib:.0f} / {r.peak_mib:.0f} MiB "
        f"| {r.small_p50_ms:.1f} / {r.small_p99_ms:.1f} ms ({r.small_calls}) |"
        for r in results
    )
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("twisted", "lxml", "peewee", "textual", "pysqlite3")
    )
    return f"""# Benchmarks

Written by `make bench`. Medians of {runs} runs; each run measures the floor over the same bytes.

Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Python {platform.python_version()}; {versions}.

| open invoices | SOAP bodies | time in the daemon | invoices/s | floor | times the floor | CPU | times the floor's CPU | memory before / peak | small company's call p50 / p99 (calls) |
|---|---|---|---|---|---|---|---|---|---|
{rows}

- *Open invoices*: {LINES} lines each, pages of {PAGE}, one Invoice Sync over real SOAP and HTTP into a new SQLite store (WAL, synchronous=FULL).
- *Time in the daemon*: wall time of all calls of that update, from the first byte sent to the last byte of the answer; the time in
  which the simulated QuickBooks prepares its answers is not counted.
- *Floor*: the same bodies, SOAP and qbXML parsed by lxml, one walk over each invoice, `executemany` into two tables, one commit; no session, no
  checks, in a process of its own. Half of an import of 10,000 goes into reading (libxml2 a third of it, making values of elements another), a
  quarter into the envelope and HTTP, a quarter into the store. What was tried to read faster and gained nothing: XSLT that lays the values out for one split,
  ElementTree in place of lxml, tables of their own for children with and without children, no cyclic garbage collection.
- *Memory*: resident set of the daemon before the import, and its peak (VmHWM).
- *Small company's call*: in a second run, another connection with one invoice syncs over and over in a process of its own while the big one imports.

{payments.as_table(syncs)}

{settling.as_table(settled)}

{crowd.as_table(crowds)}

{postgres.as_table(shared)}

{starting.as_table(starts)}

{console.as_table(consoles)}

Shared machines are noisy: compare the ratio before the seconds.
"""


if __name__ == "__main__":
    main()
