"""What the platform asks of a client of Invoiced's API, and how that says that it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from shared.structs import Value


class ApiRefusal(Exception):
    """Invoiced refused a request for good, in these words. Nothing was done."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status
        self.said = said


class ApiNotNow(Exception):
    """Nothing was done; ``whole``: nothing else would be done now, either."""

    def __init__(self, reason: str, *, whole: bool = False, after: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole = whole
        self.after = after


class ApiSilence(Exception):
    """Nobody knows whether it was done."""

    def __init__(self, reason: str, *, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.whole = whole


class Page(Value):
    """Records of a list, and the query of the page after it; None: it was the last one.

    ``total`` is how many the list has, where Invoiced tells; it counts anew for a first page alone.
    """

    records: Sequence[Mapping[str, Any]]
    following: Mapping[str, str] | None
    total: int | None = None


class Api(Protocol):
    """Calls of Invoiced's API, numbers as Decimal; each fails with one of the above alone."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Deferred[Any]:
        """Read a record, or the first page of a list."""

    def page(self, path: str, query: Mapping[str, str]) -> Deferred[Page]:
        """Read a page of a list, of a hundred records unless ``per_page`` says otherwise."""

    def write(
        self, method: str, path: str, values: Mapping[str, Any] | None, key: str
    ) -> Deferred[Any]:
        """Write, under an idempotency key where the method has one; None for an empty answer."""

    def close(self) -> Deferred[None]:
        """Let connections go."""
