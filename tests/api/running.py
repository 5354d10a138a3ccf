"""A daemon in a process of its own, with a company in its store and the API on a real port."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.models import problems
from shared.models.payments import from_quickbooks
from shared.models.store import open_store
from shared.operations import tokens
from shared.operations.deciding import Operator, carry_out
from shared.rules.tokens import Access
from tests.models.builders import invoice, trouble
from tests.models.payments.builders import Till, pays, received
from tests.whole.processes import DaemonProcess, free_port


@dataclass
class Running:
    """The daemon with the address of its API, and a token that may do everything there."""

    daemon: DaemonProcess
    url: str
    secret: str

    def get(self, path: str) -> Any:
        asked = urllib.request.Request(
            f"{self.url}{path}", headers={"Authorization": f"Bearer {self.secret}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as reply:
            return json.load(reply)


def stock(folder: Path) -> str:
    """Put a company with some of everything into the store; the secret of a token."""
    with open_store(f"sqlite:///{folder}/store.sqlite3") as store:
        till = Till(store, "Larkspur")
        till.owes(*(invoice(f"1A-{number}", "100.00") for number in range(100, 110)))
        till.take_in(pays("pay_1", "40.00"), pays("pay_2", "10.00"))
        with store.transaction():
            problems.report(till.id, till.sync.id, [trouble(object_id="1A-101")], store.now())
            from_quickbooks.store(till.id, till.sync.id, [received("7B-1")], store.now())
        with store.reading():
            plan = tokens.plan_add(store, "billing", [], Access.WRITE)
        return carry_out(Operator(store, "ada"), plan).token


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    secret = stock(folder)
    port = free_port()
    listens = f"tcp:{port}:interface=127.0.0.1"
    daemon = DaemonProcess(folder, api_listen=listens, trusted_proxies="127.0.0.1")
    daemon.start()
    made = Running(daemon, f"http://127.0.0.1:{port}", secret)
    try:
        wait_for(made)
        yield made
    finally:
        daemon.kill()


def wait_for(made: Running) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            made.get("/api/v1/connections")
        except OSError:
            assert time.monotonic() < deadline, made.daemon.log.read_text()
            time.sleep(0.05)
        else:
            return
