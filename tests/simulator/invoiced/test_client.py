"""The official Python client works against the fake, over a real port: code that is not ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import invoiced
import pytest
from invoiced import errors
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from simulator.invoiced import Account, FaultPlan, Profile, Service, make_site
from simulator.invoiced import service as limits
from simulator.invoiced.faults import Fault, FaultKind
from tests.simulator.invoiced.builders import KEY

LINES = [{"name": "Freight", "quantity": 2, "unit_cost": 62.75}]


@asynccontextmanager
async def served(*faults: Fault) -> AsyncIterator[tuple[invoiced.Client, Service]]:
    """A client of a fake that listens; it is closed at the end."""
    account = Account(Profile(KEY), reactor.seconds)
    service = Service(account, reactor, FaultPlan(faults))
    site = make_site(service)
    site.timeOut = None  # a connection that its client just closed would still have a timer
    port = reactor.listenTCP(0, site, interface="127.0.0.1")
    client = invoiced.Client(KEY)
    client.api_url = f"http://127.0.0.1:{port.getHost().port}"
    try:
        yield client, service
    finally:
        await port.stopListening()


async def run(work: Callable[..., Any], *arguments: Any) -> Any:
    """What a blocking client does, beside the reactor that answers it."""
    return await deferToThread(work, *arguments)


def sent(service: Service) -> list[tuple[str, str, Any]]:
    """Method, target and JSON of each request."""
    read = [(one.method, unquote(one.target), one.body) for one in service.seen]
    return [(*what, json.loads(body) if body else None) for *what, body in read]


def customers_story(client: invoiced.Client) -> None:
    acme = client.Customer.create(name="Acme", metadata={"rep": "Jan"})
    acme.phone = "5"
    assert acme.save()
    assert client.Customer.retrieve(acme.id).phone == "5"
    contact = acme.contacts().create(name="Nancy", email="n@example.com")
    assert [one.name for one in acme.contacts().list()[0]] == ["Nancy"]
    assert contact.delete()
    found, page = client.Customer.list(filter={"name": "Acme"}, metadata={"rep": "Jan"}, per_page=1)
    assert ([one.id for one in found], page.total_count) == ([acme.id], 1)
    assert set(page.links) == {"self", "first", "last"}
    assert acme.balance()["total_outstanding"] == 0
    assert acme.delete()


async def test_customers_are_created_listed_changed_and_deleted():
    async with served() as (client, service):
        await run(customers_story, client)
        asked = sent(service)
    assert asked[0] == ("POST", "/customers", {"name": "Acme", "metadata": {"rep": "Jan"}})
    assert asked[1] == ("PATCH", "/customers/1001", {"phone": "5"})
    listed = "/customers?filter[name]=Acme&metadata[rep]=Jan&per_page=1"
    assert ("GET", listed, None) in asked
    assert service.seen[0].headers["content-type"] == "application/json"


def invoices_story(client: invoiced.Client) -> None:
    acme = client.Customer.create(name="Acme")
    invoice = client.Invoice.create(customer=acme.id, number="1042", items=LINES, tax=9.1)
    assert (invoice.total, invoice.status) == (134.6, "not_sent")
    invoice.notes = "Please pay"
    assert invoice.save()
    note = client.CreditNote.create(customer=acme.id, items=LINES)
    assert note.void()
    assert invoice.void()
    assert invoice.status == "voided"
    gone = client.Invoice.create(customer=acme.id, number="1043", items=LINES)
    assert gone.delete()
    assert [one.number for one in client.Invoice.list()[0]] == ["1042"]


async def test_invoices_are_created_changed_voided_and_deleted():
    async with served() as (client, service):
        await run(invoices_story, client)
        assert service.seen[-1].target == "/invoices"


def payments_story(client: invoiced.Client) -> None:
    acme = client.Customer.create(name="Acme")
    invoice = client.Invoice.create(customer=acme.id, items=LINES)
    rows = [{"type": "invoice", "invoice": invoice.id, "amount": 25.5}]
    first = client.Payment.create(amount=25.5, applied_to=rows, idempotency_key="payment-1")
    again = client.Payment.create(amount=25.5, applied_to=rows, idempotency_key="payment-1")
    assert first.id == again.id
    assert first.delete()
    assert first.voided
    rows = [{"type": "invoice", "invoice": invoice.id, "amount": 125.5}]
    charged = client.Charge.create(
        customer=acme.id, amount=125.5, method="credit_card", applied_to=rows
    )
    assert charged.charge["status"] == "succeeded"
    client.Refund.create(charged.charge["id"], amount=25)
    assert client.Payment.retrieve(charged.id).charge["amount_refunded"] == 25
    listed, _ = client.Payment.list(updated_after=0, include="applied_to", sort="updated_at asc")
    assert [one.get("applied_to", [])[:1] != [] for one in listed] == [False, True]
    kinds = [one.type for one in client.Event.list()[0]]
    assert kinds[:2] == ["refund.created", "payment.created"]


async def test_payments_are_created_once_voided_charged_and_refunded():
    async with served() as (client, service):
        await run(payments_story, client)
    assert service.seen[2].headers["idempotency-key"] == "payment-1"


def import_story(client: invoiced.Client) -> Any:
    values = {
        "accounting_system": "quickbooks_desktop",
        "accounting_id": "1A2-1700000000",
        "number": "10045",
        "date": 1700049600,
        "customer": {"accounting_id": "80000021-1690000000", "name": "Harbor Supply"},
        "items": LINES,
        "balance": 100,
    }
    return client.request("POST", "/invoices/accounting_sync", values)


async def test_the_generic_call_reaches_the_import_endpoints():
    async with served() as (client, _):
        answer = await run(import_story, client)
    assert (answer["code"], answer["body"]["action"]) == (200, "create")
    assert answer["body"]["object"]["balance"] == 100


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        (Fault(FaultKind.LOCK), errors.InvalidRequestError, 400),
        (Fault(FaultKind.LIMIT), errors.RateLimitError, 429),
        (Fault(FaultKind.ERROR), errors.ApiError, 500),
        (Fault(FaultKind.HTML), errors.ApiError, 502),
        (Fault(FaultKind.DROP_BEFORE), errors.ApiConnectionError, None),
        (Fault(FaultKind.DROP_AFTER), errors.ApiConnectionError, None),
        (Fault(FaultKind.CUT), errors.ApiConnectionError, None),
    ],
)
async def test_each_fault_is_the_error_that_the_client_knows(fault, error, status):
    def create(client: invoiced.Client) -> errors.ErrorBase:
        with pytest.raises(error) as raised:
            client.Customer.create(name="Acme")
        return raised.value

    async with served(fault) as (client, _):
        raised = await run(create, client)
    assert raised.status_code == status


async def test_a_slow_answer_arrives_and_a_late_one_is_a_timeout(monkeypatch):
    monkeypatch.setattr(limits, "MOST_AT_ONCE", 1)  # who hung up takes no room

    def slow(client: invoiced.Client) -> None:
        client.Customer.create(name="Slow")
        client.ReadTimeout = 0.2
        with pytest.raises(errors.ApiConnectionError, match="timed out"):
            client.Customer.create(name="Never answered")

    faults = (Fault(FaultKind.SLOW, turn=1, seconds=0.05), Fault(FaultKind.HANG, turn=2))
    async with served(*faults) as (client, _):
        await run(slow, client)
        names = await run(lambda: [one.name for one in client.Customer.list()[0]])
    assert names == ["Slow", "Never answered"]


async def test_a_wrong_key_and_a_missing_record_are_told():
    def refused(client: invoiced.Client) -> None:
        with pytest.raises(errors.InvalidRequestError, match="Customer was not found: 77") as none:
            client.Customer.retrieve(77)
        assert none.value.error["type"] == "invalid_request"
        with pytest.raises(errors.InvalidRequestError) as wrong:
            client.Customer.create(name="x" * 300)
        assert wrong.value.error["param"] == "name"
        client.api_key = "wrong"
        with pytest.raises(errors.AuthenticationError):
            client.Customer.list()

    async with served() as (client, _):
        await run(refused, client)
