"""The API over connections in memory: bytes in, bytes out, on a real store."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from daemon.api.answering import Answering
from daemon.api.resource import make_api_site
from daemon.edge.limits import EdgeLimits
from daemon.outlets.bell import EventBell
from shared.models import problems
from shared.models.store import Store, open_store
from shared.operations import tokens
from shared.operations.deciding import Operator, carry_out
from shared.rules.tokens import Access
from shared.structs import Value
from tests.daemon.in_place import InPlace
from tests.models.builders import customer, invoice, trouble
from tests.models.payments.builders import Till, pays, received

BASE = "/api/v1"
START = datetime(2024, 6, 12, 12, 0, tzinfo=UTC)


class Reply(Value):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json_.loads(self.content)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        assert self.headers["content-type"] == "application/problem+json", self.content
        told: str = self.json["code"]
        return told


class Line:
    """One connection to the API on which one request was sent."""

    def __init__(self, transport: StringTransport, channel: Any) -> None:
        self._transport = transport
        self._channel = channel

    @property
    def reply(self) -> Reply | None:
        """The answer, once it is there."""
        head, _, content = self._transport.value().partition(b"\r\n\r\n")
        if not head:
            return None
        first, *lines = head.decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return Reply(int(first.split()[1]), {name.lower(): text for name, text in pairs}, content)

    def hang_up(self) -> None:
        self._channel.connectionLost(Failure(ConnectionDone()))


class Api:
    """The API with two companies; ``token`` may write in both."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        threads = InPlace(store)
        self.bell = EventBell(clock, threads)
        self.bell.startService()
        answering = Answering(store, threads, threads, self.bell)
        self.site = make_api_site(answering, EdgeLimits(), reactor=clock, now=store.now)
        self.larkspur, self.fern = Till(store, "Larkspur"), Till(store, "Fern")
        self.secret = self.token("writer", Access.WRITE)

    def token(self, label: str, access: Access = Access.READ, *names: str, days: int = 0) -> str:
        with self.store.reading():
            plan = tokens.plan_add(self.store, label, names, access, days or None)
        return carry_out(Operator(self.store, "ada"), plan).token

    def send(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        token: str | None = None,
        content: bytes | None = None,
        peer: str = "192.0.2.7",
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Line:
        content = json_.dumps(json).encode() if json is not None else content
        said = {"Host": "localhost", **(headers or {})}
        if token != "":
            said.setdefault("Authorization", f"Bearer {token or self.secret}")
        if content is not None:
            said.setdefault("Content-Type", "application/json")
        if content is not None or method in ("POST", "PATCH", "PUT"):
            said["Content-Length"] = str(len(content or b""))
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        lines = [f"{method} {path}{asked} HTTP/1.1", *(f"{n}: {v}" for n, v in said.items())]
        transport = StringTransport(peerAddress=IPv4Address("TCP", peer, 50000))
        channel = self.site.buildProtocol(transport.getPeer())
        channel.callLater = self.clock.callLater
        channel.makeConnection(transport)
        channel.dataReceived("\r\n".join([*lines, "", ""]).encode() + (content or b""))
        return Line(transport, channel)

    def ask(self, method: str, path: str, json: Any = None, **more: Any) -> Reply:
        line = self.send(method, path, json, **more)
        reply = line.reply
        assert reply is not None, "there is no answer yet"
        line.hang_up()
        return reply

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", self.at(path), **more)

    def at(self, path: str) -> str:
        """The address below that of Larkspur; one that begins with a slash is whole."""
        return path if path.startswith("/") else f"{BASE}/connections/Larkspur/{path}"


@pytest.fixture
def api(store_url: str) -> Iterator[Api]:
    clock = Clock()
    with open_store(store_url, clock=lambda: START + timedelta(seconds=clock.seconds())) as store:
        made = Api(store, clock)
        yield made
        made.bell.stopService()


@pytest.fixture
def stocked(api: Api) -> Api:
    """Both companies have some of everything."""
    for till in (api.larkspur, api.fern):
        till.hold(customer("80-9", "Blue Door"))
        till.owes(*(invoice(f"1A-{number}", "100.00") for number in range(100, 105)))
        till.take_in(pays("pay_1", "40.00"), pays("pay_2", "10.00"))
        with api.store.transaction():
            problems.report(till.id, till.sync.id, [trouble(object_id="1A-101")], till.store.now())
            from shared.models.payments import from_quickbooks

            from_quickbooks.store(till.id, till.sync.id, [received("7B-1")], till.store.now())
    return api


def quoted(text: str) -> str:
    return quote(text, safe="")
