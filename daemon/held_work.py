"""What works in the background, a turn after the other, for as long as no other daemon does.

Who works is the one that holds a row of ``outlet`` (``shared/models/outlets.py``): an outlet's
runner, a connected account's worker. Each turn says so again, in the unit that writes, so that a
daemon that was away for too long writes nothing any more.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import define, field
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.store_thread import Threads
from shared.models import outlets
from shared.rules.outlets import OutletStanding

REST_SECONDS = 60.0
"""At the latest then it looks again, and says that it is still at work."""
TAKEN_SECONDS = 15.0
"""How often it looks whether another daemon still works."""
FAILED_SECONDS = 10.0
STOP_SECONDS = 5.0


class HeldByAnother(Exception):
    """It was removed, or another daemon works for it by now."""


@define(eq=False, repr=False, kw_only=True)
class HeldWork(Service):
    """Works turn by turn; ``holder`` is who it is."""

    log = Logger()

    _reactor: Any
    _threads: Threads
    _now: Callable[[], datetime]
    _holder: str
    _resting: Deferred[Any] | None = field(default=None, init=False)
    _going: Deferred[None] | None = field(default=None, init=False)

    @property
    @abstractmethod
    def outlet_name(self) -> str:
        """The name of the row that it holds."""

    def startService(self) -> None:
        super().startService()
        self._going = Deferred.fromCoroutine(self._go())

    def stopService(self) -> Deferred[Any]:
        """Let what is under way come to its end, for a while; another daemon may go on."""
        super().stopService()
        if self._resting is not None:
            self._resting.cancel()
        assert self._going is not None
        going = self._going.addTimeout(STOP_SECONDS, self._reactor)
        going.addErrback(lambda _late: None)
        return going.addCallback(lambda _: self._threads.store(self._thd_let_go))

    def _thd_let_go(self) -> None:
        outlets.let_go(self.outlet_name, self._holder)

    async def _go(self) -> None:
        while self.running:
            try:
                seconds = await self._turn()
            except HeldByAnother:
                seconds = TAKEN_SECONDS
            except Exception as why:
                tell(self.log, "{what} failed", Failure(), what=self.called)
                seconds = await self._after_failure(why)
            if seconds and self.running:
                await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        resting = self._waits(seconds)
        self._resting = resting
        resting.addErrback(lambda _ended: None)
        await resting
        self._resting = None

    def thd_hold(self) -> tuple[datetime, OutletStanding]:
        """Go on holding it; returns the time, and how it stands. Raises HeldByAnother."""
        now = self._now()
        held = outlets.claim(self.outlet_name, self._holder, now)
        if held is None:
            raise HeldByAnother(self.outlet_name)
        return now, held

    @property
    def called(self) -> str:
        """What a line of the log calls it."""
        return f"Outlet {self.outlet_name}"

    @abstractmethod
    async def _turn(self) -> float:
        """Do a part of what there is; returns for how many seconds to rest."""

    async def _after_failure(self, _why: Exception) -> float:
        """Go on after a turn that failed for a reason of ours; returns for how long to rest."""
        return FAILED_SECONDS

    def _waits(self, seconds: float) -> Deferred[Any]:
        """What ends a rest: the time, or something that happens before."""
        resting: Deferred[Any] = deferLater(self._reactor, seconds)
        return resting
