"""Tables of what follows an event in a phase; a missing cell is an error with both names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

P = TypeVar("P", bound=StrEnum)
C = TypeVar("C")


class NoSuchMove(Exception):
    """An event that has no place in the phase; nothing was changed."""

    def __init__(self, phase: StrEnum, event: object) -> None:
        name = event if isinstance(event, StrEnum) else type(event).__name__
        super().__init__(f"{name} has no place in phase {phase.value!r}")
        self.phase = phase
        self.event = event


def cell(table: Mapping[P, Mapping[Any, C]], phase: P, event: object) -> C:
    """What the table has for an event, or for its type, in a phase; else raises NoSuchMove."""
    found = table[phase].get(event if isinstance(event, StrEnum) else type(event))
    if found is None:
        raise NoSuchMove(phase, event)
    return found
