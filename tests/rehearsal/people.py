"""What people decide in a rehearsal, drawn at random: the operator, the platform, the bookkeeper.

The operator decides through the operations, now and then on the command line, confirms what a
plan asks, and does what it tells him to do first: he looks in QuickBooks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from console.cli.context import CommandContext
from console.cli.payments import payments as payments_command
from console.cli.problems import problems as problems_command
from shared.errors import StoreError
from shared.models import connections, problems
from shared.models.payments import payment_pages
from shared.operations import connections as held_connections
from shared.operations import customers, issuing, payment_allowances, payment_intake, payments
from shared.operations import problems as decisions
from shared.operations.deciding import Operator, Outcome, Plan, carry_out
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus
from shared.rules.payments.views import PaymentFilter
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment, Problem, ProblemState
from shared.structs import replace
from simulator.company import acts
from simulator.company.books import BookError
from tests.rehearsal import cast
from tests.rehearsal.reckoning import live
from tests.taking_in import take_in

if TYPE_CHECKING:
    from tests.rehearsal.play import Rehearsal
    from tests.rehearsal.stage import Stage

OPERATOR = "rehearsing"
WHY = "rehearsed"
SETTINGS: Sequence[dict[str, Any]] = (
    *({"overpayment": one} for one in Overpayment),
    *({"on_account": one} for one in OnAccount),
    *({"closed_period": one} for one in ClosedPeriod),
)


class AtStage(CommandContext):
    """The context of a command that runs on the stage's own store, at the stage's time."""

    who = OPERATOR

    def __init__(self, stage: Stage) -> None:
        super().__init__(None, {})
        self._opened = stage.store


class People:
    """Those who decide. What they do is told in the trace of the rehearsal."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.play = rehearsal
        self.rnd = rehearsal.rnd
        self.stage = rehearsal.stage
        self.story = rehearsal.story
        self.names = 0

    def begin(self) -> None:
        """Some connections allow from the first day what others refuse."""
        for _ in range(self.rnd.choice((0, 0, 1, 3))):
            self._sets()

    def act(self) -> None:
        """Each may do something."""
        for _ in range(self.rnd.choice((0, 1, 2, 3))):
            self._draw(
                *(self._on_payment, self._on_payment, self._on_payment),
                *(self._on_problem, self._on_problem, self._on_connection, self._on_name),
            )
        if self.rnd.random() < 0.4:
            self._draw(self._corrects)
        if self.rnd.random() < 0.3:
            self._draw(self._writes_a_number_twice, self._renames, self._closes_a_period)

    def _draw(self, *among: Callable[[], None]) -> None:
        self.rnd.choice(among)()

    # Payments.

    def _on_payment(self) -> None:
        decide = self.rnd.choice(
            (
                *(self._retry, self._retry, self._skip, self._unskip, self._allow),
                *(self._withdraw, self._settle, self._retry_all, self._on_command_line),
            )
        )
        found = self._ours()
        if found:
            decide(self.rnd.choice(found))

    def _ours(self) -> list[Payment]:
        with self.stage.store.reading():
            return list(payment_pages.each(self.play.connection_id, source=PaymentSource.INVOICED))

    def _retry(self, payment: Payment) -> None:
        if not self._may_be_there(payment):
            self._decide(f"retry {payment.external_id}", payments.plan_retry, [payment.id])

    def _retry_all(self, payment: Payment) -> None:
        alike = PaymentFilter(self.play.connection_id, (payment.status,))
        self._decide(f"retry all {payment.status}", payments.plan_retry_alike, alike)

    def _skip(self, payment: Payment) -> None:
        self._decide(f"skip {payment.external_id}", payments.plan_skip, [payment.id], WHY)

    def _unskip(self, payment: Payment) -> None:
        skipped = [one for one in self._ours() if one.status is PaymentStatus.SKIPPED]
        chosen = self.rnd.choice(skipped or [payment])
        self._decide(f"unskip {chosen.external_id}", payments.plan_unskip, [chosen.id])

    def _allow(self, payment: Payment) -> None:
        able = [one for one in self._ours() if payment_allowances.has_way_out(one)]
        chosen = self.rnd.choice(able or [payment])
        if not live(self.stage, chosen):
            self._decide(f"allow {chosen.external_id}", payment_allowances.plan_way_out, chosen.id)

    def _withdraw(self, payment: Payment) -> None:
        what = f"withdraw {payment.external_id}"
        if self._decide(what, payments.plan_withdraw, [payment.id]):
            self.story.withdrawn.add(payment.external_id)

    def _settle(self, _payment: Payment) -> None:
        """Only where no copy is left on any PC, which is what the operator vouches for."""
        if self._books().late:
            return
        try:
            with self.stage.store.reading():
                plan = payments.plan_settle_of(self.stage.store, self.play.connection_id)
        except StoreError:
            return
        done = self._decide("settle now", payments.plan_settle, plan.payment_id)
        if done and plan.set_id in self.stage.sent:
            self.stage.sent[plan.set_id].vouched = True

    def _may_be_there(self, payment: Payment) -> bool:
        """What a person is told before a retry: see in QuickBooks that it is not there."""
        parked = payment.status is PaymentStatus.PARKED
        return parked and bool(self._books().late or live(self.stage, payment))

    def _on_command_line(self, payment: Payment) -> None:
        """As typed, with --yes where the operator has looked."""
        words = self.rnd.choice(
            (
                ("retry", str(payment.id)),
                ("skip", str(payment.id), "--because", WHY),
                ("unskip", str(payment.id)),
                ("withdraw", str(payment.id)),
            )
        )
        yes = () if self._may_be_there(payment) else ("--yes",)
        if self._type(payments_command, *words, *yes) and words[0] == "withdraw":
            self.story.withdrawn.add(payment.external_id)

    def _type(self, command: Any, *words: str) -> bool:
        done = CliRunner().invoke(command, list(words), obj=AtStage(self.stage))
        if done.exception is not None and not isinstance(done.exception, (SystemExit, StoreError)):
            raise done.exception
        if done.exit_code == 0:
            self._say(f"the operator types: {command.name} {' '.join(words)}")
        return done.exit_code == 0

    # Problems.

    def _on_problem(self) -> None:
        if self.rnd.random() < 0.3:
            if self.rnd.random() < 0.5:
                self._type(problems_command, "retry", "--all", "--yes")
            else:
                self._decide("retry all problems", decisions.plan_retry_all, None)
            return
        with self.stage.store.reading():
            states = (ProblemState.OPEN, ProblemState.SKIPPED, ProblemState.ACKNOWLEDGED)
            found = problems.list_problems(self.play.connection_id, states)
        if found:
            self._on(self.rnd.choice(found))

    def _on(self, problem: Problem) -> None:
        able = sorted(decisions.choices(problem) - {decisions.Choice.RESOLVE})
        if not able:
            return
        choice = self.rnd.choice(able)
        with self.stage.store.reading():
            payment = decisions.payment_of(problem)
        if choice == "retry" and payment is not None and self._may_be_there(payment):
            return
        self._decide(f"{choice} problem {problem.code} {problem.id}", self._plans(choice, problem))

    def _plans(self, choice: str, problem: Problem) -> Callable[..., Plan[Outcome]]:
        ids = [problem.id]
        return {
            "retry": partial(decisions.plan_retry, problem_ids=ids),
            "skip": partial(decisions.plan_skip, problem_ids=ids, because=WHY),
            "unskip": partial(decisions.plan_unskip, problem_ids=ids),
            "acknowledge": partial(decisions.plan_acknowledge, problem_ids=ids, because=WHY),
        }[choice]

    # The connection.

    def _on_connection(self) -> None:
        act = self.rnd.choice((self._sets, self._sets, self._sets, self._rotates, self._rebinds))
        act()

    def _sets(self) -> None:
        changes = self.rnd.choice(SETTINGS)
        plan_of = partial(held_connections.plan_edit, changes=changes)
        told = ", ".join(f"{name} {value}" for name, value in changes.items())
        self._decide(told, plan_of, self.play.connection_id)

    def _rotates(self) -> None:
        """A new password, typed into every Web Connector at once."""
        with self.stage.store.reading():
            plan = issuing.plan_rotation(self.stage.store, self.play.connection_id)
        codes = [need.code for need in plan.needs]
        issued = carry_out(Operator(self.stage.store, OPERATOR), plan, codes)
        for _connector, row in self.play.connectors.values():
            row.password = issued.password
        self.play.password = issued.password
        self._say("the operator: another password")

    def _rebinds(self) -> None:
        """The company is forgotten, and bound again by the next sync, with it alone open."""
        plan_of = partial(held_connections.plan_edit, changes={}, rebind=True)
        self._decide("forget the company", plan_of, self.play.connection_id)

    def is_bound(self) -> bool:
        """Whether the connection knows its company."""
        with self.stage.store.reading():
            return connections.by_id(self.play.connection_id).binding is not None

    # Names.

    def _on_name(self) -> None:
        """One of the platform's own names is matched to the customer who is meant, or no more."""
        names = sorted(self.story.nicknames.items())
        if not names:
            return
        name, list_id = self.rnd.choice(names)
        if self.rnd.random() < 0.7:
            plan_of = partial(customers.plan_map, name=name, list_id=list_id)
            self._decide(f"map {name}", plan_of, self.play.connection_id)
        else:
            plan_of = partial(customers.plan_unmap, name=name)
            self._decide(f"unmap {name}", plan_of, self.play.connection_id)

    # The platform.

    def receive(self, count: int) -> None:
        """Payments come in."""
        for _ in range(count):
            self.play.payments += 1
            said = cast.payment(self.rnd, self.play.payments, self._books(), self.stage.now)
            if said is None:
                return
            take_in(self.stage.store, self.play.connection_id, [said.payment], self.stage.now)
            self.story.tell(said)
            self._say(f"payment {said.payment.external_id} of {said.payment.amount} came in")

    def _corrects(self) -> None:
        """The platform sends a payment again with other content, whatever became of it."""
        known = [one for one in self._ours() if one.external_id in self.story.sent]
        said = cast.payment(self.rnd, 0, self._books(), self.stage.now)
        if not known or said is None:
            return
        chosen = self.rnd.choice(known)
        charge = {"charged": chosen.charged, "charge_state": chosen.charge_state}
        corrected = replace(said.payment, external_id=chosen.external_id, **charge)
        if self.rnd.random() < 0.5:
            refused = self._adds(corrected)
        else:
            connection_id, now = self.play.connection_id, self.stage.now
            report = take_in(self.stage.store, connection_id, [corrected], now)
            refused = bool(report.refused)
        if not refused:
            self.story.tell(replace(said, payment=corrected))
        became = "refused" if refused else "taken over"
        self._say(f"payment {corrected.external_id} is {corrected.amount} now: {became}")

    def _adds(self, payment: Any) -> bool:
        """As ``payments add`` does, which brings back what was withdrawn; whether it is refused."""
        with self.stage.store.reading():
            plan = payment_intake.plan_add(self.stage.store, self.play.name, payment)
        done = carry_out(Operator(self.stage.store, OPERATOR), plan)
        return done.refusal is not None

    # The bookkeeper.

    def _writes_a_number_twice(self) -> None:
        """Another invoice gets a number that one has already, mostly of another customer."""
        books = self._books()
        numbered = [one for one in books.invoices.values() if one.number]
        if not numbered:
            return
        first = self.rnd.choice(numbered)
        owners = [one for one in books.customers.values() if one.currency == first.currency]
        owner = self.rnd.choice(owners)
        amount = first.total if self.rnd.random() < 0.5 else self.rnd.randrange(100, 90000)
        self._in_books(lambda: acts.add_invoice(books, owner.list_id, amount, number=first.number))

    def _renames(self) -> None:
        """A customer gets another name, and now and then a new one gets the old name."""
        books = self._books()
        chosen = self.rnd.choice(list(books.customers.values()))
        self.names += 1
        self._in_books(lambda: acts.rename(books, chosen.list_id, f"Called otherwise {self.names}"))
        if self.rnd.random() < 0.3 and not chosen.parent:
            currency = chosen.currency
            self._in_books(lambda: acts.add_customer(books, chosen.name, currency=currency))

    def _closes_a_period(self) -> None:
        day = self.stage.now.date() - timedelta(days=self.rnd.randint(1, 6))
        self.stage.company.set_closing_date(day.isoformat(), password=True)
        self._say(f"people: the books are closed up to {day}")

    def _in_books(self, act: Callable[[], acts.Change]) -> None:
        try:
            self._say(f"people: {act().sentence}")
        except BookError:
            return

    # What all do.

    def _decide(self, what: str, plan_of: Callable[..., Plan[Outcome]], *arguments: Any) -> bool:
        """Plan, confirm what it needs, carry out; whether it was done."""
        store = self.stage.store
        try:
            with store.reading():
                plan = plan_of(store, *arguments)
            carry_out(Operator(store, OPERATOR), plan, [need.code for need in plan.needs])
        except StoreError:
            return False
        self._say(f"the operator: {what}")
        return True

    def _books(self) -> Any:
        return self.stage.company.books

    def _say(self, what: str) -> None:
        self.play.say(what)
