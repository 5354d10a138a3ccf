"""The JSON of webhooks, and of what is sent to them."""

from __future__ import annotations

import json
from typing import Any

from shared.operations.contracts.ledger import CUSTOMER, LISTED_INVOICE
from shared.operations.contracts.payments import PAYMENT_LINE
from shared.operations.contracts.records import EVENT, PROBLEM
from shared.operations.contracts.shapes import Json, Shape
from shared.operations.contracts.syncs import SYNC
from shared.operations.parked_deliveries import Parked
from shared.operations.webhooks import Delivery, Made, Tested
from shared.rules.webhooks import WebhookStanding

WEBHOOK = Shape(
    WebhookStanding,
    "webhook.id webhook.connection url=webhook.shown webhook.events state behind parked reason",
    "retry_at delivered_at webhook.created_at webhook.created_by",
)

MADE_WEBHOOK = Shape(Made, "id secret")

TESTED = Shape(Tested)

PARKED = Shape(Parked, "webhook_id event.* attempts reason overtaken")

RECORDS: dict[str, Shape[Any]] = {
    "invoice": LISTED_INVOICE,
    "customer": CUSTOMER,
    "payment": PAYMENT_LINE,
    "problem": PROBLEM,
    "sync": SYNC,
}
"""The shape of the record that comes with an event, by what the event is about; else null."""


def delivery_json(sent: Delivery) -> bytes:
    """The body of a delivery: the event as ``events list --json`` has it, and two keys more."""
    held: dict[str, Json] = EVENT.of(sent.event)
    record = None if sent.record is None else RECORDS[sent.event.kind.about].of(sent.record)
    return json.dumps({**held, "delivery": sent.delivery, "record": record}).encode()
