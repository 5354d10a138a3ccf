"""The SOAP edge: what the Web Connector asks becomes a callback, its result an answer.

It only translates. Nothing here knows what a session is; a callback that fails becomes a
fault with a reference, and the failure is in the log under the same reference.
"""

# mypy: disallow-untyped-calls=False
# (Twisted's web server has no annotations to check our calls against.)

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

from attrs import define, field
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.logger import Logger
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from daemon.callers import Caller, short
from daemon.edge.body_gate import Body, DiscardedBody, Head, OneAtATime
from daemon.edge.downloads import Downloads, Reply, token_in
from daemon.edge.envelope import EnvelopeReader
from daemon.edge.http import TEXT, Clock, EdgeRequest, EdgeSite, Meter, send, uncounted
from daemon.edge.limits import EdgeLimits
from daemon.edge.operations import OPERATIONS, Operation, operation_of_soap_action
from daemon.edge.outcomes import FAULT, NOT_TAKEN, UNREADABLE, outcome
from daemon.edge.pages import PAGE_HEADERS, service_page, support_page
from daemon.edge.soap import (
    Call,
    EnvelopeRefused,
    FaultCode,
    NotTaken,
    ResponseNotTaken,
    ResponseText,
    Secret,
    write_answer,
    write_fault,
)
from daemon.edge.wsdl import build_wsdl
from shared.models.downloads import PATH

T = TypeVar("T")
Eventually: TypeAlias = T | Awaitable[T]

SERVICE_PATHS = ("/qbwc", "/qbwc/invoice", "/qbwc/payment", "/qbwc/combined")
SUPPORT_PATH = "/support"

THROWN_AWAY = 32
"""A response may be so many times as large as what is kept of one before it is cut unread."""

_SOAP_TYPES = frozenset({b"text/xml", b"application/soap+xml", b"application/xml"})
_ORIGIN = re.compile(r"\Ahttps?://[^/]*")  # a request target may be a whole URL
_XML = b"text/xml; charset=utf-8"


class Callbacks(Protocol):
    """What answers the Web Connector. Names are the wire's; arguments come by position.

    Strings that were absent, empty or nil are empty; absent numbers are 0.
    """

    def serverVersion(self) -> Eventually[str]:
        """Name this product to the Web Connector's log."""

    def clientVersion(self, version: str) -> Eventually[str]:
        """Judge the Web Connector's version: empty, ``W:…``, ``E:…`` or ``O:…``."""

    def authenticate(self, username: str, password: Secret, peer: str) -> Eventually[Sequence[str]]:
        """Answer two to four strings: ticket, company file or keyword, delay, interval."""

    def sendRequestXML(
        self, ticket: str, hcp: str, company_file: str, country: str, major: int, minor: int
    ) -> Eventually[str]:
        """Answer the next qbXML request, or empty for 'ask me why not'."""

    def receiveResponseXML(
        self, ticket: str, response: ResponseText, hresult: str, message: str
    ) -> Eventually[int]:
        """Take QuickBooks' response; answer progress, 100 for done, negative for an error."""

    def connectionError(self, ticket: str, hresult: str, message: str) -> Eventually[str]:
        """QuickBooks could not be opened: answer ``done`` or another company file."""

    def getLastError(self, ticket: str) -> Eventually[str]:
        """Say what went wrong, or ``NoOp``."""

    def closeConnection(self, ticket: str) -> Eventually[str]:
        """Say how the update ended."""

    def getInteractiveURL(self, ticket: str, session_id: str) -> Eventually[str]:
        """Answer the URL to open in interactive mode."""

    def interactiveRejected(self, ticket: str, reason: str) -> Eventually[str]:
        """Say something to a user who refused interactive mode."""

    def interactiveDone(self, ticket: str) -> Eventually[str]:
        """Answer ``Done`` when interactive mode has ended."""

    def response_not_taken(
        self, ticket: str, why: NotTaken, detail: str, size: int
    ) -> Eventually[int]:
        """QuickBooks' response could not be taken in: answer as receiveResponseXML does."""

    def cut_off(self, ticket: str) -> Eventually[None]:
        """The Web Connector was gone before it had the answer to a call of this ticket."""

    def is_live_ticket(self, ticket: str) -> Deferred[bool]:
        """Whether a session with this ticket is open, so that it may send a large response."""

    def caller(self, ticket: str) -> Caller:
        """Whose a ticket is, as far as that is known without asking the store."""


