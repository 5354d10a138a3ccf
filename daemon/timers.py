"""Work that is done every so many seconds, as services by the clock of a reactor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.internet import TimerService


class Timer(TimerService):
    """Calls at once and then again and again; ``call`` raises nothing.

    While it stops it waits for a call that is under way. One that was never started may be stopped.
    """

    def __init__(self, reactor: Any, seconds: float, call: Callable[..., Any], *args: Any) -> None:
        super().__init__(seconds, call, *args)
        self.clock = reactor

    def stopService(self) -> Any:
        return super().stopService() if self.running else None
