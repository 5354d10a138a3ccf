"""A store with a crowd in it: what the console is measured on.

A thousand connections, of which one is a giant; a hundred thousand invoices and syncs, and what
comes with them: customers, payments, problems, an audit trail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.clock import utc_now
from shared.models import connections
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.statements import insert_rows
from shared.models.store import open_store
from shared.rules.payments import numbers
from shared.rules.payments.names import folded

CONNECTIONS = 1000
INVOICES = 100_000
SYNCS = 100_000
CUSTOMERS = 20_000
PAYMENTS = 20_000
PROBLEMS = 2000
AUDIT = 20_000
_GIANT_SHARE = 2
"""Every other record is the giant's."""
_NOTHING = {"TEXT": "", "BIGINT": 0, "INTEGER": 0, "INT": 0, "BOOL": False}

Row = Mapping[str, Any]


def made(folder: Path) -> str:
    """Make the store in ``folder``; returns its address."""
    url = f"sqlite:///{folder / 'crowd.sqlite3'}"
    now = utc_now()
    with open_store(url) as store:
        for first in range(0, CONNECTIONS, 100):
            with store.transaction():
                for number in range(first, first + 100):
                    connections.add(f"Company {number:04}", run_every_minutes=30, now=now)
        with store.transaction():
            fill(t.Sync, _syncs(millis(now)))
            fill(t.Customer, _customers())
            fill(t.CustomerAlias, _aliases())
            fill(t.Invoice, _invoices())
            fill(t.Payment, _payments(millis(now)))
            fill(t.Problem, _problems(millis(now)))
            fill(t.Audit, _audit(millis(now)))
    return url


def fill(table: Any, rows: Iterable[Row]) -> None:
    """Add rows; a column that a row does not name is empty."""
    fields = [field for field in table._meta.sorted_fields if field.name != "id"]
    usual = {
        field.name: None if field.null else _NOTHING.get(field.field_type, 0) for field in fields
    }
    insert_rows(table).many(
        [tuple({**usual, **row}[field.name] for field in fields) for row in rows]
    )


def _owner(number: int) -> int:
    """The connection of a record: the giant, or the others in turn."""
    return 1 if number % _GIANT_SHARE == 0 else 2 + number // _GIANT_SHARE % (CONNECTIONS - 1)


def _syncs(now: int) -> Iterator[Row]:
    for number in range(SYNCS):
        failed = number % 50 == 0
        started = now - (SYNCS - number) * 60_000
        yield {
            "connection": _owner(number),
            "application": ("invoice", "payment")[number // 4 % 2],
            "state": "failed" if failed else "finished",
            "started_ms": started,
            "ended_ms": started + 30_000,
            "position": number % 900,
            "total": number % 900,
            "message": "" if failed else "Finished: up to date",
            "error": "QuickBooks could not be opened." if failed else "",
            "error_code": "quickbooks-unreachable" if failed else "",
        }


def customer_row(connection: int, number: int) -> Row:
    """A customer that is held."""
    name = f"Customer {number:05}"
    return {
        "connection": connection,
        "list_id": f"80-{number}",
        "state": "held",
        "name": name,
        "full_name": name,
        "active": True,
        "currency": "USD",
    }


def invoice_row(connection: int, number: int, customer: int, label: str = "") -> Row:
    """An open invoice of 250.00, of that customer; its number is ``label``, else its place."""
    label = label or str(number)
    return {
        "connection": connection,
        "txn_id": f"1A-{number}",
        "number": label,
        "number_key": numbers.key(label),
        "customer_list_id": f"80-{customer}",
        "customer_full_name": f"Customer {customer:05}",
        "date": "2026-05-01",
        "balance_cents": 25_000,
        "total_cents": 25_000,
        "seen_cents": 25_000,
        "currency": "USD",
        "status": "open",
    }


def billed(connection: int, number: int, customers: int) -> Row:
    """An invoice of one of so many customers in turn, over nine months."""
    customer = number % customers
    return {
        **invoice_row(connection, number, customer, str(10_000 + number)),
        "bill_to_list_id": f"80-{customer}",
        "date": f"2026-{1 + number % 9:02}-{1 + number % 28:02}",
        "due_date": f"2026-{2 + number % 9:02}-{1 + number % 28:02}",
    }


def _customers() -> Iterator[Row]:
    for number in range(CUSTOMERS):
        yield customer_row(_owner(number), number)


def _aliases() -> Iterator[Row]:
    for one in _customers():
        name = one["full_name"]
        bearer = {"connection": one["connection"], "list_id": one["list_id"]}
        yield {**bearer, "folded": folded(name), "name": name}


def _invoices() -> Iterator[Row]:
    for number in range(INVOICES):
        left_out = "left-out-pending" if number % 100 == 0 else ""
        yield {**billed(_owner(number), number, CUSTOMERS), "left_out": left_out}


def _payments(now: int) -> Iterator[Row]:
    statuses = ("posted", "posted", "posted", "imported", "waiting", "refused", "ready")
    for number in range(PAYMENTS):
        yield {
            "connection": _owner(number),
            "source": "invoiced" if number % 7 != 3 else "quickbooks",
            "key": f"pay_{number}",
            "customer": f"Customer {number:05}",
            "date": f"2026-{1 + number % 9:02}-{1 + number % 28:02}",
            "amount_cents": 25_000,
            "currency": "USD",
            "method": "credit_card",
            "reference": f"ch_{number}",
            "charged": True,
            "charge_state": "succeeded",
            "status": statuses[number % 7],
            "received_ms": now - number * 1000,
            "changed_ms": now - number * 1000,
        }


def _problems(now: int) -> Iterator[Row]:
    codes = ("invoice-unreadable", "invoice-duplicate-number", "record-refused", "3200")
    for number in range(PROBLEMS):
        yield {
            "connection": 1 + number % CONNECTIONS,
            "code": codes[number % 4],
            "kind": "invoice",
            "object_id": f"1A-{number}",
            "document": f"Invoice {10_000 + number}, Customer {number:05}",
            "message": "The amount cannot be read.",
            "remedy": "Open the invoice in QuickBooks and save it again.",
            "state": "open",
            "first_seen_ms": now,
            "last_seen_ms": now - number,
        }


def _audit(now: int) -> Iterator[Row]:
    for number in range(AUDIT):
        yield {
            "at_ms": now - (AUDIT - number) * 60_000,
            "who": ("mara", "ben", "carl")[number % 3],
            "action": ("problem.retry", "qwc", "sync.stop")[number % 3],
            "connection": f"Company {number % CONNECTIONS:04}",
            "detail": f"number {number}",
        }
