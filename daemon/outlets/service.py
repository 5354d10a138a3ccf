"""All outlets: those that are set up now each have a runner of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.application.service import MultiService
from twisted.internet.defer import inlineCallbacks, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from daemon.outlets.runner import Outlet, OutletRunner
from daemon.read_thread import Reads
from shared.models.store import Store

LOOK_SECONDS = 10.0


class OutletSource(Protocol):
    """A kind of outlet: webhooks, mail, a connector."""

    def outlets(self, store: Store) -> Sequence[Outlet]:
        """Those that are set up now; on the reading thread, in a unit that reads."""


class Outlets(MultiService):
    """Looks now and then what is set up: people add and remove outlets while the daemon runs."""

    log = Logger()

    def __init__(
        self,
        sources: Sequence[OutletSource],
        *,
        reactor: Any,
        reads: Reads,
        runner: Callable[[Outlet], OutletRunner],
    ) -> None:
        super().__init__()
        self._sources = sources
        self._reads = reads
        self._runner = runner
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor

    def startService(self) -> None:
        super().startService()
        if self._sources:
            self._loop.start(LOOK_SECONDS)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop all of them together."""
        if self._loop.running:
            self._loop.stop()
        yield super().stopService()

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            wanted = yield self._reads.view(self._set_up)
        except Exception:  # a store that cannot be read is read again at the next look
            self.log.failure("The outlets cannot be read")
            return
        for service in list(self):
            if service.outlet not in wanted:
                yield maybeDeferred(service.disownServiceParent)
        running = [service.outlet for service in self]
        for outlet in wanted:
            if self.running and outlet not in running:
                self._runner(outlet).setServiceParent(self)

    def _set_up(self, store: Store) -> list[Outlet]:
        return [outlet for source in self._sources for outlet in source.outlets(store)]
