"""Records as the API shows them, and the events that tell what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.invoiced.account import Account, Record

SITE = "https://fake.invoiced.example"
SINGULAR = {
    "customers": "customer",
    "contacts": "contact",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "payments": "payment",
    "charges": "charge",
    "refunds": "refund",
}


def shown(account: Account, kind: str, record: Record) -> Record:
    """The JSON object of a record."""
    show = _SHOWN.get(kind)
    return {"object": SINGULAR[kind], **(show(account, record) if show else record)}


def status(account: Account, invoice: Record) -> str:
    """An invoice's status; it may be past due since it was last changed."""
    if invoice["voided"]:
        return "voided"
    if invoice["draft"]:
        return "draft"
    if invoice["paid"]:
        return "paid"
    if invoice["pending"]:
        return "pending"
    due = invoice["due_date"]
    return "past_due" if due and due < account.now else "not_sent"


def _invoice(account: Account, record: Record) -> Record:
    url = f"{SITE}/invoices/{record['id']}"
    return {
        **_without(record, "voided", "pending", "amount_paid"),
        "status": status(account, record),
        "attempt_count": 0,
        "next_payment_attempt": None,
        "payment_plan": None,
        "url": None if record["voided"] else url,
        "payment_url": None if record["voided"] else f"{url}/payment",
        "pdf_url": f"{url}/pdf",
    }


def _credit_note(_account: Account, record: Record) -> Record:
    states = (("voided", "voided"), ("draft", "draft"), ("paid", "paid"), ("closed", "closed"))
    url = f"{SITE}/credit_notes/{record['id']}"
    return {
        **_without(record, "voided", "pending", "amount_paid"),
        "status": next((word for field, word in states if record[field]), "open"),
        "url": url,
        "pdf_url": f"{url}/pdf",
    }


def _payment(account: Account, record: Record) -> Record:
    charge = account.get("charges", record["charge"])
    return {
        **_without(record, "applied_to"),
        "charge": shown(account, "charges", charge) if charge else None,
        "pdf_url": f"{SITE}/payments/{record['id']}/pdf" if record["customer"] else None,
    }


def _charge(account: Account, record: Record) -> Record:
    refunds = account.find("refunds", "charge", record["id"])
    return {**record, "refunds": [shown(account, "refunds", one) for one in refunds]}


def applied_to(payment: Record) -> list[Record]:
    """What a payment pays, as ``include=applied_to`` shows it."""
    return [_without(row, "credited") for row in payment["applied_to"]]


def _without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


_SHOWN: Mapping[str, Callable[[Account, Record], Record]] = {
    "customers": lambda _, record: {
        **record,
        "statement_pdf_url": f"{SITE}/statements/{record['id']}/pdf",
    },
    "invoices": _invoice,
    "credit_notes": _credit_note,
    "payments": _payment,
    "charges": _charge,
}


def tell(account: Account, what: str, kind: str, record: Record, before: Any = None) -> None:
    """Write an event, such as ``payment.created``; ``before`` is the record as it was."""
    data: Record = {"object": shown(account, kind, record)}
    event: Record = {"type": what, "timestamp": account.now, "user": None, "data": data}
    if before is not None:
        was = shown(account, kind, before)
        changed = {name: was[name] for name in was if was[name] != data["object"].get(name)}
        (event if account.profile.previous_beside else data)["previous"] = changed
    account.put("events", {"id": account.next_id("events"), **event})
