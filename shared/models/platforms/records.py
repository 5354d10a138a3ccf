"""Which record of the platform is which of ours, and who owns both."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from peewee import fn

from shared.models import tables as t
from shared.models.convert import cents, cents_or_none, millis, money
from shared.models.mapper import Mapper
from shared.models.searching import ALL
from shared.models.statements import Statement, among, put_rows, slot
from shared.rules.connectors import Mapped, Owner
from shared.rules.values import RecordKind

_MAPPED = Mapper(Mapped, t.PlatformRecord, connection=t.Connection.name)


def put(
    connection_id: int,
    identity: str,
    kind: RecordKind,
    our_id: str,
    their_id: str,
    document: str,
    now: datetime,
    *,
    owner: Owner = Owner.QUICKBOOKS,
    baseline: Decimal | None = None,
) -> None:
    """Keep that two records are one; owner and baseline stay what they were at first.

    A record of ours that was another one there until now leaves that.
    """
    key = {"connection": connection_id, "identity": identity, "kind": kind.value}
    _LET_GO.run(**key, our_id=our_id, their_id=their_id)
    told = (our_id, their_id, document, owner.value, cents_or_none(baseline))
    _PUT.many([(*key.values(), *told, millis(now), millis(now))])


_PUT = put_rows(t.PlatformRecord, replaces=("their_id", "document", "changed_ms"))


def _of_account() -> Any:
    return t.PlatformRecord.has("connection", "identity")


def _select() -> Any:
    return t.PlatformRecord.select(*_MAPPED.fields).join(t.Connection)


def _of_kind() -> Any:
    return _of_account() & t.PlatformRecord.has("kind")


_LET_GO = Statement(
    lambda: t.PlatformRecord.delete().where(
        _of_kind(), t.PlatformRecord.has("their_id"), t.PlatformRecord.our_id != slot("our_id")
    )
)


def find(connection_id: int, identity: str, kind: RecordKind, our_id: str) -> Mapped | None:
    """Return what one of our records is there; None where it is not."""
    return these(connection_id, identity, kind, [our_id]).get(our_id)


def these(
    connection_id: int, identity: str, kind: RecordKind, our_ids: Collection[str]
) -> dict[str, Mapped]:
    """Return what these records of ours are there, by our ids."""
    rows = _THESE.all(connection=connection_id, identity=identity, kind=kind.value, ids=our_ids)
    return {one.our_id: one for one in map(_MAPPED.read, rows)}


_THESE = Statement(lambda: _select().where(_of_kind() & among(t.PlatformRecord.our_id, "ids")))


def ours(connection_id: int, identity: str, kind: RecordKind, their_id: str) -> Mapped | None:
    """Return what a record of the platform is here; None where it is not."""
    row = _OURS.one(connection=connection_id, identity=identity, kind=kind.value, their_id=their_id)
    return None if row is None else _MAPPED.read(row)


_OURS = Statement(lambda: _select().where(_of_kind(), t.PlatformRecord.has("their_id")))


def remove(connection_id: int, identity: str, kind: RecordKind, our_id: str) -> None:
    """Forget that two records are one: it is no longer there."""
    _REMOVE.run(connection=connection_id, identity=identity, kind=kind.value, our_id=our_id)


_REMOVE = Statement(
    lambda: t.PlatformRecord.delete().where(_of_kind(), t.PlatformRecord.has("our_id"))
)


def listed(connection_id: int, identity: str, limit: int = ALL) -> list[Mapped]:
    """Return all records that are on both sides, by kind and name."""
    rows = _LISTED.all(connection=connection_id, identity=identity, limit=limit)
    return [_MAPPED.read(row) for row in rows]


_LISTED = Statement(
    lambda: (
        _select()
        .where(_of_account())
        .order_by(t.PlatformRecord.kind, t.PlatformRecord.document, t.PlatformRecord.our_id)
        .limit(slot("limit"))
    )
)


def counts(connection_id: int, identity: str) -> dict[str, int]:
    """Return how many records are on both sides, by kind."""
    return dict(_COUNTS.all(connection=connection_id, identity=identity))


_COUNTS = Statement(
    lambda: (
        t.PlatformRecord.select("kind", fn.COUNT(t.PlatformRecord.our_id))
        .where(_of_account())
        .group_by(t.PlatformRecord.kind)
    )
)


def absorb(
    connection_id: int, identity: str, payment: str, uses: Iterable[tuple[str, Decimal]]
) -> None:
    """Keep that what a payment pays of these invoices is in their baselines already."""
    _ABSORB.many((connection_id, identity, payment, one, cents(amount)) for one, amount in uses)


_ABSORB = put_rows(t.BaselineUse)


def absorbed(connection_id: int, identity: str, invoice: str) -> dict[str, Decimal]:
    """Return what payments pay of an invoice that is in its baseline already, by their TxnIDs."""
    rows = _ABSORBED.all(connection=connection_id, identity=identity, invoice=invoice)
    return {payment: money(amount) for payment, amount in rows}


_ABSORBED = Statement(
    lambda: t.BaselineUse.select("payment_txn_id", "amount_cents").where(
        t.BaselineUse.has("connection", "identity", invoice_txn_id=slot("invoice"))
    )
)
