"""A word that somebody typed, looked for in several columns at once."""

from __future__ import annotations

import functools
from typing import Any

from peewee import SQL, NodeList, fn

from shared.models.statements import slot


def holding(word: str, *fields: Any) -> NodeList:
    """True where the ``fields``, one after the other, hold the text of the slot ``word``.

    The parameter is a ``pattern``. Case does not matter; SQLite knows that of ASCII alone.
    """
    joined = functools.reduce(lambda left, right: left.concat(" ").concat(right), fields)
    return NodeList((fn.LOWER(joined), SQL("LIKE"), slot(word), SQL("ESCAPE '!'")))


def pattern(part: str) -> str:
    """A LIKE pattern for what holds this text, whatever signs are in it."""
    for sign in "!%_":
        part = part.replace(sign, f"!{sign}")
    return f"%{part.lower()}%"
