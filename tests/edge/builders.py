"""Bytes in, bytes out: a real site over in-memory connections, and a fake behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from daemon.callers import Caller
from daemon.edge.channel import EdgeChannel
from daemon.edge.downloads import Downloads
from daemon.edge.limits import EdgeLimits
from daemon.edge.resource import make_site
from daemon.edge.soap import ResponseText, Secret
from shared.structs import Value

NAMESPACE = "http://developer.intuit.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TICKET = "5F0C2A7E-ticket"
PASSWORD = "correct-horse-battery"

ANSWERS: dict[str, Any] = {
    "serverVersion": "Deskbridge 1.0",
    "clientVersion": "",
    "authenticate": [TICKET, ""],
    "sendRequestXML": '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML/>',
    "receiveResponseXML": 42,
    "connectionError": "done",
    "getLastError": "NoOp",
    "closeConnection": "OK",
    "getInteractiveURL": "https://books.example.com/interactive?a=1&b=2",
    "interactiveRejected": "",
    "interactiveDone": "Done",
}


class FakeCallbacks:
    """Answers every call at once, or when told, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = ANSWERS | answers
        self.calls: list[tuple[Any, ...]] = []
        self.responses: list[bytes] = []
        self.live_tickets = {TICKET}
        self.asked_tickets: list[str] = []
        self.not_taken: list[tuple[str, str, str, int]] = []
        self.cut_tickets: list[str] = []
        self.callers: dict[str, Caller] = {}
        self.ticket_answer: Deferred[bool] | None = None

    def __getattr__(self, name: str) -> Any:
        if name not in ANSWERS:
            raise AttributeError(name)
        return lambda *arguments: self._answer(name, arguments)

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        self.calls.append((name, *map(self._plain, arguments)))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _plain(self, argument: Any) -> Any:
        match argument:
            case Secret():
                return argument.reveal()
            case ResponseText():
                self.responses.append(b"".join(argument))
                return self.responses[-1].decode()
        return argument

    def response_not_taken(self, ticket: str, why: str, detail: str, size: int) -> int:
        self.not_taken.append((ticket, str(why), detail, size))
        return 7

    def cut_off(self, ticket: str) -> None:
        self.cut_tickets.append(ticket)

    def caller(self, ticket: str) -> Caller:
        return self.callers.get(ticket, Caller())

    def is_live_ticket(self, ticket: str) -> Deferred[bool]:
        self.asked_tickets.append(ticket)
        return self.ticket_answer or succeed(ticket in self.live_tickets)


def envelope(operation: str, **parameters: str | None) -> bytes:
    """The envelope as the Web Connector sends it."""
    inner = "".join(
        f"<{name}>{escape(text)}</{name}>" for name, text in parameters.items() if text is not None
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{SOAP}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f'<soap:Body><{operation} xmlns="{NAMESPACE}">{inner}</{operation}></soap:Body>'
        "</soap:Envelope>"
    ).encode()


def receive(response: str, ticket: str = TICKET, hresult: str = "", message: str = "") -> bytes:
    return envelope(
        "receiveResponseXML", ticket=ticket, response=response, hresult=hresult, message=message
    )


def post(
    body: bytes,
    *,
    path: str = "/qbwc/invoice",
    action: str | None = None,
    length: int | None = None,
    **headers: str | None,
) -> bytes:
    """A POST as the Web Connector writes it; ``header_name=None`` leaves a header out."""
    return (
        head(
            "POST",
            path,
            **{
                "User_Agent": "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol)",
                "Content_Type": "text/xml; charset=utf-8",
                "SOAPAction": action,
                "Content_Length": str(len(body) if length is None else length),
            }
            | headers,
        )
        + body
    )


def chunked(*pieces: bytes, **headers: str | None) -> bytes:
    """A POST in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    return post(body, Content_Length=None, Transfer_Encoding="chunked", **headers)


def head(method: str, path: str, **headers: str | None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: books.example.com"]
    lines += [
        f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class Answer(Value):
    """One HTTP answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Connection:
    """One client connection; what it is sent goes straight into the site."""

    channel: EdgeChannel
    transport: StringTransport
    clock: Clock
    lost: bool = False
    _taken: int = field(default=0)

    def send(self, *pieces: bytes) -> Connection:
        for piece in pieces:
            if not self.transport.disconnected:
                self.channel.dataReceived(piece)
        return self

    def hang_up(self) -> None:
        self.lost = True
        self.channel.connectionLost(Failure(ConnectionDone()))

    @property
    def written(self) -> bytes:
        """What was written and not yet taken as an answer."""
        return bytes(self.transport.value()[self._taken :])

    def answer(self, method: str = "POST") -> Answer:
        """Take the next answer; fails when there is none or it is not exactly framed."""
        raw = self.written
        top, separator, rest = raw.partition(b"\r\n\r\n")
        assert separator, f"no complete answer: {raw!r}"
        status, *lines = top.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        code = int(status.split(" ")[1])
        size = 0 if method == "HEAD" or code == 100 else int(headers["content-length"])
        assert len(rest) >= size
        self._taken += len(top) + 4 + size
        return Answer(code, headers, rest[:size])

    @property
    def cut(self) -> bool:
        return bool(self.transport.disconnected)

    @property
    def closing(self) -> bool:
        return bool(self.transport.disconnecting)


class Rig:
    """The site with its clock and its fake."""

    def __init__(
        self,
        callbacks: FakeCallbacks | None = None,
        *,
        public_url: str = "https://books.example.com",
        support_url: str = "",
        support: bytes = b"",
        downloads: Downloads | None = None,
        **limits: Any,
    ) -> None:
        self.metered: list[tuple[str, str, float]] = []
        self.callbacks = callbacks or FakeCallbacks()
        self.clock = Clock()
        self.limits = EdgeLimits(**limits)
        self.site = make_site(
            self.callbacks,
            self.limits,
            public_url=public_url,
            support_url=support_url,
            support=support,
            reactor=self.clock,
            downloads=downloads,
            meter=lambda *told: self.metered.append(told),
        )
        self.site.doStart()
        self._ports = iter(range(40000, 65000))

    def connect(self, peer: str = "203.0.113.9") -> Connection:
        address: Any
        if peer == "local":
            address = UNIXAddress(b"/run/edge")
        elif ":" in peer:
            address = IPv6Address("TCP", peer, next(self._ports))
        else:
            address = IPv4Address("TCP", peer, next(self._ports))
        channel = self.site.buildProtocol(address)
        transport = StringTransport(peerAddress=address)
        channel.makeConnection(transport)
        return Connection(channel, transport, self.clock)

    def ask(self, request: bytes, method: str = "POST") -> Answer:
        """One request over a connection of its own."""
        return self.connect().send(request).answer(method)

    def call(self, operation: str, **parameters: str | None) -> Answer:
        return self.ask(post(envelope(operation, **parameters)))

    @property
    def asked(self) -> list[tuple[Any, ...]]:
        return self.callbacks.calls


class LogLines:
    """Collects what is logged while it is open, as an operator would read it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> LogLines:
        globalLogPublisher.addObserver(self.events.append)
        return self

    def __exit__(self, *_raised: object) -> None:
        globalLogPublisher.removeObserver(self.events.append)

    @property
    def text(self) -> str:
        from twisted.logger import eventAsText

        return "\n".join(
            eventAsText(event, includeTimestamp=False, includeSystem=False)
            for event in self.events
            if event.get("log_format")
        )
