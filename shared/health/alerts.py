"""Whether those who are to be told of alerts can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from shared.health.checks import Check, count, ok, warn
from shared.health.snapshot import StoreSnapshot
from shared.settings import Settings

NAME = "alerts"


def of_alerts(snapshot: StoreSnapshot, settings: Settings) -> Iterator[Check]:
    """Check the recipients; nothing is said where there are none."""
    recipients = snapshot.recipients
    if not recipients:
        return
    faults = [
        warn(
            NAME,
            f"Recipient {one.id} ({one.shown}) cannot be reached: {reason}",
            f"Fix the cause, then try it: deskbridge alerts test {one.id}.",
        )
        for one, reason in recipients
        if reason
    ]
    if not settings.mail_server and any(one.is_mail for one, _ in recipients):
        told = "Alerts go to email addresses, but no mail server is set."
        faults.insert(0, warn(NAME, told, "Set mail_server; docs/alerts.md shows how."))
    yield from faults or [ok(NAME, f"{count(len(recipients), 'recipient')} can be reached.")]
