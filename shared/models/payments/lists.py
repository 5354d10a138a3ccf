"""The accounts and payment methods of a company, as QuickBooks listed them."""

from __future__ import annotations

from collections.abc import Iterable

from shared.models import tables as t
from shared.models.statements import Row, Statement, insert_rows, slot
from shared.rules.payments.values import ListEntry, ListKind


def entries(connection_id: int, kind: ListKind) -> list[ListEntry]:
    """Return a list of QuickBooks as it was last read, by full name; inactive entries too."""
    found = [_read(row) for row in _ENTRIES.all(connection=connection_id, kind=kind.value)]
    return sorted(found, key=lambda entry: (entry.full_name.casefold(), entry.list_id))


def replace(connection_id: int, kind: ListKind, listed: Iterable[ListEntry]) -> None:
    """Keep a whole list in place of what was kept of it; entries of other kinds are ignored."""
    _CLEAR.run(connection=connection_id, kind=kind.value)
    add(connection_id, [entry for entry in listed if entry.kind is kind])


def add(connection_id: int, made: Iterable[ListEntry]) -> None:
    """Keep entries that were added to a list of QuickBooks; one that is known is renewed."""
    _WRITE.many(
        (
            *(connection_id, entry.kind.value, entry.list_id, entry.full_name, entry.type),
            *(entry.special, entry.currency, entry.active),
        )
        for entry in made
    )


_SHOWN = (
    *(t.ListEntry.full_name, t.ListEntry.type, t.ListEntry.special, t.ListEntry.currency),
    t.ListEntry.active,
)
_KEY = (t.ListEntry.connection, t.ListEntry.kind, t.ListEntry.list_id)
_ENTRIES = Statement(
    lambda: t.ListEntry.select(t.ListEntry.kind, t.ListEntry.list_id, *_SHOWN).where(
        (t.ListEntry.connection == slot("connection")) & (t.ListEntry.kind == slot("kind"))
    )
)
_CLEAR = Statement(
    lambda: t.ListEntry.delete().where(
        (t.ListEntry.connection == slot("connection")) & (t.ListEntry.kind == slot("kind"))
    )
)
_WRITE = insert_rows(t.ListEntry, [*_KEY, *_SHOWN], key=_KEY, replace=_SHOWN)


def _read(row: Row) -> ListEntry:
    kind, list_id, full_name, type_, special, currency, active = row
    return ListEntry(
        kind=ListKind(kind),
        list_id=list_id,
        full_name=full_name,
        type=type_,
        special=special,
        currency=currency,
        active=bool(active),
    )
