"""Tables of what follows an event in a phase; a missing cell is an error with both names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

P = TypeVar("P", bound=StrEnum)
C = TypeVar("C")


class NoSuchMove(Exception):
    """An event that has no place in the phase; nothing was changed."""

    def __init__(self, phase: StrEnum, event: object) -> None:
        super().__init__(f"{type(event).__name__} has no place in phase {phase.value!r}")
        self.phase = phase
        self.event = event


def cell(table: Mapping[P, Mapping[type, C]], phase: P, event: object) -> C:
    """What the table has for an event in a phase; raises NoSuchMove where it has nothing."""
    found = table[phase].get(type(event))
    if found is None:
        raise NoSuchMove(phase, event)
    return found
