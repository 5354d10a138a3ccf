"""Reads all of a SQLite store once a day: damage is found before a sync meets it, mostly."""

from __future__ import annotations

from threading import Event
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from shared.errors import StoreDamaged
from shared.models.sqlite_copy import Stopped
from shared.operations.store_checks import check_scheduled, view, view_due
from shared.rules.store_checks import StoreCheck

LOOK_SECONDS = 60.0


class StoreChecks(Service):
    """Looks once a minute whether a check is due, and makes it on threads of its own, ``reads``.

    It is due once a day, and soon after a unit of work has met damage.
    """

    log = Logger()

    def __init__(self, reactor: Any, reads: Reads, *, is_sqlite: bool) -> None:
        """A server of PostgreSQL has tools of its own for that."""
        self._reads = reads
        self._is_sqlite = is_sqlite
        self._ended = Event()
        self._doubted = False
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor
        self._stopped: Deferred[Any] | None = None
        self.trouble = ""
        """What is damaged, in a sentence; empty: nothing, as far as anybody knows."""

    def startService(self) -> None:
        super().startService()
        if self._is_sqlite:
            self._stopped = self._loop.start(LOOK_SECONDS, now=False)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Give up a check that is being made; the next daemon makes it."""
        super().stopService()
        if self._stopped is not None:
            self._ended.set()
            self._loop.stop()
            yield self._stopped

    def heard(self, error: BaseException | None) -> None:
        """Hear what a unit of work met, on any thread: damage is looked for at the next look."""
        if isinstance(error, StoreDamaged):
            self._doubted = True

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            if (yield self._reads.view(view_due, doubted=self._doubted)):
                self._doubted = False
                self._tell((yield self._reads.run(check_scheduled, self._ended.is_set)))
            self.trouble = _sentence((yield self._reads.view(view)))
        except Stopped:
            self.log.info("A check of the store was given up, since the daemon stops")
        except Exception:  # it is tried again
            tell(self.log, "The store was not checked", Failure())

    def _tell(self, found: StoreCheck) -> None:
        if found.damage:
            self.log.error("{trouble}", trouble=_sentence(found))
        else:
            self.log.info("All of the store was read: nothing is damaged")


def _sentence(found: StoreCheck) -> str:
    return f"The store is damaged: {found.damage}." if found.damage else ""
