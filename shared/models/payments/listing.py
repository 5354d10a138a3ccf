"""Payments as people and scripts see them, of both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from peewee import fn

from shared.errors import CannotBeMeant, NotFound
from shared.models import tables as t
from shared.models.payments import rows
from shared.models.statements import Statement, among, slot
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus

_AT_ONCE = 500
_LARGEST_ID = 2**63 - 1


def payments(
    connection_id: int | None,
    *,
    source: PaymentSource | None = None,
    statuses: Collection[PaymentStatus] | None = None,
    deleted: bool = False,
) -> Iterator[Payment]:
    """Yield the payments of a connection, or of all, by number; read to the end inside the unit.

    Memory stays flat. Those of QuickBooks that were deleted there are shown with ``deleted`` only.
    Of a payment of ours, TxnIDs and RefNumbers of its parts are joined by a blank.
    """
    wanted: dict[str, Any] = {
        "connection": connection_id,
        "sources": [source.value] if source else [one.value for one in PaymentSource],
        "statuses": [one.value for one in (PaymentStatus if statuses is None else statuses)],
        "deleted": [False, True] if deleted else [False],
        "limit": _AT_ONCE,
    }
    statement = _PAGE_OF_ALL if connection_id is None else _PAGE
    after = 0
    while page := statement.all(after=after, **wanted):
        yield from rows.shown(page)
        after = page[-1][0]


_PAGE = Statement(lambda: _page().where(t.Payment.connection == slot("connection")))
_PAGE_OF_ALL = Statement(lambda: _page())


def _page() -> Any:
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            (t.Payment.id > slot("after"))
            & among(t.Payment.source, "sources")
            & among(t.Payment.status, "statuses")
            & among(t.Payment.deleted, "deleted")
        )
        .order_by(t.Payment.id)
        .limit(slot("limit"))
    )


def get(payment_id: int) -> Payment:
    """Find a payment by its number; raises NotFound."""
    found = rows.shown(_GET.all(id=payment_id))
    if not found:
        raise NotFound("payment", payment_id)
    return found[0]


_GET = Statement(lambda: t.Payment.select(*rows.PAYMENT_FIELDS).where(t.Payment.id == slot("id")))


def find(connection_id: int, text: str) -> Payment:
    """Find a payment of a connection by its external id or a TxnID, else by its number.

    Raises NotFound, and CannotBeMeant when the text means several: nobody is to decide about the
    wrong one.
    """
    found = called(text, [connection_id]) or numbered(text, [connection_id])
    if not found:
        raise NotFound("payment", text)
    if len(found) > 1:
        meant = " or ".join(f"number {one.id} ({one.document})" for one in found)
        raise CannotBeMeant(f"{text!r} may mean payment {meant}.", "Write the number: #12.")
    return found[0]


def called(text: str, connection_ids: Collection[int]) -> list[Payment]:
    """Return the payments of these connections that have this external id or TxnID."""
    sources = [one.value for one in PaymentSource]
    return rows.shown(_CALLED.all(connections=connection_ids, text=text, sources=sources))


def _called() -> Any:
    posted = t.Posting.select(t.Posting.payment).where(
        among(t.Posting.connection, "connections")
        & (t.Posting.txn_id == slot("text"))
        & (t.Posting.txn_id != "")
    )
    named = (
        among(t.Payment.connection, "connections")
        & among(t.Payment.source, "sources")
        & (t.Payment.key == slot("text"))
    )
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(named | t.Payment.id.in_(posted))
        .order_by(t.Payment.id)
    )


_CALLED = Statement(_called)


def numbered(text: str, connection_ids: Collection[int]) -> list[Payment]:
    """Return the payment of this number, with or without a ``#``, if it is of these connections."""
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal()):
        return []
    found = rows.shown(_GET.all(id=min(int(digits), _LARGEST_ID)))
    return [one for one in found if one.connection_id in connection_ids]


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
