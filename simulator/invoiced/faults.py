"""Faults for rehearsal: what goes wrong with which request, as told or by chance from a seed.

A fault is written KIND[:WHERE[:TURN[:SECONDS]]], such as ``hang:POST /payments:2`` or
``limit:*:1:30``. WHERE is a method, the beginning of a path, both, or ``*``; TURN counts the
requests that it fits, from 1, and ``*`` means each of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from enum import StrEnum

from shared.structs import Value


class FaultKind(StrEnum):
    """What goes wrong; up to LOCK nothing was done, after it the request was carried out."""

    DROP_BEFORE = "drop-before"  # the connection fails
    LIMIT = "limit"  # 429, with Retry-After when SECONDS are given
    ERROR = "error"  # 500 with JSON; it is remembered under an idempotency key
    HTML = "html"  # 502 with a page of a proxy
    LOCK = "lock"  # 400: another process updates the record; remembered, too
    DROP_AFTER = "drop-after"  # the connection fails
    FORGET = "forget"  # it fails, and the idempotency key was not written down yet
    CUT = "cut"  # it fails after half of the answer
    HANG = "hang"  # no answer ever
    SLOW = "slow"  # the answer comes after SECONDS
    HTML_AFTER = "html-after"  # 504 with a page of a proxy
    LATE = "late"  # no answer, and it is carried out SECONDS later, whatever was sent meanwhile


STORM = (3, 12)  # so many more 429 follow one that comes by chance
SLOW_SECONDS, TIMED = 20.0, (FaultKind.SLOW, FaultKind.LATE)


class FaultUnreadable(ValueError):
    """A fault is written wrongly; the text says how to write it."""


class Fault(Value):
    """One fault; ``turn`` None means each request that it fits."""

    kind: FaultKind
    where: str = "*"
    turn: int | None = 1
    seconds: float = 0.0

    def fits(self, method: str, path: str) -> bool:
        """Whether it is about such a request."""
        words = self.where.split()
        verbs = [one for one in words if one.isalpha()]
        beginnings = [one for one in words if one.startswith("/")]
        return all(one == method for one in verbs) and all(map(path.startswith, beginnings))


def parse_fault(text: str) -> Fault:
    """Read KIND[:WHERE[:TURN[:SECONDS]]]; raises FaultUnreadable."""
    kind, where, turn, seconds = [*text.split(":", 3), "", "", ""][:4]
    try:
        count = None if turn == "*" else int(turn or 1)
        return Fault(FaultKind(kind), where or "*", count, float(seconds or 0))
    except ValueError:
        said = f"{text!r}: write KIND[:WHERE[:TURN[:SECONDS]]]; kinds are {', '.join(FaultKind)}."
        raise FaultUnreadable(said) from None


class FaultPlan:
    """Which request suffers what: the faults that were told, else one by chance at ``rate``."""

    def __init__(
        self,
        told: Iterable[Fault] = (),
        *,
        seed: int = 0,
        rate: float = 0.0,
        kinds: Sequence[FaultKind] = tuple(FaultKind),
    ) -> None:
        self._told = dict.fromkeys(told, 0)  # with how many requests each fitted so far
        self._rnd = random.Random(f"deskbridge invoiced faults {seed}")
        self._kinds = kinds
        self._storm = 0
        self.rate = rate

    def strike(self, method: str, path: str) -> Fault | None:
        """What this request suffers, if anything; each request is asked about once."""
        struck = None
        for fault in self._told:
            if fault.fits(method, path):
                self._told[fault] += 1
                if fault.turn in (None, self._told[fault]):
                    struck = struck or fault
        return struck or self._by_chance(method)

    def _by_chance(self, method: str) -> Fault | None:
        if self._storm:
            self._storm -= 1
            return Fault(FaultKind.LIMIT)
        if self._rnd.random() >= self.rate:
            return None
        kind = self._rnd.choice(self._kinds)
        if kind is FaultKind.LIMIT:
            self._storm = self._rnd.randrange(*STORM)
        if kind is FaultKind.LOCK and method == "GET":
            return None
        return Fault(kind, seconds=SLOW_SECONDS if kind in TIMED else 0.0)
