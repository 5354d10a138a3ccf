"""A daemon that works for an account of the fake Invoiced, without HTTP between them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from twisted.internet import defer
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from daemon.connectors.invoiced.api import ApiNotNow, ApiRefusal, ApiSilence, Page
from daemon.connectors.invoiced.client import page_of
from daemon.connectors.invoiced.platform import Invoiced
from shared.models.ledger import invoice_pages
from shared.rules.connectors import SendState
from shared.rules.ledger import InvoiceSides
from simulator.invoiced.account import Record
from simulator.invoiced.faults import Fault
from simulator.invoiced.service import Answer, ConnectionCut
from tests.daemon.connectors.rig import World
from tests.simulator.invoiced.builders import Fake

PATIENCE_SECONDS = 30.0
PATIENCE_TURNS, LEASE_SECONDS = 60, 150.0
QUIET = 4
"""So many turns without anything that waits say that all is done."""


class Direct:
    """A client that goes through every layer of the fake but HTTP.

    After ``answered_until`` requests its daemon is dead: what it asks is done, and nobody hears.
    """

    def __init__(self, fake: Fake, answered_until: float = math.inf) -> None:
        self.asked = 0
        self.answered_until = answered_until
        self._fake = fake

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Deferred[Any]:
        target = f"{path}?{urlencode(query)}" if query else path
        return self._asked("GET", target, None, {}).addCallback(_read)

    def page(self, path: str, query: Mapping[str, str]) -> Deferred[Page]:
        asked = self._asked("GET", f"{path}?{urlencode(query)}", None, {})
        return asked.addCallback(lambda got: page_of(_read(got), *_paging(got)))

    def write(
        self, method: str, path: str, values: Mapping[str, Any] | None, key: str
    ) -> Deferred[Any]:
        headers = {} if method == "DELETE" else {"idempotency-key": key}
        return self._asked(method, path, values, headers).addCallback(_read)

    def close(self) -> Deferred[None]:
        return succeed(None)

    def _asked(self, method: str, path: str, values: Any, headers: Any) -> Deferred[Any]:
        self.asked += 1
        answered: Deferred[Any] = self._fake.send(method, path, values, headers)
        if self.asked > self.answered_until:
            return Deferred()  # whoever asked is dead by then
        answered.addTimeout(PATIENCE_SECONDS, self._fake.clock)
        return answered.addErrback(_cut, method)


def _paging(answer: Answer) -> tuple[str, str]:
    return answer.headers.get("Link", ""), answer.headers.get("X-Total-Count", "")


def _read(answer: Answer) -> Any:
    if answer.headers["Content-Type"] == "text/html":
        raise ApiSilence(f"HTTP status {answer.status}")
    told = json.loads(answer.body, parse_float=Decimal) if answer.body else None
    if answer.status < 400:
        return told
    if answer.status in (401, 403, 429):
        after = timedelta(seconds=float(answer.headers.get("Retry-After", 0)))
        raise ApiNotNow(told["message"], whole=True, after=after)
    if answer.status >= 500:
        raise ApiNotNow(told["message"])
    raise ApiRefusal(answer.status, told["message"])


def _cut(failure: Failure, method: str) -> Any:
    failure.trap(ConnectionCut, defer.TimeoutError)
    raise ApiNotNow("cut") if method == "GET" else ApiSilence("cut")


class OnInvoiced(World):
    """A connection with an account on the fake."""

    def __init__(self, url: str, *faults: Fault, **profile: Any) -> None:
        self.fake = Fake(*faults, **profile)
        super().__init__(url, Invoiced(Direct(self.fake)))

    def goes_on(self, seconds: float = 30, *, by: float = 1) -> None:
        passed = 0.0
        while passed < seconds:
            self.fake.clock.advance(by)
            self.clock.advance(by)
            passed += by

    def is_killed_at(self, request: int) -> None:
        """A daemon works until that request; another one goes on when its lease is over."""
        client = Direct(self.fake, answered_until=request - 1)
        its_own = Clock()
        self.runs("killed", platform=Invoiced(client), clock=its_own)
        for _ in range(PATIENCE_TURNS):
            its_own.advance(1)
            self.fake.clock.advance(1)
        self.goes_on(LEASE_SECONDS, by=5)

    def settles(self, most: float = 3600, *, by: float = 2) -> None:
        """Goes on until nothing waits any more."""
        passed, quiet = 0.0, 0
        while passed < most and quiet < QUIET:
            self.goes_on(by, by=by)
            passed += by
            quiet = 0 if SendState.WAITING in self.states().values() else quiet + 1

    def books_show(self, txn_id: str) -> InvoiceSides:
        """An invoice of the ledger."""
        return invoice_pages.get(self.id, txn_id)

    def there(self, kind: str) -> list[Record]:
        """All records of a kind, as the API shows them."""
        include = {"include": "applied_to"} if kind == "payments" else {}
        found: list[Record] = self.fake.get(f"/{kind}", **include)
        return found

    def numbered(self, number: str) -> Record:
        return next(one for one in self.there("invoices") if one["number"] == number)

    def customer_called(self, name: str) -> Record:
        return next(one for one in self.there("customers") if one["name"] == name)

    def paid_there(self) -> dict[str, Decimal]:
        """What is left of each invoice there, by number."""
        return {one["number"]: one["balance"] for one in self.there("invoices")}

    def writes(self) -> list[str]:
        """What was asked of the fake but reading."""
        seen = self.fake.service.seen
        return [f"{one.method} {one.path}" for one in seen if one.method != "GET"]

    def close(self) -> None:
        super().close()
        assert self.fake.problems() == []
