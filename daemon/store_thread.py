"""The one way from the reactor to the store, and to other slow work.

``thd`` marks what is handed over to it: plain synchronous code, no Deferreds, no reactor.
One thread on SQLite, which has one writer; a few on PostgreSQL, where waiting for the server
leaves room for others. Which units share a commit: ``daemon.shared_commits``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, NoReturn, ParamSpec, Protocol, TypeVar, cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredSemaphore, inlineCallbacks
from twisted.internet.threads import blockingCallFromThread, deferToThread, deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from daemon.shared_commits import Done, StoreWorkers, Unit
from shared.errors import StoreUnavailable
from shared.models.store import Store

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Protocol):
    """Where slow work runs; tests run it in place."""

    def store(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run thd in a write transaction of the store; what it answers is committed."""

    def store_alone(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """As ``store``, for what may take long: nobody else's answer waits for its commit."""

    def work(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run slow, CPU-bound code beside the reactor."""

    def store_from_work(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """From within slow work: run thd as ``store_alone`` does, and wait for it."""

    def begin_from_work(
        self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], T]:
        """As ``store_from_work``, but only what is returned waits for it, and has to be called."""

    def verify(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a password check beside the reactor, one at a time (it takes 12 MiB)."""


STORE_SECONDS = 45.0
"""After so long a caller gets words; the Web Connector gives a call up after about 100 s.

The unit may still be done: a server that hangs hears of nothing. Whoever asked reads again.
"""


class ReactorThreads(Service, Threads):
    """The daemon's threads: the store's own, one for XML, one for passwords."""

    def __init__(
        self,
        reactor: Any,
        store: Store,
        store_threads: int,
        seen: Callable[[float, BaseException | None], object] = lambda _seconds, _error: None,
    ) -> None:
        """``seen`` hears of each unit how many seconds it took, and the error that it met.

        It is called on the threads of the store.
        """
        self._reactor = reactor
        self._store = store
        self._seen = seen
        self._workers = StoreWorkers(store, store_threads, self._hand_back)
        self._work_pool = ThreadPool(1, 2, name="work")
        self._one_password = DeferredSemaphore(1)

    def startService(self) -> None:
        super().startService()
        self._workers.start()
        self._work_pool.start()

    @inlineCallbacks
    def stopService(self) -> Any:
        """Wait for what runs and end the threads; the reactor goes on meanwhile.

        Work may still be waiting for the store, and asks for it through the reactor.
        """
        super().stopService()
        yield deferToThread(self._work_pool.stop)
        yield deferToThread(self._workers.stop)

    def store(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._add(partial(thd, *args, **kwargs), alone=False)

    def store_alone(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._add(partial(thd, *args, **kwargs), alone=True)

    def _add(self, work: Callable[[], T], *, alone: bool) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self._workers.add(Unit(work, answer, alone, time.monotonic()))
        return answer.addTimeout(STORE_SECONDS, self._reactor, self._did_not_answer)

    @property
    def waiting(self) -> int:
        """How many units wait for the store."""
        return self._workers.waiting

    def _hand_back(self, done: Sequence[Done]) -> None:
        now = time.monotonic()
        for unit, result in done:
            error = result.value if isinstance(result, Failure) else None
            self._seen(now - unit.asked_seconds, error)
        self._reactor.callFromThread(_answer, done)

    def _did_not_answer(self, _failure: object, seconds: float) -> NoReturn:
        raise StoreUnavailable(
            f"The store {self._store.url_shown} did not answer within {seconds:g} seconds.",
            "Check the database server, and the disk of the store.",
        )

    def work(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._work_pool, slow, *args, **kwargs)

    def store_from_work(self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def ask() -> Deferred[T]:
            return self.store_alone(thd, *args, **kwargs)

        result: Any = blockingCallFromThread(self._reactor, cast(Any, ask))
        return cast(T, result)

    def begin_from_work(
        self, thd: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], T]:
        """On SQLite it waits at once: a writer that waits for Python's lock again and again would
        hold the store all the while.
        """
        if self._store.engine == "sqlite":
            done = self.store_from_work(thd, *args, **kwargs)
            return lambda: done
        waiting: SimpleQueue[Any] = SimpleQueue()

        def ask() -> None:
            self.store_alone(thd, *args, **kwargs).addBoth(waiting.put)

        def wait() -> T:
            result = waiting.get()
            if isinstance(result, Failure):
                result.raiseException()
            return cast(T, result)

        self._reactor.callFromThread(ask)
        return wait

    def verify(self, slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        def check() -> Deferred[T]:
            return self.work(slow, *args, **kwargs)

        return self._one_password.run(check)


def _answer(done: Sequence[Done]) -> None:
    """Back on the reactor: everybody hears what became of it."""
    for unit, result in done:
        if isinstance(result, Failure):
            unit.answer.errback(result)
        else:
            unit.answer.callback(result)
