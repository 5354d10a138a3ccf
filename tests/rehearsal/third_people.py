"""What people do on Invoiced in a rehearsal, and what the operator decides about it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from daemon.connectors.invoiced.values import OUR_ID
from shared.errors import StoreError
from shared.models.platforms import outbox
from shared.operations import connectors, platform_records
from shared.rules.connectors import CREATE, AccountState, Outgoing, SendState, Would
from simulator.invoiced import acts, customers, documents
from simulator.invoiced.account import Record
from simulator.invoiced.documents import INVOICES
from simulator.invoiced.faults import FaultKind, FaultPlan
from tests.rehearsal.stage import Fall

if TYPE_CHECKING:
    from tests.rehearsal.third_book import ThirdBook

STEPS = ("thd_begin", "thd_end", "thd_stay", "_thd_take", "_thd_reach", "")
"""The commits of the worker at which the daemon may be killed; empty: at any."""
FAULTS = tuple(FaultKind)


class ThirdPeople:
    """Staff and customers on Invoiced, the operator, and bad luck. ``touched`` are the invoices
    that staff changed or deleted by hand, by their ids there and by TxnIDs."""

    def __init__(self, book: ThirdBook) -> None:
        self.book = book
        self.rnd = book.rnd
        self.account = book.account
        self.touched: set[str] = set()
        self.alike: dict[int, str] = {}
        """Invoices of Invoiced that are the same as one of QuickBooks, with its TxnID."""
        self.acted = 0

    # Before the account is connected.

    def keep_books(self) -> None:
        """Invoiced has customers and invoices already, some of them as QuickBooks has them."""
        books = self.book.stage.company.books
        with self.account.change():
            for one in self.rnd.sample(list(books.customers.values()), 2):
                for _ in range(self.rnd.choice((1, 1, 2))):
                    self._customer(books.full_name(one.list_id))
            other = self._customer("Somebody Else")
            owed = [one for one in books.invoices.values() if one.number and one.owed]
            for one in self.rnd.sample(owed, min(len(owed), self.rnd.choice((0, 1, 2)))):
                known = self.account.first("customers", "name", books.full_name(one.customer))
                alike = known is not None and self.rnd.random() < 0.5
                made = self._invoice(known if known and alike else other, one.number, one.total)
                if made is not None and known and alike:
                    self.alike[made["id"]] = one.txn_id

    def _customer(self, name: str) -> Record:
        made = customers.create(self.account, {"name": name, "email": "ann@example.com"})
        customers.save_contact(self.account, made, {"name": f"Ann of {made['number']}"})
        return made

    def _invoice(self, customer: Record, number: str, amount: int) -> Record | None:
        if self.account.first("invoices", "number", number) is not None:
            return None
        lines = [{"name": "By hand", "quantity": 1, "unit_cost": Decimal(amount) / 100}]
        given = {"customer": customer["id"], "number": number, "items": lines}
        return documents.create(self.account, INVOICES, given)

    # Chaos.

    def act(self) -> None:
        """Some pay, some correct, and a bank decides; the operator has his say, and luck is bad."""
        if self.rnd.random() < 0.85:
            self._on_invoiced(self.rnd.randint(1, 4))
        if self.rnd.random() < 0.7:
            self._bad_luck()
        if self.rnd.random() < 0.4:
            self._operator()

    def _on_invoiced(self, count: int) -> None:
        self.acted += 1
        self.account.people_act = True
        before = {one["id"]: one["metadata"].get(OUR_ID) for one in self.account.all("invoices")}
        done = acts.random_acts(self.account, count, self.book.play.seed * 1000 + self.acted)
        self.account.people_act = False
        for one in done:
            if one.kind == "invoices" and one.id in before:
                self.touched |= {str(one.id), before[one.id] or ""}
            self.book.say(f"on Invoiced: {one.sentence}")

    def decide_charges(self) -> None:
        """Banks decide about what is pending, so that nothing waits for them any more."""
        for one in self.account.all("payments"):
            charge = self.account.get("charges", one["charge"])
            if charge is not None and charge["status"] == "pending" and not one["voided"]:
                with self.account.change():
                    done = acts.settle(self.account, one, succeeds=self.rnd.random() < 0.7)
                self.book.news = True
                self.book.say(f"on Invoiced: {done.sentence}")

    def _bad_luck(self) -> None:
        """Faults of the server, of the line, of the daemon."""
        kinds = self.rnd.sample(FAULTS, self.rnd.randint(1, 4))
        rate = self.rnd.choice((0.05, 0.15, 0.4))
        seed = self.rnd.randrange(1 << 30)
        self.book.service.faults = FaultPlan(seed=seed, rate=rate, kinds=kinds)
        self.book.say(f"fault: Invoiced has {', '.join(kinds)} at {rate}")
        if self.rnd.random() < 0.25:
            self.book.killed_in = self.rnd.randint(1, 25)
        if self.rnd.random() < 0.25:
            name, at = self.rnd.choice(STEPS), self.rnd.randint(1, 12)
            self.book.stage.falls.append(Fall(at, self.rnd.random() < 0.5, name))
            self.book.say(f"fault: the daemon falls at commit {at} of {name or 'any step'}")

    # The operator.

    def _operator(self) -> None:
        self.rnd.choice((self._pause, self.retry_all, self.choose, self._skip))()

    def _pause(self) -> None:
        self._decides("pause", connectors.plan_state, AccountState.PAUSED)
        if self.rnd.random() < 0.5:
            self.resume()

    def resume(self) -> None:
        """Go on, in case it is paused."""
        self._decides("resume", connectors.plan_state, AccountState.LIVE)

    def retry_all(self) -> bool:
        """Try again what was refused; whether anything was."""
        refused = self._standing(SendState.REFUSED)
        if refused:
            self._decides("retry all", platform_records.plan_retry, [])
        return bool(refused)

    def choose(self) -> bool:
        """Say that customers are new ones whom several of Invoiced may be; whether any was."""
        found = [one for one in self._standing(SendState.REFUSED) if one.would is Would.AMBIGUOUS]
        for one in found:
            self._decides(
                f"create {one.document}", platform_records.plan_choose, one.object_id, CREATE
            )
        return bool(found)

    def _skip(self) -> None:
        found = self._standing(SendState.REFUSED)
        if found:
            name = self.rnd.choice(found).object_id
            self._decides(f"leave out {name}", platform_records.plan_skip, [name], "rehearsed")

    def _standing(self, state: SendState) -> list[Outgoing]:
        with self.book.stage.store.reading():
            return list(outbox.listed(self.book.connection_id, [state]))

    def _decides(self, what: str, plan_of: Callable[..., object], *arguments: object) -> None:
        try:
            self.book.decides(plan_of, *arguments)
        except StoreError:
            return
        self.book.say(f"the operator, of Invoiced: {what}")
