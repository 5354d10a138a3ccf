"""An Invoiced account with 10,000 invoices: they are sent, and the payments of all come in.

The fake answers each request after 20 ms, as a near server would, and refuses the twenty-first at
one time, as Invoiced does. Meanwhile a small company syncs over and over.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from peewee import fn

from bench.invoiced_server import KEY
from bench.many_companies import Row, billed, customer_row, fill
from bench.page import Part, at_most, percentile
from bench.stage import (
    Connection,
    command,
    connected,
    cpu_seconds,
    daemon,
    helper,
    memory_mib,
    scratch,
    small_company,
)
from shared.models import connections
from shared.models import tables as t
from shared.models.statements import Statement
from shared.models.store import open_store
from shared.qbxml.invoice_lines import InvoiceLineRet
from shared.structs import Value, encode

INVOICES, CUSTOMERS = 10_000, 1_000
QUIET_MINUTES, QUIET_REQUESTS = 8, 2
"""Two rounds of all that is asked for in turn."""
MOST_AFTERWARD = 30
"""Minutes in which all that so many changes set off must have been looked at."""
_LOOK_SECONDS, _MOST_SECONDS = 1.0, 3600.0
_LINE = InvoiceLineRet("L1", "", "Tile", "Slate", "2.5", "100.00", amount_cents=25_000)
_LINES = encode([_LINE]).decode()
_INVOICES = Statement(lambda: t.Invoice.select(t.Invoice.id))
_SENT = Statement(
    lambda: t.Outgoing.select(fn.COUNT(t.Outgoing.object_id)).where(
        (t.Outgoing.kind == "invoice") & (t.Outgoing.state == "sent")
    )
)
_ON_FILE = Statement(lambda: t.Payment.select(fn.COUNT(t.Payment.id)))
_LOOKING = Statement(lambda: t.PlatformAccount.select(t.PlatformAccount.is_looking))
_IS_OVER: dict[str, Callable[[], bool]] = {
    "records looked at": lambda: not _LOOKING.value(),
    "invoices sent": lambda: _SENT.value() >= INVOICES,
    "payments received": lambda: _ON_FILE.value() >= INVOICES,
}


class Carried(Value):
    """What it took to carry so many records one way."""

    what: str
    records: int
    seconds: float
    cpu: float
    requests: int
    p99_ms: float
    calls: int


def part(_runs: int) -> Part:
    """Send, receive, and rest; once, since each is many repetitions of the same."""
    with scratch() as folder, _fake() as fake, daemon(folder) as (process, environment):
        _fill(environment["DESKBRIDGE_DATABASE"])
        small = connected(environment, folder, "Small")
        _connect(environment, folder, fake)
        measured = partial(_carried, environment, process.pid, fake, small)
        sent = measured("invoices sent", lambda: command(environment, "invoiced", "resume", "Big"))
        got = measured("payments received", lambda: fake.ask("pay"))
        afterward = _afterward(fake)
        time.sleep(QUIET_MINUTES * 60)
        quiet = fake.ask("count")["asked"] / QUIET_MINUTES
        peak = memory_mib(process.pid, "VmHWM")
        told = fake.ask("count")
    return _told([sent, got], told, peak, quiet, afterward)


def _afterward(fake: _Fake) -> list[int]:
    """The requests of each minute until one has no more than a quiet one."""
    asked = []
    while not asked or (asked[-1] > QUIET_REQUESTS and len(asked) < MOST_AFTERWARD):
        time.sleep(60)
        asked.append(int(fake.ask("count")["asked"]))
    return asked


def _told(
    both: list[Carried], told: dict[str, Any], peak: float, quiet: float, afterward: list[int]
) -> Part:
    goals = [
        at_most("10,000 invoices and 10,000 payments, memory peak", peak, 95, " MiB"),
        at_most("the same, requests that Invoiced refused as too many", told["too_many"], 0),
        *(at_most(f"a Web Connector's call meanwhile, {one.what}, p99", one.p99_ms, 50, " ms")
          for one in both),
        at_most("a quiet account, requests a minute", quiet, QUIET_REQUESTS),
    ]  # fmt: skip
    rows = "\n".join(
        f"| {one.records:,} {one.what} | {one.seconds:.0f} s | {1000 * one.cpu / one.records:.1f} ms "
        f"| {one.requests / one.records:.2f} | {one.calls:,} | {one.p99_ms:.0f} ms |"
        for one in both
    )
    text = f"""| | time | CPU a record | requests a record | calls of a Web Connector meanwhile | p99 of those |
|---|---|---|---|---|---|
{rows}

- *Sent*: {CUSTOMERS:,} customers and their invoices, from a store into an empty account; each is looked up first. *Received*: a card
  paid each of these invoices; up to a minute of the time is the wait for the next look at Invoiced.
- *Afterward* the events of all these payments are read, and the payments once more, since their second is over by then: {sum(afterward):,} requests in
  {len(afterward)} minutes. Then the account is quiet.
- Invoiced answers after 20 ms; at most {told["most_at_once"]} requests were under way at one time, of 20 that it admits.
- *Meanwhile*: the Invoice Sync of a small company, over and over, with 20 ms between two."""
    return Part("an Invoiced account with 10,000 invoices", goals, text)


class _Fake:
    """The fake's process, and its address."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.url = f"http://127.0.0.1:{process.stdout.readline().strip()}"

    def ask(self, word: str) -> dict[str, Any]:
        """Have it do something; what it tells then."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))


@contextmanager
def _fake() -> Iterator[_Fake]:
    process = helper("invoiced_server")
    try:
        yield _Fake(process)
    finally:
        process.communicate()


def _fill(database: str) -> None:
    """A connection whose invoices are all in the ledger."""
    with open_store(database) as store, store.transaction():
        made = connections.add("Big", now=store.now())
        fill(t.Customer, (customer_row(made.id, number) for number in range(CUSTOMERS)))
        fill(t.Invoice, (_invoice(made.id, number) for number in range(INVOICES)))
        fill(t.InvoiceLines, ({"invoice": one, "lines": _LINES} for one in _INVOICES.column()))


def _invoice(connection: int, number: int) -> Row:
    return {**billed(connection, number, CUSTOMERS), "subtotal_cents": 25_000}


def _connect(environment: dict[str, str], folder: Path, fake: _Fake) -> None:
    """Connect the account, and wait until the dry run is through."""
    key = folder / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    command(environment, "invoiced", "connect", "Big", "--key-file", str(key), "--url", fake.url)
    _wait(environment["DESKBRIDGE_DATABASE"], "records looked at")


def _carried(
    environment: dict[str, str],
    pid: int,
    fake: _Fake,
    small: Connection,
    what: str,
    begin: Callable[[], object],
) -> Carried:
    """Begin, and wait until all is there, while a small company syncs."""
    fake.ask("count")
    with small_company(small) as waits:
        before, started = cpu_seconds(pid), time.perf_counter()
        begin()
        _wait(environment["DESKBRIDGE_DATABASE"], what)
        seconds, cpu = time.perf_counter() - started, cpu_seconds(pid) - before
    asked = fake.ask("count")["asked"]
    p99 = percentile(waits, 0.99)
    return Carried(what, INVOICES, seconds, cpu, asked, p99, len(waits))


def _wait(database: str, what: str) -> None:
    """Until the dry run is through, every invoice was sent, or every payment is on file."""
    until = time.monotonic() + _MOST_SECONDS
    with open_store(database) as store:
        while time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            with store.reading():
                if _IS_OVER[what]():
                    return
    raise SystemExit(f"not all {what} within {_MOST_SECONDS:.0f} s")
