"""What happened is what may have to go out: the records that events are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.models.platforms import outbox, paid
from shared.models.platforms.outbox import Named
from shared.rules.events import Event, EventKind
from shared.rules.values import RecordKind

_INVOICES = frozenset(one.value for one in EventKind if one.about == "invoice")
_CUSTOMERS = frozenset(one.value for one in EventKind if one.about == "customer")
_PAYMENTS = frozenset(
    one.value
    for one in (
        *(EventKind.PAYMENT_IMPORTED, EventKind.PAYMENT_EDITED),
        *(EventKind.PAYMENT_DELETED, EventKind.PAYMENT_RECOGNIZED, EventKind.PAYMENT_POSTED),
    )
)
KINDS = _INVOICES | _CUSTOMERS | _PAYMENTS
"""The events after which a record may have to go out."""


def named(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The records that events are about: of customers those alone that invoices are billed to."""
    for event in found:
        if event.kind.value in _INVOICES:
            yield RecordKind.INVOICE, event.object_id, event.document
    customers = {one.object_id: one.document for one in found if one.kind.value in _CUSTOMERS}
    for list_id in sorted(outbox.known(connection_id, RecordKind.CUSTOMER, customers)):
        yield RecordKind.CUSTOMER, list_id, customers[list_id]
    yield from _payments(connection_id, identity, found)


def _payments(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The ReceivePayments that events are about: one posted here is told by the platform's id."""
    told = {one.document: one.kind for one in found if one.kind.value in _PAYMENTS}
    posted = paid.posted_for(connection_id, identity, told)
    for txn_id, key in posted:
        yield RecordKind.PAYMENT, txn_id, key
    for document in told.keys() - {key for _, key in posted}:
        if told[document] is not EventKind.PAYMENT_POSTED:
            yield RecordKind.PAYMENT, document, document
