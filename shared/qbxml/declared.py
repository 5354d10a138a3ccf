"""What classes say of their fields: each in its annotation, once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, get_type_hints


def declared(kind: type) -> Mapping[str, tuple[Any, ...]]:
    """What stands beside the type in the annotation of each field, in their order.

    An annotation is read as its module would read it: there ``amount`` is the word, in the
    class it is the field.
    """
    names = vars(import_module(kind.__module__))
    hints = get_type_hints(kind, names, names, include_extras=True)
    return {field: getattr(hint, "__metadata__", ()) for field, hint in hints.items()}
