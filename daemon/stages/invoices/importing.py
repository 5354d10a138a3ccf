"""What each step of Invoice Sync does with the rows it brought: store-thread code.

Every function runs inside the transaction of the call that brought the rows. Storing a
page twice is the same as storing it once, so a sync that was cut is simply repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from daemon.stages.invoices import intake
from daemon.stages.invoices.plan import Step
from daemon.stages.moves import GiveUpOn, NotTakenIn
from daemon.stages.reading import Tally
from daemon.stages.troubles import report, trouble
from shared.documents import customer_document, invoice_document
from shared.models import problems, syncs
from shared.models.convert import day_text
from shared.models.ledger import checked_customers, incoming_customers, incoming_invoices, seen
from shared.models.ledger.incoming_invoices import IncomingInvoice
from shared.qbxml.responses import TxnDeletedRet
from shared.rules.values import (
    CheckedCustomer,
    Customer,
    InvoiceStatus,
    OpenInvoice,
    Outcome,
    Record,
    RecordKind,
    Session,
    Trouble,
)
from shared.structs import replace

READABLE = (
    *("invoice-unreadable", "customer-unreadable", "record-refused", "record-not-taken-in"),
)
"""Problems that are over once the record was read, and that keep it from being imported."""

CLOSING: dict[str, Outcome] = {
    InvoiceStatus.PAID: Outcome.CLOSED,
    InvoiceStatus.VOID: Outcome.VOIDED,
    InvoiceStatus.OPEN: Outcome.UPDATED,
    InvoiceStatus.DELETED: Outcome.DELETED,
}


def store_rows(session: Session, step: Step, rows: Sequence[object], now: datetime) -> Tally:
    """Store the rows of one step; says what came of them."""
    store = STORE.get(step)
    tally = store(session, rows, now) if store else Tally(rows=len(rows))
    broken = [row for row in rows if isinstance(row, Trouble) and row.code != intake.TOTAL_MISMATCH]
    report(session, broken, now)
    seen = frozenset(one.object_id for one in broken)
    return tally.plus(Tally(failed=len(seen), seen_ids=seen))


def _store_invoices(
    session: Session, rows: Sequence[object], now: datetime, *, is_list: bool = False
) -> Tally:
    invoices = [row for row in rows if isinstance(row, IncomingInvoice)]
    wanted = _wanted(session, invoices)
    skipped = problems.skipped(session.connection.id, RecordKind.INVOICE)
    told = [one for one in wanted if one.txn_id not in skipped]
    stored = incoming_invoices.store_invoices(session.connection.id, wanted)
    if is_list:
        seen.note_seen(session.connection.id, stored.rows)
    imported, changed = set(stored.imported), {*stored.imported, *stored.updated}
    records = [
        _invoice_record(one, Outcome.IMPORTED if one.txn_id in imported else CLOSING[one.status])
        for one in told
        if one.txn_id in changed
    ]
    syncs.add_records(_sync_id(session), records)
    read = frozenset(one.txn_id for one in invoices)
    _note_totals(session, rows, frozenset(one.txn_id for one in told), now)
    _resolve(session, RecordKind.INVOICE, read, READABLE, now)
    return Tally(
        rows=len(rows),
        changed=len(changed),
        idle=len(invoices) - len(changed),
        newest=max((one.time_modified for one in invoices), default=""),
        taken_ids=read,
        seen_ids=read,
    )


def _store_list(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """A page of the list, which tells what is open, too; the first with what else changed."""
    changes = [row for row in rows if isinstance(row, CheckedCustomer | TxnDeletedRet)]
    if not changes:
        return _store_invoices(session, rows, now, is_list=True)
    listed = [row for row in rows if not isinstance(row, CheckedCustomer | TxnDeletedRet)]
    told = _take_changes(session, changes, now)
    tally = _store_invoices(session, listed, now, is_list=True)
    return replace(tally, changed=tally.changed + told.changed, beside=told.rows)


def _wanted(session: Session, invoices: Sequence[IncomingInvoice]) -> list[IncomingInvoice]:
    """Leave out what is closed or too old and was never held.

    What is skipped is kept as it is now, since it bears a number; the settlement leaves it out.
    """
    start = day_text(session.connection.start_date) or ""
    others = {
        one.txn_id for one in invoices if one.status != InvoiceStatus.OPEN or one.date < start
    }
    never_held = (
        others - incoming_invoices.held(session.connection.id, others) if others else others
    )
    return [one for one in invoices if one.txn_id not in never_held]


def _note_totals(
    session: Session, rows: Sequence[object], held: frozenset[str], now: datetime
) -> None:
    """An invoice whose amounts contradict each other is imported, and shown to a person."""
    mismatches = [
        row
        for row in rows
        if isinstance(row, Trouble) and row.code == intake.TOTAL_MISMATCH and row.object_id in held
    ]
    problems.report(session.connection.id, session.sync_id, mismatches, now)
    right = held - {row.object_id for row in mismatches}
    _resolve(session, RecordKind.INVOICE, right, (intake.TOTAL_MISMATCH,), now)


def _resolve(
    session: Session,
    kind: RecordKind,
    object_ids: Collection[str],
    codes: Collection[str] | None,
    now: datetime,
) -> None:
    if object_ids:
        problems.resolve(session.connection.id, kind, sorted(object_ids), codes, now)


def _compare_invoices(session: Session, rows: Sequence[object], _now: datetime) -> Tally:
    swept = [row for row in rows if isinstance(row, OpenInvoice)]
    incoming_invoices.compare_open(session.connection.id, swept)
    return Tally(rows=len(swept))


def _compare_customers(session: Session, rows: Sequence[object], _now: datetime) -> Tally:
    checked = [row for row in rows if isinstance(row, CheckedCustomer)]
    checked_customers.compare_customers(session.connection.id, checked)
    return Tally(rows=len(checked), seen_ids=frozenset(one.list_id for one in checked))


def _take_changes(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Invoices that were deleted, and customers that changed."""
    changed = [row for row in rows if isinstance(row, CheckedCustomer)]
    checked_customers.compare_changed_customers(session.connection.id, changed)
    gone = [row.txn_id for row in rows if isinstance(row, TxnDeletedRet)]
    return Tally(rows=len(rows), changed=mark_deleted(session, gone, now))


