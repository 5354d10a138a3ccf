"""Imports of a new company over real SOAP, beside the floor and beside a small company.

One daemon on a new SQLite store for each size; the simulated company answers in this process, and
its time is not counted: "seconds" is the time spent waiting for the daemon. The floor is measured
over the same bytes in the same run. In a run of its own, a small company syncs meanwhile in
another process.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from bench.floor import floor_of
from bench.page import Goal, Part, at_most, middle, percentile
from bench.stage import (
    PAGE,
    Line,
    command,
    connected,
    cpu_seconds,
    daemon,
    memory_mib,
    scratch,
    small_company,
    update,
    web_connector,
)
from shared.structs import Value
from simulator.company import Company

LINES = 5
CUSTOMERS = 2000
SMALL, LARGE = (1000, 10_000), 100_000
TIMES_THE_FLOOR = 1.5


class Figures(Value):
    """What one import came to."""

    invoices: int
    seconds: float
    cpu_seconds: float
    floor_seconds: float
    floor_cpu_seconds: float
    peak_mib: float
    base_mib: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """Times the floor, in CPU."""
        return self.cpu_seconds / self.floor_cpu_seconds


class Beside(Value):
    """How long a small company's calls took while a large one was imported."""

    invoices: int
    waits: list[float]

    @property
    def p99_ms(self) -> float:
        return percentile(self.waits, 0.99)


def new_company(invoices: int) -> Company:
    """A company of so many open invoices."""
    customers = min(CUSTOMERS, invoices // 4)
    return Company.create(
        seed=7, customers=customers, invoices=invoices, lines=LINES, all_open=True
    )


def alone(company: Company) -> Figures:
    """Import a company that is the only one, and the floor over the same bytes."""
    with scratch() as folder:
        (folder / "bodies").mkdir()
        line = Line(folder / "bodies")
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, company, line)
            base, before = memory_mib(process.pid, "VmRSS"), cpu_seconds(process.pid)
            update(connector, rows["invoice"], line)
            spent = cpu_seconds(process.pid) - before
            peak = memory_mib(process.pid, "VmHWM")
            check(company, environment)
        size = sum(path.stat().st_size for path in (folder / "bodies").glob("*.xml"))
        floor = floor_of(folder / "bodies", folder / "floor.sqlite3")
    held = len(company.audit().importable)
    return Figures(
        held, line.seconds, spent, floor.seconds, floor.cpu_seconds, peak, base, size / 1e6
    )


def beside(company: Company) -> Beside:
    """Import it while a small company syncs over and over."""
    with scratch() as folder, daemon(folder) as (_, environment):
        line = Line()
        connector, rows = web_connector(environment, folder, company, line)
        with small_company(connected(environment, folder, "Small")) as waits:
            update(connector, rows["invoice"], line)
        check(company, environment)
    return Beside(len(company.audit().importable), waits)


def check(company: Company, environment: dict[str, str]) -> None:
    """Every importable invoice must be there now."""
    if len(command(environment, "invoices", "list", "Big")) != len(company.audit().importable):
        raise SystemExit("not every invoice was imported")


def small_part(runs: int) -> Part:
    """1,000 and 10,000 invoices."""
    results = [
        middle((alone(new_company(size)) for _ in range(runs)), lambda run: run.ratio)
        for size in SMALL
    ]
    held = beside(new_company(SMALL[-1]))
    goal = at_most(
        "import of 10,000 × 5 lines, CPU ÷ floor's CPU", results[-1].ratio, TIMES_THE_FLOOR
    )
    return Part("1,000 and 10,000 invoices", [goal], as_table(results, [held]))


def large_part(_runs: int) -> Part:
    """100,000 invoices, once."""
    company = new_company(LARGE)
    result, held = alone(company), beside(company)
    goals: list[Goal] = [
        at_most("import of 100,000 × 5 lines, CPU ÷ floor's CPU", result.ratio, TIMES_THE_FLOOR),
        at_most("the same, peak memory", result.peak_mib, 90, " MiB"),
        at_most("a small company's call beside it, p99", held.p99_ms, 40, " ms"),
        at_most("the same, longest", held.waits[-1], 100, " ms"),
    ]
    return Part("100,000 invoices", goals, as_table([result], [held]))


def as_table(results: Iterable[Figures], others: Iterable[Beside]) -> str:
    """The figures, for the page."""
    rows = "\n".join(
        f"| {r.invoices:,} | {r.megabytes:.1f} MB | {r.seconds:.2f} s | {r.invoices / r.seconds:,.0f} "
        f"| {r.cpu_seconds:.2f} s | {r.floor_seconds:.2f} / {r.floor_cpu_seconds:.2f} s "
        f"| {r.ratio:.2f} | {r.base_mib:.0f} / {r.peak_mib:.0f} MiB |"
        for r in results
    )
    waits = "\n".join(
        f"- *Beside {one.invoices:,}*: of a small company that syncs over and over in a process of its own meanwhile, a call takes "
        f"{statistics.median(one.waits):.1f} ms (p50), {one.p99_ms:.1f} ms (p99), {one.waits[-1]:.0f} ms (longest of "
        f"{len(one.waits):,})."
        for one in others
    )
    return f"""| open invoices | SOAP bodies | time in the daemon | invoices/s | CPU | floor: time / CPU | CPU ÷ floor's CPU | memory before / peak |
|---|---|---|---|---|---|---|---|
{rows}

{waits}
- *Open invoices*: {LINES} lines each, pages of {PAGE}, one Invoice Sync over real SOAP and HTTP into a new SQLite store (WAL, synchronous=FULL).
- *Time in the daemon*: wall time of all calls of that update, from the first byte sent to the last byte of the answer; the time in
  which the simulated QuickBooks prepares its answers is not counted.
- *Floor*: the same bodies, SOAP and qbXML parsed by lxml, one walk over each invoice, `executemany` into two tables, one commit; no session, no
  checks, in a process of its own. Half of an import of 10,000 goes into reading (libxml2 a third of it, making values of elements another), a
  quarter into the envelope and HTTP, a quarter into the store. What was tried to read faster and gained nothing: XSLT that lays the values out for one split,
  ElementTree in place of lxml, tables of their own for children with and without children, no cyclic garbage collection.
- *Memory*: resident set of the daemon before the import, and its peak (VmHWM)."""
