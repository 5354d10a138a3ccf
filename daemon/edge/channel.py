"""One connection: its deadlines, and the way of each request's body.

Deadlines are absolute, so a client that sends a byte a second is cut like one that sends
none. A body is handed on piece by piece as it arrives, never collected here and never in
a temporary file. One that is declared or counted beyond its limit is refused with 413; one
that outgrows the general limit waits, unread, until its owner says that it may.

Twisted offers no public seam for some of this. The private names used are ``_command``,
``_path``, ``_transferDecoder``, ``_dataBuffer``, ``_buffer``, ``_networkProducer``,
``_waitingForTransport``, ``_handlingRequest`` and ``_respondToBadRequestAndDisconnect`` of
HTTPChannel; the tests, which speak bytes, notice when one of them changes its meaning.
"""

# mypy: disallow-untyped-calls=False
# (Twisted's web server has no annotations to check our calls against.)

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.base import DelayedCall
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.http_headers import Headers

from daemon.edge.body_gate import Body, BodyGate, DiscardedBody, Head, OneAtATime, Passage
from daemon.edge.clients import Clients
from daemon.edge.limits import EdgeLimits
from daemon.edge.proxies import TrustedProxies
from daemon.failures import tell

_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})


def peer_name(address: object) -> str:
    """Name the host at the other end: its IP address, or ``local`` for a UNIX socket."""
    return str(getattr(address, "host", None) or "local")


def client_name(proxies: TrustedProxies, peer: str, headers: Headers) -> str:
    """Name who asks; a proxy of ours is believed about whom it speaks for."""
    forwarded = headers.getRawHeaders(b"X-Forwarded-For", [])
    return proxies.client(peer, [header.decode("ascii", "replace") for header in forwarded])


class Site(Protocol):
    """The listening side, as one connection sees it."""

    limits: EdgeLimits
    clients: Clients[EdgeChannel]
    draining: bool
    reactor: Any
    body_for: Callable[[Head], Body]

    def enter(self, channel: EdgeChannel) -> str:
        """Count a new connection; the answer is why it may not stay, or empty."""

    def leave(self, channel: EdgeChannel) -> None:
        """Count it no longer."""

    def refusal(self, code: int, reason: str) -> tuple[str, bytes]:
        """What is answered to what is no request: its content type, and why."""


