"""The daemon's threads, in the test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, execute

from shared.models.store import Store


class InPlace:
    """The daemon's threads, in the test's own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store(self, thd: Callable[..., Any], *args: Any) -> Deferred[Any]:
        def transact() -> Any:
            with self._store.transaction():
                return thd(*args)

        return execute(transact)

    def view(self, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        def look() -> Any:
            with self._store.reading():
                return view(self._store, *args, **kwargs)

        return execute(look)

    def run(self, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return execute(read, self._store, *args, **kwargs)
