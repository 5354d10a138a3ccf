"""Invoices: those that were imported or left out, with what both sides say is owed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shared.documents import invoice_document
from shared.errors import CannotBeMeant, NotFound
from shared.models import problems
from shared.models.ledger import incoming_invoices, invoice_pages
from shared.models.payments import payment_pages
from shared.models.store import Store
from shared.operations import payment_views, which
from shared.operations.pages import AT_ONCE, Page, by_number, page_of
from shared.operations.which import Which
from shared.rules.ledger import ExportedInvoice, InvoiceDetail, InvoiceFilter, InvoiceSides, Kept
from shared.rules.values import WAITING, InvoiceStatus, ProblemState, RecordKind
from shared.structs import Value

LEFT_OUT, DIFFERING = "left-out", "differing"
OPEN_ONES = InvoiceFilter(statuses=(InvoiceStatus.OPEN,))
_STATUSES = {status.value: status for status in InvoiceStatus}
_KEPT = {LEFT_OUT: Kept.LEFT_OUT, DIFFERING: Kept.DIFFERING}


def view_list(
    _store: Store, connection: Which, statuses: Collection[str] = (), *, left_out: bool = False
) -> Iterator[InvoiceSides]:
    """Yield the imported invoices by connection and date, in flat memory; all of them for None.

    Of these ``statuses``, of any for none; with ``left_out`` those that are held and not
    imported. Read it to the end inside the unit. Raises NotFound.
    """
    for held in which.every(connection):
        for row in invoice_pages.invoices(held.id, include_left_out=left_out):
            if bool(row.left_out) == left_out and (not statuses or row.status in statuses):
                yield row


def view_export(
    _store: Store, connection: Which, statuses: Collection[str] = (), *, left_out: bool = False
) -> Iterator[ExportedInvoice]:
    """Yield invoices as ``view_list`` does, with all that other programs ask of one."""
    for held in which.every(connection):
        for one in invoice_pages.exported(held.id, include_left_out=left_out):
            sides = one.sides
            if bool(sides.left_out) == left_out and (not statuses or sides.status in statuses):
                yield one


def read_filter(text: str) -> InvoiceFilter:
    """Understand what was typed: ``paid larkspur 1042``; nothing means the open invoices.

    ``left-out`` and ``differing`` are the invoices that need a look. What is no such word is
    part of a number, a customer's name or a connection's, in whatever status.
    """
    typed = text.casefold().split()
    if not typed:
        return OPEN_ONES
    words = tuple(word for word in typed if word not in _STATUSES and word not in _KEPT)
    statuses = tuple(_STATUSES[word] for word in typed if word in _STATUSES)
    kept = next((_KEPT[word] for word in typed if word in _KEPT), Kept.IMPORTED)
    return InvoiceFilter(kept, statuses=statuses, words=words)


class Invoices(Value):
    """One page, with figures of everything, filter or not.

    ``left_out`` are (reason, count), ``differing`` imported ones whose sides do not agree.
    """

    page: Page[InvoiceSides, int]
    left_out: tuple[tuple[str, int], ...]
    differing: int


def view_page(
    _store: Store, wanted: InvoiceFilter, after: int | None = None, limit: int = AT_ONCE
) -> Page[InvoiceSides, int]:
    """One page of the invoices that are wanted, the last read first (see ``pages``)."""
    return page_of(invoice_pages.page(wanted, limit + 1, after), limit, by_number)


def view_with_figures(store: Store, wanted: InvoiceFilter, after: int | None = None) -> Invoices:
    """A page with what is to be looked at besides."""
    return Invoices(
        page=view_page(store, wanted, after),
        left_out=tuple(invoice_pages.left_out(wanted.connection_id).items()),
        differing=invoice_pages.differing(wanted.connection_id),
    )


# One invoice.

_NOT_OVER = (*WAITING, ProblemState.ACKNOWLEDGED, ProblemState.SKIPPED)


def view_one(_store: Store, connection_id: int, txn_id: str) -> InvoiceDetail:
    """An invoice with its lines and payments; raises NotFound."""
    found = problems.about(connection_id, [txn_id])
    about = [one for one in found if one.kind is RecordKind.INVOICE and one.state in _NOT_OVER]
    return InvoiceDetail(
        sides=invoice_pages.get(connection_id, txn_id),
        invoice=incoming_invoices.invoice(connection_id, txn_id),
        payments=payment_views.lines(payment_pages.of_invoice(connection_id, txn_id)),
        problem=about[0] if about else None,
    )


def view_called(store: Store, connection: Which, text: str) -> InvoiceDetail:
    """The invoice of that TxnID or number, of one connection or of all.

    Raises NotFound, and CannotBeMeant where several have the number.
    """
    found = [one for held in which.every(connection) for one in invoice_pages.called(held.id, text)]
    if not found:
        raise NotFound("invoice", text)
    if len(found) > 1:
        listed = "; ".join(
            f"{one.txn_id} ({invoice_document(one.number, one.named)}, {one.connection})"
            for one in found
        )
        raise CannotBeMeant(f"{len(found)} invoices have this number.", f"Name one of: {listed}")
    return view_one(store, found[0].connection_id, found[0].txn_id)