class EdgeChannel(http.HTTPChannel):
    """One connection: its deadlines, and the way of each body through the gate."""

    site: Site
    # Twisted describes these by zope interfaces, which say nothing to mypy.
    transport: Any
    _networkProducer: Any
    log = Logger()

    def __init__(self) -> None:
        super().__init__()
        self.peer = ""
        self._deadline: DelayedCall | None = None
        self._overdue: Callable[[], None] | None = None  # what happens then
        self._between_requests = False
        self._turn: DelayedCall | None = None  # when the next of several requests is answered
        self._closing = False
        self._gate = BodyGate(DiscardedBody(), 0)
        self._undecoded: list[bytes] = []  # what came while the gate's owner was asked

    # The connection.

    def connectionMade(self) -> None:
        """Stay if there is room, and start the clock on the first request."""
        self.peer = peer_name(self.transport.getPeer())
        reason = self.site.enter(self)
        if reason:
            self.log.info("Connection from {peer} refused: {reason}", peer=self.peer, reason=reason)
            self._abort()
            return
        self.log.debug("Connection from {peer}", peer=self.peer)
        super().connectionMade()
        self._await_head()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let go of everything; a request that is being answered hears of it as well."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._overdue = None
        if self._turn is not None and self._turn.active():
            self._turn.cancel()
        if self._transferDecoder is not None and not self._closing:
            self.log.info(
                "{peer} hung up within a request, after {size} bytes of its body",
                peer=self.peer,
                size=self._gate.received_bytes,
            )
        self._closing = True
        self._gate.drop()
        self._undecoded.clear()
        self.site.leave(self)
        super().connectionLost(reason)

    def loseConnection(self) -> None:
        """Close, but do not wait for ever for a client that reads nothing."""
        self._closing = True
        self._allow(self.site.limits.idle_seconds, self._abort)
        super().loseConnection()

    def make_way(self) -> None:
        """Close, since a place is needed and no whole request came."""
        self._cut("its place was needed, and it had sent no whole request")

    def close_idle(self) -> None:
        """Close, between two requests."""
        if not self._closing:
            self.log.debug("Idle connection from {peer} closed", peer=self.peer)
            self.loseConnection()

    def refuse(self, code: int, reason: str) -> None:
        """Answer outside of any request, and close.

        What still arrives is thrown away for a moment: closing a socket with unread bytes
        would reset the connection and take the answer with it.
        """
        self.log.info(
            "Request from {peer} refused with {code}: {reason}",
            peer=client_name(self.site.limits.proxies, self.peer, self._headers),
            code=code,
            reason=reason,
        )
        self._closing = True
        self._gate.drop()
        self._undecoded.clear()
        self.clearLineBuffer()
        kind, text = self.site.refusal(code, reason)
        self.transport.write(
            b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (code, http.RESPONSES[code], kind.encode(), len(text), text)
        )
        self._networkProducer.resumeProducing()
        self._allow(self.site.limits.closing_seconds, self._abort)

    @property
    def _headers(self) -> Headers:
        """Those of the request that arrives, as far as they were read."""
        return self.requests[-1].requestHeaders if self.requests else Headers()

    def _respondToBadRequestAndDisconnect(self) -> None:
        if not self._closing:
            self.refuse(http.BAD_REQUEST, "This could not be read as an HTTP/1.1 request.")

    def lineLengthExceeded(self, line: bytes) -> None:
        """Say why, where Twisted only hangs up."""
        self._respondToBadRequestAndDisconnect()

    # Deadlines.

    def _allow(self, seconds: float, overdue: Callable[[], None]) -> None:
        self._overdue = overdue
        if self._deadline is not None and self._deadline.active():
            self._deadline.reset(seconds)  # cheap where it is put off, as it nearly always is
        else:
            self._deadline = self.callLater(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        assert self._overdue is not None
        self._overdue()

    def _abort(self) -> None:
        self._closing = True
        self.transport.abortConnection()

    def _cut(self, reason: str) -> None:
        self.log.info("Connection from {peer} cut: {reason}", peer=self.peer, reason=reason)
        self._abort()

    def _await_head(self) -> None:
        seconds = self.site.limits.header_seconds
        self._allow(seconds, lambda: self._cut(f"no complete request head in {seconds:g} s"))

    def _await_body(self, expected_bytes: int) -> None:
        limits = self.site.limits
        seconds = limits.body_seconds + expected_bytes / limits.slowest_bytes_per_second
        seconds = min(seconds, limits.longest_body_seconds)
        self._allow(seconds, lambda: self._cut(f"no complete request body in {seconds:.0f} s"))

    # One request after the other.

    def dataReceived(self, data: bytes) -> None:
        """Read on; the first byte of a request starts the clock for its head."""
        if self._closing:
            return
        if self._between_requests:
            self._between_requests = False
            self.site.clients.begins(self)
            self._await_head()
        super().dataReceived(data)

    def pauseProducing(self) -> None:
        """The client does not read its answers: answer no more until it does.

        Requests that it has sent already wait unread in our buffer, which stops growing in
        ``requestDone``.
        """
        super().pauseProducing()
        self.paused = True

    def resumeProducing(self) -> None:
        """The client has read on: so do we, beginning with what waits."""
        super().resumeProducing()
        if self._turn is None:
            self._read_what_waits()

    def _read_what_waits(self) -> None:
        self.paused = False
        if not self._closing and not self._handlingRequest:
            self.dataReceived(b"")

    def _take_turn(self) -> None:
        """Others have been served since: answer the next request that this client has sent."""
        self._turn = None
        if not self._closing and not self._waitingForTransport:
            self._networkProducer.resumeProducing()
            self._read_what_waits()

    def allHeadersReceived(self) -> None:
        """Judge the request by its head, before any of its body and before 100 Continue."""
        request = self.requests[-1]
        if self._transferDecoder is None and self._command in _WITH_BODY:
            self.refuse(http.LENGTH_REQUIRED, "A request with a body must say its length.")
            return
        target: Any = self._path
        head = Head(self._command, target.partition(b"?")[0], request.requestHeaders)
        request.body = self.site.body_for(head)
        request.arrived_seconds = self.site.reactor.seconds()
        self._gate = BodyGate(request.body, self.site.limits.body_limit_bytes)
        declared_bytes = self.length or 0
        if declared_bytes > request.body.limit_bytes:
            self._refuse_size(request.body.limit_bytes)
            return
        self._await_body(min(declared_bytes, self._gate.limit_bytes))
        super().allHeadersReceived()

    def checkPersistence(self, request: http.Request, version: bytes) -> bool:
        """Keep the connection, unless the service is about to stop."""
        if self.site.draining:
            request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            return False
        return bool(super().checkPersistence(request, version))

    def allContentReceived(self) -> None:
        """Hand the request on, once its body has passed the gate."""
        if self._closing:
            return
        self._gate.complete = True
        if self._gate.asking:
            return
        self.site.clients.works(self)
        seconds = self.site.limits.answer_seconds
        self._allow(seconds, lambda: self._cut(f"we had no answer for it in {seconds:g} s"))
        super().allContentReceived()

    def requestDone(self, request: http.Request) -> None:
        """Wait for the next request, for a while."""
        self._gate.drop()
        if self.site.draining:
            self.persistent = False
        if self.persistent:
            self._between_requests = True
            self.site.clients.idles(self)
            self._allow(self.site.limits.idle_seconds, self.close_idle)
        if self.persistent and (any(self._dataBuffer) or self._buffer) and self._turn is None:
            # It has sent the next one before it had this answer; whoever else waits comes first.
            self.paused = True
            self._turn = self.callLater(0, self._take_turn)
        super().requestDone(request)
        if self.paused:
            self._networkProducer.pauseProducing()

    # The body and its gate.

    def rawDataReceived(self, data: bytes) -> None:
        """Read on in a body, unless it is refused or has to wait."""
        if self._closing:
            return
        if self._gate.asking:
            self._undecoded.append(data)
            self._networkProducer.pauseProducing()
            return
        super().rawDataReceived(data)

    def body_arrived(self, data: bytes) -> None:
        """Pass a piece of the body to the gate."""
        if self._closing:
            return
        passage = self._gate.take(data)
        if passage is Passage.TOO_LARGE:
            self._refuse_size(self._gate.body.limit_bytes)
        elif passage is Passage.TOO_FINE:
            self.refuse(http.BAD_REQUEST, "The request's body arrives in too many small pieces.")
        elif passage is Passage.ASK:
            self._networkProducer.pauseProducing()
            asked = maybeDeferred(self._gate.body.may_be_large)
            asked.addCallback(self._answered)
            asked.addErrback(self._could_not_ask)

    def _answered(self, may_be_large: bool) -> None:
        if self._closing:
            return
        if not may_be_large:
            self._refuse_size(self._gate.limit_bytes)
            return
        self._gate.admit()
        self.site.clients.works(self)
        self._await_body(self.length or self._gate.limit_bytes)
        self._read_on()
        if not self._closing and not self._waitingForTransport:
            self._networkProducer.resumeProducing()

    def _read_on(self) -> None:
        undecoded, self._undecoded = self._undecoded, []
        if self._gate.complete:
            self._dataBuffer.extend(undecoded)  # they belong to the next request
            self.allContentReceived()
            return
        for piece in undecoded:
            self.rawDataReceived(piece)

    def _could_not_ask(self, failure: Failure) -> None:
        if failure.check(OneAtATime):
            reason = "The response before this one is still being read; try again later."
            self.refuse(http.SERVICE_UNAVAILABLE, reason)
            return
        tell(self.log, "A large response from {peer} was not accepted", failure, peer=self.peer)
        if not self._closing:
            self.refuse(http.SERVICE_UNAVAILABLE, "The service is busy; try again later.")

    def _refuse_size(self, limit_bytes: int) -> None:
        self.refuse(
            http.REQUEST_ENTITY_TOO_LARGE,
            f"The request's body is too large; {limit_bytes} bytes are accepted here.",
        )
