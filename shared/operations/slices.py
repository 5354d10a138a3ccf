"""Long work in short transactions, with pauses in which others get their turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.models.store import Store

T = TypeVar("T")
SHORTEST, LONGEST = 50, 500
WANTED_SECONDS = 0.04
LONGEST_PAUSE_SECONDS = 0.025
"""Who waits for SQLite looks again every 1 to 25 ms, so it gets its turn in such a pause."""


def in_slices(store: Store, items: Sequence[T], write: Callable[[Sequence[T]], None]) -> None:
    """Call ``write`` with one slice of ``items`` after the other, each in a transaction.

    A slice is as long as it may be to take 40 ms.
    """
    at, size = 0, SHORTEST
    while at < len(items):
        began = time.monotonic()
        with store.transaction():
            write(items[at : at + size])
        at += size
        took = time.monotonic() - began
        fitting = int(size * WANTED_SECONDS / max(took, 0.001))
        size = max(SHORTEST, min(LONGEST, 2 * size, fitting))
        if at < len(items):
            let_others_in(took)


def let_others_in(took_seconds: float) -> None:
    """Wait as long as a transaction took, so that others come to theirs; not longer than that."""
    time.sleep(min(took_seconds, LONGEST_PAUSE_SECONDS))