def _store_customers(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    customers = [row for row in rows if isinstance(row, Customer)]
    stored = incoming_customers.store_customers(session.connection.id, customers, now)
    imported, changed = set(stored.imported), {*stored.imported, *stored.updated}
    records = [
        Record(
            RecordKind.CUSTOMER,
            one.list_id,
            customer_document(one.full_name),
            Outcome.IMPORTED if one.list_id in imported else Outcome.UPDATED,
        )
        for one in customers
        if one.list_id in changed
    ]
    syncs.add_records(_sync_id(session), records)
    read = frozenset(one.list_id for one in customers)
    _resolve(session, RecordKind.CUSTOMER, read, READABLE, now)
    return Tally(
        rows=len(rows),
        changed=len(records),
        idle=len(customers) - len(records),
        taken_ids=read,
        seen_ids=read,
    )


STORE: dict[Step, Callable[[Session, Sequence[object], datetime], Tally]] = {
    Step.READ: _store_list,
    Step.NAMED_CUSTOMERS: _store_customers,
    Step.NAMED: _store_invoices,
    Step.REREAD: _store_invoices,
    Step.SWEEP: _compare_invoices,
    Step.DELETIONS: _take_changes,
    Step.CUSTOMER_CHECK: _compare_customers,
    Step.CUSTOMERS: _store_customers,
}


def mark_deleted(session: Session, txn_ids: Sequence[str], now: datetime) -> int:
    """Mark invoices that QuickBooks no longer has; returns how many were not known so.

    Whatever was wrong with them is over.
    """
    documents = incoming_invoices.invoice_documents(session.connection.id, txn_ids)
    deleted = incoming_invoices.mark_deleted(session.connection.id, txn_ids)
    syncs.add_records(
        _sync_id(session),
        [
            Record(RecordKind.INVOICE, txn_id, documents[txn_id], Outcome.DELETED)
            for txn_id in deleted
        ],
    )
    _resolve(session, RecordKind.INVOICE, txn_ids, None, now)
    return len(deleted)


def give_up_on(
    session: Session, kind: RecordKind, move: GiveUpOn | NotTakenIn, now: datetime
) -> None:
    """One record is refused by QuickBooks, or cannot be read: a person must look at it."""
    object_id = move.object_id
    documents = incoming_invoices.invoice_documents(session.connection.id, [object_id])
    document = documents.get(object_id, f"{kind.value.capitalize()} {object_id}")
    if isinstance(move, NotTakenIn):
        code, said = "record-not-taken-in", move.said
    else:
        code, said = "record-refused", move.said or f"status {move.status}"
    report(session, [trouble(code, kind, object_id, document, said=said)], now)


def _invoice_record(invoice: IncomingInvoice, outcome: Outcome) -> Record:
    document = invoice_document(invoice.number, invoice.customer_full_name)
    return Record(RecordKind.INVOICE, invoice.txn_id, document, outcome)


def _sync_id(session: Session) -> int:
    if session.sync_id is None:
        raise ValueError(f"session {session.id} has no sync")
    return session.sync_id
