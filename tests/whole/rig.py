"""The whole daemon in memory: store, handlers, edge and site, with a company and a Web Connector.

Nothing sleeps and no socket opens: slow work runs in place, bytes go straight into the site,
and the clock moves only when told. ``restart`` is a kill -9 between two calls: all that was
in memory is gone, the store is opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from daemon.callbacks import WebConnectorCallbacks
from daemon.callers import Callers
from daemon.clock_watch import ClockWatch, Machine
from daemon.edge.resource import make_site
from daemon.service import edge_limits
from daemon.session.admission import Admission
from daemon.session.handlers import CallbackHandlers
from daemon.session.record import SessionRecord
from shared import passwords, qwc
from shared.models import applications, connections, installation, problems, syncs
from shared.models import tables as t
from shared.models.ledger import customer_pages, invoice_pages
from shared.models.statements import Statement, slot
from shared.models.store import Store, open_store
from shared.rules.ledger import InvoiceSides
from shared.rules.values import (
    ApplicationKind,
    Connection,
    InvoiceStatus,
    JobMode,
    Layout,
    Problem,
    Record,
    Sync,
)
from shared.settings import load_settings
from simulator.company import Company
from simulator.webconnector import Level, Log, Outcome, WebConnector, WebService
from simulator.webconnector.desktop import Desktop
from simulator.webconnector.registry import Row
from tests.edge.builders import Connection as Wire

_MACHINE_STARTED = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "typed-by-the-bookkeeper"
XSD = Path(__file__).parents[3] / "shared" / "qbxml-schema" / "qbxmlops130.xsd"


@cache
def _new_store() -> bytes:
    """A new store, made once: a copy costs a tenth of making another one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite3"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


