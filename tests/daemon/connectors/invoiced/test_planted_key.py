"""A key that the server quotes wherever it can is in nothing that is kept, written or shown."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import globalLogPublisher
from twisted.web.http_headers import Headers

from daemon.connectors.invoiced.client import Client
from daemon.connectors.invoiced.platform import Invoiced
from daemon.log_lines import LogLines
from shared.rules.connectors import AccountState, SendState
from shared.rules.invoiced import authorization
from simulator.invoiced.memory import InMemoryAgent, MemoryResponse
from simulator.invoiced.service import Answer
from tests.daemon.connectors.invoiced.rig import OnInvoiced
from tests.models.builders import customer, invoice
from tests.models.payments.builders import applied, received
from tests.simulator.invoiced.builders import KEY

JSON = {"Content-Type": "application/json"}
QUOTED = authorization(KEY)


class Quoting:
    """A line on which every third request fails, and what fails quotes the key and the header."""

    def __init__(self, fake: Any) -> None:
        self._agent = InMemoryAgent(fake.service)
        self._number = 0
        self.is_kind = False
        self._refused = False
        self.sent: list[str] = []

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: Any = None,
    ) -> Deferred[Any]:
        assert headers is not None
        self.sent += headers.getRawHeaders("authorization", [])
        self._number += 1
        if self.is_kind or self._number % 3:
            return self._agent.request(method, uri, headers, bodyProducer)
        return self._failing(method, uri)

    def _failing(self, method: bytes, uri: bytes) -> Deferred[Any]:
        said = f"The key {KEY} ({QUOTED}) cannot do {uri!r}"
        body = json.dumps({"type": "invalid_request", "message": said}).encode()
        ways: list[Any] = [
            Answer(401, JSON, body),
            Answer(400, JSON, body),
            Answer(500, JSON, body),
            Answer(502, {"Content-Type": "text/html"}, f"<pre>{said}</pre>".encode()),
            RuntimeError(said),
        ]
        if method == b"GET":
            ways.append(Answer(200, JSON, json.dumps({"id": said, "name": said}).encode()))
        chosen = ways[self._number // 3 % len(ways)]
        if method == b"POST" and uri.endswith(b"/invoices") and not self._refused:
            chosen, self._refused = ways[1], True  # whatever the order is, one record is refused
        if isinstance(chosen, Answer):
            return succeed(MemoryResponse(chosen))
        return fail(chosen)


@pytest.fixture
def lines():
    """The daemon's log as text and as JSON, all levels."""
    found: list[str] = []
    writers = [
        LogLines(found.append, as_json=as_json, with_priorities=False) for as_json in (False, True)
    ]
    for one in writers:
        globalLogPublisher.addObserver(one)
    yield found
    for one in writers:
        globalLogPublisher.removeObserver(one)


def test_a_key_that_is_quoted_is_found_nowhere(tmp_path, new_store, lines, logged_failures):
    path = Path(shutil.copy(new_store, tmp_path))
    world = OnInvoiced(f"sqlite:///{path}")
    line = Quoting(world.fake)
    world.quickbooks_has(
        *(invoice(f"1A-{number}") for number in range(100, 106)), customers=[customer()]
    )
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=50))
    world.connects(state=AccountState.LIVE)
    platform = Invoiced(Client(world.clock, "https://invoiced.example", KEY, line))
    worker = world.runs(platform=platform)
    world.goes_on(900, by=5)
    line.is_kind = True
    world.settles(7200, by=20)
    told = [repr(worker.account), repr(platform), repr(vars(platform)), *lines]
    told += [failure.getTraceback() for failure in logged_failures]
    told += [repr(failure) for failure in logged_failures]
    logged_failures.clear()
    world.close()
    with sqlite3.connect(path) as store:
        told += list(store.iterdump())
    store.close()
    states = set(world.states().values())
    assert states == {SendState.SENT, SendState.REFUSED}, "both ends were met"
    assert set(line.sent) == {QUOTED}
    assert any("cannot do" in text for text in told), "what Invoiced says is shown"
    assert not [text[:200] for text in told if KEY in text or QUOTED.partition(" ")[2] in text]
