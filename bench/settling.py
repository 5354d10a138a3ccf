"""A small company's calls while a large one settles its open invoices.

The invoices are put into the store as a sync leaves them that was cut before its end: not
settled. The Payment Sync of the large company, which has nothing else to do, then settles them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bench.many_companies import Row, customer_row, fill, invoice_row
from bench.page import Part, at_most, middle, percentile
from bench.stage import (
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
from shared.models import tables as t
from shared.models.store import open_store
from shared.structs import Value
from simulator.company import Company

OPEN = 100_000
CUSTOMERS = 2000
_AT_ONCE = 5000


class SettlingFigures(Value):
    """What the settlement of one company cost it, and what it cost another."""

    invoices: int
    seconds: float
    cpu_seconds: float
    grown_mib: float
    small_p99_ms: float
    small_longest_ms: float
    small_calls: int


def figures(invoices: int = OPEN) -> SettlingFigures:
    """Settle so many invoices while a small company syncs over and over."""
    with scratch() as folder:
        line = Line()
        company = Company.create(seed=7, customers=2, invoices=1)
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, company, line)
            _fill(environment["DESKBRIDGE_DATABASE"], invoices)
            small = connected(environment, folder, "Small")
            memory, cpu = memory_mib(process.pid, "VmRSS"), cpu_seconds(process.pid)
            with small_company(small) as waits:
                update(connector, rows["payment"], line)
                spent = cpu_seconds(process.pid) - cpu
            grown = memory_mib(process.pid, "VmHWM") - memory
            held = command(environment, "invoices", "list", "Big")
    if len(held) != invoices - invoices // 100:
        raise SystemExit("not every invoice was settled")
    return SettlingFigures(
        invoices, line.seconds, spent, grown, percentile(waits, 0.99), max(waits), len(waits)
    )


def _fill(url: str, invoices: int) -> None:
    """Give the first connection its customers, and invoices that no sync has settled."""
    with open_store(url, create=False) as store:
        with store.transaction():
            fill(t.Customer, _customers())
        made = _invoices(invoices)
        while chunk := list(islice(made, _AT_ONCE)):  # the daemon lives: it must not wait long
            with store.transaction():
                fill(t.Invoice, chunk)


def _customers() -> Iterator[Row]:
    """Every fourth is a job of the one before."""
    for number in range(CUSTOMERS):
        parent = f"80-{number - 1}" if number % 4 == 3 else ""
        yield {**customer_row(1, number), "parent_list_id": parent}


def _invoices(invoices: int) -> Iterator[Row]:
    """One in a hundred is pending."""
    for number in range(invoices):
        more = {"pending": number % 100 == 0, "left_out": t.UNSETTLED}
        yield {**invoice_row(1, number, number % CUSTOMERS), **more}


def part(runs: int) -> Part:
    """The settlement, and what another company waits for it."""
    result = middle((figures() for _ in range(runs)), lambda run: run.small_longest_ms)
    longest = result.small_longest_ms
    goals = [at_most("another company's call beside a settlement, longest", longest, 100, " ms")]
    return Part(f"settling {result.invoices:,} open invoices", goals, as_table(result))


def as_table(result: SettlingFigures) -> str:
    """The figures of a settlement, for the page."""
    r = result
    return f"""| open invoices settled | time in the daemon | CPU | memory grown by | small company's call p99 / longest (calls) |
|---|---|---|---|---|
| {r.invoices:,} | {r.seconds:.2f} s | {r.cpu_seconds:.2f} s | {r.grown_mib:.0f} MiB | {r.small_p99_ms:.0f} / {r.small_longest_ms:.0f} ms ({r.small_calls}) |

- *Settled*: after an Invoice Sync was cut, all open invoices of a company are settled while another one syncs over and over in a process of its
  own. CPU is the daemon's, with what it spent on the small company meanwhile."""
