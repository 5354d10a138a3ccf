"""The schema of what we send, made from the declarations in ``requests``: RELAX NG.

It is narrower than Intuit's: what we have no use for is not in it. ``writer`` checks each
message set against it, so that a request that QuickBooks would refuse never leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import get_args

from lxml import etree

from shared.qbxml.elements import Element, elements_of
from shared.qbxml.formats import ITERATOR_ID, MESSAGE_SET_ID, REQUEST_ID, Format, one_of, only
from shared.qbxml.requests import Metadata, OnError, Request, Write
from shared.structs import field_names

_REQUESTS: Sequence[type[Request]] = get_args(Request)
_RNG = "{http://relaxng.org/ns/structure/1.0}"
_TYPES = "http://www.w3.org/2001/XMLSchema-datatypes"


@cache
def schema() -> etree.RelaxNG:
    """The schema of a message set."""
    content = _rng("zeroOrMore", _rng("choice", *map(_request, _REQUESTS)))
    message_set = _rng("element", *_set_attributes(), content, name="QBXMLMsgsRq")
    root = _rng("element", message_set, name="QBXML", datatypeLibrary=_TYPES)
    return etree.RelaxNG(root)


@cache
def rules() -> Mapping[str, str]:
    """What each element may hold, in words, by its path: "InvoiceQueryRq/TxnID"."""
    return dict(rule for kind in _REQUESTS for rule in _rules(_path_into(kind), kind))


def _path_into(kind: type[Request]) -> str:
    return f"{kind.name}/{kind.__name__}" if issubclass(kind, Write) else kind.name


def _rules(path: str, kind: type) -> Iterator[tuple[str, str]]:
    for _, element in elements_of(kind):
        below = f"{path}/{element.path}"
        if isinstance(element.holds, Format):
            yield below, element.holds.rule
        else:
            yield from _rules(below, element.holds)


def _set_attributes() -> Iterator[etree._Element]:
    yield _attribute("onError", one_of(*OnError))
    for name in ("newMessageSetID", "oldMessageSetID"):
        yield _rng("optional", _attribute(name, MESSAGE_SET_ID))


def _request(kind: type[Request]) -> etree._Element:
    content = _all_of([element for _, element in elements_of(kind)])
    if issubclass(kind, Write):
        content = [_rng("element", *content, name=kind.__name__)]
    return _rng("element", *_attributes(kind), *content, name=kind.name)


def _attributes(kind: type[Request]) -> Iterator[etree._Element]:
    yield _attribute("requestID", REQUEST_ID)
    if "metadata" in field_names(kind):
        wanted = one_of(Metadata.ONLY, Metadata.WITH_RECORDS)
        yield _rng("optional", _attribute("metaData", wanted))
    if "iterator" in field_names(kind):
        start = _attribute("iterator", only("Start"))
        next_page = _attribute("iterator", only("Continue"))
        both = _rng("group", next_page, _attribute("iteratorID", ITERATOR_ID))
        yield _rng("optional", _rng("choice", start, both))


def _attribute(name: str, holds: Format) -> etree._Element:
    return _rng("attribute", _text(holds), name=name)


def _all_of(elements: Sequence[Element], depth: int = 0) -> list[etree._Element]:
    """The patterns of elements that follow each other; ``depth`` choices were made above."""
    patterns = []
    for has_choice, run in groupby(elements, key=lambda one: len(one.choices) > depth):
        if has_choice:
            patterns.append(_choice(list(run), depth))
        else:
            patterns += _sequence(list(run))
    return patterns


def _choice(elements: Sequence[Element], depth: int) -> etree._Element:
    ways = groupby(elements, key=lambda one: one.choices[depth])
    return _rng("choice", *(_rng("group", *_all_of(list(way), depth + 1)) for _, way in ways))


def _sequence(elements: Sequence[Element], level: int = 0) -> Iterator[etree._Element]:
    """The patterns of elements without a choice; those with a common parent stand in it."""
    for name, run in groupby(elements, key=lambda one: one.steps[level]):
        inside = list(run)
        first = inside[0]
        if len(first.steps) > level + 1:
            content = list(_sequence(inside, level + 1))
        else:
            content = _content(first.holds)
        yield _occurring(first, level, _rng("element", *content, name=name))


def _occurring(element: Element, level: int, pattern: etree._Element) -> etree._Element:
    """A pattern as often as its element may be there; of a path only the last step repeats."""
    if element.repeats and len(element.steps) == level + 1:
        return _rng("oneOrMore", pattern) if element.needed else _rng("zeroOrMore", pattern)
    return pattern if element.needed else _rng("optional", pattern)


def _content(holds: Format | type) -> list[etree._Element]:
    if isinstance(holds, Format):
        return [_text(holds)]
    return _all_of([element for _, element in elements_of(holds)])


def _text(holds: Format) -> etree._Element:
    limits = [_rng("param", text=pattern, name="pattern") for pattern in holds.patterns]
    if holds.longest is not None:
        limits.append(_rng("param", text=str(holds.longest), name="maxLength"))
    return _rng("data", *limits, type="string")


def _rng(
    pattern: str, *parts: etree._Element, text: str | None = None, **attributes: str
) -> etree._Element:
    made = etree.Element(f"{_RNG}{pattern}", attributes)
    made.text = text
    made.extend(parts)
    return made
