"""Outlets: how far each one has delivered the events, what waits there, what is parked.

An outlet goes through the events in their order. One that cannot be delivered is set aside with
all later ones of its record, and the others go on, so nothing is lost, nothing of one record is
turned around, and one bad record holds nobody up. What is refused for good, or was tried for too
long, is parked for a person to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from shared.models import events, problems
from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.mapper import Mapper
from shared.models.statements import (
    AnyOf,
    Statement,
    insert_new_rows,
    insert_row,
    put_rows,
    slot,
    unit_time,
    update_columns,
)
from shared.rules.events import Event, EventKind
from shared.rules.outlets import (
    Became,
    Delivered,
    DeliveryState,
    OutletStanding,
    Refused,
    TryAgain,
    pause,
)
from shared.rules.values import RecordKind
from shared.structs import Value

DELIVERY_PARKED = "delivery-parked"
HELD = timedelta(minutes=2)
"""So long an outlet stays with the daemon that delivers for it, from its last word on."""
_NEVER = 0
_WAITING, _PARKED = DeliveryState.WAITING.value, DeliveryState.PARKED.value
_STANDING = Mapper(OutletStanding, t.Outlet)


def open_outlet(name: str, position: int, connection_id: int | None = None) -> OutletStanding:
    """Make an outlet that gets the events after ``position``, unless there is one of that name.

    It goes with the connection that it is of.
    """
    row = _BY_NAME.one(name=name)
    if row is None:
        _ADD.value(name=name, connection=connection_id, position=position)
    return get(name)


def begin(outlet_id: int, name: str, position: int) -> None:
    """Give an outlet its name, and let it get the events after ``position``."""
    update_columns(t.Outlet, id=outlet_id, name=name, position=position)


def get(name: str) -> OutletStanding:
    """Find an outlet by its name; raises NotFound."""
    return _STANDING.read(_BY_NAME.found("outlet", name, name=name))


def all_outlets() -> list[OutletStanding]:
    """Return every outlet, by name."""
    return [_STANDING.read(row) for row in _ALL.all()]


_ADD = insert_row(t.Outlet)
_BY_NAME = Statement(lambda: t.Outlet.select(*_STANDING.fields).where(t.Outlet.has("name")))
_ALL = Statement(lambda: t.Outlet.select(*_STANDING.fields).order_by(t.Outlet.name))


def remove(name: str) -> None:
    """Remove an outlet with all that waits there, and the problem that it has."""
    held = get(name)
    _REMOVE.run(name=name)
    settle(held, unit_time())


def settle(outlet: OutletStanding, now: datetime) -> None:
    """Close its problem: nothing of it is parked any more."""
    if outlet.connection_id is not None:
        about = (outlet.connection_id, RecordKind.DELIVERY, [outlet.name])
        problems.resolve(*about, [DELIVERY_PARKED], now)


_REMOVE = Statement(lambda: t.Outlet.delete().where(t.Outlet.has("name")))


def claim(name: str, holder: str, now: datetime) -> OutletStanding | None:
    """Hold an outlet for a while; None where another daemon does, or there is none.

    Nobody holds one for longer than that: who seems to is gone, and the clock was set back since.
    """
    mine = _CLAIM.run(
        name=name,
        holder=holder,
        now_ms=millis(now),
        until_ms=millis(now + HELD),
        too_late_ms=millis(now + 2 * HELD),
    )
    return get(name) if mine else None


_CLAIM = Statement(
    lambda: t.Outlet.update(held_by=slot("holder"), held_until_ms=slot("until_ms")).where(
        t.Outlet.has("name"),
        (t.Outlet.held_by == slot("holder"))
        | (t.Outlet.held_until_ms < slot("now_ms"))
        | (t.Outlet.held_until_ms > slot("too_late_ms")),
    )
)


def let_go(name: str, holder: str) -> None:
    """Let another daemon hold it at once."""
    _LET_GO.run(name=name, holder=holder)


_LET_GO = Statement(
    lambda: t.Outlet.update(held_until_ms=_NEVER).where(
        t.Outlet.has("name", held_by=slot("holder"))
    )
)


class Waiting(Value):
    """What an outlet set aside: events that are due now, and the records that have any."""

    due: tuple[Event, ...]
    records: frozenset[str]


def waiting(outlet_id: int, now: datetime, limit: int) -> Waiting:
    """Return what waits at an outlet, the oldest due events first; of each record one at most."""
    ids = _DUE.column(outlet=outlet_id, now_ms=millis(now), limit=limit)
    found = (events.get(id_) for id_ in ids)
    records = frozenset(_RECORDS.column(outlet=outlet_id))
    return Waiting(tuple(one for one in found if one is not None), records)


def _waiting_at() -> Any:
    return t.Delivery.has("outlet") & (t.Delivery.state == _WAITING)


_DUE = Statement(
    lambda: (
        t.Delivery.select("event")
        .where(_waiting_at() & (t.Delivery.next_ms <= slot("now_ms")))
        .order_by(t.Delivery.event)
        .limit(slot("limit"))
    )
)
_RECORDS = Statement(lambda: t.Delivery.select("record").where(_waiting_at()).distinct())


def next_due(outlet_id: int) -> datetime | None:
    """When the next event that was set aside is due; None where there is none."""
    due_ms = _NEXT_DUE.value(outlet=outlet_id)
    return None if due_ms is None else moment(due_ms)


_NEXT_DUE = Statement(lambda: t.Delivery.select(fn.MIN(t.Delivery.next_ms)).where(_waiting_at()))


class Progress(Value):
    """What an outlet did since it last said so.

    ``tried`` are events with what became of each, in their order; ``behind`` those that wait for an
    earlier one of their record. It has passed all up to ``position``.
    """

    position: int
    tried: tuple[tuple[Event, Became], ...] = ()
    behind: tuple[Event, ...] = ()


def note(
    outlet: OutletStanding,
    progress: Progress,
    *,
    gives_up_after: timedelta,
    chance: Callable[[], float],
    now: datetime,
) -> None:
    """Write down what an outlet did; ``gives_up_after`` is how long it tries one event."""
    known = _known(outlet.id, progress)

    def put(event: Event, *told: Any) -> None:
        _PUT.many([(outlet.id, event.id, event.record, *told, False)])

    for event, became in progress.tried:
        first_ms, attempts = known.get(event.id, (millis(now), 0))
        match became:
            case Delivered():
                _take_off(outlet.id, event, now)
            case TryAgain() if now - moment(first_ms) < gives_up_after:
                wait = pause(attempts + 1, chance, became.after)
                put(event, _WAITING, attempts + 1, first_ms, millis(now + wait), became.reason)
            case TryAgain() | Refused():
                put(event, _PARKED, attempts + 1, first_ms, None, became.reason)
                next_of(outlet.id, event.record, now)
                _report(outlet, event, became.reason, now)
    _BEHIND.many(
        (outlet.id, one.id, one.record, _WAITING, 0, millis(now), None, "", False)
        for one in progress.behind
    )
    _write(outlet, progress, chance, now)


def _report(outlet: OutletStanding, event: Event, reason: str, now: datetime) -> None:
    """Tell people of what is parked: one problem for each outlet, since they are the same cure."""
    if outlet.connection_id is None or event.kind is EventKind.WEBHOOK_TESTED:
        return
    about = (RecordKind.DELIVERY, outlet.name, outlet.name)
    told = {"outlet": outlet.name, "reason": reason.rstrip(".")}
    trouble = problems.trouble(DELIVERY_PARKED, *about, **told)
    problems.report(outlet.connection_id, None, [trouble], now)


def _known(outlet_id: int, progress: Progress) -> dict[int, tuple[int, int]]:
    """Since when events were tried that were set aside before, and how often."""
    ids = [event.id for event, _ in progress.tried]
    return {id_: (first, tries) for id_, first, tries in _KNOWN.all(outlet=outlet_id, ids=ids)}


def _write(
    outlet: OutletStanding, progress: Progress, chance: Callable[[], float], now: datetime
) -> None:
    failed = [one for _, one in progress.tried if isinstance(one, TryAgain) and one.whole]
    columns: dict[str, Any] = {}
    if any(isinstance(one, Delivered) and one.wanted for _, one in progress.tried):
        columns["delivered_ms"] = millis(now)
    if failed:
        wait = pause(outlet.attempts + 1, chance, max(one.after for one in failed))
        columns |= {"attempts": outlet.attempts + 1, "reason": failed[-1].reason}
        columns["pause_until_ms"] = millis(now + wait)
    elif progress.tried:
        columns |= {"attempts": 0, "reason": "", "pause_until_ms": _NEVER}
    update_columns(t.Outlet, id=outlet.id, position=progress.position, **columns)


def rest(
    outlet: OutletStanding,
    reason: str,
    *,
    after: timedelta,
    chance: Callable[[], float],
    now: datetime,
) -> None:
    """Have an outlet try nothing for a while, longer each time; ``after`` at the least."""
    wait = pause(outlet.attempts + 1, chance, after)
    columns = {"attempts": outlet.attempts + 1, "reason": reason}
    update_columns(t.Outlet, id=outlet.id, pause_until_ms=millis(now + wait), **columns)


def goes(outlet: OutletStanding) -> None:
    """Say that it goes through again."""
    update_columns(t.Outlet, id=outlet.id, attempts=0, reason="", pause_until_ms=_NEVER)


def delivered(outlet: OutletStanding, now: datetime) -> None:
    """Say that something went through that is no event."""
    goes(outlet)
    update_columns(t.Outlet, id=outlet.id, delivered_ms=millis(now))


def _take_off(outlet_id: int, event: Event, now: datetime) -> None:
    """It was delivered: the next of its record has its turn, and parked ones are overtaken."""
    if _TAKE_OFF.run(outlet=outlet_id, event=event.id):
        next_of(outlet_id, event.record, now)
    _OVERTAKE.run(outlet=outlet_id, record=event.record, event=event.id)


def next_of(outlet_id: int, record: str, now: datetime) -> None:
    """Let the first event that waits of a record have its turn."""
    _NEXT.run(outlet=outlet_id, record=record, now_ms=millis(now))


_PUT = put_rows(t.Delivery, stays=["record"])
_BEHIND = insert_new_rows(t.Delivery)
_KNOWN = Statement(
    lambda: t.Delivery.select("event", "first_ms", "attempts").where(
        t.Delivery.has("outlet", event=AnyOf("ids"))
    )
)
_TAKE_OFF = Statement(lambda: t.Delivery.delete().where(t.Delivery.has("outlet", "event")))
_OVERTAKE = Statement(
    lambda: t.Delivery.update(overtaken=True).where(
        t.Delivery.has("outlet", "record"), t.Delivery.event < slot("event")
    )
)


def _first_behind() -> Any:
    """The first event that waits of a record."""
    other: Any = t.Delivery.alias()
    return other.select(fn.MIN(other.event)).where(
        (other.outlet == slot("outlet"))
        & (other.record == slot("record"))
        & (other.state == _WAITING)
    )


_NEXT = Statement(
    lambda: t.Delivery.update(next_ms=slot("now_ms")).where(
        t.Delivery.has("outlet", next_ms=None), t.Delivery.event == _first_behind()
    )
)


def resume(outlet_id: int) -> None:
    """Let an outlet that pauses try again at once."""
    update_columns(t.Outlet, id=outlet_id, pause_until_ms=_NEVER)


def failed(outlet_id: int, event_id: int) -> tuple[DeliveryState, str] | None:
    """Where an event stands that an outlet set aside, and why; None where it did not."""
    row = _FAILED.one(outlet=outlet_id, event=event_id)
    return None if row is None else (DeliveryState(row[0]), row[1])


_FAILED = Statement(
    lambda: t.Delivery.select("state", "reason").where(t.Delivery.has("outlet", "event"))
)


class Queue(Value):
    """What an outlet set aside, in figures; ``reason`` is that of what failed last."""

    waiting: int
    parked: int
    reason: str


def queue(outlet_id: int) -> Queue:
    """Count what waits at an outlet, and what is parked and not overtaken; no tests."""
    counted: dict[str, int] = dict(_COUNTS.all(outlet=outlet_id))
    reason = _REASON.column(outlet=outlet_id)
    return Queue(
        counted.get(_WAITING, 0), counted.get(_PARKED, 0), str(reason[0]) if reason else ""
    )


def _aside_at() -> Any:
    """What counts of what an outlet set aside: a test tells its result to whoever asked for it."""
    return t.Delivery.has("outlet") & ~t.Delivery.overtaken & is_no_test()


def is_no_test() -> Any:
    """The condition on an event that it was not made to try a webhook."""
    return t.Event.kind != EventKind.WEBHOOK_TESTED.value


_COUNTS = Statement(
    lambda: (
        t.Delivery.select("state", fn.COUNT(t.Delivery.event))
        .join(t.Event)
        .where(_aside_at())
        .group_by(t.Delivery.state)
    )
)
_REASON = Statement(
    lambda: (
        t.Delivery.select("reason")
        .join(t.Event)
        .where(_aside_at() & (t.Delivery.attempts > 0))
        .order_by(t.Delivery.event.desc())
        .limit(1)
    )
)


def passed() -> int:
    """Return the number up to which no outlet needs the events: not those that wait at one."""
    lowest, first_waiting = _PASSED.value(), _FIRST_WAITING.value()
    position = events.EVERY if lowest is None else lowest
    return int(position if first_waiting is None else min(position, first_waiting - 1))


_PASSED = Statement(lambda: t.Outlet.select(fn.MIN(t.Outlet.position)))
_FIRST_WAITING = Statement(
    lambda: t.Delivery.select(fn.MIN(t.Delivery.event)).where(t.Delivery.state == _WAITING)
)
