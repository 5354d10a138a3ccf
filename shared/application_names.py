"""What a new application is called in the Web Connector and in QuickBooks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from uuid import UUID, uuid4

from shared.rules.values import ApplicationKind

MAX_APP_NAME = 60
"""The row in the Web Connector and QuickBooks' list of applications show about so much."""

_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "ß": "ss"}
    | {"æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"}
)


def as_ascii(name: str) -> str:
    """A name in printable ASCII, without accents; what has no plain form is left out."""
    text = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    bare = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join("".join(c if c.isascii() and c.isprintable() else " " for c in bare).split())


def app_name(kind: ApplicationKind, connection_name: str, number: int = 1) -> str:
    """Return a new AppName: the row's label and the name under which QuickBooks grants access.

    "Invoice Sync - Larkspur Tile": several companies on one PC are common. From 2 on ``number``
    tells two apart that would be alike otherwise.
    """
    name = as_ascii(connection_name)
    tail = f" {number}" if number > 1 else ""
    if not name:
        return f"{kind.label}{tail}"
    whole = f"{kind.label} - {name}"
    return whole[: MAX_APP_NAME - len(tail)].rstrip() + tail


def new_guid(new_id: Callable[[], UUID] = uuid4) -> str:
    """Return a fresh random GUID in braces, upper case."""
    return f"{{{new_id()}}}".upper()


def new_unique_name(kind: ApplicationKind, new_id: Callable[[], UUID] = uuid4) -> str:
    """Return a fresh AppUniqueName, such as ``Deskbridge Invoice 4F1D09AC``."""
    return f"Deskbridge {kind.capitalize()} {new_id().hex[:8].upper()}"
