"""Syncs as Recent Syncs shows them, and the records that each one touched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from shared.errors import NotPossible
from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.events import Told
from shared.models.mapper import Mapper
from shared.models.searching import ALL, by_shape, newest_first
from shared.models.statements import (
    AnyOf,
    Statement,
    among,
    insert_row,
    put_rows,
    slot,
    update_columns,
)
from shared.rules.events import EventKind
from shared.rules.values import Outcome, ProblemState, Record, Sync, SyncState

REFUSALS_SHARE_A_ROW = timedelta(hours=1)
UNKNOWN_USERS_KEPT = 100
_FINAL = (SyncState.FINISHED, SyncState.FAILED, SyncState.CANCELED)
_SYNC = Mapper(Sync, t.Sync, but=["is_interrupted"], connection=fn.COALESCE(t.Connection.name, ""))
_RECORD = Mapper(Record, t.Record)


def start(connection_id: int | None, application: str, now: datetime) -> Sync:
    """Open a sync; ``application`` is what Recent Syncs calls it."""
    return get(_add(connection_id, application, now))


def _add(connection_id: int | None, application: str, now: datetime, **columns: Any) -> int:
    usual = {"state": SyncState.PENDING.value}
    return _ADD.value(
        connection=connection_id,
        application=application,
        started_ms=millis(now),
        **(usual | columns),
    )


_ADD = insert_row(t.Sync)


def save(sync_id: int, **changes: Any) -> None:
    """Change any of state, position, total, failed, message, error, error_code, ended_at."""
    if changes.get("state") in _ENDS:
        _tell_end(sync_id, changes["state"], changes.get("error_code", ""))
    update_columns(t.Sync, id=sync_id, **_SYNC.changes(**changes))


_ENDS = {
    SyncState.FINISHED: EventKind.SYNC_FINISHED,
    SyncState.FAILED: EventKind.SYNC_FAILED,
    SyncState.CANCELED: EventKind.SYNC_CANCELED,
}


def _tell_end(sync_id: int, state: SyncState, code: str) -> None:
    """Record how a sync of a connection ends, unless it ended so before."""
    sync = get(sync_id)
    if sync.state != state and sync.connection_id is not None:
        told = Told(str(sync_id), sync.application, state=state.value, code=code)
        events.record(sync.connection_id, _ENDS[state], [told])


def get(sync_id: int) -> Sync:
    """Find a sync by its number; raises NotFound."""
    return _SYNC.read(_GET.found("sync", sync_id, id=sync_id))


_GET = Statement(lambda: _select().where(t.Sync.has("id")))


def list_syncs(
    connection_id: int | None = None,
    *,
    states: Collection[str] = (),
    limit: int | None = None,
    before_id: int | None = None,
) -> list[Sync]:
    """Return syncs of one connection or of all, newest first, those older than ``before_id``.

    Only those in one of ``states``, if any is named.
    """
    return _page(limit, before_id, connection=connection_id, states=list(states) or None)


def _page(limit: int | None, before_id: int | None, **wanted: Any) -> list[Sync]:
    """The newest of those that ``wanted`` names; None demands nothing."""
    filters = {name: value for name, value in wanted.items() if value is not None}
    page = {"limit": limit or ALL, "before": before_id or ALL}
    return [_SYNC.read(row) for row in _newest(frozenset(filters)).all(**filters, **page)]


@by_shape
def _newest(filters: frozenset[str]) -> Any:
    """The statement that has exactly these filters: each one keeps its index."""
    conditions = {
        "connection": t.Sync.has("connection"),
        "connections": among(t.Sync.connection, "connections"),
        "states": among(t.Sync.state, "states"),
        "ended": t.Sync.ended_ms.is_null(False),
        "applications": among(t.Sync.application, "applications"),
        "failed": (t.Sync.state == SyncState.FAILED.value) | (t.Sync.failed > 0),
        "since": t.Sync.started_ms >= slot("since"),
        "until": t.Sync.started_ms < slot("until"),
    }
    return newest_first(_select(), t.Sync.id, *(conditions[name] for name in sorted(filters)))


def running(connection_ids: Collection[int] | None = None) -> list[Sync]:
    """Return the syncs that have not ended, newest first; of these connections, or of all."""
    if connection_ids is None:
        return [_SYNC.read(row) for row in _RUNNING.all()]
    return [_SYNC.read(row) for row in _RUNNING_OF.all(connections=connection_ids)]


_RUNNING = Statement(lambda: _select().where(t.Sync.ended_ms.is_null()).order_by(t.Sync.id.desc()))
_RUNNING_OF = Statement(
    lambda: (
        _select()
        .where(t.Sync.has(ended_ms=None, connection=AnyOf("connections")))
        .order_by(t.Sync.id.desc())
    )
)


def history(
    *,
    limit: int,
    before_id: int | None = None,
    connection_ids: Collection[int] | None = None,
    applications: Collection[str] | None = None,
    failed_only: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Sync]:
    """Return ended syncs, newest first, those older than ``before_id``.

    ``applications`` are the words that ``start`` was given. ``failed_only``: the sync failed,
    or one of its records did. ``since`` and ``until`` (not included) are when it started.
    """
    # Of one connection the index has them in order; of several they are sorted.
    sole = next(iter(connection_ids)) if connection_ids and len(connection_ids) == 1 else None
    return _page(
        limit,
        before_id,
        connection=sole,
        connections=connection_ids if sole is None else None,
        ended=True,
        applications=applications,
        failed=True if failed_only else None,
        since=None if since is None else millis(since),
        until=None if until is None else millis(until),
    )


def latest() -> dict[tuple[int, str], Sync]:
    """Return the newest sync of each application by the number of its connection and its kind."""
    found = (_SYNC.read(row) for row in _LATEST.all())
    return {(sync.connection_id or 0, sync.application): sync for sync in found}


_NEWEST: Any = t.Sync.alias()
_LATEST = Statement(
    lambda: (
        t.Sync.select(*_SYNC.fields)
        .join(
            t.Application,
            on=(
                t.Sync.id
                == _NEWEST.select(_NEWEST.id)
                .where(
                    (_NEWEST.connection == t.Application.connection)
                    & (_NEWEST.application == t.Application.kind)
                )
                .order_by(_NEWEST.id.desc())
                .limit(1)
            ),
        )
        .join(t.Connection, on=(t.Connection.id == t.Sync.connection))
    )
)


def request_stop(sync_id: int, who: str) -> Sync:
    """Ask a sync to stop at its next step, where it ends canceled.

    Raises NotFound, or NotPossible when it ended already.
    """
    sync = get(sync_id)
    if sync.state in _FINAL:
        raise NotPossible(f"Sync {sync_id} has ended: {sync.state}.")
    update_columns(t.Sync, id=sync_id, stop_requested_by=who)
    return get(sync_id)


def add_records(sync_id: int, records: Sequence[Record]) -> None:
    """Note what the sync did with objects; a later word on the same object replaces it."""
    _ADD_RECORDS.many((sync_id, *_RECORD.row(record)) for record in records)


_ADD_RECORDS = put_rows(t.Record, "sync", *_RECORD.names)


def records(sync_id: int, *, failed_only: bool = False) -> list[Record]:
    """Return what the sync touched, in the order in which it met it."""
    statement = _FAILED_RECORDS if failed_only else _RECORDS
    return [_RECORD.read(row) for row in statement.all(sync=sync_id)]


_RECORDS = Statement(lambda: _select_records())
_FAILED_RECORDS = Statement(lambda: _select_records(t.Record.outcome == Outcome.FAILED.value))


def some_records(sync_id: int, limit: int, *, failed: bool) -> list[Record]:
    """Return at most ``limit`` records that failed, or that did not, as the sync met them."""
    statement = _SOME_FAILED if failed else _SOME_OTHERS
    return [_RECORD.read(row) for row in statement.all(sync=sync_id, limit=limit)]


_SOME_FAILED = Statement(
    lambda: _select_records(t.Record.outcome == Outcome.FAILED.value).limit(slot("limit"))
)
_SOME_OTHERS = Statement(
    lambda: _select_records(t.Record.outcome != Outcome.FAILED.value).limit(slot("limit"))
)


def record_counts(sync_id: int) -> dict[Outcome, int]:
    """Return how many different records the sync touched, by what became of them."""
    return {Outcome(outcome): count for outcome, count in _RECORD_COUNTS.all(sync=sync_id)}


_RECORD_COUNTS = Statement(
    lambda: (
        t.Record.select("outcome", fn.COUNT(t.Record.id))
        .where(t.Record.has("sync"))
        .group_by(t.Record.outcome)
    )
)


def _select_records(*conditions: Any) -> Any:
    return (
        t.Record.select(*_RECORD.fields)
        .where(t.Record.has("sync"), *conditions)
        .order_by(t.Record.id)
    )


def refused_login(
    connection_id: int | None, application: str, username: str, code: str, error: str, now: datetime
) -> Sync:
    """Leave a failed sync for a refused login, so that the operator sees it where he looks.

    The same refusal again within an hour counts up in the same row. Of unknown user names
    (``connection_id`` None) the latest hundred are kept, whoever may be trying.
    """
    username = username[:100]
    since = millis(now - REFUSALS_SHARE_A_ROW)
    earlier = _SAME_REFUSAL.one(username=username, code=code, since=since)
    if earlier is not None:
        sync_id, refusals = earlier
        told = f"Refused {refusals + 1} times"
        columns = _SYNC.changes(error=error, message=told, ended_at=now)
        update_columns(t.Sync, id=sync_id, refusals=refusals + 1, **columns)
        return get(sync_id)
    sync_id = _add(
        connection_id,
        application,
        now,
        username=username,
        state=SyncState.FAILED.value,
        error=error,
        error_code=code,
        ended_ms=millis(now),
        refusals=1,
        message="Refused",
    )
    if connection_id is None:
        _FORGET_UNKNOWN_USERS.run(kept=UNKNOWN_USERS_KEPT)
    else:
        told_of = Told(str(sync_id), application, state=SyncState.FAILED.value, code=code)
        events.record(connection_id, EventKind.SYNC_FAILED, [told_of])
    return get(sync_id)


_SAME_REFUSAL = Statement(
    lambda: (
        t.Sync.select("id", "refusals")
        .where(
            t.Sync.has("username", error_code=slot("code")),
            t.Sync.started_ms > slot("since"),
            t.Sync.refusals > 0,
        )
        .order_by(t.Sync.id.desc())
        .limit(1)
    )
)
_FORGET_UNKNOWN_USERS = Statement(
    lambda: t.Sync.delete().where(
        t.Sync.connection.is_null()
        & t.Sync.id.not_in(
            _KEPT.select(_KEPT.id)
            .where(_KEPT.connection.is_null())
            .order_by(_KEPT.id.desc())
            .limit(slot("kept"))
        )
    )
)
_KEPT: Any = t.Sync.alias()


def thin(before: datetime, limit: int) -> int:
    """Forget at most ``limit`` records, and as many exchanges, of syncs that ``prune`` forgets.

    Returns how many. A first import has a hundred thousand: to forget them in one go would hold
    the store for seconds. Call it again while it finds some, then ``prune``.
    """
    return sum(one.run(before_ms=millis(before), limit=limit) for one in _THIN)


def prune(before: datetime, limit: int = 10_000) -> int:
    """Forget syncs that ended before that time, with records and exchanges; return how many.

    At most ``limit``. Never the newest of a connection, so that it always shows when it last ran.
    Sessions without a sync go by the same age, and problems that were resolved before it; open
    and skipped ones stay.
    """
    _PRUNE_PROBLEMS.run(before_ms=millis(before))
    _PRUNE_SESSIONS.run(before_ms=millis(before))
    return _PRUNE.run(before_ms=millis(before), limit=limit)


def _old() -> Any:
    return t.Sync.select("id").where(
        (t.Sync.ended_ms < slot("before_ms"))
        & t.Sync.state.in_([state.value for state in _FINAL])
        & t.Sync.id.not_in(
            _KEPT.select(fn.MAX(_KEPT.id))
            .where(_KEPT.connection.is_null(False))
            .group_by(_KEPT.connection)
        )
    )


def _some_of_old(table: Any) -> Statement:
    def build() -> Any:
        some = table.select(table.id).where(table.sync.in_(_old())).limit(slot("limit"))
        return table.delete().where(table.id.in_(some))

    return Statement(build)


_THIN = (_some_of_old(t.Record), _some_of_old(t.Exchange))
_PRUNE = Statement(
    lambda: t.Sync.delete().where(t.Sync.id.in_(_old().order_by(t.Sync.id).limit(slot("limit"))))
)
_PRUNE_SESSIONS = Statement(
    lambda: t.Session.delete().where(
        t.Session.sync.is_null() & (t.Session.ended_ms < slot("before_ms"))
    )
)
_PRUNE_PROBLEMS = Statement(
    lambda: t.Problem.delete().where(
        (t.Problem.state == ProblemState.RESOLVED.value)
        & (t.Problem.last_seen_ms < slot("before_ms"))
    )
)


def _select() -> Any:
    return t.Sync.select(*_SYNC.fields).join(t.Connection, JOIN.LEFT_OUTER)
