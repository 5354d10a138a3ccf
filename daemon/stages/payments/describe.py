"""What people read of a payment in this sync: its record, and its problem. Store-thread code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from daemon.stages.troubles import report, trouble
from shared.models import problems, syncs
from shared.models.payments.holds import POSTING
from shared.rules.payments.values import Payment
from shared.rules.values import Outcome, Record, RecordKind, Session
from shared.structs import replace


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
    number, document = str(payment.id), payment.document
    made = trouble(code, RecordKind.PAYMENT, number, document, said=said, **(fields or {}))
    made = replace(made, found=found)
    report(session, [made], now)
    return made.message


def report_stop(session: Session, code: str, said: str, now: datetime, **fields: str) -> None:
    """QuickBooks as a whole lets nothing be posted: one problem, not one for each payment."""
    name = session.application.kind.label
    report(session, [trouble(code, RecordKind.SYNC, POSTING, name, said=said, **fields)], now)


def report_unreadable(session: Session, said: str, now: datetime) -> None:
    """An answer that posting stands on could not be taken in, however it was asked for."""
    report_stop(session, "answer-unreadable", "", now, reason=said)


def close_stop(session: Session, now: datetime) -> None:
    """Posting was not stopped in this sync."""
    problems.resolve(session.connection.id, RecordKind.SYNC, [POSTING], None, now)


def record_done(session: Session, payment: Payment, outcome: Outcome) -> None:
    """A payment was posted, imported or changed without trouble."""
    if session.sync_id is not None:
        done = Record(RecordKind.PAYMENT, str(payment.id), payment.document, outcome)
        syncs.add_records(session.sync_id, [done])


def close_problem(session: Session, payment_ids: Iterable[int], code: str, now: datetime) -> None:
    """One thing that was wrong with these payments is right again."""
    about = [str(one) for one in payment_ids]
    problems.resolve(session.connection.id, RecordKind.PAYMENT, about, [code], now)
