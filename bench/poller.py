"""A small company that syncs over and over while a big one imports: latency of each call.

    python -m bench.poller QWC PASSWORD_FILE

Prints the latencies in milliseconds as JSON when it is told to stop (SIGTERM).
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from bench.stage import Line
from simulator.company import Company
from simulator.webconnector import WebConnector
from simulator.webconnector.desktop import Desktop


class Stop(Exception):
    """SIGTERM arrived."""


def stop(*_: object) -> None:
    raise Stop


def main() -> None:
    """Sync until stopped."""
    qwc, password = Path(sys.argv[1]), Path(sys.argv[2])
    line = Line()
    company = Company.create(seed=1, customers=2, invoices=1, name="Small Company")
    connector = WebConnector(Desktop(company), transport=line)
    row = connector.add(qwc.read_bytes(), password.read_text().strip())
    connector.update(row)
    line.milliseconds.clear()
    print("ready", flush=True)
    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            connector.update(row)
            time.sleep(0.02)
    except Stop:
        print(json.dumps(line.milliseconds))


if __name__ == "__main__":
    main()
