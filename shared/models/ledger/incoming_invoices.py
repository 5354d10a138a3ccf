"""Invoices as QuickBooks has them: stored in bulk, compared with the sweep, marked gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from peewee import SQL

from shared.documents import invoice_document
from shared.errors import NotFound
from shared.models import events
from shared.models import tables as t
from shared.models.convert import money
from shared.models.events import Told
from shared.models.ledger import aliases, rereads, seen, wanted
from shared.models.mapper import Mapper
from shared.models.statements import AnyOf, Row, Statement, put_rows, slot
from shared.qbxml.invoice_lines import InvoiceLineRet
from shared.rules.events import EventKind
from shared.rules.ledger import Invoice, InvoiceLine
from shared.rules.payments import numbers
from shared.rules.values import InvoiceStatus, OpenInvoice, RecordKind, Stored
from shared.structs import decode, encode, field


class IncomingInvoice(NamedTuple):
    """An invoice of QuickBooks as it is stored: its fields are the columns of their names.

    Amounts are whole hundredths, days ISO text; ``status`` is that of an InvoiceStatus. ``lines``,
    last, have a table of their own.
    """

    txn_id: str
    number: str
    customer_list_id: str
    customer_full_name: str
    date: str
    due_date: str | None
    subtotal_cents: int
    tax_cents: int
    applied_cents: int
    balance_cents: int
    total_cents: int
    currency: str
    exchange_rate: str
    status: str
    pending: bool
    ar_account_list_id: str
    ar_account: str
    terms: str
    po_number: str
    memo: str
    note: str
    edit_sequence: str
    time_created: str
    time_modified: str
    lines: tuple[InvoiceLineRet, ...] = ()


class StoredInvoices(Stored):
    """The TxnIDs of a batch by what became of them, and the ids of all their rows."""

    rows: list[int] = field(default_factory=list)


def store_invoices(connection_id: int, batch: Sequence[IncomingInvoice]) -> StoredInvoices:
    """Hold the invoices of a batch as they are now.

    An invoice is changed when its EditSequence, TimeModified, balance, status or customer
    differs (a merge of customers changes only the last). New and changed open ones want
    their customers. One whose settlement may come out otherwise now is hidden until it was
    settled again. Storing a batch twice is storing it once.
    """
    invoices = {invoice.txn_id: invoice for invoice in batch}
    known = {row[0]: row[1:] for row in _KNOWN.all(connection=connection_id, ids=invoices)}
    stored = StoredInvoices()
    for txn_id, invoice in invoices.items():
        before = known.get(txn_id)
        if before is None:
            stored.imported.append(txn_id)
        elif before[_COMPARED] == _mark_of(invoice):
            stored.unchanged.append(txn_id)
        else:
            stored.updated.append(txn_id)
    written = [invoices[txn_id] for txn_id in chain(stored.imported, stored.updated)]
    _WRITE.many(_row(connection_id, invoice) for invoice in written)
    written_ids = [one.txn_id for one in written]
    rows: dict[str, int] = dict(_NUMBERS.all(connection=connection_id, ids=written_ids))
    _WRITE_LINES.many((rows[one.txn_id], encode(one.lines).decode()) for one in written)
    _see(connection_id, known, {one: invoices[one].balance_cents for one in stored.unchanged})
    stored.rows.extend((*rows.values(), *(known[one][_ID] for one in stored.unchanged)))
    wanted.want(
        connection_id, (one.customer_list_id for one in written if one.status == InvoiceStatus.OPEN)
    )
    aliases.invoices_moved(connection_id, set(_moves(known, written)))
    if stored.updated:
        _tell_changed(connection_id, known, stored.updated)
    return stored


def _tell_changed(connection_id: int, known: Mapping[str, Row], updated: Sequence[str]) -> None:
    """Record what changed and stays imported; the settlement tells of what it settles."""
    rows = _SHOWN.all(connection=connection_id, ids=updated)
    events.record(
        connection_id,
        EventKind.INVOICE_CHANGED,
        (
            Told(txn_id, number, balance, known[txn_id][_BALANCE], currency, status)
            for txn_id, number, balance, currency, status in rows
        ),
    )


_SHOWN = Statement(
    lambda: (
        t.Invoice.select("txn_id", "number", "balance_cents", "currency", "status")
        .where(t.Invoice.has("connection", txn_id=AnyOf("ids"), left_out=""))
        .order_by(t.Invoice.id)
    )
)


def _moves(
    known: Mapping[str, Row], written: Sequence[IncomingInvoice]
) -> Iterator[tuple[str, str]]:
    """The customers between which invoices moved: ListIDs before and after."""
    for invoice in written:
        row = known.get(invoice.txn_id)
        if row is not None and row[_CUSTOMER] not in ("", invoice.customer_list_id):
            yield row[_CUSTOMER], invoice.customer_list_id


_MARK = (
    *("ar_account_list_id", "currency", "note"),
    *("edit_sequence", "time_modified", "balance_cents", "status", "customer_list_id"),
)
"""What tells a changed invoice from an unchanged one.

