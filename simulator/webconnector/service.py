"""The web service as the Web Connector sees it: eleven calls, logged, each failing with its code.

Rehearsed faults and the boundaries between calls live here too, so that the update itself
reads like the protocol.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from lxml import etree

from simulator.webconnector import soap
from simulator.webconnector.errors import WebConnectorDied, WebConnectorError
from simulator.webconnector.faults import (
    LINE_FAULTS,
    Boundary,
    Fault,
    FaultKind,
    Moment,
    carry_badly,
)
from simulator.webconnector.log import MASK, Log
from simulator.webconnector.transport import Transport

CODES: Mapping[str, str] = {
    "clientVersion": "QBWC1036",
    "authenticate": "QBWC1012",
    "sendRequestXML": "QBWC1041",
    "receiveResponseXML": "QBWC1042",
    "getLastError": "QBWC1043",
    "closeConnection": "QBWC1044",
    "connectionError": "QBWC1045",
}
_TICKET_SHOWN = 8
_FEWEST_TEXTS = 2
_MOST_TEXTS = 4

Parameters = Mapping[str, str | int]
Response = etree._Element | None
Result = TypeVar("Result")
BoundaryCallback = Callable[[Boundary], object]


@dataclass
class WebService:
    """Makes the calls of one update. Each method raises WebConnectorError when it fails.

    ``on_boundary`` is told of the points before and after each call; it may raise
    WebConnectorDied, and then nothing further happens.
    """

    url: str
    transport: Transport
    log: Log
    sleep: Callable[[float], object] = time.sleep
    faults: Sequence[Fault] = ()
    on_boundary: BoundaryCallback | None = None
    second_connector: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self._turns: Counter[str] = Counter()

    def server_version(self) -> str:
        """The service's name and version; empty when it says nothing."""
        return self._text("serverVersion") or ""

    def client_version(self, version: str) -> str:
        """The service's opinion of our version; nothing is as good as empty."""
        return self._text("clientVersion", strVersion=version) or ""

    def authenticate(self, username: str, password: str) -> list[str]:
        """Two to four texts: ticket, company file or keyword, postponement, minimum interval."""
        self.log.hide(password)
        return self._call(
            "authenticate", _read_admission, strUserName=username, strPassword=password
        )

    def send_request_xml(
        self, ticket: str, hcp: str, company_file: str, country: str, version: tuple[int, int]
    ) -> str:
        """A qbXML request, or empty text: then the service wants to be asked for its error."""
        return self._needed_text(
            "sendRequestXML",
            ticket=ticket,
            strHCPResponse=hcp,
            strCompanyFileName=company_file,
            qbXMLCountry=country,
            qbXMLMajorVers=version[0],
            qbXMLMinorVers=version[1],
        )

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Progress in percent; 100 is the end, a negative number an error."""
        return self._call(
            "receiveResponseXML",
            soap.read_integer,
            ticket=ticket,
            response=response,
            hresult=hresult,
            message=message,
        )

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """``done``, or the company file to try next (empty: the one that is open)."""
        return self._needed_text("connectionError", ticket=ticket, hresult=hresult, message=message)

    def get_last_error(self, ticket: str) -> str:
        """The sentence for the status column, ``NoOp`` or ``Interactive mode``."""
        return self._needed_text("getLastError", ticket=ticket)

    def close_connection(self, ticket: str) -> str:
        """The sentence for the status column after a good end."""
        return self._needed_text("closeConnection", ticket=ticket)

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """The page that the user is to visit."""
        return self._needed_text("getInteractiveURL", wcTicket=ticket, sessionID=session_id)

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """The sentence for the status column when the user would not visit the page."""
        return self._needed_text("interactiveRejected", wcTicket=ticket, reason=reason)

    def interactive_done(self, ticket: str) -> str:
        """``Done`` (or nothing) when the user is through with the page."""
        return self._text("interactiveDone", wcTicket=ticket) or ""

    def _text(self, operation: str, **parameters: str | int) -> str | None:
        if self._skipped(operation):
            return ""
        return self._call(operation, soap.read_string, **parameters)

    def _needed_text(self, operation: str, **parameters: str | int) -> str:
        return "" if self._skipped(operation) else self._call(operation, _needed_text, **parameters)

    def _skipped(self, operation: str) -> bool:
        skipped = FaultKind.SKIP in self._faults_at(operation, self._turns[operation] + 1)
        if skipped:
            self.log.say(f"{operation}()", "Left out (rehearsed).")
        return skipped

    def _call(
        self, operation: str, read: Callable[[str, Response], Result], **parameters: str | int
    ) -> Result:
        """One call, with all that is rehearsed around it."""
        self._turns[operation] += 1
        turn = self._turns[operation]
        faults = self._faults_at(operation, turn)
        self._reach(Boundary(Moment.BEFORE, operation, turn))
        self._rehearse_before(operation, faults)
        if FaultKind.CUT_RESPONSE in faults and "response" in parameters:
            response = str(parameters["response"])
            parameters["response"] = response[: len(response) // 2]
        if FaultKind.REPEAT in faults:
            self._exchange(operation, parameters, faults, read)
        result = self._exchange(operation, parameters, faults, read)
        self._reach(Boundary(Moment.AFTER, operation, turn))
        if FaultKind.DIE_AFTER in faults:
            raise WebConnectorDied(f"rehearsed: switched off after {operation}")
        return result

    def _faults_at(self, operation: str, turn: int) -> dict[FaultKind, Fault]:
        return {fault.kind: fault for fault in self.faults if fault.strikes(operation, turn)}

    def _reach(self, boundary: Boundary) -> None:
        if self.on_boundary is not None:
            self.on_boundary(boundary)

    def _rehearse_before(self, operation: str, faults: Mapping[FaultKind, Fault]) -> None:
        if FaultKind.DELAY in faults:
            self.sleep(faults[FaultKind.DELAY].seconds)
        if FaultKind.SECOND in faults and self.second_connector is not None:
            self.second_connector()
        if FaultKind.DIE_BEFORE in faults:
            raise WebConnectorDied(f"rehearsed: switched off before {operation}")

    def _exchange(
        self,
        operation: str,
        parameters: Parameters,
        faults: Mapping[FaultKind, Fault],
        read: Callable[[str, Response], Result],
    ) -> Result:
        self.log.say(f"{operation}()", "*** Calling with")
        for name, value in parameters.items():
            self.log.say(f"{operation}()", f"{name} =", payload=_shown(name, value))
        try:
            reply = self._line(faults)(
                self.url,
                soap.call_headers(operation),
                soap.write_call(operation, list(parameters.items())),
            )
            result = read(operation, soap.read_reply(operation, *reply))
        except (soap.BadReply, OSError) as error:
            failure = WebConnectorError(CODES.get(operation, ""), describe(error))
            self.log.say(f"{operation}()", f"{failure}")
            raise failure from error
        self.log.say(f"{operation}()", "Received", payload=_shown_result(result))
        return result

    def _line(self, faults: Mapping[FaultKind, Fault]) -> Transport:
        kind = next((kind for kind in LINE_FAULTS if kind in faults), None)
        return self.transport if kind is None else partial(carry_badly, self.transport, kind)


def _shown(name: str, value: str | int) -> str:
    if name == "strPassword":
        return MASK
    if name in ("ticket", "wcTicket"):
        return str(value)[:_TICKET_SHOWN]
    return str(value)


def _shown_result(result: object) -> str:
    """A result for the log: the ticket in authenticate's answer is shortened."""
    if not isinstance(result, list):
        return str(result)
    return ", ".join([str(result[0])[:_TICKET_SHOWN], *map(str, result[1:])])


