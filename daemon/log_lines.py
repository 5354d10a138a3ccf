"""How a line of the log is written: as text or as JSON, with systemd's priority in front.

Source of the priorities: sd-daemon(3). The journal tells a program that it listens by
``JOURNAL_STREAM``, see systemd.exec(5); it keeps the time itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from twisted.logger import LogLevel, eventAsText, formatEvent
from twisted.python.failure import Failure

Event: TypeAlias = dict[str, Any]
Write: TypeAlias = Callable[[str], object]

_PRIORITIES = {
    LogLevel.debug: 7,
    LogLevel.info: 6,
    LogLevel.warn: 4,
    LogLevel.error: 3,
    LogLevel.critical: 2,
}
_OURS = ("daemon", "shared")
_FOR_TEXT = frozenset({"whose", "result"})
"""Fields that only join others to a sentence."""


def is_noise(event: Event) -> bool:
    """Whether a library says something that is no warning: which ports it closed, and the like."""
    namespace = str(event.get("log_namespace", ""))
    return _level(event) < LogLevel.warn and namespace.partition(".")[0] not in _OURS


def goes_to_journal(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Whether what is written to a file descriptor is read by systemd's journal."""
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


class LogLines:
    """Writes events: every line with its priority where the journal reads them."""

    def __init__(self, write: Write, *, as_json: bool, with_priorities: bool) -> None:
        self._write = write
        self._as_json = as_json
        self._with_priorities = with_priorities

    def __call__(self, event: Event) -> None:
        """Write an event, unless it is noise."""
        if is_noise(event):
            return
        text = as_json(event) if self._as_json else self._as_text(event)
        prefix = f"<{_PRIORITIES[_level(event)]}>" if self._with_priorities else ""
        # A traceback has many lines, and the journal takes each by itself.
        self._write("".join(f"{prefix}{line}\n" for line in text.split("\n") if line))

    def _as_text(self, event: Event) -> str:
        text = eventAsText(event, includeTimestamp=False, includeSystem=False)
        if self._with_priorities:  # the journal knows when and how grave
            return text
        return f"{_time(event).isoformat(timespec='seconds')} {_level(event).name}: {text}"


def as_json(event: Event) -> str:
    """One object: ``time``, ``level``, ``logger``, ``message``, and the fields of the event."""
    failure = event.get("log_failure")
    line: dict[str, Any] = dict(_fields(event))
    line |= {
        "time": _time(event).isoformat(timespec="milliseconds"),
        "level": _level(event).name,
        "logger": event.get("log_namespace", ""),
        "message": formatEvent(event),
    }
    if isinstance(failure, Failure):
        line["traceback"] = failure.getTraceback()
    return json.dumps(line, ensure_ascii=False)


def _time(event: Event) -> datetime:
    return datetime.fromtimestamp(event.get("log_time", 0.0), UTC)


def _level(event: Event) -> Any:
    return event.get("log_level") or LogLevel.info


def _fields(event: Event) -> Iterator[tuple[str, Any]]:
    for name, value in event.items():
        if name.startswith("log_") or name in _FOR_TEXT or name in ("format", "isError"):
            continue
        if value is None or isinstance(value, str | int | float | bool):
            yield name, value
