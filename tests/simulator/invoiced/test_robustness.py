"""Whatever is sent, the fake answers; a failure of its own would be logged, and fail the test."""

from __future__ import annotations

import random
from typing import Any

import pytest

from simulator.invoiced.errors import ApiError
from simulator.invoiced.routes import find_route
from tests.simulator.invoiced.builders import Fake, line

PATHS = (
    "/customers", "/customers/1001", "/customers/1001/contacts", "/customers/1001/contacts/1001",
    "/invoices", "/invoices/1001", "/invoices/1002/void", "/credit_notes", "/credit_notes/1001",
    "/payments", "/payments/1001", "/charges", "/charges/1001/refunds", "/events",
    "/customers/accounting_sync", "/invoices/accounting_sync", "/credit_notes/accounting_sync",
    "/payments/accounting_sync",
)  # fmt: skip
NAMES = (
    "name", "number", "email", "emails", "contacts", "parent_customer", "customer", "items", "tax",
    "taxes", "discount", "balance", "date", "amount", "currency", "method", "applied_to",
    "metadata", "voided", "deleted", "draft", "accounting_id", "payments", "active",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -5, 1001, 1.25, 10**14, "", "x", "1001", "2026-01-31", [], {}, [1], [None], [[]],
    {"a": 1}, {"name": "Acme", "accounting_id": "c1"}, [{"amount": 1}], [{"amount": "x"}],
    [line(10)], [{"type": "invoice", "invoice": 1001, "amount": 5}],
    [{"type": "credit_note", "credit_note": 1001, "amount": 1}],
    [{"type": "document_adjustment", "document_type": "invoice", "amount": 1}],
    [{"amount": 5, "invoice": {"accounting_id": "a1"}}],
)  # fmt: skip
QUERIES = (
    "", "?filter[paid]=x", "?filter=1", "?page=x", "?sort=date desc", "?sort=,", "?metadata[a]=1",
    "?a=1&a[]=2", "?expand=customer&include=applied_to", "?filter[date]=2026-01-01",
)  # fmt: skip


def methods(path: str) -> list[str]:
    return [one for one in ("GET", "POST", "PATCH", "DELETE") if knows(one, path)]


def knows(method: str, path: str) -> bool:
    try:
        return bool(find_route(method, path))
    except ApiError:
        return False


@pytest.mark.parametrize("seed", range(3))
def test_every_request_gets_an_answer(seed):
    rnd, fake = random.Random(seed), Fake()
    invoice = fake.invoice(fake.customer())
    fake.charged(invoice, 5)
    fake.post("/credit_notes", customer=1001, items=[line(5)])
    fake.post("/customers/1001/contacts", name="Nancy")
    for _ in range(1500):
        path = rnd.choice(PATHS)
        method = rnd.choice(methods(path))
        body = {name: rnd.choice(VALUES) for name in rnd.sample(NAMES, rnd.randrange(1, 8))}
        body |= {"accounting_system": "quickbooks_desktop"} if "sync" in path else {}
        query = rnd.choice(QUERIES) if method == "GET" else ""
        answer = fake.answer(method, path + query, body if method in ("POST", "PATCH") else None)
        assert answer.status < 500
    assert all("is below 0" in one for one in fake.problems())
