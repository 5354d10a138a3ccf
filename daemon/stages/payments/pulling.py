"""Payments recorded in QuickBooks, changed or deleted there, into the store. Store-thread code.

Reading a page twice is the same as reading it once. Every held invoice that a new, changed or
deleted payment names is read again at the end of the sync, so that balances are right then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from daemon.stages.payments import intake, own_payments, restored
from daemon.stages.payments.describe import record_done
from daemon.stages.payments.plan import PaymentSync, Step
from daemon.stages.reading import Tally
from daemon.stages.troubles import report
from shared.models import problems
from shared.models.ledger import rereads
from shared.models.payments import from_quickbooks, postings
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.qbxml.responses import BadRecord, TxnDeletedRet
from shared.rules.payments.values import Payment, Posting, PostingState, ReceivedPayment, UseKind
from shared.rules.values import Outcome, RecordKind, Session, Trouble

INVOICE = "Invoice"


def store_rows(
    session: Session, state: PaymentSync, rows: Sequence[object], now: datetime
) -> Tally:
    """Store rows of a step that reads payments, or the list of those that were deleted."""
    if state.step is Step.DELETIONS:
        return Tally(rows=len(rows), changed=_take_deleted(session, rows, now))
    if state.step is Step.CHANGED:
        return _changed(session, rows)
    told = [row for row in rows if isinstance(row, TxnDeletedRet | BadRecord)]
    payments = [row for row in rows if isinstance(row, ReceivedPayment)]
    tally = _store_payments(session, payments, now, by_id=state.step is Step.COMPARE)
    troubles = [row for row in rows if isinstance(row, Trouble)]
    failed = _troubles(session, troubles, tally.taken_ids, now)
    seen = tally.seen_ids | {one.object_id for one in troubles}
    return tally.plus(
        Tally(
            rows=len(rows) - len(told),
            changed=_take_deleted(session, told, now) if told else 0,
            failed=failed,
            beside=len(told),
            seen_ids=frozenset(seen),
        )
    )


def _take_deleted(session: Session, rows: Sequence[object], now: datetime) -> int:
    """Note what is in a list of deletions; tells how many that was news about."""
    deleted = [row for row in rows if isinstance(row, TxnDeletedRet)]
    own_payments.reread_copies(session, [row.ref_number for row in deleted])
    return delete(session, [row.txn_id for row in deleted], now)


def _changed(session: Session, rows: Sequence[object]) -> Tally:
    """Have these payments read by ID, but for those that a person set aside."""
    connection_id = session.connection.id
    seen = [row for row in rows if isinstance(row, ReceivePaymentRet)]
    bad = [row.object_id for row in rows if isinstance(row, BadRecord) and row.object_id]
    skipped = problems.skipped(connection_id, RecordKind.PAYMENT)
    changed = [one for one in (*(one.txn_id for one in seen), *bad) if one not in skipped]
    rereads.queue_reread(connection_id, RecordKind.PAYMENT, changed)
    newest = max((one.time_modified for one in seen), default="")
    return Tally(rows=len(rows), newest=newest)


def report_not_taken_in(session: Session, txn_id: str, said: str, now: datetime) -> None:
    """A payment whose answer can never be taken in is a problem; what is held of it stays."""
    held = from_quickbooks.by_txn_id(session.connection.id, [txn_id]).get(txn_id)
    document = held.document if held else f"Payment {txn_id}"
    report(session, [intake.unreadable(txn_id, document, said)], now)


def delete(session: Session, txn_ids: Sequence[str], now: datetime) -> int:
    """Payments that QuickBooks no longer has; tells how many that was news about."""
    connection_id = session.connection.id
    changed = own_payments.note_deleted(session, txn_ids, now)
    gone = from_quickbooks.mark_deleted(connection_id, txn_ids, now)
    own_payments.queue_reread(session, from_quickbooks.invoices_of(connection_id, gone))
    for payment in from_quickbooks.by_txn_id(connection_id, gone).values():
        record_done(session, payment, Outcome.DELETED)
    # Also of one that was never held, since it could not be read.
    problems.resolve(connection_id, RecordKind.PAYMENT, txn_ids, None, now)
    return changed + len(gone)


def note_missing(
    session: Session, state: PaymentSync, txn_ids: Iterable[str], now: datetime
) -> int:
    """Payments that were asked for by their IDs and not shown."""
    missing = sorted(txn_ids)
    if state.restored:
        known = postings.by_tags(session.connection.id, txn_ids=missing)
        lost = [one for one in known if one.state is PostingState.POSTED]
        restored.park_lost(session, lost, now)
    return delete(session, missing, now)


def _store_payments(
    session: Session, payments: Sequence[ReceivedPayment], now: datetime, *, by_id: bool
) -> Tally:
    recognized = own_payments.recognize(session, payments)
    known_to_us = _take_ours(session, payments, recognized, now, by_id=by_id)
    theirs = [one for one in payments if one.txn_id not in recognized]
    changed = _store_theirs(session, theirs, now)
    read = frozenset(one.txn_id for one in payments)
    return Tally(
        changed=known_to_us + changed,
        idle=len(payments) - known_to_us - changed,
        newest=max((one.time_modified for one in payments), default=""),
        taken_ids=read,
        seen_ids=read,
    )


def _take_ours(
    session: Session,
    payments: Sequence[ReceivedPayment],
    recognized: Mapping[str, Posting],
    now: datetime,
    *,
    by_id: bool,
) -> int:
    """Hold payments of ours against what we sent; of how many that is news."""
    parts = postings.parts([posting.id for posting in recognized.values()])
    met: set[int] = set()
    news = 0
    for one in payments:
        if one.txn_id in recognized:
            part = parts[recognized[one.txn_id].id]
            if part.payment.id in met:
                # An earlier one of the same page may have moved it.
                part = postings.part(part.posting.id)
            met.add(part.payment.id)
            news += own_payments.take_shown(session, part, one, now, by_id=by_id)
    return news


def _store_theirs(session: Session, payments: Sequence[ReceivedPayment], now: datetime) -> int:
    connection = session.connection
    before = from_quickbooks.by_txn_id(connection.id, [one.txn_id for one in payments])
    wanted = {one.txn_id: one for one in _wanted(session, payments, before)}
    stored = from_quickbooks.store(connection.id, session.sync_id or 0, list(wanted.values()), now)
    changed = [*stored.imported, *stored.updated]
    used = [use for one in changed for use in wanted[one].uses]
    invoices = {use.txn_id for use in used if use.txn_type == INVOICE}
    used_before = [use for one in stored.updated if one in before for use in before[one].uses]
    invoices |= {use.invoice_txn_id for use in used_before if use.kind is UseKind.INVOICE}
    own_payments.queue_reread(session, invoices)
    for txn_id, payment in from_quickbooks.by_txn_id(connection.id, changed).items():
        imported = txn_id in stored.imported
        record_done(session, payment, Outcome.IMPORTED if imported else Outcome.UPDATED)
    return len(changed)


def _wanted(
    session: Session, payments: Sequence[ReceivedPayment], held: Mapping[str, Payment]
) -> list[ReceivedPayment]:
    """Leave out what is skipped; and, unless it is held, what is too old or not to come in."""
    connection = session.connection
    skipped = problems.skipped(connection.id, RecordKind.PAYMENT)
    start = connection.start_date
    return [
        one
        for one in payments
        if one.txn_id not in skipped
        and (one.txn_id in held or (connection.payments_in and not (start and one.date < start)))
    ]


def _troubles(
    session: Session, troubles: Sequence[Trouble], read: Iterable[str], now: datetime
) -> int:
    """Put on file what could not be read or does not add up; close what is over."""
    connection_id = session.connection.id
    report(session, troubles, now)
    wrong = {one.object_id for one in troubles}
    problems.resolve(connection_id, RecordKind.PAYMENT, sorted(read), [intake.UNREADABLE], now)
    right = sorted(set(read) - wrong)
    problems.resolve(connection_id, RecordKind.PAYMENT, right, [intake.TOTAL_MISMATCH], now)
    return len(wrong)
