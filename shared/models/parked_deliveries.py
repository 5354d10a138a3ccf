"""What outlets set aside for a person: looked at, tried again, or given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from shared.models import events, outlets
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.statements import AnyOf, Statement, among, slot
from shared.rules.events import Event
from shared.rules.outlets import DeliveryState
from shared.structs import Value

_WAITING, _PARKED = DeliveryState.WAITING.value, DeliveryState.PARKED.value


class Aside(Value):
    """An event that an outlet set aside; ``overtaken``: a later one of its record was delivered."""

    outlet: str
    event: Event
    state: DeliveryState
    attempts: int
    reason: str
    overtaken: bool


def aside(
    states: Iterable[DeliveryState], outlet_ids: Iterable[int], limit: int | None = None
) -> list[Aside]:
    """Return what these outlets set aside, the newest first; no tests."""
    rows = _ASIDE.all(
        states=[state.value for state in states],
        outlets=list(outlet_ids),
        limit=events.EVERY if limit is None else limit,
    )
    found = []
    for name, event_id, state, attempts, reason, overtaken in rows:
        event = events.get(event_id)
        assert event is not None, "it is kept as long as its event"
        found.append(Aside(name, event, DeliveryState(state), attempts, reason, bool(overtaken)))
    return found


_ASIDE = Statement(
    lambda: (
        t.Delivery.select(
            *(t.Outlet.name, t.Delivery.event, t.Delivery.state),
            *(t.Delivery.attempts, t.Delivery.reason, t.Delivery.overtaken),
        )
        .join(t.Outlet)
        .join_from(t.Delivery, t.Event)
        .where(t.Delivery.has(state=AnyOf("states"), outlet=AnyOf("outlets")), outlets.is_no_test())
        .order_by(t.Delivery.event.desc(), t.Outlet.name)
        .limit(slot("limit"))
    )
)


def numbers(outlet_id: int) -> list[int]:
    """Return the numbers of the events that are parked at an outlet; overtaken ones, no tests."""
    return list(_NUMBERS.column(outlet=outlet_id))


def to_retry(outlet_id: int) -> list[int]:
    """Return the numbers of those that can be tried again: no later one of its record went out."""
    return list(_TO_RETRY.column(outlet=outlet_id))


def _parked_at() -> Any:
    return t.Delivery.has("outlet") & (t.Delivery.state == _PARKED)


def _numbers_where(condition: Any) -> Any:
    found = t.Delivery.select("event").join(t.Event)
    return found.where(condition & outlets.is_no_test()).order_by(t.Delivery.event)


_NUMBERS = Statement(lambda: _numbers_where(_parked_at()))
_TO_RETRY = Statement(lambda: _numbers_where(_parked_at() & ~t.Delivery.overtaken))


def retry(outlet_id: int, event_ids: Sequence[int], now: datetime) -> int:
    """Try these parked events again, from the first attempt on; return how many those are.

    Not those that a later one of their record has overtaken. Of each record the first has its turn.
    """
    which = {"outlet": outlet_id, "ids": list(event_ids)}
    records = _RECORDS.column(**which)
    retried = _RETRY.run(**which, now_ms=millis(now))
    for record in records:
        _HOLD_BACK.run(outlet=outlet_id, record=record)
        outlets.next_of(outlet_id, record, now)
    return retried


def drop(outlet_id: int, event_ids: Sequence[int]) -> int:
    """Give these parked events up: the outlet never delivers them. Return how many those are."""
    return _DROP.run(outlet=outlet_id, ids=list(event_ids))


def _chosen() -> Any:
    return _parked_at() & among(t.Delivery.event, "ids")


_RECORDS = Statement(
    lambda: t.Delivery.select("record").where(_chosen() & ~t.Delivery.overtaken).distinct()
)
_RETRY = Statement(
    lambda: t.Delivery.update(state=_WAITING, attempts=0, first_ms=slot("now_ms")).where(
        _chosen() & ~t.Delivery.overtaken
    )
)
_HOLD_BACK = Statement(
    lambda: t.Delivery.update(next_ms=None).where(
        t.Delivery.has("outlet", "record"), t.Delivery.state == _WAITING
    )
)
_DROP = Statement(lambda: t.Delivery.delete().where(_chosen()))