class InPlace:
    """The daemon's threads without threads."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def store(self, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return maybeDeferred(self.store_from_work, thd, *args, **kwargs)

    def store_alone(self, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return self.store(thd, *args, **kwargs)

    def store_from_work(self, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._rig.store.transaction():
            return thd(*args, **kwargs)

    def begin_from_work(
        self, thd: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Callable[[], Any]:
        done = self.store_from_work(thd, *args, **kwargs)
        return lambda: done

    def work(self, slow: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return maybeDeferred(slow, *args, **kwargs)

    verify = work


@dataclass
class Rig:
    """A daemon on a store, a company, and what went over the wire."""

    store_url: str
    company: Company
    settings: dict[str, str] = field(default_factory=dict)
    now: datetime = field(init=False)
    peer: str = "127.0.0.1"
    forwarded: str = ""
    """For whom a proxy says that it speaks."""
    requests: list[str] = field(default_factory=list)
    """Every qbXML request that left."""
    alter: Callable[[str], str] | None = None
    """What happens to each answer of QuickBooks on its way."""
    alter_with_request: Callable[[str, str], str] | None = None
    before_opening: Callable[[], None] | None = None
    """What happens before QuickBooks opens the company; it may fail there."""
    alter_introduction: Callable[[str], str] | None = None
    """What happens to what QuickBooks says of itself at the begin of a session."""
    boot: str = "first"
    """Which start of its machine the daemon lives in."""
    clock_was_set: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.store: Store
        path = Path(self.store_url.removeprefix("sqlite:///"))
        if self.store_url.startswith("sqlite:") and not path.exists():
            path.write_bytes(_new_store())
        # The daemon and QuickBooks' PC live at the same time, as they do in life.
        self.now = datetime.fromtimestamp(self.company.books.now, UTC)
        self._start()

    def _start(self) -> None:
        environ = {"DESKBRIDGE_DATABASE": self.store_url, "DESKBRIDGE_PUBLIC_URL": URL}
        # Most stories are about what one sync finds, so each one compares everything.
        settings = {"sweep_minutes": "0", **self.settings}
        environ |= {f"DESKBRIDGE_{key.upper()}": value for key, value in settings.items()}
        loaded = load_settings(None, environ)
        self.store = open_store(self.store_url, clock=lambda: self.now)
        record = SessionRecord(loaded)
        self.watch = ClockWatch(self.store.now, Machine(self.boot, self._uptime))
        callers = Callers()
        admission = Admission(loaded, record, self.watch.now, self.now, callers)
        self.handlers = CallbackHandlers(loaded, record, self.watch.now, callers)
        limits = edge_limits(loaded)
        callbacks = WebConnectorCallbacks(
            admission, self.handlers, self.threads(), loaded, callers, limits.proxies
        )
        self.site = make_site(callbacks, limits, public_url=loaded.public_url, reactor=Clock())
        self.site.doStart()

    def threads(self) -> Any:
        """What the daemon does its work on; a rehearsal kills it there."""
        return InPlace(self)

    def on_request(self, request: str, file_id: str) -> None:
        """A request is about to be given to QuickBooks."""
        self.requests.append(request)

    def close(self) -> None:
        self.store.close()

    def restart(self) -> None:
        """Kill the daemon and start it again on the same store."""
        self.store.close()
        self._start()

    def _uptime(self) -> timedelta:
        return self.now - self.clock_was_set - _MACHINE_STARTED

    def clock_is_set(self, by: timedelta) -> None:
        """Somebody sets the clock of the daemon's machine; no time passes."""
        self.now += by
        self.clock_was_set += by

    def later(self, **delay: float) -> None:
        """Let time pass, for the daemon and for QuickBooks."""
        passed = timedelta(**delay)
        self.now += passed
        self.company.books.now += int(passed.total_seconds())

    # The Web Connector's side

    def transport(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, dict[str, str], bytes]:
        """One HTTP exchange with the daemon, in memory."""
        wire = self._wire()
        path = urlsplit(url).path
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name != "Expect"]
        if self.forwarded:
            lines.append(f"X-Forwarded-For: {self.forwarded}")
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        wire.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        answer = wire.answer("POST" if body is not None else "GET")
        wire.hang_up()
        self.now += timedelta(milliseconds=20)
        return answer.status, answer.headers, answer.body

    def _wire(self) -> Wire:
        channel: Any = self.site.buildProtocol(IPv4Address("TCP", self.peer, 40000))
        transport = StringTransport(peerAddress=IPv4Address("TCP", self.peer, 40000))
        channel.makeConnection(transport)
        return Wire(channel, transport, Clock())

    def add_connection(self, name: str = "Larkspur", **options: Any) -> Connection:
        """A connection whose applications all have the same password."""
        plain: dict[str, Any] = {"layout": Layout.TWO, "jobs": JobMode.ROLL_UP}
        with self.store.transaction():
            made = connections.add(name, now=self.now, **(plain | options))
            self._set_password(made.id, PASSWORD)
        return made

    def name_installation(self, token: str) -> None:
        """Give the store this name in place of its random one."""
        with self.store.transaction():
            _NAME_INSTALLATION.run(token=token)

    def _set_password(self, connection_id: int, password: str) -> None:
        ids = [one.id for one in connections.applications(connection_id)]
        proof = passwords.proof_of(password, installation.secret())
        applications.set_password(ids, hash_of(password), proof)

    def rotate(self, name: str, password: str) -> None:
        with self.store.transaction():
            self._set_password(connections.get(name).id, password)

    def qwc(self, name: str = "Larkspur", kind: ApplicationKind = ApplicationKind.INVOICE) -> bytes:
        with self.store.reading():
            connection = connections.get(name)
            application = next(
                one for one in connections.applications(connection.id) if one.kind is kind
            )
        return qwc.build_qwc(
            application,
            connection_name=connection.name,
            public_url=URL,
            support_url=f"{URL}/support",
            run_every_minutes=0,
        )

    def web_connector(
        self,
        name: str = "Larkspur",
        *,
        password: str = PASSWORD,
        kind: ApplicationKind = ApplicationKind.INVOICE,
        company: Company | None = None,
        **hooks: Any,
    ) -> tuple[WebConnector, Row]:
        """A Web Connector to which the application's .qwc file was added."""
        hooks.setdefault("transport", self.transport)
        quickbooks = Watched(Desktop(company or self.company), self)
        connector = WebConnector(quickbooks, sleep=self._slept, **hooks)
        return connector, connector.add(self.qwc(name, kind), password)

    def sync(self, name: str = "Larkspur", **options: Any) -> Outcome:
        """One Update Selected of one application."""
        connector, row = self.web_connector(name, **options)
        return connector.update(row)

    def by_hand(
        self,
        name: str = "Larkspur",
        password: str = PASSWORD,
        kind: ApplicationKind = ApplicationKind.INVOICE,
    ) -> ByHand:
        """A client that makes single calls, in whatever order a test likes."""
        _, row = self.web_connector(name, kind=kind)
        return ByHand(self, row, password)

    def _slept(self, seconds: float) -> None:
        self.later(seconds=seconds)

    # What the store shows

    def syncs(self, name: str = "") -> list[Sync]:
        with self.store.reading():
            wanted = connections.get(name).id if name else None
            return syncs.list_syncs(wanted, limit=100)

    def records(self, sync: Sync) -> list[Record]:
        with self.store.reading():
            return syncs.records(sync.id)

    def problems(self, name: str = "Larkspur") -> list[Problem]:
        with self.store.reading():
            return problems.list_problems(connections.get(name).id)

    def invoices(
        self, name: str = "Larkspur", *, include_left_out: bool = False
    ) -> dict[str, InvoiceSides]:
        with self.store.reading():
            wanted = connections.get(name).id
            rows = invoice_pages.invoices(wanted, include_left_out=include_left_out)
            return {row.txn_id: row for row in rows}

    def ledger_facts(self, name: str = "Larkspur") -> set[tuple[str, ...]]:
        """The open imported invoices, to be held against ``company_facts``."""
        return {
            (
                row.txn_id,
                row.number,
                row.customer_list_id,
                row.date.isoformat(),
                f"{row.total:.2f}",
                f"{row.balance:.2f}",
                row.currency,
            )
            for row in self.invoices(name).values()
            if row.status is InvoiceStatus.OPEN
        }

    def billed(self, name: str = "Larkspur") -> set[str]:
        """ListIDs of the customers that imported open invoices are billed to, all held."""
        with self.store.reading():
            connection = connections.get(name)
            held = {row.list_id for row in customer_pages.customers(connection.id, connection.jobs)}
        return held & {facts[2] for facts in self.ledger_facts(name)}

    def is_equal(self, name: str = "Larkspur", company: Company | None = None) -> bool:
        """Whether open invoices, balances and billed customers are the company's exactly."""
        with self.store.reading():
            jobs = connections.get(name).jobs
        theirs = company_facts(company or self.company, jobs)
        return self.ledger_facts(name) == theirs and self.billed(name) == {
            facts[2] for facts in theirs
        }


