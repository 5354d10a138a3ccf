"""The daemon tells people what is wrong: once, together, again later, and when it is over."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from daemon.alerts.mail import message_of
from daemon.alerts.sending import Mail, NotSent, Sender
from daemon.alerts.service import WATCH, Alerts
from daemon.outlets.posting import Answer
from shared.models import alerts, audit, connections, events, outlets, syncs
from shared.models.store import open_store
from shared.operations import alerts as operations
from shared.operations.alerts import Wanted
from shared.operations.deciding import Operator, carry_out
from shared.rules.alerts import AlertKind, Audience, Digest
from shared.rules.events import EventKind
from shared.rules.values import SyncState
from shared.settings import load_settings
from tests.daemon.in_place import InPlace
from tests.daemon.test_webhooks import signed_by
from tests.models.builders import NOON, both_engines, invoice
from tests.models.payments.builders import Till, pays

ADA, URL = "ada@example.com", "https://pager.example.com/in?key=hunter2"
HOUR = 3600.0


class Machine:
    """A disk with as much room as a test says."""

    free = 1 << 40

    def free_bytes(self, _folder: Path) -> int:
        return self.free


class Post:
    """A mail server and an Internet that take everything, or fail, or hang."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tried: list[str] = []
        self.mails: list[Mail] = []
        self.posts: list[Any] = []
        self.fails = ""
        self.hangs_for: set[str] = set()

    def send(self, mail: Mail) -> Deferred[None]:
        self.tried.append(mail.to)
        if mail.to in self.hangs_for:
            return Deferred()
        if self.fails:
            return fail(NotSent(self.fails))
        self.mails.append(mail)
        return succeed(None)

    def post(self, url: str, headers: Any, body: bytes) -> Deferred[Answer]:
        self.posts.append((url, headers, body))
        return succeed(Answer(204, ""))

    def subjects(self, to: str = ADA) -> list[str]:
        return [mail.subject for mail in self.mails if mail.to == to]


