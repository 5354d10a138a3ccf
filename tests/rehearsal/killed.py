"""kill -9 of the real daemon and of the fake Invoiced, as processes, while records go both ways.

    python -m tests.rehearsal.killed 20 --first 0

What a rehearsal does in one process, done with sockets and signals, at times that nobody chose.
The minutes for which another daemon would wait are passed in the store: nobody else is alive then.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from shared.models import tables as t
from shared.models.statements import Statement
from shared.models.store import open_store
from simulator.company import Company
from simulator.comparison import compare_invoices, compare_payments
from simulator.invoiced import acts
from simulator.invoiced.account import Account
from simulator.invoiced.audit import audit
from simulator.third_book import compare_books
from simulator.webconnector import HttpTransport, WebConnector
from simulator.webconnector.desktop import Desktop
from tests.rehearsal.stage import Violation
from tests.whole.processes import DaemonProcess, begin, free_port, wait_until_it_listens

NAME = "Larkspur"
PATIENCE_SECONDS = 120.0
LATENCY = "0.01"
WAYS = ("card", "card", "card", "bank", "check")
_WAITING = Statement(
    lambda: t.Outgoing.select(t.Outgoing.object_id).where(t.Outgoing.state == "waiting")
)
_EXTERNAL_IDS = Statement(lambda: t.Payment.select(t.Payment.key))
_PASS_LEASES = Statement(
    lambda: t.Outlet.update({t.Outlet.held_until_ms: 0, t.Outlet.pause_until_ms: 0})
)
_PASS_PAUSES = Statement(
    lambda: t.Outgoing.update({t.Outgoing.due_ms: 0}).where(
        (t.Outgoing.state == "waiting") & (t.Outgoing.waits_for == "")
    )
)


class InvoicedProcess:
    """``deskbridge invoiced-server serve`` in a process of its own, always on the same port."""

    def __init__(self, folder: Path, daemon: DaemonProcess) -> None:
        self.state = folder / "invoiced.state"
        self._daemon = daemon
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = folder / "invoiced.key"
        with os.fdopen(os.open(self.key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(daemon.json("invoiced-server", "new", str(self.state))["key"])
        self.start()

    def start(self) -> None:
        """Serve, and wait until it listens."""
        words = ["serve", str(self.state), "--port", str(self.port), "--latency", LATENCY]
        log = self.state.with_suffix(".log")
        self._process = begin(["invoiced-server", *words], self._daemon.environment, log, log)
        wait_until_it_listens(self._process, self.port, log)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.join()

    def account(self) -> Account:
        """Its account as it is on disk now: several processes may use it at once."""
        return Account.open(self.state, time.time)

    def audit(self) -> dict[str, Any]:
        """Its books."""
        return audit(self.account())


class Killing:
    """A company, the daemon, Invoiced, and kills at random."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rnd = Random(f"killed {seed}")
        self.folder = folder
        self.company = Company.create(seed=seed, customers=6, invoices=16, all_open=True)
        self.daemon = DaemonProcess(folder, invoiced_poll_seconds="10")
        self.line = HttpTransport()
        self.killed = 0

    def run(self, kills: int) -> None:
        """Carry, killed so often each way. Raises Violation where the books are not equal."""
        self.daemon.start()
        self.store = open_store(self.daemon.environment["DESKBRIDGE_DATABASE"])
        try:
            self.invoiced = InvoicedProcess(self.folder, self.daemon)
            self._connect()
            self._killed(kills)
            self._waits_until_sent()
            self._people_pay()
            self._killed(kills)
            self._waits_until_heard()
            self._sync()
            self._waits_until_sent()
            self._compare()
        finally:
            self.store.close()
            self.line.close()
            self.daemon.kill()
            self.invoiced.kill()

    def _connect(self) -> None:
        self.daemon.json("connection", "add", NAME, "--layout", "combined")
        issued = self.daemon.json("qwc", NAME, "--out", str(self.folder / "qwc"))
        self.connector = WebConnector(Desktop(self.company), transport=self.line)
        qwc = Path(issued["files"][0]["path"]).read_bytes()
        self.row = self.connector.add(qwc, issued["password"])
        self._sync()
        key = ("--key-file", str(self.invoiced.key), "--url", self.invoiced.url)
        self.daemon.json("invoiced", "connect", NAME, *key)
        self.daemon.json("invoiced", "preview", NAME)
        self.daemon.json("invoiced", "resume", NAME)

    def _sync(self) -> None:
        outcome = self.connector.update(self.row)
        _must(outcome.ok, outcome.status)

    def _killed(self, kills: int) -> None:
        """Now the daemon is killed, now Invoiced, each at a moment of its own."""
        for _ in range(kills):
            time.sleep(self.rnd.random() * 0.4)
            self.killed += 1
            one = (self.daemon, self.invoiced)[self.killed % 2]
            one.kill()
            one.start()
            self._time_passes()

    def _people_pay(self) -> None:
        """By card, by bank and by check; a check is voided."""
        account = self.invoiced.account()
        owed = [one for one in account.all("invoices") if one["balance"] > 0]
        for one in self.rnd.sample(owed, min(len(owed), 5)):
            with account.change():
                acts.pay(account, [one], by=self.rnd.choice(WAYS))
        checks = [one for one in account.all("payments") if one["source"] == "keyed"]
        if checks:
            with account.change():
                acts.void_payment(account, checks[0])

    def _time_passes(self) -> None:
        with self.store.transaction():
            _PASS_LEASES.run()
            _PASS_PAUSES.run()

    def _waits_until_sent(self) -> None:
        self._waits(lambda: not _WAITING.all())

    def _waits_until_heard(self) -> None:
        """Every payment that Invoiced took is on file."""
        there = {
            str(one["id"])
            for one in self.invoiced.audit()["payments"]
            if one["source"] != "accounting_system" and not one["voided"]
        }

        def is_here() -> bool:
            return there <= set(_EXTERNAL_IDS.column())

        self._waits(is_here)

    def _waits(self, until: Any) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with self.store.reading():
                if until():
                    return
            _must(time.monotonic() < deadline, "it does not come to rest")
            self._time_passes()
            time.sleep(0.2)

    def _compare(self) -> None:
        company = self.company.audit().as_json()
        held = self.daemon.json("payments", "list", NAME)
        here = compare_invoices(
            company,
            self.daemon.json("invoices", "list", NAME),
            self.daemon.json("customers", "list", NAME),
        ).plus(compare_payments(company, held))
        _must(not here.differences, f"QuickBooks and Deskbridge: {here.differences}")
        there = self.invoiced.audit()
        _must(there["ok"], f"Invoiced does not add up: {there['problems']}")
        told = [one for one in there["invoices"] if one["accounting_id"]]
        _must(
            len({one["accounting_id"] for one in told}) == len(told),
            "a document is on Invoiced twice",
        )
        self._compare_there(company, there, held)

    def _compare_there(
        self, company: Mapping[str, Any], there: Mapping[str, Any], held: list[Any]
    ) -> None:
        """Balances are equal but where Invoiced has a payment that QuickBooks does not have yet."""
        status = self.daemon.json("invoiced", "status", NAME)
        kept = {one["object_id"] for one in status["held_up"] if one["kind"] == "invoice"}
        open_payments = {one["external_id"] for one in held if one["status"] != "posted"}
        for one in there["payments"]:
            rows = one["applied_to"] if str(one["id"]) in open_payments or one["voided"] else ()
            kept |= {_txn_id(there, row) for row in rows}
        kept |= {one["accounting_id"] for one in there["invoices"] if one["voided"]}
        both = compare_books(company, there, kept).differences
        unlike = [told for told in both if not any(f"invoice {id_}:" in told for id_ in kept)]
        _must(not unlike, f"QuickBooks and Invoiced: {unlike}")


def _txn_id(there: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    found = [one["accounting_id"] for one in there["invoices"] if one["id"] == row.get("invoice")]
    return str(found[0]) if found else ""


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)


def main() -> int:
    """Say which seeds go wrong and how; 1 when any does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--kills", type=int, default=6, help="kills in each direction of a run")
    given = parser.parse_args()
    failed = 0
    for seed in range(given.first, given.first + given.runs):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                Killing(seed, Path(folder)).run(given.kills)
                told = "went well"
            except Violation as wrong:
                failed += 1
                told = str(wrong)
        seconds = time.monotonic() - started
        sys.stdout.write(f"killed {seed}: {told} ({seconds:.0f} s)\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
