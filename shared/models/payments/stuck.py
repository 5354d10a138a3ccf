"""Payments that stand still, in figures for each connection: refused, parked, waiting for long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import fn

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.payments import rows
from shared.models.statements import Statement, among, slot
from shared.rules.alert_conditions import StuckPayments
from shared.rules.alerts import AlertKind
from shared.rules.payments.reasons import READY_LONG
from shared.rules.payments.values import PaymentStatus

_EVER = 2**62
_KINDS = (
    (AlertKind.PAYMENT_REFUSED, (PaymentStatus.REFUSED,)),
    (AlertKind.PAYMENT_PARKED, (PaymentStatus.PARKED,)),
    (AlertKind.PAYMENT_WAITING, (PaymentStatus.WAITING, PaymentStatus.READY)),
)


def payments(waiting_before: datetime) -> list[StuckPayments]:
    """Return the connections with such payments; of waiting ones those that began before then.

    One that is ready, but that no sync fetches, waits as well.
    """
    found = []
    for kind, statuses in _KINDS:
        waits = kind is AlertKind.PAYMENT_WAITING
        those = {
            "statuses": [status.value for status in statuses],
            "before": millis(waiting_before) if waits else _EVER,
        }
        for connection_id, connection, count in _COUNTS.all(**those):
            [first] = rows.given(_FIRST.all(connection=connection_id, **those))
            found.append(
                StuckPayments(
                    kind,
                    connection_id,
                    connection,
                    count,
                    name=first.external_id or first.ref_number or first.txn_id,
                    document=first.document,
                    since=(first.waiting_since if waits else None) or first.changed_at,
                    code=READY_LONG if first.status is PaymentStatus.READY else first.code,
                )
            )
    return found


def _stuck() -> Any:
    """One that was ready from the start has never waited for anything else."""
    since_ms = fn.COALESCE(t.Payment.waiting_ms, t.Payment.changed_ms)
    return among(t.Payment.status, "statuses") & (since_ms <= slot("before"))


_COUNTS = Statement(
    lambda: (
        t.Payment.select(t.Payment.connection, t.Connection.name, fn.COUNT(t.Payment.id))
        .join(t.Connection)
        .where(_stuck())
        .group_by(t.Payment.connection, t.Connection.name)
        .order_by(t.Payment.connection)
    )
)
_FIRST = Statement(
    lambda: (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(t.Payment.has("connection"), _stuck())
        .order_by(t.Payment.changed_ms, t.Payment.id)
        .limit(1)
    )
)
