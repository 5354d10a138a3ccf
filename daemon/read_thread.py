"""Reading the store beside those who write: no call of the Web Connector waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread, deferToThreadPool
from twisted.python.threadpool import ThreadPool

from shared.models.store import Store

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[Store, P], T]


class Reads(Protocol):
    """Where the store is read; tests read in place."""

    def view(self, view: View[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run view(store, …) on one snapshot of the store."""

    def run(self, read: View[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run read(store, …), which opens the units that it needs."""


class ReadThread(Service, Reads):
    """One thread, with its own connection to the store; a second one while it is busy."""

    def __init__(self, reactor: Any, store: Store) -> None:
        self._reactor = reactor
        self._store = store
        self._pool = ThreadPool(0, 2, name="reads")

    def startService(self) -> None:
        super().startService()
        self._pool.start()

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return deferToThread(self._pool.stop)

    def view(self, view: View[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        def look() -> T:
            with self._store.reading():
                return view(self._store, *args, **kwargs)

        return deferToThreadPool(self._reactor, self._pool, look)

    def run(self, read: View[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._pool, read, self._store, *args, **kwargs)
