"""``make bench``: import 1,000 and 10,000 invoices over real SOAP, and what that costs.

    python -m bench [--sizes 1000 10000] [--runs 3] [--write docs/benchmarks.md]

One daemon on a new SQLite store for each size; the simulated company answers in this
process, and its time is not counted: "seconds" is the time spent waiting for the daemon.
The floor is measured over the same bytes in the same run, and a small company syncs
meanwhile in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulator.company import Company
from simulator.webconnector import HttpTransport, Row, WebConnector
from simulator.webconnector.desktop import Desktop

PAGE = 500
LINES = 5


@dataclass
class Line:
    """The wire to the daemon: notes the time of each call and keeps the large bodies."""

    folder: Path | None
    seconds: float = 0.0
    calls: int = 0
    carry: HttpTransport = field(default_factory=HttpTransport)

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        started = time.perf_counter()
        answer = self.carry(url, headers, body)
        self.seconds += time.perf_counter() - started
        self.calls += 1
        if self.folder is not None and body is not None and len(body) > 100_000:
            (self.folder / f"{self.calls:06d}.xml").write_bytes(body)
        return answer


@dataclass(frozen=True)
class Figures:
    """What one import came to."""

    invoices: int
    seconds: float
    floor_seconds: float
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


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def daemon(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """A daemon on a new store; yields it with the environment of its commands."""
    port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DESKBRIDGE_")},
        "DESKBRIDGE_DATABASE": f"sqlite:///{folder}/store.sqlite3",
        "DESKBRIDGE_LISTEN": f"tcp:{port}:interface=127.0.0.1",
        "DESKBRIDGE_PUBLIC_URL": f"http://localhost:{port}",
        "DESKBRIDGE_PAGE_SIZE": str(PAGE),
        "DESKBRIDGE_PAGE_SIZE_MAX": str(PAGE),
        "DESKBRIDGE_LOG": "warn",
    }
    process = subprocess.Popen([sys.executable, "-m", "deskbridge", "daemon"], env=environment)
    try:
        wait_for(port, process)
        yield process, environment
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the daemon listens."""
    for _ in range(400):
        if process.poll() is not None:
            raise SystemExit("the daemon ended before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the daemon does not listen")


def command(environment: dict[str, str], *words: str) -> Any:
    """Run a deskbridge command and return its JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbridge", *words, "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


def connected(environment: dict[str, str], folder: Path, name: str) -> tuple[Path, Path]:
    """Add a connection; its invoice.qwc and a file with its password."""
    command(environment, "connection", "add", name)
    out = folder / name
    issued = command(environment, "qwc", name, "--out", str(out))
    password = folder / f"{name}.password"
    password.write_text(issued["password"])
    invoice = next(one["path"] for one in issued["files"] if one["application"] == "invoice")
    return Path(invoice), password


def memory_mib(pid: int, what: str) -> float:
    """VmHWM (peak) or VmRSS (now) of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {what} for process {pid}")


def measure(invoices: int) -> Figures:
    """Import a company of so many open invoices: alone, then beside a small company."""
    company = Company.create(seed=7, customers=300, invoices=invoices, lines=LINES, all_open=True)
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        folder = Path(name)
        (folder / "bodies").mkdir()
        line = Line(folder / "bodies")
        with daemon(folder) as (process, environment):
            connector, row = web_connector(environment, folder, company, line)
            base = memory_mib(process.pid, "VmRSS")
            run_import(connector, row, line, environment, company)
            peak = memory_mib(process.pid, "VmHWM")
        size = sum(path.stat().st_size for path in (folder / "bodies").glob("*.xml"))
        floor = floor_of(folder / "bodies", folder / "floor.sqlite3")
    latencies = latencies_beside(company)
    return Figures(
        invoices,
        line.seconds,
        floor,
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
            connector, row = web_connector(environment, folder, company, line)
            small = connected(environment, folder, "Small")
            poller = subprocess.Popen(
                [sys.executable, "-m", "bench.poller", *map(str, small)], stdout=subprocess.PIPE
            )
            assert poller.stdout is not None
            poller.stdout.readline()
            run_import(connector, row, line, environment, company)
            poller.send_signal(signal.SIGTERM)
            return sorted(json.loads(poller.communicate()[0]))


def web_connector(
    environment: dict[str, str], folder: Path, company: Company, line: Line
) -> tuple[WebConnector, Row]:
    """A Web Connector with the big company's Invoice Sync added."""
    qwc, password = connected(environment, folder, "Big")
    connector = WebConnector(Desktop(company), transport=line)
    return connector, connector.add(qwc.read_bytes(), password.read_text())


def run_import(
    connector: WebConnector,
    row: Row,
    line: Line,
    environment: dict[str, str],
    company: Company,
) -> None:
    """One Invoice Sync; every importable invoice must be there after it."""
    line.seconds = 0.0
    outcome = connector.update(row)
    if not outcome.ok:
        raise SystemExit(f"the import failed: {outcome.status}")
    held = command(environment, "invoices", "list", "Big")
    if len(held) != len(company.audit().importable):
        raise SystemExit("not every invoice was imported")


def floor_of(bodies: Path, store: Path) -> float:
    """The floor's seconds over the same bodies, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.floor", str(bodies), str(store)],
        check=True,
        capture_output=True,
    )
    return float(json.loads(done.stdout)["seconds"])


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
    page = as_page(results, chosen.runs)
    print(page)
    if chosen.write:
        chosen.write.write_text(page)


def as_page(results: list[Figures], runs: int) -> str:
    """The figures with machine, versions and method."""
    rows = "\n".join(
        f"| {r.invoices:,} | {r.megabytes:.1f} MB | {r.seconds:.2f} s | {r.invoices / r.seconds:,.0f} "
        f"| {r.floor_seconds:.2f} s | {r.ratio:.2f} | {r.base_mib:.0f} / {r.peak_mib:.0f} MiB "
        f"| {r.small_p50_ms:.1f} / {r.small_p99_ms:.1f} ms ({r.small_calls}) |"
        for r in results
    )
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("twisted", "lxml", "peewee", "pysqlite3")
    )
    return f"""# Benchmarks

Written by `make bench`. Medians of {runs} runs; each run measures the floor over the same bytes.

Machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Python {platform.python_version()}; {versions}.

| open invoices | SOAP bodies | time in the daemon | invoices/s | floor | times the floor | memory before / peak | small company's call p50 / p99 (calls) |
|---|---|---|---|---|---|---|---|
{rows}

- *Open invoices*: {LINES} lines each, pages of {PAGE}, one Invoice Sync over real SOAP and HTTP into a new SQLite store (WAL, synchronous=FULL).
- *Time in the daemon*: wall time of all calls of that update, from the first byte sent to the last byte of the answer; the time in
  which the simulated QuickBooks prepares its answers is not counted.
- *Floor*: the same bodies, SOAP and qbXML parsed by lxml, one walk over each invoice, `executemany` into two tables, one commit; no session, no
  checks, in a process of its own.
- *Memory*: resident set of the daemon before the import, and its peak (VmHWM).
- *Small company's call*: in a second run, another connection with one invoice syncs over and over in a process of its own while the big one imports.

Shared machines are noisy: compare the ratio before the seconds.
"""


if __name__ == "__main__":
    main()
