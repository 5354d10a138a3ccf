"""What is wrong with a record: made of a hint's words, put on file, and told by the sync."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.hints import tell
from shared.models import problems, syncs
from shared.rules.values import Outcome, Record, RecordKind, Session, Trouble


def trouble(
    code: str, kind: RecordKind, object_id: str, document: str, *, said: str = "", **fields: object
) -> Trouble:
    """A problem whose sentence and remedy are the hint's, filled in with ``fields``."""
    told = tell(code, said=said, **fields)
    return Trouble(code, kind, object_id, document, told.message, told.remedy, said)


def report(session: Session, troubles: Sequence[Trouble], now: datetime) -> None:
    """Put troubles on file, and into the records of this sync."""
    problems.report(session.connection.id, session.sync_id, troubles, now)
    record(session, troubles)


def record(session: Session, troubles: Sequence[Trouble]) -> None:
    """Put troubles that are on file into the records of this sync."""
    failed = [
        Record(one.kind, one.object_id, one.document, Outcome.FAILED, one.message, one.remedy)
        for one in troubles
    ]
    if session.sync_id is not None and failed:
        syncs.add_records(session.sync_id, failed)
