"""Reads a SOAP envelope as it arrives, piece by piece, with flat memory.

expat underneath, because it can refuse what must be refused (a DOCTYPE above all) before
anything is built from it. What reaches it is UTF-8 without the characters that XML forbids:
.NET writes out whatever QuickBooks holds (``shared.qbxml.repair``). Liberal about everything
that carries no meaning: prefixes, white space, attributes, nil, the namespace of the operation
and its parameters (so the RPC flavour binds too), unknown parameters, header blocks. Strict
about everything that does. Each piece costs well under a millisecond, so a document of any size
may be read on the reactor, between other people's calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from xml.parsers import expat

from daemon.edge.operations import OPERATIONS, TICKET_NAMES, Kind, Operation
from daemon.edge.soap import (
    ENVELOPE_NAMESPACE,
    ENVELOPE_NAMESPACE_1_2,
    Call,
    EnvelopeRefused,
    FaultCode,
    ResponseText,
    bind,
)
from shared.qbxml.repair import MARK, Repair
from shared.structs import Value

_TEXT_BUFFER_BYTES = 64 * 1024
# expat scans an unfinished token again with every piece it is given: never feed it crumbs.
_CRUMB_BYTES = 8 * 1024
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,80}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252", "cp1252"), "windows-1252"),
}
"""A document that says Latin-1 and was written on Windows means Windows-1252."""

_KNOWN: dict[bytes, Call] = {}
"""Calls that were read before, by the bytes of their request: those that say nothing of anybody.

