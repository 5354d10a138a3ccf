"""Wrong passwords and wrong tokens: how many are free, and how long each further one locks."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared.rules.values import LONGEST_LOCK
from shared.structs import Value

FREE_PASSWORDS = 5
"""Wrong passwords in a row for one user name."""
FIRST_LOCK = timedelta(seconds=60)
GUESSES_TOGETHER = timedelta(hours=1)
"""Guesses that lie further apart do not add up, before they lock something."""
LOCKS_REMEMBERED = timedelta(days=1)
"""After so long without a wrong guess, the next ones are free again."""


class Source(StrEnum):
    """Where wrong guesses come from, or what they are at, besides the user names that exist."""

    ADDRESS = "address"  # guesses at passwords of the Web Connector, at any user name
    USER_NAME = "user-name"  # at one that does not exist: it is locked like those that do
    TOKEN_ADDRESS = "token-address"  # noqa: S105 - guesses at tokens of the API

    @property
    def free(self) -> int:
        """So many wrong guesses lock nothing. An address may be that of a whole office."""
        return 20 if self is Source.ADDRESS else FREE_PASSWORDS


class Lock(Value):
    """What a source has guessed so far, and until when nothing more is tried from there."""

    source: Source
    name: str
    guesses: int
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is locked; a lock longer than any is none, since the clock was set back."""
        return now < self.until <= now + LONGEST_LOCK


def lock_after(guesses: int, now: datetime, free: int = FREE_PASSWORDS) -> datetime | None:
    """Until when to refuse further guesses, after this many wrong ones; None while they are free.

    A minute at first, then twice as long each time, up to LONGEST_LOCK.
    """
    beyond = guesses - free
    if beyond < 0:
        return None
    doublings: int = 2 ** min(beyond, 10)
    return now + min(FIRST_LOCK * doublings, LONGEST_LOCK)
