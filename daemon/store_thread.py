"""The one way from the reactor to the store, and to other slow work.

``thd`` marks what is handed over to it: plain synchronous code, no Deferreds, no reactor.
One thread on SQLite, which has one writer; a few on PostgreSQL, where waiting for the server
leaves room for others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, Protocol, TypeVar, cast

from twisted.internet.defer import Deferred, DeferredSemaphore, inlineCallbacks
from twisted.internet.threads import blockingCallFromThread, deferToThread, deferToThreadPool
from twisted.python.threadpool import ThreadPool

from shared.errors import StoreConflict, StoreUnavailable
from shared.models.store import Store

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Protocol):
    """Where slow work runs; tests run it in place."""

    def store(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run thd in one write transaction of the store."""

    def work(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run slow, CPU-bound code beside the reactor."""

    def store_from_work(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """From within slow work: run thd as ``store`` does, and wait for it."""

    def verify(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a password check beside the reactor, one at a time (it takes 12 MiB)."""


STORE_SECONDS = 45.0
"""After so long a caller gets words; the Web Connector gives a call up after about 100 s.

The unit may still be done: a server that hangs hears of nothing. Whoever asked reads again.
"""


class ReactorThreads:
    """The daemon's threads: the store's own, one for XML, one for passwords."""

    def __init__(self, reactor: Any, store: Store, store_threads: int) -> None:
        self._reactor = reactor
        self._store = store
        self._store_pool = ThreadPool(store_threads, store_threads, name="store")
        self._work_pool = ThreadPool(1, 2, name="work")
        self._one_password = DeferredSemaphore(1)

    def start(self) -> None:
        """Start the threads."""
        self._store_pool.start()
        self._work_pool.start()

    @inlineCallbacks
    def stop(self) -> Any:
        """Wait for what runs and end the threads; the reactor goes on meanwhile.

        Work may still be waiting for the store, and asks for it through the reactor.
        """
        for pool in (self._work_pool, self._store_pool):
            yield deferToThread(pool.stop)

    def store(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run thd in one write transaction on the store thread."""

        def transact() -> T:
            with self._store.transaction():
                return thd(*args, **kwargs)

        def transact_again_on_conflict() -> T:
            try:
                return transact()
            except StoreConflict:
                # Two units waited for each other and the engine gave one up: nothing was done.
                return transact()

        done = deferToThreadPool(self._reactor, self._store_pool, transact_again_on_conflict)
        return done.addTimeout(STORE_SECONDS, self._reactor, self._did_not_answer)

    def _did_not_answer(self, _failure: object, seconds: float) -> NoReturn:
        raise StoreUnavailable(
            f"The store {self._store.url_shown} did not answer within {seconds:g} seconds.",
            "Check the database server, and the disk of the store.",
        )

    def work(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run slow on the work threads."""
        return deferToThreadPool(self._reactor, self._work_pool, slow, *args, **kwargs)

    def store_from_work(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run thd on the store thread while the work thread waits."""

        def ask() -> Deferred[T]:
            return self.store(thd, *args, **kwargs)

        result: Any = blockingCallFromThread(self._reactor, cast(Any, ask))
        return cast(T, result)

    def verify(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run slow on a work thread, one password at a time."""

        def check() -> Deferred[T]:
            return self.work(slow, *args, **kwargs)

        return self._one_password.run(check)
