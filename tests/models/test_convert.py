"""Money is exact, times are kept to the millisecond, days sort as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.convert import cents, day_text, millis, moment, money, to_millisecond


@given(st.integers(-(10**15), 10**15))
def test_money_comes_back_exactly_and_with_two_places(hundredths):
    amount = money(hundredths)
    assert cents(amount) == hundredths
    assert amount.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("amount", "hundredths"),
    [
        ("0", 0),
        ("1", 100),
        ("0.1", 10),
        ("-0.01", -1),
        ("1.500", 150),
        ("9999999999999.99", 10**15 - 1),
    ],
)
def test_amounts_in_any_spelling_become_hundredths(amount, hundredths):
    assert cents(Decimal(amount)) == hundredths


def test_a_tenth_of_a_cent_is_refused():
    with pytest.raises(ValueError, match=r"0\.001 has more than two decimal places"):
        cents(Decimal("0.001"))


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_millisecond(exact):
    kept = moment(millis(exact))
    assert timedelta(0) <= exact - kept < timedelta(milliseconds=1)
    assert to_millisecond(exact) == kept
    assert to_millisecond(kept) == kept


def test_times_of_other_zones_become_utc():
    in_oslo = datetime(2024, 6, 12, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert moment(millis(in_oslo)) == datetime(2024, 6, 12, 12, 0, tzinfo=UTC)


@given(st.dates(), st.dates())
def test_days_sort_as_their_text_does(one, other):
    assert date.fromisoformat(day_text(one)) == one
    assert ((day_text(one) or "") < (day_text(other) or "")) == (one < other)


def test_no_day_stays_none():
    assert day_text(None) is None
