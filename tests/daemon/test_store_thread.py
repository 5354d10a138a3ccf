"""Whoever waits for the store gets words, whatever the store does."""

from __future__ import annotations

import threading
from collections.abc import Callable
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
        self.handed_over: list[Callable[[], None]] = []
        self.news = threading.Event()

    def callFromThread(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.handed_over.append(lambda: call(*args, **kwargs))
        self.news.set()

    def run_one(self) -> None:
        assert self.news.wait(5)
        self.handed_over.pop(0)()


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
