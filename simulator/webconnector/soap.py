"""Envelopes as the Web Connector's .NET proxy writes them, and replies as strictly as it reads.

A reply that the real proxy could not use raises ``BadReply``.
A result in the wrong namespace is not an error by itself: like the proxy, the reader then
finds nothing there, and None comes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.message import Message
from functools import lru_cache
from http import HTTPStatus
from xml.sax.saxutils import escape

from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
USER_AGENT = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
CONTENT_TYPE = "text/xml; charset=utf-8"

_SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_REPLY_TYPES = ("text/xml", "application/soap+xml")
_FAULT_STATUSES = (400, 500)
_INTEGER = re.compile(r"-?[0-9]{1,10}\Z")
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<soap:Envelope xmlns:soap="{_SOAP_11}"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
_FOOT = "</soap:Body></soap:Envelope>"


class BadReply(Exception):
    """The service's reply cannot be used; the text says why."""


def call_headers(operation: str) -> dict[str, str]:
    """The headers of one call, in the proxy's order; the transport adds those of the wire."""
    return {
        "User-Agent": USER_AGENT,
        "Content-Type": CONTENT_TYPE,
        "SOAPAction": f'"{NAMESPACE}{operation}"',
    }


def write_call(operation: str, parameters: Sequence[tuple[str, str | int | None]]) -> bytes:
    """The envelope of one call: None is left out, empty text becomes an empty element."""
    written = "".join(_parameter(name, value) for name, value in parameters if value is not None)
    if not written:
        return f'{_HEAD}<{operation} xmlns="{NAMESPACE}" />{_FOOT}'.encode()
    return f'{_HEAD}<{operation} xmlns="{NAMESPACE}">{written}</{operation}>{_FOOT}'.encode()


def _parameter(name: str, value: str | int) -> str:
    text = escape(str(value), {"\r": "&#xD;"})
    return f"<{name}>{text}</{name}>" if text else f"<{name} />"


def read_reply(
    operation: str, status: int, headers: Mapping[str, str], body: bytes
) -> etree._Element | None:
    """The ``{operation}Response`` element of a reply, or None when the body holds another.

    Raises BadReply for everything that the proxy throws at: status, content type, an empty
    or malformed body, a DOCTYPE, a fault.
    """
    content_type, charset = _content_type(_header(headers, "Content-Type"))
    _check_status(status, content_type)
    _check_framing(headers, content_type, body)
    envelope = _parse(body, charset)
    name = etree.QName(envelope)
    namespace = name.namespace
    if namespace not in (_SOAP_11, _SOAP_12) or name.localname != "Envelope":
        raise BadReply(f"The reply is a {envelope.tag} and not a SOAP envelope.")
    soap_body = envelope.find(f"{{{namespace}}}Body")
    if soap_body is None:
        raise BadReply("The reply's envelope has no Body.")
    fault = soap_body.find(f"{{{namespace}}}Fault")
    if fault is not None:
        raise BadReply(f"The service answered with a fault: {_fault_text(fault)}")
    if status in _FAULT_STATUSES:
        raise BadReply(f"The request failed with HTTP status {_spelled(status)}.")
    return soap_body.find(f"{{{NAMESPACE}}}{operation}Response")


def read_string(operation: str, response: etree._Element | None) -> str | None:
    """A text result, white space and all; None when it is nil or not there."""
    result = _result(operation, response)
    return None if result is None else _text(result)


def read_integer(operation: str, response: etree._Element | None) -> int:
    """A bare integer; raises BadReply for anything else."""
    text = read_string(operation, response)
    if text is None:
        raise BadReply(f"The reply holds no {operation}Result.")
    if not _INTEGER.match(text):
        raise BadReply(f"{operation}Result is {text!r} and not a bare integer.")
    return int(text)


def read_strings(operation: str, response: etree._Element | None) -> list[str | None] | None:
    """An array of text; items in another namespace are not seen, as the proxy does not."""
    result = _result(operation, response)
    if result is None:
        return None
    return [
        None if _is_nil(item) else _text(item) for item in result.iterfind(f"{{{NAMESPACE}}}string")
    ]


@lru_cache(maxsize=64)
def _content_type(header: str) -> tuple[str, str]:
    """The media type and the charset of a header; each reply of a service has the same one."""
    message = Message()
    message["Content-Type"] = header
    return message.get_content_type(), message.get_content_charset("utf-8")


def _header(headers: Mapping[str, str], wanted: str) -> str:
    found = (value for name, value in headers.items() if name.lower() == wanted.lower())
    return next(found, "")


def _check_status(status: int, content_type: str) -> None:
    if status in _FAULT_STATUSES and content_type in _REPLY_TYPES:
        return
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise BadReply(f"The request failed with HTTP status {_spelled(status)}.")


def _check_framing(headers: Mapping[str, str], content_type: str, body: bytes) -> None:
    encoding = _header(headers, "Content-Encoding")
    if encoding.lower() not in ("", "identity"):
        raise BadReply(f"The reply is encoded ({encoding}), which nobody asked for.")
    if not _header(headers, "Content-Type") or content_type not in _REPLY_TYPES:
        shown = _header(headers, "Content-Type")
        raise BadReply(f"Found a reply of content type {shown!r}, but expected 'text/xml'.")
    if not body:
        raise BadReply("The reply is empty.")
    if not body.startswith(b"<"):
        raise BadReply(f"The reply begins with {body[:8]!r} and not with an XML document.")


def _parse(body: bytes, charset: str) -> etree._Element:
    try:
        text = body.decode(charset)
    except (LookupError, UnicodeDecodeError) as error:
        raise BadReply(f"The reply is not text in {charset}: {error}.") from error
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise BadReply(f"The reply is not well-formed XML: {error}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadReply("The reply holds a DOCTYPE, which is prohibited.")
    return root


def _fault_text(fault: etree._Element) -> str:
    texts = (fault.findtext("faultstring"), fault.findtext(f"{{{_SOAP_12}}}Reason/{{*}}Text"))
    return next((text.strip() for text in texts if text), "no reason given")


def _spelled(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _result(operation: str, response: etree._Element | None) -> etree._Element | None:
    if response is None:
        return None
    result = response.find(f"{{{NAMESPACE}}}{operation}Result")
    return None if result is None or _is_nil(result) else result


def _is_nil(element: etree._Element) -> bool:
    return element.get(_NIL, "").strip() in ("true", "1")


def _text(element: etree._Element) -> str:
    if len(element):
        name = etree.QName(element).localname
        raise BadReply(f"{name} holds a {element[0].tag} element where only text can be read.")
    return element.text or ""
