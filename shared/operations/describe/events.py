"""Events in words."""

from __future__ import annotations

from shared import dates
from shared.operations.describe.sections import Section
from shared.operations.describe.sections import told as section_of
from shared.operations.describe.text import grouped, money
from shared.rules.events import Event


def told(event: Event) -> str:
    """What an event says beside its kind and document, in short: ``paid, 0.00 USD (was 9.00)``."""
    return ", ".join(filter(None, (event.state, _amounts(event), event.code)))


def _amounts(event: Event) -> str:
    if event.amount is None:
        return ""
    was = f" (was {grouped(event.before)})" if event.before not in (None, event.amount) else ""
    return money(event.amount, event.currency) + was


def sections(event: Event) -> list[Section]:
    """All that an event says."""
    lines = (
        ("When", dates.moment(event.at)),
        ("What", event.kind.value),
        (event.kind.about.capitalize(), event.document),
        ("Amount", _amounts(event)),
        ("Now", event.state),
        ("Code", event.code),
        ("Connection", event.connection),
        ("ID", event.object_id),
        ("Event", str(event.id)),
    )
    return [section_of("", lines)]
