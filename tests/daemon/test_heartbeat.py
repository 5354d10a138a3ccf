"""A daemon tells the store that it lives, where it listens, and that it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread

from daemon.certificates import ends_at, files_of
from daemon.heartbeat import Heartbeat, address, facts_of_this_process
from daemon.service import make_daemon
from shared.errors import StoreUnavailable
from shared.models import daemons, downloads
from shared.models.daemons import KEPT, Daemon
from shared.models.downloads import LIFETIME
from shared.models.store import Store, open_store
from shared.settings import Settings, load_settings
from shared.structs import replace
from tests.certificates import in_days, self_signed
from tests.daemon.builders import NOW
from tests.edge.builders import LogLines


class InPlace:
    """The store thread without a thread; a test may hold its answers back, or break it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.held: Deferred[None] | None = None
        self.failure: Exception | None = None

    def store(self, thd: Callable[..., Any], *args: Any) -> Deferred[Any]:
        done = maybeDeferred(self._run, thd, *args)
        if self.held is None:
            return done
        return done.addCallback(lambda result: self.held.addCallback(lambda _: result))

    def _run(self, thd: Callable[..., Any], *args: Any) -> Any:
        if self.failure is not None:
            raise self.failure
        with self._store.transaction():
            return thd(*args)


class Living:
    """A heartbeat on a SQLite store, with a clock that moves when told."""

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock()
        self.store = open_store(settings.database, clock=self.now)
        self.threads = InPlace(self.store)
        self.addresses: tuple[str, ...] = ("http://127.0.0.1:8085",)
        facts = facts_of_this_process(settings, NOW)
        self.heartbeat = Heartbeat(
            self.clock,
            self.threads,  # type: ignore[arg-type]
            self.store.now,
            lambda: replace(facts, listening=self.addresses),
        )

    def now(self) -> Any:
        return NOW + timedelta(seconds=self.clock.seconds())

    def known(self) -> list[Daemon]:
        with self.store.reading():
            return daemons.known()

    def beat_at(self) -> float:
        """The last beat, in seconds since the start."""
        [daemon] = self.known()
        return (daemon.last_beat_at - NOW).total_seconds()


def settings(folder: Path, listen: str = "tcp:8085:interface=127.0.0.1") -> Settings:
    return load_settings(
        None,
        {
            "DESKBRIDGE_DATABASE": f"sqlite:///{folder}/store.sqlite3",
            "DESKBRIDGE_LISTEN": listen,
            "DESKBRIDGE_API_LISTEN": "off",
            "DESKBRIDGE_ADMIN_LISTEN": "off",
            "DESKBRIDGE_PUBLIC_URL": "https://books.example.com",
        },
    )


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    made = Living(settings(tmp_path))
    yield made
    assert made.clock.getDelayedCalls() == []
    made.store.close()


def test_it_beats_at_once_and_then_every_quarter_of_a_minute(living):
    living.heartbeat.startService()
    assert living.beat_at() == 0
    living.clock.advance(14)
    assert living.beat_at() == 0
    living.clock.advance(1)
    assert living.beat_at() == 15
    living.clock.pump([15] * 4)
    assert living.beat_at() == 75
    living.heartbeat.stopService()


def test_it_says_who_it_is_and_where_it_listens_by_now(living):
    living.addresses = ()
    living.heartbeat.startService()
    living.addresses = ("http://127.0.0.1:8085",)
    living.clock.advance(15)
    [daemon] = living.known()
    assert daemon.facts.listening == ("http://127.0.0.1:8085",)
    assert daemon.facts.public_url == "https://books.example.com"
    assert daemon.facts.started_at == NOW
    assert daemon.facts.certificate_expires_at is None
    assert daemon.runs(living.now())
    living.heartbeat.stopService()


def test_the_last_word_is_that_it_stops(living):
    living.heartbeat.startService()
    living.clock.pump([15, 5])
    living.heartbeat.stopService()
    [daemon] = living.known()
    assert daemon.stopped_at == NOW + timedelta(seconds=20)
    living.clock.advance(60)
    assert living.beat_at() == 15


def test_a_beat_that_is_under_way_ends_before_the_last_word(living):
    living.threads.held = Deferred()
    living.heartbeat.startService()
    stopped = living.heartbeat.stopService()
    assert living.known()[0].stopped_at is None
    held, living.threads.held = living.threads.held, None
    held.callback(None)
    assert stopped.called
    assert living.known()[0].stopped_at == NOW


def test_stopping_what_never_started_says_nothing(living):
    living.heartbeat.stopService()
    assert living.known() == []


def test_a_store_that_cannot_be_used_is_logged_and_tried_again(living):
    living.threads.failure = StoreUnavailable("The store is locked.", "Try again.")
    with LogLines() as log:
        living.heartbeat.startService()
    assert "No heartbeat: The store is locked." in log.text
    assert "The store is locked." in living.heartbeat.trouble
    living.threads.failure = None
    living.clock.advance(15)
    assert living.beat_at() == 15
    assert living.heartbeat.trouble == ""
    living.heartbeat.stopService()


