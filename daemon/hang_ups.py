"""SIGHUP from the first moment on: one that comes too early waits, where it would have killed us.

Nothing of Twisted is imported here: this comes before it is decided what of it is.
"""

from __future__ import annotations

import signal
from collections.abc import Callable


class HangUps:
    """Calls what ``then`` was given once for each SIGHUP, and at once for those before it."""

    def __init__(self) -> None:
        self._reload: Callable[[], None] | None = None
        self._waiting = False
        signal.signal(signal.SIGHUP, lambda *_: self._came())

    def then(self, reload: Callable[[], None]) -> None:
        """Say what a SIGHUP means from now on; called amid whatever the process does."""
        self._reload = reload
        if self._waiting:
            self._waiting = False
            reload()

    def _came(self) -> None:
        if self._reload is None:
            self._waiting = True
        else:
            self._reload()
