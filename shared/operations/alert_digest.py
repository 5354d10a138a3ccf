"""What a digest tells: of each connection what happened since the last one, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from shared.models import alert_digest, alerts, overview, problems
from shared.models.alert_digest import Happened
from shared.models.store import Store
from shared.rules.alerts import Alert, Recipient
from shared.rules.events import EventKind
from shared.rules.values import ConnectionOverview, Problem, ProblemState
from shared.structs import Value

MOST_PROBLEMS = 20


class DigestPart(Value):
    """What happened in one connection. ``sums`` are by kind of event and currency."""

    connection: Annotated[str, "the connection"]
    overview: ConnectionOverview
    syncs_finished: Annotated[int, "syncs that finished"]
    syncs_failed: Annotated[int, "syncs that failed"]
    payments_posted: Annotated[int, "payments posted to QuickBooks"]
    payments_refused: Annotated[int, "payments refused"]
    payments_imported: Annotated[int, "payments imported from QuickBooks"]
    invoices_imported: Annotated[int, "invoices imported"]
    open_problems: Annotated[int, "problems that need attention"]
    problems: tuple[Problem, ...]
    sums: tuple[tuple[EventKind, str, Decimal], ...]


class DigestView(Value):
    """A digest: since when, what stands, and each connection."""

    since: datetime
    standing: tuple[Alert, ...]
    parts: tuple[DigestPart, ...]


def view(_store: Store, recipient: Recipient, since: datetime) -> DigestView:
    """What a digest would tell this recipient."""
    standing = [one for one in alerts.on_file() if one.stands and recipient.wants(one)]
    parts = [
        _part(one, since)
        for one in overview.connections()
        if recipient.connection_id in (None, one.connection.id)
    ]
    return DigestView(since, tuple(standing), tuple(parts))


def _part(found: ConnectionOverview, since: datetime) -> DigestPart:
    connection = found.connection
    happened = alert_digest.since(connection.id, since)
    waiting = problems.list_problems(connection_id=connection.id, states=[ProblemState.OPEN])
    return DigestPart(
        connection=connection.name,
        overview=found,
        syncs_finished=_count(happened, EventKind.SYNC_FINISHED),
        syncs_failed=_count(happened, EventKind.SYNC_FAILED),
        payments_posted=_count(happened, EventKind.PAYMENT_POSTED),
        payments_refused=_count(happened, EventKind.PAYMENT_REFUSED),
        payments_imported=_count(happened, EventKind.PAYMENT_IMPORTED),
        invoices_imported=_count(happened, EventKind.INVOICE_IMPORTED),
        open_problems=found.open_problems,
        problems=tuple(waiting[:MOST_PROBLEMS]),
        sums=tuple((one.kind, one.currency, one.amount) for one in happened if one.amount),
    )


def _count(happened: Sequence[Happened], kind: EventKind) -> int:
    return sum(one.count for one in happened if one.kind is kind)