@define(eq=False, repr=False)
class SoapBody(Body):
    """The body of a call: read as it arrives, large only for what a live session has to say.

    ``large`` are the tickets under which a large body is coming in or being worked on; there is
    one for each ticket, since a Web Connector waits for the answer before it sends more. A
    response that is larger than ``kept_bytes`` is read to its end and thrown away, so that the
    Web Connector hears an answer of its session and not a broken connection.
    """

    limit_bytes: int
    _callbacks: Callbacks
    _large: set[str]
    _kept_bytes: int
    _size: int = field(default=0, init=False)
    _ticket: str = field(default="", init=False)  # under which it is among the large ones
    _reader: EnvelopeReader = field(factory=EnvelopeReader, init=False)
    _refused: EnvelopeRefused | None = field(default=None, init=False)
    _too_large: bool = field(default=False, init=False)
    _is_done: bool = field(default=False, init=False)

    def feed(self, data: bytes) -> None:
        """Read on; what follows a refusal is not looked at."""
        self._size += len(data)
        if self._size > self._kept_bytes and not self._too_large:
            self._too_large = True
            self._reader.release()
        if not self._too_large:
            self._read(lambda: self._reader.feed(data))

    def _read(self, read: Callable[[], None]) -> None:
        if self._refused is not None:
            return
        try:
            read()
        except EnvelopeRefused as refused:
            self._refused = refused
            self._reader.release()

    def may_be_large(self) -> Deferred[bool]:
        """Ask for the ticket, which comes first in every call; without it the answer is no."""
        self._read(self._reader.flush)
        operation = self._reader.operation
        may_ask = operation is not None and (operation.may_be_large or operation.has_words)
        ticket = (self._reader.ticket or "") if may_ask else ""
        if not ticket:
            return succeed(False)
        if ticket in self._large:
            self._is_done = True  # the session hears of the one that is being read
            return fail(OneAtATime())
        self._ticket = ticket
        self._large.add(ticket)
        return maybeDeferred(self._callbacks.is_live_ticket, ticket)

    def _ticket_of_response(self) -> str:
        """The ticket of a response, as soon as it was read; empty for any other call."""
        operation = self._reader.operation
        is_response = operation is not None and operation.may_be_large
        return (self._reader.ticket or "") if is_response else ""

    def drop(self) -> None:
        """Forget what was read, and leave the large ones; tell of a response that broke off."""
        if not self._is_done and not self._too_large:
            self._read(self._reader.flush)
        ticket = self._ticket_of_response()
        if ticket and not self._is_done:
            self._is_done = True
            detail = f"The connection ended after {self._size:,} bytes of the response."
            told = maybeDeferred(
                self._callbacks.response_not_taken, ticket, NotTaken.CUT_OFF, detail, self._size
            )
            told.addCallback(lambda _percent: maybeDeferred(self._callbacks.cut_off, ticket))
        self._reader.release()
        self._large.discard(self._ticket)
        self._ticket = ""

    def call(self) -> Call:
        """Return the call, now that the body is complete.

        Raises ResponseNotTaken for a response of a ticket, EnvelopeRefused for anything else.
        """
        self._is_done = True
        ticket = self._ticket_of_response()
        if self._too_large and ticket:
            detail = f"It has {self._size:,} bytes; {self._kept_bytes:,} are taken."
            raise ResponseNotTaken(ticket, NotTaken.TOO_LARGE, detail, self._size)
        try:
            if self._refused is not None:
                raise self._refused
            return self._reader.close()
        except EnvelopeRefused as refused:
            # The ticket stands before whatever went wrong.
            ticket = self._ticket_of_response()
            if not ticket:
                raise
            raise ResponseNotTaken(
                ticket, NotTaken.GARBLED, refused.reason, self._size
            ) from refused


