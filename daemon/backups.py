"""Backs the store up by the settings: beside all other work, and never in front of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.models import backups
from shared.models.sqlite_copy import Stopped
from shared.operations.backups import make_scheduled, view_due
from shared.rules.backups import Schedule

LOOK_SECONDS = 60.0


class ScheduledBackups(Service):
    """Looks once a minute whether a backup is due, and makes it on threads of its own, ``reads``.

    Without a ``schedule`` it makes none, and forgets that it could not make one before.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        threads: Threads,
        reads: Reads,
        schedule: Schedule | None,
        free_bytes: Callable[[Path], int],
    ) -> None:
        self._reactor = reactor
        self._threads = threads
        self._reads = reads
        self._schedule = schedule
        self._free_bytes = free_bytes
        self._ended = Event()
        self._loop = LoopingCall(self._look, schedule)
        self._loop.clock = reactor
        self._stopped: Deferred[Any] | None = None

    def startService(self) -> None:
        super().startService()
        if self._schedule is None:
            self._threads.store(backups.forget_failure).addErrback(self._failed)
        else:
            self._stopped = self._loop.start(LOOK_SECONDS, now=False)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Give a backup up that is being made; a whole one is made after the next start."""
        super().stopService()
        if self._stopped is not None:
            self._ended.set()
            self._loop.stop()
            yield self._stopped

    @inlineCallbacks
    def _look(self, schedule: Schedule) -> Any:
        try:
            if (yield self._reads.view(view_due, schedule)):
                path = yield self._reads.run(
                    make_scheduled, schedule, self._free_bytes, self._ended.is_set
                )
                self._tell(path)
        except Stopped:
            self.log.info("A backup was given up, since the daemon stops")
        except Exception:  # it is tried again
            tell(self.log, "No backup was made", Failure())

    def _tell(self, path: Path | None) -> None:
        if path is not None:
            self.log.info("The store was backed up to {path}", path=path)

    def _failed(self, failure: Failure) -> None:
        tell(self.log, "The failure of a backup cannot be forgotten", failure)
