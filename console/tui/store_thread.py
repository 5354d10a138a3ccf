"""A thread that works on the store, so that the screen never waits for it.

Each thread opens a store of its own and keeps it; when the store fails it is closed, and opened
anew for the next piece of work. So one that comes back is used again by itself.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shared.errors import StoreConflict, StoreError, StoreOutdated, StoreTooNew, StoreUnavailable

if TYPE_CHECKING:
    from shared.models.store import Store

T = TypeVar("T")
_LOST = (StoreUnavailable, StoreOutdated, StoreTooNew)
_ATTEMPTS = 3


class OpensStore(Protocol):
    """Opens the store; may create it only when ``create`` is true."""

    def __call__(self, *, create: bool) -> Store:
        """Raises StoreError with a remedy."""


class StoreThread:
    """Does one piece of work after the other; ``run`` never blocks.

    ``create`` lets the first opening make a missing store, never a later one: a store that
    vanished must be missed.
    """

    def __init__(self, name: str, open_store: OpensStore, *, create: bool = False) -> None:
        self._open_store = open_store
        self._create = create
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        # A daemon thread: quitting must not wait for a server that does not answer.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Store], T]) -> Future[T]:
        """Have ``work`` done with the open store; the future holds its result or its error."""
        return self._do(lambda: self._attempt(work))

    def run_closed(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done while this thread has no store open."""

        def closed() -> T:
            self._close()
            return work()

        return self._do(closed)

    def _do(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((future, work))
        return future

    def stop(self, seconds: float = 1.0) -> None:
        """End the thread after the work that is under way, but wait no longer than this."""
        self._waiting.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            future, work = waiting
            if future.set_running_or_notify_cancel():
                self._fulfil(future, work)
        self._close()

    def _fulfil(self, future: Future[Any], work: Callable[[], Any]) -> None:
        try:
            result = work()
        except BaseException as error:
            if isinstance(error, _LOST):
                self._close()
            future.set_exception(error)
        else:
            future.set_result(result)

    def _attempt(self, work: Callable[[Store], Any]) -> Any:
        for _ in range(_ATTEMPTS - 1):
            with suppress(StoreConflict):  # it was undone as a whole, so it may be done again
                return work(self._opened())
        return work(self._opened())

    def _opened(self) -> Store:
        if self._store is not None and self._file != _file_of(self._store):
            self._close()
        if self._store is None:
            self._store = self._open_store(create=self._create)
            self._create = False
            self._file = _file_of(self._store)
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            with suppress(StoreError):
                self._store.close()
            self._store = None


def _file_of(store: Store) -> tuple[int, int] | None:
    """Which file the store's path leads to: an open one can be moved away or replaced."""
    if store.path is None:
        return None
    try:
        found = store.path.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino
