"""How it went over days and weeks: counts and sums put into the days and weeks of a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from shared.structs import Value

NOTHING = Decimal("0.00")
WEEK = timedelta(days=7)


class Ran(Value):
    """Syncs that started within one quarter of an hour, which begins at ``at``."""

    at: datetime
    syncs: int
    failed: int
    some_failed: int


class DaySum(Value):
    """An amount of one day; ``day`` None stands for all days before those that are looked at.

    ``until`` is the second day, for amounts that have two.
    """

    currency: str
    day: date | None
    amount: Decimal
    until: date | None = None


class SyncDay(Value):
    """The syncs of one day of this machine's calendar, by when they started."""

    day: Annotated[date, "the day, in this machine's time zone"]
    syncs: Annotated[int, "syncs that started on it and have ended"]
    failed: Annotated[int, "those that failed, refused sign-ins included"]
    some_failed: Annotated[int, "those that finished with records that failed"]


class MoneyWeek(Value):
    """One week in one currency."""

    monday: Annotated[date, "the first day of the week, a Monday"]
    currency: Annotated[str, "of the amounts, such as USD"]
    collected: Annotated[Decimal, "payments in QuickBooks that are dated in the week"]
    open: Annotated[Decimal, "the balance of imported invoices at its end, today for this week"]


def days_of(ran: Iterable[Ran], first: date, last: date) -> Iterator[SyncDay]:
    """Every day from ``first`` to ``last``, also those on which nothing ran."""
    found: dict[date, list[int]] = {}
    for one in ran:
        sums = found.setdefault(one.at.astimezone().date(), [0, 0, 0])
        for place, number in enumerate((one.syncs, one.failed, one.some_failed)):
            sums[place] += number
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield SyncDay(day, *found.get(day, (0, 0, 0)))


def monday_of(day: date) -> date:
    """The Monday on or before a day."""
    return day - timedelta(days=day.weekday())


def weeks_of(
    owed: Iterable[DaySum],
    collected: Iterable[DaySum],
    applied: Iterable[DaySum],
    first: date,
    last: date,
) -> Iterator[MoneyWeek]:
    """The weeks that begin from ``first`` to ``last``, both Mondays, for each currency.

    ``owed`` is what is open now, by the day of the invoice. ``applied`` is what payments settled of
    invoices: ``day`` is the invoice's, ``until`` the payment's. Until the day of its payment an
    invoice was open by that much more, so the balance of a week's end is what is open now of the
    invoices that there were, and what was paid of them since.
    """
    owed, collected, applied = list(owed), list(collected), list(applied)
    for currency in sorted({one.currency for one in (*owed, *collected, *applied)}):
        its = [[one for one in sums if one.currency == currency] for sums in (owed, collected)]
        paid = [one for one in applied if one.currency == currency]
        monday = first
        while monday <= last:
            end = monday + WEEK
            yield MoneyWeek(
                monday,
                currency,
                collected=_sum(one for one in its[1] if one.day and monday <= one.day < end),
                open=_sum(
                    one
                    for one in (*its[0], *paid)
                    if _before(one.day, end) and (one.until is None or one.until >= end)
                ),
            )
            monday = end


def _before(day: date | None, end: date) -> bool:
    return day is None or day < end


def _sum(sums: Iterable[DaySum]) -> Decimal:
    return sum((one.amount for one in sums), NOTHING)