URL = "http://localhost:8085"
_NAME_INSTALLATION = Statement(lambda: t.Installation.update({t.Installation.token: slot("token")}))


@cache
def hash_of(password: str) -> str:
    return passwords.hash_password(password)


class ByHand:
    """Single calls of one application, with the open company to answer them."""

    def __init__(self, rig: Rig, row: Row, password: str) -> None:
        self.call = WebService(row.qwc.app_url, rig.transport, log=Log(level=Level.NONE))
        self.quickbooks = Watched(Desktop(rig.company), rig).open(row.qwc, "")
        self._row, self._password = row, password
        self.ticket = ""

    def log_in(self) -> list[str]:
        answer = self.call.authenticate(self._row.qwc.username, self._password)
        self.ticket = answer[0]
        return answer

    def ask(self, *, hcp: str | None = None) -> str:
        """sendRequestXML; the first one of a session brings the company's introduction."""
        said = self.quickbooks.host_company_preferences() if hcp is None else hcp
        return self.call.send_request_xml(self.ticket, said, "", "US", (13, 0))

    def tell(self, response: str, hresult: str = "", message: str = "") -> int:
        return self.call.receive_response_xml(self.ticket, response, hresult, message)

    def work(self, request: str) -> str:
        return self.quickbooks.process(request)

    def why(self) -> str:
        return self.call.get_last_error(self.ticket)

    def close(self) -> str:
        return self.call.close_connection(self.ticket)

    def finish(self) -> int:
        """Ask and tell until the end; the last percent."""
        percent = 0
        while 0 <= percent < 100:
            percent = self.tell(self.work(self.ask(hcp="")))
        return percent


def company_facts(company: Company, jobs: JobMode) -> set[tuple[str, ...]]:
    """What a copy of the company's open invoices must show."""
    audit = company.audit()
    assert audit.ok, audit.problems
    return {
        (
            one.txn_id,
            one.number,
            one.top_customer_list_id if jobs is JobMode.ROLL_UP else one.customer_list_id,
            one.date,
            f"{one.total / 100:.2f}",
            f"{one.balance / 100:.2f}",
            one.currency,
        )
        for one in audit.importable
    }


class Watched:
    """QuickBooks on the PC: every request is written down, answers may be altered."""

    def __init__(self, desktop: Desktop, rig: Rig) -> None:
        self._desktop = desktop
        self._rig = rig

    def open(self, application: Any, company_file: str) -> Any:
        if self._rig.before_opening is not None:
            self._rig.before_opening()
        opened: Any = self._desktop.open(application, company_file)
        process, introduce = opened.process, opened.host_company_preferences

        def introduced() -> str:
            said: str = introduce()
            alter = self._rig.alter_introduction
            return said if alter is None else alter(said)

        def watched(request: str) -> str:
            self._rig.on_request(request, application.file_id)
            answer: str = process(request)
            if self._rig.alter is not None:
                answer = self._rig.alter(answer)
            if self._rig.alter_with_request is not None:
                answer = self._rig.alter_with_request(answer, request)
            return answer

        opened.process, opened.host_company_preferences = watched, introduced
        return opened

    def stamped_file_id(self, owner_id: str) -> str:
        return self._desktop.stamped_file_id(owner_id)


def intuits_schema() -> etree.XMLSchema | None:
    """Intuit's own schema, where it lies beside the checkout."""
    return etree.XMLSchema(etree.parse(str(XSD))) if XSD.exists() else None