Every Web Connector begins with the same two, word for word.
"""
_KNOWN_BYTES, _MOST_KNOWN = 1024, 64


class EnvelopeLimits(Value):
    """How much structure an envelope may have; a real one needs a tenth of it."""

    elements: int = 128
    depth: int = 16
    attributes: int = 8
    namespaces: int = 64
    name_characters: int = 256
    token_bytes: int = 64 * 1024
    parameter_characters: int = 64 * 1024


class EnvelopeReader:
    """A push parser for one request: ``feed`` it as bytes come, then ``close`` it.

    ``operation`` and ``ticket`` are known as soon as they have been read. After a refusal
    the reader is spent; one that is not closed must be released.
    """

    def __init__(self, limits: EnvelopeLimits | None = None) -> None:
        self._limits = limits or EnvelopeLimits()
        self.operation: Operation | None = None
        self.ticket: str | None = None
        self._crumbs = b""
        self._fed_bytes = 0
        self._elements = self._depth = self._namespaces = 0
        self._section = ""  # the child of Envelope that we are in
        self._bodies = 0
        self._parameter = ""  # the parameter that we are in
        self._collected: list[str] = []
        self._collected_characters = 0
        self._texts: dict[str, str] = {}
        self._document: list[bytes] = []
        self._document_bytes = 0
        self._document_digest = sha256()
        self._repair: Repair | None = None  # once the encoding is known
        self._made: expat.XMLParserType | None = None

    @property
    def _parser(self) -> expat.XMLParserType:
        """Made when it is needed: the first two calls of every session are known without."""
        if self._made is None:
            self._made = self._make_parser()
        return self._made

    def _make_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.buffer_size = _TEXT_BUFFER_BYTES
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartNamespaceDeclHandler = self._count_namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        return parser

    def feed(self, data: bytes) -> None:
        """Read on. Raises EnvelopeRefused."""
        self._crumbs += data
        if len(self._crumbs) >= _CRUMB_BYTES:
            self.flush()

    def flush(self) -> None:
        """Read what has been held back as too little. Raises EnvelopeRefused."""
        crumbs, self._crumbs = self._crumbs, b""
        if self._repair is None:
            self._repair = Repair(_encoding_of(crumbs))
        self._parse(self._repair.feed(crumbs), final=False)
        if self._fed_bytes - self._parser.CurrentByteIndex > self._limits.token_bytes:
            raise EnvelopeRefused("A tag or comment in the request is too long.")

    def close(self) -> Call:
        """End the document and return the call. Raises EnvelopeRefused."""
        if self._fed_bytes:
            return self._close()
        whole = self._crumbs
        if whole in _KNOWN:
            return _KNOWN[whole]
        if not whole.strip():
            raise EnvelopeRefused("The request has no body; a SOAP envelope was expected.")
        call = self._close()
        if call.operation.says_nothing and len(whole) <= _KNOWN_BYTES and len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[whole] = call
        return call

    def _close(self) -> Call:
        self.flush()
        assert self._repair is not None
        self._parse(self._repair.rest(), final=True)
        if self.operation is None:
            raise EnvelopeRefused("The SOAP body names no operation.")
        response = ResponseText(
            self._document, self._document_bytes, self._document_digest.hexdigest()
        )
        call = bind(self.operation, self._texts, response)
        self.release()
        return call

    def release(self) -> None:
        """Let go of everything that was read, without waiting for the garbage collector.

        The parser and its handlers refer to each other, and a response may be 32 MiB.
        """
        self._made = None
        self._document = []

    def _parse(self, data: bytes, *, final: bool) -> None:
        self._fed_bytes += len(data)
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            raise EnvelopeRefused(
                f"The request is not well-formed XML: {expat.ErrorString(error.code)} "
                f"(line {error.lineno}, column {error.offset + 1})."
            ) from None

    # What expat calls, in document order.

    def _refuse_doctype(self, *_declared: object) -> None:
        raise EnvelopeRefused("A document type declaration is not allowed in a request.")

    def _count_namespace(self, _prefix: str | None, _uri: str | None) -> None:
        self._namespaces += 1
        if self._namespaces > self._limits.namespaces:
            raise EnvelopeRefused("The request declares too many namespaces.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        self._check_size(name, attributes)
        namespace, _, local = name.rpartition(" ")
        if self._depth == 1:
            self._open_envelope(namespace, local)
        elif self._depth == 2:
            self._open_section(local)
        elif self._section == "Body":
            self._open_in_body(local)
        elif self._section == "Header" and self._depth == 3:
            self._check_header_block(local, attributes)

    def _check_size(self, name: str, attributes: dict[str, str]) -> None:
        limits = self._limits
        if self._elements > limits.elements:
            raise EnvelopeRefused("The request has too many elements.")
        if self._depth > limits.depth:
            raise EnvelopeRefused("The request's elements are nested too deeply.")
        if len(attributes) > limits.attributes:
            raise EnvelopeRefused("An element of the request has too many attributes.")
        if max(map(len, (name, *attributes))) > limits.name_characters:
            raise EnvelopeRefused("A name in the request is too long.")

    def _open_envelope(self, namespace: str, local: str) -> None:
        if local != "Envelope":
            raise EnvelopeRefused(f"A SOAP envelope was expected, not {_shown(local)}.")
        if namespace not in (ENVELOPE_NAMESPACE, ENVELOPE_NAMESPACE_1_2):
            raise EnvelopeRefused(
                "This is not a SOAP 1.1 envelope: its namespace is another.",
                FaultCode.VERSION_MISMATCH,
            )

    def _open_section(self, local: str) -> None:
        self._section = local
        if local == "Body":
            self._bodies += 1
            if self._bodies > 1:
                raise EnvelopeRefused("The SOAP envelope has more than one body.")

    def _check_header_block(self, local: str, attributes: dict[str, str]) -> None:
        for namespace in (ENVELOPE_NAMESPACE, ENVELOPE_NAMESPACE_1_2):
            if attributes.get(f"{namespace} mustUnderstand") in ("1", "true"):
                raise EnvelopeRefused(
                    f"The header block {_shown(local)} is not understood here.",
                    FaultCode.MUST_UNDERSTAND,
                )

    def _open_in_body(self, local: str) -> None:
        if self._depth == 3:
            self._open_operation(local)
        elif self._depth == 4:
            self._open_parameter(local)
        else:
            raise EnvelopeRefused(
                f"Text was expected in {_shown(self._parameter)}, not the element "
                f"{_shown(local)}; a document inside it must be escaped."
            )

    def _open_operation(self, local: str) -> None:
        if self.operation is not None:
            raise EnvelopeRefused("The SOAP body names more than one operation.")
        if local not in OPERATIONS:
            raise EnvelopeRefused(f"{_shown(local)} is not an operation of this service.")
        self.operation = OPERATIONS[local]

    def _open_parameter(self, local: str) -> None:
        assert self.operation is not None
        self._parameter = local
        known = next((each for each in self.operation.parameters if each.name == local), None)
        if known is None:
            return  # unknown parameters pass unread
        if local in self._texts:
            raise EnvelopeRefused(f"{local} is given twice.")
        self._texts[local] = ""
        self._collected_characters = 0
        self._parser.CharacterDataHandler = (
            self._take_document if known.kind is Kind.DOCUMENT else self._take_text
        )

    def _take_document(self, text: str) -> None:
        piece = text.encode()
        self._document.append(piece)
        self._document_bytes += len(piece)
        self._document_digest.update(piece)

    def _take_text(self, text: str) -> None:
        room = self._limits.parameter_characters - self._collected_characters
        self._collected_characters += len(text)
        if len(text) > room and self._parameter not in self._words:
            raise EnvelopeRefused(f"{self._parameter} is too long.")
        if room > 0:
            self._collected.append(text[:room])

    @property
    def _words(self) -> Iterable[str]:
        """The parameters of which what is too long is left out, and not the call."""
        if self.operation is None or not self.operation.has_words:
            return ()
        return [one.name for one in self.operation.parameters if one.kind is Kind.TEXT]

    def _end(self, _name: str) -> None:
        if self._depth == 4 and self._parameter in self._texts:
            self._close_parameter()
        self._depth -= 1

    def _close_parameter(self) -> None:
        text = "".join(self._collected).replace(MARK, "")
        self._collected.clear()
        self._parser.CharacterDataHandler = None
        self._texts[self._parameter] = text
        if self._parameter in TICKET_NAMES:
            self.ticket = text.strip()
        self._parameter = ""


def _encoding_of(head: bytes) -> str:
    """The encoding of a document by its first bytes. Raises EnvelopeRefused for one not read."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise EnvelopeRefused("The request's encoding is not supported; use UTF-8.")
    return _ENCODINGS[name]


def _shown(name: str) -> str:
    """Shorten a name; XML allows none with characters that could not be shown."""
    return name if len(name) <= 40 else name[:40] + "…"
