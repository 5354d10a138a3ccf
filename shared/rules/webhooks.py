"""Webhooks: what is sent to somebody's program, and how it can know that it is from us."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from shared.structs import Value

SIGNATURE = "Deskbridge-Signature"
DELIVERY = "Deskbridge-Delivery"
SECRET_PREFIX = "whsec_"  # noqa: S105 - no secret
_PURPOSE = b"webhook\0"


def secret_of(installation_secret: str, salt: str) -> str:
    """Work out the secret of a webhook: 256 bits that nobody can know without the store's own key.

    So no webhook's secret stands anywhere, and yet each delivery can be signed.
    """
    key = bytes.fromhex(installation_secret)
    return SECRET_PREFIX + hmac.digest(key, _PURPOSE + salt.encode(), hashlib.sha256).hex()


def signature(secret: str, at: datetime, body: bytes) -> str:
    """What the header says: when it was signed, and the HMAC-SHA256 of that time and the body."""
    seconds = str(int(at.timestamp()))
    signed = hmac.digest(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hex()}"


class WebhookState(StrEnum):
    """How a webhook stands."""

    WORKING = "working"
    FAILING = "failing"  # it is tried again by itself
    PARKED = "parked"  # something of it waits for a person


class Webhook(Value):
    """An address that events of a connection are sent to.

    The query of the address may hold a secret of the receiver, so only ``shown`` is for people.
    """

    HIDDEN: ClassVar = ("url",)

    id: Annotated[int, "number of the webhook"]
    connection_id: int
    connection: Annotated[str, "its connection"]
    outlet_id: int
    url: str
    events: Annotated[tuple[str, ...], "the kinds of events that it wants; none: all"]
    created_at: Annotated[datetime, "when it was added"]
    created_by: Annotated[str, "by whom"]

    @property
    def shown(self) -> Annotated[str, "the address that events are sent to, without its query"]:
        """The address without what stands behind ``?``."""
        address, mark, _ = self.url.partition("?")
        return f"{address}?…" if mark else address

    @property
    def host(self) -> str:
        """The host alone, for logs and the audit trail."""
        return urlsplit(self.url).hostname or ""

    @property
    def outlet(self) -> str:
        """The name of its outlet."""
        return outlet_name(self.id)


def outlet_name(webhook_id: int) -> str:
    """What the outlet of a webhook is called."""
    return f"webhook-{webhook_id}"


class WebhookStanding(Value):
    """A webhook with how its deliveries stand."""

    webhook: Webhook
    behind: Annotated[int, "number of events still to be delivered"]
    parked: Annotated[int, "number of events that were given up and need attention"]
    reason: Annotated[str, "why deliveries fail; empty: they do not"]
    retry_at: Annotated[datetime | None, "when it is tried again; null: nothing failed"]
    delivered_at: Annotated[datetime | None, "when something was delivered last"]

    @property
    def state(self) -> Annotated[WebhookState, "its state"]:
        """The worst that can be said of it."""
        if self.parked:
            return WebhookState.PARKED
        return WebhookState.FAILING if self.reason else WebhookState.WORKING
