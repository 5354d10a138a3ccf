"""The service without a socket: an agent, as treq takes one, that answers in this process.

It and its responses have what Twisted's ``IAgent`` and ``IResponse`` ask for.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import PartialDownloadError, ResponseDone, ResponseNeverReceived
from twisted.web.http import RESPONSES
from twisted.web.http_headers import Headers

from simulator.invoiced.service import Answer, ConnectionCut, Request, Service, plain_headers


class InMemoryAgent:
    """Carries requests to a service; time passes only as the service's reactor says."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: Any = None,  # noqa: N803
    ) -> Deferred[MemoryResponse]:
        """Send a request; fails as a real agent does when the connection fails."""
        body = _Body()
        produced = bodyProducer.startProducing(body) if bodyProducer else succeed(None)

        def send(_: object) -> Deferred[MemoryResponse]:
            parts = urlsplit(uri.decode("ascii"))
            request = Request(
                method.decode(),
                f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
                plain_headers(headers or Headers()),
                bytes(body.data),
                f"{parts.scheme}://{parts.netloc}",
            )
            return self._service.receive(request).addCallbacks(MemoryResponse, _cut)

        sent: Deferred[MemoryResponse] = produced.addCallback(send)
        return sent


def _cut(failure: Failure) -> MemoryResponse:
    failure.trap(ConnectionCut)
    cut: Any = failure.value
    if cut.half is None:
        raise ResponseNeverReceived([Failure(ConnectionLost())])
    return MemoryResponse(cut.half, whole=False)


class _Body:
    """Takes what a body producer writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        """Take a part of the body."""
        self.data += data


class MemoryResponse:
    """An answer as a client of Twisted sees it."""

    def __init__(self, answer: Answer, *, whole: bool = True) -> None:
        self.version = (b"HTTP", 1, 1)
        self.code = answer.status
        self.phrase = RESPONSES.get(answer.status, b"")
        self.headers = Headers({name: [value] for name, value in answer.headers.items()})
        self.length = len(answer.body)
        self.request = None
        self.previousResponse: Any = None
        self._body = answer.body if whole else answer.body[: len(answer.body) // 2]
        self._end = ResponseDone() if whole else PartialDownloadError(str(answer.status).encode())

    def deliverBody(self, protocol: Any) -> None:  # noqa: N802
        """Give the body and its end to a protocol."""
        protocol.makeConnection(None)
        protocol.dataReceived(self._body)
        protocol.connectionLost(Failure(self._end))

    def setPreviousResponse(self, response: Any) -> None:  # noqa: N802
        """Remember what this one was redirected from."""
        self.previousResponse = response
