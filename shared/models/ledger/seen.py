"""Which of our open invoices a sync has seen open in QuickBooks.

A few bytes for each page in place of a write to each invoice: a sync that finds nothing new
should leave the store as it is. What one sync noted is gone before the next one looks.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import accumulate, pairwise

from shared.models import tables as t
from shared.models.convert import day_text
from shared.models.ledger import rereads
from shared.models.statements import Statement, slot
from shared.rules.values import InvoiceStatus, RecordKind


def forget_seen(connection_id: int) -> None:
    """Begin anew: nothing was seen yet."""
    _FORGET.run(connection=connection_id)


def note_seen(connection_id: int, ids: Iterable[int]) -> None:
    """Note that invoices, by the ids of their rows, are open in QuickBooks."""
    packed = _packed(ids)
    if packed:
        _NOTE.run(connection=connection_id, rows=packed)


def unseen_open(connection_id: int, start: date | None = None) -> list[str]:
    """Return the TxnIDs that are open here and were not seen open, oldest row first.

    Not those dated before ``start``: QuickBooks was not asked to show them.
    """
    seen = _Rows(_PAGES.column(connection=connection_id))
    held = _OPEN.each(connection=connection_id, start=day_text(start) or "")
    return [txn_id for id_, txn_id in held if id_ not in seen]


def queue_unseen(connection_id: int, start: date | None = None) -> int:
    """Have the invoices of ``unseen_open`` read again; return how many."""
    unseen = unseen_open(connection_id, start)
    rereads.queue_reread(connection_id, RecordKind.INVOICE, unseen)
    return len(unseen)


def _packed(ids: Iterable[int]) -> bytes:
    """Ids as the steps from one to the next, which are small and alike; empty for none."""
    ordered = sorted(ids)
    steps = array("q", ordered[:1])
    steps.extend(later - earlier for earlier, later in pairwise(ordered))
    return zlib.compress(steps.tobytes()) if steps else b""


def _unpacked(packed: bytes) -> Iterator[int]:
    steps = array("q")
    steps.frombytes(zlib.decompress(packed))
    return accumulate(steps)


class _Rows:
    """A set of row ids: one bit for each up to the largest, whatever the size of the company."""

    def __init__(self, pages: Iterable[bytes]) -> None:
        self._bits = bytearray()
        for page in pages:
            for id_ in _unpacked(page):
                self._add(id_)

    def __contains__(self, id_: int) -> bool:
        byte, bit = divmod(id_, 8)
        return byte < len(self._bits) and bool(self._bits[byte] >> bit & 1)

    def _add(self, id_: int) -> None:
        byte, bit = divmod(id_, 8)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits)))
        self._bits[byte] |= 1 << bit


_FORGET = Statement(lambda: t.SeenPage.delete().where(t.SeenPage.connection == slot("connection")))
_NOTE = Statement(
    lambda: t.SeenPage.insert(
        {t.SeenPage.connection: slot("connection"), t.SeenPage.rows: slot("rows")}
    )
)
_PAGES = Statement(
    lambda: t.SeenPage.select(t.SeenPage.rows).where(t.SeenPage.connection == slot("connection"))
)
_OPEN = Statement(
    lambda: (
        t.Invoice.select(t.Invoice.id, t.Invoice.txn_id)
        .where(
            (t.Invoice.connection == slot("connection"))
            & (t.Invoice.status == InvoiceStatus.OPEN.value)
            & (t.Invoice.date >= slot("start"))
        )
        .order_by(t.Invoice.id)
    )
)
