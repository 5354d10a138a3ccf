"""JSON Schema of what a shape writes and of what a request holds, from the same declarations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from shared.operations.contracts.shapes import Shape
from shared.structs import Value, defaults, field_names

Schema = dict[str, Any]
AMOUNT = r"^-?[0-9]{1,13}\.[0-9]{2}$"
ASKED_AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"


def object_of(shape: Shape[Any]) -> Schema:
    """The object that a shape writes: every key is always there."""
    return {
        "title": shape.title,
        "type": "object",
        "properties": {
            key.name: _told(_written(key.type, key.inner), key.meaning) for key in shape.keys
        },
        "required": shape.names(),
        "additionalProperties": False,
    }


def _told(schema: Schema, meaning: str) -> Schema:
    return {**schema, "description": meaning} if meaning else schema


def _written(declared: Any, inner: Shape[Any] | None) -> Schema:
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _written(arguments[0], inner)
    if origin in (Union, UnionType):
        (kind,) = (one for one in arguments if one is not NoneType)
        return _or_null(_written(kind, inner))
    if arguments:
        kind = next(one for one in arguments if one is not NoneType)
        return {"type": "array", "items": _written(kind, inner)}
    return object_of(inner) if inner else _plain(declared, AMOUNT)


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _plain(kind: Any, amount: str) -> Schema:
    if issubclass(kind, Decimal):
        return {"type": "string", "pattern": amount}
    if issubclass(kind, datetime):
        return {"type": "string", "format": "date-time"}
    if issubclass(kind, date):
        return {"type": "string", "format": "date"}
    if issubclass(kind, Enum):
        return {"type": "string", "enum": [str(one.value) for one in kind]}
    if issubclass(kind, bool):
        return {"type": "boolean"}
    if issubclass(kind, int):
        return {"type": "integer"}
    assert issubclass(kind, str | Path), kind
    return {"type": "string"}


def request_of(kind: type[Value]) -> Schema:
    """The object that ``requests.read`` makes a value of."""
    hints = get_type_hints(kind, include_extras=True)
    required = needed(kind)
    return {
        "title": kind.__name__,
        "type": "object",
        "properties": {name: asked(hints[name]) for name in field_names(kind)},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def needed(kind: type[Value]) -> list[str]:
    """The fields that have no value where nothing is said of them."""
    usual = defaults(kind)
    return [name for name in field_names(kind) if name not in usual]


def asked(declared: Any) -> Schema:
    """The schema of one field of a request."""
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        told = next((one for one in arguments[1:] if isinstance(one, str)), "")
        more = next((one for one in arguments[1:] if isinstance(one, dict)), {})
        return {**_told(asked(arguments[0]), told), **more}
    if origin in (Union, UnionType):
        (kind,) = (one for one in arguments if one is not NoneType)
        return asked(kind)  # None stands for "not said": there is no null in a request
    if origin in (tuple, list, Sequence):
        return {"type": "array", "items": asked(arguments[0])}
    if issubclass(declared, Value):
        return request_of(declared)
    return _plain(declared, ASKED_AMOUNT)
