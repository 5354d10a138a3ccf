"""Payments that have waited so long that a person should know of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import fn

from shared import dates
from shared.models import problems
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.payments import rows
from shared.models.statements import Statement, slot
from shared.rules.payments import reasons
from shared.rules.payments.values import Payment, PaymentStatus
from shared.rules.values import RecordKind, Trouble


def report(connection_id: int, sync_id: int | None, after: timedelta, now: datetime) -> None:
    """Make a problem of each payment that has waited longer than ``after``, and close the others.

    The payment itself goes on waiting. One that is ready and could not go out counts as waiting.
    """
    before = millis(now - after)
    long = rows.given(_LONG.all(connection=connection_id, before=before))
    told = [_trouble(one) for one in long if one.status is PaymentStatus.WAITING]
    problems.report(connection_id, sync_id, told, now)
    still = [str(one.id) for one in long]
    problems.resolve_others(connection_id, reasons.WAITS_LONG, still, now)


_LONG = Statement(
    lambda: (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            t.Payment.has("connection"),
            t.Payment.status.in_((PaymentStatus.WAITING.value, PaymentStatus.READY.value)),
            t.Payment.waiting_ms <= slot("before"),
        )
        .order_by(t.Payment.id)
    )
)


def _trouble(payment: Payment) -> Trouble:
    assert payment.waiting_since is not None
    about = (RecordKind.PAYMENT, str(payment.id), payment.document)
    since = dates.moment_in_utc(payment.waiting_since)
    return problems.trouble(reasons.WAITS_LONG, *about, since=since, reason=payment.reason)


def not_on_their_way(connection_id: int) -> int:
    """How many payments wait for something, or were refused and need a person."""
    return int(_NOT_ON_THEIR_WAY.column(connection=connection_id)[0])


_NOT_ON_THEIR_WAY = Statement(
    lambda: t.Payment.select(fn.COUNT(t.Payment.id)).where(
        t.Payment.has("connection"),
        t.Payment.status.in_((PaymentStatus.WAITING.value, PaymentStatus.REFUSED.value)),
    )
)
