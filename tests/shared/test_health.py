"""What doctor and the Health screen find, and what they say to do about it."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.edge.pages import service_page
from shared import dates, open_files
from shared.errors import StoreError, StoreOutdated
from shared.health.address import of_address
from shared.health.alerts import of_alerts
from shared.health.checks import Check, State, size, span
from shared.health.companies import of_companies
from shared.health.configuration import of_refused_settings, of_settings
from shared.health.daemons import of_daemons, of_open_file
from shared.health.files import of_files
from shared.health.internet import Page
from shared.health.machine import ThisMachine
from shared.health.queues import is_late, of_queues
from shared.health.snapshot import StoreSnapshot, read
from shared.health.store_checks import of_store, of_unusable_store
from shared.models import (
    applications,
    audit,
    backups,
    connections,
    daemons,
    problems,
    sessions,
    syncs,
)
from shared.models.daemons import Daemon, DaemonFacts
from shared.models.facts import StoreFacts
from shared.models.queues import Queue, RunningSync
from shared.models.sqlite import SqliteEngine
from shared.models.store import open_store
from shared.operations.health import examine
from shared.rules.backups import BackupKind, Backups
from shared.rules.payments.values import PaymentStatus
from shared.rules.store_checks import StoreCheck
from shared.rules.values import (
    Application,
    ApplicationKind,
    CompanyBinding,
    Connection,
    JobMode,
    Layout,
    SyncState,
)
from shared.settings import Settings, SettingsRefused, load_settings
from shared.structs import replace
from tests.models.builders import trouble
from tests.rules.test_alerts import recipient
from tests.shared.builders import application

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://books.example.com"


def before(**time: float) -> datetime:
    """NOW less a while: ``before(hours=1)``."""
    return NOW - timedelta(**time)


def settings(folder: Path, **values: str) -> Settings:
    """Settings from a file in ``folder``, the store beside it."""
    given = {"database": f"sqlite:///{folder}/store.sqlite3", "public_url": URL} | values
    path = folder / "deskbridge.toml"
    path.write_text("".join(f'{key} = "{value}"\n' for key, value in given.items()))
    path.chmod(0o600)
    return load_settings(path, {})


class FakeMachine:
    """A machine with room, run by the user who owns its files."""

    def __init__(
        self, *, free_bytes: int = 80 << 30, user_id: int | None = None, may_write: bool = True
    ) -> None:
        self._free_bytes = free_bytes
        self._user_id = os.geteuid() if user_id is None else user_id
        self._may_write = may_write

    def now(self) -> datetime:
        return NOW

    def user_id(self) -> int:
        return self._user_id

    def free_bytes(self, folder: Path) -> int:
        return self._free_bytes

    def may_write(self, path: Path) -> bool:
        return self._may_write

    def lacks(self, host: str, process: int, file: Path) -> bool:
        return False


class FakeNetwork:
    """A network in which all is well, but for what a test breaks: an error for a step."""

    def __init__(self, **broken: Any) -> None:
        self._broken = broken
        self.asked: list[str] = []

    def _step(self, name: str, place: str, usual: Any) -> Any:
        self.asked.append(f"{name} {place}")
        outcome = self._broken.get(name, usual)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def look_up(self, host: str) -> list[str]:
        return self._step("look_up", host, ["203.0.113.9"])

    def connect(self, host: str, port: int) -> None:
        self._step("connect", f"{host}:{port}", None)

    def certificate_expires_at(self, host: str, port: int) -> datetime:
        return self._step("certificate", f"{host}:{port}", NOW + timedelta(days=80))

    def get(self, url: str) -> Page:
        return self._step("get", url, Page(200, "", service_page(URL)))


FRESH = Backups(made_at=before(days=1), old_at=before(days=-6))


def held(**changes: Any) -> StoreSnapshot:
    """A store with one running daemon, a fresh backup, and nothing that waits."""
    usual = StoreSnapshot(
        now=NOW,
        facts=StoreFacts("sqlite", "3.51.3", 4_404_019),
        url_shown="sqlite:////var/lib/deskbridge/deskbridge.sqlite3",
        schema_version=3,
        journal_mode="wal",
        warnings=(),
        has_connections=True,
        backups=FRESH,
        check=StoreCheck(before(hours=3)),
        latest_at=before(seconds=4),
        daemons=(daemon(),),
        payments={},
        problems=None,
        scheduled=(),
        locked=(),
        locks=(),
        running=(),
        on_one_file=(),
        recipients=(),
    )
    return replace(usual, **changes)


def daemon(
    *, beat: datetime | None = None, stopped: datetime | None = None, **facts: Any
) -> Daemon:
    usual = DaemonFacts(
        instance="a1",
        host="books",
        pid=4711,
        version="0.1.0",
        listening=("http://127.0.0.1:8085",),
        public_url=URL,
        certificate_expires_at=None,
        started_at=before(days=3),
    )
    return Daemon(replace(usual, **facts), beat or before(seconds=4), stopped)


def connection(name: str = "Larkspur", **changes: Any) -> Connection:
    usual = Connection(
        id=1,
        name=name,
        layout=Layout.TWO,
        company_file="",
        jobs=JobMode.ROLL_UP,
        start_date=None,
        run_every_minutes=30,
        minimum_interval_seconds=0,
        debug=False,
        created_at=before(days=90),
        binding=None,
    )
    return replace(usual, **changes)


def named(checks: Iterator[Check] | list[Check], name: str) -> Check:
    """The one check of that name."""
    [found] = [check for check in checks if check.name == name]
    return found


def states(checks: Iterator[Check] | list[Check]) -> dict[str, str]:
    return {check.name: check.state.value for check in checks}


# Settings


def test_settings_say_which_file_they_were_read_from(tmp_path):
    [check] = of_settings(settings(tmp_path))
    assert check == Check("settings", State.OK, f"Read from {tmp_path}/deskbridge.toml.")
    bare = replace(settings(tmp_path), config_path=None)
    assert [check.state for check in of_settings(bare)] == ["ok"]


def test_a_variable_that_is_no_setting_is_told(tmp_path):
    odd = replace(settings(tmp_path), unused_environment=("DESKBRIDGE_FLAVOUR",))
    assert [check.state for check in of_settings(odd)] == ["ok", "warn"]
    assert "DESKBRIDGE_FLAVOUR" in list(of_settings(odd))[1].told


def test_each_setting_that_is_refused_fails_with_its_place_and_without_its_secret():
    environ = {"DESKBRIDGE_DATABASE": "mysql://anna:s3cret@host/db", "DESKBRIDGE_KEEP_DAYS": "0"}
    with pytest.raises(SettingsRefused) as refused:
        load_settings(None, environ | {"STATE_DIRECTORY": "/nowhere"})
    first, second = of_refused_settings(refused.value)
    assert (first.state, second.state) == ("fail", "fail")
    assert first.told.startswith("database (DESKBRIDGE_DATABASE)")
    assert "s3cret" not in f"{first.told}{first.remedy}"
    assert second.told == 'keep_days (DESKBRIDGE_KEEP_DAYS) is "0": it is out of range.'
    assert second.remedy == "Write a whole number from 1 to 36500."


# The store


def test_a_store_in_order_tells_engine_version_size_and_journal():
    checks = list(of_store(held(), NOW))
    assert set(states(checks).values()) == {"ok"}
    assert "SQLite 3.51.3 at sqlite:////var" in named(checks, "store").told
    assert "4.2 MB" in named(checks, "store").told
    assert "wal" in named(checks, "journal").told
    assert "1 day ago" in named(checks, "backup").told


def test_a_sqlite_without_the_fix_of_its_journal_is_a_warning_with_its_remedy():
    old = held(
        journal_mode="truncate", warnings=("SQLite 3.45.1 can damage a file. Install pysqlite3.",)
    )
    assert named(of_store(old, NOW), "journal") == Check(
        "journal", State.WARN, "SQLite 3.45.1 can damage a file.", "Install pysqlite3."
    )


@pytest.mark.parametrize(
    ("check", "state", "told"),
    [
        (StoreCheck(), "ok", "Not looked for yet"),
        (StoreCheck(before(hours=3)), "ok", "read all of the store 3 hours ago"),
        (StoreCheck(before(hours=3), "Page 7 is lost"), "fail", "Page 7 is lost"),
    ],
)
def test_damage_that_the_daemon_found_fails(check, state, told):
    found = named(of_store(held(check=check), NOW), "damage")
    assert (found.state, told in found.told) == (state, True)
    assert ("db restore" in found.remedy) is (state == "fail")


def test_the_warning_of_a_real_store_falls_into_what_is_wrong_and_what_to_do(tmp_path):
    engine = SqliteEngine(str(tmp_path / "store"), version=(3, 45, 1))
    check = named(of_store(held(warnings=engine.warnings), NOW), "journal")
    assert check.told.endswith("rollback journal is used.")
    assert check.remedy.startswith("Install pysqlite3")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"backups": Backups(before(days=7), NOW)}, "ok"),
        ({"backups": Backups(before(days=7), before(seconds=1))}, "warn"),
        ({"backups": Backups()}, "warn"),
        ({"backups": replace(FRESH, failed_at=NOW, failure="The disk is full.")}, "warn"),
        ({"backups": Backups(), "has_connections": False}, "ok"),
        ({"backups": Backups(), "facts": StoreFacts("postgresql", "17.2", 1)}, "ok"),
    ],
)
def test_a_backup_is_missed_where_there_is_something_to_lose(changes, state):
    assert named(of_store(held(**changes), NOW), "backup").state == state


def test_the_clocks_of_machine_and_database_server_are_compared():
    server = held(facts=StoreFacts("postgresql", "17.2", 1))
    assert "journal" not in states(of_store(server, NOW))
    for apart, state in ((5, "ok"), (6, "warn"), (300, "warn"), (301, "fail")):
        for direction in (-1, 1):
            machine_now = NOW + timedelta(seconds=apart * direction)
            assert named(of_store(server, machine_now), "clock").state == state


def test_a_store_that_was_stamped_by_a_future_clock_fails():
    ahead = held(latest_at=NOW + timedelta(hours=3))
    check = named(of_store(ahead, NOW), "clock")
    assert (check.state, "3 hours ahead" in check.told) == ("fail", True)
    assert named(of_store(held(latest_at=None), NOW), "clock").state == "ok"


def test_a_store_that_cannot_be_used_says_why_under_what_it_is_about():
    locked = of_unusable_store(StoreError("The store is locked.", "Close the other program."))
    assert locked == Check("store", State.FAIL, "The store is locked.", "Close the other program.")
    old = of_unusable_store(StoreOutdated("It is of version 1.", "Run: deskbridge db upgrade"))
    assert (old.name, old.remedy) == ("schema", "Run: deskbridge db upgrade")
    assert of_unusable_store(StoreError("It is odd.")).remedy


def test_what_is_checked_is_read_from_a_real_store(store):
    with store.transaction():
        now = store.now()
        made = connections.add("Larkspur", run_every_minutes=30, now=now)
        unscheduled = connections.add("Quarry", now=now)
        for one in connections.applications(made.id) + connections.applications(unscheduled.id):
            if one.kind is ApplicationKind.INVOICE:
                applications.set_password([one.id], "hash")
        invoice_sync = connections.applications(made.id)[0]
        applications.seen(invoice_sync.id, "authenticate", now - timedelta(days=1))
        applications.login_failed(invoice_sync.id, locked_until=now + timedelta(minutes=5))
        over = connections.applications(unscheduled.id)[0]
        applications.login_failed(over.id, locked_until=now - timedelta(seconds=1))
        silent = syncs.start(made.id, "invoice", now - timedelta(hours=9))
        sessions.open_session(
            application=invoice_sync,
            connection=made,
            sync_id=silent.id,
            ticket_hash="1",
            phase="ready",
            plan="",
            lease_expires_at=now,
            now=now - timedelta(hours=8),
            peer="",
        )
        ended = syncs.start(made.id, "invoice", now)
        syncs.save(ended.id, state=SyncState.FINISHED, ended_at=now)
        problems.report(made.id, None, [trouble()], now - timedelta(days=2))
        backups.made(BackupKind.BY_HAND, Path("/b"), now - timedelta(days=3), timedelta(days=1))
        audit.add("anna", "qwc", "Larkspur", "", now - timedelta(days=1))
        daemons.beat(daemon().facts, now)
    found = read(store)
    assert found.now - now < timedelta(minutes=1)
    assert found.facts.engine == store.engine
    assert found.facts.version[0].isdigit()
    assert found.facts.size_bytes > 100_000
    assert (found.schema_version, found.url_shown) == (store.schema_version, store.url_shown)
    assert found.has_connections
    assert found.backups.made_at == now - timedelta(days=3)
    assert found.latest_at == now
    assert [one.facts.instance for one in found.daemons] == ["a1"]
    assert found.problems == Queue(1, now - timedelta(days=2))
    assert found.payments == {}
    assert [(c.name, a.kind) for c, a in found.scheduled] == [("Larkspur", "invoice")]
    assert [(c.name, a.kind) for c, a in found.locked] == [("Larkspur", "invoice")]
    assert found.running == (
        RunningSync(silent.id, "Larkspur", "invoice", now - timedelta(hours=8)),
    )


def test_an_empty_store_is_read_as_well(store):
    found = read(store)
    assert (found.latest_at, found.backups, found.problems) == (None, Backups(), None)
    assert not found.has_connections
    assert (found.daemons, found.scheduled, found.locked, found.running) == ((), (), (), ())


# The files of the store


@pytest.fixture
def private_store(tmp_path) -> Path:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"x" * 4096)
    path.chmod(0o600)
    return path


def test_a_private_store_with_room_is_in_order(tmp_path, private_store):
    checks = list(of_files(settings(tmp_path), FakeMachine()))
    assert states(checks) == {"disk": "ok", "permissions": "ok"}
    assert "80.0 GB" in named(checks, "disk").told


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [(1 << 30, "ok"), ((1 << 30) - 1, "warn"), (100 << 20, "warn"), ((100 << 20) - 1, "fail")],
)
def test_a_full_disk_is_told_in_time(tmp_path, private_store, free_bytes, state):
    checks = of_files(settings(tmp_path), FakeMachine(free_bytes=free_bytes))
    assert named(checks, "disk").state == state


def test_a_store_that_others_may_read_is_a_warning(tmp_path, private_store):
    private_store.chmod(0o640)
    check = named(of_files(settings(tmp_path), FakeMachine()), "permissions")
    assert (check.state, check.remedy) == ("warn", f"Run: chmod 600 {private_store}")


def test_a_user_who_may_not_write_is_sent_to_the_owner(tmp_path, private_store):
    check = named(of_files(settings(tmp_path), FakeMachine(may_write=False)), "permissions")
    assert check.state == "fail"
    assert "sudo -u" in check.remedy


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@needs_root
def test_root_is_told_that_the_store_is_another_users(tmp_path, private_store):
    os.chown(private_store, 65534, -1)
    check = named(of_files(settings(tmp_path), FakeMachine()), "permissions")
    assert (check.state, "belongs to nobody" in check.told) == ("warn", True)
    assert states(of_files(settings(tmp_path), FakeMachine(user_id=65534)))["permissions"] == "ok"


@needs_root
def test_a_journal_of_another_user_fails(tmp_path, private_store):
    side = private_store.with_name("store.sqlite3-wal")
    side.touch(0o600)
    assert states(of_files(settings(tmp_path), FakeMachine()))["permissions"] == "ok"
    os.chown(side, 65534, -1)
    check = named(of_files(settings(tmp_path), FakeMachine()), "permissions")
    assert (check.state, "chown root" in check.remedy) == ("fail", True)


def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path, monkeypatch):
    def denied(self: Path, **options: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    given = settings(tmp_path)
    monkeypatch.setattr(Path, "exists", denied)
    [check] = of_files(given, FakeMachine())
    assert (check.name, check.state) == ("permissions", "fail")
    assert "Permission denied" in check.told


def test_a_settings_file_that_tells_everybody_the_password_is_a_warning(tmp_path):
    secret = settings(tmp_path, database="postgresql://anna:s3cret@db/desk")
    assert list(of_files(secret, FakeMachine())) == []
    (tmp_path / "deskbridge.toml").chmod(0o644)
    [check] = of_files(secret, FakeMachine())
    assert (check.name, check.state) == ("permissions", "warn")
    assert "s3cret" not in check.told
    open_to_all = replace(secret, database="postgresql://anna@db/desk")
    assert list(of_files(open_to_all, FakeMachine())) == []


# The daemon


def of_daemon(tmp_path: Path, *known: Daemon, **options: str) -> list[Check]:
    given = settings(tmp_path, **options)
    return list(of_daemons(held(daemons=known), given, "0.1.0"))


def test_a_daemon_that_runs_tells_version_addresses_and_its_last_sign_of_life(tmp_path):
    checks = of_daemon(tmp_path, daemon())
    assert states(checks) == {"daemon": "ok", "daemon-version": "ok", "listening": "ok"}
    assert "up for 3 days; it last reported 4 seconds ago" in checks[0].told
    assert "http://127.0.0.1:8085" in named(checks, "listening").told


def test_a_daemon_that_has_another_file_open_is_told_at_once(tmp_path):
    """Its signs of life came along with the file that took the place of the store."""
    path = tmp_path / "store.sqlite3"
    path.touch()
    child, parent = os.pipe()
    with path.open():
        number = os.fork()
        if number == 0:
            os.read(child, 1)
            os._exit(0)
    here = daemon(host=socket.gethostname(), pid=number)

    def told() -> list[str]:
        found = of_open_file(held(daemons=(here,)), path, ThisMachine())
        return [check.state for check in found]

    try:
        with pytest.MonkeyPatch.context() as patched:
            assert told() == [], "it is none of ours"
            patched.setattr(open_files, "_name", lambda _: "deskbridge daemon")
            assert told() == []
            (tmp_path / "new").touch()
            (tmp_path / "new").rename(path)
            assert told() == ["fail"]
    finally:
        os.write(parent, b".")
        os.waitpid(number, 0)
    assert told() == [], "it is gone"


def test_each_of_several_daemons_is_told(tmp_path):
    checks = of_daemon(tmp_path, daemon(), daemon(instance="b2", host="spare"))
    assert [check.told.split()[3] for check in checks if check.name == "daemon"] == [
        "books",
        "spare",
    ]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([], "none has ever run"),
        ([daemon(stopped=before(hours=2), beat=before(hours=2))], "stopped 2 hours ago"),
        ([daemon(beat=before(minutes=5))], "last reported 5 minutes ago and did not say"),
    ],
)
def test_without_a_daemon_the_check_fails_and_tells_of_the_last_one(tmp_path, known, words):
    [check] = of_daemon(tmp_path, *known)
    assert (check.name, check.state) == ("daemon", "fail")
    assert words in check.told
    assert "systemctl restart" in check.remedy


def test_a_daemon_of_another_version_waits_for_its_restart(tmp_path):
    check = named(of_daemon(tmp_path, daemon(version="0.0.9")), "daemon-version")
    assert (check.state, "0.0.9" in check.told, "restart" in check.remedy) == ("warn", True, True)


def test_a_daemon_that_listens_nowhere_is_a_warning(tmp_path):
    assert named(of_daemon(tmp_path, daemon(listening=())), "listening").state == "warn"


def test_a_daemon_with_another_address_reads_other_settings(tmp_path):
    checks = of_daemon(tmp_path, daemon(), public_url="https://other.example.com")
    assert named(checks, "daemon-settings").state == "warn"


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=14), "ok"),
        (timedelta(days=14, seconds=-1), "warn"),
        (timedelta(seconds=1), "warn"),
        (timedelta(0), "fail"),
        (timedelta(days=-2), "fail"),
    ],
)
def test_the_certificate_that_a_daemon_serves_runs_out(tmp_path, left, state):
    checks = of_daemon(tmp_path, daemon(certificate_expires_at=NOW + left))
    assert named(checks, "daemon-certificate").state == state


# The public address


def address(tmp_path: Path, network: FakeNetwork | None = None, **values: str) -> list[Check]:
    return list(of_address(settings(tmp_path, **values), network, NOW))


def test_an_address_in_order_is_followed_to_our_own_page(tmp_path):
    network = FakeNetwork()
    checks = address(tmp_path, network)
    assert states(checks) == dict.fromkeys(
        ("address", "dns", "connect", "certificate", "answer"), "ok"
    )
    assert network.asked == [
        "look_up books.example.com",
        "connect books.example.com:443",
        "certificate books.example.com:443",
        f"get {URL}/qbwc",
    ]


def test_a_port_and_a_path_in_the_address_count(tmp_path):
    network = FakeNetwork()
    address(tmp_path, network, public_url=f"{URL}:8443/desk/")
    assert "connect books.example.com:8443" in network.asked
    assert f"get {URL}:8443/desk/qbwc" in network.asked


def test_without_a_network_only_the_address_itself_is_checked(tmp_path):
    assert states(address(tmp_path)) == {"address": "ok"}


def test_localhost_may_be_plain_http_and_is_a_warning(tmp_path):
    network = FakeNetwork()
    checks = address(tmp_path, network, public_url="http://localhost:8085")
    assert states(checks) == {"address": "warn", "dns": "ok", "connect": "ok", "answer": "ok"}
    assert "connect localhost:8085" in network.asked


@pytest.mark.parametrize(
    "url", ["http://books.example.com", "https://203.0.113.9", "https://127.0.0.1:8443"]
)
def test_an_address_that_the_web_connector_would_refuse_fails_and_is_not_called(tmp_path, url):
    network = FakeNetwork()
    [check] = address(tmp_path, network, public_url=url)
    assert (check.name, check.state, "Set public_url" in check.remedy) == ("address", "fail", True)
    assert network.asked == []


def test_a_support_page_elsewhere_fails_too(tmp_path):
    [check] = address(tmp_path, support_url="https://help.example.org/")
    assert (check.state, "support_url" in check.remedy) == ("fail", True)


@pytest.mark.parametrize(
    ("step", "error", "name", "words"),
    [
        ("look_up", OSError(-2, "Name or service not known"), "dns", "Name or service not known"),
        ("connect", ConnectionRefusedError(111, "Connection refused"), "connect", "refused"),
        ("connect", TimeoutError("nothing came within 8 seconds"), "connect", "8 seconds"),
        ("certificate", ssl.SSLError(1, "wrong version number"), "certificate", "not speak TLS"),
        ("get", ConnectionError("what came back is not HTTP"), "answer", "not HTTP"),
    ],
)
def test_the_first_step_that_does_not_work_is_told_and_is_the_last(
    tmp_path, step, error, name, words
):
    checks = address(tmp_path, FakeNetwork(**{step: error}))
    assert [check.name for check in checks if check.state == "fail"] == [name]
    assert checks[-1].name == name
    assert words in checks[-1].told
    assert checks[-1].remedy


@pytest.mark.parametrize(
    ("code", "said", "remedy"),
    [
        (10, "certificate has expired", "Renew"),
        (62, "Hostname mismatch, certificate is not valid for 'books.example.com'.", "names"),
        (18, "self-signed certificate", "Windows trusts"),
        (20, "unable to get local issuer certificate", "full chain"),
        (99, "something new", "Windows trusts"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_in_openssls_words(tmp_path, code, said, remedy):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, said
    check = address(tmp_path, FakeNetwork(certificate=error))[-1]
    assert (check.name, check.state) == ("certificate", "fail")
    assert said.rstrip(".") in check.told
    assert remedy in check.remedy


def test_a_certificate_that_ends_soon_is_a_warning_and_the_answer_is_looked_at(tmp_path):
    checks = address(tmp_path, FakeNetwork(certificate=NOW + timedelta(days=3)))
    assert (states(checks)["certificate"], states(checks)["answer"]) == ("warn", "ok")


@pytest.mark.parametrize(
    ("page", "told", "remedy"),
    [
        (
            Page(200, "", b"<h1>Welcome to nginx!</h1>"),
            "does not come from Deskbridge",
            "pass requests on",
        ),
        (
            Page(301, "https://www.example.com/", b""),
            "https://www.example.com/",
            "does not follow redirects",
        ),
        (Page(502, "", b"Bad Gateway"), "status 502", "cannot reach it"),
        (Page(404, "", b""), "status 404", "Pass all paths"),
    ],
)
def test_an_answer_that_is_not_ours_fails(tmp_path, page, told, remedy):
    check = address(tmp_path, FakeNetwork(get=page))[-1]
    assert (check.name, check.state) == ("answer", "fail")
    assert told in check.told
    assert remedy in check.remedy


# What waits


def test_a_store_in_which_nothing_waits_is_in_order():
    assert states(of_queues(held())) == dict.fromkeys(
        ("payments", "problems", "auto-run", "sign-in", "syncs"), "ok"
    )


@pytest.mark.parametrize(
    ("status", "age", "state"),
    [
        (PaymentStatus.UNKNOWN, timedelta(hours=1), "ok"),
        (PaymentStatus.UNKNOWN, timedelta(hours=1, seconds=1), "warn"),
        (PaymentStatus.UNKNOWN, timedelta(days=1, seconds=1), "fail"),
        (PaymentStatus.READY, timedelta(days=1), "ok"),
        (PaymentStatus.READY, timedelta(days=1, seconds=1), "warn"),
        (PaymentStatus.WAITING, timedelta(days=7), "ok"),
        (PaymentStatus.WAITING, timedelta(days=7, seconds=1), "warn"),
        (PaymentStatus.PARKED, timedelta(seconds=1), "warn"),
    ],
)
def test_payments_that_wait_too_long_are_told(status, age, state):
    waiting = held(payments={status: Queue(3, NOW - age)})
    check = named(of_queues(waiting), "payments")
    assert check.state == state
    assert "3" in check.told


def test_each_queue_of_payments_that_is_too_old_is_told():
    waiting = held(
        payments={
            PaymentStatus.UNKNOWN: Queue(1, before(days=2)),
            PaymentStatus.READY: Queue(2, before(days=2)),
        }
    )
    told = [check.told for check in of_queues(waiting) if check.name == "payments"]
    assert told == [
        "1 payment with an unknown outcome, the oldest for 2 days.",
        "2 payments ready, the oldest for 2 days.",
    ]


def test_open_problems_are_a_warning():
    check = named(of_queues(held(problems=Queue(12, before(days=4)))), "problems")
    assert (check.state, check.told) == ("warn", "12 problems open, the oldest for 4 days.")


def scheduled(*ages: timedelta | None) -> tuple[tuple[Connection, Application], ...]:
    return tuple(
        (connection(f"C{number}"), application(last_seen_at=None if age is None else NOW - age))
        for number, age in enumerate(ages)
    )


def test_auto_run_is_late_when_two_runs_were_missed():
    assert not is_late(before(minutes=60), 30, NOW)
    assert is_late(before(minutes=60, seconds=1), 30, NOW)
    assert not is_late(before(minutes=15), 1, NOW)
    assert is_late(before(minutes=15, seconds=1), 1, NOW)
    assert not is_late(before(days=9), 0, NOW)
    assert not is_late(None, 30, NOW)


def test_applications_that_stopped_calling_are_named_but_not_hundreds_of_them():
    late = held(scheduled=scheduled(timedelta(minutes=5), None, timedelta(days=2)))
    check = named(of_queues(late), "auto-run")
    assert (check.state, check.told) == (
        "warn",
        "No call from Invoice Sync of C2 (for 2 days).",
    )
    many = held(scheduled=scheduled(*[timedelta(days=2)] * 200))
    assert named(of_queues(many), "auto-run").told.endswith(" and 195 more.")


def test_a_locked_sign_in_is_told_with_its_end_and_what_ends_it_sooner():
    until = NOW + timedelta(minutes=5)
    held_out = (connection("Larkspur"), application(locked_until=until))
    check = named(of_queues(held(locked=(held_out,))), "sign-in")
    assert check.state == "warn"
    assert f"Invoice Sync of Larkspur (until {dates.time_of(until)})" in check.told
    assert "deskbridge password unlock NAME" in check.remedy


def test_a_sync_without_a_call_for_hours_hangs():
    fresh = RunningSync(41, "Quarry", "invoice", before(hours=2))
    stuck = RunningSync(42, "Larkspur", "invoice", before(hours=3))
    assert named(of_queues(held(running=(fresh,))), "syncs").state == "ok"
    check = named(of_queues(held(running=(fresh, stuck))), "syncs")
    assert (check.state, check.told) == (
        "warn",
        "No call for sync 42 of Larkspur (for 3 hours).",
    )


# All together


def test_everything_is_examined_and_the_network_comes_last(store, tmp_path):
    given = replace(settings(tmp_path), database="postgresql://anna:s3cret@db/desk")
    checks = list(examine(given, store, FakeMachine(), FakeNetwork()))
    names = [check.name for check in checks]
    assert names[0] == "settings"
    assert names[-4:] == ["dns", "connect", "certificate", "answer"]
    assert {"store", "schema", "backup", "clock", "daemon", "payments", "problems"} <= set(names)
    assert "s3cret" not in str(checks)
    assert all(check.remedy for check in checks if check.state != "ok")
    assert not any(check.remedy for check in checks if check.state == "ok")


def test_a_store_that_cannot_be_opened_leaves_the_other_checks(tmp_path, private_store):
    closed = StoreError("The store is locked.", "Close the other program.")
    checks = list(examine(settings(tmp_path), closed, FakeMachine(), None))
    assert states(checks) == {"store": "fail"} | dict.fromkeys(
        ("settings", "disk", "permissions", "address"), "ok"
    )


def test_a_store_that_fails_while_it_is_read_is_told(tmp_path):
    given = settings(tmp_path)
    with open_store(given.database) as store:
        with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3")) as raw:
            raw.execute("DROP TABLE daemon")
        checks = list(examine(given, store, FakeMachine(), None))
    check = named(checks, "store")
    assert (check.state, "store.sqlite3" in check.told) == ("fail", True)
    assert "daemon" not in states(checks)


def test_figures_are_worded_in_their_largest_unit():
    assert [span(timedelta(seconds=seconds)) for seconds in (-5, 0, 1, 119, 7200, 90_000)] == [
        *("0 seconds", "0 seconds", "1 second", "1 minute", "2 hours", "1 day"),
    ]
    assert [size(one) for one in (1, 1023, 1 << 10, 5 << 20, 3 << 30)] == [
        *("1 byte", "1,023 bytes", "1.0 kB", "5.0 MB", "3.0 GB"),
    ]


# Company files


def test_each_company_file_has_one_connection():
    assert named(of_companies(held()), "company files").state == "ok"
    assert list(of_companies(held(has_connections=False))) == []


def test_connections_on_one_company_file_fail_with_their_names():
    [check] = of_companies(held(on_one_file=(("Larkspur", "Aster"),)))
    assert check.state == "fail"
    assert "Larkspur and Aster" in check.told
    assert "connection remove" in check.remedy
    assert "--rebind" in check.remedy


def a_binding(**changes: Any) -> CompanyBinding:
    return CompanyBinding(
        *("Harbor & Vale Supply", "QuickBooks Pro 2024", "34", "0", "US", "13.0", "USD", False),
        **changes,
    )


def test_connections_on_one_company_file_are_read_from_a_real_store(store):
    with store.transaction():
        now = store.now()
        for name, key in (("Larkspur", "A"), ("Aster", "A"), ("Bramble", "B"), ("Quarry", "")):
            made = connections.add(name, now=now)
            connections.bind(made.id, a_binding(bound_at=now, company_key=key))
            now += timedelta(minutes=1)
    assert read(store).on_one_file == (("Larkspur", "Aster"),)


# Alerts


def told_of_alerts(folder: Path, *reasons: str, **values: str) -> list[tuple[State, str]]:
    recipients = tuple((recipient(id=n), why) for n, why in enumerate(reasons, 1))
    checks = of_alerts(held(recipients=recipients), settings(folder, **values))
    return [(check.state, check.told) for check in checks]


def test_recipients_of_alerts_that_cannot_be_told_are_a_warning(tmp_path):
    assert told_of_alerts(tmp_path) == []
    server = {"mail_server": "smtp://localhost"}
    [(state, _)] = told_of_alerts(tmp_path, "", "", **server)
    assert state is State.OK
    [(state, told)] = told_of_alerts(tmp_path, "", "It hangs.", **server)
    assert state is State.WARN
    assert "Recipient 2" in told
    assert "It hangs." in told
    [(state, told)] = told_of_alerts(tmp_path, "")
    assert state is State.WARN
    assert "mail server" in told
