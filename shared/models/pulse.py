"""A few numbers over all connections, for a line that is always in view.

Three statements, whatever the number of connections; none reads a record as a whole.
"""

from __future__ import annotations

from typing import Any

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.applications import kinds_of
from shared.models.convert import moment_or_none, money
from shared.models.overview import ON_ITS_WAY
from shared.models.statements import Statement, among
from shared.rules.payments.values import PaymentStatus
from shared.rules.pulse import Called, Sum
from shared.rules.values import Layout


def called() -> list[Called]:
    """Return every application that its connection's layout has."""
    return [
        Called(connection, minutes, moment_or_none(seen), state or "", bool(runs), failed or 0)
        for layout, kind, connection, minutes, seen, state, runs, failed in _called.all()
        if kind in _KINDS[layout]
    ]


_KINDS = {layout.value: {kind.value for kind in kinds_of(layout)} for layout in Layout}
_NEWEST: Any = t.Sync.alias()


@Statement
def _called() -> Any:
    newest = _NEWEST.select(fn.MAX(_NEWEST.id)).where(
        (_NEWEST.connection == t.Application.connection)
        & (_NEWEST.application == t.Application.kind)
    )
    return (
        t.Application.select(
            t.Connection.layout,
            t.Application.kind,
            t.Application.connection,
            t.Connection.run_every_minutes,
            t.Application.last_seen_ms,
            t.Sync.state,
            t.Sync.id.is_null(False) & t.Sync.ended_ms.is_null(),
            t.Sync.failed,
        )
        .join(t.Connection)
        .switch(t.Application)
        .join(t.Sync, JOIN.LEFT_OUTER, on=(t.Sync.id == newest))
    )


def on_their_way() -> list[Sum]:
    """Return the payments that still go to QuickBooks, by currency, the largest sum first."""
    return _sums(ON_ITS_WAY)


def unknown() -> list[Sum]:
    """Return the payments whose outcome nobody knows yet, by currency, the largest sum first."""
    return _sums((PaymentStatus.UNKNOWN,))


def _sums(statuses: tuple[PaymentStatus, ...]) -> list[Sum]:
    rows = _summed.all(statuses=[status.value for status in statuses])
    return [Sum(currency, count, money(int(cents))) for currency, count, cents in rows]


@Statement
def _summed() -> Any:
    total = fn.SUM(t.Payment.amount_cents)
    return (
        t.Payment.select("currency", fn.COUNT(t.Payment.id), total)
        .where(among(t.Payment.status, "statuses"))
        .group_by(t.Payment.currency)
        .order_by(total.desc())
    )
