"""Webhooks: what is sent, how a receiver knows it is from us, and what becomes of what fails."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from daemon.kept_services import KeptServices
from daemon.outlets.bell import EventBell
from daemon.outlets.posting import Answer, NoAnswer
from daemon.outlets.runner import OutletRunner
from daemon.outlets.webhooks import LOOK_SECONDS, Webhooks, judged
from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import audit, connections, events, outlets, problems, webhooks
from shared.models.events import Told
from shared.models.statements import current
from shared.models.store import Store, open_store
from shared.operations import events as event_operations
from shared.operations import parked_deliveries
from shared.operations import problems as problem_operations
from shared.operations import webhooks as operations
from shared.operations.contracts.ledger import LISTED_INVOICE
from shared.operations.contracts.records import EVENT
from shared.operations.contracts.webhooks import RECORDS
from shared.operations.deciding import Operator, carry_out
from shared.rules.events import EventKind
from shared.rules.outlets import Delivered, TryAgain
from shared.rules.webhooks import WebhookState
from tests.daemon.in_place import InPlace
from tests.models.builders import NOON, both_engines, customer, invoice, trouble
from tests.models.payments.builders import Till, pays

URL = "https://hooks.example.com/in"
CHANGED = EventKind.INVOICE_CHANGED


@dataclass
class Sent:
    """One request that a receiver got."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Internet:
    """Receivers by address; they answer 200 unless they were told otherwise."""

    clock: Clock
    sent: list[Sent] = field(default_factory=list)
    answers: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(lambda: 200))

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Deferred[Answer]:
        sent = Sent(url, headers, body, self.clock.seconds())
        self.sent.append(sent)
        answer = self.answers[url]
        answer = answer(sent) if callable(answer) else answer
        if answer is None:
            return Deferred().addTimeout(10, self.clock, onTimeoutCancel=_too_late)
        if isinstance(answer, Exception):
            return fail(answer)
        return succeed(answer if isinstance(answer, Answer) else Answer(answer, ""))

    def got(self, url: str = URL) -> list[str]:
        """The documents that a receiver was sent, in order."""
        return [one.json["document"] for one in self.sent if one.url == url]


def _too_late(_failure: Any, _seconds: float) -> Any:
    raise NoAnswer("There was no answer within 10 seconds.")


