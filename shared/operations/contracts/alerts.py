"""The JSON of alerts: of commands, and of what the URL of a recipient gets."""

from __future__ import annotations

import json
from datetime import datetime

from shared.dates import iso_instant
from shared.operations.alert_digest import DigestPart, DigestView
from shared.operations.alerts import Added, RecipientStanding, TestResult, TestResults
from shared.operations.contracts.shapes import Json, Shape
from shared.rules.alerts import Alert, Message, Recipient

ALERT = Shape(Alert, "id kind connection subject told remedy code size opened_at closed_at")

RECIPIENT = Shape(
    RecipientStanding,
    "recipient.id address=recipient.shown recipient.connection recipient.audience",
    "recipient.digest recipient.digest_time recipient.quiet recipient.amounts",
    "reason retry_at delivered_at recipient.created_at recipient.created_by",
)

ADDED = Shape(Added, "id secret")

TESTED = Shape(TestResults, results=Shape(TestResult))

DIGEST_PART = Shape(
    DigestPart,
    "connection syncs_finished syncs_failed payments_posted payments_refused payments_imported",
    "invoices_imported open_problems",
)


def message_json(recipient: Recipient, message: Message, at: datetime) -> bytes:
    """What a URL gets of alerts that were opened, still stand, or are over."""
    return _json(
        "alerts",
        at,
        opened=[_alert(recipient, one) for one in message.new],
        repeated=[_alert(recipient, one) for one in message.repeated],
        closed=[_alert(recipient, one) for one in message.cleared],
    )


def digest_json(recipient: Recipient, found: DigestView, at: datetime) -> bytes:
    """What a URL gets as its digest."""
    told = [_alert(recipient, one) for one in found.standing]
    parts = [DIGEST_PART.of(one) for one in found.parts]
    return _json("digest", at, since=iso_instant(found.since), alerts=told, connections=parts)


def test_json(at: datetime) -> bytes:
    """What a URL gets as a test."""
    return _json("test", at)


def _alert(recipient: Recipient, alert: Alert) -> Json:
    return ALERT.of(alert) | {"told": recipient.words(alert)}


def _json(kind: str, at: datetime, **held: Json) -> bytes:
    return json.dumps({"kind": kind, "at": iso_instant(at), **held}).encode()
