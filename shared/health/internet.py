"""The network as the checks use it: look a name up, connect, look at a certificate, fetch a page.

Each step ends within its time, whatever a resolver or a peer does meanwhile.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from shared.structs import Value

T = TypeVar("T")
SECONDS = 8.0
READ_BYTES = 65_536


class Page(Value):
    """What a GET answered: ``location`` of a redirect (else empty), the beginning of the body."""

    status: int
    location: str
    body: bytes


class Network(Protocol):
    """Every step raises OSError when it does not work; too late is a TimeoutError."""

    def look_up(self, host: str) -> list[str]:
        """The IP addresses of a host."""

    def connect(self, host: str, port: int) -> None:
        """Open a TCP connection and close it."""

    def certificate_expires_at(self, host: str, port: int) -> datetime:
        """The end of a certificate that this machine trusts for that host.

        Raises ssl.SSLCertVerificationError for one that it does not trust.
        """

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """Fetch a page, with other headers besides the usual; redirects are not followed."""


class Internet(Network):
    """The real one."""

    def __init__(
        self,
        seconds: float = SECONDS,
        trusted: ssl.SSLContext | None = None,
        *,
        most_bytes: int = READ_BYTES,
    ) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._trusted = trusted or ssl.create_default_context()

    def look_up(self, host: str) -> list[str]:
        found = self._in_time(lambda: socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP))
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def connect(self, host: str, port: int) -> None:
        self._in_time(lambda: self._open(host, port).close())

    def certificate_expires_at(self, host: str, port: int) -> datetime:
        return self._in_time(lambda: self._certificate_end(host, port))

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        return self._in_time(lambda: self._page(url, headers or {}))

    def _open(self, host: str, port: int) -> socket.socket:
        return socket.create_connection((host, port), timeout=self._seconds)

    def _certificate_end(self, host: str, port: int) -> datetime:
        with (
            self._open(host, port) as plain,
            self._trusted.wrap_socket(plain, server_hostname=host) as secure,
        ):
            held = secure.getpeercert() or {}
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(held["notAfter"])), UTC)

    def _page(self, url: str, headers: Mapping[str, str]) -> Page:
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            connection.request(
                "GET", target, headers={"User-Agent": "Deskbridge doctor", **headers}
            )
            answer = connection.getresponse()
            location = answer.getheader("Location") or ""
            return Page(answer.status, location, answer.read(self._most_bytes))
        except http.client.HTTPException as error:
            raise ConnectionError("what came back is not HTTP") from error
        finally:
            connection.close()

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(place, timeout=self._seconds, context=self._trusted)
        return http.client.HTTPConnection(place, timeout=self._seconds)

    def _in_time(self, work: Callable[[], T]) -> T:
        """Do the work on a thread of its own; one that hangs is left behind, and ends with us."""
        outcomes: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

        def run() -> None:
            try:
                outcomes.put((work(), None))
            except Exception as error:
                outcomes.put((None, error))

        Thread(target=run, name="network check", daemon=True).start()
        try:
            result, error = outcomes.get(timeout=self._seconds)
        except Empty:
            raise TimeoutError(f"no answer within {self._seconds:g} seconds") from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # what work returned
