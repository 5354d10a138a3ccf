"""Webhooks in words."""

from __future__ import annotations

from shared.operations.describe.sections import Section
from shared.operations.describe.text import count, local_time
from shared.rules.webhooks import WebhookStanding


def wanted(one: WebhookStanding) -> str:
    """Which events it gets."""
    return ", ".join(one.webhook.events) or "all"


def standing(one: WebhookStanding) -> str:
    """How it stands, in short: ``failing, 3 events behind``."""
    behind = f"{count(one.behind, 'event')} behind" if one.behind else ""
    parked = f"{one.parked} to look at" if one.parked else ""
    return ", ".join(filter(None, (one.state.value, parked, behind)))


def sections(one: WebhookStanding) -> list[Section]:
    """All that is known of it; never its secret."""
    lines = (
        ("Webhook", str(one.webhook.id)),
        ("Connection", one.webhook.connection),
        ("Address", one.webhook.shown),
        ("Events", wanted(one)),
        ("Stands", standing(one)),
        ("Why", one.reason),
        ("Tried again", local_time(one.retry_at)),
        ("Delivered last", local_time(one.delivered_at, "never")),
        ("Added", f"{local_time(one.webhook.created_at)} by {one.webhook.created_by}"),
    )
    return [Section("", tuple(line for line in lines if line[1]))]
