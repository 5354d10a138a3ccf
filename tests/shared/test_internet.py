"""The real network of the health checks, against listeners on this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from shared.health.internet import Internet, Page
from tests.certificates import in_days, self_signed

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def listener(
    answer: bytes | None,
    context: ssl.SSLContext | None = None,
    asked: list[bytes] | None = None,
) -> Iterator[int]:
    """Answer each connection with these bytes, or never (None); yields the port.

    ``asked`` gets what was asked.
    """
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                held.append(connection)
                if answer is not None:
                    with suppress(OSError):
                        told = _answer(connection, answer, context)
                        (asked if asked is not None else []).append(told)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


def _answer(connection: socket.socket, answer: bytes, context: ssl.SSLContext | None) -> bytes:
    with context.wrap_socket(connection, server_side=True) if context else connection as peer:
        asked = peer.recv(4096)
        if asked:
            peer.sendall(answer)
        return asked


ENDS = in_days(80)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path / "localhost.pem", ENDS)


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> Internet:
    return Internet(trusted=ssl.create_default_context(cafile=str(certificate)))


def test_a_name_is_looked_up():
    assert "127.0.0.1" in Internet().look_up("localhost")


def test_a_name_that_is_nobodys_is_an_error(monkeypatch):
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(OSError, match="Name or service not known"):
        Internet().look_up("nobody.example.com")


def test_an_open_port_is_reached_and_a_closed_one_refuses():
    with listener(b"") as port:
        Internet().connect("localhost", port)
    with pytest.raises(ConnectionRefusedError):
        Internet().connect("localhost", port)


def test_a_page_is_fetched_and_a_redirect_is_not_followed():
    with listener(PAGE) as port:
        assert Internet().get(f"http://localhost:{port}/qbwc") == Page(200, "", b"hello")
    elsewhere = (
        b"HTTP/1.1 301 Moved\r\nLocation: http://there.example/\r\nContent-Length: 0\r\n\r\n"
    )
    with listener(elsewhere) as port:
        got = Internet().get(f"http://localhost:{port}/")
        assert got == Page(301, "http://there.example/", b"")


def test_a_page_is_read_no_further_than_needed():
    long = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    with listener(long) as port:
        assert len(Internet().get(f"http://localhost:{port}/").body) == 65_536


def test_a_page_is_asked_for_with_its_query_and_read_as_far_as_one_wants():
    long = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000
    asked: list[bytes] = []
    with listener(long, asked=asked) as port:
        got = Internet(most_bytes=400_000).get(f"http://localhost:{port}/invoices?page=2")
    assert len(got.body) == 300_000
    assert asked[0].startswith(b"GET /invoices?page=2 ")


def test_what_is_not_http_is_an_error_of_the_connection():
    with listener(b"SSH-2.0-OpenSSH_9.6\r\n") as port, pytest.raises(ConnectionError, match="HTTP"):
        Internet().get(f"http://localhost:{port}/")


def test_a_peer_that_says_nothing_is_given_up_in_time():
    with listener(None) as port:
        network = Internet(seconds=0.2)
        with pytest.raises(TimeoutError):
            network.get(f"http://localhost:{port}/")
        with pytest.raises(TimeoutError):
            network.certificate_expires_at("localhost", port)


def test_a_resolver_that_hangs_is_given_up_in_time(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(5) and [])
    try:
        with pytest.raises(TimeoutError, match=r"no answer within 0\.1 seconds"):
            Internet(seconds=0.1).look_up("books.example.com")
    finally:
        answered.set()


def test_a_trusted_certificate_tells_its_end(certificate):
    with listener(PAGE, serving(certificate)) as port:
        assert trusting(certificate).certificate_expires_at("localhost", port) == ENDS
        assert trusting(certificate).get(f"https://localhost:{port}/").body == b"hello"


def test_a_certificate_that_nobody_trusts_is_refused_with_its_reason(certificate):
    with listener(PAGE, serving(certificate)) as port:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            Internet().certificate_expires_at("localhost", port)
        assert refused.value.verify_code == 18
        with pytest.raises(OSError, match="certificate verify failed"):
            Internet().get(f"https://localhost:{port}/")


def test_a_certificate_of_another_host_is_refused_with_its_reason(tmp_path):
    other = self_signed(tmp_path / "other.pem", in_days(80), "other.example.com")
    with listener(PAGE, serving(other)) as port:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            trusting(other).certificate_expires_at("localhost", port)
        assert refused.value.verify_code == 62


def test_a_certificate_that_ran_out_is_refused_with_its_reason(tmp_path):
    old = self_signed(tmp_path / "old.pem", in_days(-1))
    with listener(PAGE, serving(old)) as port:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            trusting(old).certificate_expires_at("localhost", port)
        assert refused.value.verify_code == 10
