"""How strict QuickBooks is with requests: order, number, length and type of every element.

A grammar is a few frozen particles; ``check`` walks an element's children along them. Whatever
does not fit is Unreadable: QuickBooks refuses the whole message set then and does not say where.
The reason is kept for developers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from shared.structs import Value

Version = tuple[int, int]
Check = Callable[[str], str]
FIRST: Version = (1, 0)


class Unreadable(Exception):
    """A request that QuickBooks would not parse; the text says what is wrong and where."""


class Element(Value):
    """A named element: either text that ``check`` accepts, or children along ``content``.

    ``most`` None means any number. ``since`` is the qbXML version that brought it.
    """

    name: str
    check: Check | None = None
    content: Particle | None = None
    least: int = 0
    most: int | None = 1
    since: Version = FIRST


class Sequence(Value):
    """Parts in this order."""

    parts: tuple[Particle, ...]


class Choice(Value):
    """At most one of the options; exactly one when ``needed``."""

    options: tuple[Particle, ...]
    needed: bool = False


Particle = Element | Sequence | Choice


class RequestType(Value):
    """A request: what may stand in it."""

    name: str
    content: Particle
    metadata: bool = False
    iterator: bool = False
    since: Version = FIRST


def check(element: etree._Element, content: Particle, version: Version) -> None:
    """Compare an element's children with their grammar. Raises Unreadable."""
    children = _children(element)
    end = _match(content, children, 0, element.tag, version)
    if end < len(children):
        raise Unreadable(f"<{children[end].tag}> is not allowed at this place in <{element.tag}>")


def _children(element: etree._Element) -> list[etree._Element]:
    children = [child for child in element if isinstance(child.tag, str)]
    stray = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in stray):
        raise Unreadable(f"<{element.tag}> holds text where elements belong")
    return children


def _match(
    particle: Particle, children: list[etree._Element], at: int, parent: str, version: Version
) -> int:
    """How far the particle reaches from ``at``."""
    if isinstance(particle, Sequence):
        for part in particle.parts:
            at = _match(part, children, at, parent, version)
        return at
    if isinstance(particle, Choice):
        name = children[at].tag if at < len(children) else ""
        for option in particle.options:
            if _starts(option, name):
                return _match(option, children, at, parent, version)
        if particle.needed:
            raise Unreadable(f"<{parent}> lacks one of its elements")
        return at
    return _match_element(particle, children, at, parent, version)


def _match_element(
    particle: Element, children: list[etree._Element], at: int, parent: str, version: Version
) -> int:
    found = 0
    while at < len(children) and children[at].tag == particle.name:
        if particle.most is not None and found == particle.most:
            raise Unreadable(f"<{particle.name}> stands more than once in <{parent}>")
        if version < particle.since:
            raise Unreadable(f"<{particle.name}> came with qbXML {particle.since[0]}.0")
        _check_element(children[at], particle, version)
        found, at = found + 1, at + 1
    if found < particle.least:
        raise Unreadable(f"<{parent}> lacks <{particle.name}>, or has it in the wrong place")
    return at


def _check_element(element: etree._Element, particle: Element, version: Version) -> None:
    if element.attrib:
        raise Unreadable(f"<{element.tag}> must not have attributes")
    if particle.content is not None:
        check(element, particle.content, version)
        return
    if len(element):
        raise Unreadable(f"<{element.tag}> must hold text only")
    wrong = particle.check(element.text or "") if particle.check else ""
    if wrong:
        raise Unreadable(f"<{element.tag}> {wrong}")


def _starts(particle: Particle, name: str) -> bool:
    """Whether the particle can begin with an element of that name."""
    if isinstance(particle, Element):
        return particle.name == name
    if isinstance(particle, Choice):
        return any(_starts(option, name) for option in particle.options)
    for part in particle.parts:
        if _starts(part, name):
            return True
        if isinstance(part, Element) and part.least:
            return False
    return False


# Types: each check answers what is wrong with a text, or nothing.


def text(most: int | None = None) -> Check:
    """Any text, up to a length counted in characters."""

    def wrong(value: str) -> str:
        return f"is longer than {most} characters" if most and len(value) > most else ""

    return wrong


def _pattern(what: str, pattern: str) -> Check:
    compiled = re.compile(pattern)

    def wrong(value: str) -> str:
        return "" if compiled.fullmatch(value) else f"is not {what}: {value!r}"

    return wrong


def one_of(*values: str, default: bool = False) -> Check:
    """An enumeration; case counts. Where there is a ``default``, an empty element means it."""

    def wrong(value: str) -> str:
        known = value in values or (default and not value)
        return "" if known else f"must be one of {', '.join(values)}, not {value!r}"

    return wrong


ID = text(36)
BOOL = _pattern("true or false", r"\s*(true|false|1|0)?\s*")
DATE = _pattern("a date (YYYY-MM-DD)", r"\s*(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?\s*")
DATETIME = _pattern(
    "a date and time (YYYY-MM-DDTHH:MM:SS, no Z and no fractions)",
    r"(\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}(:\d{1,2}(:\d{1,2}([+-]\d{1,2}:\d{1,2})?)?)?)?)?",
)
COUNT = _pattern("a number of at least 1", r"\s*\+?0*[1-9]\d{0,8}\s*")
AMOUNT = _pattern("an amount with two decimals or none", r"([+-]?\d{1,13}(\.\d{2})?)?")
RATE = _pattern("a number", r"\s*([+-]?(\d+(\.\d*)?|\.\d+))?\s*")
GUID = _pattern(
    "0 or a GUID in braces", r"0|\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"
)


# Shorthands for the tables of requests.


def maybe(name: str, check: Check, since: Version = FIRST) -> Element:
    """An element that may be left out."""
    return Element(name, check, since=since)


def some(name: str, check: Check, since: Version = FIRST) -> Element:
    """An element that stands once or more."""
    return Element(name, check, least=1, most=None, since=since)


def many(name: str, check: Check, since: Version = FIRST) -> Element:
    """An element that stands any number of times."""
    return Element(name, check, most=None, since=since)


def need(name: str, check: Check) -> Element:
    """An element that must stand once."""
    return Element(name, check, least=1)


def within(name: str, *parts: Particle, since: Version = FIRST) -> Element:
    """An optional element with children of its own, in this order."""
    return Element(name, content=Sequence(parts), since=since)


def body(name: str, *parts: Particle) -> Element:
    """An element with children that must stand once."""
    return Element(name, content=Sequence(parts), least=1)


def reference(name: str, most: int, *, since: Version = FIRST, needed: bool = False) -> Element:
    """A reference to a list entry: its ListID, its FullName of some length, both or neither."""
    parts = Sequence((maybe("ListID", ID), maybe("FullName", text(most))))
    return Element(name, content=parts, least=int(needed), since=since)
