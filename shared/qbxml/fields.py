"""The words with which a field of a record declares which child of the element it is.

Each gives a Leaf or a Node for ``Annotated``; a field may have several. What stands in the
element, and what does not fit it, is told by the reader that each of them names.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

from shared.qbxml.refs import read_full_name, read_ref, read_spare_ref
from shared.qbxml.shape import Convert, Element, Leaf, Node, Shape
from shared.qbxml.text import (
    read_amount,
    read_cents,
    read_date,
    read_day,
    read_flag,
    read_id,
    remembered,
    wall_clock,
)


def text(*names: str) -> Leaf:
    """A text as it stands."""
    return Leaf(names)


def word(*names: str) -> Leaf:
    """A text without blanks around it."""
    return Leaf(names, str.strip)


def object_id(name: str, *, needed: bool = False) -> Leaf:
    """A TxnID or ListID; ``needed`` where it is the record's own."""
    return Leaf((name,), read_id, needed=needed)


def _leaf(name: str, *, read: Convert, spare: bool = False) -> Leaf:
    return Leaf((name,), read, spare)


moment = partial(_leaf, read=remembered(wall_clock))
"""A wall clock, as text."""
day = partial(_leaf, read=remembered(read_date))
"""A date or None."""
stored_day = partial(_leaf, read=remembered(read_day))
"""A date as ISO text, or None."""
amount = partial(_leaf, read=remembered(read_amount))
"""An amount or None."""
cents = partial(_leaf, read=remembered(read_cents))
"""An amount in whole hundredths, or None."""
flag = partial(_leaf, read=remembered(read_flag))
"""True, False or None."""


def ref(name: str, *, spare: bool = False) -> Node:
    """A Ref; a ``spare`` one whose ListID is none loses that alone."""
    return Node((name,), read_spare_ref if spare else read_ref, unchecked=read_spare_ref)


def full_name(name: str) -> Node:
    """The FullName of a reference whose ListID nobody needs."""
    return Node((name,), read_full_name)


def texts(*names: str) -> Node:
    """The texts of all children of these names."""
    return Node(names, _text, repeats=True)


def lines(name: str) -> Node:
    """The texts of all that is in one child: a printed address."""
    return Node((name,), _lines)


def one(name: str, kind: type[NamedTuple]) -> Node:
    """A part of the record with fields of its own."""
    return Node((name,), shape_of(kind))


def each(name: str, kind: type[NamedTuple]) -> Node:
    """Parts of the record with fields of their own."""
    return Node((name,), shape_of(kind), repeats=True)


@cache
def shape_of(kind: type[NamedTuple]) -> Shape[Any]:
    """The reader of a named tuple whose fields are declared; made once."""
    return Shape(kind)


def _text(element: Element) -> str:
    text = element.text or ""
    return "" if text.isspace() else text


def _lines(element: Element) -> tuple[str, ...]:
    return tuple(text for text in map(_text, element) if text)
