"""What the next sync reads again by its id, and up to where it has read everything."""

from __future__ import annotations

from collections.abc import Iterable

from peewee import fn

from shared.models import tables as t
from shared.models.ledger import wanted
from shared.models.statements import AnyOf, Statement, insert_new_rows, put_rows, slot
from shared.rules.values import RecordKind


def queue_reread(connection_id: int, kind: RecordKind, ids: Iterable[str]) -> None:
    """Have objects read again by id, after those that wait already.

    A customer of such an invoice that QuickBooks did not show before is asked for again.
    """
    ids = list(ids)
    _QUEUE.many((connection_id, kind.value, object_id) for object_id in ids)
    if kind is RecordKind.INVOICE:
        wanted.want_customers_of(connection_id, ids)


_QUEUE = insert_new_rows(t.Reread)


def next_reread(connection_id: int, kind: RecordKind, limit: int) -> list[str]:
    """Return the ids that wait longest; they stay queued until ``reread_done``."""
    return _NEXT.column(connection=connection_id, kind=kind.value, limit=limit)


_NEXT = Statement(
    lambda: (
        t.Reread.select("object_id")
        .where(t.Reread.has("connection", "kind"))
        .order_by(t.Reread.id)
        .limit(slot("limit"))
    )
)


def reread_done(connection_id: int, kind: RecordKind, ids: Iterable[str]) -> None:
    """Take objects off the queue."""
    _DONE.run(connection=connection_id, kind=kind.value, ids=ids)


_DONE = Statement(
    lambda: t.Reread.delete().where(t.Reread.has("connection", "kind", object_id=AnyOf("ids")))
)


def watermark(connection_id: int, kind: str) -> str:
    """Return up to which QuickBooks time this kind was read completely, or empty text."""
    row = _WATERMARK.one(connection=connection_id, kind=kind)
    return "" if row is None else str(row[0])


_WATERMARK = Statement(
    lambda: t.Watermark.select("text").where(t.Watermark.has("connection", "kind"))
)


def watermarks(connection_id: int) -> dict[str, str]:
    """Return all of them, by their kind."""
    return dict(_WATERMARKS.all(connection=connection_id))


_WATERMARKS = Statement(
    lambda: t.Watermark.select("kind", "text").where(t.Watermark.has("connection"))
)


def newest_modified(connection_id: int) -> str:
    """Return the latest TimeModified of the invoices that are held, or empty text."""
    return str(_NEWEST_MODIFIED.value(connection=connection_id))


_NEWEST_MODIFIED = Statement(
    lambda: t.Invoice.select(fn.COALESCE(fn.MAX(t.Invoice.time_modified), "")).where(
        t.Invoice.has("connection")
    )
)

COMPARED = "compared"
"""The watermark of when all open invoices and customers were last compared."""


def compare_next(connection_id: int) -> None:
    """Have the next Invoice Sync compare everything, whenever that was done last."""
    set_watermark(connection_id, COMPARED, "")


def set_watermark(connection_id: int, kind: str, text: str) -> None:
    """Move the mark; text of QuickBooks' own clock, as QuickBooks wrote it."""
    _SET_WATERMARK.many([(connection_id, kind, text)])


_SET_WATERMARK = put_rows(t.Watermark)
