"""A test that the daemon sends to a receiver, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from console.cli.context import CommandContext
from console.cli.errors import Refused
from shared.models.store import Store

T = TypeVar("T")
_LOOK_SECONDS = 0.25


def result(
    context: CommandContext, look: Callable[[Store], T | None], seconds: float, nobody: Refused
) -> T:
    """What became of a test; ``look`` finds None until a daemon tried it.

    Raises ``nobody`` where that takes longer than ``seconds``.
    """
    until = time.monotonic() + seconds
    while (found := context.read(look)) is None:
        if time.monotonic() > until:
            raise nobody
        time.sleep(_LOOK_SECONDS)
    return found
