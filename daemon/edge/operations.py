"""The eleven callbacks of the Web Connector, as one table.

The envelope reader, the answers, the WSDL and the dispatch to the callbacks all read it,
so a name or a type is written down once. Spelling and order are the wire's; names are
case sensitive. Source: the Web Connector's service contract (operations and types).
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property

from shared.structs import Value

NAMESPACE = "http://developer.intuit.com/"
SERVICE = "QBWebConnectorSvc"


class Kind(Enum):
    """What a parameter holds, and so how its text is read."""

    TEXT = auto()  # kept as it came
    TOKEN = auto()  # white space around it means nothing
    NUMBER = auto()  # xsd:int
    PASSWORD = auto()  # never shown
    DOCUMENT = auto()  # may be many megabytes: handed on in pieces


class Result(Enum):
    """What an operation answers."""

    TEXT = auto()
    NUMBER = auto()  # xsd:int
    TEXTS = auto()  # ArrayOfString


class Parameter(Value):
    """One named parameter of an operation."""

    name: str
    kind: Kind = Kind.TEXT


class Operation(Value, dict=True):
    """One callback: its name on the wire, its parameters in order, and its result."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    result: Result = Result.TEXT

    @cached_property
    def says_nothing(self) -> bool:
        """Whether nothing of any session or person travels in it: serverVersion, clientVersion."""
        return all(parameter is CLIENT_VERSION for parameter in self.parameters)

    @cached_property
    def may_be_large(self) -> bool:
        """Whether a whole qbXML document travels in it."""
        return any(parameter.kind is Kind.DOCUMENT for parameter in self.parameters)

    @cached_property
    def has_words(self) -> bool:
        """Whether words of QuickBooks or of a person travel in it, in a session."""
        return TICKET in self.parameters and any(
            parameter.kind is Kind.TEXT for parameter in self.parameters
        )


CLIENT_VERSION = Parameter("strVersion", Kind.TOKEN)
TICKET = Parameter("ticket", Kind.TOKEN)
# The interactive operations call the ticket by another name.
INTERACTIVE_TICKET = Parameter("wcTicket", Kind.TOKEN)
TICKET_NAMES = frozenset({TICKET.name, INTERACTIVE_TICKET.name})

OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("serverVersion"),
        Operation("clientVersion", (CLIENT_VERSION,)),
        Operation(
            "authenticate",
            (Parameter("strUserName"), Parameter("strPassword", Kind.PASSWORD)),
            Result.TEXTS,
        ),
        Operation(
            "sendRequestXML",
            (
                TICKET,
                Parameter("strHCPResponse"),
                Parameter("strCompanyFileName"),
                Parameter("qbXMLCountry", Kind.TOKEN),
                Parameter("qbXMLMajorVers", Kind.NUMBER),
                Parameter("qbXMLMinorVers", Kind.NUMBER),
            ),
        ),
        Operation(
            "receiveResponseXML",
            (
                TICKET,
                Parameter("response", Kind.DOCUMENT),
                Parameter("hresult", Kind.TOKEN),
                Parameter("message"),
            ),
            Result.NUMBER,
        ),
        Operation(
            "connectionError", (TICKET, Parameter("hresult", Kind.TOKEN), Parameter("message"))
        ),
        Operation("getLastError", (TICKET,)),
        Operation("closeConnection", (TICKET,)),
        Operation("getInteractiveURL", (INTERACTIVE_TICKET, Parameter("sessionID", Kind.TOKEN))),
        Operation("interactiveRejected", (INTERACTIVE_TICKET, Parameter("reason"))),
        Operation("interactiveDone", (INTERACTIVE_TICKET,)),
    )
}


def operation_of_soap_action(soap_action: str) -> Operation | None:
    """Find the operation that a SOAPAction header names, quoted or not.

    None when the header is absent, empty or names something else: the body decides then.
    """
    return OPERATIONS.get(soap_action.strip().strip("\"'").removeprefix(NAMESPACE))
