"""All connections at a glance: what the home screen of the console shows of each.

A handful of grouped queries, whatever the number of connections; none reads invoices, payments
or syncs one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import fn

from shared.models import syncs
from shared.models import tables as t
from shared.models.applications import kinds_of
from shared.models.rows import APPLICATION, CONNECTION
from shared.models.statements import Statement
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import (
    Application,
    ApplicationOverview,
    Connection,
    ConnectionOverview,
    ProblemState,
    Sync,
)

ON_ITS_WAY = (PaymentStatus.WAITING, PaymentStatus.READY, PaymentStatus.SENT)


def connections() -> list[ConnectionOverview]:
    """Return every connection, by name."""
    last = syncs.latest() | {
        (sync.connection_id or 0, sync.application): sync for sync in reversed(syncs.running())
    }
    applications: dict[int, list[Application]] = {}
    for row in _APPLICATIONS.all():
        application = APPLICATION.read(row)
        applications.setdefault(application.connection_id, []).append(application)
    problems: dict[int, int] = dict(_OPEN_PROBLEMS.all())
    return [
        ConnectionOverview(
            connection := CONNECTION.read(row[2:]),
            _applications(connection, applications.get(connection.id, []), last),
            payments_waiting=row[0],
            payments_unknown=row[1],
            open_problems=problems.get(connection.id, 0),
        )
        for row in _CONNECTIONS.all()
    ]


def _applications(
    connection: Connection, applications: list[Application], last: Mapping[tuple[int, str], Sync]
) -> tuple[ApplicationOverview, ...]:
    known = {application.kind: application for application in applications}
    return tuple(
        ApplicationOverview(known[kind], last.get((connection.id, kind.value)))
        for kind in kinds_of(connection.layout)
        if kind in known
    )


def _count_payments(*statuses: PaymentStatus) -> Any:
    return t.Payment.select(fn.COUNT(t.Payment.id)).where(
        (t.Payment.connection == t.Connection.id)
        & t.Payment.status.in_([status.value for status in statuses])
    )


_CONNECTIONS = Statement(
    lambda: t.Connection.select(
        _count_payments(*ON_ITS_WAY), _count_payments(PaymentStatus.UNKNOWN), *CONNECTION.fields
    ).order_by(t.Connection.name_key)
)
_APPLICATIONS = Statement(lambda: t.Application.select(*APPLICATION.fields))
_OPEN_PROBLEMS = Statement(
    lambda: (
        t.Problem.select("connection", fn.COUNT(t.Problem.id))
        .where(t.Problem.state == ProblemState.OPEN.value)
        .group_by(t.Problem.connection)
    )
)
