"""The program of docs/: it pulls invoices and posts payments while the daemon is killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.company import Company
from simulator.comparison import compare_payments
from simulator.webconnector import HttpTransport, WebConnector
from simulator.webconnector.desktop import Desktop
from tests.whole.processes import DaemonProcess, free_port
from tests.whole.test_processes import add

PROGRAM = Path(__file__).parents[2] / "docs" / "pull_and_post.py"


@pytest.fixture
def daemon(tmp_path):
    port = free_port()
    process = DaemonProcess(tmp_path, api_listen=f"tcp:{port}:interface=127.0.0.1")
    process.api = f"http://127.0.0.1:{port}"
    process.start()
    yield process
    process.stop()


class Program:
    """The program with its files, as a billing system would run it now and then."""

    def __init__(self, daemon: DaemonProcess, folder: Path) -> None:
        self.daemon, self.copy, self.payments = daemon, folder / "copy.json", folder / "paid.jsonl"
        made = daemon.json(
            "token", "add", "billing", "--connection", "Larkspur", "--access", "write"
        )
        self.environment = {**os.environ, "DESKBRIDGE_TOKEN": made["token"]}
        self.payments.write_text("")

    def start(self) -> subprocess.Popen[str]:
        words = (self.daemon.api, "Larkspur", str(self.copy), str(self.payments))
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> list[str]:
        told, errors = self.start().communicate(timeout=60)
        assert not errors, errors
        return told.splitlines()

    def held(self) -> dict[str, str]:
        found = json.loads(self.copy.read_text())["open"]
        return {key: one["balance"] for key, one in found.items()}

    def pay(self, invoices: list[dict[str, str]]) -> None:
        lines = [
            json.dumps(
                {
                    "external_id": f"pay_{number}",
                    "amount": one["balance"],
                    "date": "2026-01-05",
                    "applied": [{"invoice": one["txn_id"], "amount": one["balance"]}],
                }
            )
            for number, one in enumerate(invoices)
        ]
        self.payments.write_text("\n".join(lines) + "\n")


def opened(daemon: DaemonProcess) -> list[dict[str, str]]:
    return [one for one in daemon.json("invoices", "list", "Larkspur") if one["status"] == "open"]


def test_every_payment_is_in_quickbooks_once_whenever_the_daemon_dies(daemon, tmp_path):
    company = Company.create(seed=11, customers=8, invoices=24)
    qwc, password = add(daemon, tmp_path, "Larkspur", "combined")
    line = HttpTransport()
    connector = WebConnector(Desktop(company), transport=line)
    row = connector.add(qwc, password)
    assert connector.update(row).ok
    program, owed = Program(daemon, tmp_path), opened(daemon)
    assert program.run() == []
    assert program.held() == {one["txn_id"]: one["balance"] for one in owed}

    program.pay(owed[:6])
    chance = random.Random(3)
    for _ in range(3):
        running = program.start()
        for _ in range(2):
            time.sleep(chance.uniform(0.05, 0.4))
            daemon.restart()
        told, errors = running.communicate(timeout=60)
        assert not errors, errors
        assert [words.split()[0] for words in told.splitlines()] == [f"pay_{n}" for n in range(6)]
        assert connector.update(row).ok

    held = daemon.json("payments", "list", "Larkspur")
    posted = sorted(one["external_id"] for one in held if one["status"] == "posted")
    assert posted == [f"pay_{number}" for number in range(6)]
    assert compare_payments(company.audit().as_json(), held).differences == ()
    program.payments.write_text("")
    program.run()
    assert program.held() == {one["txn_id"]: one["balance"] for one in opened(daemon)}
    line.close()
