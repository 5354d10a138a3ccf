"""Writes message sets, and refuses any that QuickBooks would refuse.

QuickBooks turns down a whole message set for one misplaced element, with an empty answer and
no hint of where. So each one is checked before it leaves: by ``rules``, then against the schema
of what we send, and the field at fault is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from lxml import etree

from shared.qbxml import grammar
from shared.qbxml.elements import Element, elements_of
from shared.qbxml.formats import Format
from shared.qbxml.requests import Continue, Metadata, OnError, Request, RequestRefused, Start, Write
from shared.qbxml.rules import check_message_set
from shared.qbxml.text import write_amount

__all__ = ["RequestRefused", "write_message_set"]

_NEWEST = "13.0"
_NUMBER = re.compile(r"\[[0-9]+\]")
_REMEDY = "Nothing was sent. If this text came from you, correct it; else report this line."


def write_message_set(
    requests: Iterable[Request],
    *,
    version: str = _NEWEST,
    on_error: OnError = OnError.STOP,
    new_message_set_id: str = "",
    old_message_set_id: str = "",
) -> bytes:
    """A message set as QuickBooks wants it: ASCII, all else as decimal references.

    ``version`` is what ``versions.choose_version`` found. The two IDs are for error recovery;
    with one of them there may be no request at all. Raises RequestRefused.
    """
    requests = tuple(requests)
    check_message_set(requests, version, new_message_set_id, old_message_set_id)
    message_set = _message_set(requests, on_error, new_message_set_id, old_message_set_id)
    _check(message_set)
    prolog = f'<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{version}"?>\n'
    return prolog.encode("ascii") + etree.tostring(message_set, encoding="us-ascii")


def _message_set(
    requests: Iterable[Request], on_error: OnError, new_id: str, old_id: str
) -> etree._Element:
    root = etree.Element("QBXML")
    message_set = etree.SubElement(root, "QBXMLMsgsRq", onError=on_error.value)
    for name, message_set_id in (("newMessageSetID", new_id), ("oldMessageSetID", old_id)):
        if message_set_id:
            message_set.set(name, message_set_id)
    for request in requests:
        element = etree.SubElement(message_set, request.name, _attributes(request))
        if isinstance(request, Write):
            element = etree.SubElement(element, type(request).__name__)
        _fill(element, request)
    return root


def _attributes(request: Request) -> dict[str, str]:
    found = {"requestID": request.request_id}
    metadata = getattr(request, "metadata", Metadata.NONE)
    if metadata is not Metadata.NONE:
        found["metaData"] = metadata.value
    match getattr(request, "iterator", None):
        case Start():
            found["iterator"] = "Start"
        case Continue(iterator_id):
            found |= {"iterator": "Continue", "iteratorID": iterator_id}
    return found


def _fill(parent: etree._Element, value: object) -> None:
    """Write the declared elements of a request, or of a part of it."""
    for field, element in elements_of(type(value)):
        content = getattr(value, field)
        if element.repeats:
            for one in content:
                _write(parent, element, one)
        elif content is not None and content is not False and (content != "" or element.needed):
            _write(parent, element, content)


def _write(parent: etree._Element, element: Element, content: Any) -> None:
    *wrappers, name = element.steps
    for wrapper in wrappers:
        parent = _last_child(parent, wrapper)
    child = etree.SubElement(parent, name)
    if isinstance(element.holds, Format):
        _set_text(child, _text(content, element.holds))
    else:
        _fill(child, content)


def _last_child(parent: etree._Element, name: str) -> etree._Element:
    """What comes in one wrapper follows each other: the last child, or a new one."""
    if len(parent) and parent[-1].tag == name:
        return parent[-1]
    return etree.SubElement(parent, name)


def _text(content: Any, holds: Format) -> str:
    """The text of a field; a true one is written as the only text that its format allows."""
    if content is True:
        return holds.patterns[0]
    return write_amount(content) if isinstance(content, Decimal) else str(content)


def _set_text(element: etree._Element, text: str) -> None:
    try:
        element.text = text
    except ValueError:
        rule = "free of control characters"
        raise RequestRefused(_path(element), text, rule, "Remove them.") from None


def _check(root: etree._Element) -> None:
    """Raises RequestRefused for the first thing that the schema does not allow."""
    schema = grammar.schema()
    if schema.validate(root):
        return
    fault = schema.error_log[0]
    path_of = root.getroottree().getpath
    element = next((each for each in root.iter() if path_of(each) == fault.path), root)
    path = _path(element)
    rule = _rule(path, fault.type_name or "")
    raise RequestRefused(path, element.text or "", rule, _REMEDY)


def _rule(path: str, fault: str) -> str:
    if fault == "RELAXNG_ERR_ELEMWRONG":
        return "left out: QuickBooks takes IDs or numbers or a filter, and one range in a filter"
    if fault == "RELAXNG_ERR_NOELEM":
        return "filled: it asks for nothing as it is"
    return grammar.rules().get(_NUMBER.sub("", path), "as the schema says")


def _path(element: etree._Element) -> str:
    """Where the element is: ``InvoiceQueryRq/TxnID[2]``, the envelope left out."""
    path = element.getroottree().getpath(element).removeprefix("/QBXML/")
    return path.removeprefix("QBXMLMsgsRq/")