@define(eq=False, repr=False)
class Edge(Resource):
    """Everything that we serve: the calls, the WSDL, two pages for people, and downloads.

    ``service`` and ``support`` are the pages. No slash ends ``public_url``.
    """

    isLeaf = True
    log = Logger()

    _callbacks: Callbacks
    _limits: EdgeLimits
    _public_url: str
    _service: bytes
    _support: bytes
    _downloads: Downloads | None
    _prefix: str = field(init=False)
    _large: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        super().__init__()
        self._prefix = urlsplit(self._public_url).path

    def _path(self, target: bytes) -> str:
        """The path below the public URL, whether or not a proxy has cut that off."""
        path = _ORIGIN.sub("", target.decode("ascii", "replace"))
        return path.rstrip("/").removeprefix(self._prefix)

    def body_for(self, head: Head) -> Body:
        """Choose where a body goes, and how large it may be, by the head of its request."""
        limits = self._limits
        if head.method != b"POST" or self._path(head.path) not in SERVICE_PATHS:
            return DiscardedBody(limits.body_limit_bytes)
        named = operation_of_soap_action(_first(head, b"SOAPAction").decode("ascii", "replace"))
        if named is not None and not named.may_be_large:
            limit_bytes = limits.words_limit_bytes if named.has_words else 0
            limit_bytes = max(limits.body_limit_bytes, limit_bytes)
            return SoapBody(limit_bytes, self._callbacks, self._large, limit_bytes)
        kept_bytes = limits.response_limit_bytes
        return SoapBody(kept_bytes * THROWN_AWAY, self._callbacks, self._large, kept_bytes)

    def render(self, request: EdgeRequest) -> bytes | int:
        path = self._path(request.path)
        token = token_in(path)
        request.place = (path or "/") if path in (*SERVICE_PATHS, "", SUPPORT_PATH) else ""
        if token is not None and self._downloads is not None:
            request.place = f"{PATH}/…"
            return self._hand_over(request, token, self._downloads)
        is_service = path in SERVICE_PATHS
        if not is_service and path not in ("", SUPPORT_PATH):
            return self._refuse(request, http.NOT_FOUND, "There is nothing at this address.")
        if request.method in (b"GET", b"HEAD"):
            return self._show(request, path)
        if request.method == b"POST" and is_service:
            return self._answer_call(request)
        request.setHeader(b"Allow", b"GET, HEAD, POST" if is_service else b"GET, HEAD")
        return self._refuse(request, http.NOT_ALLOWED, "This method is not supported here.")

    def _show(self, request: EdgeRequest, path: str) -> bytes | int:
        query = request.uri.partition(b"?")[2].lower()
        if path in SERVICE_PATHS and query in (b"wsdl", b"singlewsdl"):
            return send(request, http.OK, build_wsdl(self._public_url + path), _XML)
        for name, value in PAGE_HEADERS.items():
            request.setHeader(name, value)
        shown = self._support if path == SUPPORT_PATH else self._service
        return send(request, http.OK, shown, None)

    def _hand_over(self, request: EdgeRequest, token: str, downloads: Downloads) -> int:
        """POST takes the file; whoever only looks, with GET or HEAD, uses nothing up."""
        if request.method not in (b"GET", b"HEAD", b"POST"):
            request.setHeader(b"Allow", b"GET, HEAD, POST")
            return self._refuse(request, http.NOT_ALLOWED, "This method is not supported here.")
        reply = downloads.hand_over if request.method == b"POST" else downloads.show
        asked = reply(token, request.client_name)
        Deferred.fromCoroutine(self._answer_download(request, asked))
        return NOT_DONE_YET

    async def _answer_download(
        self, request: EdgeRequest, asked: Coroutine[Any, Any, Reply]
    ) -> None:
        reply = await asked
        if request.is_gone:
            self.log.info("{peer} hung up before its download", peer=request.client_name)
            return
        for name, value in reply.headers.items():
            request.setHeader(name, value)
        send(request, reply.status, reply.content, None)

    def _refuse(self, request: EdgeRequest, status: int, reason: str) -> int:
        return send(request, status, reason.encode() + b"\n", TEXT)

    def _answer_call(self, request: EdgeRequest) -> int:
        content_type = (request.getHeader(b"Content-Type") or b"text/xml").partition(b";")[0]
        if content_type.strip().lower() not in _SOAP_TYPES:
            reason = "Send a SOAP envelope with the content type text/xml."
            fault = write_fault(FaultCode.CLIENT, reason)
            return send(request, http.UNSUPPORTED_MEDIA_TYPE, fault, _XML)
        assert isinstance(request.body, SoapBody)
        try:
            call = request.body.call()
        except EnvelopeRefused as refused:
            return self._refuse_call(request, refused)
        except ResponseNotTaken as not_taken:
            operation = OPERATIONS["receiveResponseXML"]
            request.outcome = NOT_TAKEN
            ask = partial(self._tell_of_response, not_taken, request.client_name)
            ticket = not_taken.ticket
        else:
            operation = call.operation
            ask = partial(self._ask, call, request.client_name)
            ticket = call.ticket
        request.operation = operation.name
        Deferred.fromCoroutine(self._answer(request, operation, ask, ticket))
        return NOT_DONE_YET

    def _tell_of_response(self, not_taken: ResponseNotTaken, peer: str) -> Eventually[int]:
        """Have the session hear that its answer was not taken in; what it says is the answer."""
        self.log.warn(
            "Response from {peer} not accepted, {why}: {detail}",
            peer=peer,
            why=not_taken.why.value,
            detail=not_taken.detail,
        )
        return self._callbacks.response_not_taken(
            not_taken.ticket, not_taken.why, not_taken.detail, not_taken.size
        )

    def _refuse_call(self, request: EdgeRequest, refused: EnvelopeRefused) -> int:
        request.outcome = UNREADABLE
        self.log.info(
            "Call from {peer} refused: {reason}", peer=request.client_name, reason=refused.reason
        )
        fault = write_fault(refused.code, refused.reason)
        return send(request, http.INTERNAL_SERVER_ERROR, fault, _XML)

    async def _answer(
        self,
        request: EdgeRequest,
        operation: Operation,
        ask: Callable[[], Eventually[Any]],
        ticket: str,
    ) -> None:
        try:
            value = ask()
            if isinstance(value, Awaitable):
                value = await value
            if operation.name == "authenticate":
                ticket = value[0]
            status, answer = http.OK, write_answer(operation, value)
            request.caller, request.ticket = self._callbacks.caller(ticket), short(ticket)
            refused = request.caller.refused
            request.outcome = request.outcome or outcome(operation.name, value, refused)
        except Exception:
            request.outcome = FAULT
            status, answer = http.INTERNAL_SERVER_ERROR, self._fault(operation, request.client_name)
        if request.is_gone:
            request.site.hung_up(request)
            if ticket:
                await maybeDeferred(self._callbacks.cut_off, ticket)
        else:
            send(request, status, answer, _XML)

    def _ask(self, call: Call, peer: str) -> Eventually[Any]:
        callback: Callable[..., Any] = getattr(self._callbacks, call.operation.name)
        if call.operation.name == "authenticate":
            return callback(*call.arguments, peer)
        return callback(*call.arguments)

    def _fault(self, operation: Operation, peer: str) -> bytes:
        """Log the failure that is being handled, and tell the caller no more than its reference."""
        reference = secrets.token_hex(4)
        self.log.failure(
            "{operation} from {peer} failed (reference {reference})",
            operation=operation.name,
            peer=peer,
            reference=reference,
        )
        reason = f"Something went wrong in the service; its log has the reference {reference}."
        return write_fault(FaultCode.SERVER, reason)


def _first(head: Head, name: bytes) -> bytes:
    return (head.headers.getRawHeaders(name) or [b""])[0]


def make_site(
    callbacks: Callbacks,
    limits: EdgeLimits,
    *,
    public_url: str,
    reactor: Clock,
    support_url: str = "",
    support: bytes = b"",
    downloads: Downloads | None = None,
    meter: Meter = uncounted,
) -> EdgeSite:
    """Put the service together: a factory to listen with.

    ``public_url`` is the address that clients use, with a path if a proxy adds one;
    ``support_url`` where its pages send people for help, unless to our own support page;
    ``support`` an HTML page to show there instead of ours; ``downloads`` answers for links;
    ``meter`` counts the requests.
    """
    public_url = public_url.rstrip("/")
    service = service_page(support_url or public_url + SUPPORT_PATH)
    edge = Edge(callbacks, limits, public_url, service, support or support_page(), downloads)
    return EdgeSite(edge, limits, edge.body_for, reactor, meter)
