"""What happened, for people and for programs: the newest first, or on from a cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.errors import NotFound, NotPossible
from shared.models import connections, events
from shared.models.events import Slice
from shared.models.store import Store
from shared.operations import which
from shared.operations.pages import AT_ONCE, Page, by_number, page_of
from shared.rules.events import Event, EventKind
from shared.structs import Value

KINDS = tuple(kind.value for kind in EventKind)
WORDS = (*dict.fromkeys(kind.partition(".")[0] for kind in KINDS), *KINDS)
"""What may be asked for: ``invoice`` means all kinds of invoices."""


class EventFilter(Value):
    """Which events are wanted; nothing lets all pass. ``kinds`` may be whole, or ``invoice``.

    ``connection_id`` is that of a connection that is listed on its own.
    """

    connection: str | None = None
    kinds: tuple[str, ...] = ()
    connection_id: int | None = None


def _kinds(word: str) -> list[str]:
    return [kind for kind in KINDS if kind == word or kind.startswith(f"{word}.")]


def kinds_meant(words: Sequence[str]) -> tuple[str, ...]:
    """The kinds that these words mean: ``invoice`` means all of invoices. Raises NotFound."""
    for word in words:
        if not _kinds(word):
            raise NotFound("kind of event", word)
    return tuple(dict.fromkeys(kind for word in words for kind in _kinds(word)))


def view_newest(
    _store: Store, wanted: EventFilter, limit: int | None = None, before_id: int | None = None
) -> list[Event]:
    """The newest events, newest first; raises NotFound for the connection."""
    return events.newest(
        connections=_meant(wanted),
        kinds=kinds_meant(wanted.kinds) or None,
        before_id=before_id,
        limit=limit or events.EVERY,
    )


def _meant(wanted: EventFilter) -> list[int] | None:
    number = which.number(wanted.connection)
    return None if number is None else [number]


def read_filter(text: str) -> EventFilter:
    """Understand what was typed: ``invoice payment.posted larkspur``.

    A word that is no kind, and begins none, is the name of a connection or a part of it.
    """
    kinds: list[str] = []
    names: list[str] = []
    for word in text.casefold().split():
        (kinds if _kinds(word) else names).append(word)
    return EventFilter(" ".join(names) or None, tuple(kinds))


def view_page(
    _store: Store, wanted: EventFilter, after: int | None = None, limit: int = AT_ONCE
) -> Page[Event, int]:
    """One page of events, the newest first (see ``pages``).

    The connection may be a part of a name.
    """
    ids = None if wanted.connection_id is None else [wanted.connection_id]
    if wanted.connection is not None:
        part = wanted.connection.casefold()
        named = [one.id for one in connections.all() if part in one.name.casefold()]
        ids = [one for one in named if ids is None or one in ids]
    found = events.newest(
        connections=ids, kinds=kinds_meant(wanted.kinds) or None, before_id=after, limit=limit + 1
    )
    return page_of(found, limit, by_number)


class CursorLost(NotPossible):
    """What happened after a cursor is not known any more: whoever has it begins anew."""

    def __init__(self, cursor: int) -> None:
        super().__init__(
            f"The events after {cursor} are no longer available: they were deleted because of "
            "their age, or the store was restored from a backup.",
            "Read everything again and continue from the new cursor.",
        )


def check_cursor(store: Store, cursor: int) -> None:
    """Raise CursorLost where something after a cursor may be missing. Opens a unit of its own."""
    with store.reading():
        if not events.is_known(cursor):
            raise CursorLost(cursor)


def view_after(
    store: Store,
    cursor: int,
    *,
    connection_ids: Collection[int] | None = None,
    kinds: Sequence[str] = (),
    limit: int = AT_ONCE,
) -> Slice:
    """The events after a cursor, in order; 0 is all that is kept.

    Unlike other views it opens units of its own. Raises CursorLost.
    """
    if cursor:
        check_cursor(store, cursor)
    return events.after(
        store, cursor, connections=connection_ids, kinds=kinds_meant(kinds) or None, limit=limit
    )


def end(store: Store) -> int:
    """The cursor of what happens from now on. Opens a unit of its own."""
    return events.end(store)


def read_after(store: Store, wanted: EventFilter, cursor: int, limit: int | None) -> Slice:
    """As ``view_after``, of a connection by its name. Raises NotFound."""
    with store.reading():
        ids = _meant(wanted)
    return view_after(
        store, cursor, connection_ids=ids, kinds=wanted.kinds, limit=limit or events.EVERY
    )
