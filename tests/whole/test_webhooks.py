"""Webhooks as an operator and a receiver meet them: commands, a daemon, a program that listens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest

from shared.models import events
from shared.models.events import Told
from shared.models.store import open_store
from shared.operations.contracts.records import EVENT
from shared.rules.events import EventKind
from shared.rules.webhooks import DELIVERY, SIGNATURE
from tests.models.builders import invoice
from tests.models.payments.builders import Till
from tests.whole.processes import DaemonProcess

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets; answers 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/in?key=planted-key"

    def wait(self, number: int) -> None:
        until = time.monotonic() + 20
        while len(self.got) < number:
            assert time.monotonic() < until, f"only {len(self.got)} came"
            time.sleep(0.02)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def stock(folder: Path) -> None:
    with open_store(f"sqlite:///{folder}/store.sqlite3") as store:
        Till(store, "Larkspur").owes(invoice("1A-100", "250.00"))


def happen(folder: Path) -> None:
    with open_store(f"sqlite:///{folder}/store.sqlite3") as store, store.transaction():
        events.record(1, EventKind.INVOICE_CHANGED, [Told("1A-100", "100")])


def test_a_webhook_from_adding_to_removing(tmp_path, receiver):
    stock(tmp_path)
    daemon = DaemonProcess(tmp_path, webhooks_to_private_addresses="on")
    daemon.start()
    try:
        made = daemon.json("webhook", "add", "Larkspur", receiver.url, "--events", "invoice,sync")
        assert set(made) == {"id", "secret"}
        number = str(made["id"])
        assert daemon.json("webhook", "test", number) == {"delivered": True, "reason": ""}
        happen(tmp_path)
        receiver.wait(2)
        [listed] = daemon.json("webhook", "list")
        assert listed["state"] == "working"
        assert listed["delivered_at"] is not None
        shown = daemon.run("webhook", "list").stdout + json.dumps(listed)
        assert daemon.run("webhook", "remove", number).returncode == 0
        assert daemon.run("webhook", "remove", number).returncode == 3
        told = shown + daemon.run("audit").stdout + daemon.run("events", "list", "--json").stdout
    finally:
        daemon.kill()
    for text in (told, daemon.log.read_text()):
        assert made["secret"] not in text
        assert "planted-key" not in text
    kept = b"".join(one.read_bytes() for one in tmp_path.glob("store.sqlite3*"))
    assert made["secret"].removeprefix("whsec_").encode() not in kept
    for headers, body in receiver.got:
        check(made["secret"], headers[SIGNATURE], body)
        assert headers[DELIVERY] == json.loads(body)["delivery"]
    sent = json.loads(receiver.got[1][1])
    assert set(sent) == {*EVENT.names(), "delivery", "record"}
    assert sent["record"]["balance"] == "250.00"


def check(secret: str, header: str, body: bytes) -> None:
    """As the document tells, with Python's standard library and with openssl."""
    [program] = blocks("python")
    names: dict[str, Any] = {}
    exec(program, names)
    is_good = names["is_from_deskbridge"]
    assert is_good(secret, header, body)
    assert not is_good(secret, header, body + b" ")
    assert not is_good(secret + "0", header, body)
    assert not is_good(secret, header, body, tolerance=-1), "a recorded one, sent again"
    [script] = blocks("sh")
    said = dict(part.split("=", 1) for part in header.split(","))
    for sent, code in ((body, 0), (body + b" ", 1)):
        with TemporaryDirectory() as folder:
            (Path(folder) / "body.json").write_bytes(sent)
            given = os.environ | {"T": said["t"], "V1": said["v1"], "SECRET": secret}
            done = subprocess.run(["sh", "-c", script], cwd=folder, env=given, check=False)
        assert done.returncode == code


def test_a_private_address_is_refused_by_default(tmp_path, receiver):
    stock(tmp_path)
    daemon = DaemonProcess(tmp_path)
    made = daemon.json("webhook", "add", "Larkspur", receiver.url)
    daemon.start()  # it would look for one that is added later in ten seconds
    try:
        done = daemon.run("webhook", "test", str(made["id"]), "--json")
    finally:
        daemon.kill()
    assert done.returncode == 1
    assert "webhooks_to_private_addresses" in json.loads(done.stdout)["reason"]
    assert receiver.got == []


def test_without_a_daemon_a_test_says_so(tmp_path):
    stock(tmp_path)
    daemon = DaemonProcess(tmp_path)
    program = (
        "import console.cli.webhooks as w, sys; w.TEST_SECONDS = 0.3;"
        "from deskbridge import main; sys.argv = ['deskbridge', 'webhook', 'test', '1']; main()"
    )
    daemon.json("webhook", "add", "Larkspur", "https://hooks.example.com/")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=daemon.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "doctor" in done.stderr


def test_the_document_tells_every_kind_and_key():
    for kind in EventKind:
        assert f"`{kind.value}`" in DOCUMENT
    for key in (*EVENT.names(), "delivery", "record", SIGNATURE, DELIVERY):
        assert f"`{key}`" in DOCUMENT
