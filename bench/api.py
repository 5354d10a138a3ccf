"""The HTTP API over 100,000 open invoices: how long a page of 100 takes, and who waits meanwhile.

    python -m bench api

A daemon on a new store imports the invoices over real SOAP; a program asks for pages alone, then
beside the import of a second company.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from typing import Any

from bench.page import Part, at_most, percentile
from bench.stage import Line, command, daemon, free_port, memory_mib, scratch, update, web_connector
from shared.structs import Value
from simulator.company import Company

INVOICES = 100_000
ASKED = 400
KINDS = (
    "invoices?limit=100",
    "invoices?status=open&limit=100",
    "payments?limit=100",
    "customers?limit=100",
    "events?limit=100",
)


class Program:
    """A program that asks for one page after the other on one connection."""

    def __init__(self, port: int, token: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, path: str) -> tuple[float, Any]:
        """One page, and the milliseconds that it took."""
        started = time.perf_counter()
        self._line.request("GET", f"/api/v1/connections/Big/{path}", headers=self._headers)
        answer = self._line.getresponse()
        content = answer.read()
        took = 1000 * (time.perf_counter() - started)
        if answer.status != 200:
            raise SystemExit(content.decode())
        return took, json.loads(content)

    def pages(self, path: str, times: int) -> list[float]:
        """So many pages, from the first on and again; their milliseconds."""
        found, after = [], ""
        for _ in range(times):
            took, page = self.ask(f"{path}{after}")
            found.append(took)
            if "invoices" in path:
                after = f"&after={page['next']}" if page["next"] else ""
        return found


class Pages(Value):
    """How long pages of one kind took."""

    kind: str
    p50_ms: float
    p99_ms: float
    asked: int

    @classmethod
    def of(cls, kind: str, milliseconds: list[float]) -> Pages:
        """Of all that were asked for."""
        p99 = percentile(milliseconds, 0.99)
        return cls(kind, statistics.median(milliseconds), p99, len(milliseconds))


class ApiFigures(Value):
    """Pages asked for alone, and the first kind of them beside an import."""

    invoices: int
    alone: tuple[Pages, ...]
    beside: Pages
    peak_mib: float


def figures(invoices: int = INVOICES) -> ApiFigures:
    """Import, ask alone, ask beside another import."""
    company = Company.create(seed=7, customers=300, invoices=invoices, lines=2, all_open=True)
    other = Company.create(seed=8, customers=300, invoices=10_000, lines=5, all_open=True)
    port = free_port()
    with scratch() as folder:
        listen = f"tcp:{port}:interface=127.0.0.1"
        with daemon(folder, DESKBRIDGE_API_LISTEN=listen) as (process, environment):
            line = Line()
            connector, rows = web_connector(environment, folder, company, line)
            update(connector, rows["invoice"], line)
            program = Program(port, command(environment, "token", "add", "bench")["token"])
            alone = tuple(Pages.of(kind, program.pages(kind, ASKED)) for kind in KINDS)
            second, its_rows = web_connector(environment, folder, other, Line(), "Other")
            importing = threading.Thread(target=update, args=(second, its_rows["invoice"], Line()))
            importing.start()
            beside: list[float] = []
            while importing.is_alive():
                beside += program.pages(KINDS[0], 10)
                time.sleep(0.1)
            peak = memory_mib(process.pid, "VmHWM")
            return ApiFigures(invoices, alone, Pages.of(KINDS[0], beside), peak)


def part(_runs: int) -> Part:
    """The API's pages; one run, whose figures are of thousands of pages."""
    result = figures()
    limit = f"API, a page of 100 over {result.invoices:,} invoices beside an import, p99"
    return Part(
        f"the HTTP API over {result.invoices:,} open invoices",
        [at_most(limit, result.beside.p99_ms, 50, " ms")],
        as_table(result),
    )


def as_table(result: ApiFigures) -> str:
    """The figures, for the page."""
    rows = [
        f"| {title} `{one.kind}` | {one.p50_ms:.1f} ms | {one.p99_ms:.1f} ms | {one.asked:,} |"
        for title, one in [
            *(("alone:", one) for one in result.alone),
            ("beside an import:", result.beside),
        ]
    ]
    table = "\n".join(rows)
    return f"""| page | p50 | p99 | asked |
|---|---|---|---|
{table}

- One program on one connection asks for one page after the other; *beside an import*: another company of 10,000 invoices is imported meanwhile.
  The daemon's memory is {result.peak_mib:.0f} MiB at most."""
