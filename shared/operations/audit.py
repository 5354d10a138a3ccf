"""The audit trail: who changed what, and when."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from shared.errors import NotFound
from shared.models import audit, connections
from shared.models.store import Store
from shared.operations.days import begin_and_end, days_meant
from shared.operations.pages import AT_ONCE, Page, by_number, page_of
from shared.rules.values import AuditEntry
from shared.structs import Value, replace

EVERYTHING = 2**62
Entries: TypeAlias = Page[AuditEntry, int]
PLACES = ("who", "action", "connection", "detail")


class AuditFilter(Value):
    """Which entries are wanted.

    Each of ``holding`` is a place (one of PLACES, or ``anywhere``) and a text that is in it;
    ``connection`` is the name of one, whatever its case, and may be gone by now. The days are
    those of this machine, both included.
    """

    holding: tuple[tuple[str, str], ...] = ()
    connection: str | None = None
    first_day: date | None = None
    last_day: date | None = None


def read_filter(text: str, today: date) -> AuditFilter:
    """Understand what was typed: ``who:mara action:retry 1042 yesterday``.

    A word without a place before it may stand anywhere in an entry. Dates are as in the filter
    of Recent Syncs.
    """
    found = AuditFilter()
    for word in text.casefold().split():
        days = days_meant(word, today)
        if days is not None:
            found = replace(found, first_day=days[0], last_day=days[1])
        else:
            found = replace(found, holding=(*found.holding, _placed(word)))
    return found


def _placed(word: str) -> tuple[str, str]:
    place, colon, rest = word.partition(":")
    return (place, rest) if colon and place in PLACES else ("anywhere", word)


def view_page(
    store: Store, wanted: AuditFilter, after: int | None = None, limit: int = AT_ONCE
) -> Entries:
    """One page of the entries that are wanted, newest first (see ``pages``)."""
    return page_of(view(store, wanted, limit + 1, after), limit, by_number)


def view(
    _store: Store, wanted: AuditFilter, limit: int | None = None, before_id: int | None = None
) -> list[AuditEntry]:
    """The newest entries, at most ``limit`` (None: all), those before ``before_id``."""
    since, until = begin_and_end(wanted.first_day, wanted.last_day)
    return audit.entries(
        limit or EVERYTHING,
        before_id=before_id,
        connection=_as_stored(wanted.connection),
        holding=wanted.holding,
        since=since,
        until=until,
    )


def _as_stored(name: str | None) -> str | None:
    """The name in the spelling of the connection; that of one that is gone as it was given."""
    if name is None:
        return None
    try:
        return connections.get(name).name
    except NotFound:
        return name
