"""The HTTP API over 100,000 open invoices: how long a page of 100 takes, and who waits meanwhile.

    python -m bench.api [INVOICES]

A daemon on a new store imports the invoices over real SOAP; a program asks for pages alone, then
beside the import of a second company. Prints p50 and p99 in milliseconds, and the daemon's memory.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.stage import (
    Line,
    command,
    connected,
    daemon,
    free_port,
    memory_mib,
    update,
)
from simulator.company import Company
from simulator.webconnector import WebConnector
from simulator.webconnector.desktop import Desktop

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
        """So many pages, from the first on and again; their milliseconds, sorted."""
        found, after = [], ""
        for _ in range(times):
            took, page = self.ask(f"{path}{after}")
            found.append(took)
            if "invoices" in path:
                after = f"&after={page['next']}" if page["next"] else ""
        return sorted(found)


def told(name: str, milliseconds: list[float]) -> None:
    """Print one row."""
    p99 = milliseconds[int(len(milliseconds) * 0.99)]
    print(f"{name:45} p50 {statistics.median(milliseconds):6.1f} ms   p99 {p99:6.1f} ms")


def connector_of(
    environment: dict[str, str], folder: Path, company: Company, name: str
) -> tuple[WebConnector, Any]:
    """A Web Connector with Invoice Sync of a connection."""
    files, password = connected(environment, folder, name)
    connector = WebConnector(Desktop(company), transport=Line(None))
    return connector, connector.add(files["invoice"].read_bytes(), password.read_text())


def measure(invoices: int) -> None:
    """Import, ask alone, ask beside another import."""
    company = Company.create(seed=7, customers=300, invoices=invoices, lines=2, all_open=True)
    other = Company.create(seed=8, customers=300, invoices=10_000, lines=5, all_open=True)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        folder = Path(name)
        listen = f"tcp:{port}:interface=127.0.0.1"
        with daemon(folder, DESKBRIDGE_API_LISTEN=listen) as (process, environment):
            connector, row = connector_of(environment, folder, company, "Big")
            update(connector, row, Line(None))
            program = Program(port, command(environment, "token", "add", "bench")["token"])
            for kind in KINDS:
                told(f"alone: {kind}", program.pages(kind, ASKED))
            second, its_row = connector_of(environment, folder, other, "Other")
            importing = threading.Thread(target=update, args=(second, its_row, Line(None)))
            importing.start()
            beside: list[float] = []
            while importing.is_alive():
                beside += program.pages(KINDS[0], 10)
                time.sleep(0.1)
            told("beside an import: invoices?limit=100", sorted(beside))
            print(f"memory of the daemon, at most: {memory_mib(process.pid, 'VmHWM'):.0f} MiB")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
