"""Secrets that are planted all over a run, and looked for wherever somebody else reads.

A run makes and uses one secret of each kind, some of them wrongly, and lets a bug and a failing
store happen while they are in hand. ``Run.planted`` are the secrets by their names, ``Run.places``
what is read: each place is searched for each secret. To look for one more, plant it in ``Run``; to
look in one more place, add it to ``PLACES``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from twisted.internet.task import Clock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.python.failure import Failure

from daemon.api.answering import Answering
from daemon.api.resource import make_api_site
from daemon.edge.limits import EdgeLimits
from daemon.log_lines import LogLines, as_json
from daemon.outlets.bell import EventBell
from shared import passwords
from shared.errors import StoreError
from shared.models import applications, audit, connections, downloads, events
from shared.models.store import open_store
from shared.rules.values import ApplicationKind
from shared.settings import SECRET_VARIABLES, load_settings
from simulator.webconnector import WebConnector
from simulator.webconnector.desktop import Desktop
from tests.console.cli.builders import Shell
from tests.daemon.in_place import InPlace
from tests.edge.builders import Rig as Edge
from tests.edge.builders import head
from tests.whole.conftest import small_company
from tests.whole.payments.builders import payment, receive
from tests.whole.rig import Rig, Watched

CREDENTIALS = {name: f"planted-{number}-for-{name}" for number, name in enumerate(SECRET_VARIABLES)}
CREDENTIALS |= {"DESKBRIDGE_STORE_KEY": "5e" * 32}
"""What is given beside the settings."""


class Run:
    """A day in the life of a daemon, with every secret that there is."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = folder
        self.planted: dict[str, str] = {}
        self.seen: list[Any] = []
        """Values that held a secret on their way: none may show it in its repr."""
        self.events: list[dict[str, Any]] = []
        self.said: list[str] = []
        """What commands printed that are not there to show a secret."""
        path = folder / "store.sqlite3"
        path.write_bytes(store.read_bytes())
        self.rig = Rig(f"sqlite:///{path}", small_company(customers=4, invoices=6))
        self.rig.add_connection(debug=True)
        self.shell = Shell(folder)
        self.shell.database = self.rig.store_url
        globalLogPublisher.addObserver(self.events.append)
        try:
            self._plant()
        finally:
            globalLogPublisher.removeObserver(self.events.append)

    def plant(self, name: str, secret: str) -> str:
        assert len(secret) > 12, f"{name} is too short to be found for sure"
        self.planted[name] = secret
        return secret

    def _plant(self) -> None:
        self._password()
        self._syncs()
        self._program()
        self._outlets()
        self._link()
        self._address_of_the_database()
        for name, secret in CREDENTIALS.items():
            self.plant(name, secret)
        for words in (("doctor", "--no-network", "--settings"), ("audit", "list")):
            self.said.append(self.shell.run(*words, "--json", **CREDENTIALS).output)
        self.said.append(self.shell.says("events", "list", "--json"))
        self.said.append(self.shell.says("webhook", "list", "--json"))
        self.said.append(self.shell.says("alerts", "list", "--json"))

    def _password(self) -> None:
        """It is rotated once, so that there is one before it as well."""
        for name in ("password before", "password"):
            made = self.shell.json("qwc", "Larkspur", "--out", str(self.folder / name), "--yes")
            self.plant(name, made["password"])
        self.plant("guess", "a-guess-that-is-wrong")

    def _connector(self, password: str, kind: ApplicationKind) -> Any:
        connector = WebConnector(
            Watched(Desktop(self.rig.company), self.rig), transport=self.rig.transport
        )
        row = connector.add(self.rig.qwc("Larkspur", kind), password)
        return connector.update(row)

    def _syncs(self) -> None:
        receive(self.rig, payment("pay_1", "10.00"))
        for name in ("guess", "password before", "password"):
            for kind in (ApplicationKind.INVOICE, ApplicationKind.PAYMENT):
                outcome = self._connector(self.planted[name], kind)
                assert outcome.ok is (name == "password"), outcome.status
        hand = self.rig.by_hand(password=self.planted["password"])
        hand.log_in()
        self.plant("ticket", hand.ticket)
        hand.tell("<broken", "0x80040400", "QuickBooks found an error")
        hand.why()
        hand.close()
        hand.ask()  # of a ticket that is over
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("daemon.callbacks.examine", bug)
            with pytest.raises(Exception, match="reference"):
                self.rig.by_hand(password=self.planted["guess"]).log_in()
            patch.setattr(type(self.rig.store), "now", broken_store)
            self.rig.by_hand(password=self.planted["password"]).log_in()
        with self.rig.store.reading():
            [one, _] = connections.applications(1)
            self.seen.append(applications.application_by_username(one.username))

    def _program(self) -> None:
        """The API, with its token, a wrong one, and one that it would not look up."""
        token = self.shell.json("token", "add", "billing", "--access", "write")["token"]
        self.plant("token", token)
        self.plant("wrong token", "dbt_wrong-but-not-for-anybodys-eyes")
        threads: Any = InPlace(self.rig.store)
        clock = Clock()
        bell = EventBell(clock, threads)
        answering = Answering(self.rig.store, threads, threads, bell)
        api = Edge()
        api.site = make_api_site(answering, EdgeLimits(), reactor=clock, now=self.rig.store.now)
        api.site.doStart()
        for secret in (token, self.planted["wrong token"], f"{token}x" * 100):
            for path in ("/api/v1/connections", "/api/v1/none", "/api/v1/connections?limit=x"):
                bearer = f"Bearer {secret}"
                answer = api.ask(head("GET", path, Authorization=bearer), "GET")
                self.said.append(answer.text)
        self.seen.append(answering)

    def _outlets(self) -> None:
        key = self.plant("key of a URL", "planted-url-key-123")
        url = f"https://hooks.example.com/in?key={key}"
        made = self.shell.json("webhook", "add", "Larkspur", url)
        self.plant("webhook secret", made["secret"])
        key = self.plant("alert key", "planted-alert-key-456")
        added = self.shell.run("alerts", "add", f"https://pager.example.com/?key={key}", "--json")
        assert added.exit_code == 0, added.output

    def _link(self) -> None:
        with self.rig.store.transaction():
            token = downloads.offer(b"<QBWCXML/>", "invoice.qwc", "ada", self.rig.now)
            self.plant("link", token)
        self.seen.append(downloads.Offered("invoice.qwc", b"planted", "ada"))

    def _address_of_the_database(self) -> None:
        """A server that is not there, by an address with a password."""
        secret = self.plant("database password", "planted/database@password")
        url = f"postgresql://anna:{quote(secret, safe='')}@127.0.0.1:1/desk?connect_timeout=1"
        self.plant("database password, written in a URL", quote(secret, safe=""))
        settings = load_settings(None, {"DESKBRIDGE_DATABASE": url})
        self.seen += [settings, settings.shown()]
        try:
            open_store(url)
        except StoreError as error:
            self.seen += [error, error.sentence, error.remedy]
            self.said.append(Failure().getTraceback())
        bare = "postgresql://anna@127.0.0.1:1/desk?connect_timeout=1"
        for words in (("doctor", "--no-network", "--settings"), ("syncs", "list")):
            self.said.append(self.shell.run(*words, DESKBRIDGE_DATABASE=url).output)
            given = {"DESKBRIDGE_DATABASE": bare, **CREDENTIALS}
            self.said.append(self.shell.run(*words, **given).output)

    # Where it may not be.

    @property
    def lines(self) -> str:
        """The log as it is written, as text and as JSON, down to what is for debugging."""
        written: list[str] = []
        for is_json in (False, True):
            write = LogLines(written.append, as_json=is_json, with_priorities=False)
            for event in self.events:
                write({"log_level": LogLevel.info, **event})
        return "".join(written)

    @property
    def store_file(self) -> bytes:
        """Every byte of the store, its journal and its backup."""
        copy = self.folder / "copy.sqlite3"
        if not copy.exists():
            self.shell.says("db", "backup", str(copy))
        return b"".join(one.read_bytes() for one in sorted(self.folder.glob("*.sqlite3*")))

    @property
    def files(self) -> bytes:
        """The files for the Web Connector."""
        return b"".join(one.read_bytes() for one in sorted(self.folder.rglob("*.qwc")))

    @property
    def bundles(self) -> bytes:
        """Everything that a support bundle of any sync holds."""
        held = io.BytesIO()
        for sync in self.rig.syncs():
            target = self.folder / f"bundle-{sync.id}.zip"
            if not target.exists():
                self.shell.says("syncs", "bundle", str(sync.id), "--out", str(target))
            with zipfile.ZipFile(target) as packed:
                for name in packed.namelist():
                    held.write(name.encode() + b"\n" + packed.read(name))
        return held.getvalue()

    @property
    def history(self) -> str:
        """The audit log and the events, as they are kept."""
        with self.rig.store.reading():
            kept = audit.entries()
        return repr(kept) + repr(events.after(self.rig.store, 0, limit=10_000))


