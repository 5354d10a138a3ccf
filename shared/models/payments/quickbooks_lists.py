"""The accounts and payment methods of a company, as QuickBooks listed them."""

from __future__ import annotations

from collections.abc import Iterable

from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.models.statements import Statement, put_rows
from shared.rules.payments.values import ListEntry, ListKind


def entries(connection_id: int, kind: ListKind) -> list[ListEntry]:
    """Return a list of QuickBooks as it was last read, by full name; inactive entries too."""
    found = [_ENTRY.read(row) for row in _ENTRIES.all(connection=connection_id, kind=kind.value)]
    return sorted(found, key=lambda entry: (entry.full_name.casefold(), entry.list_id))


def replace(connection_id: int, kind: ListKind, listed: Iterable[ListEntry]) -> None:
    """Keep a whole list in place of what was kept of it; entries of other kinds are ignored."""
    _CLEAR.run(connection=connection_id, kind=kind.value)
    add(connection_id, [entry for entry in listed if entry.kind is kind])


def add(connection_id: int, made: Iterable[ListEntry]) -> None:
    """Keep entries that were added to a list of QuickBooks; one that is known is renewed."""
    _WRITE.many((connection_id, *_ENTRY.row(entry)) for entry in made)


_ENTRY = Mapper(ListEntry, t.ListEntry)
_ENTRIES = Statement(
    lambda: t.ListEntry.select(*_ENTRY.fields).where(t.ListEntry.has("connection", "kind"))
)
_CLEAR = Statement(lambda: t.ListEntry.delete().where(t.ListEntry.has("connection", "kind")))
_WRITE = put_rows(t.ListEntry, "connection", *_ENTRY.names)
