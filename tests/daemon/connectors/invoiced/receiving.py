"""A connection whose invoices are on the fake, and payments that are made there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred

from daemon.connectors.invoiced.api import ApiRefusal, Page
from daemon.connectors.invoiced.platform import Invoiced
from shared.models import problems
from shared.models.payments import from_platform, payment_pages, postings
from shared.models.platforms import accounts, inbox, records
from shared.operations.deciding import Operator, carry_out
from shared.rules.connectors import Owner
from shared.rules.invoiced import COMPANY, company_of
from shared.rules.payments.values import Payment, PostingState
from shared.rules.values import Problem, ProblemState, RecordKind
from shared.structs import replace
from simulator.invoiced import acts
from simulator.invoiced.acts import Done
from tests.daemon.connectors.invoiced.rig import Direct, OnInvoiced
from tests.models.builders import invoice
from tests.simulator.invoiced.builders import Fake

A_POLL = 60
PAYMENT = RecordKind.PAYMENT


class Strange(Direct):
    """A client that sees payments otherwise than they are, and lists that it may not."""

    def __init__(self, fake: Fake) -> None:
        super().__init__(fake)
        self.shown: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.payments_read: list[str] = []
        self.lists_read: Counter[str] = Counter()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Deferred[Any]:
        got = super().get(path, query)
        if not path.startswith("/payments/"):
            return got
        self.payments_read.append(path.rpartition("/")[2])
        return got.addCallback(self._seen)

    def page(self, path: str, query: Mapping[str, str]) -> Deferred[Page]:
        if path in self.refused:
            raise ApiRefusal(400, "No such list.")
        self.lists_read[path] += 1
        got = super().page(path, query)
        return got.addCallback(self._page_seen) if path == "/payments" else got

    def _page_seen(self, page: Page) -> Page:
        return replace(page, records=[self._seen(one) for one in page.records])

    def _seen(self, record: Any) -> Any:
        return {**record, **self.shown.get(str(record["id"]), {})}


class Received(OnInvoiced):
    """A connection whose invoices are on the fake, and what comes back from there."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.client = Strange(self.fake)
        self.platform = Invoiced(self.client)

    def begins(self, *invoices: Any) -> None:
        self.quickbooks_has(*(invoices or [invoice("1A-100"), invoice("1A-101")]))
        self.connects(platform="invoiced")
        self.runs()
        self.goes_on(20)

    def on_invoiced(self, act: Any, *args: Any, **how: Any) -> str:
        """Somebody does something there; returns the id of the payment."""
        account = self.fake.account
        self.fake.clock.advance(1)
        with account.change():
            done: Done = act(account, *args, **how)
        return str(done.id)

    def pays(self, *numbers: str, **how: Any) -> str:
        account = self.fake.account
        owed = [acts.invoice_named(account, one) for one in numbers]
        return self.on_invoiced(acts.pay, owed, **how)

    def next_payment_id(self) -> str:
        """The id of the payment that somebody makes there next."""
        return str(self.fake.account.next_id("payments"))

    def the(self, their_id: str) -> Any:
        return acts.payment_named(self.fake.account, their_id)

    def polls(self, times: int = 2) -> None:
        self.goes_on(A_POLL * times, by=5)

    def on_file(self, external_id: str) -> Payment | None:
        with self.store.reading():
            number = from_platform.ids(self.id, [external_id]).get(external_id)
            return None if number is None else payment_pages.get(number)

    def owner(self, their_id: str) -> Owner | None:
        with self.store.reading():
            found = records.ours(self.id, self.identity(), PAYMENT, their_id)
            return found.owner if found else None

    def identity(self) -> str:
        with self.store.reading():
            return accounts.get(self.id, "Larkspur").identity

    def is_looking(self) -> bool:
        with self.store.reading():
            return accounts.get(self.id, "Larkspur").is_looking

    def watched(self) -> list[str]:
        later = self.store.now() + timedelta(days=1)
        with self.store.reading():
            return [one.their_id for one in inbox.watched(self.id, self.identity(), later)]

    def opened(self) -> list[Problem]:
        with self.store.reading():
            return problems.list_problems(self.id, [ProblemState.OPEN])

    def decides(self, plan: Any, *args: Any, **named: Any) -> None:
        with self.store.reading():
            made = plan(self.store, *args, **named)
        carry_out(Operator(self.store, "olga"), made, {need.code for need in made.needs})

    def asked(self) -> int:
        return len(self.fake.service.seen)

    def shows(self, their_id: str, *, touch: bool = True, **values: Any) -> None:
        """Invoiced shows these values of a payment from now on; none: as it is."""
        self.client.shown[their_id] = values
        if touch:
            account = self.fake.account
            self.fake.clock.advance(1)
            with account.change():
                account.alter("payments", self.the(their_id))

    def fake_identity(self) -> str:
        return company_of(self.fake.get(COMPANY)).identity

    def posts(self, their_id: str, txn_id: str) -> None:
        """QuickBooks takes a payment."""
        with self.store.transaction():
            now = self.store.now()
            number = from_platform.ids(self.id, [their_id])[their_id]
            (part,) = postings.of_payment(number)
            postings.move(part.id, PostingState.SENT, now, event="test")
            postings.move(part.id, PostingState.POSTED, now, event="test", txn_id=txn_id)

    def posts_to_quickbooks(self, their_id: str, txn_id: str = "9C-1") -> None:
        """It comes in, and QuickBooks takes it."""
        self.polls()
        self.posts(their_id, txn_id)

    def noted(self, their_id: str) -> str:
        """The TxnID that Invoiced shows of a payment; empty: none."""
        told = self.fake.get(f"/payments/{their_id}/accounting_sync_status")
        return str(told.get("accounting_id") or "") if told["synced"] else ""

    def arrivals_told(self) -> list[tuple[str, str]]:
        """Those of them that are about what did not come in."""
        return [one for one in self.told() if one[0].startswith("arrival")]

    def told(self) -> list[tuple[str, str]]:
        """Code and document of each open problem."""
        return [(one.code, one.document) for one in self.opened()]
