"""Figures of the store for monitoring: how much of everything there is, and how old it is.

Each function is one query, so that whoever wants them all can leave the store in between. They
read indexes, no rows one by one: 100,000 invoices are counted in some ten milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.convert import millis, moment, moment_or_none
from shared.models.mapper import Mapper
from shared.models.statements import Statement, slot
from shared.rules.connectors import SendState
from shared.rules.outlets import DeliveryState
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.throttling import Source
from shared.rules.values import LONGEST_LOCK, ProblemState
from shared.structs import Value

SETTLED = frozenset(
    {
        *(PaymentStatus.POSTED, PaymentStatus.SKIPPED, PaymentStatus.NOT_ELIGIBLE),
        *(PaymentStatus.IMPORTED, PaymentStatus.WITHDRAWN),
    }
)
"""Payments that nobody waits for: of these no age is told."""


class Group(Value):
    """How many are in a state, and since when the oldest of them; None where that says nothing."""

    count: int
    oldest_at: datetime | None = None


class OutletFigures(Value):
    """What an outlet still has to deliver. ``behind`` counts events that it has not passed."""

    name: str
    behind: int
    waiting: int
    parked: int
    delivered_at: datetime | None


class ApplicationFigures(Value):
    """An application that has a password: what is expected of it, and what was heard of it.

    ``last_sync`` is the state of its latest sync, empty for none.
    """

    connection: str
    application: str
    run_every_minutes: int
    last_seen_at: datetime | None
    last_sync: str


def _counted(state: Any) -> Statement:
    """How many rows are in each state."""
    return Statement(lambda: state.model.select(state, fn.COUNT(state)).group_by(state))


def _aged(state: Any, since: Any, condition: Callable[[], Any]) -> Statement:
    """How many of these rows are in each state, and since when the oldest of them."""
    return Statement(
        lambda: (
            state.model.select(state, fn.COUNT(state), fn.MIN(since))
            .where(condition())
            .group_by(state)
        )
    )


def applications() -> list[ApplicationFigures]:
    """Return every application that may log in."""
    return [_FIGURES.read(row) for row in _applications.all()]


_FIGURES = Mapper(
    ApplicationFigures,
    t.Application,
    connection=t.Connection.name,
    application=t.Application.kind,
    run_every_minutes=t.Connection.run_every_minutes,
    last_sync=fn.COALESCE(t.Sync.state, ""),
)
_LATEST: Any = t.Sync.alias()


@Statement
def _applications() -> Any:
    latest = (
        _LATEST.select(_LATEST.id)
        .where(
            (_LATEST.connection == t.Application.connection)
            & (_LATEST.application == t.Application.kind)
        )
        .order_by(_LATEST.id.desc())
        .limit(1)
    )
    return (
        t.Application.select(*_FIGURES.fields)
        .join(t.Connection)
        .switch(t.Application)
        .join(t.Sync, JOIN.LEFT_OUTER, on=(t.Sync.id == latest))
        .where(t.Application.password_hash != "")
        .order_by(t.Application.id)
    )


def sessions() -> Mapping[str, Group]:
    """Return the sessions that have not ended, by phase."""
    return _groups(_SESSIONS)


_SESSIONS = _aged(t.Session.phase, t.Session.opened_ms, lambda: t.Session.ended_ms.is_null())


def running_syncs() -> Mapping[str, Group]:
    """Return the syncs that have not ended, by state."""
    return _groups(_RUNNING)


_RUNNING = _aged(t.Sync.state, t.Sync.started_ms, lambda: t.Sync.ended_ms.is_null())


def sign_in_locks(now: datetime) -> Mapping[str, int]:
    """Return what too many wrong guesses lock at ``now``, by kind: applications and sources."""
    until = {"now_ms": millis(now), "latest_ms": millis(now + LONGEST_LOCK)}
    counts = {source.value: 0 for source in Source} | dict(_LOCKED_SOURCES.all(**until))
    return {"application": _LOCKED_APPLICATIONS.value(**until), **counts}


def _holds(locked_until_ms: Any) -> Any:
    return (locked_until_ms > slot("now_ms")) & (locked_until_ms <= slot("latest_ms"))


_LOCKED_SOURCES = Statement(
    lambda: (
        t.Throttle.select("source", fn.COUNT(t.Throttle.name))
        .where(_holds(t.Throttle.locked_until_ms))
        .group_by(t.Throttle.source)
    )
)
_LOCKED_APPLICATIONS = Statement(
    lambda: t.Application.select(fn.COUNT(t.Application.id)).where(
        _holds(t.Application.locked_until_ms)
    )
)


def problems() -> Mapping[str, Group]:
    """Return the open problems by code."""
    return _groups(_PROBLEMS)


_PROBLEMS = _aged(
    t.Problem.code, t.Problem.first_seen_ms, lambda: t.Problem.state == ProblemState.OPEN.value
)


def invoices() -> Mapping[str, Group]:
    """Return the invoices by status."""
    return _counts(_INVOICES)


def customers() -> Mapping[str, Group]:
    """Return the customers and jobs by state."""
    return _counts(_CUSTOMERS)


_INVOICES = _counted(t.Invoice.status)
_CUSTOMERS = _counted(t.Customer.state)


def payments() -> Mapping[str, Group]:
    """Return the payments by status; with their age where somebody waits for them."""
    return _counts(_PAYMENTS, _OPEN_PAYMENTS)


_PAYMENTS = _counted(t.Payment.status)
_OPEN_PAYMENTS = _aged(
    *(t.Payment.status, t.Payment.changed_ms),
    lambda: t.Payment.status.in_([one.value for one in PaymentStatus if one not in SETTLED]),
)


def postings() -> Mapping[str, Group]:
    """Return the postings by state; a posting is as old as the last change of its payment.

    Of those that are posted no age is told.
    """
    return _counts(_POSTINGS, _OPEN_POSTINGS)


_POSTINGS = _counted(t.Posting.state)
_OPEN_POSTINGS = Statement(
    lambda: (
        t.Posting.select("state", fn.COUNT(t.Posting.id), fn.MIN(t.Payment.changed_ms))
        .join(t.Payment)
        .where(t.Posting.state != PostingState.POSTED.value)
        .group_by(t.Posting.state)
    )
)


def open_writes() -> Mapping[str, Group]:
    """Return the writes to QuickBooks whose outcome is not known yet, by phase."""
    return _groups(_WRITES)


_WRITES = _aged(t.MessageSet.phase, t.MessageSet.first_sent_ms, lambda: t.OPEN_SET)


def outgoing() -> Mapping[str, Group]:
    """Return the records on their way to billing platforms, by state.

    With their age where something is still to be done.
    """
    return _counts(_OUTGOING, _OPEN_OUTGOING)


_OUTGOING = _counted(t.Outgoing.state)
_OPEN_OUTGOING = _aged(
    *(t.Outgoing.state, t.Outgoing.changed_ms),
    lambda: t.Outgoing.state.in_([SendState.WAITING.value, SendState.REFUSED.value]),
)


def outlets() -> list[OutletFigures]:
    """Return what each outlet still has to deliver, by name."""
    last_event = _LAST_EVENT.value() or 0
    aside: dict[tuple[int, str], int] = {(id_, state): n for id_, state, n in _ASIDE.all()}
    return [
        OutletFigures(
            name,
            max(0, last_event - position),
            aside.get((id_, DeliveryState.WAITING.value), 0),
            aside.get((id_, DeliveryState.PARKED.value), 0),
            moment_or_none(delivered_ms),
        )
        for id_, name, position, delivered_ms in _OUTLETS.all()
    ]


_LAST_EVENT = Statement(lambda: t.Event.select(fn.MAX(t.Event.id)))
_OUTLETS = Statement(
    lambda: t.Outlet.select("id", "name", "position", "delivered_ms").order_by(t.Outlet.name)
)
_ASIDE = Statement(
    lambda: t.Delivery.select("outlet", "state", fn.COUNT(t.Delivery.event)).group_by(
        t.Delivery.outlet, t.Delivery.state
    )
)


def _groups(statement: Statement) -> Mapping[str, Group]:
    return {state: Group(count, moment(oldest)) for state, count, oldest in statement.all()}


def _counts(counted: Statement, aged: Statement | None = None) -> Mapping[str, Group]:
    ages = _groups(aged) if aged else {}
    return {
        state: Group(count, ages[state].oldest_at if state in ages else None)
        for state, count in counted.all()
    }
