"""Wrong guesses that lock nothing yet: counted in memory, in a space that does not grow."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from hashlib import sha256

from shared.rules.throttling import GUESSES_TOGETHER, Lock, Source

MOST_KEPT = 4096
"""A flood of addresses pushes the oldest out, so each of them may guess a few times more."""


class Guesses:
    """How often each source guessed wrong, until that locks it.

    From then on the lock in the store counts, for this daemon and all others. Keys are digests:
    a user name may be as long as it likes.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, tuple[int, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, source: Source, name: str, known: Lock | None, now: datetime) -> int:
        """Count one more wrong guess; the answer is how many there are by now.

        ``known`` is the lock in the store, also one that is over.
        """
        key = sha256(f"{source} {name}".encode("utf-8", "surrogatepass")).digest()
        before, last = self._counts.pop(key, (0, now))
        if known is not None:
            return known.guesses + 1
        count = before + 1 if abs(now - last) < GUESSES_TOGETHER else 1
        if count < source.free:
            self._counts[key] = (count, now)
            if len(self._counts) > MOST_KEPT:
                self._counts.popitem(last=False)
        return count
