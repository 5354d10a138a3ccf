"""A store with books, a clock, and the worker of one account on some platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from daemon.connectors.platform import Answer, Capabilities, Company, Done, Platform, Request
from daemon.connectors.worker import ConnectorWorker
from shared.models import connections
from shared.models.ledger import incoming_invoices
from shared.models.payments import from_quickbooks
from shared.models.platforms import accounts, copies, outbox, records
from shared.models.store import open_store
from shared.rules.connectors import (
    AccountState,
    Change,
    Mapped,
    Outgoing,
    PlatformAccount,
    SendState,
    Would,
)
from shared.rules.payments.values import ReceivedPayment
from shared.rules.values import Customer, RecordKind
from shared.structs import replace
from tests.daemon.in_place import InPlace
from tests.models.builders import NOON, Books, customer

ACCOUNT = PlatformAccount(
    connection_id=0,
    connection="Larkspur",
    platform="toy",
    url="https://toy.example",
    sandbox=True,
    key_source="env:TOY_KEY",
    state=AccountState.LIVE,
    is_looking=False,
    identity="",
    company="",
    currency="",
    time_zone="",
    warning="",
    connected_at=NOON,
    connected_by="olga",
)


class Toy:
    """A whole platform: it has what it was sent, under numbers of its own."""

    capabilities = Capabilities()

    def __init__(self) -> None:
        self.has: dict[str, str] = {}

    def company(self) -> Deferred[Company]:
        return succeed(Company("toy:1", "Toys", "USD", "UTC"))

    def prepare(self, change: Change) -> Deferred[Request]:
        what = f"{change.outgoing.name} {change.ended.value or change.copy}"
        return succeed(
            Request(what.encode(), what, Would.CHANGE if change.mapped else Would.CREATE)
        )

    def send(self, body: bytes, _key: str) -> Deferred[Answer]:
        name, _, what = body.decode().partition(" ")
        self.has[name] = what
        return succeed(Done("" if what == "deleted" else name))

    def close(self) -> Deferred[None]:
        return succeed(None)


class World:
    """A connection with one account, and daemons that work for it."""

    keeps: type[Books] = Books

    def __init__(self, url: str, platform: Any) -> None:
        self.clock = Clock()
        self.store = open_store(url, clock=self.now)
        self.threads = InPlace(self.store)
        self.books = self.keeps(self.store)
        self.id = self.books.id
        self.platform = platform
        self.workers: list[ConnectorWorker] = []
        self.keys = count(1)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.seconds())

    def connects(self, **fields: Any) -> None:
        account = replace(ACCOUNT, connection_id=self.id, **fields)
        with self.store.transaction():
            accounts.add(account, b"", 0)
            connection = connections.by_id(self.id)
            outbox.want(
                self.id, list(copies.at_first(connection, account.identity)), self.store.now()
            )

    def runs(
        self, daemon: str = "one", platform: Platform | None = None, clock: Clock | None = None
    ) -> ConnectorWorker:
        """A daemon works for the account; one with a clock of its own is killed when that stops."""
        with self.store.reading():
            account = accounts.get(self.id, "Larkspur")
        worker = ConnectorWorker(
            account=account,
            platform=platform or self.platform,
            reactor=clock or self.clock,
            threads=self.threads,
            reads=self.threads,
            store=self.store,
            now=self.store.now,
            chance=lambda: 1.0,
            new_key=lambda: f"request-{next(self.keys)}",
            holder=daemon,
            poll_seconds=60,
        )
        if clock is None:
            self.workers.append(worker)
        worker.startService()
        return worker

    def goes_on(self, seconds: float = 4, *, by: float = 1) -> None:
        passed = 0.0
        while passed < seconds:
            self.clock.advance(by)
            passed += by

    def quickbooks_has(self, *invoices: Any, customers: Sequence[Customer] = ()) -> None:
        """A sync brings invoices, with their customers, and settles the books."""
        self.books.hold(*(customers or [customer()]))
        self.books.read(*invoices)
        self._settle()

    def _settle(self) -> None:
        with self.store.reading():
            jobs = connections.by_id(self.id).jobs
        self.books.settle(jobs)

    def quickbooks_received(self, *payments: ReceivedPayment) -> None:
        """A sync brings payments that were recorded in QuickBooks."""
        with self.store.transaction():
            from_quickbooks.store(self.id, self.books.sync.id, payments, self.store.now())

    def quickbooks_deleted(self, *invoices: str, payments: Sequence[str] = ()) -> None:
        with self.store.transaction():
            incoming_invoices.mark_deleted(self.id, list(invoices))
            from_quickbooks.mark_deleted(self.id, list(payments), self.store.now())
        self._settle()

    def stands(self, object_id: str) -> Outgoing:
        with self.store.reading():
            return outbox.get(self.id, object_id)[0]

    def states(self) -> dict[str, SendState]:
        with self.store.reading():
            return {one.name: one.state for one in outbox.listed(self.id, list(SendState))}

    def mapped(self, kind: RecordKind, our_id: str) -> Mapped | None:
        with self.store.reading():
            account = accounts.get(self.id, "Larkspur")
            return records.find(self.id, account.identity, kind, our_id)

    def sets(self, state: AccountState, *, looking: bool = False) -> None:
        with self.store.transaction():
            accounts.set_state(accounts.get(self.id, "Larkspur"), state)
            accounts.set_looking(self.id, is_looking=looking)

    def chooses(self, object_id: str, choice: str) -> None:
        """A person says which record of the platform one of ours is."""
        one = self.stands(object_id)
        with self.store.transaction():
            outbox.decide(self.id, one, SendState.WAITING, "", choice, self.store.now())

    def close(self) -> None:
        for worker in self.workers:
            if worker.running:
                worker.stopService()
        left = [call for call in self.clock.getDelayedCalls() if call.active()]
        assert not left, left
        self.store.close()
