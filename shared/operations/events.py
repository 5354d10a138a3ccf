"""What happened, for people and for programs: the newest first, or on from a cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated

from shared.errors import NotFound
from shared.models import connections, events
from shared.models.events import Slice
from shared.models.store import Store
from shared.operations import which
from shared.operations.which import Which
from shared.rules.events import Event, EventKind

PAGE = 100
KINDS = tuple(kind.value for kind in EventKind)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; nothing lets all pass. ``kinds`` may be whole, or ``invoice``."""

    connection: str | None = None
    kinds: tuple[str, ...] = ()


def kinds_meant(words: Sequence[str]) -> tuple[str, ...]:
    """The kinds that these words mean: ``invoice`` means all of invoices. Raises NotFound."""
    meant = []
    for word in words:
        found = [kind for kind in KINDS if kind == word or kind.startswith(f"{word}.")]
        if not found:
            raise NotFound("kind of event", word)
        meant += found
    return tuple(dict.fromkeys(meant))


def view_newest(
    _store: Store, wanted: EventFilter, limit: int | None = None, before_id: int | None = None
) -> list[Event]:
    """The newest events, newest first; raises NotFound for the connection."""
    return events.newest(
        connections=_meant(wanted.connection),
        kinds=kinds_meant(wanted.kinds) or None,
        before_id=before_id,
        limit=limit or events.EVERY,
    )


def _meant(connection: Which) -> list[int] | None:
    return None if connection is None else [which.connection(connection).id]


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page, newest first; ``older``: there is another."""

    events: tuple[Event, ...]
    older: bool


def read_filter(text: str) -> EventFilter:
    """Understand what was typed: ``invoice payment.posted larkspur``.

    A word that is no kind, and begins none, is the name of a connection or a part of it.
    """
    kinds: list[str] = []
    names: list[str] = []
    for word in text.casefold().split():
        is_kind = any(kind == word or kind.startswith(f"{word}.") for kind in KINDS)
        (kinds if is_kind else names).append(word)
    return EventFilter(" ".join(names) or None, tuple(kinds))


def view_page(_store: Store, wanted: EventFilter, before_id: int | None) -> EventPage:
    """The page of events before ``before_id``; None is the first."""
    named = wanted.connection
    ids = None
    if named is not None:
        ids = [one.id for one in connections.all() if named in one.name.casefold()]
    found = events.newest(
        connections=ids,
        kinds=kinds_meant(wanted.kinds) or None,
        before_id=before_id,
        limit=PAGE + 1,
    )
    return EventPage(tuple(found[:PAGE]), older=len(found) > PAGE)


@dataclass(frozen=True, slots=True)
class Following:
    """Events in order, and the cursor to go on with, also where there are none."""

    events: Annotated[tuple[Event, ...], "the events, in order"]
    cursor: Annotated[int, "where the next events begin"]


def view_after(
    store: Store,
    cursor: int,
    *,
    connection_ids: Collection[int] | None = None,
    kinds: Sequence[str] = (),
    limit: int = PAGE,
) -> Following:
    """The events after a cursor, in order. Unlike other views it opens units of its own."""
    found: Slice = events.after(
        store, cursor, connections=connection_ids, kinds=kinds_meant(kinds) or None, limit=limit
    )
    return Following(found.events, found.cursor)


def read_after(store: Store, wanted: EventFilter, cursor: int, limit: int | None) -> Following:
    """As ``view_after``, of a connection by its name. Raises NotFound."""
    with store.reading():
        ids = _meant(wanted.connection)
    return view_after(
        store, cursor, connection_ids=ids, kinds=wanted.kinds, limit=limit or events.EVERY
    )
