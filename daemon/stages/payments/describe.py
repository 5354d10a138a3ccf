"""What people read of a payment in this sync: its record, and its problem. Store-thread code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from shared.hints import tell
from shared.models import problems, syncs
from shared.models.payments.holds import POSTING
from shared.rules.payments.values import Payment
from shared.rules.values import Outcome, Record, RecordKind, Session, Trouble


def report_failure(
    session: Session,
    payment: Payment,
    code: str,
    now: datetime,
    *,
    fields: Mapping[str, str] | None = None,
    said: str = "",
    found: Decimal | None = None,
) -> str:
    """A payment needs a person; returns the sentence that says why."""
    told = tell(code, said=said, **(fields or {}))
    trouble = Trouble(
        code,
        RecordKind.PAYMENT,
        str(payment.id),
        payment.document,
        told.message,
        told.remedy,
        said,
        found=found,
    )
    report(session, trouble, now)
    return told.message


def report_stop(session: Session, code: str, said: str, now: datetime, **fields: str) -> None:
    """QuickBooks as a whole lets nothing be posted: one problem, not one for each payment."""
    told = tell(code, said=said, **fields)
    name = session.application.kind.label
    trouble = Trouble(code, RecordKind.SYNC, POSTING, name, told.message, told.remedy, said)
    report(session, trouble, now)


def report_unreadable(session: Session, said: str, now: datetime) -> None:
    """An answer that posting stands on could not be taken in, however it was asked for."""
    report_stop(session, "answer-unreadable", "", now, reason=said)


def close_stop(session: Session, now: datetime) -> None:
    """Posting was not stopped in this sync."""
    problems.resolve(session.connection.id, RecordKind.SYNC, [POSTING], None, now)


def report(session: Session, trouble: Trouble, now: datetime) -> None:
    """Put a trouble on file, and into the records of this sync."""
    problems.report(session.connection.id, session.sync_id, [trouble], now)
    record_trouble(session, trouble)


def record_trouble(session: Session, trouble: Trouble) -> None:
    """Put a trouble that is on file into the records of this sync."""
    failed = (trouble.document, Outcome.FAILED, trouble.message, trouble.remedy)
    _record(session, Record(trouble.kind, trouble.object_id, *failed))


def record_done(session: Session, payment: Payment, outcome: Outcome) -> None:
    """A payment was posted, imported or changed without trouble."""
    _record(session, Record(RecordKind.PAYMENT, str(payment.id), payment.document, outcome))


def close_problem(session: Session, payment_ids: Iterable[int], code: str, now: datetime) -> None:
    """One thing that was wrong with these payments is right again."""
    about = [str(one) for one in payment_ids]
    problems.resolve(session.connection.id, RecordKind.PAYMENT, about, [code], now)


def _record(session: Session, record: Record) -> None:
    if session.sync_id is not None:
        syncs.add_records(session.sync_id, [record])
