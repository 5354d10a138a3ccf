"""HTTP/1.1 hardened: the request and the listening side.

What happens on one connection is in ``daemon.edge.channel``. HTTP/1.1 only, no compression, no
cookie, no redirect, nothing about our versions.
"""

# mypy: disallow-untyped-calls=False
# (Twisted's web server has no annotations to check our calls against.)

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol

from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.http import datetimeToString
from twisted.web.resource import Resource

from daemon.callers import Caller
from daemon.edge.body_gate import Body, Head
from daemon.edge.channel import EdgeChannel, client_name, peer_name
from daemon.edge.clients import Clients
from daemon.edge.limits import EdgeLimits
from daemon.edge.outcomes import HUNG_UP
from daemon.log import levels

TEXT = b"text/plain; charset=utf-8"


class Clock(Protocol):
    """The part of a reactor that we need."""

    def seconds(self) -> float:
        """The time, from any beginning."""

    def callLater(self, delay: float, callable: Callable[[], None]) -> DelayedCall:  # noqa: A002
        """Call in ``delay`` seconds."""


class EdgeRequest(server.Request):
    """A request whose body goes where the site said, and whose answer names no version."""

    channel: EdgeChannel
    body: Body
    arrived_seconds = 0.0
    site: EdgeSite  # also when the connection is gone
    operation = ""  # for the log, once known
    outcome = ""  # in a word, once known
    ticket = ""  # its short form
    caller = Caller()
    place = ""  # which of our addresses was asked for, without anything secret
    is_gone = False  # the client hung up before its answer

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()  # Twisted insists on closing one

    def handleContentChunk(self, data: bytes) -> None:
        self.channel.body_arrived(data)

    def process(self) -> None:
        """Have the site's one resource answer, without a word about our software's version."""
        self.site = self.channel.site  # type: ignore[assignment]  # it shows the channel less
        self.setHeader(b"Date", datetimeToString())
        try:
            self.render(self.site.resource)
        except BaseException:
            self.processingFailed(Failure())

    def connectionLost(self, reason: Failure) -> None:
        """Remember that nobody is left to be answered."""
        self.is_gone = True
        super().connectionLost(reason)

    @cached_property
    def client_name(self) -> str:
        """Name who asks, also once the connection is gone."""
        proxies = self.site.limits.proxies
        return client_name(proxies, peer_name(self.client), self.requestHeaders)


def send(request: Any, status: int, content: bytes, content_type: bytes | None) -> int:
    """Answer with exactly these bytes, which nobody keeps; HEAD gets their length only."""
    request.setResponseCode(status)
    if content_type is not None:
        request.setHeader(b"Content-Type", content_type)
    request.setHeader(b"Content-Length", b"%d" % len(content))
    request.setHeader(b"Cache-Control", b"no-store")
    request.write(content)
    request.finish()
    return server.NOT_DONE_YET


Meter = Callable[[str, str, float], object]
"""Counts a request that is over: what it was, what became of it, how many seconds it took."""


def uncounted(_operation: str, _outcome: str, _seconds: float) -> None:
    """A meter that counts nothing."""


class EdgeSite(server.Site):
    """The factory of our connections."""

    protocol: Any = EdgeChannel
    noisy = False
    reactor: Any
    notes = Logger()  # `log` is the name of Site's own method

    def __init__(
        self,
        resource: Resource,
        limits: EdgeLimits,
        body_for: Callable[[Head], Body],
        reactor: Clock,
        meter: Meter = uncounted,
    ) -> None:
        super().__init__(
            resource, EdgeRequest, timeout=None, reactor=reactor, parsePOSTFormSubmission=False
        )
        self._meter = meter
        self.limits = limits
        self.body_for = body_for
        self.clients: Clients[EdgeChannel] = Clients(
            limits.max_connections, limits.max_connections_per_peer, limits.proxies
        )
        self.draining = False
        self._drained: Deferred[None] = Deferred()

    def refusal(self, code: int, reason: str) -> tuple[str, bytes]:
        """What is answered to what is no request: its content type, and why."""
        return TEXT.decode(), f"{reason}\n".encode()

    def startFactory(self) -> None:
        """Start nothing: our log lines need neither a file nor a clock."""

    def stopFactory(self) -> None:
        """Nothing was started."""

    def acceptableProtocols(self) -> list[bytes]:
        """HTTP/1.1 and nothing else."""
        return [b"http/1.1"]

    def enter(self, channel: EdgeChannel) -> str:
        """Count a new connection; the answer is why it may not stay, or empty."""
        return "the service is stopping" if self.draining else self.clients.enter(channel)

    def leave(self, channel: EdgeChannel) -> None:
        """Count it no longer."""
        self.clients.leave(channel)
        self._tell_when_drained()

    def _tell_when_drained(self) -> None:
        if self.draining and not self.clients and not self._drained.called:
            self._drained.callback(None)

    def drain(self) -> Deferred[None]:
        """Take no more connections, close those that wait for a request.

        The Deferred fires when the others have got their answers and are closed.
        """
        self.draining = True
        for channel in self.clients:
            if not channel.requests:
                channel.close_idle()
        self._tell_when_drained()
        return self._drained

    def cut(self) -> None:
        """Cut what is still open, whatever it is doing."""
        for channel in self.clients:
            channel.transport.abortConnection()

    def log(self, request: Any) -> None:
        """Leave a line about a request that was answered, and count it."""
        self._tell(
            request, "{what}{whose} from {peer}: {result}, {size} bytes after {milliseconds} ms"
        )

    def hung_up(self, request: EdgeRequest) -> None:
        """Leave a line about a client that was gone before its answer, and count it."""
        request.outcome = HUNG_UP
        self._tell(
            request, "{what}{whose} from {peer}: hung up before the answer, after {milliseconds} ms"
        )

    def _tell(self, request: EdgeRequest, sentence: str) -> None:
        seconds = self.reactor.seconds() - request.arrived_seconds
        if levels.logLevelForNamespace(__name__) <= LogLevel.info:
            self._note(request, sentence, round(1000 * seconds))
        self._meter(request.operation, request.outcome or str(request.code), seconds)

    def _note(self, request: EdgeRequest, sentence: str, milliseconds: int) -> None:
        caller = request.caller
        self.notes.info(
            sentence,
            what=request.operation or _shown(request),
            whose=_whose(caller, request.ticket),
            peer=request.client_name,
            connection=caller.connection,
            sync=caller.sync_id,
            ticket=request.ticket,
            outcome=request.outcome,
            status=request.code,
            result=f"{request.outcome}, {request.code}" if request.outcome else request.code,
            size=request.sentLength,
            milliseconds=milliseconds,
        )


def _whose(caller: Caller, ticket: str) -> str:
    """Of which connection, sync and ticket, as far as they are known."""
    known = [f"sync {caller.sync_id}"] if caller.sync_id is not None else []
    known += [f"ticket {ticket}"] if ticket else []
    connection = f" of {caller.connection}" if caller.connection else ""
    return f"{connection} ({', '.join(known)})" if known else connection


def _shown(request: EdgeRequest) -> str:
    """Method and address for the log; an address that is none of ours may hold a secret."""
    method = request.method.decode("ascii", "replace")
    return f"{method} {request.place or 'another address'}"
