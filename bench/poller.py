"""A small company that syncs over and over while a big one imports: latency of each call.

    python -m bench.poller URL QWC PASSWORD_FILE

Prints the latencies in milliseconds as JSON when it is told to stop (SIGTERM).
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from simulator.company import Company
from simulator.webconnector import HttpTransport, WebConnector
from simulator.webconnector.desktop import Desktop


class Stop(Exception):
    """SIGTERM arrived."""


class Stopwatch:
    """A transport that notes how long each call took."""

    def __init__(self) -> None:
        self._carry = HttpTransport()
        self.milliseconds: list[float] = []

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        started = time.perf_counter()
        answer = self._carry(url, headers, body)
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        return answer


def stop(*_: object) -> None:
    raise Stop


def main() -> None:
    """Sync until stopped."""
    qwc, password = Path(sys.argv[1]), Path(sys.argv[2])
    watch = Stopwatch()
    company = Company.create(seed=1, customers=2, invoices=1, name="Small Company")
    connector = WebConnector(Desktop(company), transport=watch)
    row = connector.add(qwc.read_bytes(), password.read_text().strip())
    connector.update(row)
    watch.milliseconds.clear()
    print("ready", flush=True)
    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            connector.update(row)
            time.sleep(0.02)
    except Stop:
        print(json.dumps(watch.milliseconds))


if __name__ == "__main__":
    main()
