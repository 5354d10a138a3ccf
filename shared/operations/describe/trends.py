"""Trends in text: bars with their numbers beside them, syncs as one mark each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from shared.rules.trends import MoneyWeek, SyncDay
from shared.rules.values import Sync

_FULL, _HALF = "█", "▌"
"""Signs that also the console of a server without fonts has."""

MARKS = {"x": "failed", "!": "some records failed", "-": "stopped", ".": "OK"}
"""What the mark of a sync means."""


def bar(value: int | Decimal, most: int | Decimal, width: int) -> str:
    """A bar of at most ``width`` cells, as long as its share of ``most``; something is seen of any.

    Nothing below zero has a bar.
    """
    halves = round(2 * width * value / most) if most > 0 and value > 0 else 0
    halves = max(halves, 1) if value > 0 else 0
    return _FULL * (halves // 2) + _HALF * (halves % 2)


def day_label(day: date) -> str:
    """A day in few letters: ``Wed Jun 12``."""
    return f"{day:%a %b} {day.day:>2}"


def mark(sync: Sync) -> str:
    """One sync in one letter, as ``MARKS`` tells."""
    if sync.state == "failed":
        return "x"
    if sync.state == "canceled":
        return "-"
    return "!" if sync.failed else "."


def legend(marks: Sequence[str]) -> str:
    """What these marks mean, each once; nothing for those that went well."""
    return ", ".join(f"{one} {MARKS[one]}" for one in MARKS if one in marks and one != ".")


def most_syncs(days: Sequence[SyncDay]) -> int:
    """What the longest bar of these days stands for."""
    return max((one.syncs for one in days), default=0)


def most_money(weeks: Sequence[MoneyWeek], currency: str) -> tuple[Decimal, Decimal]:
    """What the longest bars of collected and of open money stand for."""
    its = [one for one in weeks if one.currency == currency]
    nothing = Decimal(0)
    return (
        max((one.collected for one in its), default=nothing),
        max((one.open for one in its), default=nothing),
    )
