"""Long sequences, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def parts(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of ``size``, the last one maybe shorter."""
    return (found[at : at + size] for at in range(0, len(found), size))
