"""A service for each thing that is set up: people add and remove things while the daemon runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from twisted.application.service import MultiService, Service
from twisted.internet.defer import inlineCallbacks, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from shared.models.store import Store

T = TypeVar("T")
S = TypeVar("S", bound=Service)


class KeptServices(MultiService, Generic[T, S]):
    """Looks every ``look_seconds`` what is set up, and starts and stops services accordingly."""

    log = Logger()

    def __init__(self, *, reactor: Any, reads: Reads, look_seconds: float) -> None:
        super().__init__()
        self._reads = reads
        self._kept: list[tuple[Any, S]] = []
        self._look_seconds = look_seconds
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor

    @abstractmethod
    def set_up(self, store: Store) -> Sequence[T]:
        """What is set up now; on the reading thread, in a unit that reads."""

    @abstractmethod
    def make(self, one: T) -> S:
        """The service of a thing."""

    def sameness(self, one: T) -> Any:
        """What makes a thing another one, so that its service is made anew."""
        return one

    def startService(self) -> None:
        super().startService()
        self._loop.start(self._look_seconds)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop all of them together."""
        if self._loop.running:
            self._loop.stop()
        yield super().stopService()

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            yield from self._keep((yield self._reads.view(self.set_up)))
        except Exception:  # it looks again; what is not made today keeps nothing else from running
            tell(self.log, "What is set up cannot be looked at", Failure())

    def _keep(self, found: Sequence[T]) -> Any:
        wanted = [(self.sameness(one), one) for one in found]
        sames = [same for same, _ in wanted]
        for gone in [one for one in self._kept if one[0] not in sames]:
            self._kept.remove(gone)
            yield maybeDeferred(gone[1].disownServiceParent)
        running = [same for same, _ in self._kept]
        for same, one in wanted:
            if self.running and same not in running:
                self._start(same, one)

    def _start(self, same: Any, one: T) -> None:
        try:
            service = self.make(one)
        except Exception:
            self.log.failure("A service cannot be made")
            return
        self._kept.append((same, service))
        service.setServiceParent(self)
