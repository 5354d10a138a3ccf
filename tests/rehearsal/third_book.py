"""The third book of a rehearsal: an account on the fake Invoiced, and the daemon's worker for it.

No socket, no thread: the real client talks to the fake in this process. The daemon may be killed
at a request as at a commit, so each life of it has a clock and a line of its own, which stand
still for ever once it is dead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock

from daemon.connectors.invoiced.client import Client
from daemon.connectors.invoiced.platform import Invoiced
from daemon.connectors.invoiced.values import OUR_ID
from daemon.connectors.worker import ConnectorWorker
from shared.models import outlets
from shared.models.platforms import accounts, outbox
from shared.operations import connectors
from shared.operations.deciding import Operator, carry_out
from shared.rules.connectors import AccountState, PlatformAccount
from shared.structs import replace
from simulator.invoiced.account import Account, Profile, Record
from simulator.invoiced.faults import FaultPlan
from simulator.invoiced.memory import InMemoryAgent
from simulator.invoiced.service import Service
from tests.rehearsal.stage import Stage, Violation
from tests.rehearsal.third_people import ThirdPeople
from tests.rehearsal.third_reckoning import Reckoning

if TYPE_CHECKING:
    from tests.rehearsal.play import Rehearsal

KEY = "k" * 32
URL = "https://invoiced.example"
POLL_SECONDS = 60
POLLS = 5
"""After so many every feed was read."""
MOST_TURNS = 400
LONGEST = timedelta(days=3)
"""What still waits after so long waits for a sync, not for time."""


class Watched(Account):
    """An account that notices when a document is written over another one, or a contact wiped."""

    people_act = False

    def __init__(self, profile: Profile, clock: Callable[[], float]) -> None:
        super().__init__(profile, clock)
        self.wrong: list[str] = []

    def put(self, kind: str, record: Record) -> Record:
        before = self.get(kind, record["id"])
        if kind == "invoices" and before is not None:
            self._compare(before, record)
        if kind == "customers" and before is not None and not self.people_act:
            emptied = [name for name in ("email", "phone") if before[name] and not record[name]]
            self._must(not emptied, f"{emptied} of customer {before['name']} is wiped")
        return super().put(kind, record)

    def _compare(self, before: Record, after: Record) -> None:
        was, now = (one["metadata"].get(OUR_ID) for one in (before, after))
        name = f"invoice {before['number']}"
        self._must(was in (None, now), f"{name} was {was}, and is overwritten by {now}")
        self._must(before["customer"] == after["customer"], f"{name} has another customer")
        is_taken = was is None and now is not None
        self._must(
            not is_taken or before["total"] == after["total"],
            f"{name} of {before['total']} was nobody's, and is {now} of {after['total']}",
        )

    def remove(self, kind: str, record: Record) -> None:
        if kind == "contacts":
            self._must(self.people_act, f"contact {record['name']} is wiped")
        super().remove(kind, record)

    def _must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(f"on Invoiced, {otherwise}")


class Uncompared(Invoiced):
    """Invoiced whose balances nobody compares: what differs must be told without that."""

    capabilities = replace(Invoiced.capabilities, balances=False)


class Line:
    """The daemon's line to Invoiced in one of its lives: a dead one asks nothing, hears nothing."""

    def __init__(self, book: ThirdBook) -> None:
        self._book = book
        self._agent = InMemoryAgent(book.service)
        self.is_cut = False

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Any = None,
        bodyProducer: Any = None,
    ) -> Deferred[Any]:
        """Send a request, at which the daemon may be killed: before it left, or after."""
        book = self._book
        if self.is_cut or not book.stage.alive:
            return Deferred()
        book.say(f"Invoiced: {method.decode()} {uri.decode().removeprefix(URL)}")
        book.killed_in -= 1
        if book.killed_in == 0:
            book.stage.alive = False
            book.say("fault: the daemon is killed at this request")
            if book.rnd.random() < 0.3:
                return Deferred()
        answered: Deferred[Any] = self._agent.request(method, uri, headers, bodyProducer)
        return answered.addBoth(self._heard)

    def _heard(self, answer: Any) -> Any:
        return answer if self._book.stage.alive and not self.is_cut else Deferred()


