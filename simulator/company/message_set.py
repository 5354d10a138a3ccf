"""Reading a message set as strictly as QuickBooks does: all of it is fine, or nothing is done."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from shared.structs import Value
from simulator.company.errors import (
    BAD_VERSION,
    PARSE_ERROR,
    PARSE_MESSAGE,
    ROLLBACK,
    QuickBooksError,
)
from simulator.company.grammar import RequestType, Unreadable, Version, check
from simulator.company.product import number
from simulator.company.requests import ITERATOR, METADATA, REQUESTS

_SET_ATTRIBUTES = {"onError", "responseData", "newMessageSetID", "oldMessageSetID"}
_ON_ERROR = ("stopOnError", "continueOnError", "rollbackOnError")
_RESPONSE_DATA = ("includeAll", "includeNone")


class Request(Value):
    """One request of a set. ``request_id`` is None when it carries none."""

    type: RequestType
    element: etree._Element
    request_id: str | None
    metadata: str
    iterator: str
    iterator_id: str


class MessageSet(Value):
    """A whole set that fits its grammar; the ids are None where they were not given."""

    version: Version
    requests: tuple[Request, ...]
    stop_on_error: bool
    with_data: bool
    new_id: str | None
    old_id: str | None


def read(document: str | bytes, supported: Sequence[str]) -> MessageSet:
    """Read a document. Raises QuickBooksError: nothing of it was done then."""
    try:
        return _read(document, supported)
    except Unreadable as wrong:
        raise QuickBooksError(PARSE_ERROR, PARSE_MESSAGE, str(wrong)) from wrong


def _read(document: str | bytes, supported: Sequence[str]) -> MessageSet:
    root = _root(document)
    version = _version(root)
    if version not in supported:
        reason = f"this QuickBooks speaks {', '.join(supported)}, not {version!r}"
        raise QuickBooksError(
            BAD_VERSION, "The version of qbXML that was requested is not supported.", reason
        )
    message_set = _only_child(root)
    attributes = _attributes(message_set)
    _only(attributes, _SET_ATTRIBUTES, "QBXMLMsgsRq")
    on_error = _value(attributes, "onError", _ON_ERROR, "")
    data = _value(attributes, "responseData", _RESPONSE_DATA, "includeAll")
    requests = tuple(
        _request(element, number(version))
        for element in message_set
        if isinstance(element.tag, str)
    )
    if on_error == "rollbackOnError":
        raise QuickBooksError(ROLLBACK, "Rolling back on an error is not supported.")
    return MessageSet(
        version=number(version),
        requests=requests,
        stop_on_error=on_error == "stopOnError",
        with_data=data == "includeAll",
        new_id=attributes.get("newMessageSetID"),
        old_id=attributes.get("oldMessageSetID"),
    )


def _root(document: str | bytes) -> etree._Element:
    text = document if isinstance(document, bytes) else document.encode("utf-8")
    if not text.isascii():
        raise Unreadable("raw characters beyond ASCII: write them as decimal references")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as wrong:
        raise Unreadable(f"not well formed: {wrong.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("a DOCTYPE is not allowed")
    if root.tag != "QBXML" or root.attrib:
        raise Unreadable(f"the root must be <QBXML>, not <{root.tag}>")
    return root


def _version(root: etree._Element) -> str:
    for node in root.itersiblings(preceding=True):
        if isinstance(node, etree._ProcessingInstruction) and node.target == "qbxml":
            return node.get("version") or ""
    raise Unreadable('no <?qbxml version="…"?> before the root element')


def _only_child(root: etree._Element) -> etree._Element:
    children = [child for child in root if isinstance(child.tag, str)]
    if [child.tag for child in children] != ["QBXMLMsgsRq"]:
        raise Unreadable("<QBXML> must hold one <QBXMLMsgsRq>")
    if any((child.tail or "").strip() for child in root) or (root.text or "").strip():
        raise Unreadable("<QBXML> holds text between its elements")
    return children[0]


def _request(element: etree._Element, version: Version) -> Request:
    kind = REQUESTS.get(element.tag)
    if kind is None or version < kind.since:
        raise Unreadable(f"<{element.tag}> is not a request that this QuickBooks knows")
    if (element.tail or "").strip():
        raise Unreadable("<QBXMLMsgsRq> holds text between its elements")
    attributes = _attributes(element)
    allowed = {"requestID"}
    if kind.metadata and version >= (4, 0):
        allowed.add("metaData")
    if kind.iterator and version >= (5, 0):
        allowed |= {"iterator", "iteratorID"}
    _only(attributes, allowed, kind.name)
    check(element, kind.content, version)
    return Request(
        type=kind,
        element=element,
        request_id=attributes.get("requestID"),
        metadata=_value(attributes, "metaData", METADATA, "NoMetaData"),
        iterator=_value(attributes, "iterator", ("", *ITERATOR), ""),
        iterator_id=attributes.get("iteratorID", ""),
    )


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _only(attributes: dict[str, str], allowed: set[str], name: str) -> None:
    for attribute in attributes:
        if attribute not in allowed:
            raise Unreadable(f"<{name}> must not have the attribute {attribute!r}")


def _value(attributes: dict[str, str], name: str, values: tuple[str, ...], default: str) -> str:
    value = attributes.get(name, default)
    if value not in values:
        raise Unreadable(f"the attribute {name} must be one of {', '.join(values)}, not {value!r}")
    return value
