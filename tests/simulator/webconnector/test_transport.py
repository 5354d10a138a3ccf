"""The wire: bytes as .NET sends them, against a socket that plays good and bad servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from simulator.webconnector import HttpTransport, Log, WebConnectorError, WebService
from simulator.webconnector.soap import call_headers, write_call
from simulator.webconnector.transport import ConnectionCut
from tests.simulator.webconnector.builders import XML, over_http

HEADERS = {"X-Test": "1"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Peer:
    """One accepted connection, played by a test."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.stream = sock.makefile("rb")

    def head(self) -> bytes:
        lines = []
        while (line := self.stream.readline()) not in (b"", b"\r\n"):
            lines.append(line)
        return b"".join(lines)

    def body(self, size: int) -> bytes:
        return self.stream.read(size)

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)


@contextmanager
def server(*plays: Callable[[Peer], object]) -> Iterator[str]:
    """Accept one connection for each play, in turn; yields the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[BaseException] = []

    def serve() -> None:
        for play in plays:
            try:
                sock, _ = listener.accept()
                with sock, sock.makefile("rb"):
                    peer = Peer(sock)
                    play(peer)
                    peer.stream.close()
            except BaseException as error:
                failures.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://localhost:{listener.getsockname()[1]}/qbwc/invoice?x=1"
    finally:
        thread.join(5)
        listener.close()
    assert failures == []


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport(timeout_seconds=5, continue_wait_seconds=0.2)
    yield made
    made.close()


def test_a_call_is_byte_exact(transport):
    seen = []

    def play(peer: Peer) -> None:
        seen.append(peer.head())
        peer.say(CONTINUE)
        seen.append(peer.body(len(body)))
        peer.say(OK)

    body = write_call("serverVersion", ())
    with server(play) as url:
        transport(url, call_headers("serverVersion"), body)

    port = url.split(":")[2].split("/")[0]
    assert (
        seen[0]
        == (
            "POST /qbwc/invoice?x=1 HTTP/1.1\r\n"
            "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol"
            " 4.0.30319.42000)\r\n"
            "Content-Type: text/xml; charset=utf-8\r\n"
            'SOAPAction: "http://developer.intuit.com/serverVersion"\r\n'
            f"Host: localhost:{port}\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Expect: 100-continue\r\n"
            "Connection: Keep-Alive\r\n"
        ).encode()
    )
    assert seen[1] == body


def test_one_connection_carries_many_calls_and_says_keep_alive_once(transport):
    heads = []

    def play(peer: Peer) -> None:
        for _ in range(3):
            heads.append(peer.head())
            peer.say(CONTINUE)
            peer.body(2)
            peer.say(OK)

    with server(play) as url:
        for _ in range(3):
            assert transport(url, HEADERS, b"hi").body == b"ok"
    assert [b"Connection" in head for head in heads] == [True, False, False]


def test_the_body_goes_out_after_a_short_wait_when_nobody_says_continue(transport):
    def play(peer: Peer) -> None:
        peer.head()
        assert peer.body(2) == b"hi"
        peer.say(OK)

    with server(play) as url:
        assert transport(url, HEADERS, b"hi").status == 200


def test_a_late_continue_is_not_taken_for_the_answer(transport):
    def play(peer: Peer) -> None:
        peer.head()
        peer.body(2)
        peer.say(CONTINUE + OK)

    with server(play) as url:
        assert transport(url, HEADERS, b"hi").body == b"ok"


def test_a_refusal_before_the_body_keeps_the_body_back(transport):
    rest = []

    def play(peer: Peer) -> None:
        peer.head()
        peer.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        rest.append(peer.stream.read())

    with server(play) as url:
        assert transport(url, HEADERS, b"x" * 1000).status == 413
    assert rest == [b""]


def test_a_connection_that_was_closed_meanwhile_is_opened_again(transport):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(OK)

    with server(play, play) as url:
        transport(url, HEADERS, b"hi")
        while not transport._wire.went_away():  # the server hangs up after its one answer
            pass
        assert transport(url, HEADERS, b"hi").status == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["close", "no length", "HTTP/1.0"],
)
def test_a_connection_that_ends_is_not_used_again(transport, answer):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(answer)

    with server(play, play) as url:
        assert transport(url, HEADERS, b"hi").body == b"ok"
        assert transport(url, HEADERS, b"hi").body == b"ok"


def test_an_announced_close_is_done_by_both(transport):
    rest = []

    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        rest.append(peer.stream.read())  # ends when the client hangs up

    with server(play) as url:
        assert transport(url, HEADERS, b"hi").body == b"ok"
    assert rest == [b""]


def test_an_answer_in_the_middle_of_the_body_is_read(transport):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE + b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        peer.sock.shutdown(socket.SHUT_WR)
        peer.stream.read()

    with server(play) as url:
        assert transport(url, HEADERS, b"x" * 5_000_000).status == 413


def test_chunks_are_joined(transport):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        peer.say(b"2\r\nab\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n")

    with server(play) as url:
        assert transport(url, HEADERS, b"hi").body == b"ab0123456789"


def test_a_redirect_is_not_followed(transport):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\n")
        peer.say(b"Content-Length: 0\r\n\r\n")

    with server(play) as url:
        assert transport(url, HEADERS, b"hi").status == 302


def test_a_get_has_no_body_and_expects_nothing(transport):
    heads = []

    def play(peer: Peer) -> None:
        heads.append(peer.head())
        peer.say(b"HTTP/1.1 204 No Content\r\n\r\n")

    with server(play) as url:
        assert transport(url, {}, None).status == 204
    port = url.split(":")[2].split("/")[0]
    assert heads == [
        f"GET /qbwc/invoice?x=1 HTTP/1.1\r\nHost: localhost:{port}\r\n"
        "Connection: Keep-Alive\r\n".encode()
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
def test_half_an_answer_is_a_cut_connection(transport, answer):
    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(answer)

    with server(play) as url, pytest.raises(ConnectionCut):
        transport(url, HEADERS, b"hi")


def test_the_deadline_is_for_the_whole_call_and_not_for_each_byte():
    transport = HttpTransport(timeout_seconds=0.4, continue_wait_seconds=0.05)
    gone = threading.Event()

    def dribble(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        peer.body(2)
        peer.say(b"HTTP/1.1 200 OK\r\nX: ")
        while not gone.wait(0.05):
            peer.say(b"x")

    with server(dribble) as url:
        with pytest.raises(TimeoutError):
            transport(url, HEADERS, b"hi")
        gone.set()


def test_send_only_sends_a_part_and_hangs_up(transport):
    seen = []

    def play(peer: Peer) -> None:
        peer.head()
        peer.say(CONTINUE)
        seen.append(peer.stream.read())

    with server(play) as url:
        transport.send_only(url, HEADERS, b"0123456789", 0.5)
    assert seen == [b"01234"]


def reason_for(url: str) -> str:
    transport = HttpTransport(timeout_seconds=2)
    service = WebService(url, transport, log=Log(None))
    with pytest.raises(WebConnectorError) as caught:
        service.authenticate("user", "password")
    assert caught.value.code == "QBWC1012"
    return caught.value.text


def test_nobody_listening_is_told_in_words():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert reason_for(f"http://localhost:{port}/") == "The remote server refused the connection."


def test_an_unknown_host_is_told_in_words(monkeypatch):
    def unknown(*_: object) -> socket.socket:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    assert "could not be resolved" in reason_for("http://no-such-host.invalid/")


def test_plain_http_where_tls_is_expected_is_told_in_words():
    with over_http(lambda *_: (200, XML, b"")) as url:
        assert "No trusted connection" in reason_for(url.replace("http:", "https:"))


def test_a_large_body_arrives_whole(transport):
    sizes = []

    def service(path: str, headers: object, body: bytes | None) -> tuple[int, dict, bytes]:
        sizes.append(len(body or b""))
        return 200, {}, b"x" * 3_000_000

    with over_http(service) as url:
        answer = transport(url, HEADERS, b"y" * 20_000_000)
    assert sizes == [20_000_000]
    assert len(answer.body) == 3_000_000
