"""What Invoices shows: one page of those that are wanted, both sides beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from shared.models.ledger import invoice_pages
from shared.models.ledger.invoice_pages import InvoiceFilter, InvoiceSides, Kept
from shared.models.store import Store
from shared.rules.values import InvoiceStatus

PAGE = 100
LEFT_OUT, DIFFERING = "left-out", "differing"
_STATUSES = MappingProxyType({status.value: status for status in InvoiceStatus})
_KEPT = MappingProxyType({LEFT_OUT: Kept.LEFT_OUT, DIFFERING: Kept.DIFFERING})
OPEN_ONES = InvoiceFilter(statuses=(InvoiceStatus.OPEN,))


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


@dataclass(frozen=True, slots=True)
class Invoices:
    """One page; ``older``: there is another. The figures are of everything, filter or not.

    ``left_out`` are (reason, count), ``differing`` imported ones whose sides do not agree.
    """

    lines: tuple[InvoiceSides, ...]
    older: bool
    left_out: tuple[tuple[str, int], ...]
    differing: int


def read(_store: Store, wanted: InvoiceFilter, before_id: int | None) -> Invoices:
    """Read the page before ``before_id``; None is the first."""
    found = invoice_pages.page(wanted, PAGE + 1, before_id)
    return Invoices(
        lines=tuple(found[:PAGE]),
        older=len(found) > PAGE,
        left_out=tuple(invoice_pages.left_out(wanted.connection_id).items()),
        differing=invoice_pages.differing(wanted.connection_id),
    )
