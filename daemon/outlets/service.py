"""All outlets: those that are set up now each have a runner of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from daemon.kept_services import KeptServices
from daemon.outlets.runner import Outlet, OutletRunner
from daemon.read_thread import Reads
from shared.models.store import Store

LOOK_SECONDS = 10.0


class OutletSource(Protocol):
    """A kind of outlet: webhooks, mail, a connector."""

    def outlets(self, store: Store) -> Sequence[Outlet]:
        """Those that are set up now; on the reading thread, in a unit that reads."""


class Outlets(KeptServices[Outlet, OutletRunner]):
    """The outlets of all sources; equal ones deliver alike."""

    def __init__(
        self,
        sources: Sequence[OutletSource],
        *,
        reactor: Any,
        reads: Reads,
        runner: Callable[[Outlet], OutletRunner],
    ) -> None:
        super().__init__(reactor=reactor, reads=reads, look_seconds=LOOK_SECONDS)
        self._sources = sources
        self._runner = runner

    def set_up(self, store: Store) -> list[Outlet]:
        return [outlet for source in self._sources for outlet in source.outlets(store)]

    def make(self, one: Outlet) -> OutletRunner:
        return self._runner(one)
