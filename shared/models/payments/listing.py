"""Payments as people and scripts see them, of both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from peewee import fn

from shared.errors import NotFound, NotPossible
from shared.models import tables as t
from shared.models.payments import rows
from shared.models.statements import Statement, among, slot
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus

_AT_ONCE = 500
_LARGEST_ID = 2**63 - 1


def payments(
    connection_id: int,
    *,
    source: PaymentSource | None = None,
    statuses: Collection[PaymentStatus] | None = None,
    deleted: bool = False,
) -> Iterator[Payment]:
    """Yield payments by number, in flat memory; read to the end inside the unit.

    Those of QuickBooks that were deleted there are shown with ``deleted`` only. Of a payment of
    ours, TxnIDs and RefNumbers of its parts are joined by a blank.
    """
    wanted: dict[str, Any] = {
        "connection": connection_id,
        "sources": [source.value] if source else [one.value for one in PaymentSource],
        "statuses": [one.value for one in (PaymentStatus if statuses is None else statuses)],
        "deleted": [False, True] if deleted else [False],
        "limit": _AT_ONCE,
    }
    after = 0
    while page := _PAGE.all(after=after, **wanted):
        yield from rows.shown(page)
        after = page[-1][0]


_PAGE = Statement(
    lambda: (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            (t.Payment.connection == slot("connection"))
            & (t.Payment.id > slot("after"))
            & among(t.Payment.source, "sources")
            & among(t.Payment.status, "statuses")
            & among(t.Payment.deleted, "deleted")
        )
        .order_by(t.Payment.id)
        .limit(slot("limit"))
    )
)


def get(payment_id: int) -> Payment:
    """Find a payment by its number; raises NotFound."""
    found = rows.shown(_GET.all(id=payment_id))
    if not found:
        raise NotFound("payment", payment_id)
    return found[0]


_GET = Statement(lambda: t.Payment.select(*rows.PAYMENT_FIELDS).where(t.Payment.id == slot("id")))


def find(connection_id: int, text: str) -> Payment:
    """Find a payment by its number, its external id or a TxnID; raises NotFound.

    Raises NotPossible when the text means several: nobody is to decide about the wrong one.
    """
    number = int(text) if text.isascii() and text.isdecimal() else 0
    found = rows.shown(
        _FIND.all(connection=connection_id, text=text, number=min(number, _LARGEST_ID))
    )
    if not found:
        raise NotFound("payment", text)
    if len(found) > 1:
        meant = " or ".join(f"number {one.id} ({one.document})" for one in found)
        raise NotPossible(f"{text!r} may mean payment {meant}.", "Name it by another of its ids.")
    return found[0]


def _find() -> Any:
    posted = t.Posting.select(t.Posting.payment).where(
        (t.Posting.connection == slot("connection"))
        & (t.Posting.txn_id == slot("text"))
        & (t.Posting.txn_id != "")
    )
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            (t.Payment.connection == slot("connection"))
            & (
                (t.Payment.id == slot("number"))
                | (t.Payment.key == slot("text"))
                | t.Payment.id.in_(posted)
            )
        )
        .order_by(t.Payment.id)
    )


_FIND = Statement(_find)


def counts(connection_id: int) -> dict[PaymentStatus, int]:
    """Return how many payments stand where; not those that were deleted in QuickBooks."""
    return {PaymentStatus(status): count for status, count in _COUNTS.all(connection=connection_id)}


_COUNTS = Statement(
    lambda: (
        t.Payment.select(t.Payment.status, fn.COUNT(t.Payment.id))
        .where((t.Payment.connection == slot("connection")) & ~t.Payment.deleted)
        .group_by(t.Payment.status)
    )
)
