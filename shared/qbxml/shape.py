"""How an element of an answer becomes a value: a table of children, read in one walk.

The order of children does not matter, and a child that is not in the table is passed over
with all that is in it. Children are looked at directly below their parent only: a
ContactsRet has a ListID of its own, which is not the customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from lxml import etree

from shared.qbxml.text import BadValue, shown

Element: TypeAlias = etree._Element
Convert: TypeAlias = Callable[[str], Any]
Read: TypeAlias = Callable[[Element], Any]
V = TypeVar("V", bound=NamedTuple)


class BadField(Exception):
    """A malformed value at ``path`` below the record that was being read."""

    def __init__(self, path: str, why: BadValue) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Leaf:
    """A child that holds text: ``convert`` None takes the text as it stands.

    ``spare``: no balance, customer, number or date depends on it, so a text that is not of its
    type loses the field and not the record; it is kept, as text, in the record's ``odd``.
    """

    field: str
    convert: Convert | None = None
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A child that is read as a whole. When it repeats, its field holds all, in order."""

    field: str
    read: Read
    repeats: bool = False


class Shape(Generic[V]):
    """Reads an element into a named tuple, by a table of what its children are.

    Called with an element it returns the value, so that a shape is itself the ``read`` of a
    Node. An empty or blank child counts as missing. Raises BadField for the first child whose
    text is not of its type.
    """

    def __init__(self, value: type[V], children: Mapping[str, Leaf | Node]) -> None:
        index = value._fields.index
        self._value = value
        self._spare = frozenset(
            name for name, one in children.items() if isinstance(one, Leaf) and one.spare
        )
        self._blank = [value._field_defaults[field] for field in value._fields]
        # One table for leaves and nodes: a page looks up a hundred thousand names.
        self._children = {name: (index(one.field), *_way(one)) for name, one in children.items()}

    def __call__(self, element: Element) -> V:
        """Read one element. Raises BadField."""
        values = self._blank.copy()
        lists: dict[int, list[Any]] = {}
        child_of = self._children.get
        try:
            for child in element:
                known = child_of(child.tag)
                if known is None:
                    continue
                index, convert, read, repeats = known
                if read is None:
                    text = child.text
                    if text and not text.isspace():
                        values[index] = convert(text) if convert else text
                elif repeats:
                    lists.setdefault(index, []).append(read(child))
                else:
                    values[index] = read(child)
        except BadValue as why:
            if child.tag in self._spare:
                return self._without_odd(element)
            raise BadField(_step(child), why) from why
        except BadField as why:
            raise BadField(f"{_step(child)}/{why.path}", why.why) from why
        for index, items in lists.items():
            values[index] = tuple(items)
        return tuple.__new__(self._value, values)

    def _without_odd(self, element: Element) -> V:
        """Read an element of which a spare child is not of its type, without such children."""
        rest = copy(element)
        odd = []
        for child in rest.iterchildren(*self._spare):
            known = self._children[child.tag]
            try:
                if known[1] is not None and child.text:
                    known[1](child.text)
            except BadValue as why:
                odd.append(f"{child.tag} is {shown(why.text)}")
                rest.remove(child)
        value: Any = self(rest)
        return cast(V, value._replace(odd=tuple(odd)))


def _way(child: Leaf | Node) -> tuple[Convert | None, Read | None, bool]:
    """How a child becomes a value: by its text or as a whole, and whether it repeats."""
    if isinstance(child, Leaf):
        return child.convert, None, False
    return None, child.read, child.repeats


def _step(child: Element) -> str:
    """The child's name, with its number when it has namesakes: ``InvoiceLineRet[2]``."""
    before = sum(1 for _ in child.itersiblings(child.tag, preceding=True))
    alone = before == 0 and next(child.itersiblings(child.tag), None) is None
    return child.tag if alone else f"{child.tag}[{before + 1}]"