def bug(*_arguments: object) -> None:
    raise ZeroDivisionError("a bug of ours")


def broken_store(_store: object) -> None:
    raise StoreError("The store is broken.", "Mend it.")


PLACES: Mapping[str, Callable[[Run], str | bytes]] = {
    "log": lambda run: run.lines,
    "events of the log": lambda run: repr(run.events),
    "JSON of the log": lambda run: "\n".join(map(as_json, run.events)),
    "tracebacks": lambda run: "".join(
        one["log_failure"].getTraceback(detail="verbose")
        for one in run.events
        if "log_failure" in one
    ),
    "reprs": lambda run: repr(run.seen) + "".join(map(str, run.seen)),
    "what commands and the API say": lambda run: "\n".join(run.said),
    "audit log and events": lambda run: run.history,
    "support bundles": lambda run: run.bundles,
    ".qwc files": lambda run: run.files,
    "store, journal and backup": lambda run: run.store_file,
}
KEPT_AS_THEY_ARE = {
    "store, journal and backup": {"key of a URL", "alert key"},
}
"""What has to be sent word for word is kept word for word; everything else by its digest."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, new_store: Path) -> Iterator[Run]:
    """One run, searched by every test."""
    passwords.dummy_verify()
    made = Run(tmp_path_factory.mktemp("planted"), new_store)
    yield made
    made.rig.close()
    made.shell.close()


@pytest.fixture(autouse=True)
def expected_failures(logged_failures: list[Failure]) -> Iterator[None]:
    """The run makes a bug happen."""
    yield
    logged_failures.clear()


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in(run: Run, place: str) -> None:
    held = PLACES[place](run)
    found = held if isinstance(held, bytes) else held.encode("utf-8", "surrogateescape")
    assert len(found) > 100, "there is nothing to search"
    meant = KEPT_AS_THEY_ARE.get(place, set())
    there = {name for name, secret in run.planted.items() if secret.encode() in found}
    assert there == meant


def test_the_run_planted_one_of_each_kind(run: Run) -> None:
    assert set(run.planted) >= {
        *("password", "password before", "guess", "ticket", "token", "wrong token", "link"),
        *("webhook secret", "key of a URL", "alert key", "database password", *CREDENTIALS),
    }
    assert len(set(run.planted.values())) == len(run.planted)


def test_the_log_tells_of_the_bug_and_of_the_refusals(run: Run) -> None:
    assert "ZeroDivisionError" in run.lines
    assert "wrong-password" in run.lines
    assert "A wrong token came from" in run.lines
    assert json.loads(as_json(run.events[-1]))
