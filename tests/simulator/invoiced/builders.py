"""A fake Invoiced on a fake clock, asked as a client would ask it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twisted.internet.task import Clock

from simulator.invoiced import audit
from simulator.invoiced.account import Account, Profile
from simulator.invoiced.faults import Fault, FaultPlan
from simulator.invoiced.lists import flat
from simulator.invoiced.service import Answer, Request, Service

KEY = "k" * 32
NOON = 1_700_049_600
AUTHORIZED = {"authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}
JSON = {"content-type": "application/json"}


class Refused(Exception):
    """The fake answered 400 or more: ``answer`` says how, ``said`` is its JSON."""

    def __init__(self, answer: Answer) -> None:
        html = answer.headers["Content-Type"] == "text/html"
        self.said = {"message": answer.body.decode()} if html else json.loads(answer.body)
        super().__init__(f"{answer.status}: {self.said['message']}")
        self.status = answer.status
        self.headers = answer.headers


class Fake:
    """An account, the service before it, and a client that goes through every layer but HTTP."""

    def __init__(
        self, *faults: Fault, path: Path | None = None, latency: float = 0.0, **profile: Any
    ) -> None:
        self.clock = Clock()
        self.clock.advance(NOON)
        made = Profile(KEY, **profile)
        seconds = self.clock.seconds
        self.account = Account.open(path, seconds) if path else Account(made, seconds)
        self.service = Service(self.account, self.clock, FaultPlan(faults), latency)

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """What comes back at once: an Answer, or the failure of the connection is raised."""
        sent = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, {**AUTHORIZED, **JSON, **(headers or {})}, sent)
        return self.service.receive(request)

    def answer(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The answer, whatever it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        got: list[Answer] = []
        self.send(method, path, body, named).addCallback(got.append)
        return got[0]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of the answer. Raises Refused."""
        answer = self.answer(method, path, body, **headers)
        if answer.status >= 400:
            raise Refused(answer)
        return json.loads(answer.body, parse_float=Decimal) if answer.body else None

    def get(self, path: str, **query: Any) -> Any:
        """GET with a query."""
        pairs = urlencode(flat(query))
        return self.ask("GET", f"{path}?{pairs}" if pairs else path)

    def post(self, path: str, **body: Any) -> Any:
        """POST values."""
        return self.ask("POST", path, body)

    def patch(self, path: str, **body: Any) -> Any:
        """PATCH values."""
        return self.ask("PATCH", path, body)

    def customer(self, name: str = "Acme", **more: Any) -> int:
        """A new customer's ID."""
        return int(self.post("/customers", name=name, **more)["id"])

    def invoice(self, customer: int, amount: float = 100, **more: Any) -> Any:
        """A new invoice of one line."""
        return self.post("/invoices", customer=customer, items=[line(amount)], **more)

    def paid(self, invoice: Any, amount: float, **more: Any) -> Any:
        """A new payment recorded by hand."""
        return self.post(
            "/payments", amount=amount, applied_to=[on_invoice(invoice, amount)], **more
        )

    def charged(self, invoice: Any, amount: float, method: str = "credit_card") -> Any:
        """A new payment by a charge."""
        rows = [on_invoice(invoice, amount)]
        customer = invoice["customer"]
        return self.post(
            "/charges", customer=customer, amount=amount, method=method, applied_to=rows
        )

    def imports(self, kind: str, accounting_id: str, **values: Any) -> Any:
        """POST to an import endpoint."""
        system = {"accounting_system": "quickbooks_desktop", "accounting_id": accounting_id}
        return self.post(f"/{kind}/accounting_sync", **system, **values)

    def events(self, **query: Any) -> list[str]:
        """Types of events, oldest first."""
        return [one["type"] for one in self.get("/events", **query)][::-1]

    def problems(self) -> list[str]:
        """What an audit complains about."""
        found: list[str] = audit(self.account)["problems"]
        return found


def line(amount: float, quantity: float = 1) -> dict[str, Any]:
    return {"name": "Freight", "quantity": quantity, "unit_cost": amount}


def on_invoice(invoice: Any, amount: float) -> dict[str, Any]:
    return {"type": "invoice", "invoice": invoice["id"], "amount": amount}
