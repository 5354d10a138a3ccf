"""What the numbers that are always in view are made of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Called(NamedTuple):
    """An application, when it was last heard of, and how its newest sync stands.

    ``state`` is empty where it never ran; ``minutes`` is its Auto-Run interval, 0 for none.
    """

    connection_id: int
    minutes: int
    seen_at: datetime | None
    state: str
    is_running: bool
    failed: int


class Sum(NamedTuple):
    """How many payments, and how much in one currency."""

    currency: str
    number: int
    amount: Decimal
