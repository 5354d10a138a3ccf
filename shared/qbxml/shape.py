"""How an element of an answer becomes a value: what its named tuple declares, read in one walk.

A field says in its annotation which child it is (``fields`` has the words for it)::

    balance_remaining: Annotated[Decimal | None, amount("BalanceRemaining")] = None

The order of children does not matter, and a child that no field names is passed over with all
that is in it. Children are looked at directly below their parent only: a ContactsRet has a
ListID of its own, which is not the customer's.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from shared.qbxml.declared import declared
from shared.qbxml.text import BadValue, shown

if TYPE_CHECKING:  # values that are declared here are used where nothing is read: 17 ms
    from lxml import etree

Element: TypeAlias = "etree._Element"
Convert: TypeAlias = Callable[[str], Any]
Read: TypeAlias = Callable[[Element], Any]
V = TypeVar("V", bound=NamedTuple)


class BadField(Exception):
    """A malformed value at ``path`` below the record that was being read."""

    def __init__(self, path: str, why: BadValue) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Leaf(NamedTuple):
    """A child that holds text, under any of its names; ``convert`` None takes the text as it is.

    ``spare``: no balance, customer, number or date depends on it, so a text that is not of its
    type loses the field and not the record; it is kept, as text, in the record's ``odd``.
    ``needed``: a record without it cannot be told from others.
    """

    names: tuple[str, ...]
    convert: Convert | None = None
    spare: bool = False
    needed: bool = False


class Node(NamedTuple):
    """A child that is read as a whole. When it repeats, its field holds all, in order.

    ``unchecked`` reads what is certain in it where the record around it cannot be read.
    """

    names: tuple[str, ...]
    read: Read
    repeats: bool = False
    unchecked: Read | None = None


class Shape(Generic[V]):
    """Reads an element into a named tuple, by what the annotations of its fields declare.

    Called with an element it returns the value, so that a shape is itself the ``read`` of a
    Node. An empty or blank child counts as missing. Raises BadField for the first child whose
    text is not of its type. ``needed`` names the child, and its field, that a record must have.
    """

    def __init__(self, value: type[V]) -> None:
        known = [
            (name, index, child)
            for index, said in enumerate(declared(value).values())
            for child in said
            if isinstance(child, Leaf | Node)  # a text tells of the field in JSON
            for name in child.names
        ]
        leaves = [(name, index, leaf) for name, index, leaf in known if isinstance(leaf, Leaf)]
        self._value = value
        self._blank = [value._field_defaults[field] for field in value._fields]
        # One table for leaves and nodes: a page looks up a hundred thousand names.
        self._children = {name: (index, *_way(child)) for name, index, child in known}
        self._spare = frozenset(name for name, _, leaf in leaves if leaf.spare)
        self._unchecked = {name: (index, _certain(child)) for name, index, child in known}
        self.needed = next(((name, index) for name, index, leaf in leaves if leaf.needed), None)
        assert not self._spare or "odd" in value._fields, f"{value.__name__} keeps nothing odd"

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

    def unchecked(self, element: Element) -> V:
        """The texts and names in an element that cannot be read, and nothing else of it."""
        values = self._blank.copy()
        for child in element:
            index, read = self._unchecked.get(child.tag, (0, None))
            if read is not None:
                values[index] = read(child)
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


def _certain(child: Leaf | Node) -> Read | None:
    """How a child is read where nothing is checked; None for what needs a check."""
    if isinstance(child, Node):
        return child.unchecked
    return None if child.convert else lambda element: element.text or ""


def _step(child: Element) -> str:
    """The child's name, with its number when it has namesakes: ``InvoiceLineRet[2]``."""
    before = sum(1 for _ in child.itersiblings(child.tag, preceding=True))
    alone = before == 0 and next(child.itersiblings(child.tag), None) is None
    return child.tag if alone else f"{child.tag}[{before + 1}]"
