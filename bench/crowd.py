"""Many Web Connectors at once: short Invoice Syncs of one invoice, and polls with nothing to do.

Each client has a company of its own. Its first sync is played by the simulator, its second one
recorded; a process of its own (``bench.replay``) then plays the recorded calls over and over, with
the tickets and request IDs that it is given and an invoice that was edited since, so that each
session has something to keep. What it was answered is compared with the store afterward.
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bench.page import Part, at_least, at_most, middle, percentile
from bench.replay import REQUEST_ID, TICKET
from bench.stage import Line, cpu_seconds, daemon, helper, scratch
from shared import passwords, qwc
from shared.clock import utc_now
from shared.models import applications, connections, installation
from shared.models import tables as t
from shared.models.statements import Statement
from shared.models.store import Store, open_store
from shared.rules.values import ApplicationKind
from shared.structs import Value
from simulator.company import Company
from simulator.webconnector import WebConnector
from simulator.webconnector.desktop import Desktop

SECONDS = 6.0
CLIENTS = (8, 32)
_MEASURED = (
    ("sessions of one invoice", ApplicationKind.INVOICE),
    ("idle polls", ApplicationKind.PAYMENT),  # there is nothing to post or read
)
PASSWORD = "typed-by-the-bookkeeper"
_EDIT_SEQUENCE = re.compile(rb"(&lt;InvoiceRet&gt;.*?&lt;EditSequence&gt;)\d+", re.DOTALL)

_EDITS = Statement(lambda: t.Invoice.select(t.Invoice.connection, t.Invoice.edit_sequence))


class CrowdFigures(Value):
    """What so many clients got out of one daemon."""

    what: str
    clients: int
    sessions_a_second: float
    calls_a_session: int
    cpu_ms: float  # a session, of all threads of the daemon
    p50_ms: float
    p99_ms: float
    longest_ms: float
    lost: int


def _measured(what: str, clients: int, kind: ApplicationKind) -> CrowdFigures:
    with scratch() as folder, daemon(folder) as (process, environment):
        with open_store(environment["DESKBRIDGE_DATABASE"]) as store:
            url = environment["DESKBRIDGE_PUBLIC_URL"]
            talks = [talk_of(store, url, number, kind) for number in range(clients)]
        told = {"port": urlsplit(url).port, "seconds": SECONDS, "talks": talks}
        (folder / "talks.json").write_text(json.dumps(told))
        replay = helper("replay", str(folder / "talks.json"))
        assert replay.stdout is not None
        assert replay.stdin is not None
        replay.stdout.readline()  # everybody has had a first session
        before = cpu_seconds(process.pid)
        replay.stdin.write("\n")
        replay.stdin.flush()
        played = json.loads(replay.stdout.readline())
        spent = cpu_seconds(process.pid) - before
        replay.wait()
        lost = _lost(environment["DESKBRIDGE_DATABASE"], played["kept"])
    waits = played["milliseconds"]
    return CrowdFigures(
        what,
        clients,
        played["sessions"] / played["seconds"],
        len(talks[0]),
        1000 * spent / played["sessions"],
        statistics.median(waits),
        percentile(waits, 0.99),
        max(waits),
        played["failed"] + lost,
    )


def talk_of(store: Store, url: str, number: int, kind: ApplicationKind) -> list[list[str]]:
    """The recorded calls of one client: each as operation and body."""
    company = Company.create(
        seed=number, customers=2, invoices=1, lines=5, all_open=True, name=f"Company {number}"
    )
    recorder = _Recorder()
    connector = WebConnector(Desktop(company), transport=recorder)
    row = connector.add(_application(store, url, company.books.profile.name, kind), PASSWORD)
    for _ in range(2):
        recorder.said.clear()
        recorder.edit += 1
        connector.update(row)
    return [[operation, _as_template(body)] for operation, body in recorder.said]


def _application(store: Store, url: str, name: str, kind: ApplicationKind) -> bytes:
    """Add a connection without payments; the .qwc file of one of its applications."""
    with store.transaction():
        made = connections.add(name, payments_in=False, payments_out=False, now=utc_now())
        those = connections.applications(made.id)
        proof = passwords.proof_of(PASSWORD, installation.secret())
        ids = [one.id for one in those]
        applications.set_password(ids, passwords.hash_password(PASSWORD), proof)
    return qwc.build_qwc(
        next(one for one in those if one.kind is kind),
        connection_name=name,
        public_url=url,
        support_url=f"{url}/support",
        run_every_minutes=0,
    )


class _Recorder(Line):
    """A wire that keeps what was said on it; the ticket and the session's number left open."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, bytes]] = []
        self.edit = 1_000_000_000
        self._ticket = self._session = b""

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        if body is not None:  # what is recorded is the sync of an edited invoice
            body = _EDIT_SEQUENCE.sub(rb"\g<1>%d" % self.edit, body)
        answer = super().__call__(url, headers, body)
        if body is not None:
            operation = headers["SOAPAction"].strip('"').rpartition("/")[2]
            self._learn(answer[2])
            self.said.append((operation, self._opened(body)))
        return answer

    def _learn(self, answer: bytes) -> None:
        if ticket := TICKET.search(answer):
            self._ticket = ticket[1]
        if session := REQUEST_ID.search(answer):
            self._session = session[1]

    def _opened(self, body: bytes) -> bytes:
        if self._ticket:
            body = body.replace(self._ticket, b"@TICKET@")
        if self._session:
            body = body.replace(b'requestID="%s-' % self._session, b'requestID="@SESSION@-')
        return body


def _as_template(body: bytes) -> str:
    return _EDIT_SEQUENCE.sub(rb"\g<1>@EDIT@", body).decode()


def _lost(url: str, kept: Iterable[Any]) -> int:
    """How many clients the store has another edit of than they were told is kept."""
    with open_store(url) as store, store.reading():
        held = dict(_EDITS.all())
    return sum(held.get(1 + number) != edit for number, edit in enumerate(kept) if edit)


def part(runs: int) -> Part:
    """Sessions and polls of 8 and of 32 clients."""
    short, idle = (
        [
            middle((_measured(what, clients, kind) for _ in range(runs)), lambda run: run.cpu_ms)
            for clients in CLIENTS
        ]
        for what, kind in _MEASURED
    )
    goals = [at_most("idle poll, CPU", max(one.cpu_ms for one in idle), 0.9, " ms")]
    for one in short:
        what = f"durable sessions of one invoice, {one.clients} clients"
        goals += [
            at_least(what, one.sessions_a_second, 150, "/s"),
            at_most("the same, p99 of a call", one.p99_ms, 80, " ms"),
            at_most("the same, lost", one.lost, 0),
        ]
    return Part("many clients at once", goals, as_table([*short, *idle]))


def as_table(results: Iterable[CrowdFigures]) -> str:
    """The figures, for the page."""
    rows = "\n".join(
        f"| {r.what} | {r.clients} | {r.sessions_a_second:,.0f} | {r.calls_a_session} "
        f"| {r.cpu_ms:.2f} ms | {r.p50_ms:.1f} / {r.p99_ms:.1f} / {r.longest_ms:.0f} ms | {r.lost} |"
        for r in results
    )
    return f"""| many clients at once | clients | a second | calls | CPU of the daemon each | a call, p50 / p99 / longest | lost |
|---|---|---|---|---|---|---|
{rows}

- *Sessions of one invoice*: companies that are bound, passwords that were checked before; the invoice was edited since the session
  before, and each session ends with all of it kept. *Idle polls*: logins of Payment Syncs without work.
- *Lost*: sessions that did not end well, and invoices whose edit in the store is not the one that the client heard of."""
