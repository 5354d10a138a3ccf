"""Files of payments on their way in: written bit by bit, seen by nobody, then by all at once.

A large file in one transaction would keep everybody else out for a minute. Its payments are
hidden instead until the row of their import is deleted (``show``), which is one short transaction.
What a killed process left is removed by the next import of that connection (``remove_some``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.payments import telling
from shared.models.statements import AnyOf, Statement, among, insert_row, slot
from shared.rules.payments.values import PaymentSource
from shared.structs import Value


class Arriving(Value):
    """An import that is under way, or whose process is gone."""

    id: int
    source: str
    who: str
    host: str
    pid: int
    beat_at: datetime


def begin(
    connection_id: int, source: str, who: str, process: tuple[str, int], now: datetime
) -> int:
    """Begin an import by the process (host, pid); its number. There may be no other."""
    host, pid = process
    return _BEGIN.value(
        connection=connection_id, source=source, who=who, host=host, pid=pid, beat_ms=millis(now)
    )


_BEGIN = insert_row(t.PaymentImport)


def under_way(connection_id: int) -> Arriving | None:
    """Return the import of a connection that has not ended."""
    row = _UNDER_WAY.one(connection=connection_id)
    return None if row is None else _ARRIVING.read(row)


_ARRIVING = Mapper(Arriving, t.PaymentImport)
_UNDER_WAY = Statement(
    lambda: t.PaymentImport.select(*_ARRIVING.fields).where(t.PaymentImport.has("connection"))
)


def keep(import_id: int, now: datetime) -> bool:
    """Say that the import goes on; false where it cannot, since it was disturbed or removed."""
    return _KEEP.run(import_id=import_id, now_ms=millis(now)) == 1


_KEEP = Statement(
    lambda: t.PaymentImport.update(beat_ms=slot("now_ms")).where(
        (t.PaymentImport.id == slot("import_id")) & ~t.PaymentImport.disturbed
    )
)


def show(connection_id: int, import_id: int) -> bool:
    """Let everybody see the payments of an import; false where it was disturbed or removed."""
    shown = _SHOW.run(import_id=import_id) == 1
    if shown:
        telling.tell_import(connection_id, import_id)
    return shown


_SHOW = Statement(
    lambda: t.PaymentImport.delete().where(
        (t.PaymentImport.id == slot("import_id")) & ~t.PaymentImport.disturbed
    )
)


def numbers(connection_id: int, import_id: int, keys: Collection[str]) -> dict[str, int]:
    """Return the numbers of hidden payments by their external ids."""
    return dict(_NUMBERS.all(connection=connection_id, import_id=import_id, keys=keys))


_NUMBERS = Statement(
    lambda: t.Payment.select_hidden_too("key", "id").where(_keyed(), t.Payment.has("import_id"))
)


def _keyed() -> Any:
    return t.Payment.has("connection", source=PaymentSource.INVOICED, key=AnyOf("keys"))


def give_way(connection_id: int, keys: Sequence[str]) -> None:
    """Remove hidden payments of these external ids; their import is disturbed."""
    hidden = _HIDDEN.column(connection=connection_id, keys=keys)
    if hidden and _DISTURB.run(connection=connection_id):
        _REMOVE.run(ids=hidden)


_HIDDEN = Statement(
    lambda: t.Payment.select_hidden_too("id").where(
        _keyed() & t.Payment.import_id.in_(t.PaymentImport.select("id"))
    )
)
_DISTURB = Statement(
    lambda: t.PaymentImport.update(disturbed=True).where(t.PaymentImport.has("connection"))
)
_REMOVE = Statement(lambda: t.Payment.delete().where(among(t.Payment.id, "ids")))


def remove_some(connection_id: int, import_id: int, limit: int) -> bool:
    """Remove at most ``limit`` hidden payments of an import that is given up.

    Returns whether there were any; with none left the import itself is removed. What everybody
    sees already stays.
    """
    if not _GIVE_UP.run(import_id=import_id):
        return False
    found = _SOME.column(connection=connection_id, import_id=import_id, limit=limit)
    _REMOVE.run(ids=found)
    if not found:
        _REMOVE_IMPORT.run(import_id=import_id)
    return bool(found)


_GIVE_UP = Statement(
    lambda: t.PaymentImport.update(disturbed=True).where(t.PaymentImport.id == slot("import_id"))
)
_SOME = Statement(
    lambda: (
        t.Payment.select_hidden_too("id")
        .where(t.Payment.has("connection", "import_id"))
        .order_by(t.Payment.id.desc())
        .limit(slot("limit"))
    )
)
_REMOVE_IMPORT = Statement(
    lambda: t.PaymentImport.delete().where(t.PaymentImport.id == slot("import_id"))
)
