"""The store's time for the daemon, and whether somebody set the clock meanwhile.

A doubt window is a span of real time: a clock that is set must neither end it nor stretch it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from twisted.logger import Logger

from shared.models import clock_looks
from shared.models.clock_looks import TOLERANCE
from shared.structs import Value

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_NAMESPACE = Path("/proc/self/ns/time")
"""A container may count its uptime from another moment than the machine does."""


class Machine(Value):
    """One start of a machine, by a name of its own, and for how long it has run since."""

    boot: str
    uptime: Callable[[], timedelta]


def this_machine() -> Machine:
    """This machine; one that does not tell its starts apart is another one for each process."""
    try:
        boot = _BOOT_ID.read_text().strip()
        if _TIME_NAMESPACE.is_symlink():
            boot = f"{boot} {_TIME_NAMESPACE.readlink()}"
        counting = time.CLOCK_BOOTTIME  # goes on while the machine sleeps
    except (OSError, AttributeError):
        return Machine(secrets.token_hex(16), lambda: timedelta(seconds=time.monotonic()))
    return Machine(boot, lambda: timedelta(seconds=time.clock_gettime(counting)))


class ClockWatch:
    """Tells the store's time, and looks at the clock when it went another way than uptime.

    Store-thread code, inside a transaction. ``now`` is the store's: on PostgreSQL its server's.
    """

    log = Logger()

    def __init__(self, now: Callable[[], datetime], machine: Machine) -> None:
        self._now = now
        self._machine = machine
        self._offset: datetime | None = None

    def now(self) -> datetime:
        """The store's time; who asks finds doubt windows as long as they were."""
        now, uptime = self._read()
        if self._offset is None or abs(now - uptime - self._offset) > TOLERANCE:
            self._look(now, uptime)
        return now

    def look(self) -> datetime:
        """The store's time, and a look at the clock that the next start of a daemon goes by."""
        now, uptime = self._read()
        self._look(now, uptime)
        return now

    def _read(self) -> tuple[datetime, timedelta]:
        """Both clocks at one moment: a server may take its time to tell its own."""
        for _ in range(3):
            began = self._machine.uptime()
            now = self._now()
            if self._machine.uptime() - began < TOLERANCE / 2:
                break
        return now, began

    def _look(self, now: datetime, uptime: timedelta) -> None:
        jump = clock_looks.look(self._machine.boot, uptime, now)
        # After a jump the next call looks once more: this transaction may not be committed.
        self._offset = None if jump else now - uptime
        if jump:
            self.log.warn(
                "The clock was changed by {seconds} s, or was not checked for that long; writes"
                " with an unknown outcome are held for as long as before",
                seconds=round(jump.total_seconds()),
            )
