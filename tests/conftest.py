"""What every test may use: stores on both engines, and guards for Twisted tests.

A plain ``async def`` test runs in the reactor as a coroutine that awaits Deferreds. It
fails when it takes longer than five seconds (``@pytest.mark.deadline(20)`` for more), or
when it leaves a delayed call behind. Every test, async or not, fails when a failure was
logged meanwhile; one that means to provoke failures takes the ``logged_failures`` fixture
and clears the list after looking at it.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from tests.postgres import NoPostgres, Server, emptying, private_server

if TYPE_CHECKING:
    from shared.models.store import Store

DEADLINE_SECONDS = 5.0
MEMORY_DISK = Path("/dev/shm")
MEMORY_NEEDED = 2 << 30

AsyncTest = Callable[..., Awaitable[None]]


# How quickly examples are made says something about the machine alone.
hypothesis.settings.register_profile(
    "suite", suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "deadline(seconds): how long an async test may take")
    _write_to_memory()
    _compile_once()
    os.environ["DESKBRIDGE_DATE_FORMAT"] = "iso"  # for the programs that tests start


def _write_to_memory() -> None:
    """Keep temporary folders in memory where there is room: the disk would be waited for at each
    commit of each store. ``PYTEST_DEBUG_TEMPROOT`` names another place.
    """
    if os.access(MEMORY_DISK, os.W_OK) and shutil.disk_usage(MEMORY_DISK).free > MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


def _compile_once() -> None:
    """Keep what Python compiles, whatever the environment says of it: the processes that share the
    suite import the same modules, and so does each daemon and command that a test starts.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


MAY_BE_MISSING = ("Intuit's", "only root", "IPv6", "promtool", "booted systemd")
"""Words of the reasons for which a test may be skipped in CI, too: Intuit's files are not ours to
pass on, neither the user nor the network is ours to choose, Prometheus is large, and so is a Debian
of its own."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let nothing be skipped in CI but for what a clean clone on any machine cannot have."""
    report = yield
    if report.skipped and os.environ.get("CI") and not _may_be_missing(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which nothing may be in CI: {report.longrepr}"
    return report


def _may_be_missing(told: object) -> bool:
    reason = told[2] if isinstance(told, tuple) else str(told)
    return any(words in reason for words in MAY_BE_MISSING)


def pytest_collection_finish() -> None:
    gc.set_threshold(50_000, 20, 20)
    _leave_alone_what_stays()


def _leave_alone_what_stays() -> None:
    """What is loaded by now stays: to look through it again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()


TESTS_BETWEEN = 100
_ended = itertools.count(1)


def pytest_runtest_logfinish() -> None:
    """Tests import modules and fill caches, too."""
    if next(_ended) % TESTS_BETWEEN == 0:
        _leave_alone_what_stays()


SLOW_FILES = ("test_processes", "test_program", "test_first_hundred", "test_second_hundred")
"""They go first: else the processes that share the suite would wait for the last of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in SLOW_FILES)
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.obj = _guarded(item.obj, _deadline_of(item))


def _deadline_of(item: pytest.Item) -> float:
    marker = item.get_closest_marker("deadline")
    return float(marker.args[0]) if marker else DEADLINE_SECONDS


def _guarded(test: AsyncTest, seconds: float) -> AsyncTest:
    """Run ``test`` in the reactor with a deadline, and look at what it left behind."""

    @pytest_twisted.ensureDeferred
    @functools.wraps(test)
    async def guarded(**fixtures: Any) -> None:
        before = reactor.getDelayedCalls()
        await _within(seconds, test(**fixtures))
        gc.collect()  # an unhandled error is logged when its Deferred goes away
        await deferLater(reactor, 0)
        left = [call for call in reactor.getDelayedCalls() if call not in before]
        for call in left:
            call.cancel()
        assert not left, f"the test left delayed calls behind: {left}"

    return guarded


def _within(seconds: float, coroutine: Any) -> Deferred[None]:
    def too_slow(_result: object, _seconds: float) -> None:
        raise AssertionError(f"the test did not end within {seconds:g} s")

    return Deferred.fromCoroutine(coroutine).addTimeout(seconds, reactor, too_slow)


@pytest.fixture(autouse=True)
def logged_failures() -> Iterator[list[Failure]]:
    """The failures logged during the test; what is still in the list at its end fails it."""
    failures: list[Failure] = []

    def watch(event: dict[str, Any]) -> None:
        if event.get("log_failure") is not None:
            failures.append(event["log_failure"])

    globalLogPublisher.addObserver(watch)
    yield failures
    globalLogPublisher.removeObserver(watch)
    assert not failures, "\n".join(failure.getTraceback() for failure in failures)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A private PostgreSQL server; skips where there is none to be had, but never in CI."""
    server = private_server()
    try:
        running = server.__enter__()
    except NoPostgres as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    yield running
    server.__exit__(None, None, None)


_numbers = itertools.count(1)


@pytest.fixture
def new_postgres_url(postgres: Server) -> Callable[[], str]:
    """Make empty databases; they go with the server."""

    def make() -> str:
        name = f"empty_{next(_numbers)}"
        postgres.run(f"CREATE DATABASE {name} TEMPLATE template0")
        return postgres.url(name)

    return make


@pytest.fixture(scope="session")
def postgres_store_url(postgres: Server) -> str:
    """The address of the migrated database that tests use in turn."""
    from shared.models.store import open_store

    postgres.run("CREATE DATABASE store")
    open_store(postgres.url("store")).close()
    return postgres.url("store")


@pytest.fixture(scope="session")
def empty_postgres_store(postgres_store_url: str) -> Iterator[Callable[[], None]]:
    """Empties the database that tests use in turn."""
    with emptying(postgres_store_url) as empty:
        yield empty


@pytest.fixture
def empty_postgres_url(postgres_store_url: str, empty_postgres_store: Callable[[], None]) -> str:
    """The address of an empty store on PostgreSQL."""
    empty_postgres_store()
    return postgres_store_url


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new SQLite store, made once: a copy costs a tenth of making another one."""
    from shared.models.store import open_store

    path = tmp_path_factory.mktemp("new") / "store.sqlite3"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path, new_store: Path) -> str:
    """The address of an empty store: of a file, or on the engine that ``both_engines`` names."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{shutil.copy(new_store, tmp_path)}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """A password is hashed in less than a millisecond, but in tests/shared/test_passwords.py."""
    from shared import passwords

    cost = {"argon2__memory_cost": 8, "argon2__time_cost": 1, "argon2__parallelism": 1}
    quick = passwords.CryptContext(schemes=["argon2"], argon2__type="ID", **cost)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_argon2id", lambda: quick)
        yield


@pytest.fixture(autouse=True)
def iso_dates() -> None:
    """Days and times are told in one way in all tests, whatever a test before has chosen."""
    from shared import dates

    dates.use(dates.DateFormat.ISO)


@pytest.fixture(scope="session")
def kept_postgres_store(postgres_store_url: str) -> Iterator[Store]:
    """The store on PostgreSQL whose connection lasts: a new one is as dear as half of a test."""
    from shared.models.store import open_store

    with open_store(postgres_store_url) as opened:
        yield opened


@pytest.fixture
def store(request: pytest.FixtureRequest, store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    from shared.models.store import open_store

    if store_url.startswith("postgresql:"):
        kept: Store = request.getfixturevalue("kept_postgres_store")
        yield kept
        if len(kept._engine.database._open) > 1:  # the connections of threads that are gone
            kept.close()
        return
    opened = open_store(store_url)
    yield opened
    opened.close()
