"""Amounts: Decimal inside, JSON numbers on the wire and in the state file."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO, CENT = Decimal("0.00"), Decimal("0.01")
LARGEST = Decimal(10) ** 12


def cents(amount: Decimal | int) -> Decimal:
    """The amount with two decimals, half a cent away from zero."""
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, with two decimals."""
    return cents(sum(amounts, ZERO))


def number(value: Any) -> int | float:
    """A Decimal as JSON has it, for ``json.dumps(default=number)``.

    Up to 15 digits a float is written as the decimal that it was made of, and ``LARGEST`` keeps
    amounts below that.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not JSON")
    return int(value) if value == value.to_integral_value() else float(value)
