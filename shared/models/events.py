"""What happened is written down once, with the change itself, and read by whoever delivers it.

An event is recorded in the transaction of the change, so there is one if and only if the change was
committed. Readers go by number. On SQLite that is the order of commits: it has one writer. On
PostgreSQL a transaction may take a number, and another one the next and commit first, so whoever
reads on after the second would never see the first. Two usual cures do not serve. An order by
transaction number (``pg_snapshot_xmin``) skips nothing, but may turn the events of one record
around: the transaction that began first may be the one that waited for the record. A lock that
writers hold to their commit lets all companies wait for each other, or locks up with the locks of
rows. So a writer only announces, as a shared advisory lock that nobody waits for, the last number
taken before it takes its own. ``_last_settled`` is the lowest announced number, or the last one of
all where none is: what is up to it will never change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from peewee import JOIN, SQL, TextField, fn
from peewee import Value as SqlValue

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.searching import by_shape
from shared.models.statements import (
    Statement,
    among,
    current,
    first_in_unit,
    insert_rows,
    slot,
    unit_time,
)
from shared.rules.events import Event, EventKind
from shared.structs import Value

if TYPE_CHECKING:
    from shared.models.store import Store

NOBODY = 0
"""The connection of what concerns none, or one that is gone."""
EVERY = 2**62
"""A number that no event ever has: higher than all."""


class Told(NamedTuple):
    """What an event tells of its record; amounts are in hundredths."""

    object_id: str
    document: str = ""
    amount_cents: int | None = None
    before_cents: int | None = None
    currency: str = ""
    state: str = ""
    code: str = ""


def record(connection_id: int, kind: EventKind, told: Iterable[Told]) -> None:
    """Write down what happened to records of a connection, in the transaction of the change."""
    now_ms = millis(unit_time())
    rows = [(now_ms, connection_id, kind.value, *one) for one in told]
    if rows:
        _announce()
        _ADD.many(rows)


_ADD = insert_rows(t.Event)


def of_rows(query: Any) -> Any:
    """The insert of an event for each row of a query, for ``record_rows``.

    The query selects what ``columns`` makes of the record's columns.
    """
    return t.Event.insert_from(query, t.Event._meta.sorted_fields[1:])  # all but its id


def columns(
    connection: Any,
    kind: Any,
    object_id: Any,
    document: Any,
    *,
    amount: Any = None,
    currency: Any = "",
    state: Any = "",
    code: Any = "",
) -> list[Any]:
    """What a query for ``of_rows`` selects."""
    nothing = SQL("NULL")
    texts = [text(one) for one in (kind, object_id, document, currency, state, code)]
    return [
        *(slot("now_ms"), connection, *texts[:3]),
        *(nothing if amount is None else amount, nothing, *texts[3:]),
    ]


def text(column: Any) -> Any:
    """A word, parameter or number as text, which PostgreSQL has to be told."""
    node = SqlValue(column, converter=False) if isinstance(column, str) else column
    return node if isinstance(node, TextField) else node.cast("TEXT")


def record_rows(statement: Statement, **parameters: Any) -> int:
    """Record an event for each row that a statement of ``of_rows`` finds; return how many."""
    _announce()
    return statement.run(now_ms=millis(unit_time()), **parameters)


def settings_changed(connection_id: int, what: str, which: str) -> None:
    """Record that somebody changed how a connection works: ``what`` kind of setting, which one."""
    record(connection_id, EventKind.SETTINGS_CHANGED, [Told(str(connection_id), which, state=what)])


_SPACE = 0x6576
"""Marks our advisory locks: the upper 16 bits of the key, above the announced number."""
_LAST_TAKEN = "COALESCE(pg_sequence_last_value('event_id_seq'::regclass), 0)"
_ANNOUNCE = f"SELECT pg_advisory_xact_lock_shared(({_SPACE}::bigint << 48) | {_LAST_TAKEN})"
_LOWEST_ANNOUNCED = (
    "SELECT MIN(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks"  # noqa: S608
    " WHERE locktype = 'advisory' AND objsubid = 1"
    f" AND classid::bigint >> 16 = {_SPACE}"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _announce() -> None:
    """On PostgreSQL, say before a number is taken which one was the last."""
    engine, database = current()
    if engine == "postgresql" and first_in_unit("events"):
        database.execute_sql(_ANNOUNCE)


def _last_settled() -> int:
    """The number up to which no event can come any more.

    To be asked in a unit that ends before the one that reads the events begins.
    """
    engine, database = current()
    if engine == "sqlite":
        return last()
    taken = _last_taken()
    announced = database.execute_sql(_LOWEST_ANNOUNCED).fetchone()[0]
    return int(taken if announced is None else min(taken, announced))


def last() -> int:
    """Return the highest number of an event; lower ones may still be on their way."""
    return int(_LAST.value())


_LAST = Statement(lambda: t.Event.select(fn.COALESCE(fn.MAX(t.Event.id), 0)))


def end(store: Store) -> int:
    """Return where what happens from now on begins; call it outside of any unit."""
    with store.reading():
        return _last_settled()


class Slice(Value):
    """Events in order; ``cursor`` is where the next slice begins, also when there are none."""

    events: tuple[Event, ...]
    cursor: int


def after(
    store: Store,
    cursor: int,
    *,
    connections: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
    limit: int = 100,
) -> Slice:
    """Return the events that follow ``cursor`` (0 at first), of these connections and kinds.

    Whoever goes on with the cursor of each slice gets every event once. Opens units of its own:
    call it outside of any.
    """
    until = end(store)
    with store.reading():
        return _read(cursor, max(cursor, until), connections, kinds, limit)


def _read(
    cursor: int,
    until: int,
    connections: Collection[int] | None,
    kinds: Collection[str] | None,
    limit: int,
) -> Slice:
    filters = _filters(connections, kinds)
    rows = _after(frozenset(filters)).all(after=cursor, until=until, limit=limit, **filters)
    found = tuple(_EVENT.read(row) for row in rows)
    return Slice(found, found[-1].id if len(found) == limit else until)


def newest(
    *,
    connections: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Event]:
    """Return events, newest first, those older than ``before_id``; for people to look at."""
    filters = _filters(connections, kinds)
    rows = _newest(frozenset(filters)).all(before=before_id or EVERY, limit=limit, **filters)
    return [_EVENT.read(row) for row in rows]


def how_many_after(cursor: int, connection_id: int, kinds: Collection[str] | None) -> int:
    """Count what happened to records of a connection after ``cursor``, of these kinds or of all."""
    filters = _filters([connection_id], kinds)
    return int(_how_many(frozenset(filters)).value(after=cursor, **filters))


@by_shape
def _how_many(filters: frozenset[str]) -> Any:
    return t.Event.select(fn.COUNT(t.Event.id)).where(t.Event.id > slot("after"), *_those(filters))


def get(event_id: int) -> Event | None:
    """Find an event by its number; None when it was forgotten, or never was."""
    row = _GET.one(id=event_id)
    return None if row is None else _EVENT.read(row)


_EVENT = Mapper(Event, t.Event, connection=fn.COALESCE(t.Connection.name, ""))
_GET = Statement(lambda: _select(t.Event.has("id")))


@by_shape
def _after(filters: frozenset[str]) -> Any:
    return (
        _select(t.Event.id > slot("after"), t.Event.id <= slot("until"), *_those(filters))
        .order_by(t.Event.id)
        .limit(slot("limit"))
    )


@by_shape
def _newest(filters: frozenset[str]) -> Any:
    return (
        _select(t.Event.id < slot("before"), *_those(filters))
        .order_by(t.Event.id.desc())
        .limit(slot("limit"))
    )


def _filters(connections: Collection[int] | None, kinds: Collection[str] | None) -> dict[str, Any]:
    """The parameters of ``_those``: one connection alone has an index in the right order."""
    given: dict[str, Any] = {"connections": connections, "kinds": kinds}
    if connections is not None and len(connections) == 1:
        given = {"connection": next(iter(connections)), "kinds": kinds}
    return {name: value for name, value in given.items() if value is not None}


def _those(filters: frozenset[str]) -> list[Any]:
    """What limits the events. The sum keeps the database from going by connection where there are
    several: it would read all of theirs, and sort them, for the sake of a page.
    """
    several: Any = t.Event.connection + 0
    conditions: dict[str, Callable[[], Any]] = {
        "connection": lambda: t.Event.has("connection"),
        "connections": lambda: among(several, "connections"),
        "kinds": lambda: among(t.Event.kind, "kinds"),
    }
    return [conditions[name]() for name in sorted(filters)]


def _select(*conditions: Any) -> Any:
    return (
        t.Event.select(*_EVENT.fields)
        .join(t.Connection, JOIN.LEFT_OUTER, on=(t.Connection.id == t.Event.connection))
        .where(*conditions)
    )


def recorded_since(connection_id: int, kind: EventKind, document: str, since: datetime) -> bool:
    """Tell whether such an event about a document of a connection was recorded since a time."""
    return bool(
        _SINCE.all(
            connection=connection_id, kind=kind.value, document=document, since=millis(since)
        )
    )


_SINCE = Statement(
    lambda: (
        t.Event.select("id")
        .where(t.Event.has("connection", "kind", "document"), t.Event.at_ms >= slot("since"))
        .limit(1)
    )
)


def forget_connection(connection_id: int) -> None:
    """Forget what happened to the records of a connection that is removed."""
    _FORGET.run(connection=connection_id)


_FORGET = Statement(lambda: t.Event.delete().where(t.Event.has("connection")))


def prune(before: datetime, passed: int, limit: int) -> int:
    """Forget at most ``limit`` events from before that time, up to number ``passed``.

    Returns how many; call it again while it is ``limit``.
    """
    last_old = _last_old.value(before=millis(before), passed=passed, limit=limit)
    if last_old is None:
        return 0
    _NOTE_FORGOTTEN.run(last=last_old)
    return _PRUNE.run(last=last_old)


@Statement
def _last_old() -> Any:
    oldest = t.Event.select("id", "at_ms").order_by(t.Event.id).limit(slot("limit"))
    these = oldest.alias("oldest")
    return these.select_from(fn.MAX(these.c.id)).where(
        (these.c.at_ms < slot("before")) & (these.c.id <= slot("passed"))
    )


_NOTE_FORGOTTEN = Statement(lambda: t.Installation.update(events_forgotten=slot("last")))
_PRUNE = Statement(lambda: t.Event.delete().where(t.Event.id <= slot("last")))


def is_known(cursor: int) -> bool:
    """Tell whether all events after a cursor are there: none was forgotten, and it is ours.

    A store that was restored from a backup does not know the cursors that were handed out since.
    """
    return bool(_FORGOTTEN.value() <= cursor <= _last_taken())


_FORGOTTEN = Statement(lambda: t.Installation.select("events_forgotten"))


def _last_taken() -> int:
    """The highest number that an event ever had here, whether it is still there or not."""
    engine, database = current()
    asked = _LAST_TAKEN if engine == "postgresql" else _LAST_TAKEN_ON_SQLITE
    row = database.execute_sql(f"SELECT {asked}").fetchone()
    return int(row[0])


_LAST_TAKEN_ON_SQLITE = "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)"
