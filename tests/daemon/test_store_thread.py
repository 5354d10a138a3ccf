"""Whoever waits for the store gets words, whatever the store does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pytest
from twisted.internet.task import Clock

from daemon.store_thread import STORE_SECONDS, ReactorThreads
from shared.errors import StoreUnavailable
from shared.models.store import open_store


class Reactor(Clock):
    """A clock that takes what threads hand over, one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_over: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def callFromThread(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.handed_over.put(lambda: call(*args, **kwargs))

    def run_one(self) -> None:
        self.handed_over.get(timeout=5)()


@pytest.fixture
def reactor():
    return Reactor()


@pytest.fixture
def threads(reactor, tmp_path):
    with open_store(f"sqlite:///{tmp_path}/store.sqlite3") as store:
        made = ReactorThreads(reactor, store, 1)
        made.startService()
        yield made
        made._work_pool.stop()
        made._workers.stop()


def test_a_unit_that_hangs_is_answered_in_words(threads, reactor):
    goes_on = threading.Event()
    hung = threads.store(goes_on.wait)
    told: list[Any] = []
    hung.addErrback(told.append)
    reactor.advance(STORE_SECONDS + 1)
    goes_on.set()
    [failure] = told
    assert failure.check(StoreUnavailable)
    assert "did not answer within 45 seconds" in failure.getErrorMessage()
    assert "store.sqlite3" in failure.getErrorMessage()


def test_what_is_answered_in_time_leaves_no_clock_running(threads, reactor):
    done: list[int] = []
    threads.store(lambda: 7).addCallback(done.append)
    reactor.run_one()
    assert done == [7]
    assert reactor.getDelayedCalls() == []


@pytest.fixture
def on_postgresql(reactor, empty_postgres_url):
    with open_store(empty_postgres_url) as store:
        made = ReactorThreads(reactor, store, 1)
        made.startService()
        yield made
        made._work_pool.stop()
        made._workers.stop()


def raise_error() -> None:
    raise ArithmeticError


def test_on_postgresql_work_goes_on_while_the_store_is_at_work(on_postgresql, reactor):
    goes_on = threading.Event()
    wait = on_postgresql.begin_from_work(goes_on.wait)
    reactor.run_one()
    goes_on.set()
    reactor.run_one()
    assert wait() is True


def test_whoever_waits_for_work_that_failed_is_told(on_postgresql, reactor):
    wait = on_postgresql.begin_from_work(raise_error)
    reactor.run_one()
    reactor.run_one()
    with pytest.raises(ArithmeticError):
        wait()
