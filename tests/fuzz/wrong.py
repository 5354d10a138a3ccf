"""What must never happen in a case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_MEMORY = 48 * 1024 * 1024
"""So much more may be in use after a case than before it; what is warmed up once is among it."""
LONGEST_WORDS = 1_000
_STATM = Path("/proc/self/statm")


class Wrong(AssertionError):
    """Something that must never happen has happened."""


def must(holds: bool, otherwise: str) -> None:
    """Raise Wrong where it does not hold."""
    if not holds:
        raise Wrong(otherwise)


def check_words(words: str) -> None:
    """What a person reads is a sentence, whatever QuickBooks said."""
    must("Traceback" not in words, f"a traceback is said: {words[:LONGEST_WORDS]}")
    must(len(words) <= LONGEST_WORDS, f"{len(words)} characters are said: {words[:80]!r}")
    must(words.isprintable(), f"what is said cannot be printed: {words[:LONGEST_WORDS]!r}")


@contextmanager
def bounded_memory() -> Iterator[None]:
    """What is done meanwhile keeps no more than MOST_MEMORY, where the system tells."""
    before = _resident()
    yield
    grown = _resident() - before
    must(grown <= MOST_MEMORY, f"{grown / 1024 / 1024:.0f} MB of memory more are in use")


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
