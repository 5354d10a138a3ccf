"""How a request declares its elements, in the annotations of its fields.

The order of the fields is the order of the elements::

    from_modified: Annotated[
        str, one("ModifiedDateRangeFilter/FromModifiedDate", TIME, either="filter/modified")
    ] = ""

``writer`` writes a request by its declaration, and ``grammar`` makes the schema of it that
checks what was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from shared.qbxml.declared import declared
from shared.qbxml.formats import Format
from shared.structs import Value


class Element(Value):
    """Where a field of a request is written, and what it holds.

    ``path`` leads there from the element of the request. ``holds`` is the format of its text,
    or the class whose declared fields are its children. ``needed``: QuickBooks wants it, so it
    is written even when empty, and the schema names it. ``either``: QuickBooks takes only one of
    the neighboring elements whose words differ here; behind a slash comes a choice within.
    """

    path: str
    holds: Format | type
    either: str = ""
    needed: bool = False
    repeats: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the elements on its path, its own at the end."""
        return tuple(self.path.split("/"))

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of ``either``, the outer one first."""
        return tuple(self.either.split("/")) if self.either else ()


one = Element
each = partial(Element, repeats=True)


_read: dict[type, tuple[tuple[str, Element], ...]] = {}


def elements_of(kind: type) -> tuple[tuple[str, Element], ...]:
    """The fields of a request that become elements, in the order of QuickBooks; read once."""
    if kind not in _read:
        _read[kind] = tuple(_elements(kind))
    return _read[kind]


def _elements(kind: type) -> Iterator[tuple[str, Element]]:
    for field, said in declared(kind).items():
        yield from ((field, element) for element in said if isinstance(element, Element))
