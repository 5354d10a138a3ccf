"""A sign of life in the store, so that others know which daemons run, and where."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.certificates import speaks_tls
from daemon.failures import tell
from daemon.store_thread import Threads
from daemon.timers import Timer
from shared.about import VERSION
from shared.models import daemons, downloads, throttles
from shared.models.daemons import BEAT_EVERY, DaemonFacts
from shared.settings import Settings


def facts_of_this_process(settings: Settings, started_at: datetime) -> DaemonFacts:
    """What this daemon says of itself, before it listens."""
    return DaemonFacts(
        instance=secrets.token_hex(8),
        host=socket.gethostname(),
        pid=os.getpid(),
        version=VERSION,
        listening=(),
        public_url=settings.public_url,
        certificate_expires_at=None,
        started_at=started_at,
    )


def address(endpoint: str, bound: Any) -> str:
    """Where a port is ``bound``, such as ``https://0.0.0.0:8443``; ``endpoint`` is its string."""
    if isinstance(bound, UNIXAddress):
        return f"unix:{os.fsdecode(bound.name or b'')}"
    scheme = "https" if speaks_tls(endpoint) else "http"
    host = f"[{bound.host}]" if ":" in bound.host else bound.host
    return f"{scheme}://{host}:{bound.port}"


@define(eq=False, repr=False)
class Heartbeat(Timer):
    """Beats at once and then every few seconds; the last word is that it stops.

    ``facts`` is asked before each beat, ``now`` on the store thread. ``trouble`` is why the last
    beat could not be written; empty: it was.
    """

    log = Logger()

    _reactor: Any
    _threads: Threads
    _now: Callable[[], datetime]
    _facts: Callable[[], DaemonFacts]
    trouble: str = field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        super().__init__(self._reactor, BEAT_EVERY.total_seconds(), self._beat)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Let a beat that is under way end, then say that we stop."""
        if not self.running:
            return
        yield super().stopService()
        yield self._tell(self._thd_stop)

    def _beat(self) -> Deferred[None]:
        return self._tell(self._thd_beat)

    @inlineCallbacks
    def _tell(self, thd: Callable[[DaemonFacts], None]) -> Any:
        """A beat that failed is logged; the next one tries again."""
        try:
            yield self._threads.store(thd, self._facts())
            self.trouble = ""
        except Exception:
            failure = Failure()
            self.trouble = failure.getErrorMessage()
            tell(self.log, "No heartbeat", failure)

    def _thd_beat(self, facts: DaemonFacts) -> None:
        """Beat, and clear away what only time ends."""
        now = self._now()
        daemons.beat(facts, now)
        daemons.forget_old(now)
        downloads.prune(now)
        throttles.prune(now)

    def _thd_stop(self, facts: DaemonFacts) -> None:
        daemons.stopped(facts.instance, self._now())
