"""Webhooks: to which addresses the events of a connection are sent, and how that goes."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from shared.models import events, installation, outlets
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.statements import Row, Statement, insert_row
from shared.rules.webhooks import Webhook, WebhookStanding, outlet_name, secret_of

_WEBHOOK = Mapper(
    Webhook,
    t.Webhook,
    but=["events"],
    connection_id=t.Outlet.connection,
    connection=t.Connection.name,
    outlet_id=t.Webhook.outlet,
)


def add(connection_id: int, url: str, wanted: Collection[str], who: str, now: datetime) -> Webhook:
    """Add a webhook that gets what happens from now on; ``wanted`` are kinds, none: all."""
    salt = secrets.token_hex(16)
    outlet = outlets.open_outlet(salt, events.last(), connection_id)
    id_ = _ADD.value(
        outlet=outlet.id,
        url=url,
        events=" ".join(wanted),
        salt=salt,
        created_ms=millis(now),
        created_by=who,
    )
    events.settings_changed(connection_id, "webhook-added", str(id_))
    outlets.begin(outlet.id, outlet_name(id_), events.last())
    return get(id_)


_ADD = insert_row(t.Webhook)


def remove(webhook: Webhook) -> None:
    """Remove a webhook with what waits for it."""
    outlets.remove(webhook.outlet)
    events.settings_changed(webhook.connection_id, "webhook-removed", str(webhook.id))


def get(webhook_id: int) -> Webhook:
    """Find a webhook by its number; raises NotFound."""
    return _read(_GET.found("webhook", webhook_id, id=webhook_id))


def all_webhooks() -> list[Webhook]:
    """Return every webhook, by connection and number."""
    return [_read(row) for row in _ALL.all()]


def _read(row: Row) -> Webhook:
    return _WEBHOOK.read(row[1:], events=tuple(row[0].split()))


def _select() -> Any:
    return t.Webhook.select("events", *_WEBHOOK.fields).join(t.Outlet).join(t.Connection)


_GET = Statement(lambda: _select().where(t.Webhook.has("id")))
_ALL = Statement(lambda: _select().order_by(t.Connection.name_key, t.Webhook.id))


def secret(webhook: Webhook) -> str:
    """Work out what its deliveries are signed with: to sign one, or to show it once."""
    [salt] = _SALT.column(id=webhook.id)
    return secret_of(installation.secret(), salt)


_SALT = Statement(lambda: t.Webhook.select("salt").where(t.Webhook.has("id")))


def standing(webhook: Webhook, kinds: Collection[str] | None) -> WebhookStanding:
    """How its deliveries stand; ``kinds`` are those that it wants, None for all."""
    outlet = outlets.get(webhook.outlet)
    queue = outlets.queue(outlet.id)
    ahead = events.how_many_after(outlet.position, webhook.connection_id, kinds)
    due = outlets.next_due(outlet.id)
    return WebhookStanding(
        webhook=webhook,
        behind=queue.waiting + ahead,
        parked=queue.parked,
        reason=outlet.reason or queue.reason,
        retry_at=max(outlet.pause_until_at, due) if due else None,
        delivered_at=outlet.delivered_at,
    )