class Reading:
    """Where the worker reads: in place, as long as the daemon lives."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def view(self, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Run view(store, …) on one snapshot of the store."""
        return self.run(view, *args, **kwargs)

    def run(self, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Run read(store, …)."""
        if not self._stage.alive:
            return Deferred()
        store = self._stage.store

        def look() -> Any:
            with store.reading():
                return read(store, *args, **kwargs)

        return execute(look)


class ThirdBook:
    """An account, its server, and what the daemon does for it as time passes."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.play = rehearsal
        self.stage = rehearsal.stage
        self.rnd = Random(f"third book {rehearsal.seed}")
        self.began = self.stage.now
        self.account = Watched(
            Profile(
                KEY,
                currency=rehearsal.stage.company.books.profile.home_currency.lower(),
                mapping_touches=self.rnd.random() < 0.3,
                previous_beside=self.rnd.random() < 0.5,
            ),
            lambda: self.stage.now.timestamp(),
        )
        self.fake_clock = self._new_clock()
        self.service = Service(self.account, self.fake_clock)
        self.killed_in = 0
        self.lives = 0
        self.keys = 0
        self.news = True
        self.worker: ConnectorWorker | None = None
        self.stage.on_start = self._starts
        self.people = ThirdPeople(self)
        self.reckoning = Reckoning(self)

    @property
    def connection_id(self) -> int:
        """The connection that has the account."""
        return self.play.connection_id

    def connected(self) -> PlatformAccount | None:
        """The account as the store has it; None before it is connected."""
        with self.stage.store.reading():
            return accounts.find(self.connection_id)

    def say(self, what: str) -> None:
        """Tell it in the trace of the rehearsal."""
        self.play.say(what)

    # What the rehearsal asks for.

    def begins(self) -> None:
        """Invoiced has books of its own; the account is connected now, or later."""
        self.people.keep_books()
        if self.rnd.random() < 0.6:
            self.connects()

    def goes_on(self) -> None:
        """People act there, and the daemon works for a while."""
        if self.worker is None and self.rnd.random() < 0.6:
            self.connects()
        if self.worker is not None:
            self.people.act()
            self.news = True
            self.works(self.rnd.choice((2, 4, 9)))
        self.tells()

    def meanwhile(self) -> None:
        """Between two calls of the Web Connector the daemon works for Invoiced, now and then."""
        if self.worker is not None and self.rnd.random() < 0.03:
            self._turn()

    def comes_to_rest(self) -> None:
        """Luck is good again, and the operator solves what is his to solve."""
        self.killed_in = 0
        self.stage.falls.clear()
        self.service.faults = FaultPlan()
        if self.worker is None:
            self.connects()
        self.people.resume()
        self.people.decide_charges()
        self._hears_all()
        self._works_all_off()
        if self.people.choose() or self.people.retry_all():
            self._works_all_off()
        self.tells()

    def _hears_all(self) -> None:
        """What happened on Invoiced comes in, whichever feed tells it."""
        for _ in range(POLLS if self.news else 1):
            self.stage.later(seconds=POLL_SECONDS)
            self.follows()
        self.news = False

    def _works_all_off(self) -> None:
        """Time passes, in great steps at last, until nothing waits that time alone can help."""
        until = self.stage.now + LONGEST
        for _ in range(MOST_TURNS):
            self._turn()
            due = self._next()
            if due is None or due > until:
                return
            wait = (due - self.stage.now).total_seconds()
            if wait > 0:
                self.stage.later(seconds=math.ceil(wait))
        raise Violation("what goes to Invoiced does not come to rest")

    def _next(self) -> datetime | None:
        """When something that waits has its turn; None where nothing does."""
        with self.stage.store.reading():
            times = [
                outbox.next_due(self.connection_id),
                outbox.next_look(self.connection_id),
                outlets.get(accounts.outlet_name(self.connection_id)).pause_until_at,
            ]
        soon = self.stage.now + timedelta(days=30)
        return min((one for one in times if one and self.began < one < soon), default=None)

    def tells(self) -> None:
        """The story hears of every payment that Invoiced has."""
        for said in self.reckoning.said():
            self.play.story.said[said.payment.external_id] = said

    def settles_accounts(self) -> None:
        """Raise Violation for the first thing that does not hold."""
        self.reckoning.settle()

    # The daemon.

    def _new_clock(self) -> Clock:
        clock = Clock()
        clock.advance(self.stage.now.timestamp())
        return clock

    def _starts(self) -> None:
        """The daemon is started: a worker of this life works for the account, if there is one."""
        if self.worker is not None:
            self.line.is_cut = True
        account = self.connected()
        if account is None:
            self.worker = None
            return
        self.lives += 1
        self.killed_in = 0
        self.clock, self.line = self._new_clock(), Line(self)
        self.worker = ConnectorWorker(
            account=account,
            platform=Uncompared(Client(self.clock, URL, KEY, self.line)),
            reactor=self.clock,
            threads=self.stage.threads(),
            reads=Reading(self.stage),
            store=self.stage.store,
            now=self.stage.store.now,
            chance=self.rnd.random,
            new_key=self._new_key,
            holder=f"life {self.lives}",
            poll_seconds=POLL_SECONDS,
        )
        self._lives_through(self.worker.startService)

    def _new_key(self) -> str:
        self.keys += 1
        return f"key-{self.keys:06}"

    def connects(self) -> None:
        """The operator connects the account; nothing is sent before he saw what would be."""
        door = connectors.Door(URL, sandbox=False, key_source="env:KEY", sealed=b"")
        self.decides(connectors.plan_connect, door)
        self._starts()
        for _ in range(MOST_TURNS):
            self.works(1)
            account = self.connected()
            if account is not None and not account.is_looking:
                break
        self.decides(connectors.plan_state, AccountState.LIVE)
        self.say("the operator: Invoiced is connected")

    def decides(self, plan_of: Callable[..., Any], *arguments: Any) -> None:
        store = self.stage.store
        with store.reading():
            plan = plan_of(store, self.play.name, *arguments)
        carry_out(Operator(store, "rehearsing"), plan, [need.code for need in plan.needs])

    # Time.

    def works(self, turns: int) -> None:
        """Time passes until the daemon has had so many turns; it may be killed meanwhile."""
        for _ in range(turns):
            self._turn()

    def _turn(self) -> None:
        due = [call.getTime() for call in self.clock.getDelayedCalls()]
        now = self.stage.now.timestamp()
        self.stage.later(seconds=max(1, math.ceil(min(due, default=now + 1) - now)))
        self.follows()

    def follows(self) -> None:
        """What waits for a time that has come by now has its turn."""
        if self.worker is None:
            return
        now = self.stage.now.timestamp()
        self.fake_clock.advance(max(now - self.fake_clock.seconds(), 0))
        self._lives_through(lambda: self.clock.advance(max(now - self.clock.seconds(), 0)))

    def _lives_through(self, act: Callable[[], Any]) -> None:
        """Do something, at which the daemon may be killed: then it is started again."""
        act()
        if not self.stage.alive:
            self.stage.alive = True
            self.say("the daemon was killed at work for Invoiced, and started again")
            self.stage.restart()
        if self.account.wrong:
            raise Violation("; ".join(self.account.wrong))
