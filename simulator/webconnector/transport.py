"""A small HTTP/1.1 client that behaves on the wire like .NET's HttpWebRequest.

Header order, ``Expect: 100-continue`` with its short wait, one kept-alive connection, no
redirect, no compression, no cookie, one absolute deadline a call. It is
written on sockets, since http.client can neither wait for the interim answer nor hang up in
the middle of a request, and both have to be rehearsed.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from urllib.parse import SplitResult, urlsplit

CALL_TIMEOUT_SECONDS = 100.0
CONTINUE_WAIT_SECONDS = 0.35
_CHUNK = 65536
_MAX_LINE = 65536
_NO_BODY_STATUSES = (204, 304)


class Answer(NamedTuple):
    """What came back: the status, the headers (names as sent) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request to a URL: POST with a body, GET when ``body`` is None.

    Raises OSError when no whole answer came back.
    """

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (names in any case) and the whole body of the answer."""


class ConnectionCut(ConnectionError):
    """The other side closed the connection before the answer was whole."""


class _Wire:
    """One TCP or TLS connection, and the bytes that were read ahead of their use."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ahead = bytearray()
        self.fresh = True  # nothing was sent on it yet

    def send(self, data: bytes, deadline: float) -> None:
        self.fresh = False
        self._sock.settimeout(_remaining(deadline))
        self._sock.sendall(data)

    def answers_within(self, seconds: float, deadline: float) -> bool:
        """Whether something arrives (or the peer hangs up) in the next ``seconds``."""
        if self._ahead:
            return True
        try:
            self._read_more(min(deadline, time.monotonic() + seconds))
        except TimeoutError:
            _remaining(deadline)
            return False
        return True

    def went_away(self) -> bool:
        """Whether the peer closed (or spoke out of turn on) this idle connection."""
        return bool(self._ahead) or bool(select.select([self._sock], [], [], 0)[0])

    def line(self, deadline: float) -> bytes:
        while b"\n" not in self._ahead:
            if len(self._ahead) > _MAX_LINE:
                raise ConnectionCut("a line of the answer's head has no end")
            if not self._read_more(deadline):
                raise ConnectionCut("the connection was closed before the answer's head ended")
        end = self._ahead.index(b"\n") + 1
        return self._take(end)

    def exactly(self, size: int, deadline: float) -> bytes:
        while len(self._ahead) < size:
            if not self._read_more(deadline):
                got = len(self._ahead)
                raise ConnectionCut(f"the connection was closed after {got} of {size} bytes")
        return self._take(size)

    def rest(self, deadline: float) -> bytes:
        while self._read_more(deadline):
            pass
        return self._take(len(self._ahead))

    def close(self) -> None:
        self._sock.close()

    def _read_more(self, deadline: float) -> bool:
        self._sock.settimeout(_remaining(deadline))
        data = self._sock.recv(_CHUNK)
        self._ahead += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken


@dataclass(kw_only=True, eq=False)
class HttpTransport:
    """Calls over real HTTP or HTTPS, on one connection that is kept between calls."""

    timeout_seconds: float = CALL_TIMEOUT_SECONDS
    continue_wait_seconds: float = CONTINUE_WAIT_SECONDS
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._wire: _Wire | None = None
        self._origin: tuple[str, str | None, int] | None = None

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes | None, /) -> Answer:
        """Send one request and read the whole answer; raises OSError (TimeoutError too)."""
        deadline = time.monotonic() + self.timeout_seconds
        try:
            wire = self._connected(urlsplit(url), deadline)
            answer, reusable = self._exchange(wire, url, headers, body, deadline)
        except BaseException:
            self.close()
            raise
        if not reusable:
            self.close()
        return answer

    def send_only(self, url: str, headers: Mapping[str, str], body: bytes, fraction: float) -> None:
        """Send the head and ``fraction`` of the body, then hang up without reading.

        A rehearsed fault: 1.0 lets the service have the whole request.
        """
        deadline = time.monotonic() + self.timeout_seconds
        try:
            wire = self._connected(urlsplit(url), deadline)
            wire.send(_head(urlsplit(url), headers, body, fresh=wire.fresh), deadline)
            wire.answers_within(self.continue_wait_seconds, deadline)
            wire.send(body[: int(len(body) * fraction)], deadline)
        finally:
            self.close()

    def close(self) -> None:
        """Hang up; the next call connects again."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _connected(self, url: SplitResult, deadline: float) -> _Wire:
        origin = (url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80))
        if self._wire is not None and (origin != self._origin or self._wire.went_away()):
            self.close()
        if self._wire is None:
            self._wire = _Wire(self._connect(*origin, _remaining(deadline)))
            self._origin = origin
        return self._wire

    def _connect(self, scheme: str, host: str | None, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host or "", port), timeout)
        # Head and body go out in two writes; the second must not wait for the first's receipt.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if scheme != "https":
            return sock
        try:
            context = self.tls or ssl.create_default_context()
            return context.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise

    def _exchange(
        self, wire: _Wire, url: str, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> tuple[Answer, bool]:
        """The answer, and whether the connection can carry another request."""
        wire.send(_head(urlsplit(url), headers, body, fresh=wire.fresh), deadline)
        if body is None:
            return _read_answer(wire, deadline)
        if wire.answers_within(self.continue_wait_seconds, deadline):
            status, version, fields = _read_head(wire, deadline)
            if status != http.client.CONTINUE:  # refused before the body was sent
                answer, _ = _read_rest(wire, status, version, fields, deadline)
                return answer, False
        with suppress(BrokenPipeError, ConnectionResetError):
            wire.send(body, deadline)  # a service may answer and hang up before all is sent
        return _read_answer(wire, deadline)


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the operation has timed out")
    return seconds


def _head(
    url: SplitResult, headers: Mapping[str, str], body: bytes | None, *, fresh: bool
) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Host: {url.netloc}")
    if body is not None:
        lines += [f"Content-Length: {len(body)}", "Expect: 100-continue"]
    if fresh:  # .NET says so on the first request of a connection only
        lines.append("Connection: Keep-Alive")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _read_answer(wire: _Wire, deadline: float) -> tuple[Answer, bool]:
    status, version, fields = _read_head(wire, deadline)
    while status < http.client.OK:  # interim answers
        status, version, fields = _read_head(wire, deadline)
    return _read_rest(wire, status, version, fields, deadline)


def _read_head(wire: _Wire, deadline: float) -> tuple[int, str, http.client.HTTPMessage]:
    first = wire.line(deadline).decode("iso-8859-1").split(None, 2)
    if len(first) < 2 or not first[0].startswith("HTTP/1.") or not first[1].isdecimal():
        raise ConnectionCut("the server committed a protocol violation: no HTTP status line")
    lines = []
    while (line := wire.line(deadline)) not in (b"\r\n", b"\n"):
        lines.append(line)
    fields = http.client.parse_headers(io.BytesIO(b"".join(lines) + b"\r\n"))
    return int(first[1]), first[0], fields


def _read_rest(
    wire: _Wire, status: int, version: str, fields: http.client.HTTPMessage, deadline: float
) -> tuple[Answer, bool]:
    connection = fields.get("Connection", "").lower()
    kept = "keep-alive" in connection if version == "HTTP/1.0" else "close" not in connection
    if status in _NO_BODY_STATUSES:
        body = b""
    elif "chunked" in fields.get("Transfer-Encoding", "").lower():
        body = _read_chunks(wire, deadline)
    elif "Content-Length" in fields:
        body = wire.exactly(_size(fields["Content-Length"], 10), deadline)
    else:
        body, kept = wire.rest(deadline), False
    return Answer(status, dict(fields.items()), body), kept


def _read_chunks(wire: _Wire, deadline: float) -> bytes:
    chunks = []
    while size := _size(wire.line(deadline).split(b";")[0].decode("ascii", "replace"), 16):
        chunks.append(wire.exactly(size, deadline))
        wire.line(deadline)
    while wire.line(deadline) not in (b"\r\n", b"\n"):  # trailers
        pass
    return b"".join(chunks)


def _size(text: str, base: int) -> int:
    try:
        size = int(text.strip(), base)
    except ValueError:
        size = -1
    if size < 0:
        raise ConnectionCut(f"the server committed a protocol violation: length {text!r}")
    return size
