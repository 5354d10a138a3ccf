"""What happened is what may have to go out: the records that events are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.models.platforms import outbox, paid
from shared.models.platforms.outbox import Named
from shared.rules.connectors import CUSTOMER_EVENTS, INVOICE_EVENTS, PAYMENT_EVENTS, POSTING_EVENTS
from shared.rules.events import Event
from shared.rules.values import RecordKind


def named(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The records that events are about: of customers those alone that invoices are billed to."""
    for event in found:
        if event.kind.value in INVOICE_EVENTS:
            yield RecordKind.INVOICE, event.object_id, event.document
    customers = {one.object_id: one.document for one in found if one.kind.value in CUSTOMER_EVENTS}
    for list_id in sorted(outbox.known(connection_id, RecordKind.CUSTOMER, customers)):
        yield RecordKind.CUSTOMER, list_id, customers[list_id]
    yield from _payments(connection_id, identity, found)


def _payments(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The ReceivePayments that events are about: one posted here is told by the platform's id,
    one that was recorded there by what a person finds it by.
    """
    told = {one.document: one.kind for one in found if one.kind.value in PAYMENT_EVENTS}
    posted = paid.posted_for(connection_id, identity, told)
    for txn_id, key in posted:
        yield RecordKind.PAYMENT, txn_id, key
    rest = told.keys() - {key for _, key in posted}
    recorded = {one for one in rest if told[one].value not in POSTING_EVENTS}
    names = paid.recorded_as(connection_id, recorded)
    for txn_id in recorded:
        yield RecordKind.PAYMENT, txn_id, names.get(txn_id, txn_id)
