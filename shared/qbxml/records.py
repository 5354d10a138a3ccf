"""The records of an answer: each becomes the value of its name, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from shared.qbxml.fields import shape_of
from shared.qbxml.responses import BadRecord, Ret
from shared.qbxml.shape import BadField, Element, Shape
from shared.qbxml.text import BadId, read_id, shown

_SHAPES: Mapping[str, Shape[Any]] = {kind.__name__: shape_of(kind) for kind in get_args(Ret)}


def read_record(element: Element) -> Ret | BadRecord | None:
    """The value of one complete record; None for a kind that is not read here.

    A malformed value, or a record without its ID, gives a BadRecord: nothing is raised.
    """
    shape = _SHAPES.get(element.tag)
    if shape is None:
        return None
    try:
        record: Ret = shape(element)
    except BadField as why:
        reason = f"{why.path} is {shown(why.why.text)}, which is not {why.why.wanted}"
        return _bad(element, shape, why.path, why.why.text, reason)
    if shape.needed and not record[shape.needed[1]]:
        name = shape.needed[0]
        return _bad(element, shape, name, "", f"it has no {name}")
    return record


def _bad(element: Element, shape: Shape[Any], field: str, value: str, reason: str) -> BadRecord:
    identity = ""
    if shape.needed:
        try:
            identity = read_id(element.findtext(shape.needed[0], ""))
        except BadId:
            identity = ""
    document = getattr(shape.unchecked(element), "document", element.tag)
    return BadRecord(element.tag, identity, document, field, value, reason)
