"""Every connection at a glance: when it should call next, and what needs a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.operations import liveness
from shared.rules.lateness import due_at, is_late
from shared.structs import Value, replace

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.payments.views import Hold
    from shared.rules.values import ApplicationOverview, ConnectionOverview


class ConnectionLine(Value):
    """A connection; ``due_at`` is when Auto-Run should call next, None when nobody can say.

    ``late`` is the application for which it should have called and did not: then ``seen_at``
    and ``due_at`` are of that one. ``needs_person``: something is to be looked at. ``hold`` keeps
    all payments that wait from QuickBooks.
    """

    overview: ConnectionOverview
    seen_at: datetime | None
    due_at: datetime | None
    late: ApplicationOverview | None
    needs_person: bool
    hold: Hold | None = None


class Connections(Value):
    """All connections, by name."""

    lines: tuple[ConnectionLine, ...]


def view(store: Store) -> Connections:
    """All connections."""
    # Imported on the thread that reads, once the first screen is painted.
    from shared.models import overview
    from shared.models.payments import holds

    now, holding = store.now(), holds.of_waiting()
    found = overview.connections()
    if liveness.nobody_works(store):
        found = [_interrupted(one) for one in found]
    return Connections(tuple(_line(one, now, holding.get(one.connection.id)) for one in found))


def _interrupted(found: ConnectionOverview) -> ConnectionOverview:
    """It while nobody works: what has not ended does not run."""
    return replace(
        found,
        applications=tuple(
            replace(one, sync=replace(one.sync, is_interrupted=True))
            if one.sync is not None and one.sync.ended_at is None
            else one
            for one in found.applications
        ),
    )


def _line(found: ConnectionOverview, now: datetime, hold: Hold | None) -> ConnectionLine:
    late = [one for one in found.applications if is_late(found.connection, one, now)]
    looked_at = late[:1] or found.applications
    seen = [one.application.last_seen_at for one in looked_at]
    due = [due_at(found.connection, one) for one in looked_at]
    failed = any(one.sync and one.sync.state == "failed" for one in found.applications)
    return ConnectionLine(
        found,
        seen_at=max((at for at in seen if at), default=None),
        due_at=min((at for at in due if at), default=None),
        late=late[0] if late else None,
        needs_person=bool(late or failed or found.open_problems or found.payments_unknown),
        hold=hold,
    )
