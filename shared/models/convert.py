"""Between our values and what the columns hold: money, moments, days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_HUNDREDTH = Decimal("0.01")


def cents(amount: Decimal) -> int:
    """Return ``amount`` as a whole number of hundredths.

    Raises ValueError for an amount with more than two places: money is never rounded here.
    """
    hundredths = int(scaled := amount * 100)
    if hundredths != scaled:
        raise ValueError(f"{amount} has more than two decimal places")
    return hundredths


def cents_or_none(amount: Decimal | None) -> int | None:
    """As ``cents``; None stays None."""
    return None if amount is None else cents(amount)


def money(hundredths: int) -> Decimal:
    """Return hundredths as an amount with two places."""
    return hundredths * _HUNDREDTH


def millis(moment: datetime) -> int:
    """Return milliseconds since 1970; what is finer is cut off. Needs an aware time."""
    return (moment - _EPOCH) // _MILLISECOND


def millis_or_none(moment: datetime | None) -> int | None:
    """As ``millis``; None stays None."""
    return None if moment is None else millis(moment)


def moment(milliseconds: int) -> datetime:
    """Return the UTC time that ``millis`` made a number of."""
    return _EPOCH + milliseconds * _MILLISECOND


def moment_or_none(milliseconds: int | None) -> datetime | None:
    """As ``moment``; None stays None."""
    return None if milliseconds is None else moment(milliseconds)


def to_millisecond(exact: datetime) -> datetime:
    """Return the time as the store will give it back."""
    return moment(millis(exact))


def day_text(day: date | None) -> str | None:
    """Write a day as ISO text, so that text order is date order on both engines."""
    return None if day is None else day.isoformat()
