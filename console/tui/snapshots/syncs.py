"""What Recent Syncs shows: what runs, and one page of what ran, as the filter says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from console.tui.snapshots.days import days_meant, midnight
from shared.models import overview, syncs
from shared.models.store import Store
from shared.rules.values import Sync

PAGE = 100
_APPLICATIONS = {"invoice": ("invoice", "combined"), "payment": ("payment", "combined")}


@dataclass(frozen=True, slots=True)
class SyncFilter:
    """Which syncs are wanted.

    ``words`` are all in the name of the connection; ``applications`` empty: any. The days are
    those of this machine, both included.
    """

    connection_id: int | None = None
    words: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    failed_only: bool = False
    first_day: date | None = None
    last_day: date | None = None


def read_filter(text: str, today: date) -> SyncFilter:
    """Understand what was typed: ``larkspur invoice failed 2026-01-05``.

    Dates may be ``today``, ``yesterday``, a day, or a span: ``2026-01-01..2026-01-31``, either
    end left out. What is no such word is part of a connection's name.
    """
    found = SyncFilter()
    for word in text.casefold().split():
        found = _narrowed(found, word, today)
    return found


def _narrowed(found: SyncFilter, word: str, today: date) -> SyncFilter:
    if word == "failed":
        return replace(found, failed_only=True)
    if word in _APPLICATIONS:
        return replace(found, applications=_APPLICATIONS[word])
    days = days_meant(word, today)
    if days is not None:
        return replace(found, first_day=days[0], last_day=days[1])
    return replace(found, words=(*found.words, word))


@dataclass(frozen=True, slots=True)
class SyncsPage:
    """``running`` ones are on the first page only; ``older``: there is another page."""

    running: tuple[Sync, ...]
    ended: tuple[Sync, ...]
    older: bool


def read(_store: Store, wanted: SyncFilter, before_id: int | None) -> SyncsPage:
    """Read one page, those before ``before_id``; None is the first."""
    connection_ids = _connection_ids(wanted)
    found = syncs.history(
        limit=PAGE + 1,
        before_id=before_id,
        connection_ids=connection_ids,
        applications=wanted.applications or None,
        failed_only=wanted.failed_only,
        since=midnight(wanted.first_day, 0),
        until=midnight(wanted.last_day, 1),
    )
    running = syncs.running(connection_ids) if before_id is None else []
    return SyncsPage(
        tuple(sync for sync in running if _is_wanted(sync, wanted)),
        tuple(found[:PAGE]),
        older=len(found) > PAGE,
    )


def _connection_ids(wanted: SyncFilter) -> list[int] | None:
    if wanted.connection_id is not None:
        return [wanted.connection_id]
    if not wanted.words:
        return None
    names = overview.names()
    return [names[name] for name in names if all(w in name.casefold() for w in wanted.words)]


def _is_wanted(running: Sync, wanted: SyncFilter) -> bool:
    day = running.started_at.astimezone().date()
    return (
        (not wanted.applications or running.application in wanted.applications)
        and (not wanted.failed_only or running.failed > 0)
        and (wanted.first_day or day) <= day <= (wanted.last_day or day)
    )
