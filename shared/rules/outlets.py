"""Delivering events: what became of one try, and how long to wait before the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from shared.structs import Value

GIVE_UP_AFTER = timedelta(hours=48)
"""So long an event is tried before it is parked, unless its outlet says otherwise."""
_FIRST, LONGEST = timedelta(seconds=5), timedelta(hours=1)


class Delivered(Value):
    """The receiver has it, or it was not for that receiver: then it was not ``wanted``."""

    wanted: bool = True


class TryAgain(Value):
    """It may go through later; ``after`` is how long the receiver wants to be left alone.

    ``whole``: nothing else would go through now, either, such as where nobody answers at all.
    """

    reason: str
    after: timedelta = timedelta()
    whole: bool = False


class Refused(Value):
    """It will never go through as it is: a person has to look at it."""

    reason: str


Became = Delivered | TryAgain | Refused


def pause(attempts: int, chance: Callable[[], float], least: timedelta = timedelta()) -> timedelta:
    """How long to wait after that many failed tries: twice as long each time, an hour at most.

    ``chance`` gives numbers from 0 to 1: a quarter of the time is left to it, so that many who
    failed together do not come back together.
    """
    doubled: timedelta = min(_FIRST * 2 ** min(attempts - 1, 20), LONGEST)
    return max(doubled * (0.75 + chance() / 4), least)


class DeliveryState(StrEnum):
    """Where an event stands that an outlet passed without delivering it."""

    WAITING = "waiting"
    PARKED = "parked"


class OutletStanding(Value):
    """An outlet: how far it is, and whether it pauses."""

    id: Annotated[int, "number of the outlet"]
    name: Annotated[str, "its name"]
    connection_id: int | None
    position: Annotated[int, "the last event it has handled"]
    pause_until_at: Annotated[datetime, "it waits until then"]
    attempts: Annotated[int, "number of failed attempts in a row"]
    reason: Annotated[str, "why; empty: it is delivering"]
    delivered_at: Annotated[datetime | None, "when something was delivered last"]
