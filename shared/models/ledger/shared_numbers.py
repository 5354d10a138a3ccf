"""Numbers that several open invoices bear: a billing platform cannot keep both under one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from peewee import fn

from shared.models import tables as t
from shared.models.statements import Row, Statement, among, slot
from shared.rules.payments.names import folded
from shared.rules.values import InvoiceStatus


class SharedNumber(NamedTuple):
    """A number that several open invoices bear: the TxnIDs of all, and of those imported."""

    number: str
    bearers: list[str]
    imported: list[str]


class SharedNumbers(NamedTuple):
    """What a slice of the numbers held; the next one begins at ``until``, "" after the last."""

    shared: list[SharedNumber]
    rows: int
    until: str


def shared_numbers(connection_id: int, after: str, limit: int) -> SharedNumbers:
    """Return the numbers that imported open invoices share with other open ones.

    Of about ``limit`` invoices in the order of their numbers, those after ``after`` ("" at first);
    all that bear one number are in one slice. Those that are left out or skipped bear their
    number, too. Blanks and case make no other number. An invoice without a number shares none.
    """
    rows, last = _until.all(connection=connection_id, after=after, limit=limit)[0]
    if not rows:
        return SharedNumbers([], 0, "")
    several = _SEVERAL.column(connection=connection_id, after=after, until=last)
    until = last if rows == limit else ""
    return SharedNumbers(_shared(connection_id, several), rows, until)


def sharing(connection_id: int, txn_ids: Iterable[str]) -> frozenset[str]:
    """Return the imported open invoices that share the number of one of these."""
    keys = _KEYS_OF.column(connection=connection_id, ids=txn_ids)
    return frozenset(one for shared in _shared(connection_id, keys) for one in shared.imported)


def _shared(connection_id: int, keys: Collection[str]) -> list[SharedNumber]:
    """Numbers of one key are close; those that are the same are among them."""
    groups: dict[str, list[Row]] = {}
    for row in _BEARERS.all(connection=connection_id, keys=keys) if keys else ():
        groups.setdefault(folded(row[0]), []).append(row)
    found = [
        SharedNumber(
            rows[0][0],
            [txn_id for _, txn_id, _ in rows],
            [txn_id for _, txn_id, left_out in rows if not left_out],
        )
        for rows in groups.values()
        if len(rows) > 1
    ]
    return [shared for shared in found if shared.imported]


def _open(*columns: Any) -> Any:
    return t.Invoice.select(*columns).where(t.Invoice.has("connection", status=InvoiceStatus.OPEN))


@Statement
def _until() -> Any:
    keys = (
        t.Invoice.select("number_key")
        .where(t.Invoice.has("connection"), t.Invoice.number_key > slot("after"))
        .order_by(t.Invoice.number_key)
        .limit(slot("limit"))
    )
    return t.Invoice.select(fn.COUNT(keys.c.number_key), fn.MAX(keys.c.number_key)).from_(keys)


_SEVERAL = Statement(
    lambda: (
        _open(t.Invoice.number_key)
        .where((t.Invoice.number_key > slot("after")) & (t.Invoice.number_key <= slot("until")))
        .group_by(t.Invoice.number_key)
        .having(fn.COUNT(t.Invoice.id) > 1)
    )
)
_KEYS_OF = Statement(
    lambda: (
        _open(t.Invoice.number_key)
        .where(among(t.Invoice.txn_id, "ids") & (t.Invoice.number_key > ""))
        .distinct()
    )
)
_BEARERS = Statement(
    lambda: (
        _open(t.Invoice.number, t.Invoice.txn_id, t.Invoice.left_out)
        .where(among(t.Invoice.number_key, "keys"))
        .order_by(t.Invoice.number_key, t.Invoice.id)
    )
)
