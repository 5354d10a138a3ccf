"""A service, a QuickBooks and a clock that tests can script, and .qwc files with defaults."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from lxml import etree

from simulator.company import QuickBooksError
from simulator.webconnector import Log, QwcFile, WebConnector

NAMESPACE = "http://developer.intuit.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XML = {"Content-Type": "text/xml; charset=utf-8"}
OWNER_ID = "{11111111-2222-3333-4444-555555555555}"
FILE_ID = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}"
REQUEST = '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML/>'
ANSWER = '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs/></QBXML>'
HCP = (
    '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><HostQueryRs requestID="0"><HostRet>'
    "<Country>CA</Country><SupportedQBXMLVersion>9.0</SupportedQBXMLVersion>"
    "<SupportedQBXMLVersion>13.0</SupportedQBXMLVersion>"
    "<SupportedQBXMLVersion>CA14.0</SupportedQBXMLVersion>"
    "</HostRet></HostQueryRs></QBXMLMsgsRs></QBXML>"
)

Reply = tuple[int, Mapping[str, str], bytes]


def envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def answers(operation: str, inner: str, namespace: str = NAMESPACE) -> Reply:
    """A good reply whose ``…Result`` holds ``inner``, which is XML."""
    wrapped = f"<{operation}Result>{inner}</{operation}Result>"
    response = f'<{operation}Response xmlns="{namespace}">{wrapped}</{operation}Response>'
    return 200, XML, envelope(response)


def texts(*items: str) -> str:
    return "".join(f"<string>{escape(item)}</string>" for item in items)


@dataclass
class Call:
    operation: str
    parameters: dict[str, str]
    headers: Mapping[str, str]


Answer = str | int | Sequence[str] | Reply | Exception

DEFAULTS: Mapping[str, Answer] = {
    "serverVersion": "Test service 1.0",
    "clientVersion": "",
    "authenticate": ["TICKET-1", ""],
    "sendRequestXML": REQUEST,
    "receiveResponseXML": 100,
    "connectionError": "done",
    "getLastError": "Something is wrong.",
    "closeConnection": "All is well.",
    "getInteractiveURL": "http://localhost/page",
    "interactiveRejected": "Refused.",
    "interactiveDone": "Done",
}


class ScriptedService:
    """An in-memory service: a transport that answers each call from its script.

    ``script`` gives the answers of one operation in turn; the last one stays. Text, numbers
    and lists become good replies, a tuple of three goes out as it is, an exception is raised.
    """

    def __init__(self, **script: list[Answer]) -> None:
        self.script = {name: list(replies) for name, replies in script.items()}
        self.calls: list[Call] = []
        self.gets: list[str] = []
        self.pages: dict[str, int] = {}
        self.on_call: Callable[[Call], object] | None = None

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes | None, /) -> Reply:
        if body is None:
            self.gets.append(url)
            return self.pages.get(url, 200), {"Content-Type": "text/html"}, b"<html/>"
        wrapper = etree.fromstring(body)[0][0]
        operation = etree.QName(wrapper).localname
        parameters = {etree.QName(child).localname: child.text or "" for child in wrapper}
        call = Call(operation, parameters, headers)
        self.calls.append(call)
        if self.on_call is not None:
            self.on_call(call)
        return self._reply(operation)

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    def last(self, operation: str) -> dict[str, str]:
        return [call.parameters for call in self.calls if call.operation == operation][-1]

    def _reply(self, operation: str) -> Reply:
        replies = self.script.get(operation, [DEFAULTS[operation]])
        answer = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            return answer
        if isinstance(answer, list):
            return answers(operation, texts(*answer))
        return answers(operation, escape(str(answer)))


class FakeCompany:
    def __init__(self, quickbooks: FakeQuickBooks, company_file: str) -> None:
        self._quickbooks = quickbooks
        self.company_file = company_file

    def host_company_preferences(self) -> str:
        if self._quickbooks.hcp is None:
            raise QuickBooksError("0x80040401", "no access")
        return self._quickbooks.hcp

    def process(self, request: str) -> str:
        self._quickbooks.events.append("process")
        answer = self._quickbooks.answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def data_ext(self, owner_id: str, name: str) -> str:
        return self._quickbooks.stamps.get((owner_id, name), "")

    def set_data_ext(self, owner_id: str, name: str, value: str) -> None:
        self._quickbooks.events.append(f"{name}={value.split(':')[0]}")
        self._quickbooks.stamps[owner_id, name] = value

    def close(self) -> None:
        self._quickbooks.events.append("close")
        if self._quickbooks.close_failure:
            raise self._quickbooks.close_failure


@dataclass
class FakeQuickBooks:
    """``refusals`` are raised by the next openings, one each."""

    refusals: list[QuickBooksError] = field(default_factory=list)
    hcp: str | None = HCP
    answer: str | QuickBooksError = ANSWER
    close_failure: QuickBooksError | None = None
    stamps: dict[tuple[str, str], str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def open(self, application: QwcFile, company_file: str) -> FakeCompany:
        self.opened.append(company_file)
        if self.refusals:
            raise self.refusals.pop(0)
        self.events.append("open")
        return FakeCompany(self, company_file or r"C:\Books\Larkspur.qbw")

    def stamped_file_id(self, owner_id: str) -> str:
        return self.stamps.get((owner_id, "FileID"), "")


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2024, 6, 12, 9, 46, 40, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def qwc(**changes: str | None) -> bytes:
    """A good .qwc file with some elements changed, or left out where None is given."""
    elements: dict[str, str | None] = {
        "AppName": "Invoice Sync",
        "AppID": "",
        "AppURL": "http://localhost:8085/qbwc/invoice",
        "AppDescription": "Imports invoices",
        "AppSupport": "http://localhost:8085/support",
        "UserName": "larkspur-invoice",
        "OwnerID": OWNER_ID,
        "FileID": FILE_ID,
        "QBType": "QBFS",
        "AppUniqueName": "Deskbridge Invoice 1a2b3c4d",
    }
    elements.update(changes)
    inner = "".join(
        f"<{name}>{value}</{name}>" for name, value in elements.items() if value is not None
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<QBWCXML>{inner}</QBWCXML>'.encode()


def other_qwc(**changes: str | None) -> bytes:
    """The .qwc file of a second application of the same service."""
    other: dict[str, str | None] = {
        "AppName": "Payment Sync",
        "AppURL": "http://localhost:8085/qbwc/payment",
        "UserName": "larkspur-payment",
        "OwnerID": "{99999999-2222-3333-4444-555555555555}",
        "FileID": "{FFFFFFFF-BBBB-CCCC-DDDD-EEEEEEEEEEEE}",
        "AppUniqueName": "Deskbridge Payment 1a2b3c4d",
    }
    return qwc(**{**other, **changes})


def connector(
    service: ScriptedService, application: bytes | None = None, **changes: object
) -> WebConnector:
    """A Web Connector with one application, on a fake QuickBooks and a fake clock."""
    clock = FakeClock()
    parts: dict[str, object] = {
        "quickbooks": FakeQuickBooks(),
        "transport": service,
        "sleep": clock.sleep,
        "clock": clock,
        "log": Log(None),
    }
    made = WebConnector(**{**parts, **changes})  # type: ignore[arg-type]
    made.add(application or qwc(), "correct horse")
    return made


class _QuietServer(ThreadingHTTPServer):
    """A client that hangs up is what some tests are about, and no error."""

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def over_http(service: Callable[[str, Mapping[str, str], bytes | None], Reply]) -> Iterator[str]:
    """Serve ``service`` over real HTTP/1.1 on localhost; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one write

        def handle_expect_100(self) -> bool:
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
            return True

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes | None) -> None:
            status, headers, answer = service(self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None: ...

    server = _QuietServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
