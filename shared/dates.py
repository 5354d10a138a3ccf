"""Days and times as people read and type them; the one place where they are formatted.

How they are written is one choice for the whole program, the setting ``date_format``; whoever
reads the settings makes it with ``use``. What programs read (JSON, CSV, the API) is ISO whatever
was chosen. What is typed is understood in both ways.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum


class DateFormat(StrEnum):
    """``us``: 11/28/2026 and 5:36 PM; ``iso``: 2026-11-28 and 17:36."""

    US = "us"
    ISO = "iso"


class _Chosen:
    """How this process writes them."""

    format = DateFormat.US


def use(wanted: DateFormat) -> None:
    """Have days and times written so from now on."""
    _Chosen.format = wanted


# For people.


def day(one: date | None, none: str = "") -> str:
    """``11/28/2026`` or ``2026-11-28``; ``none`` for None."""
    if one is None:
        return none
    return f"{one.month}/{one.day}/{one:%Y}" if _is_us() else f"{one:%Y-%m-%d}"


def time_of(at: datetime) -> str:
    """The time of day on this machine's wall clock: ``5:36 PM`` or ``17:36``."""
    return _time(at.astimezone())


def time_to_second(at: datetime) -> str:
    """The same with seconds: ``5:36:09 PM`` or ``17:36:09``."""
    return _time_to_second(at.astimezone())


def moment(at: datetime | None, never: str = "") -> str:
    """Day and time on this machine's wall clock; ``never`` for None."""
    return never if at is None else _moment(at.astimezone())


def moment_to_second(at: datetime) -> str:
    """Day and time to the second, on this machine's wall clock."""
    local = at.astimezone()
    return f"{day(local.date())} {_time_to_second(local)}"


def moment_in_utc(at: datetime) -> str:
    """Day and time in UTC, named: for those who may sit in another time zone."""
    return f"{_moment(at.astimezone(UTC))} UTC"


def time_in_utc(at: datetime) -> str:
    """The time of day in UTC, named."""
    return f"{_time(at.astimezone(UTC))} UTC"


def short(at: datetime | None, now: datetime, never: str = "never") -> str:
    """As short as it can be told: the time today, day and time this year, else the day alone."""
    if at is None:
        return never
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return _time(local)
    if local.year != today.year:
        return day(local.date())
    day_of_year = f"{local.month}/{local.day}" if _is_us() else f"{local:%m-%d}"
    return f"{day_of_year} {_time(local)}"


def _is_us() -> bool:
    return _Chosen.format is DateFormat.US


def _time(local: datetime) -> str:
    return f"{_hour(local)}:{local:%M} {_half(local)}" if _is_us() else f"{local:%H:%M}"


def _time_to_second(local: datetime) -> str:
    return f"{_hour(local)}:{local:%M:%S} {_half(local)}" if _is_us() else f"{local:%H:%M:%S}"


def _moment(local: datetime) -> str:
    return f"{day(local.date())} {_time(local)}"


def _hour(local: datetime) -> int:
    return local.hour % 12 or 12


def _half(local: datetime) -> str:
    return "PM" if local.hour >= 12 else "AM"


# As they are typed.

EXAMPLE = "11/28/2026 or 2026-11-28"
TYPED = r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4}"
"""A pattern for a day as people type it."""
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_day(text: str) -> date:
    """Read a day written ``11/28/2026`` or ``2026-11-28``, whatever was chosen.

    Raises ValueError for anything else, and for a day that no calendar has.
    """
    typed = text.strip()
    if american := _US_DAY.fullmatch(typed):
        month, of_month, year = map(int, american.groups())
        return date(year, month, of_month)
    if _ISO_DAY.fullmatch(typed):
        return date.fromisoformat(typed)
    raise ValueError(text)


# For programs.


def iso_day(one: date | None) -> str | None:
    """``2026-11-28``, or None."""
    return one.isoformat() if one else None


def iso_instant(at: datetime | None) -> str | None:
    """The instant in UTC to the second, with its Z: ``2026-11-28T17:36:09Z``; or None."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
