"""Lines of the log that nobody can make long, many, or dangerous to read.

Anybody may call the service, and what a stranger sends (a user name, above all) ends up in the
log. So each text in a line is cut and shows its control characters as pictures; and of lines with
the same cause about the same address only so many are written at once, the rest counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from twisted.logger import LogLevel, LogLevelFilterPredicate

from shared.operations.describe.text import ELLIPSIS, plain

levels = LogLevelFilterPredicate(defaultLogLevel=LogLevel.debug)
"""How much is logged, so that nobody has to put together what is not."""

Event: TypeAlias = dict[str, Any]
Observer: TypeAlias = Callable[[Event], None]

LONGEST_TEXT = 400
AT_ONCE = 300
A_SECOND = 5.0
"""A busy import writes some 25 lines a second about its address, for less than a minute."""
MOST_CAUSES = 1000


@dataclass(slots=True)
class _Share:
    """How many lines one cause may still write, and how many were left out."""

    lines: float
    at_seconds: float
    left_out: int = 0


class BoundedLog:
    """Passes events on to ``observer``; ``seconds`` is a clock that only goes on.

    An event has a cause, which is its format, and is about the address in its ``peer``; events
    without one are ours alone and always pass.
    """

    def __init__(self, observer: Observer, seconds: Callable[[], float]) -> None:
        self._observer = observer
        self._seconds = seconds
        self._shares: OrderedDict[tuple[str, str], _Share] = OrderedDict()

    def __call__(self, event: Event) -> None:
        """Write an event, unless its cause has had its share."""
        peer = event.get("peer")
        if isinstance(peer, str):
            left_out = self._take_share((str(event.get("log_format")), peer))
            if left_out is None:
                return
            if left_out:
                self._observer(_about_left_out(event, left_out))
        self._observer({name: _short(value) for name, value in event.items()})

    def _take_share(self, cause: tuple[str, str]) -> int | None:
        """How many lines were left out since the last one; None for one more of them."""
        now = self._seconds()
        share = self._shares.pop(cause, None) or _Share(AT_ONCE, now)
        self._shares[cause] = share
        if len(self._shares) > MOST_CAUSES:
            self._shares.popitem(last=False)
        share.lines = min(AT_ONCE, share.lines + (now - share.at_seconds) * A_SECOND)
        share.at_seconds = now
        if share.lines < 1:
            share.left_out += 1
            return None
        share.lines -= 1
        left_out, share.left_out = share.left_out, 0
        return left_out


def _about_left_out(event: Event, left_out: int) -> Event:
    keys = ("log_level", "log_namespace", "log_time", "log_logger", "log_source", "peer")
    return {
        **{key: event[key] for key in keys if key in event},
        "log_format": "{left_out} lines like the next one about {peer} were left out",
        "left_out": left_out,
    }


def _short(value: Any) -> Any:
    """A text that is safe to read, and no longer than LONGEST_TEXT; other values stay."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return value
    return plain(value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + ELLIPSIS)
