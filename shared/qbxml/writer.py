"""Writes message sets, and refuses any that QuickBooks would refuse.

QuickBooks turns down a whole message set for one misplaced element, with an empty answer and
no hint of where. So each one is checked before it leaves: by ``rules``, then against our own
schema of the requests we send, and the field at fault is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from lxml import etree

from shared.qbxml.bodies import Node, attributes, body
from shared.qbxml.requests import OnError, Request, RequestRefused
from shared.qbxml.rules import check_message_set

__all__ = ["RequestRefused", "write_message_set"]

_SCHEMA = Path(__file__).with_name("schema") / "requests.rng"
_RNG = "{http://relaxng.org/ns/structure/1.0}"
_RULE = "{urn:deskbridge:rule}rule"
_NEWEST = "13.0"
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
        element = etree.SubElement(message_set, request.name, attributes(request))
        _append(element, body(request))
    return root


def _append(parent: etree._Element, nodes: Iterable[Node]) -> None:
    for name, content in nodes:
        child = etree.SubElement(parent, name)
        if isinstance(content, str):
            _set_text(child, content)
        else:
            _append(child, content)


def _set_text(element: etree._Element, text: str) -> None:
    try:
        element.text = text
    except ValueError:
        rule = "free of control characters"
        raise RequestRefused(_path(element), text, rule, "Remove them.") from None


def _check(root: etree._Element) -> None:
    """Raises RequestRefused for the first thing that the schema does not allow."""
    schema = _schema()
    if schema.validate(root):
        return
    fault = schema.error_log[0]
    path_of = root.getroottree().getpath
    element = next((each for each in root.iter() if path_of(each) == fault.path), root)
    rule = _rule(element, fault.type_name or "")
    raise RequestRefused(_path(element), element.text or "", rule, _REMEDY)


def _rule(element: etree._Element, fault: str) -> str:
    if fault == "RELAXNG_ERR_ELEMWRONG":
        return "left out: QuickBooks takes IDs or numbers or a filter, and one range in a filter"
    if fault == "RELAXNG_ERR_NOELEM":
        return "filled: it asks for nothing as it is"
    rules = _rules()
    request = _path(element).partition("/")[0].partition("[")[0]
    # A RefNumber is longer in one request than in the other.
    own = rules.get(f"{request}/{element.tag}")
    return own or rules.get(element.tag, "as the schema says")


def _path(element: etree._Element) -> str:
    """Where the element is: ``InvoiceQueryRq/TxnID[2]``, the envelope left out."""
    path = element.getroottree().getpath(element).removeprefix("/QBXML/")
    return path.removeprefix("QBXMLMsgsRq/")


@cache
def _grammar() -> etree._ElementTree:
    return etree.parse(_SCHEMA)


@cache
def _schema() -> etree.RelaxNG:
    return etree.RelaxNG(_grammar())


@cache
def _rules() -> Mapping[str, str]:
    """What the schema admits in each element, in words: its type's rule, or the choices.

    Each has two keys: the element's name, and behind the name of its definition and a slash,
    which for what belongs to one request is the request's.
    """
    types = {
        define.get("name", ""): define.get(_RULE, "")
        for define in _grammar().iter(f"{_RNG}define")
        if define.get(_RULE)
    }
    return dict(_rules_in_words(types))


def _rules_in_words(types: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for define in _grammar().iter(f"{_RNG}define"):
        for element in define.iter(f"{_RNG}element"):
            rule = _rule_in_words(element, types)
            if rule:
                name = element.get("name", "")
                yield name, rule
                yield f"{define.get('name')}/{name}", rule


def _rule_in_words(element: etree._Element, types: Mapping[str, str]) -> str:
    choices = element.findall(f"{_RNG}choice/{_RNG}value")
    if choices:
        return "one of " + ", ".join(choice.text or "" for choice in choices)
    reference = element.find(f"{_RNG}ref")
    return "" if reference is None else types.get(reference.get("name", ""), "")
