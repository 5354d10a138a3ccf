"""Counts and sums by the day, over one connection or over all: each is one grouped query.

What was before the days that are looked at is one group, so the number of rows that come back
depends on the days, not on the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from peewee import SQL, Case, fn

from shared.models import tables as t
from shared.models.convert import millis, moment, money
from shared.models.searching import of_one_or_all
from shared.models.statements import among, slot
from shared.rules.payments.values import PaymentStatus
from shared.rules.trends import DaySum, Ran
from shared.rules.values import SyncState

_QUARTER_MS = 15 * 60 * 1000
"""Every offset from UTC is a multiple of it, so no quarter of an hour lies in two days."""
_IN_QUICKBOOKS = [PaymentStatus.POSTED.value, PaymentStatus.IMPORTED.value]


def ran(connection_id: int | None, since: datetime) -> list[Ran]:
    """Return how many syncs started in each quarter of an hour since then, and have ended."""
    rows = _ran(connection_id, since=millis(since))
    return [Ran(moment(quarter * _QUARTER_MS), *map(int, numbers)) for quarter, *numbers in rows]


@of_one_or_all(t.Sync)
def _ran() -> Any:
    failed = t.Sync.state == SyncState.FAILED.value
    some_failed = (t.Sync.state == SyncState.FINISHED.value) & (t.Sync.failed > 0)
    return (
        t.Sync.select(
            t.Sync.started_ms / _QUARTER_MS,  # of integers, so it is cut to one
            fn.COUNT(t.Sync.id),
            _count(failed),
            _count(some_failed),
        )
        .where(t.Sync.started_ms >= slot("since"), t.Sync.ended_ms >= slot("since"))
        .group_by(SQL("1"))
    )


def _count(condition: Any) -> Any:
    return fn.SUM(Case(None, [(condition, 1)], 0))


def owed(connection_id: int | None, since: date) -> list[DaySum]:
    """Return the balance of imported invoices that are open, by the day of the invoice."""
    return list(_sums(_owed(connection_id, since=since.isoformat())))


@of_one_or_all(t.Invoice)
def _owed() -> Any:
    return (
        t.Invoice.select("currency", _day_since(t.Invoice.date), fn.SUM(t.Invoice.balance_cents))
        .where(t.Invoice.status == "open", t.Invoice.left_out == "")
        .group_by(SQL("1"), SQL("2"))
    )


def collected(connection_id: int | None, since: date) -> list[DaySum]:
    """Return what the payments in QuickBooks that are dated since then come to, by their day."""
    return list(_sums(_collected(connection_id, since=since.isoformat(), statuses=_IN_QUICKBOOKS)))


@of_one_or_all(t.Payment)
def _collected() -> Any:
    return (
        t.Payment.select("currency", "date", fn.SUM(t.Payment.amount_cents))
        .where(*_paid())
        .group_by(SQL("1"), SQL("2"))
    )


def applied(connection_id: int | None, since: date) -> list[DaySum]:
    """Return what payments that are dated since then settled of imported invoices.

    By the day of the invoice and that of the payment; discounts are in it.
    """
    return list(_sums(_applied(connection_id, since=since.isoformat(), statuses=_IN_QUICKBOOKS)))


@of_one_or_all(t.Payment)
def _applied() -> Any:
    same = t.Invoice.has(txn_id=t.PaymentUse.invoice_txn_id, connection=t.Payment.connection)
    return (
        t.Payment.select(
            t.Invoice.currency,
            _day_since(t.Invoice.date),
            fn.SUM(t.PaymentUse.amount_cents),
            t.Payment.date,
        )
        .join(t.PaymentUse, on=(t.PaymentUse.payment == t.Payment.id))
        .join(t.Invoice, on=same)
        .where(t.Invoice.left_out == "", *_paid())
        .group_by(SQL("1"), SQL("2"), SQL("4"))
    )


def _paid() -> list[Any]:
    return [
        t.Payment.date >= slot("since"),
        among(t.Payment.status, "statuses"),
        ~t.Payment.deleted,
    ]


def _day_since(field: Any) -> Any:
    return Case(None, [(field < slot("since"), "")], field)


def _sums(rows: list[Any]) -> Iterator[DaySum]:
    for currency, day, cents, *until in rows:
        yield DaySum(
            currency,
            date.fromisoformat(day) if day else None,
            money(int(cents)),
            date.fromisoformat(until[0]) if until else None,
        )
