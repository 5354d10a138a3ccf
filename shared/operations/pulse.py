"""How everything goes at the moment, over all connections, in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from shared.errors import NotFound
from shared.rules.lateness import has_missed
from shared.structs import Value

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.backups import Backups
    from shared.rules.pulse import Called, Sum

_WORST_FIRST = ("running", "failed", "late", "ok")


class Pulse(Value):
    """The companies by how their syncs go, the daemon, money, and the last backup.

    ``ok``, ``failed``, ``late`` and ``running`` count each company once: a running sync first, then
    the worst; one that never ran is in none. ``waiting`` is on its way to QuickBooks, ``unknown``
    may be there or not; each by currency, the largest first. ``daemon_seen_at`` is the last sign
    of life of any daemon. ``backups`` is None where the database has backups of its own.
    """

    ok: int
    failed: int
    late: int
    running: int
    waiting: tuple[Sum, ...]
    unknown: tuple[Sum, ...]
    daemon_runs: bool
    daemon_seen_at: datetime | None
    backups: Backups | None


def view(store: Store) -> Pulse:
    """Read it; a few milliseconds, however much the store holds."""
    # Imported on the thread that reads, once the first screen is painted.
    from shared.models import backups, daemons, pulse

    now = store.now()
    known = daemons.known()
    nobody_works = bool(known) and not any(one.runs(now) for one in known)
    standing = _standing(pulse.called(), now, nobody_works=nobody_works)
    return Pulse(
        ok=standing.count("ok"),
        failed=standing.count("failed"),
        late=standing.count("late"),
        running=standing.count("running"),
        waiting=tuple(pulse.on_their_way()),
        unknown=tuple(pulse.unknown()),
        daemon_runs=any(one.runs(now) for one in known),
        daemon_seen_at=known[0].last_beat_at if known else None,
        backups=backups.standing() if store.path is not None else None,
    )


def name_of(_store: Store, connection_id: int | None) -> str | None:
    """What a connection is called now; None where there is none of that number."""
    from shared.models import connections

    if connection_id is None:
        return None
    with suppress(NotFound):
        return connections.by_id(connection_id).name
    return None


def _standing(called: Sequence[Called], now: datetime, *, nobody_works: bool) -> list[str]:
    """The word for each company of which one application ran or should have."""
    words: dict[int, str] = {}
    for one in called:
        if word := _word(one, now, nobody_works=nobody_works):
            held = words.get(one.connection_id, word)
            words[one.connection_id] = min(word, held, key=_WORST_FIRST.index)
    return list(words.values())


def _word(one: Called, now: datetime, *, nobody_works: bool) -> str:
    if one.is_running:
        return "late" if nobody_works else "running"
    if one.state == "failed":
        return "failed"
    if has_missed(one.minutes, one.seen_at, now):
        return "late"
    return "ok" if one.state else ""
