"""What is said in the log when something could not be done that is tried again."""

from __future__ import annotations

from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from shared.errors import StoreError


def tell(log: Logger, told: str, failure: Failure, **fields: Any) -> None:
    """A store that cannot be used is told in a sentence; a bug of ours with its traceback."""
    if failure.check(StoreError):
        log.error(f"{told}: {{why}}", why=failure.getErrorMessage(), **fields)
    else:
        log.failure(told, failure, **fields)
