"""References to entries of QuickBooks' lists: the value, and how it is read."""

from __future__ import annotations

from typing import NamedTuple

from shared.qbxml.shape import Element
from shared.qbxml.text import BadId, read_id


class Ref(NamedTuple):
    """A reference to a list entry: a customer, an account, the home currency."""

    list_id: str = ""
    full_name: str = ""


NO_REF = Ref()


def read_ref(element: Element) -> Ref:
    """A reference by which records are found. Raises BadId."""
    ref = _as_it_stands(element)
    read_id(ref.list_id)
    return ref


def read_spare_ref(element: Element) -> Ref:
    """A reference that a record can do without: a ListID that is none is lost, not the record."""
    ref = _as_it_stands(element)
    try:
        read_id(ref.list_id)
    except BadId:
        return ref._replace(list_id="")
    return ref


def _as_it_stands(element: Element) -> Ref:
    """A reference, of which a page has more than of anything else: no table for two names."""
    list_id = full_name = None
    for child in element:
        tag = child.tag
        if tag == "ListID":
            list_id = child.text
        elif tag == "FullName":
            full_name = child.text
    return Ref((list_id or "").strip(), full_name or "")


def read_full_name(element: Element) -> str:
    """The FullName of a reference whose ListID nobody needs.

    It is the last child: asking for that one costs a fifth of walking over both.
    """
    last = element[-1] if len(element) else None
    if last is not None and last.tag == "FullName":
        return last.text or ""
    return _as_it_stands(element).full_name
