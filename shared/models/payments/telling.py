"""What is told of payments, as events."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from shared.models import events
from shared.models import tables as t
from shared.models.statements import Statement, among, slot
from shared.rules.events import EventKind
from shared.rules.payments.values import PaymentStatus

OF_STATUS = {
    PaymentStatus.POSTED: EventKind.PAYMENT_POSTED,
    PaymentStatus.REFUSED: EventKind.PAYMENT_REFUSED,
    PaymentStatus.PARKED: EventKind.PAYMENT_PARKED,
    PaymentStatus.WITHDRAWN: EventKind.PAYMENT_WITHDRAWN,
    PaymentStatus.SKIPPED: EventKind.PAYMENT_SKIPPED,
}
"""What is told when a payment comes to stand so."""


def tell(kind: EventKind, payment_ids: Collection[int]) -> None:
    """Record what happened to payments, as they stand."""
    if payment_ids:
        events.record_rows(_TELL, kind=kind.value, ids=payment_ids)


_TELL = Statement(lambda: _told(among(t.Payment.id, "ids")))


def tell_import(connection_id: int, import_id: int) -> None:
    """Record that the payments of an import came in, which everybody sees by now."""
    events.record_rows(
        _TELL_IMPORT,
        kind=EventKind.PAYMENT_RECEIVED.value,
        connection=connection_id,
        import_id=import_id,
    )


_TELL_IMPORT = Statement(lambda: _told(t.Payment.has("connection", "import_id")))


def tell_status(payment_id: int, status: PaymentStatus, code: str) -> None:
    """Record that a payment is about to stand otherwise, where that is worth telling."""
    kind = OF_STATUS.get(status)
    if kind is not None:
        events.record_rows(
            _TELL_STATUS, kind=kind.value, id=payment_id, status=status.value, code=code
        )


_TELL_STATUS = Statement(
    lambda: events.of_rows(
        t.Payment.select(*_columns(events.text(slot("status")), events.text(slot("code")))).where(
            t.Payment.has("id"),
            (t.Payment.status != slot("status")) | (t.Payment.code != slot("code")),
        )
    )
)


def _told(condition: Any) -> Any:
    columns = _columns(t.Payment.status, t.Payment.code)
    return events.of_rows(t.Payment.select(*columns).where(condition).order_by(t.Payment.id))


def _columns(state: Any, code: Any) -> list[Any]:
    return events.columns(
        *(t.Payment.connection, slot("kind"), t.Payment.id, t.Payment.key),
        amount=t.Payment.amount_cents,
        currency=t.Payment.currency,
        state=state,
        code=code,
    )
