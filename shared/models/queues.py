"""What waits, over all connections, and since when."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.convert import moment
from shared.models.mapper import Mapper
from shared.models.rows import APPLICATION, CONNECTION
from shared.models.statements import Row, Statement, among
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import Application, Connection, ProblemState
from shared.structs import Value


class Queue(Value):
    """How many wait, and since when the one that has waited longest."""

    count: int
    oldest_at: datetime


class RunningSync(Value):
    """A sync that has not ended, and when its Web Connector was last heard of."""

    id: int
    connection: str
    application: str
    last_heard_at: datetime


def payments(statuses: Collection[PaymentStatus]) -> dict[PaymentStatus, Queue]:
    """Return the payments that stand in one of these states, and since when; none is left out."""
    found = _PAYMENTS.all(statuses=[status.value for status in statuses])
    return {
        PaymentStatus(status): Queue(count, moment(since_ms)) for status, count, since_ms in found
    }


_PAYMENTS = Statement(
    lambda: (
        t.Payment.select("status", fn.COUNT(t.Payment.id), fn.MIN(t.Payment.changed_ms))
        .where(among(t.Payment.status, "statuses"))
        .group_by(t.Payment.status)
    )
)


def open_problems() -> Queue | None:
    """Return how many problems wait for a person, or None."""
    count, oldest_ms = _PROBLEMS.all()[0]
    return Queue(count, moment(oldest_ms)) if count else None


_PROBLEMS = Statement(
    lambda: t.Problem.select(fn.COUNT(t.Problem.id), fn.MIN(t.Problem.first_seen_ms)).where(
        t.Problem.state == ProblemState.OPEN.value
    )
)


def locked(now: datetime) -> list[tuple[Connection, Application]]:
    """Return the applications that too many wrong passwords keep out at ``now``, by name."""
    found = [_of_connection(row) for row in _LOCKED.all()]
    return [(connection, one) for connection, one in found if one.locked(now)]


def scheduled() -> list[tuple[Connection, Application]]:
    """Return the applications that may log in and are meant to run by themselves, by name."""
    return [_of_connection(row) for row in _SCHEDULED.all()]


def _of_connection(row: Row) -> tuple[Connection, Application]:
    width = len(CONNECTION.fields)
    return CONNECTION.read(row[:width]), APPLICATION.read(row[width:])


def _applications(condition: Callable[[], Any]) -> Statement:
    return Statement(
        lambda: (
            t.Application.select(*CONNECTION.fields, *APPLICATION.fields)
            .join(t.Connection)
            .where(condition())
            .order_by(t.Connection.name_key, t.Application.id)
        )
    )


_LOCKED = _applications(lambda: t.Application.locked_until_ms.is_null(False))
_SCHEDULED = _applications(
    lambda: (t.Connection.run_every_minutes > 0) & (t.Application.password_hash != "")
)


def running_syncs() -> list[RunningSync]:
    """Return the syncs that have not ended, the oldest first."""
    return [_RUNNING.read(row) for row in _running.all()]


_RUNNING = Mapper(
    RunningSync,
    t.Sync,
    connection=fn.COALESCE(t.Connection.name, ""),
    last_heard_at=fn.COALESCE(fn.MAX(t.Session.last_call_ms), t.Sync.started_ms),
)


@Statement
def _running() -> Any:
    return (
        t.Sync.select(*_RUNNING.fields)
        .join(t.Connection, JOIN.LEFT_OUTER)
        .join(t.Session, JOIN.LEFT_OUTER, on=(t.Session.sync == t.Sync.id))
        .where(t.Sync.ended_ms.is_null())
        .group_by(t.Sync.id, t.Connection.name, t.Sync.application, t.Sync.started_ms)
        .order_by(t.Sync.id)
    )


def latest_moment() -> datetime | None:
    """Return the latest time that the store was stamped with, or None for an empty one."""
    found = [row[0] for statement in _LATEST for row in statement.all()]
    return moment(max(found)) if found else None


def _last(table: Any, stamp: Any) -> Statement:
    return Statement(lambda: table.select(stamp).order_by(table.id.desc()).limit(1))


_LATEST = (
    _last(t.Sync, t.Sync.started_ms),
    _last(t.Daemon, t.Daemon.beat_ms),
    _last(t.Audit, t.Audit.at_ms),
)
