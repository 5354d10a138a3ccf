"""Days as people type them into a filter, on the calendar of this machine."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_DAY = r"\d{4}-\d\d-\d\d"
_SPAN = re.compile(rf"({_DAY})?\.\.({_DAY})?|({_DAY})", re.ASCII)


def days_meant(word: str, today: date) -> tuple[date | None, date | None] | None:
    """Return the first and the last day that ``word`` means, both included; None for no day.

    ``today``, ``yesterday``, a day, or a span: ``2026-01-01..2026-01-31``, either end left out.
    """
    if word in ("today", "yesterday"):
        day = today - timedelta(days=word == "yesterday")
        return day, day
    span = _SPAN.fullmatch(word)
    if span is None or word == "..":
        return None
    try:
        first, last, only = (date.fromisoformat(text) if text else None for text in span.groups())
    except ValueError:  # such as the 31st of June
        return None
    return (only, only) if only else (first, last)


def midnight(day: date | None, days: int) -> datetime | None:
    """The local midnight that many days after ``day`` begins."""
    return datetime.combine(day + timedelta(days=days), time()).astimezone() if day else None
