"""Long work in short transactions, with pauses in which others get their turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.models.store import Store

T = TypeVar("T")
SHORTEST, LONGEST = 50, 2000
WANTED_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.006
"""Who waits for SQLite looks again every 2 ms, so it gets its turn in such a pause."""
_BUSY = 3
"""A busy machine may make a slice take so many times its own work: shorter ones would only be more
of them."""


def in_slices(store: Store, items: Sequence[T], write: Callable[[Sequence[T]], None]) -> None:
    """Call ``write`` with one slice of ``items`` after the other, each in a transaction.

    A slice is as long as it may be to take 50 ms. A power cut may undo the last ones, until a
    later transaction that lasts.
    """
    at, size = 0, SHORTEST
    some = items[:size]
    while some:
        began, worked = time.monotonic(), time.thread_time()
        with store.transaction(lasting=False):
            write(some)
        ended = time.monotonic()
        cost = max(time.thread_time() - worked, (ended - began) / _BUSY, 0.001)
        at += size
        size = max(SHORTEST, min(LONGEST, 2 * size, int(size * WANTED_SECONDS / cost)))
        some = items[at : at + size]
        if some:
            let_others_in(ended - began, since=ended)


def let_others_in(took_seconds: float, *, since: float) -> None:
    """Wait as long as a transaction took that ended at ``since``, at most 6 ms, for others."""
    pause = min(took_seconds, LONGEST_PAUSE_SECONDS)
    time.sleep(max(0.0, since + pause - time.monotonic()))
