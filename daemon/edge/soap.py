"""The values that cross the SOAP edge, and the exact bytes of every answer.

Answers are written from templates, never by a serializer: no byte order mark, no
indentation, no nil, and nothing between a result's tags but the result. They are plain
ASCII (other characters as references), so that no proxy can mistake their encoding.
SOAP 1.1, document/literal, whatever flavour the question came in.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, StrEnum
from hashlib import sha256
from typing import Any

from daemon.edge.operations import NAMESPACE, TICKET_NAMES, Kind, Operation, Result
from shared.structs import Value

ENVELOPE_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_NAMESPACE_1_2 = "http://www.w3.org/2003/05/soap-envelope"

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<soap:Envelope xmlns:soap="{ENVELOPE_NAMESPACE}"><soap:Body>'
)
_TAIL = "</soap:Body></soap:Envelope>"

# What XML 1.0 cannot carry, not even as a reference: controls, lone surrogates, two
# non-characters. None of it is in a text of ours; QuickBooks' words may be quoted in one.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_INT = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)


class FaultCode(Enum):
    """The fault codes of SOAP 1.1."""

    CLIENT = "Client"
    SERVER = "Server"
    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"


class EnvelopeRefused(Exception):
    """A request that is not one of ours; ``reason`` is a sentence fit for the caller.

    The reason may name an element, never the content of one.
    """

    def __init__(self, reason: str, code: FaultCode = FaultCode.CLIENT) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class NotTaken(StrEnum):
    """Why a response of QuickBooks was not taken in, though its session is known."""

    TOO_LARGE = "too-large"  # longer than the setting response_limit_bytes
    GARBLED = "garbled"  # not the SOAP that it should be
    CUT_OFF = "cut-off"  # the connection ended, or took too long, before its end


class ResponseNotTaken(Exception):
    """The response of a known ticket that the session must hear of in the same call.

    ``detail`` is a sentence without any text of the response, ``size`` in bytes.
    """

    def __init__(self, ticket: str, why: NotTaken, detail: str, size: int) -> None:
        super().__init__(detail)
        self.ticket = ticket
        self.why = why
        self.detail = detail
        self.size = size


class BadAnswer(TypeError):
    """A callback of ours returned what the wire cannot carry: a bug, told by type only."""

    def __init__(self, operation: str, expected: str, value: object) -> None:
        super().__init__(f"{operation} must answer {expected}, not {type(value).__name__}")
        self.operation = operation


class Secret:
    """A text that shows itself only when asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"


class ResponseText:
    """The qbXML of one ``receiveResponseXML``: UTF-8 pieces, handed out once.

    Iterating gives each piece away, so that a document of many megabytes is never held
    twice; a second iteration raises RuntimeError. ``size`` is in bytes; ``digest`` is the
    SHA-256 of the whole in hexadecimal, known before the first piece is read. The pieces
    are cut anywhere, also within a character.
    """

    def __init__(self, pieces: Iterable[bytes], size: int, digest: str) -> None:
        self._pieces: deque[bytes] | None = deque(pieces)
        self.size = size
        self.digest = digest

    @classmethod
    def of(cls, text: str) -> ResponseText:
        """Make one from a text that is at hand as a whole."""
        whole = text.encode()
        return cls([whole] if whole else [], len(whole), sha256(whole).hexdigest())

    def __iter__(self) -> Iterator[bytes]:
        if self._pieces is None:
            raise RuntimeError("this response has been read already; its pieces are gone")
        pieces, self._pieces = self._pieces, None
        return _given_away(pieces)

    def __repr__(self) -> str:
        return f"ResponseText({self.size} bytes)"


def _given_away(pieces: deque[bytes]) -> Iterator[bytes]:
    while pieces:
        yield pieces.popleft()


class Call(Value):
    """One question of the Web Connector: its arguments in the order of the table."""

    operation: Operation
    arguments: tuple[str | int | Secret | ResponseText, ...]

    @property
    def ticket(self) -> str:
        """The ticket of the session that calls; empty where the operation has none."""
        named = self.operation.parameters[:1]
        return str(self.arguments[0]) if named and named[0].name in TICKET_NAMES else ""

    def __repr__(self) -> str:
        return f"Call({self.operation.name})"


def bind(operation: Operation, texts: Mapping[str, str], response: ResponseText) -> Call:
    """Give each parameter its value; absent and empty are the same.

    An absent number is 0. Raises EnvelopeRefused when a number is not one.
    """
    arguments: list[str | int | Secret | ResponseText] = []
    for parameter in operation.parameters:
        text = texts.get(parameter.name, "")
        match parameter.kind:
            case Kind.TEXT:
                arguments.append(text)
            case Kind.TOKEN:
                arguments.append(text.strip())
            case Kind.NUMBER:
                arguments.append(_read_int(parameter.name, text.strip()))
            case Kind.PASSWORD:
                arguments.append(Secret(text))
            case Kind.DOCUMENT:
                arguments.append(response)
    return Call(operation, tuple(arguments))


def _read_int(name: str, text: str) -> int:
    """Read an xsd:int; empty is 0."""
    if not text:
        return 0
    if not _INT.fullmatch(text) or not INT_MIN <= int(text) <= INT_MAX:
        raise EnvelopeRefused(f"{name} must be a whole number.")
    return int(text)


def write_answer(operation: Operation, value: object) -> bytes:
    """Write the answer to one call.

    ``value`` is a str, an int of 32 bits or two to four strings, as the table says.
    Raises BadAnswer for anything else: a nil result breaks the Web Connector.
    """
    name = operation.name
    result = _RESULTS[operation.result](name, value)
    return _ascii(
        f'{_HEAD}<{name}Response xmlns="{NAMESPACE}">'
        f"<{name}Result>{result}</{name}Result>"
        f"</{name}Response>{_TAIL}"
    )


def write_fault(code: FaultCode, reason: str) -> bytes:
    """Write a SOAP 1.1 fault; the reason reaches the Web Connector's log, nothing more."""
    return _ascii(
        f"{_HEAD}<soap:Fault><faultcode>soap:{code.value}</faultcode>"
        f"<faultstring>{escape(reason)}</faultstring></soap:Fault>{_TAIL}"
    )


def escape(text: str) -> str:
    """Escape a text once for element content; what XML cannot carry becomes ``?``.

    A carriage return travels as a reference, since a bare one would arrive as a newline.
    """
    return (
        _NOT_XML.sub("?", text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\r", "&#13;")
    )


def _ascii(document: str) -> bytes:
    return document.encode("ascii", "xmlcharrefreplace")


def _text(operation: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadAnswer(operation, "a text", value)
    return escape(value)


def _number(operation: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not INT_MIN <= value <= INT_MAX:
        raise BadAnswer(operation, "an integer of 32 bits", value)
    return str(value)


def _texts(operation: str, value: Any) -> str:
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        raise BadAnswer(operation, "two to four texts", value)
    return "".join(f"<string>{_text(operation, text)}</string>" for text in value)


_RESULTS: dict[Result, Callable[[str, object], str]] = {
    Result.TEXT: _text,
    Result.NUMBER: _number,
    Result.TEXTS: _texts,
}