class World:
    """A store with two companies, a clock, the Internet, and a daemon that delivers."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.store = open_store(url, clock=self.now)
        self.net = Internet(self.clock)
        self.larkspur, self.fern = Till(self.store, "Larkspur"), Till(self.store, "Fern")
        self.threads = InPlace(self.store)
        self.bell = EventBell(self.clock, self.threads)
        source = Webhooks(lambda: self.net, self.threads, self.store.now)
        self.outlets = KeptServices(
            source.outlets,
            self._runner,
            reactor=self.clock,
            reads=self.threads,
            look_seconds=LOOK_SECONDS,
        )
        self.bell.startService()
        self.outlets.startService()

    def _runner(self, outlet: Any) -> OutletRunner:
        return OutletRunner(
            outlet=outlet,
            reactor=self.clock,
            threads=self.threads,
            reads=self.threads,
            bell=self.bell,
            now=self.store.now,
            chance=lambda: 1.0,
            holder="one",
        )

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.seconds())

    def decide(self, plan_of: Any, *args: Any) -> Any:
        with self.store.reading():
            plan = plan_of(self.store, *args)
        return carry_out(Operator(self.store, "ada"), plan, [one.code for one in plan.needs])

    def add(self, url: str = URL, *kinds: str, name: str = "Larkspur") -> Any:
        """Add a webhook, and wait until the daemon has seen it."""
        made = self.decide(operations.plan_add, name, url, kinds)
        self.goes_on(11)
        return made

    def happens(self, *named: str, kind: EventKind = CHANGED, till: Till | None = None) -> None:
        """``7b`` is an event about record 7."""
        with self.store.transaction():
            told = [Told(name[:-1], name) for name in named]
            events.record((till or self.larkspur).id, kind, told)

    def goes_on(self, seconds: float = 2, *, by: float = 1) -> None:
        passed = 0.0
        while passed < seconds:
            self.clock.advance(by)
            passed += by

    def standing(self, number: int = 1) -> Any:
        with self.store.reading():
            found = operations.view_all(self.store)
        return next(one for one in found if one.webhook.id == number)

    def problems(self) -> list[Any]:
        with self.store.reading():
            return problems.list_problems()

    def close(self) -> None:
        self.bell.stopService()
        self.outlets.stopService()
        left = [call for call in self.clock.getDelayedCalls() if call.active()]
        assert not left, left
        self.store.close()


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url)
    yield made
    made.close()


# What is sent.


def signed_by(secret: str, sent: Sent) -> bool:
    """What docs/webhooks.md tells a receiver to do."""
    said = dict(part.split("=", 1) for part in sent.headers["Deskbridge-Signature"].split(","))
    text = said["t"].encode() + b"." + sent.body
    return hmac.compare_digest(
        said["v1"], hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    )


def test_an_event_is_sent_with_its_record_as_that_is_now(world):
    made = world.add()
    world.larkspur.hold(customer("80-1", "Larkspur Tile"))
    world.larkspur.owes(invoice("1A-100", "250.00"))
    world.goes_on()
    sent = next(one for one in world.net.sent if one.json["kind"] == "invoice.imported")
    assert set(sent.json) == {*EVENT.names(), "delivery", "record"}
    assert sent.json["object_id"] == "1A-100"
    assert set(sent.json["record"]) == set(LISTED_INVOICE.names())
    assert sent.json["record"]["balance"] == "250.00"
    assert sent.json["delivery"] == f"{made.id}-{sent.json['id']}"
    assert sent.headers["Deskbridge-Delivery"] == sent.json["delivery"]
    assert sent.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("kind", "object_id", "key"),
    [
        (EventKind.CUSTOMER_CHANGED, "80-1", "list_id"),
        (EventKind.PAYMENT_RECEIVED, "1", "id"),
        (EventKind.PROBLEM_OPENED, "1", "id"),
        (EventKind.SYNC_FINISHED, "1", "id"),
    ],
)
def test_every_kind_of_record_comes_along(world, kind, object_id, key):
    world.larkspur.owes(invoice("1A-100", "250.00"))
    world.larkspur.take_in(pays("pay_1", "40.00"))
    with world.store.transaction():
        problems.report(world.larkspur.id, None, [trouble(object_id="1A-100")], world.now())
    world.add()
    with world.store.transaction():
        events.record(world.larkspur.id, kind, [Told(object_id)])
    world.goes_on()
    [sent] = world.net.sent
    assert set(sent.json["record"]) == set(RECORDS[kind.about].names())
    assert str(sent.json["record"][key]) == object_id
    assert sent.json["record"].get("connection", "Larkspur") == "Larkspur"


def test_a_record_that_is_gone_is_null(world):
    world.add()
    world.happens("7b")
    world.goes_on()
    assert world.net.sent[0].json["record"] is None


@pytest.mark.parametrize(
    ("kind", "object_id"),
    [
        (EventKind.INVOICE_CHANGED, "1A-100"),
        (EventKind.PAYMENT_POSTED, "1"),
        (EventKind.PROBLEM_OPENED, "1"),
        (EventKind.SYNC_FINISHED, "1"),
    ],
)
def test_the_record_of_another_company_never_comes_along(world, kind, object_id):
    world.larkspur.owes(invoice("1A-100", "250.00"))
    world.larkspur.take_in(pays("pay_1", "40.00"))
    with world.store.transaction():
        problems.report(world.larkspur.id, None, [trouble(object_id="1A-100")], world.now())
    world.add(name="Fern")
    with world.store.transaction():
        events.record(world.fern.id, kind, [Told(object_id)])
    world.goes_on()
    [sent] = world.net.sent
    assert sent.json["record"] is None


def test_a_delivery_is_signed_with_the_secret_that_was_shown(world):
    made = world.add()
    world.happens("1a")
    world.goes_on()
    [sent] = world.net.sent
    assert signed_by(made.secret, sent)
    assert not signed_by(made.secret[:-1], sent)
    sent.body += b" "
    assert not signed_by(made.secret, sent)


def test_each_try_is_signed_with_its_own_time_under_the_same_delivery(world):
    made = world.add()
    world.net.answers[URL] = lambda sent: 500 if len(world.net.sent) < 3 else 200
    world.happens("1a")
    world.goes_on(60)
    assert len(world.net.sent) == 3
    assert all(signed_by(made.secret, one) for one in world.net.sent)
    assert len({one.headers["Deskbridge-Delivery"] for one in world.net.sent}) == 1
    for one in world.net.sent:
        at = NOON + timedelta(seconds=one.at)
        assert one.headers["Deskbridge-Signature"].startswith(f"t={int(at.timestamp())},")


def test_two_webhooks_of_one_address_have_secrets_of_their_own(world):
    assert world.add().secret != world.add().secret


# Which events.


def test_a_webhook_gets_the_kinds_that_it_wants_of_its_connection_alone(world):
    world.add(URL, "invoice.closed", "payment")
    for till in (world.larkspur, world.fern):
        world.happens("1a", till=till)
        world.happens("2a", kind=EventKind.INVOICE_CLOSED, till=till)
        world.happens("3a", kind=EventKind.PAYMENT_POSTED, till=till)
    world.goes_on()
    assert [(one.json["connection"], one.json["document"]) for one in world.net.sent] == [
        ("Larkspur", "2a"),
        ("Larkspur", "3a"),
    ]


def test_what_was_before_a_webhook_is_not_for_it(world):
    world.happens("1a")
    world.add(URL, "invoice")
    world.happens("2a")
    world.goes_on()
    assert world.net.got() == ["2a"]


# What fails.


def test_a_receiver_that_hangs_or_answers_500_delays_nobody_else(world):
    hangs, broken = "https://hangs.example.com/", "https://broken.example.com/"
    world.net.answers |= {hangs: None, broken: 500}
    for url in (hangs, broken, URL):
        world.add(url, "invoice")
    world.happens("1a", "2a", "1b", "3a")
    world.goes_on(2)
    assert world.net.got() == ["1a", "2a", "1b", "3a"]
    world.goes_on(60)
    world.happens("4a")
    world.goes_on(2)
    assert world.net.got()[-1] == "4a"


def test_events_of_one_document_never_overtake_each_other(world):
    """A receiver that fails two of three times, at random places, still gets each in its order."""
    taken: list[str] = []

    def moody(sent: Sent) -> int:
        if len(world.net.sent) % 3:
            return 500
        taken.append(sent.json["document"])
        return 200

    world.net.answers[URL] = moody
    world.add(URL, "invoice")
    for letter in "abcdefgh":
        world.happens(*(f"{number}{letter}" for number in range(5)))
        world.goes_on(7)
    world.goes_on(4000, by=5)
    for number in range(5):
        assert [one for one in taken if one[:-1] == str(number)] == [
            f"{number}{letter}" for letter in "abcdefgh"
        ]


@pytest.mark.parametrize("answer", [500, NoAnswer("Its name is not known.")], ids=["500", "gone"])
def test_an_event_is_tried_for_48_hours_then_parked_and_a_person_is_told(world, answer):
    world.net.answers[URL] = answer
    world.add(URL, "invoice")
    started = world.clock.seconds()
    world.happens("1a")
    world.goes_on(47 * 3600, by=600)
    assert world.problems() == []
    assert world.standing().state is WebhookState.FAILING
    assert world.standing().behind == 1
    world.goes_on(3 * 3600, by=600)
    tries = [one.at - started for one in world.net.sent]
    assert 50 <= len(tries) <= 75, "twice as long each time, an hour at most"
    assert tries[-1] >= 48 * 3600
    [problem] = world.problems()
    assert (problem.code, problem.document) == ("delivery-parked", "webhook-1")
    assert world.standing().state is WebhookState.PARKED
    assert world.standing().parked == 1
    world.net.answers[URL] = 200
    world.happens("2a")
    world.goes_on(3700, by=100)
    assert world.net.got()[-1] == "2a", "what is parked holds up nothing"


@both_engines
def test_what_is_parked_is_delivered_when_its_problem_is_retried(world):
    world.net.answers[URL] = 500
    world.add(URL, "invoice")
    world.happens("1a", "1b", "2a")
    world.goes_on(100 * 3600, by=3600)
    assert world.standing().parked == 3
    world.net.answers[URL] = 200
    world.net.sent.clear()
    [problem] = world.problems()
    world.decide(problem_operations.plan_retry, [problem.id])
    world.goes_on(130)
    assert sorted(world.net.got()) == ["1a", "1b", "2a"]
    assert world.net.got().index("1a") < world.net.got().index("1b")
    assert world.problems() == []
    assert world.standing().state is WebhookState.WORKING


def parked(world) -> list[str]:
    with world.store.reading():
        found = parked_deliveries.view_parked(world.store, "Larkspur")
    return [one.event.document for one in found]


def missing(world, *named: str) -> dict[str, int]:
    """The receiver refuses these events; their numbers."""
    world.net.answers[URL] = 500
    world.add(URL, "invoice")
    world.happens(*named)
    world.goes_on(100 * 3600, by=3600)
    world.net.answers[URL] = 200
    world.net.sent.clear()
    with world.store.reading():
        found = parked_deliveries.view_parked(world.store, None)
    return {one.event.document: one.event.id for one in found}


@both_engines
def test_what_is_parked_is_listed_and_delivered_one_by_one(world):
    numbers = missing(world, "1a", "2a", "3a")
    assert parked(world) == ["3a", "2a", "1a"]
    done = world.decide(parked_deliveries.plan_retry, 1, [numbers["2a"]])
    world.goes_on(130)
    assert done.count == 1
    assert world.net.got() == ["2a"]
    assert parked(world) == ["3a", "1a"]
    [problem] = world.problems()
    assert problem.code == "delivery-parked", "others are still to be looked at"
    world.decide(parked_deliveries.plan_retry, 1)
    world.goes_on(130)
    assert sorted(world.net.got()) == ["1a", "2a", "3a"]
    assert world.problems() == []


@both_engines
def test_what_is_parked_can_be_given_up(world):
    numbers = missing(world, "1a", "2a")
    world.decide(parked_deliveries.plan_drop, 1, [numbers["1a"]])
    assert parked(world) == ["2a"]
    assert len(world.problems()) == 1
    world.decide(parked_deliveries.plan_drop, 1)
    assert world.problems() == []
    world.goes_on(7200, by=600)
    assert world.net.got() == []
    assert world.standing().state is WebhookState.WORKING
    with world.store.reading():
        told = [(one.action, one.detail) for one in audit.entries(limit=2)]
    assert told == [("webhook.drop", "webhook 1, 1 event")] * 2


@both_engines
def test_an_event_is_not_delivered_after_a_later_one_of_its_document(world):
    [number] = missing(world, "1a").values()
    world.happens("1b")
    world.goes_on(60)
    assert world.net.got() == ["1b"]
    with world.store.reading():
        [held] = parked_deliveries.view_parked(world.store, None)
    assert held.overtaken
    for asked in ([number], []):
        with pytest.raises(NotPossible):
            world.decide(parked_deliveries.plan_retry, 1, asked)
    world.decide(parked_deliveries.plan_drop, 1)
    assert parked(world) == []


def test_only_what_a_webhook_set_aside_can_be_decided_about(world):
    world.add(URL, "invoice")
    for plan_of in (parked_deliveries.plan_retry, parked_deliveries.plan_drop):
        with pytest.raises(NotPossible):
            world.decide(plan_of, 1)
    world.happens("9a")
    world.goes_on()
    missing(world, "1a")
    for plan_of in (parked_deliveries.plan_retry, parked_deliveries.plan_drop):
        with pytest.raises(NotFound, match=r"There is no event 1 set aside for webhook 2\.$"):
            world.decide(plan_of, 2, [1])
        with pytest.raises(NotFound):
            world.decide(plan_of, 9)


def test_a_problem_of_deliveries_cannot_be_skipped(world):
    world.net.answers[URL] = 500
    world.add(URL, "invoice")
    world.happens("1a")
    world.goes_on(50 * 3600, by=3600)
    [problem] = world.problems()
    with pytest.raises(NotPossible):
        world.decide(problem_operations.plan_skip, [problem.id], "because")


def test_a_receiver_is_left_alone_as_long_as_it_asks(world):
    world.net.answers[URL] = Answer(503, "600")
    world.add(URL, "invoice")
    world.happens("1a", "2a")
    world.goes_on(590)
    assert len({one.at for one in world.net.sent}) == 1
    world.goes_on(90)
    assert len({one.at for one in world.net.sent}) == 2


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("", 0),
        ("30", 30),
        ("999999999999", 3600),
        ("-5", 0),
        ("soon", 0),
        (format_datetime(NOON + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOON - timedelta(minutes=5), usegmt=True), 0),
    ],
)
def test_retry_after_is_understood_and_has_an_end(asked, waits):
    became = judged(Answer(429, asked), NOON)
    assert isinstance(became, TryAgain)
    assert became.after == timedelta(seconds=waits)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_takes_the_event(status):
    assert judged(Answer(status, ""), NOON) == Delivered()


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 500, 503])
def test_anything_else_is_tried_again(status):
    became = judged(Answer(status, ""), NOON)
    assert isinstance(became, TryAgain)
    assert str(status) in became.reason


# Tests of a webhook.


def try_out(world: World, number: int, seconds: float = 3) -> Any:
    asked = world.decide(operations.plan_test, number)
    world.goes_on(seconds)
    with world.store.reading():
        return operations.view_test(world.store, asked.webhook_id, asked.event_id)


@both_engines
def test_a_test_goes_to_one_webhook_alone_whatever_kinds_it_wants(world):
    world.add(URL, "payment")
    world.add("https://other.example.com/")
    assert try_out(world, 1).delivered
    [sent] = world.net.sent
    assert (sent.url, sent.json["kind"]) == (URL, "webhook.tested")
    assert world.standing(2).delivered_at is None


@both_engines
def test_a_test_that_fails_says_why_is_not_repeated_and_no_problem(world):
    world.net.answers[URL] = 404
    world.add()
    became = try_out(world, 1)
    assert (became.delivered, became.reason) == (False, "It answered 404.")
    world.goes_on(3600, by=10)
    assert len(world.net.sent) == 1
    assert world.problems() == []
    assert world.standing().state is WebhookState.WORKING


def test_a_test_is_sent_although_the_webhook_pauses(world):
    world.net.answers[URL] = NoAnswer("It cannot be reached.")
    world.add(URL, "invoice")
    world.happens("1a")
    world.goes_on(1800)
    world.net.answers[URL] = 200
    assert try_out(world, 1, 62).delivered


def test_without_a_daemon_nothing_is_said_of_a_test(world):
    world.add()
    world.outlets.stopService()
    assert try_out(world, 1) is None


# Secrets.


def everything(store: Store) -> str:
    """All rows of all tables but the installation's own secret, as text."""
    from shared.models.tables import TABLES

    with store.reading():
        _, database = current()
        return "\n".join(
            repr(database.execute_sql(f'SELECT * FROM "{one._meta.table_name}"').fetchall())
            for one in TABLES
        )


