"""The books as JSON, so that they can be held against others, and whether they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from simulator.invoiced import documents
from simulator.invoiced.account import Account, Record, fold
from simulator.invoiced.customers import credit_balance, is_pending
from simulator.invoiced.documents import KINDS, DocumentKind
from simulator.invoiced.money import ZERO, total
from simulator.invoiced.payments import NON_CASH
from simulator.invoiced.showing import SINGULAR, applied_to, status

TABLES = {SINGULAR[table]: table for table in ("customers", *(one.table for one in KINDS.values()))}
TABLES["payment"] = "payments"


def audit(account: Account) -> dict[str, Any]:
    """Customers, documents and payments with what they are applied to; amounts are text.

    ``problems`` are sentences; ``ok`` means that there are none.
    """
    found = list(problems(account))
    return {
        "ok": not found,
        "problems": found,
        "customers": [_customer(account, one) for one in account.all("customers")],
        "invoices": [
            _document(account, "invoice", one) | {"status": status(account, one)}
            for one in account.all("invoices")
        ],
        "credit_notes": [
            _document(account, "credit_note", one) for one in account.all("credit_notes")
        ],
        "payments": [_payment(account, one) for one in account.all("payments")],
    }


def problems(account: Account) -> Iterator[str]:
    """What does not add up."""
    for customer in account.all("customers"):
        left = credit_balance(account, customer["id"])
        if left < 0:
            yield f"customer {customer['number']}: credit balance {left} is below 0"
    for kind in KINDS.values():
        for document in account.all(kind.table):
            yield from _document_problems(account, kind, document)
        numbers = Counter(fold(one["number"]) for one in account.all(kind.table))
        yield from (f"{kind.table}: number {one} twice" for one, n in numbers.items() if n > 1)
    for payment in account.all("payments"):
        yield from _payment_problems(account, payment)
    ids: Counter[Any] = Counter()
    for mapping in account.all("mappings"):
        if account.get(TABLES[mapping["object"]], mapping["object_id"]) is None:
            yield f"{mapping['object']} {mapping['object_id']} is mapped, but not there"
        if mapping["accounting_id"]:
            ids[mapping["object"], mapping["system"], mapping["accounting_id"]] += 1
    yield from (f"{name} {id_}: mapped twice" for (name, _, id_), n in ids.items() if n > 1)


def _document_problems(account: Account, kind: DocumentKind, document: Record) -> Iterator[str]:
    name = f"{kind.name} {document['number']}"
    lines = document["items"]
    rates = [document, *lines]
    taxed = total(tax["amount"] for one in rates for tax in one["taxes"])
    less = total(discount["amount"] for one in rates for discount in one["discounts"])
    if document["total"] != total(line["amount"] for line in lines) + taxed - less:
        yield f"{name}: the total {document['total']} is not that of its lines"
    used = documents.applications(account, kind, document["id"])
    cleared = total(row["amount"] for payment, row in used if not is_pending(account, payment))
    owed = ZERO if document["voided"] else document["total"] - cleared
    if document["balance"] != owed:
        yield f"{name}: the balance is {document['balance']}, but {owed} is left"
    if document["balance"] < 0:
        yield f"{name}: the balance {document['balance']} is below 0"
    if document["voided"] and used:
        yield f"{name}: it is voided, but something is applied to it"


def _payment_problems(account: Account, payment: Record) -> Iterator[str]:
    name, rows = f"payment {payment['id']}", payment["applied_to"]
    cash = total(row["amount"] for row in rows if row["type"] not in NON_CASH)
    if payment["balance"] != payment["amount"] - cash or payment["balance"] < 0:
        yield f"{name}: {payment['amount']}, applied {cash}, but {payment['balance']} is left"
    if payment["voided"] and rows:
        yield f"{name}: it is voided, but applied"
    for row in rows:
        for about, kind in KINDS.items():
            document = account.get(kind.table, row.get(about))
            if about in row and document is None:
                yield f"{name}: its {about} {row[about]} is not there"
            if document and document["currency"] != payment["currency"]:
                yield f"{name}: its {about} {document['number']} is of another currency"
    charge = account.get("charges", payment["charge"])
    if charge and charge["amount"] != payment["amount"]:
        yield f"{name}: the charge is of {charge['amount']}"
    if charge and not 0 <= charge["amount_refunded"] <= charge["amount"]:
        yield f"{name}: {charge['amount_refunded']} is refunded"


def _mapping(account: Account, name: str, record: Record) -> dict[str, Any]:
    found = account.first("mappings", "record", (name, record["id"]))
    names = ("accounting_id", "source")
    values = [found[one] if found else None for one in names]
    return {"accounting_id": values[0], "accounting_source": values[1]}


def _customer(account: Account, record: Record) -> dict[str, Any]:
    owed = [one for one in account.find("invoices", "customer", record["id"]) if not one["draft"]]
    contacts = account.find("contacts", "customer", record["id"])
    return {
        **{name: record[name] for name in ("id", "number", "name", "active", "parent_customer")},
        "balance": _money(total(one["balance"] for one in owed)),
        "credit_balance": _money(credit_balance(account, record["id"])),
        "contacts": [one["name"] for one in contacts],
        **_mapping(account, "customer", record),
    }


def _document(account: Account, name: str, record: Record) -> dict[str, Any]:
    plain = ("id", "number", "customer", "currency", "date", "paid", "closed", "draft", "voided")
    return {
        **{one: record[one] for one in plain},
        "customer_name": account.the("customers", record["customer"])["name"],
        "total": _money(record["total"]),
        "balance": _money(record["balance"]),
        **_mapping(account, name, record),
    }


def _payment(account: Account, record: Record) -> dict[str, Any]:
    plain = ("id", "customer", "date", "currency", "method", "reference", "source", "voided")
    charge = account.get("charges", record["charge"])
    return {
        **{one: record[one] for one in plain},
        "amount": _money(record["amount"]),
        "balance": _money(record["balance"]),
        "charge_status": charge["status"] if charge else None,
        "refunded": _money(charge["amount_refunded"] if charge else ZERO),
        "disputed": bool(charge and charge["disputed"]),
        "applied_to": [_application(account, row) for row in applied_to(record)],
        **_mapping(account, "payment", record),
    }


def _application(account: Account, row: Record) -> dict[str, Any]:
    numbers = {
        f"{name}_number": account.the(kind.table, row[name])["number"]
        for name, kind in KINDS.items()
        if name in row
    }
    return {**row, "amount": _money(row["amount"]), **numbers}


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
