"""Counts and sums come into the right day and week."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.operations.describe.trends import bar
from shared.rules.trends import DaySum, MoneyWeek, Ran, SyncDay, days_of, monday_of, weeks_of

FIRST, LAST = date(2024, 6, 3), date(2024, 6, 10)


def owes(amount: str, day: date | None = None, until: date | None = None) -> DaySum:
    return DaySum("USD", day, Decimal(amount), until)


def weeks(*, owed=(), collected=(), applied=()):
    return {
        one.monday: (one.collected, one.open)
        for one in weeks_of(owed, collected, applied, FIRST, LAST)
    }


def test_days_without_a_sync_are_there_and_quarters_of_an_hour_add_up(monkeypatch):
    ran = [
        Ran(datetime(2024, 6, 4, 0, 0, tzinfo=UTC), 2, 1, 0),
        Ran(datetime(2024, 6, 4, 23, 45, tzinfo=UTC), 1, 0, 1),
    ]
    days = list(days_of(ran, date(2024, 6, 3), date(2024, 6, 5)))
    assert days == [
        SyncDay(date(2024, 6, 3), 0, 0, 0),
        SyncDay(date(2024, 6, 4), 3, 1, 1),
        SyncDay(date(2024, 6, 5), 0, 0, 0),
    ]


def test_a_payment_is_collected_in_the_week_of_its_date():
    found = weeks(collected=[owes("10.00", date(2024, 6, 9)), owes("5.00", date(2024, 6, 10))])
    assert {monday: collected for monday, (collected, _) in found.items()} == {
        FIRST: Decimal("10.00"),
        LAST: Decimal("5.00"),
    }


def test_what_was_paid_since_was_open_until_then():
    found = weeks(
        owed=[owes("100.00", None), owes("7.00", date(2024, 6, 11))],
        applied=[owes("30.00", None, date(2024, 6, 12)), owes("1.00", None, date(2024, 6, 5))],
    )
    assert {monday: owed for monday, (_, owed) in found.items()} == {
        FIRST: Decimal("130.00"),
        LAST: Decimal("107.00"),
    }


def test_an_invoice_was_not_open_before_its_day():
    assert weeks(owed=[owes("7.00", date(2024, 6, 10))])[FIRST] == (Decimal("0.00"), 0)


def test_each_currency_has_weeks_of_its_own():
    found = list(weeks_of([owes("7.00"), DaySum("CAD", None, Decimal("2.00"))], (), (), LAST, LAST))
    nothing = Decimal("0.00")
    assert found == [
        MoneyWeek(LAST, "CAD", nothing, Decimal("2.00")),
        MoneyWeek(LAST, "USD", nothing, Decimal("7.00")),
    ]


def test_a_week_begins_on_monday():
    assert monday_of(date(2024, 6, 9)) == FIRST
    assert monday_of(LAST) == LAST


@pytest.mark.parametrize(
    ("value", "most", "expected"),
    [(10, 10, "████"), (5, 10, "██"), (4, 10, "█▌"), (1, 1000, "▌"), (0, 10, ""), (0, 0, "")],
)
def test_a_bar_is_as_long_as_its_share(value, most, expected):
    assert bar(value, most, 4) == expected
