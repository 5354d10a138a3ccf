"""Quiet hours: a time of each day in which something is left alone, in a time zone."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.structs import Value

_FORM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)(?:\s+(\S+))?")


class NotQuietHours(ValueError):
    """A text that names no quiet hours; it says why, in a sentence."""


class QuietHours(Value):
    """From ``begin`` until just before ``end``, also past midnight.

    ``zone`` is a name such as ``America/Chicago``; empty: the time zone of this machine.
    """

    begin: time
    end: time
    zone: str = ""

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``22:00-07:00`` or ``22:00-07:00 America/Chicago``. Raises NotQuietHours."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise NotQuietHours(
                f'"{text}" names no hours: write them as 22:00-07:00, with a time zone behind if'
                " need be (22:00-07:00 America/Chicago)."
            )
        *clock, zone = found.groups()
        begin, end = time(int(clock[0]), int(clock[1])), time(int(clock[2]), int(clock[3]))
        if begin == end:
            raise NotQuietHours(f'"{text}" begins and ends at the same time.')
        return cls(begin, end, checked_zone(zone or ""))

    def __str__(self) -> str:
        """As ``parse`` reads it."""
        hours = f"{self.begin:%H:%M}-{self.end:%H:%M}"
        return f"{hours} {self.zone}" if self.zone else hours

    def end_of(self, now: datetime) -> datetime | None:
        """When the quiet hours that ``now`` is in are over; None outside of them."""
        local = in_zone(now, self.zone)
        at = local.time().replace(tzinfo=None)
        if self.begin < self.end:
            inside, tomorrow = self.begin <= at < self.end, False
        else:
            inside, tomorrow = at >= self.begin or at < self.end, at >= self.begin
        if not inside:
            return None
        day = local.date() + timedelta(days=int(tomorrow))
        return at_time(day, self.end, self.zone).astimezone(now.tzinfo)


def checked_zone(name: str) -> str:
    """The name of a time zone, if there is one of that name. Raises NotQuietHours."""
    try:
        if name:
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise NotQuietHours(
            f'There is no time zone "{name}": write one such as America/Chicago.'
        ) from None
    return name


def in_zone(at: datetime, zone: str) -> datetime:
    """The same moment on the clocks of a time zone; empty: on those of this machine."""
    return at.astimezone(ZoneInfo(zone) if zone else None)


def at_time(day: date, at: time, zone: str) -> datetime:
    """When clocks of a time zone show that time on that day."""
    naive = datetime.combine(day, at)
    return naive.replace(tzinfo=ZoneInfo(zone)) if zone else naive.astimezone()
