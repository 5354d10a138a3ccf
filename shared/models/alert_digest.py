"""What happened to a connection in a while, in figures, for a digest."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from peewee import fn

from shared.models import tables as t
from shared.models.convert import millis, money
from shared.models.statements import AnyOf, Statement, slot
from shared.rules.events import EventKind
from shared.structs import Value

COUNTED = (
    *(EventKind.SYNC_FINISHED, EventKind.SYNC_FAILED, EventKind.INVOICE_IMPORTED),
    *(EventKind.PAYMENT_POSTED, EventKind.PAYMENT_REFUSED, EventKind.PAYMENT_IMPORTED),
)


class Happened(Value):
    """How often something happened, and to how much money in one currency."""

    kind: EventKind
    currency: str
    count: int
    amount: Decimal


def since(connection_id: int, begin: datetime) -> list[Happened]:
    """Count what happened since a time; nothing is left out but what did not happen."""
    rows = _SINCE.all(
        connection=connection_id, kinds=[kind.value for kind in COUNTED], since=millis(begin)
    )
    return [Happened(EventKind(kind), held, n, money(int(cents))) for kind, held, n, cents in rows]


_SINCE = Statement(
    lambda: (
        t.Event.select(
            "kind", "currency", fn.COUNT(t.Event.id), fn.COALESCE(fn.SUM(t.Event.amount_cents), 0)
        )
        .where(t.Event.has("connection", kind=AnyOf("kinds")), t.Event.at_ms >= slot("since"))
        .group_by(t.Event.kind, t.Event.currency)
        .order_by(t.Event.kind, t.Event.currency)
    )
)
