"""Webhooks in words."""

from __future__ import annotations

from shared.operations.describe.text import count
from shared.rules.webhooks import WebhookStanding


def wanted(one: WebhookStanding) -> str:
    """Which events it gets."""
    return ", ".join(one.webhook.events) or "all"


def standing(one: WebhookStanding) -> str:
    """How it stands, in short: ``failing, 3 events behind``."""
    behind = f"{count(one.behind, 'event')} behind" if one.behind else ""
    parked = f"{one.parked} set aside" if one.parked else ""
    return ", ".join(filter(None, (one.state.value, parked, behind)))
