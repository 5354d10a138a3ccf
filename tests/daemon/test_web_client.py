"""What goes out to addresses that people name: never inside, never for long, never elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor, ssl
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import serverFromString
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from daemon.outlets.posting import Answer, NoAnswer
from daemon.outlets.web_client import MOST_BYTES, SECONDS, WebClient, is_private
from tests.certificates import in_days, self_signed


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.5", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::127.0.0.1", "64:ff9b::a00:5", "2002:a00:5::", "::ffff:10.0.0.5"),
    ],
)
def test_an_address_inside_is_known_in_every_disguise(address):
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_none_inside(address):
    assert not is_private(address)


class Names:
    """A name server whose answers a test says; the next one may be another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def resolveHostName(self, receiver, hostName, portNumber=0, **_more):
        self.asked.append(hostName)
        receiver.resolutionBegan(None)
        for text in self.answers.pop(0):
            kind = IPv6Address if ":" in text else IPv4Address
            receiver.addressResolved(kind("TCP", text, portNumber))
        receiver.resolutionComplete()


class Network(MemoryReactorClock):
    """A reactor on which nothing really happens."""

    def __init__(self, *answers: list[str]) -> None:
        super().__init__()
        self.names = Names(*answers)
        self.installNameResolver(self.names)

    def connected(self) -> list[tuple[str, int]]:
        return [(host, port) for host, port, *_ in self.tcpClients]

    def connect(self) -> Line:
        return Line(self.tcpClients[-1][2].buildProtocol(None))