class Office:
    """A store with two companies, a clock that goes on, and a daemon that tells."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.store = open_store(url, clock=self.now)
        self.post = Post(self.clock)
        self.machine = Machine()
        self.larkspur, self.fern = (self.company(name) for name in ("Larkspur", "Fern"))
        self.daemon = self.make_daemon("one")
        self.daemon.startService()

    def make_daemon(self, holder: str) -> Alerts:
        threads = InPlace(self.store)
        settings = load_settings(None, {"DESKBRIDGE_DATABASE": "sqlite:///x"})
        return Alerts(
            sender=Sender(lambda: self.post, lambda: self.post, self.now),
            reactor=self.clock,
            threads=threads,
            reads=threads,
            settings=settings,
            machine=self.machine,  # type: ignore[arg-type]
            now=self.store.now,
            chance=lambda: 1.0,
            holder=holder,
        )

    def company(self, name: str) -> int:
        with self.store.transaction():
            return connections.add(name, now=self.now()).id

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.seconds())

    def goes_on(self, seconds: float = 180.0) -> None:
        step = max(20.0, seconds / 50)
        self.clock.pump([step] * math.ceil(seconds / step))

    def sync(self, connection_id: int, state: SyncState = SyncState.FAILED) -> None:
        """An Invoice Sync that ends like this."""
        with self.store.transaction():
            sync = syncs.start(connection_id, "invoice", self.now())
            error = "" if state is SyncState.FINISHED else "Balance 250.00 is odd."
            code = "" if state is SyncState.FINISHED else "0x80040408"
            syncs.save(sync.id, state=state, ended_at=self.now(), error=error, error_code=code)

    def decide(self, plan_of: Any, *args: Any) -> Any:
        with self.store.reading():
            plan = plan_of(self.store, *args)
        return carry_out(Operator(self.store, "ada"), plan)

    def tell(self, address: str = ADA, connection: str | None = None, **wanted: Any) -> Any:
        return self.decide(operations.plan_add, address, Wanted(**wanted), connection)

    def standing(self) -> Any:
        with self.store.reading():
            return operations.view_recipients(self.store)[0]

    def close(self) -> None:
        self.daemon.stopService()
        self.clock.advance(10)
        self.store.close()


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    made = Office(store_url)
    yield made
    made.close()


def test_what_goes_wrong_together_is_one_message(office):
    office.tell()
    office.sync(office.larkspur)
    office.sync(office.fern)
    office.goes_on()
    assert office.post.subjects() == ["Invoice Sync of Fern failed, and 1 more"]
    [mail] = office.post.mails
    assert "Invoice Sync of Larkspur failed" in mail.text
    assert "250.00" in mail.text
    assert "What to do:" in mail.text


@both_engines
def test_it_is_told_again_at_growing_intervals_and_closed_by_an_all_clear(office):
    office.tell()
    office.sync(office.larkspur)
    office.goes_on(6 * HOUR)
    assert len(office.post.mails) == 3, "at once, an hour later, four hours later"
    office.sync(office.larkspur, SyncState.FINISHED)
    office.goes_on(12 * 60)
    assert office.post.subjects()[3:] == ["All clear: Invoice Sync of Larkspur failed"]
    office.goes_on(30 * HOUR)
    assert len(office.post.mails) == 4


def test_what_is_opened_and_closed_is_an_event_for_programs_too(office):
    office.sync(office.larkspur)
    office.goes_on()
    office.sync(office.larkspur, SyncState.FINISHED)
    office.goes_on(15 * 60)
    kinds = [EventKind.ALERT_OPENED.value, EventKind.ALERT_CLOSED.value]
    found = events.after(office.store, 0, kinds=kinds).events
    assert [(one.kind, one.connection, one.state) for one in found] == [
        (EventKind.ALERT_OPENED, "Larkspur", "sync-failed"),
        (EventKind.ALERT_CLOSED, "Larkspur", "sync-failed"),
    ]


def test_a_recipient_of_one_connection_hears_of_that_alone(office):
    office.tell(connection="Fern")
    office.machine.free = 0
    office.sync(office.larkspur)
    office.goes_on()
    assert office.post.mails == []
    office.sync(office.fern)
    office.goes_on()
    assert office.post.subjects() == ["Invoice Sync of Fern failed"]


def test_a_bookkeeper_reads_no_amounts_and_no_commands(office):
    office.tell(connection="Larkspur", audience=Audience.BOOKKEEPER)
    Till(office.store, "Juniper")
    office.sync(office.larkspur)
    office.goes_on()
    [mail] = office.post.mails
    body, _, signature = mail.text.partition("-- \n")
    assert "250.00" not in body
    assert "deskbridge " not in body
    assert "deskbridge alerts list" in signature


@both_engines
def test_a_url_gets_the_alerts_signed(office):
    made = office.tell(URL)
    office.sync(office.larkspur)
    office.goes_on()
    [(url, headers, body)] = office.post.posts
    told = json.loads(body)
    assert url == URL
    assert (told["kind"], told["repeated"], told["closed"]) == ("alerts", [], [])
    assert [one["kind"] for one in told["opened"]] == ["sync-failed"]

    class Sent:
        pass

    sent: Any = Sent()
    sent.headers, sent.body = headers, body
    assert signed_by(made.secret, sent)


def test_secrets_are_in_no_row_that_is_shown_and_in_no_line_of_the_audit_trail(office):
    made = office.tell(URL)
    with office.store.reading():
        [recipient] = alerts.recipients()
        shown = [entry.detail for entry in audit.entries()] + [recipient.shown, repr(recipient)]
        told = repr(events.newest())
    for secret in (made.secret, "hunter2"):
        assert secret not in told + "".join(shown) + repr(made)


def test_a_mail_server_that_hangs_delays_nobody(office):
    office.tell()
    office.tell("bo@example.com")
    office.post.hangs_for.add(ADA)
    office.sync(office.larkspur)
    office.goes_on()
    assert office.post.subjects("bo@example.com")
    assert "no answer" in office.standing().reason
    office.post.hangs_for.clear()
    office.goes_on(600)
    assert len(office.post.subjects()) == 1
    assert office.standing().reason == ""


def test_what_could_not_be_sent_is_sent_later_and_not_lost(office):
    office.tell()
    office.post.fails = "The mail server is away."
    office.sync(office.larkspur)
    office.goes_on(HOUR)
    standing = office.standing()
    assert (standing.reason, standing.delivered_at) == ("The mail server is away.", None)
    assert standing.retry_at is not None
    office.post.fails = ""
    office.goes_on(HOUR)
    assert office.post.subjects() == ["Invoice Sync of Larkspur failed"]


def test_quiet_hours_hold_everything_back_until_they_are_over(office):
    office.tell(quiet="11:00-15:00 UTC")  # it is noon
    office.sync(office.larkspur)
    office.goes_on(2.9 * HOUR)
    assert office.post.mails == []
    office.goes_on(0.2 * HOUR)
    assert len(office.post.mails) == 1


@both_engines
def test_a_daily_digest_tells_what_happened_and_what_is_open(office):
    till = Till(office.store, "Juniper")
    office.tell(digest=Digest.DAILY, digest_time="07:00 UTC")
    till.take_in(pays("pay_1", "100.00"))
    office.sync(office.larkspur)
    office.goes_on(18.9 * HOUR)
    assert office.post.mails == []
    office.goes_on(0.3 * HOUR)
    [mail] = office.post.mails
    assert mail.subject == "Today, 3 connections: 1 thing to check"
    assert "Syncs: 0 finished, 1 failed" in mail.text
    office.goes_on(24 * HOUR)
    assert len(office.post.mails) == 2


def test_a_weekly_digest_is_sent_on_mondays(office):
    office.tell(digest=Digest.WEEKLY, digest_time="07:00 UTC")
    monday = NOON.replace(hour=7) + timedelta(days=7 - NOON.weekday())
    office.goes_on((monday - NOON).total_seconds() - HOUR)
    assert office.post.mails == []
    office.goes_on(1.5 * HOUR)
    assert office.post.subjects() == ["This week, 2 connections: all is well"]
    office.goes_on(6 * 24 * HOUR)
    assert len(office.post.mails) == 1
    office.goes_on(24 * HOUR)
    assert len(office.post.mails) == 2


@pytest.mark.parametrize(
    ("wanted", "told"), [({}, "1"), ({"amounts": True}, "1 (100.00)")], ids=["usual", "amounts"]
)
def test_a_bookkeepers_digest_names_amounts_only_where_they_are_wanted(office, wanted, told):
    till = Till(office.store, "Juniper")
    till.owes(invoice("1A-100", "250.00"))
    office.sync(office.fern)
    usual = {"audience": Audience.BOOKKEEPER, "digest": Digest.DAILY, "digest_time": "07:00 UTC"}
    office.tell(connection="Juniper", **usual, **wanted)
    till.take_in(pays("pay_1", "100.00"))
    till.post(now=office.now())
    office.goes_on(20 * HOUR)
    [mail] = office.post.mails
    assert f"Payments posted to QuickBooks: {told}\n" in mail.text
    assert "Fern" not in mail.text


@both_engines
def test_a_test_is_sent_at_once_and_its_outcome_known(office):
    made = office.tell(quiet="11:00-15:00 UTC")
    office.decide(operations.plan_test, [made.id])
    with office.store.reading():
        assert operations.view_tests(office.store, [made.id]) is None
    office.goes_on(20)
    with office.store.reading():
        found = operations.view_tests(office.store, [made.id])
    assert found is not None
    assert found.delivered
    assert office.post.subjects() == ["This is a test"]
    office.post.fails = "No such mailbox."
    office.decide(operations.plan_test, ())
    office.goes_on(20)
    with office.store.reading():
        found = operations.view_tests(office.store, [made.id])
    assert found is not None
    assert [one.reason for one in found.results] == ["No such mailbox."]
    assert office.standing().reason == "", "a test is no delivery"


@both_engines
def test_of_two_daemons_one_tells(office):
    office.tell()
    other = office.make_daemon("two")
    other.startService()
    office.post.hangs_for.add(ADA)
    office.sync(office.larkspur)
    office.goes_on(140)
    assert office.post.tried == [ADA], "the other one leaves alone what is under way"
    office.post.hangs_for.clear()
    office.goes_on(600)
    other.stopService()
    office.clock.advance(10)
    assert len(office.post.mails) == 1


def test_a_daemon_that_was_killed_before_the_clock_was_set_back_holds_nobody_up(office):
    office.tell()
    office.post.fails = "The mail server is away."
    office.sync(office.larkspur)
    office.goes_on(2 * HOUR)
    office.post.fails = ""
    with office.store.transaction():
        ahead = office.now() + timedelta(days=2)
        for name in (WATCH, "alerts-1"):
            assert outlets.claim(name, "one", ahead)
        outlets.rest(
            outlets.get("alerts-1"), "Away.", after=timedelta(), chance=lambda: 1.0, now=ahead
        )
    office.daemon.stopService = lambda: None  # it was killed
    for timer in office.daemon:
        timer.stopService()
    office.daemon = office.make_daemon("two")
    office.daemon.startService()
    office.goes_on()
    assert office.post.subjects() == ["Invoice Sync of Larkspur failed"]


def test_alerts_keep_no_event_from_being_forgotten(office):
    office.tell()
    with office.store.transaction():
        assert outlets.passed() >= events.last()
    office.goes_on()
    with office.store.reading():
        assert outlets.passed() >= events.last()


@both_engines
def test_alerts_that_were_closed_long_ago_are_forgotten(office):
    office.sync(office.larkspur)
    office.goes_on()
    office.sync(office.larkspur, SyncState.FINISHED)
    office.goes_on(900)
    with office.store.reading():
        assert len(alerts.newest(9, closed=True)) == 1
    office.goes_on(91 * 24 * HOUR)
    with office.store.reading():
        kinds = [one.kind for one in alerts.newest(9, closed=True)]
    assert AlertKind.SYNC_FAILED not in kinds


def test_a_quiet_look_writes_nothing_but_its_lease(office):
    office.sync(office.larkspur)
    office.goes_on()
    with office.store.reading():
        before = (events.last(), alerts.on_file())
    office.goes_on(600)
    with office.store.reading():
        assert (events.last(), alerts.on_file()) == before


def test_a_name_cannot_add_a_header_to_a_mail(office):
    name = "A\r\nBcc: eve@example.com"
    office.tell()
    office.sync(office.company(name))
    office.goes_on()
    [mail] = office.post.mails
    message = message_of(mail, "deskbridge@example.com")
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-generated"


def test_of_a_company_that_is_removed_nothing_more_is_told(office):
    office.tell(connection="Larkspur")
    office.sync(office.larkspur)
    office.goes_on()
    with office.store.transaction():
        connections.remove(office.larkspur)
        assert alerts.on_file() == []
        assert alerts.recipients() == []
    office.goes_on(2 * HOUR)
    assert len(office.post.mails) == 1
