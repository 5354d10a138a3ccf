"""Payments to look at: the queue by state, listings, one payment with all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from shared import hints
from shared.errors import CannotBeMeant, NotFound
from shared.models import connections, problems
from shared.models.ledger import invoice_pages
from shared.models.payments import holds, payment_pages, postings, sets
from shared.models.store import Store
from shared.operations import which
from shared.operations.pages import AT_ONCE, Page, by_number, page_of
from shared.rules.ledger import InvoiceSides
from shared.rules.payments.values import Payment, PaymentStatus, UseKind
from shared.rules.payments.views import (
    Hold,
    OwedInvoice,
    PaidDocument,
    PartDetail,
    PaymentDetail,
    PaymentFigure,
    PaymentFilter,
    PaymentGroup,
    PaymentLine,
    PaymentQueue,
)
from shared.rules.values import WAITING, Problem, RecordKind
from shared.structs import replace

OF_EACH = 10

S = PaymentStatus
AT_WORK = (S.UNKNOWN, S.PARKED, S.REFUSED, S.WAITING, S.READY, S.SENT)
"""What is on its way to QuickBooks; what a person has to look at first."""
OVER = (S.NOT_ELIGIBLE, S.SKIPPED, S.WITHDRAWN, S.POSTED, S.IMPORTED)
NEEDS_PERSON = (S.UNKNOWN, S.PARKED, S.REFUSED)
_OURS = tuple(status for status in PaymentStatus if status is not S.IMPORTED)
SOURCES: Mapping[str, tuple[PaymentStatus, ...]] = {"invoiced": _OURS, "quickbooks": (S.IMPORTED,)}
"""The states of the payments that were recorded first on the platform, and in QuickBooks."""


# The queue.


def word_of(status: PaymentStatus) -> str:
    """The state as it is typed in a filter: one word."""
    return status.value.replace("_", "-")


_STATUSES = {word_of(status): status for status in PaymentStatus}


def read_filter(text: str) -> PaymentFilter:
    """Understand what was typed: ``refused larkspur 1042``.

    States may be several. ``invoiced`` and ``quickbooks`` are where a payment was recorded
    first, ``deleted`` those that QuickBooks has no more. Any other word is looked for.
    """
    typed = text.casefold().split()
    wanted = [_STATUSES[word] for word in typed if word in _STATUSES]
    for source in (word for word in typed if word in SOURCES):
        wanted = [one for one in SOURCES[source] if not wanted or one in wanted]
    known = {*_STATUSES, *SOURCES, "deleted"}
    return PaymentFilter(
        statuses=(S.IMPORTED,) if "deleted" in typed else tuple(wanted),
        words=tuple(word for word in text.split() if word.casefold() not in known),
        deleted="deleted" in typed,
    )


def view_page(
    _store: Store, wanted: PaymentFilter, after: int | None = None, limit: int = AT_ONCE
) -> Page[PaymentLine, int]:
    """One page of the payments that are wanted, the newest first (see ``pages``)."""
    found = payment_pages.page(wanted, limit + 1, after)
    page = page_of(found, limit, by_number)
    return Page(lines(page.rows), page.next)


def view_queue(store: Store, wanted: PaymentFilter, after: int | None = None) -> PaymentQueue:
    """The queue, or a page of what the filter lets through."""
    figures = tuple(payment_pages.figures(wanted.connection_id))
    if wanted == PaymentFilter(wanted.connection_id):
        return PaymentQueue(figures, groups=tuple(_groups(figures, wanted)))
    page = view_page(store, wanted, after)
    return PaymentQueue(figures, lines=page.rows, next=page.next)


def _groups(figures: Sequence[PaymentFigure], wanted: PaymentFilter) -> Iterator[PaymentGroup]:
    for status in (*AT_WORK, *OVER):
        own = tuple(figure for figure in figures if figure.status is status)
        of_status = replace(wanted, statuses=(status,))
        newest = payment_pages.page(of_status, OF_EACH) if own and status in AT_WORK else ()
        if own:
            yield PaymentGroup(status, own, lines(newest))


def lines(found: Sequence[Payment]) -> tuple[PaymentLine, ...]:
    """Payments as they are listed, each with its own reason or what holds its connection."""
    return tuple(_told(found, {one.connection_id for one in found}))


def _told(found: Iterable[Payment], connection_ids: Collection[int]) -> Iterator[PaymentLine]:
    """Payments of these connections, each with its own reason or what holds its connection."""
    names = which.names()
    holding = holds.holds(connection_ids)
    for one in found:
        yield _line(one, names[one.connection_id], holding.get(one.connection_id))


def _line(payment: Payment, connection: str, hold: Hold | None) -> PaymentLine:
    if hold is not None and hold.keeps(payment):
        return PaymentLine(hold.told_on(payment), connection, hold.remedy)
    remedy = hints.tell(payment.code).remedy if payment.code else ""
    return PaymentLine(payment, connection, remedy)


# Listings.


def newest(_store: Store, wanted: PaymentFilter, limit: int | None) -> tuple[PaymentLine, ...]:
    """The newest payments that are wanted, newest first; all of them for None."""
    return lines(payment_pages.page(wanted, limit))


def each(_store: Store, wanted: PaymentFilter) -> Iterator[PaymentLine]:
    """All payments that are wanted in the order in which they came in, in flat memory."""
    found = payment_pages.each(
        wanted.connection_id, statuses=wanted.statuses or None, deleted=wanted.deleted
    )
    wanted_ids = [wanted.connection_id] if wanted.connection_id else connections.names().values()
    yield from _told((one for one in found if one.deleted or not wanted.deleted), wanted_ids)


# One payment.


def find(_store: Store, text: str, connection: str | None = None) -> int:
    """The number of the payment that ``text`` means.

    ``#12`` is always a number. Digits are a number, too, unless ``connection`` is named: then
    what the platform or QuickBooks calls a payment of that connection comes first, its number
    after. Anything else is the platform's id or a TxnID, of that connection or of all.
    Raises NotFound, and CannotBeMeant where several payments answer to it.
    """
    if connection is not None:
        return payment_pages.find(connections.get(connection).id, text).id
    ids = [one.id for one in connections.all()]
    numbered, called = payment_pages.numbered(text, ids), payment_pages.called(text, ids)
    found = numbered if text.startswith("#") and numbered else [*numbered, *called]
    return _only(text, list({one.id: one for one in found}.values()))


def _only(text: str, found: Sequence[Payment]) -> int:
    if not found:
        raise NotFound("payment", text)
    if len(found) > 1:
        names = which.names()
        told = " and ".join(
            f"#{one.id} ({names[one.connection_id]}, {one.document})" for one in found
        )
        raise CannotBeMeant(
            f'Several payments match "{text}": {told}.',
            "Add --connection NAME, or write the number with its #.",
        )
    return found[0].id


def view_payment(_store: Store, payment_id: int) -> PaymentDetail:
    """All that is known of a payment; raises NotFound."""
    payment = payment_pages.get(payment_id)
    waiting = _problems(payment)
    held = holds.holds([payment.connection_id]).get(payment.connection_id)
    # The problem knows the particulars, which the hint tells in general only.
    particular = (one.remedy for one in waiting if one.code == payment.code)
    line = _line(payment, connections.by_id(payment.connection_id).name, held)
    return PaymentDetail(
        payment=line.payment,
        connection=line.connection,
        remedy=next(particular, "") or line.remedy,
        problems=waiting,
        paid=_paid(payment),
        parts=tuple(
            PartDetail(one, tuple(sets.by_posting(one.id)))
            for one in postings.of_payment(payment_id)
        ),
        events=tuple(postings.life(payment_id)),
    )


def view_called(store: Store, text: str, connection: str | None = None) -> PaymentDetail:
    """All that is known of the payment that ``text`` means; raises as ``find``."""
    return view_payment(store, find(store, text, connection))


def _problems(payment: Payment) -> tuple[Problem, ...]:
    found = problems.about(payment.connection_id, [str(payment.id)])
    return tuple(one for one in found if one.kind is RecordKind.PAYMENT and one.state in WAITING)


def _paid(payment: Payment) -> tuple[PaidDocument, ...]:
    named = [use.invoice_txn_id for use in payment.uses if use.invoice_txn_id]
    held = invoice_pages.owed(payment.connection_id, named)
    return tuple(
        PaidDocument(
            use, _owed(held.get(use.invoice_txn_id)) if use.kind is UseKind.INVOICE else None
        )
        for use in payment.uses
    )


def _owed(held: InvoiceSides | None) -> OwedInvoice | None:
    if held is None:
        return None
    return OwedInvoice(held.named, held.status, held.balance, held.seen, held.currency)