def describe(error: OSError | soap.BadReply) -> str:
    """What the user reads when a call failed on the way or its reply was unusable."""
    if isinstance(error, soap.BadReply):
        return str(error)
    if isinstance(error, socket.gaierror):
        return f"The remote name could not be resolved ({error.strerror})."
    if isinstance(error, ssl.SSLError):
        return f"No trusted connection could be made: {error.reason or error}."
    if isinstance(error, TimeoutError):
        return "The operation has timed out."
    if isinstance(error, ConnectionRefusedError):
        return "The remote server refused the connection."
    return f"The underlying connection was closed: {error}."


def _needed_text(operation: str, response: Response) -> str:
    text = soap.read_string(operation, response)
    if text is None:
        raise soap.BadReply(f"The reply holds no {operation}Result (a null reference).")
    return text


def _read_admission(operation: str, response: Response) -> list[str]:
    """Two to four texts, as the contract of authenticate says; nil items are null references."""
    items = soap.read_strings(operation, response)
    if items is None:
        raise soap.BadReply("The reply holds no authenticateResult (a null reference).")
    if len(items) < _FEWEST_TEXTS:
        raise soap.BadReply(f"authenticateResult holds {len(items)} texts: index was out of range.")
    if len(items) > _MOST_TEXTS:
        raise soap.BadReply(f"authenticateResult holds {len(items)} texts; four are the most.")
    texts = [item for item in items if item is not None]
    if len(texts) < len(items):
        raise soap.BadReply("authenticateResult holds a nil text (a null reference).")
    return texts