def test_a_secret_stands_nowhere_and_the_query_of_an_address_only_where_it_is_used(world):
    logged: list[str] = []

    def log(event: Any) -> None:
        logged.append(repr(event))

    globalLogPublisher.addObserver(log)
    planted = "https://hooks.example.com/in?token=planted-in-query"
    world.net.answers[planted] = 500
    made = world.add(planted)
    world.happens("1a")
    world.goes_on(50 * 3600, by=3600)
    try_out(world, made.id)
    globalLogPublisher.removeObserver(log)
    kept = everything(world.store)
    assert made.secret not in kept
    assert made.secret.removeprefix("whsec_") not in kept
    assert kept.count("planted-in-query") == 1, "the address itself"
    with world.store.reading():
        shown = operations.view_all(world.store)
        told = [repr(shown), shown[0].webhook.shown, repr(made)]
        told += [repr(audit.entries(limit=100)), repr(events.newest()), repr(world.problems())]
        outlet = Webhooks(world.net, world.threads, world.now).outlets(world.store)
        told += [repr(outlet), *logged, *(str(one.headers) for one in world.net.sent)]
    for text in told:
        assert made.secret not in text
        assert "planted-in-query" not in text


def test_the_secret_is_the_same_after_a_restart_and_another_in_another_store(world, tmp_path):
    made = world.add()
    with world.store.reading():
        assert webhooks.secret(webhooks.get(made.id)) == made.secret
    with open_store(f"sqlite:///{tmp_path}/other.sqlite3") as other:
        Till(other, "Larkspur")
        with other.transaction():
            there = webhooks.add(1, URL, (), "ada", NOON)
            assert webhooks.secret(there) != made.secret


