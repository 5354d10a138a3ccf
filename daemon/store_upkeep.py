"""What takes long on a whole store, beside all other work and never in front of it: backups, and
once a day a check for damage, so that it is found before a sync meets it, mostly.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.errors import StoreDamaged
from shared.models import backups
from shared.models.sqlite_copy import Stopped
from shared.operations.backups import make_scheduled
from shared.operations.backups import view_due as view_backup_due
from shared.operations.store_checks import check_scheduled, view, view_due
from shared.rules.backups import Schedule
from shared.rules.store_checks import StoreCheck

LOOK_SECONDS = 60.0


class StoreUpkeep(Service):
    """Looks once a minute whether it is due, and does it on threads of its own, ``reads``."""

    log = Logger()
    given_up: ClassVar[str]
    failed: ClassVar[str]

    def __init__(self, reactor: Any, reads: Reads, *, is_wanted: bool) -> None:
        self._reads = reads
        self._is_wanted = is_wanted
        self._ended = Event()
        self._loop = LoopingCall(self._look_once)
        self._loop.clock = reactor
        self._stopped: Deferred[Any] | None = None

    def startService(self) -> None:
        super().startService()
        if self._is_wanted:
            self._stopped = self._loop.start(LOOK_SECONDS, now=False)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Give up what is being done; it is done as a whole after the next start."""
        super().stopService()
        if self._stopped is not None:
            self._ended.set()
            self._loop.stop()
            yield self._stopped

    def _look_once(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._look()).addErrback(self._tell_failure)

    @abstractmethod
    async def _look(self) -> None:
        """Do what is due. Raises Stopped once the daemon stops."""

    def _tell_failure(self, failure: Failure) -> None:
        if failure.check(Stopped):
            self.log.info(self.given_up)
        else:  # it is tried again
            tell(self.log, self.failed, failure)


class ScheduledBackups(StoreUpkeep):
    """Without a ``schedule`` it makes none, and forgets that it could not make one before."""

    given_up = "A backup was given up, since the daemon stops"
    failed = "No backup was made"

    def __init__(
        self,
        reactor: Any,
        threads: Threads,
        reads: Reads,
        schedule: Schedule | None,
        free_bytes: Callable[[Path], int],
    ) -> None:
        super().__init__(reactor, reads, is_wanted=schedule is not None)
        self._threads = threads
        self._schedule = schedule
        self._free_bytes = free_bytes

    def startService(self) -> None:
        super().startService()
        if self._schedule is None:
            told = "The failure of a backup cannot be forgotten"
            forgotten = self._threads.store(backups.forget_failure)
            forgotten.addErrback(lambda failure: tell(self.log, told, failure))

    async def _look(self) -> None:
        assert self._schedule is not None
        if await self._reads.view(view_backup_due, self._schedule):
            path = await self._reads.run(
                make_scheduled, self._schedule, self._free_bytes, self._ended.is_set
            )
            if path is not None:
                self.log.info("The store was backed up to {path}", path=path)


class StoreChecks(StoreUpkeep):
    """A check is due once a day, and soon after a unit of work has met damage.

    A server of PostgreSQL has tools of its own for that.
    """

    given_up = "A check of the store was given up, since the daemon stops"
    failed = "The store was not checked"

    def __init__(self, reactor: Any, reads: Reads, *, is_sqlite: bool) -> None:
        super().__init__(reactor, reads, is_wanted=is_sqlite)
        self._doubted = False
        self.trouble = ""
        """What is damaged, in a sentence; empty: nothing, as far as anybody knows."""

    def heard(self, error: BaseException | None) -> None:
        """Hear what a unit of work met, on any thread: damage is looked for at the next look."""
        if isinstance(error, StoreDamaged):
            self._doubted = True

    async def _look(self) -> None:
        if await self._reads.view(view_due, doubted=self._doubted):
            self._doubted = False
            found = await self._reads.run(check_scheduled, self._ended.is_set)
            if found.damage:
                self.log.error("{trouble}", trouble=_sentence(found))
            else:
                self.log.info("All of the store was read: nothing is damaged")
        self.trouble = _sentence(await self._reads.view(view))


def _sentence(found: StoreCheck) -> str:
    return f"The store is damaged: {found.damage}." if found.damage else ""