What a payment needs, and what could not be read, may come in better than before though QuickBooks
changed nothing.
"""
_mark_of = attrgetter(*_MARK)
_KNOWN = Statement(
    lambda: t.Invoice.select("txn_id", *_MARK, "seen_cents", "id").where(
        t.Invoice.has("connection", txn_id=AnyOf("ids"))
    )
)
_BALANCE, _CUSTOMER, _SEEN, _ID = -5, -3, -2, -1
"""Where these stand in what follows the TxnID in a row of _KNOWN."""
_COMPARED = slice(0, _SEEN)
"""What of it a whole invoice tells, and what a sweep sees of it, too."""
_SWEPT = slice(3, _SEEN)


_TOLD = IncomingInvoice._fields[:-1]  # without the lines
_OURS = ("number_key", "bill_to_list_id", "left_out", "seen_cents")
_LEFT_OUT_NOW = SQL(
    "CASE WHEN (invoice.pending, invoice.customer_list_id, invoice.date, invoice.status)"
    " = (EXCLUDED.pending, EXCLUDED.customer_list_id, EXCLUDED.date, EXCLUDED.status)"
    " THEN invoice.left_out"
    f" WHEN invoice.left_out IN ('', '{t.UNSETTLED}') THEN '{t.UNSETTLED}'"
    f" ELSE '{t.UNSETTLED_LEFT_OUT}' END"
)
_WRITE = put_rows(
    t.Invoice,
    *("connection", *_TOLD, *_OURS),
    stays=["bill_to_list_id"],
    update={"left_out": _LEFT_OUT_NOW},
)


def _row(connection_id: int, invoice: IncomingInvoice) -> Row:
    ours = (numbers.key(invoice.number), "", t.UNSETTLED, invoice.balance_cents)
    return (connection_id, *invoice[:-1], *ours)


_NUMBERS = Statement(
    lambda: t.Invoice.select("txn_id", "id").where(t.Invoice.has("connection", txn_id=AnyOf("ids")))
)
_WRITE_LINES = put_rows(t.InvoiceLines, "invoice", "lines")


def compare_open(connection_id: int, swept: Sequence[OpenInvoice]) -> list[str]:
    """Compare what QuickBooks has open with ours; notes those that we hold as seen.

    The balance that QuickBooks shows is kept beside ours. Returns, and queues to be read
    again, those that we do not hold or hold otherwise: another EditSequence, TimeModified,
    balance or customer, or not open.
    """
    ids = [one.txn_id for one in swept]
    known = {row[0]: row[1:] for row in _KNOWN.all(connection=connection_id, ids=ids)}
    different = [
        one.txn_id
        for one in swept
        if one.txn_id not in known or known[one.txn_id][_SWEPT] != _open_mark_of(one)
    ]
    seen.note_seen(connection_id, (row[_ID] for row in known.values()))
    _see(connection_id, known, {one.txn_id: one.balance_cents for one in swept})
    rereads.queue_reread(connection_id, RecordKind.INVOICE, different)
    return different


def _see(connection_id: int, known: Mapping[str, Row], balances: Mapping[str, int]) -> None:
    """Keep the balances that QuickBooks shows where it showed others before."""
    _SEE.many(
        (shown, connection_id, txn_id)
        for txn_id, shown in balances.items()
        if txn_id in known and known[txn_id][_SEEN] != shown
    )


_SEE = Statement(
    lambda: t.Invoice.update(seen_cents=slot("seen")).where(t.Invoice.has("connection", "txn_id"))
)


def _open_mark_of(one: OpenInvoice) -> Row:
    return (
        *(one.edit_sequence, one.time_modified),
        *(one.balance_cents, InvoiceStatus.OPEN.value, one.customer_list_id),
    )


def mark_deleted(connection_id: int, txn_ids: Iterable[str]) -> list[str]:
    """Note that invoices are gone from QuickBooks; return those that were not known so.

    A deleted invoice owes nothing; its total stays what it was. Unknown ids are ignored.
    """
    deleted = _MARK_DELETED.column(connection=connection_id, ids=txn_ids)
    if deleted:
        events.record_rows(_TELL_DELETED, connection=connection_id, ids=deleted)
    return deleted


_TELL_DELETED = Statement(
    lambda: events.of_rows(
        t.Invoice.select(
            *events.columns(
                *(t.Invoice.connection, EventKind.INVOICE_DELETED.value),
                *(t.Invoice.txn_id, t.Invoice.number),
                amount=t.Invoice.balance_cents,
                currency=t.Invoice.currency,
                state=t.Invoice.status,
            )
        )
        .where(
            t.Invoice.has("connection", txn_id=AnyOf("ids")),
            t.Invoice.left_out.in_(("", t.UNSETTLED)),
        )
        .order_by(t.Invoice.id)
    )
)

_MARK_DELETED = Statement(
    lambda: (
        t.Invoice.update(status=InvoiceStatus.DELETED.value, balance_cents=0, seen_cents=0)
        .where(
            t.Invoice.has("connection", txn_id=AnyOf("ids")),
            t.Invoice.status != InvoiceStatus.DELETED.value,
        )
        .returning(t.Invoice.txn_id)
    )
)


def held(connection_id: int, txn_ids: Iterable[str]) -> frozenset[str]:
    """Return which of these invoices we hold, in whatever state."""
    return frozenset(row[0] for row in _NUMBERS.all(connection=connection_id, ids=txn_ids))


def balances(connection_id: int, txn_ids: Iterable[str]) -> dict[str, Decimal]:
    """Return what those of these invoices owe that we hold."""
    rows = _BALANCES.all(connection=connection_id, ids=txn_ids)
    return {txn_id: money(owed) for txn_id, owed in rows}


_BALANCES = Statement(
    lambda: t.Invoice.select("txn_id", "balance_cents").where(
        t.Invoice.has("connection", txn_id=AnyOf("ids"))
    )
)


def invoice_documents(connection_id: int, txn_ids: Iterable[str]) -> dict[str, str]:
    """Return what people call these invoices: "Invoice 1042, Larkspur Tile"."""
    rows = _DOCUMENTS.all(connection=connection_id, ids=txn_ids)
    return {txn_id: invoice_document(number, name) for txn_id, number, name in rows}


_DOCUMENTS = Statement(
    lambda: t.Invoice.select("txn_id", "number", "customer_full_name").where(
        t.Invoice.has("connection", txn_id=AnyOf("ids"))
    )
)


def invoice(connection_id: int, txn_id: str) -> Invoice:
    """Return one invoice with its lines; raises NotFound."""
    row = _INVOICE_BY_ID.one(connection=connection_id, txn_id=txn_id)
    if row is None:
        raise NotFound("invoice", txn_id)
    held = _LINES.column(invoice=row[0])
    lines = chain.from_iterable(decode(text, type=list[InvoiceLineRet]) for text in held)
    return _INVOICE.read(row[1:], lines=tuple(map(_line, lines)))


def _line(held: InvoiceLineRet) -> InvoiceLine:
    return InvoiceLine(
        line_id=held.line_id,
        group=held.group_line_id,
        item=held.item,
        description=held.description,
        quantity=held.quantity,
        rate=held.rate,
        amount=None if held.amount_cents is None else money(held.amount_cents),
        service_date=date.fromisoformat(held.service_date) if held.service_date else None,
        tax_code=held.tax_code,
    )


_INVOICE = Mapper(Invoice, t.Invoice, but=["lines"])
_INVOICE_BY_ID = Statement(
    lambda: t.Invoice.select("id", *_INVOICE.fields).where(t.Invoice.has("connection", "txn_id"))
)
_LINES = Statement(lambda: t.InvoiceLines.select("lines").where(t.InvoiceLines.has("invoice")))
