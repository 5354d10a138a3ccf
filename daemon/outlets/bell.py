"""Rings when something happened: for outlets, and for programs that wait for the next event."""

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from shared.models import events

LOOK_SECONDS = 1.0


class EventBell(Service):
    """Looks once a second, as long as somebody waits, whether there are events.

    The console and other daemons write them, too, so being told by this process is not enough.
    """

    log = Logger()

    def __init__(self, reactor: Any, reads: Reads) -> None:
        self._reads = reads
        self._waiting: dict[Deferred[None], int] = {}
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor

    def after(self, cursor: int) -> Deferred[None]:
        """Fires at the first look that finds an event after ``cursor``; may be canceled."""
        rung: Deferred[None] = Deferred(self._forget)
        self._waiting[rung] = cursor
        if self.running and not self._loop.running:
            self._loop.start(LOOK_SECONDS, now=False)
        return rung

    def _forget(self, rung: Deferred[None]) -> None:
        self._waiting.pop(rung, None)

    def stopService(self) -> None:
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        self._ring(events.EVERY)

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            last = yield self._reads.view(lambda _store: events.last())
        except Exception:  # a store that cannot be read is read again at the next look
            tell(self.log, "The store cannot be read for new events", Failure())
            return
        self._ring(last)
        if not self._waiting and self._loop.running:
            self._loop.stop()

    def _ring(self, last: int) -> None:
        for rung, cursor in list(self._waiting.items()):
            if cursor < last and self._waiting.pop(rung, None) is not None:
                rung.callback(None)