class Line(StringTransport):
    """A connection that was made; ``aborted`` says whether we cut it."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self.aborted = False
        self._protocol = protocol
        protocol.makeConnection(self)

    def abortConnection(self) -> None:
        if not self.aborted:
            self.aborted = True
            self._protocol.connectionLost(None)

    def says(self, data: bytes) -> None:
        self._protocol.dataReceived(data)


def asked(network: Network, url: str, *, private: bool = False) -> list[Any]:
    """What came of a request to ``url``, once there is something."""
    client = WebClient(network, private_allowed=private)
    came: list[Any] = []
    client.post(url, {}, b"{}").addCallbacks(
        came.append, lambda failure: came.append(failure.value)
    )
    return came


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1"])
def test_a_private_address_is_refused_before_anything_is_sent_there(address):
    network = Network([address])
    [refusal] = asked(network, "https://hooks.example.com/in")
    assert isinstance(refusal, NoAnswer)
    assert "webhooks_to_private_addresses" in str(refusal)
    assert network.connected() == []


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to():
    """A name that means an address inside a moment later gains nothing: it is asked once."""
    network = Network(["8.8.8.8"], ["127.0.0.1"])
    asked(network, "https://hooks.example.com/in")
    assert network.connected() == [("8.8.8.8", 443)]
    assert network.names.asked == ["hooks.example.com"]


def test_of_several_addresses_those_inside_are_left_out():
    network = Network(["127.0.0.1", "8.8.8.8"])
    asked(network, "https://hooks.example.com:8443/in")
    assert network.connected() == [("8.8.8.8", 8443)]


def test_private_addresses_can_be_allowed():
    network = Network(["10.0.0.5"])
    asked(network, "http://hooks.internal/in", private=True)
    assert network.connected() == [("10.0.0.5", 80)]


def test_nothing_goes_over_the_internet_in_plain_text():
    network = Network(["8.8.8.8"])
    [refusal] = asked(network, "http://hooks.example.com/in", private=True)
    assert "https" in str(refusal)
    assert network.connected() == []


def test_a_receiver_that_does_not_even_take_the_connection_is_given_ten_seconds():
    network = Network(["10.0.0.5"])
    came = asked(network, "http://hooks.internal/in", private=True)
    network.advance(SECONDS - 0.5)
    assert came == []
    network.advance(0.5)
    assert "10 seconds" in str(came[0])
    assert not network.getDelayedCalls()


def test_a_receiver_that_says_nothing_is_given_ten_seconds():
    network = Network(["10.0.0.5"])
    came = asked(network, "http://hooks.internal/in", private=True)
    line = network.connect()
    assert line.value().startswith(b"POST /in HTTP/1.1\r\n")
    network.advance(SECONDS)
    assert "10 seconds" in str(came[0])
    assert line.aborted
    assert not network.getDelayedCalls()


def test_a_receiver_that_talks_slowly_is_cut_and_its_status_counts():
    network = Network(["10.0.0.5"])
    came = asked(network, "http://hooks.internal/in", private=True)
    line = network.connect()
    line.says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    network.advance(SECONDS)
    assert came == [Answer(200, "")]
    assert line.aborted
    assert not network.getDelayedCalls()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n"])
def test_a_receiver_that_talks_too_much_is_cut_in_its_body_and_in_its_headers(head):
    network = Network(["10.0.0.5"])
    came = asked(network, "http://hooks.internal/in", private=True)
    line = network.connect()
    line.says(head)
    for _ in range(MOST_BYTES // 1000 + 1):
        if not line.aborted:
            line.says(b"X-Many: " + b"x" * 990 + b"\r\n")
    assert line.aborted
    assert len(came) == 1
    assert not network.getDelayedCalls()


of_twisted = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")
"""Twisted still hands certificates around in a way that pyOpenSSL would rather not see."""


class Receiver(Resource):
    """Answers as a test says."""

    isLeaf = True

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__()
        self._answer = answer
        self.paths: list[bytes] = []

    def render_POST(self, request: Any) -> Any:
        self.paths.append(request.path)
        return self._answer(request)


@asynccontextmanager
async def listening(receiver: Receiver, pem: Path | None = None) -> AsyncIterator[int]:
    text = "tcp:0:interface=127.0.0.1"
    if pem is not None:
        text = f"ssl:0:privateKey={pem}:certKey={pem}:interface=127.0.0.1"
    port = await serverFromString(reactor, text).listen(Site(receiver))
    try:
        yield port.getHost().port
    finally:
        await port.stopListening()


async def post(url: str, trust: Any = None) -> Answer | NoAnswer:
    client = WebClient(reactor, private_allowed=True, trust=trust)
    try:
        return await client.post(url, {"Content-Type": "application/json"}, b"{}")
    except NoAnswer as why:
        return why


async def test_a_redirect_is_not_followed():
    def redirect(request: Any) -> bytes:
        request.setResponseCode(307)
        request.setHeader(b"location", b"/elsewhere")
        return b""

    receiver = Receiver(redirect)
    async with listening(receiver) as port:
        assert await post(f"http://127.0.0.1:{port}/in") == Answer(307, "")
    assert receiver.paths == [b"/in"]


async def test_a_packed_answer_is_not_unpacked():
    def packed(request: Any) -> bytes:
        request.setHeader(b"content-encoding", b"gzip")
        return gzip.compress(b"0" * 10_000_000)

    async with listening(Receiver(packed)) as port:
        assert await post(f"http://127.0.0.1:{port}/in") == Answer(200, "")


async def test_a_receiver_that_is_not_there_is_told():
    async with listening(Receiver(lambda _: b"")) as port:
        pass
    told = await post(f"http://127.0.0.1:{port}/in?token=planted")
    assert isinstance(told, NoAnswer)
    assert "refused" in str(told)
    assert "planted" not in str(told)


async def test_a_receiver_that_hangs_up_is_told():
    def hang_up(request: Any) -> Any:
        request.transport.abortConnection()
        request.notifyFinish().addErrback(lambda _: None)
        return NOT_DONE_YET

    async with listening(Receiver(hang_up)) as port:
        assert "without an answer" in str(await post(f"http://127.0.0.1:{port}/in"))


@of_twisted
async def test_a_certificate_is_verified(tmp_path):
    pem = self_signed(tmp_path / "hooks.pem", in_days(30))
    trusted = ssl.Certificate.loadPEM(pem.read_bytes())
    receiver = Receiver(lambda _: b"")
    async with listening(receiver, pem) as port:
        unknown = await post(f"https://localhost:{port}/in")
        assert "certificate" in str(unknown)
        assert receiver.paths == []
        assert await post(f"https://localhost:{port}/in", trusted) == Answer(200, "")


@of_twisted
async def test_a_certificate_of_another_name_is_not_taken(tmp_path):
    pem = self_signed(tmp_path / "hooks.pem", in_days(30), host="other.example.com")
    receiver = Receiver(lambda _: b"")
    async with listening(receiver, pem) as port:
        told = await post(f"https://localhost:{port}/in", ssl.Certificate.loadPEM(pem.read_bytes()))
        assert "another name" in str(told)
    assert receiver.paths == []
