"""Reasons that keep a payment from QuickBooks: which of them pass by themselves, and its pauses.

What passes by itself stays waiting, however often it is met; what does not is refused until a
person has done something. The code alone says which of the two it is, for every part of the
program, and a test holds the words for people against it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

RETRIED = "payment-retried"
"""It waits for the next Payment Sync, which asks QuickBooks about it first."""

READY_LONG = "payment-ready-long"
WAITS_LONG = "payment-waits-long"
"""The problem of a payment that has waited longer than the operator wants; it goes on waiting."""

PASSING = frozenset(
    {
        RETRIED,
        "payment-invoice-waiting",
        "payment-invoice-near",
        "payment-invoice-left-out",
        "payment-customer-waiting",
        "payment-customers-changed",
        "payment-books-moved",
        "payment-locked",
        "payment-busy",
        "payment-not-permitted",
        "payment-answer-unreadable",
    }
)

PUT_OFF = frozenset(
    {"payment-locked", "payment-busy", "payment-not-permitted", "payment-answer-unreadable"}
)
"""Those of QuickBooks itself, which only the next Payment Sync can find to be over."""

_FIRST, _LONGEST = timedelta(seconds=5), timedelta(minutes=4)


def passes(code: str) -> bool:
    """Whether what the code stands for is over by itself one day."""
    return code in PASSING


def pause(attempts: int) -> timedelta:
    """How long a payment that was put off ``attempts`` times, at least once, is left alone.

    It doubles, but a payment is never left alone for longer than a usual Auto-Run takes.
    """
    doubled: int = 2 ** min(attempts - 1, 16)
    return min(_FIRST * doubled, _LONGEST)


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Whether a pause goes on; one longer than any can be is none: the clock was set back since."""
    return until is not None and now < until <= now + _LONGEST
