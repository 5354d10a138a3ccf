"""References to entries of QuickBooks' lists: the value, and how it is read."""

from __future__ import annotations

from typing import NamedTuple

from shared.qbxml.shape import Element
from shared.qbxml.text import BadId, read_id, remembered


class Ref(NamedTuple):
    """A reference to a list entry: a customer, an account, the home currency."""

    list_id: str = ""
    full_name: str = ""


NO_REF = Ref()


_id = remembered(read_id)


def read_ref(element: Element) -> Ref:
    """A reference by which records are found. Raises BadId."""
    list_id, full_name = _texts(element)
    return tuple.__new__(Ref, (_id(list_id), full_name))  # half the time of calling Ref


def read_spare_ref(element: Element) -> Ref:
    """A reference that a record can do without: a ListID that is none is lost, not the record."""
    try:
        return read_ref(element)
    except BadId:
        return Ref("", _texts(element)[1])


def _texts(element: Element) -> tuple[str, str]:
    """ListID and FullName, of which a page has more than of anything else: no table for two."""
    list_id = full_name = None
    for child in element:
        tag = child.tag
        if tag == "ListID":
            list_id = child.text
        elif tag == "FullName":
            full_name = child.text
    return list_id or "", full_name or ""


def read_full_name(element: Element) -> str:
    """The FullName of a reference whose ListID nobody needs.

    It is the last child: asking for that one costs a fifth of walking over both.
    """
    try:
        last = element[-1]
    except IndexError:
        return ""
    return (last.text or "") if last.tag == "FullName" else _texts(element)[1]
