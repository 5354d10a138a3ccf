"""QuickBooks' clock: the wall clock of one PC, printed with the zone's winter offset all year.

Times inside the books are epoch seconds. What QuickBooks prints is the right wall clock with
an offset that ignores summer time (``offsets="winter"``), or the true offset as some
installations do (``offsets="true"``).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from shared.structs import Value

_STAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:([+-])(\d{1,2}):(\d{1,2}))?)?)?)?"
)
_FIRST_YEAR, _LAST_YEAR = 1970, 2038


class BadTime(ValueError):
    """A date or time that QuickBooks does not understand; ``text`` is what was given."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a date and time that QuickBooks understands")
        self.text = text


class Zone(Value):
    """Where the PC stands; ``key`` names the zone in the IANA's database."""

    key: str

    def wall(self, epoch: int) -> int:
        """The wall clock at ``epoch``, as the epoch second at which UTC shows the same."""
        return epoch + self.offset_minutes(epoch) * 60

    def offset_minutes(self, epoch: int) -> int:
        """Minutes east of Greenwich at ``epoch``, summer time included."""
        offset = self._at(epoch).utcoffset()
        assert offset is not None  # a ZoneInfo always knows
        return int(offset.total_seconds()) // 60

    def winter_minutes(self, epoch: int) -> int:
        """The offset at ``epoch`` as it would be without summer time."""
        summer = self._at(epoch).dst() or timedelta()
        return self.offset_minutes(epoch) - int(summer.total_seconds()) // 60

    def epoch(self, wall: int) -> int:
        """The moment at which the wall clock shows ``wall``; the earlier one when it does twice."""
        naive = datetime.fromtimestamp(wall, UTC).replace(tzinfo=ZoneInfo(self.key))
        return int(naive.timestamp())

    def _at(self, epoch: int) -> datetime:
        return datetime.fromtimestamp(epoch, ZoneInfo(self.key))


ZONES = {
    "new-york": Zone("America/New_York"),
    "chicago": Zone("America/Chicago"),
    "denver": Zone("America/Denver"),
    "los-angeles": Zone("America/Los_Angeles"),
    "toronto": Zone("America/Toronto"),
    "vancouver": Zone("America/Vancouver"),
    "phoenix": Zone("America/Phoenix"),
    "london": Zone("Europe/London"),
    "berlin": Zone("Europe/Berlin"),
    "utc": Zone("UTC"),
}


def stamp(zone: Zone, epoch: int, offsets: str = "winter") -> str:
    """A timestamp as QuickBooks prints it: ``2024-06-12T09:46:40-05:00``."""
    minutes = zone.winter_minutes(epoch) if offsets == "winter" else zone.offset_minutes(epoch)
    offset = timezone(timedelta(minutes=minutes))
    return datetime.fromtimestamp(zone.wall(epoch), UTC).replace(tzinfo=offset).isoformat()


def day(zone: Zone, epoch: int) -> str:
    """The date on the wall calendar at ``epoch``: ``2024-06-12``."""
    return datetime.fromtimestamp(zone.wall(epoch), UTC).date().isoformat()


def later(day_text: str, days: int) -> str:
    """The date ``days`` after an ISO date."""
    return (date.fromisoformat(day_text) + timedelta(days=days)).isoformat()


def read_filter(text: str, zone: Zone, offsets: str, *, end: bool) -> int | None:
    """A date filter's bound on the wall clock; None for an empty one.

    What is left out is the start of the day, hour or minute, or its end for an upper bound.
    Without an offset the text is this PC's own wall clock. With one, QuickBooks makes the
    mistake of its printing in reverse: what it printed finds the same moment, and true UTC
    is off by an hour in summer. Raises BadTime.
    """
    if not text:
        return None
    found = _STAMP.fullmatch(text)
    if found is None:
        raise BadTime(text)
    rest = (23, 59, 59) if end else (0, 0, 0)
    clock = [int(found[n + 4] or rest[n]) for n in range(3)]
    if not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR or clock[0] > 23 or max(clock[1:]) > 59:
        raise BadTime(text)
    try:
        on = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise BadTime(text) from None
    wall = calendar.timegm((on.year, on.month, on.day, *clock))
    if not found[7]:
        return wall
    shift = int(found[8]) * 60 + int(found[9])
    moment = wall - (shift if found[7] == "+" else -shift) * 60
    if offsets == "winter":
        return moment + zone.winter_minutes(moment) * 60
    return zone.wall(moment)
