"""JSON Schema of what a shape writes and of what a request holds, from the same declarations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from shared.operations.contracts.shapes import Shape

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


def request_of(kind: type) -> Schema:
    """The object that ``requests.read`` makes a value of."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind, include_extras=True)
    needed = [one.name for one in fields(kind) if is_needed(one)]
    return {
        "title": kind.__name__,
        "type": "object",
        "properties": {one.name: asked(hints[one.name]) for one in fields(kind)},
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def is_needed(field: Field[Any]) -> bool:
    """Whether a field has no value where nothing is said of it."""
    return field.default is MISSING and field.default_factory is MISSING


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
    if is_dataclass(declared) and isinstance(declared, type):
        return request_of(declared)
    return _plain(declared, ASKED_AMOUNT)
