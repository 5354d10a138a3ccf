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
from shared.models.statements import Statement, among, slot, slots
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
    unseen = seen.others(id_ for (id_,) in _OPEN.each(connection=connection_id))
    return _DATED.column(ids=unseen, start=day_text(start) or "") if unseen else []


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
    """A set of row ids: one bit for each up to the largest, whatever the size of the company.

    There may be a hundred thousand of them, and others wait for the store meanwhile.
    """

    def __init__(self, pages: Iterable[bytes]) -> None:
        self._bits = bytearray()
        for page in pages:
            self._add(array("q", _unpacked(page)))

    def _add(self, ordered: array[int]) -> None:
        bits = self._bits
        bits.extend(bytes(max(0, (ordered[-1] >> 3) + 1 - len(bits))))
        for id_ in ordered:
            bits[id_ >> 3] |= 1 << (id_ & 7)

    def others(self, ids: Iterable[int]) -> list[int]:
        """Those of the ids that are not among these."""
        bits, end = self._bits, 8 * len(self._bits)
        return [id_ for id_ in ids if id_ >= end or not bits[id_ >> 3] >> (id_ & 7) & 1]


_FORGET = Statement(lambda: t.SeenPage.delete().where(t.SeenPage.has("connection")))
_NOTE = Statement(lambda: t.SeenPage.insert(**slots("connection", "rows")))
_PAGES = Statement(lambda: t.SeenPage.select("rows").where(t.SeenPage.has("connection")))
_OPEN = Statement(
    lambda: (
        t.Invoice.select("id")
        .where(t.Invoice.has("connection", status=InvoiceStatus.OPEN))
        .order_by(t.Invoice.id)
    )
)
_DATED = Statement(
    lambda: (
        t.Invoice.select("txn_id")
        .where(among(t.Invoice.id, "ids") & (t.Invoice.date >= slot("start")))
        .order_by(t.Invoice.id)
    )
)
