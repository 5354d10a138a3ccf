"""What monitoring is answered: health, readiness, metrics; and what that costs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread

from daemon.admin import figures as module
from daemon.admin.figures import LEAST_SECONDS, PATIENCE_SECONDS, SHARE, StoreFigures
from daemon.admin.metrics import Metrics
from daemon.admin.resource import STORE_SECONDS, Admin, make_admin_site
from daemon.edge.limits import EdgeLimits
from daemon.service import make_daemon
from shared.errors import StoreUnavailable
from shared.models import applications, backups, connections, daemons
from shared.models.store import Store, open_store
from shared.rules.backups import BackupKind
from shared.settings import load_settings
from tests.daemon.builders import NOW
from tests.daemon.in_place import InPlace
from tests.edge.builders import Answer, Connection, LogLines, head
from tests.models.builders import both_engines

GONE = StoreUnavailable("The store sqlite:///x cannot be used: disk I/O error.", "Check the disk.")


class Threads(InPlace):
    """The store in place; a test may hold its answer back, or let it fail."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.instead: Callable[[], Deferred[Any]] | None = None
        self.reads = 0

    def store(self, thd: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return self.instead() if self.instead else super().store(thd, *args)

    def run(self, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        self.reads += 1
        return self.instead() if self.instead else super().run(read, *args, **kwargs)


class Watched:
    """A daemon's addresses for monitoring, with a clock that moves when told."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.store = open_store(url, clock=lambda: NOW + timedelta(seconds=self.clock.seconds()))
        self.threads = Threads(self.store)
        self.metrics = Metrics()
        self.is_serving = True
        self.trouble = ""
        figures = StoreFigures(self.clock, self.threads)
        admin = Admin(
            self.clock,
            self.threads,  # type: ignore[arg-type]
            self.metrics,
            figures,
            lambda: self.is_serving,
            lambda: self.trouble,
        )
        self.site = make_admin_site(admin, EdgeLimits(), self.clock)
        self.site.doStart()

    def send(self, path: str, method: str = "GET") -> Connection:
        channel = self.site.buildProtocol(None)
        transport = StringTransport()
        channel.makeConnection(transport)
        connection = Connection(channel, transport, self.clock)
        return connection.send(head(method, path))

    def ask(self, path: str, method: str = "GET") -> Answer:
        connection = self.send(path, method)
        answer = connection.answer(method)
        connection.hang_up()
        return answer

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of one series, or None."""
        label = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        wanted = f"{name}{{{label}}}" if labels else name
        found = re.search(rf"^{re.escape(wanted)} (\S+)$", self.ask("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else None


@pytest.fixture
def watched(store_url: str) -> Iterator[Watched]:
    made = Watched(store_url)
    yield made
    made.store.close()


@pytest.fixture
def on_sqlite(tmp_path: Path, new_store: Path) -> Iterator[Watched]:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(new_store.read_bytes())
    made = Watched(f"sqlite:///{path}")
    yield made
    made.store.close()


@pytest.fixture(autouse=True)
def readings_take_no_time(monkeypatch):
    monkeypatch.setattr(module, "perf_counter", lambda: 0.0)


def test_a_daemon_whose_store_answers_is_healthy_and_ready(on_sqlite):
    assert [on_sqlite.ask(path).status for path in ("/healthz", "/readyz")] == [200, 200]


def test_a_daemon_that_stops_is_healthy_but_not_ready(on_sqlite):
    on_sqlite.is_serving = False
    assert [on_sqlite.ask(path).status for path in ("/healthz", "/readyz")] == [200, 503]


def test_a_store_that_takes_nothing_more_is_not_healthy_although_it_answers(on_sqlite):
    on_sqlite.trouble = "The store cannot be used: database or disk is full."
    answer = on_sqlite.ask("/healthz")
    assert answer.status == 503
    assert b"disk is full" in answer.body
    assert on_sqlite.ask("/readyz").status == 503


def test_a_store_that_fails_is_told_in_a_sentence(on_sqlite):
    on_sqlite.threads.instead = lambda: fail(GONE)
    answer = on_sqlite.ask("/healthz")
    assert (answer.status, answer.text) == (503, f"{GONE.sentence}\n")
    assert on_sqlite.ask("/readyz").status == 503


def test_a_store_that_hangs_is_not_waited_for(on_sqlite):
    on_sqlite.threads.instead = Deferred
    connection = on_sqlite.send("/healthz")
    on_sqlite.clock.advance(STORE_SECONDS - 1)
    assert connection.written == b""
    on_sqlite.clock.advance(1)
    assert connection.answer().status == 503


def test_only_looking_is_allowed_and_nothing_else_is_there(on_sqlite):
    assert on_sqlite.ask("/healthz", "HEAD").status == 200
    refused = on_sqlite.ask("/metrics", "DELETE")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    assert on_sqlite.ask("/").status == 404


def test_who_asks_every_few_seconds_leaves_no_line_in_the_log(on_sqlite):
    with LogLines() as log:
        on_sqlite.ask("/healthz")
        on_sqlite.ask("/metrics")
    assert [event for event in log.events if event["log_level"].name != "debug"] == []


def test_calls_are_counted_by_operation_and_outcome_and_timed(on_sqlite):
    on_sqlite.metrics.call("authenticate", "welcome", 0.02)
    on_sqlite.metrics.call("authenticate", "wrong-password", 0.3)
    on_sqlite.metrics.call("", "404", 0.0)
    on_sqlite.metrics.request("payments.list of the API", "200", 0.02)
    counted = on_sqlite.metric
    assert counted("deskbridge_calls_total", operation="authenticate", outcome="welcome") == 1
    assert counted("deskbridge_calls_total", operation="other", outcome="404") == 1
    assert counted("deskbridge_call_seconds_bucket", operation="authenticate", le="0.025") == 1
    assert counted("deskbridge_call_seconds_count", operation="authenticate") == 2
    assert counted("deskbridge_api_requests_total", status="200") == 1


def test_the_store_is_timed_and_its_failures_counted(on_sqlite):
    on_sqlite.metrics.unit_done(0.004, None)
    on_sqlite.metrics.unit_done(45.0, GONE)
    on_sqlite.metrics.unit_done(0.004, ValueError())
    assert on_sqlite.metric("deskbridge_store_seconds_count") == 3
    assert on_sqlite.metric("deskbridge_store_failures_total") == 1


def test_what_is_described_is_asked_when_somebody_looks(on_sqlite):
    waiting = [3]
    on_sqlite.metrics.describe(
        store="sqlite",
        waiting=lambda: waiting[0],
        clients=[("api", lambda: 5)],
        certificate_end=lambda: NOW,
    )
    waiting[0] = 4
    assert on_sqlite.metric("deskbridge_store_waiting") == 4
    assert on_sqlite.metric("deskbridge_open_connections", listener="api") == 5
    expires = on_sqlite.metric("deskbridge_certificate_expires_timestamp_seconds")
    assert expires == NOW.timestamp()
    assert 'store="sqlite"' in on_sqlite.ask("/metrics").text


@both_engines
def test_an_application_that_missed_its_runs_is_late(watched):
    with watched.store.transaction():
        one = connections.add("Larkspur", now=NOW, run_every_minutes=15)
        ids = [application.id for application in connections.applications(one.id)]
        applications.set_password(ids[:1], "$hash", "proof")
        applications.seen(ids[0], "closeConnection", NOW)
    labels = {"connection": "Larkspur", "application": "invoice"}
    assert watched.metric("deskbridge_application_late", **labels) == 0
    seen = watched.metric("deskbridge_application_seen_timestamp_seconds", **labels)
    assert seen == NOW.timestamp()
    watched.clock.advance(31 * 60)
    assert watched.metric("deskbridge_application_late", **labels) == 1


def test_a_backup_is_told_by_when_it_was_made_and_until_when_it_is_good(on_sqlite):
    assert on_sqlite.metric("deskbridge_backup_made_timestamp_seconds") == 0
    assert on_sqlite.metric("deskbridge_backup_old_timestamp_seconds") == 0
    with on_sqlite.store.transaction():
        backups.made(BackupKind.BY_HAND, Path("one"), NOW, timedelta(days=7))
    on_sqlite.clock.advance(LEAST_SECONDS)
    assert on_sqlite.metric("deskbridge_backup_made_timestamp_seconds") == NOW.timestamp()
    old_at = on_sqlite.metric("deskbridge_backup_old_timestamp_seconds")
    assert old_at == (NOW + timedelta(days=7)).timestamp()


def test_a_backup_that_failed_is_told_until_one_is_made(on_sqlite):
    told = []
    for change in (
        lambda: backups.failed("No room.", NOW),
        lambda: backups.made(BackupKind.SCHEDULED, Path("one"), NOW, timedelta(days=2)),
    ):
        with on_sqlite.store.transaction():
            change()
        on_sqlite.clock.advance(LEAST_SECONDS)
        told.append(on_sqlite.metric("deskbridge_backup_failed"))
    assert told == [1, 0]


def test_a_store_with_backups_of_its_own_tells_of_none(watched):
    told = watched.metric("deskbridge_backup_failed")
    assert (told is None) == (watched.store.path is None)


def test_figures_are_read_again_only_after_a_while(on_sqlite):
    for _ in range(5):
        assert on_sqlite.metric("deskbridge_store_up") == 1
    assert on_sqlite.threads.reads == 1
    on_sqlite.clock.advance(LEAST_SECONDS)
    on_sqlite.ask("/metrics")
    assert on_sqlite.threads.reads == 2


def test_the_longer_a_reading_takes_the_rarer_it_is(on_sqlite, monkeypatch):
    times = iter([0.0, 4.0])
    monkeypatch.setattr(module, "perf_counter", lambda: next(times))
    on_sqlite.ask("/metrics")
    on_sqlite.clock.advance(4 * SHARE - 1)
    on_sqlite.ask("/metrics")
    assert on_sqlite.threads.reads == 1


def test_many_who_ask_at_once_share_a_reading_and_wait_for_it_no_longer_than_a_while(on_sqlite):
    held: Deferred[Any] = Deferred()
    on_sqlite.threads.instead = lambda: held
    connections_ = [on_sqlite.send("/metrics") for _ in range(3)]
    assert on_sqlite.threads.reads == 1
    on_sqlite.clock.advance(PATIENCE_SECONDS)
    assert [one.answer().status for one in connections_] == [200] * 3
    held.callback((b"deskbridge_store_up 1.0\n", 20.0))
    assert on_sqlite.metric("deskbridge_store_up") == 1


def test_without_a_store_the_process_still_tells_of_itself(on_sqlite):
    on_sqlite.ask("/metrics")
    on_sqlite.clock.advance(LEAST_SECONDS)
    on_sqlite.threads.instead = lambda: fail(GONE)
    with LogLines() as log:
        assert on_sqlite.metric("deskbridge_store_up") == 0
    assert GONE.sentence in log.text
    assert on_sqlite.metric("deskbridge_store_failures_total") == 0
    assert on_sqlite.metric("deskbridge_figures_timestamp_seconds") is None


@asynccontextmanager
async def whole_daemon(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """A daemon with all that belongs to it: where the Web Connector and monitoring reach it."""
    from twisted.internet import reactor

    listen = "tcp:0:interface=127.0.0.1"
    given = {
        "DESKBRIDGE_DATABASE": f"sqlite:///{tmp_path}/store.sqlite3",
        "DESKBRIDGE_LISTEN": listen,
        "DESKBRIDGE_API_LISTEN": "off",
        "DESKBRIDGE_ADMIN_LISTEN": listen,
    }
    settings = load_settings(None, given)
    with open_store(settings.database) as store:
        tree = make_daemon(reactor, store, settings, store.now(), {})
        tree.startService()
        await tree.listening()
        [edge], [admin] = tree.edge.addresses, [one for o in tree.others for one in o.addresses]
        yield edge, admin
        await maybeDeferred(tree.stopService)
        assert not tree.edge.is_serving


async def test_a_whole_daemon_is_ready_once_it_listens_and_counts_its_calls(tmp_path):
    async with whole_daemon(tmp_path) as (edge, admin):
        assert await deferToThread(_fetched, f"{admin}/readyz") == "ok\n"
        await deferToThread(_fetched, f"{edge}/qbwc")
        metrics = await deferToThread(_fetched, f"{admin}/metrics")
    assert 'deskbridge_calls_total{operation="other",outcome="200"} 1.0' in metrics
    assert "deskbridge_build_info{" in metrics
    assert "deskbridge_daemons 1.0" in metrics


async def test_a_whole_daemon_is_not_healthy_while_its_sign_of_life_cannot_be_written(
    tmp_path, monkeypatch
):
    def full(*_args: Any) -> None:
        raise GONE

    monkeypatch.setattr(daemons, "beat", full)
    async with whole_daemon(tmp_path) as (_, admin):
        with pytest.raises(HTTPError) as refused:
            await deferToThread(_fetched, f"{admin}/healthz")
    with refused.value as answer:
        assert answer.status == 503


def _fetched(address: str) -> str:
    with urlopen(address, timeout=5) as answer:
        return answer.read().decode()
