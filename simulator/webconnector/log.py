"""A log like QWCLog.txt: UTC stamps, three levels, never a password.

NONE writes nothing, DEBUG cuts every payload to 50 characters, VERBOSE writes it
whole. VERBOSE holds customers' data: switch it back after use.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

PAYLOAD_CUT = 50
MASK = "********"
_SHORTEST_SECRET = 4  # replacing a shorter text everywhere would make the log unreadable


class Level(StrEnum):
    """How much is written."""

    NONE = "NONE"
    DEBUG = "DEBUG"
    VERBOSE = "VERBOSE"


def utc_now() -> datetime:
    """The time on this PC, in UTC."""
    return datetime.now(UTC)


class Log:
    """Writes one line for each thing that the Web Connector does."""

    def __init__(
        self,
        write: Callable[[str], object] | None = None,
        *,
        level: Level = Level.DEBUG,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._write = write if level is not Level.NONE else None
        self._level = level
        self._clock = clock
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """Mask ``secret`` wherever it would appear from now on."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def say(self, source: str, text: str, *, payload: str | None = None) -> None:
        """Write ``text`` as said by ``source``, and ``payload`` as far as the level allows."""
        if self._write is None:
            return
        line = text if payload is None else f"{text} {self._shown(payload)}"
        stamp = self._clock().astimezone(UTC).strftime("%Y%m%d.%H:%M:%S")
        self._write(f"{stamp} UTC\t: WebConnector.{source} : {self._masked(line)}")

    def _shown(self, payload: str) -> str:
        if self._level is Level.VERBOSE or len(payload) <= PAYLOAD_CUT:
            return f"<{payload}>"
        # Masked before the cut, so that no half of a secret is left at its edge.
        return f"<{self._masked(payload)[:PAYLOAD_CUT]}…> ({len(payload)} characters)"

    def _masked(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, MASK)
        return line
