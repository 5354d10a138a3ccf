"""Figures of the store for monitoring: how much of everything there is, and how old it is.

Each function is one query, so that whoever wants them all can leave the store in between. They
read indexes, no rows one by one: 100,000 invoices are counted in some ten milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.convert import millis, moment, moment_or_none
from shared.models.statements import Statement, among, slot
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


def applications() -> list[ApplicationFigures]:
    """Return every application that may log in."""
    return [
        ApplicationFigures(
            connection, kind, run_every_minutes, moment_or_none(seen_ms), state or ""
        )
        for connection, kind, run_every_minutes, seen_ms, state in _applications.all()
    ]


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
        t.Application.select(
            t.Connection.name,
            t.Application.kind,
            t.Connection.run_every_minutes,
            t.Application.last_seen_ms,
            t.Sync.state,
        )
        .join(t.Connection)
        .switch(t.Application)
        .join(t.Sync, JOIN.LEFT_OUTER, on=(t.Sync.id == latest))
        .where(t.Application.password_hash != "")
        .order_by(t.Application.id)
    )


def sessions() -> Mapping[str, Group]:
    """Return the sessions that have not ended, by phase."""
    return _groups(_SESSIONS)


_SESSIONS = Statement(
    lambda: (
        t.Session.select("phase", fn.COUNT(t.Session.id), fn.MIN(t.Session.opened_ms))
        .where(t.Session.ended_ms.is_null())
        .group_by(t.Session.phase)
    )
)


def running_syncs() -> Mapping[str, Group]:
    """Return the syncs that have not ended, by state."""
    return _groups(_RUNNING)


_RUNNING = Statement(
    lambda: (
        t.Sync.select("state", fn.COUNT(t.Sync.id), fn.MIN(t.Sync.started_ms))
        .where(t.Sync.ended_ms.is_null())
        .group_by(t.Sync.state)
    )
)


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


_PROBLEMS = Statement(
    lambda: (
        t.Problem.select("code", fn.COUNT(t.Problem.id), fn.MIN(t.Problem.first_seen_ms))
        .where(t.Problem.state == ProblemState.OPEN.value)
        .group_by(t.Problem.code)
    )
)


def invoices() -> Mapping[str, Group]:
    """Return the invoices by status."""
    return _counts(_INVOICES)


def customers() -> Mapping[str, Group]:
    """Return the customers and jobs by state."""
    return _counts(_CUSTOMERS)


def _counted(table: Any, state: Any) -> Statement:
    return Statement(lambda: table.select(state, fn.COUNT(state)).group_by(state))


_INVOICES = _counted(t.Invoice, t.Invoice.status)
_CUSTOMERS = _counted(t.Customer, t.Customer.state)


def payments() -> Mapping[str, Group]:
    """Return the payments by status; with their age where somebody waits for them."""
    ages = {status: moment(ms) for status, ms in _PAYMENT_AGES.all(open=_OPEN_PAYMENTS)}
    return {status: Group(count, ages.get(status)) for status, count in _PAYMENTS.all()}


_OPEN_PAYMENTS = [status.value for status in PaymentStatus if status not in SETTLED]
_PAYMENTS = _counted(t.Payment, t.Payment.status)
_PAYMENT_AGES = Statement(
    lambda: (
        t.Payment.select("status", fn.MIN(t.Payment.changed_ms))
        .where(among(t.Payment.status, "open"))
        .group_by(t.Payment.status)
    )
)


def postings() -> Mapping[str, Group]:
    """Return the postings by state; a posting is as old as the last change of its payment.

    Of those that are posted no age is told.
    """
    ages = {state: moment(ms) for state, ms in _POSTING_AGES.all(posted=PostingState.POSTED.value)}
    return {state: Group(count, ages.get(state)) for state, count in _POSTINGS.all()}


_POSTINGS = _counted(t.Posting, t.Posting.state)
_POSTING_AGES = Statement(
    lambda: (
        t.Posting.select("state", fn.MIN(t.Payment.changed_ms))
        .join(t.Payment)
        .where(t.Posting.state != slot("posted"))
        .group_by(t.Posting.state)
    )
)


def open_writes() -> Mapping[str, Group]:
    """Return the writes to QuickBooks whose outcome is not known yet, by phase."""
    return _groups(_WRITES)


_WRITES = Statement(
    lambda: (
        t.MessageSet.select("phase", fn.COUNT(t.MessageSet.id), fn.MIN(t.MessageSet.first_sent_ms))
        .where(t.OPEN_SET)
        .group_by(t.MessageSet.phase)
    )
)


def outgoing() -> Mapping[str, Group]:
    """Return the records on their way to billing platforms, by state.

    With their age where something is still to be done.
    """
    ages = {state: moment(ms) for state, ms in _OUTGOING_AGES.all(open=_OPEN_OUTGOING)}
    return {state: Group(count, ages.get(state)) for state, count in _OUTGOING.all()}


_OPEN_OUTGOING = [SendState.WAITING.value, SendState.REFUSED.value]
_OUTGOING = _counted(t.Outgoing, t.Outgoing.state)
_OUTGOING_AGES = Statement(
    lambda: (
        t.Outgoing.select("state", fn.MIN(t.Outgoing.changed_ms))
        .where(among(t.Outgoing.state, "open"))
        .group_by(t.Outgoing.state)
    )
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


def _counts(statement: Statement) -> Mapping[str, Group]:
    return {state: Group(count) for state, count in statement.all()}
