"""Who did what: kept when the connection is gone, and never holding a secret."""

from __future__ import annotations

from datetime import datetime

from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.statements import Statement, insert_row, slot
from shared.models.values import AuditEntry


def add(who: str, action: str, connection_name: str, detail: str, now: datetime) -> None:
    """Note an action of a person."""
    _ADD.run(at_ms=millis(now), who=who, action=action, connection=connection_name, detail=detail)


_ADD = insert_row(t.Audit)


def entries(limit: int = 100) -> list[AuditEntry]:
    """Return the latest entries, newest first."""
    return [
        AuditEntry(id_, moment(at_ms), who, action, connection, detail)
        for id_, at_ms, who, action, connection, detail in _ENTRIES.all(limit=limit)
    ]


_ENTRIES = Statement(
    lambda: (
        t.Audit.select(
            t.Audit.id,
            t.Audit.at_ms,
            t.Audit.who,
            t.Audit.action,
            t.Audit.connection,
            t.Audit.detail,
        )
        .order_by(t.Audit.id.desc())
        .limit(slot("limit"))
    )
)
