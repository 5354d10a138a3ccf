"""Asks a platform: what it raises, which it should not, is an answer as well, and so is silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.connectors.platform import NotNow, Unknown
from daemon.connectors.units import words

ASK_SECONDS = 90.0
"""So long one question to the platform may take; less than a worker is held without a word."""


@define(eq=False, repr=False)
class Asking:
    """Asks for one account, which ``called`` names in the log."""

    log = Logger()

    _reactor: Any
    _called: str

    async def read(self, ask: Callable[..., Any], *args: Any, whole: bool = False) -> Any:
        """Ask what changes nothing; a failure is NotNow."""
        answer = await self._asked(ask, *args)
        return NotNow(words(answer.value), whole) if isinstance(answer, Failure) else answer

    async def write(self, ask: Callable[..., Any], *args: Any) -> Any:
        """Ask for a change; a failure is Unknown."""
        answer = await self._asked(ask, *args)
        return Unknown(words(answer.value)) if isinstance(answer, Failure) else answer

    async def _asked(self, ask: Callable[..., Any], *args: Any) -> Any:
        try:
            return await maybeDeferred(ask, *args).addTimeout(ASK_SECONDS, self._reactor)
        except Exception:
            failure = Failure()
            self.log.failure("{called} failed", failure, called=self._called)
            return failure
