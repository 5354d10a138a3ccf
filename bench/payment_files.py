"""A large file of payments comes in: how long it takes, and how long others wait meanwhile.

    python -m bench payment-files

Each payment names an invoice on file. Others are programs that write to the same store: one takes
a write transaction every few milliseconds and notes how long it waited for it.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from peewee import fn

from bench.many_companies import Row, customer_row, fill, invoice_row
from bench.page import Part, at_most, middle
from bench.stage import memory_mib, scratch
from shared.clock import utc_now
from shared.models import connections
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.statements import Statement
from shared.models.store import Store, open_store
from shared.structs import Value

PAYMENTS, INVOICES, CUSTOMERS = 100_000, 20_000, 1000
PAUSE_SECONDS = 0.005
_TOUCH = Statement(lambda: t.Installation.update({t.Installation.token: t.Installation.token}))


class FileFigures(Value):
    """What a file cost."""

    payments: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    longest_ms: float
    waits: int


class Writer(threading.Thread):
    """Writes to the store over and over, and notes how long each write waited."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self._store = store
        self.stopping = False
        self.waited_ms: list[float] = []

    def run(self) -> None:
        while not self.stopping:
            began = time.perf_counter()
            with self._store.transaction():
                _TOUCH.run()
            self.waited_ms.append(1000 * (time.perf_counter() - began))
            time.sleep(PAUSE_SECONDS)


def figures(payments: int = PAYMENTS) -> FileFigures:
    """Import once into a new store."""
    with scratch() as folder:
        url = f"sqlite:///{folder / 'store.sqlite3'}"
        with open_store(url) as store:
            with store.transaction():
                connections.add("Larkspur", now=utc_now())
                fill(t.Customer, (customer_row(1, number) for number in range(CUSTOMERS)))
                fill(t.Invoice, _invoices(millis(utc_now())))
            file = folder / "payments.csv"
            _write(file, payments)
            return _imported(store, url, file, payments)


def _imported(store: Store, url: str, file: Path, payments: int) -> FileFigures:
    words = [sys.executable, "-m", "deskbridge", "payments", "import", "Larkspur", str(file)]
    writer = Writer(store)
    writer.start()
    began, spent = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = _peak_of(words, {**os.environ, "DESKBRIDGE_DATABASE": url})
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    writer.stopping = True
    writer.join()
    with store.reading():
        held = _COUNT.value()
    if held != payments:
        raise SystemExit(f"{held} of {payments} payments are on file")
    cpu = used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime
    longest = max(writer.waited_ms)
    return FileFigures(payments, seconds, cpu, peak, longest, len(writer.waited_ms))


def _peak_of(words: list[str], environment: dict[str, str]) -> float:
    """Run a command; its peak of memory, which what the system tells of children is not."""
    peak = 0.0
    with subprocess.Popen(words, env=environment) as process:
        while process.poll() is None:
            with suppress(SystemExit):  # it has just ended
                peak = memory_mib(process.pid, "VmHWM")
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    return peak


_COUNT = Statement(lambda: t.Payment.select(fn.COUNT(t.Payment.id)))


def _write(file: Path, payments: int) -> None:
    with file.open("w", newline="") as to:
        rows = csv.writer(to)
        rows.writerow(["external_id", "amount", "date", "invoice", "method"])
        for number in range(payments):
            rows.writerow([f"pay_{number}", "1.00", "2026-05-02", number % INVOICES, "card"])


def _invoices(now_ms: int) -> Iterator[Row]:
    for number in range(INVOICES):
        yield {**invoice_row(1, number, number % CUSTOMERS), "first_seen_ms": now_ms}


def part(runs: int) -> Part:
    """A file of payments."""
    result = middle((figures() for _ in range(runs)), lambda run: run.seconds)
    goals = [
        at_most(f"a file of {result.payments:,} payments, time", result.seconds, 30, " s"),
        at_most("another program's write meanwhile, longest", result.longest_ms, 250, " ms"),
    ]
    return Part(f"a file of {result.payments:,} payments", goals, as_table(result))


def as_table(r: FileFigures) -> str:
    """The figures, for the page."""
    return f"""| payments | time | CPU | memory peak | another program's write, longest (writes) |
|---|---|---|---|---|
| {r.payments:,} | {r.seconds:.1f} s | {r.cpu_seconds:.1f} s | {r.peak_mib:.0f} MiB | {r.longest_ms:.0f} ms ({r.waits:,}) |

- The command line imports a CSV file, each payment for one of {INVOICES:,} open invoices of a new SQLite store. *Write*: a transaction of
  one row, every few milliseconds, from another process."""
