"""What a detail page is made of: drawn by ``show`` commands and by screens alike."""

from __future__ import annotations

from collections.abc import Iterable

from shared.structs import Value


class Section(Value):
    """A part of a page: its title, then names with their values."""

    title: str
    lines: tuple[tuple[str, str], ...]


def told(title: str, lines: Iterable[tuple[str, str]]) -> Section:
    """A section without the lines that have no value."""
    return Section(title, tuple((name, value) for name, value in lines if value))
