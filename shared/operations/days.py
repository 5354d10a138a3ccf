"""Days as people type them into a filter, on the calendar of this machine."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from shared import dates

_SPAN = re.compile(rf"({dates.TYPED})?\.\.({dates.TYPED})?|({dates.TYPED})", re.ASCII)


def days_meant(word: str, today: date) -> tuple[date | None, date | None] | None:
    """Return the first and the last day that ``word`` means, both included; None for no day.

    ``today``, ``yesterday``, a day, or a span: ``1/1/2026..1/31/2026``, either end left out.
    A day may also be written ``2026-01-31``.
    """
    if word in ("today", "yesterday"):
        day = today - timedelta(days=word == "yesterday")
        return day, day
    span = _SPAN.fullmatch(word)
    if span is None or word == "..":
        return None
    try:
        first, last, only = (dates.read_day(text) if text else None for text in span.groups())
    except ValueError:  # such as the 31st of June
        return None
    return (only, only) if only else (first, last)


def midnight(day: date) -> datetime:
    """When a day begins, on the clocks of this machine."""
    return datetime.combine(day, time()).astimezone()


def begin_and_end(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """When the first day begins, and when the last one is over; None for a day that is None."""
    over = last + timedelta(days=1) if last else None
    return midnight(first) if first else None, midnight(over) if over else None
