"""A service for each thing that is set up: people add and remove things while the daemon runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.application.service import MultiService, Service
from twisted.internet.defer import inlineCallbacks, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.failures import tell
from daemon.read_thread import Reads
from shared.models.store import Store

T = TypeVar("T")


@define(eq=False, repr=False)
class KeptServices(MultiService, Generic[T]):
    """Looks every ``look_seconds`` what is set up, and starts and stops services accordingly.

    ``set_up`` tells what there is, on the reading thread; ``make`` makes the service of one thing.
    One whose ``sameness`` is another one has its service made anew.
    """

    log = Logger()

    _set_up: Callable[[Store], Sequence[T]]
    _make: Callable[[T], Service]
    _sameness: Callable[[T], Any] = field(default=lambda one: one, kw_only=True)
    _reactor: Any = field(kw_only=True)
    _reads: Reads = field(kw_only=True)
    _look_seconds: float = field(kw_only=True)
    _kept: list[tuple[Any, Service]] = field(factory=list, init=False)
    _loop: LoopingCall = field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__init__()
        self._loop = LoopingCall(self._look)
        self._loop.clock = self._reactor

    def startService(self) -> None:
        super().startService()
        self._loop.start(self._look_seconds)

    @inlineCallbacks
    def stopService(self) -> Any:
        if self._loop.running:
            self._loop.stop()
        yield super().stopService()

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            yield from self._keep((yield self._reads.view(self._set_up)))
        except Exception:  # it looks again; what is not made today keeps nothing else from running
            tell(self.log, "What is set up cannot be looked at", Failure())

    def _keep(self, found: Sequence[T]) -> Any:
        wanted = [(self._sameness(one), one) for one in found]
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
            service = self._make(one)
        except Exception:
            self.log.failure("A service cannot be made")
            return
        self._kept.append((same, service))
        service.setServiceParent(self)
