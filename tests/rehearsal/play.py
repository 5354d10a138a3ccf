"""A rehearsal from its seed: chaos, then quiet, then the reckoning.

All that happens is drawn from one random source, so the same seed gives the same run; the
trace of a run tells what happened, request by request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from shared.models import problems, syncs
from shared.operations.problems import plan_retry
from shared.rules.values import ApplicationKind, JobMode, Layout, ProblemState, SyncState
from simulator.company import Company, acts
from simulator.company.books import BookError
from simulator.company.errors import HRESULTS
from simulator.webconnector import Outcome, WebConnector
from simulator.webconnector.faults import OPERATIONS, Boundary, Fault, FaultKind
from simulator.webconnector.registry import Row
from simulator.webconnector.update import Result
from tests.deciding import decide
from tests.rehearsal import cast, reckoning
from tests.rehearsal.people import OPERATOR, People
from tests.rehearsal.stage import Fall, Stage, Violation
from tests.rehearsal.story import Story
from tests.rehearsal.third_book import ThirdBook
from tests.whole.rig import PASSWORD

WINDOW_SECONDS = 900
ADD = "ReceivePaymentAddRq"
SITUATIONS = ("closed", "modal-dialog", "no-company", "locked", "starting", "denied")
SET_CODES = ("600", "9001", "9002", "9005")
STATUS_CODES = ("3175", "3176", "3180", "1000", "3260", "3120", "570")
LINE_FAULTS = tuple(kind for kind in FaultKind if kind not in (FaultKind.DELAY, FaultKind.SKIP))
CALLS = tuple(one for one in OPERATIONS if "nteractive" not in one)


@dataclass
class Rehearsal:
    """One run, with Invoiced as the third book or without.

    ``answers_first`` breaks the intent rule, to see that it would be noticed.
    """

    seed: int
    folder: Path
    answers_first: bool = False
    has_third: bool = False
    name: str = "Larkspur"
    rnd: Random = field(init=False)
    stage: Stage = field(init=False)
    swarm: list[Callable[[], None]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    boundaries: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    connectors: dict[tuple[str, str], tuple[WebConnector, Row]] = field(default_factory=dict)
    story: Story = field(default_factory=Story)
    people: People = field(init=False)
    third: ThirdBook | None = field(init=False)
    payments: int = 0
    password: str = PASSWORD
    backup: str = ""
    acted: int = 0

    def __post_init__(self) -> None:
        self.rnd = Random(f"rehearsal {self.seed}")
        company = cast.company(self.rnd)
        store = f"sqlite:///{self.folder / f'run-{self.seed}.sqlite3'}"
        settings = {"sweep_minutes": str(60 * (self.seed % 2))}
        self.stage = Stage(store, company, settings, answers_first=self.answers_first)
        self.combined = self.rnd.random() < 0.25
        self.connection_id = self.stage.add_connection(
            self.name,
            layout=Layout.COMBINED if self.combined else Layout.TWO,
            jobs=self.rnd.choice(list(JobMode)),
            new_id=lambda: UUID(int=self.rnd.getrandbits(128)),
        ).id
        self.stage.name_installation("rehearsed")
        self.people = People(self)
        self.third = ThirdBook(self) if self.has_third else None
        kinds = [*self._kinds_of_faults()]
        self.swarm = self.rnd.sample(kinds, self.rnd.randint(1, 6))
        if self.answers_first:
            self.swarm = [self._falls_at_send]

    @property
    def trace(self) -> list[str]:
        """What happened, in order."""
        return self.stage.trace

    def run(self) -> None:
        """Play it all; raises Violation, or whatever else must not happen."""
        for kind in self._applications():
            self._connector("", kind)
            self._connector("second PC", kind)
        self._sync(ApplicationKind.INVOICE)
        if self.third:
            self.third.begins()
        self.people.begin()
        self.people.receive(self.rnd.randint(2, 4))
        self._chaos()
        self._quiet()
        self._settle_accounts()
        self._last_word()
        self._settle_accounts()

    def _settle_accounts(self) -> None:
        reckoning.settle_accounts(self.stage, self.name)
        if self.third:
            self.third.settles_accounts()
        self.story.settle(self._books(), reckoning.reasons(self.stage, self.name))

    # Chaos.

    def _chaos(self) -> None:
        rate = self.rnd.choice((0.4, 0.7, 1.0))
        for _ in range(self.rnd.randint(3, 6)):
            self._people_act()
            if self.third:
                self.third.goes_on()
            if self.rnd.random() < rate:
                for _ in range(self.rnd.choice((1, 1, 1, 2, 3))):
                    self.rnd.choice(self.swarm)()
            kinds = (ApplicationKind.PAYMENT, ApplicationKind.PAYMENT, ApplicationKind.INVOICE)
            self._sync(self.rnd.choice(kinds))
            self._fate_over()
            self.stage.later(seconds=self.rnd.choice((5, 60, 130, 400, 700)))

    def _people_act(self) -> None:
        if self.rnd.random() < 0.7:
            self.people.receive(self.rnd.randint(1, 2))
        if self.rnd.random() < 0.35:
            self.acted += 1
            count = self.rnd.randint(1, 3)
            changes = acts.random_acts(self._books(), count, self.seed * 1000 + self.acted)
            self.story.people_acted(changes)
            self.say("people: " + "; ".join(change.sentence for change in changes))
        if self.rnd.random() < 0.2:
            self._somebody_meddles()
        self.people.act()
        self._catch_up()

    def _somebody_meddles(self) -> None:
        """A person edits or deletes a payment that we posted."""
        ours = [one for one in self._books().payments.values() if "[db:" in one.memo]
        if not ours:
            return
        chosen = self.rnd.choice(ours)
        try:
            if self.rnd.random() < 0.5:
                change = acts.delete(self._books(), chosen.txn_id)
            else:
                more = chosen.total + self.rnd.randrange(1, 5000)
                change = acts.edit_payment(self._books(), chosen.txn_id, amount=more)
        except BookError:
            return
        self.say(f"people: {change.sentence}")

    def _kinds_of_faults(self) -> tuple[Callable[[], None], ...]:
        return (
            *(self._line_fails, self._line_fails, self._daemon_falls, self._daemon_falls),
            *(self._refuses_call, self._loses_answer, self._runs_late, self._set_code),
            *(self._status, self._closed, self._stranger, self._locks, self._restores),
            *(self._second_connector, self._operator_stops, self._somebody_pays),
        )

    def _line_fails(self) -> None:
        kind = self.rnd.choice(LINE_FAULTS)
        call = "receiveResponseXML" if kind is FaultKind.CUT_RESPONSE else self.rnd.choice(CALLS)
        if self.rnd.random() < 0.7 and kind is not FaultKind.CUT_RESPONSE:
            call = self.rnd.choice(("sendRequestXML", "receiveResponseXML"))
        self.faults.append(Fault(kind, call, self.rnd.randint(1, 9)))
        self.say(f"fault: {kind} at {call}")

    def _daemon_falls(self) -> None:
        name = self.rnd.choice(("", "thd_send", "thd_take", "thd_receive"))
        fall = Fall(self.rnd.randint(1, 10 if name else 30), self.rnd.random() < 0.5, name)
        self.stage.falls.append(fall)
        self.say(f"fault: the daemon falls at commit {fall.at}, committed: {fall.committed}")

    def _falls_at_send(self) -> None:
        self.stage.falls.append(Fall(self.rnd.randint(2, 8), committed=False, name="thd_send"))

    def _request(self) -> str:
        return ADD if self.rnd.random() < 0.7 else ""

    def _refuses_call(self) -> None:
        self._plan(self.rnd.choice(list(HRESULTS)), self._request())

    def _loses_answer(self) -> None:
        code = self.rnd.choice(("0x80010105", "0x800706BA", "0x80040402"))
        if self.rnd.random() < 0.7:
            self._plan(code, self._request(), done=True)
        else:
            self._plan(code, self._request(), after=self.rnd.randint(0, 1))

    def _runs_late(self) -> None:
        self._plan(self.rnd.choice(("0x80010105", "0x80040402")), ADD, late=True)

    def _set_code(self) -> None:
        self._plan(self.rnd.choice(SET_CODES), ADD)

    def _status(self) -> None:
        self._plan(self.rnd.choice(STATUS_CODES), self._request())

    def _plan(self, code: str, request: str, **how: object) -> None:
        self.stage.company.fail_next(code, request, **how)
        self.say(f"fault: {code} for {request or 'any request'} {how}")

    def _closed(self) -> None:
        situation = self.rnd.choice(SITUATIONS)
        self.stage.company.set_situation(situation)
        self.say(f"fault: QuickBooks is {situation}")

    def _stranger(self) -> None:
        """Whoever forgot a company sees to it that the right one is open next."""
        if not self.people.is_bound():
            return
        self.stage.stranger_open = True
        self.say("fault: another company is open")

    def _locks(self) -> None:
        books = self._books()
        known = [*books.invoices, *books.payments, *books.customers]
        for object_id in self.rnd.sample(known, min(3, len(known))):
            books.locks.add(object_id)

    def _restores(self) -> None:
        """An older copy of the company file takes its place, once a run."""
        if not self.backup:
            self.backup = self.stage.company.backup()
            self.say("a backup is made")
        elif self.backup != "restored" and not self._books().late:
            self.stage.company.restore(self.backup)
            self.story.restored(self._books())
            self.backup = "restored"
            self.say("fault: the backup is restored")

    def _second_connector(self) -> None:
        call = self.rnd.choice(("sendRequestXML", "receiveResponseXML"))
        self.faults.append(Fault(FaultKind.SECOND, call, self.rnd.randint(1, 8)))

    def _operator_stops(self) -> None:
        self.boundaries.append((self.rnd.randint(4, 30), self._stop_running))

    def _stop_running(self) -> None:
        with self.stage.store.transaction():
            for sync in syncs.list_syncs(self.connection_id, limit=3):
                if sync.state in (SyncState.PENDING, SyncState.STARTED):
                    syncs.request_stop(sync.id, OPERATOR)

    def _somebody_pays(self) -> None:
        self.boundaries.append((self.rnd.randint(4, 40), self._pay_by_hand))

    def _pay_by_hand(self) -> None:
        """Between two calls a person pays an invoice, maybe the one that is being paid."""
        owed = [one for one in self._books().invoices.values() if one.owed > 0]
        if owed:
            invoice = self.rnd.choice(owed)
            paid = self.rnd.randrange(1, invoice.balance + 1)
            try:
                acts.pay(self._books(), invoice.txn_id, paid)
            except BookError:
                return
            self._catch_up()
            self.say(f"people: {paid} paid on {invoice.txn_id}")

    def _fate_over(self) -> None:
        """A session is over: what was given up on runs within the window, if it runs at all."""
        self.faults.clear()
        self.boundaries.clear()
        self.stage.falls.clear()
        self.stage.stranger_open = False
        self.stage.company.set_situation("open")
        self._books().locks.clear()
        if self._books().late:
            self.stage.later(seconds=self.rnd.randint(1, WINDOW_SECONDS // 3))
            for answer in self.stage.company.run_late():
                self.say(f"late: {answer}")
        self.story.look(self._books())

    # One update.

    def _applications(self) -> tuple[ApplicationKind, ...]:
        if self.combined:
            return (ApplicationKind.COMBINED,)
        return (ApplicationKind.INVOICE, ApplicationKind.PAYMENT)

    def _sync(self, kind: ApplicationKind) -> Outcome:
        kind = ApplicationKind.COMBINED if self.combined else kind
        connector, row = self._connector("", kind)
        connector.faults = tuple(self.faults)
        connector.second_connector = lambda _qwc: self._second(kind)
        self._calls = 0
        outcome = connector.update(row)
        self.story.look(self._books())
        self._catch_up()
        self.say(f"{kind}: {outcome.result} {outcome.status}")
        return outcome

    def _second(self, kind: ApplicationKind) -> None:
        self.stage.peer = "192.0.2.7"
        try:
            connector, row = self._connector("second PC", kind)
            self.say(f"second: {connector.update(row).result}")
        finally:
            self.stage.peer = "127.0.0.1"

    def _connector(self, place: str, kind: ApplicationKind) -> tuple[WebConnector, Row]:
        """The Web Connector of a PC, or of the one on which another company is open."""
        elsewhere = self.stage.stranger_open and not place
        key = "elsewhere" if elsewhere else place, kind
        if key not in self.connectors:
            made, row = self.stage.web_connector(
                self.name,
                kind=kind,
                company=self._another() if elsewhere else None,
                password=self.password,
                clock=lambda: self.stage.now,
                on_boundary=None if place else self._at_boundary,
            )
            self.connectors[key] = made, row
        return self.connectors[key]

    def _at_boundary(self, boundary: Boundary) -> None:
        self._calls += 1
        self.say(str(boundary))
        if self.third:
            self.third.meanwhile()
        self.story.look(self._books())
        for at, act in self.boundaries:
            if at == self._calls:
                act()

    def _another(self) -> Company:
        return Company.create(seed=self.seed + 1, customers=2, invoices=3, name="Elsewhere Ltd")

    # Quiet.

    def _quiet(self) -> None:
        """Faults are over, and the operator does what he is told."""
        self._fate_over()
        self.stage.company.books.faults.clear()
        self.stage.later(minutes=20)
        self._clean_round()
        self._operator_goes_on()
        self._third_comes_to_rest()
        for outcome in self._clean_round():
            _must_be_done(outcome)
        self._third_comes_to_rest()

    def _third_comes_to_rest(self) -> None:
        if self.third:
            self.third.comes_to_rest()

    def _last_word(self) -> None:
        """What is paid on either side is right on both after one Payment Sync alone."""
        self.people.receive(1)
        self._pay_by_hand()
        _must_be_done(self._sync(ApplicationKind.PAYMENT))
        self._third_comes_to_rest()

    def _clean_round(self) -> list[Outcome]:
        outcomes = []
        for kind in (ApplicationKind.INVOICE, ApplicationKind.PAYMENT):
            outcomes.append(self._sync(kind))
            self.stage.later(minutes=20)
        return outcomes

    def _operator_goes_on(self) -> None:
        """The restored company is the one to go on with."""
        with self.stage.store.reading():
            found = problems.list_problems(self.connection_id, [ProblemState.OPEN])
        for problem in found:
            if problem.code == "company-restored":
                decide(self.stage.store, plan_retry, [problem.id], who=OPERATOR)
                self.say("the operator: go on with the restored company")

    # Time, and words.

    def _books(self):
        return self.stage.company.books

    def _catch_up(self) -> None:
        """People's acts move QuickBooks' clock: the daemon lives at the same time."""
        behind = self._books().now - int(self.stage.now.timestamp())
        if behind > 0:
            self.stage.now += timedelta(seconds=behind)

    def say(self, what: str) -> None:
        self.trace.append(f"{self.stage.now:%H:%M:%S} {what}")


def _must_be_done(outcome: Outcome) -> None:
    if outcome.result is not Result.DONE:
        raise Violation(f"a clean sync ends {outcome.result}: {outcome.status}")


def has_third(seed: int) -> bool:
    """Whether the suite plays a seed with a third book: one in four, of any kind."""
    return seed // 2 % 4 == 0


def play(
    seed: int, folder: Path, *, answers_first: bool = False, third: bool | None = None
) -> Rehearsal:
    """Play the rehearsal of a seed; raises Violation with the seed and the way to see it.

    ``third``: with a third book or without, whatever the suite does.
    """
    with_third = has_third(seed) if third is None else third
    rehearsal = Rehearsal(seed, folder, answers_first, with_third)
    try:
        rehearsal.run()
    except Exception as wrong:
        told = "\n".join(rehearsal.trace[-400:])
        books = "three books" if with_third else "two books"
        raise Violation(f"rehearsal {seed} of {books}: {wrong!r}\n{told}") from wrong
    finally:
        rehearsal.stage.close()
    return rehearsal