# Adding and removing.


def test_an_address_that_cannot_be_one_is_refused(world):
    for url in (
        *("", "hooks.example.com", "ftp://hooks.example.com/", "https://"),
        *("https://u:p@example.com/", "https://exa mple.com/", "https://example.com/#part"),
        *("https://example.com:0/", "https://example.com/" + "x" * 2000),
    ):
        with pytest.raises(CannotBeMeant):
            world.add(url)


def test_an_unknown_kind_or_connection_is_refused(world):
    with pytest.raises(NotFound):
        world.add(URL, "invoice.exploded")
    with pytest.raises(NotFound):
        world.add(URL, name="Nobody")


def test_a_connection_has_only_so_many(world):
    for _ in range(operations.MOST):
        world.decide(operations.plan_add, "Larkspur", URL, ())
    with pytest.raises(NotPossible):
        world.decide(operations.plan_add, "Larkspur", URL, ())
    world.decide(operations.plan_add, "Fern", URL, ())


def test_a_removed_webhook_gets_nothing_more_and_its_problem_is_over(world):
    world.net.answers[URL] = 500
    made = world.add(URL, "invoice")
    world.happens("1a")
    world.goes_on(50 * 3600, by=3600)
    assert world.problems()
    world.decide(operations.plan_remove, made.id)
    assert world.problems() == []
    world.goes_on(11)
    world.net.sent.clear()
    world.happens("2a")
    world.goes_on(11)
    assert world.net.sent == []
    with world.store.reading():
        assert operations.view_all(world.store) == []
        assert outlets.all_outlets() == []


def test_a_removed_connection_takes_its_webhooks_along(world):
    world.add(URL)
    world.add("https://other.example.com/", name="Fern")
    with world.store.transaction():
        connections.remove(world.larkspur.id)
    world.goes_on(11)
    with world.store.reading():
        [left] = outlets.all_outlets()
        assert left.connection_id == world.fern.id


def test_what_a_webhook_is_for_is_written_to_the_audit_trail_without_its_address(world):
    made = world.add(URL, "invoice")
    world.decide(operations.plan_test, made.id)
    world.decide(operations.plan_remove, made.id)
    with world.store.reading():
        found = [(one.action, one.connection) for one in audit.entries(limit=100)]
    assert [one for one in found if one[0].startswith("webhook")] == [
        ("webhook.remove", "Larkspur"),
        ("webhook.test", "Larkspur"),
        ("webhook.add", "Larkspur"),
    ]


def test_every_kind_of_event_can_be_wanted():
    assert event_operations.kinds_meant(["webhook"]) == (EventKind.WEBHOOK_TESTED.value,)
