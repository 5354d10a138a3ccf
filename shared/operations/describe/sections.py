"""What a detail page is made of: drawn by ``show`` commands and by screens alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of a page: its title, then names with their values."""

    title: str
    lines: tuple[tuple[str, str], ...]