def test_a_bug_in_a_beat_does_not_end_the_beating(living, logged_failures):
    living.threads.failure = ZeroDivisionError()
    living.heartbeat.startService()
    assert logged_failures.pop().check(ZeroDivisionError)
    living.threads.failure = None
    living.clock.advance(15)
    assert living.beat_at() == 15
    living.heartbeat.stopService()


def test_each_beat_clears_away_what_only_time_ends(living):
    with living.store.transaction():
        long_gone = facts_of_this_process(settings(living.store.path.parent), NOW - KEPT)
        daemons.beat(long_gone, NOW - KEPT)
        token = downloads.offer(b"<x/>", "invoice.qwc", "anna", NOW - LIFETIME)
    living.clock.advance(1)
    living.heartbeat.startService()
    assert len(living.known()) == 1
    with living.store.transaction():
        assert downloads.take(token, NOW - LIFETIME) is None
    living.heartbeat.stopService()


def test_each_start_is_another_daemon(tmp_path):
    one, other = (facts_of_this_process(settings(tmp_path), NOW) for _ in range(2))
    assert one.instance != other.instance
    assert (one.host, one.pid, one.version) == (other.host, other.pid, other.version)


@pytest.mark.parametrize(
    ("endpoint", "bound", "shown"),
    [
        ("tcp:0", IPv4Address("TCP", "0.0.0.0", 8085), "http://0.0.0.0:8085"),
        ("ssl:8443:privateKey=k", IPv4Address("TCP", "127.0.0.1", 8443), "https://127.0.0.1:8443"),
        ("tls:/certs", IPv6Address("TCP", "::", 443), "https://[::]:443"),
        (
            *("systemd:domain=INET:name=web:privateKey=k", IPv4Address("TCP", "0.0.0.0", 443)),
            "https://0.0.0.0:443",
        ),
        ("systemd:domain=INET:name=web", IPv4Address("TCP", "0.0.0.0", 80), "http://0.0.0.0:80"),
        ("unix:/run/desk", UNIXAddress(b"/run/desk"), "unix:/run/desk"),
    ],
)
def test_an_address_is_shown_as_one_would_type_it(endpoint, bound, shown):
    assert address(endpoint, bound) == shown


@pytest.mark.parametrize("endpoint", ["tcp:8085:interface=127.0.0.1", "unix:/run/desk"])
def test_without_tls_there_is_no_certificate_to_run_out(endpoint):
    assert ends_at(files_of(endpoint)) is None


def test_the_first_certificate_to_run_out_counts(tmp_path):
    soon, late = in_days(9), in_days(80)
    (tmp_path / "more").mkdir()
    one = self_signed(tmp_path / "a:b.pem", late)
    self_signed(tmp_path / "more" / "soon.pem", soon)
    self_signed(tmp_path / "more" / "late.pem", late)
    (tmp_path / "more" / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    escaped = str(one).replace(":", "\\:")
    assert ends_at(files_of(f"ssl:8443:privateKey={escaped}")) == late
    assert ends_at(files_of(f"systemd:domain=INET:name=web:privateKey={escaped}")) == late
    assert ends_at(files_of(f"tls:{tmp_path}/more")) == soon
    assert ends_at([one, tmp_path / "more" / "soon.pem"]) == soon


@contextmanager
def whole_daemon(given: Settings) -> Iterator[tuple[Store, Any]]:
    """The service tree on a store, not started yet."""
    from twisted.internet import reactor

    with open_store(given.database) as store:
        yield store, make_daemon(reactor, store, given, store.now(), {})


async def test_a_whole_daemon_beats_with_its_ports_and_says_when_it_stops(tmp_path):
    key = self_signed(tmp_path / "localhost.pem", in_days(30))
    listen = f"tcp:0:interface=127.0.0.1 ssl:0:interface=127.0.0.1:privateKey={key}"
    with whole_daemon(settings(tmp_path, listen)) as (store, tree):
        tree.startService()
        await tree.edge.listening
        addresses = tree.edge.addresses
        await maybeDeferred(tree.stopService)
        with store.reading():
            [daemon] = daemons.known()
    assert daemon.facts.listening == addresses
    assert [one.rpartition(":")[0] for one in addresses] == [
        *("http://127.0.0.1", "https://127.0.0.1"),
    ]
    assert daemon.facts.certificate_expires_at is not None
    assert daemon.stopped_at is not None


def fetched(link: str, form: bytes | None = b"") -> tuple[int, bytes]:
    try:
        with urlopen(link, form, timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, b""


async def test_a_whole_daemon_hands_a_file_over_once(tmp_path):
    with whole_daemon(settings(tmp_path, "tcp:0:interface=127.0.0.1")) as (store, tree):
        with store.transaction():
            token = downloads.offer(b"<QBWCXML/>", "invoice.qwc", "anna", store.now())
        tree.startService()
        await tree.edge.listening
        link = downloads.link(tree.edge.addresses[0], token)
        page = await deferToThread(fetched, link, None)
        assert (page[0], b"Download invoice.qwc" in page[1]) == (200, True)
        assert await deferToThread(fetched, link) == (200, b"<QBWCXML/>")
        assert await deferToThread(fetched, link) == (404, b"")
        assert await deferToThread(fetched, link, None) == (404, b"")
        await maybeDeferred(tree.stopService)
