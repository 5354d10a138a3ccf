"""Rows of problems: what a person must look at, what that person decided, what is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from peewee import SQL, Tuple, fn

from shared import hints
from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.events import Told
from shared.models.mapper import Mapper, NewRows
from shared.models.searching import ALL, by_shape, holding_words, patterns
from shared.models.statements import AnyOf, Row, Statement, among, slot, slots, update_columns
from shared.rules.events import EventKind
from shared.rules.values import Problem, ProblemState, RecordKind, Trouble

Seen = tuple[datetime, int]
"""Where a problem stands in a list: when it was last seen, its number."""

_WAITING = (ProblemState.OPEN, ProblemState.RETRY)
_CLOSABLE = [state.value for state in (*_WAITING, ProblemState.ACKNOWLEDGED)]


def report(
    connection_id: int, sync_id: int | None, troubles: Sequence[Trouble], now: datetime
) -> None:
    """Put troubles on file. One that is known is renewed: resolved ones open again, those
    that were to be retried as well. Skipped ones stay skipped, and acknowledged ones acknowledged
    as long as they rest on the same.
    """
    if not troubles:
        return
    these = {
        "connection": connection_id,
        "objects": {one.object_id for one in troubles},
        "codes": {one.code for one in troubles},
    }
    before, now_ms = {row[0] for row in _OPEN.all(**these)}, millis(now)
    _REPORT.many(
        (one, connection_id, sync_id, sync_id, one.basis or one.message, now_ms, now_ms)
        for one in troubles
    )
    _tell(EventKind.PROBLEM_OPENED, [row for row in _OPEN.all(**these) if row[0] not in before])


def trouble(
    code: str, kind: RecordKind, object_id: str, document: str, /, *, basis: str = "", **fields: str
) -> Trouble:
    """A trouble in the words of the hint ``code``, which names these fields."""
    told = hints.tell(code, **fields)
    return Trouble(code, kind, object_id, document, told.message, told.remedy, basis=basis)


def _tell(kind: EventKind, rows: Iterable[Row]) -> None:
    """Record what became of problems; rows are of ``_TOLD``."""
    for id_, connection_id, document, state, code in rows:
        events.record(connection_id, kind, [Told(str(id_), document, state=state, code=code)])


_TOLD = (t.Problem.id, t.Problem.connection, t.Problem.document, t.Problem.state, t.Problem.code)
_OPEN = Statement(
    lambda: (
        t.Problem.select(*_TOLD)
        .where(
            t.Problem.has(
                "connection",
                object_id=AnyOf("objects"),
                code=AnyOf("codes"),
                state=ProblemState.OPEN,
            )
        )
        .order_by(t.Problem.id)
    )
)


def _closed(statement: Statement, **parameters: Any) -> int:
    """Run a statement that closes problems; record it, and return how many there were."""
    rows = sorted(statement.all(**parameters))
    _tell(EventKind.PROBLEM_CLOSED, rows)
    return len(rows)


_REPORT = NewRows(
    Mapper(Trouble, t.Problem, but=["basis"]),
    *("connection", "sync", "first_sync", "basis", "first_seen_ms", "last_seen_ms"),
    stays=["first_sync", "first_seen_ms", "state", "note", "changed_by"],
    state=ProblemState.OPEN.value,
    update={
        "state": SQL(
            "CASE WHEN problem.state = 'skipped'"
            " OR problem.state = 'acknowledged' AND problem.basis = EXCLUDED.basis"
            " THEN problem.state ELSE EXCLUDED.state END"
        )
    },
)


def resolve(
    connection_id: int,
    kind: RecordKind,
    object_ids: Iterable[str],
    codes: Collection[str] | None,
    now: datetime,
) -> int:
    """Close what waits about these objects, of these codes or of all; return how many.

    What was acknowledged is over as well, in this function and the next two.
    ``last_seen_at`` becomes the time at which the trouble was found to be gone.
    """
    parameters = {
        "connection": connection_id,
        "kind": kind.value,
        "objects": object_ids,
        "now_ms": millis(now),
    }
    if codes is None:
        return _closed(_RESOLVE, **parameters)
    return _closed(_RESOLVE_CODES, **parameters, codes=codes)


def resolve_all_but(
    connection_id: int,
    kind: RecordKind,
    object_ids: Iterable[str],
    kept: Collection[str],
    now: datetime,
) -> int:
    """Close what waits about these objects under any other code than ``kept``; return how many."""
    return _closed(
        _RESOLVE_ALL_BUT,
        connection=connection_id,
        kind=kind.value,
        objects=object_ids,
        kept=kept,
        now_ms=millis(now),
    )


def resolve_others(connection_id: int, code: str, still: Iterable[str], now: datetime) -> int:
    """Close what waits under ``code`` about objects that are not among ``still``."""
    return _closed(
        _RESOLVE_OTHERS, connection=connection_id, code=code, objects=still, now_ms=millis(now)
    )


def waiting_about(connection_id: int, kind: RecordKind, code: str) -> frozenset[str]:
    """Return the objects about which a problem of this code waits."""
    return frozenset(_WAITING_ABOUT.column(connection=connection_id, kind=kind.value, code=code))


_WAITING_ABOUT = Statement(
    lambda: t.Problem.select("object_id").where(
        t.Problem.has("connection", "kind", "code"), t.Problem.state != ProblemState.RESOLVED.value
    )
)


def about_which(
    connection_id: int, kind: RecordKind, code: str, after: str, limit: int
) -> list[str]:
    """Return the objects, by id, that ``resolve`` would close this code about; after ``after``."""
    return _ABOUT_WHICH.column(
        connection=connection_id, kind=kind.value, code=code, after=after, limit=limit
    )


_ABOUT_WHICH = Statement(
    lambda: (
        t.Problem.select("object_id")
        .where(
            t.Problem.has("connection", "kind", "code"),
            t.Problem.state.in_(_CLOSABLE),
            t.Problem.object_id > slot("after"),
        )
        .order_by(t.Problem.object_id)
        .limit(slot("limit"))
    )
)


_RESOLVE = Statement(
    lambda: _resolving(t.Problem.has("kind"), among(t.Problem.object_id, "objects"))
)
_RESOLVE_CODES = Statement(
    lambda: _resolving(
        t.Problem.has("kind"), among(t.Problem.object_id, "objects"), among(t.Problem.code, "codes")
    )
)
_RESOLVE_ALL_BUT = Statement(
    lambda: _resolving(
        t.Problem.has("kind"), among(t.Problem.object_id, "objects"), ~among(t.Problem.code, "kept")
    )
)
_RESOLVE_OTHERS = Statement(
    lambda: _resolving(t.Problem.has("code"), ~among(t.Problem.object_id, "objects"))
)


def _resolving(*conditions: Any) -> Any:
    return (
        t.Problem.update(state=ProblemState.RESOLVED.value, last_seen_ms=slot("now_ms"))
        .where(t.Problem.has("connection"), t.Problem.state.in_(_CLOSABLE), *conditions)
        .returning(*_TOLD)
    )


def list_problems(
    connection_id: int | None = None, states: Collection[ProblemState] = _WAITING
) -> list[Problem]:
    """Return the problems in these states, of one connection or of all, latest first."""
    return page(states, connection_id=connection_id)


def page(
    states: Collection[ProblemState],
    words: Sequence[str] = (),
    limit: int = ALL,
    *,
    connection_id: int | None = None,
    after: Seen | None = None,
) -> list[Problem]:
    """Return problems in these states that hold every one of ``words``, latest first.

    Words are looked for in the document, the message, QuickBooks' own text, the code and the
    name of the connection; case does not matter. Those behind ``after``.
    """
    seen_ms, number = (millis(after[0]), after[1]) if after else (ALL, ALL)
    statement = _page(len(words), connection_id is not None)
    place = {"connection": connection_id, "seen_ms": seen_ms, "number": number}
    rows = statement.all(limit=limit, **place, **_wanted(states, words))
    return [_PROBLEM.read(row) for row in rows]


@by_shape
def _page(words: int, of_one: bool) -> Any:
    place = Tuple(t.Problem.last_seen_ms, t.Problem.id)
    of_connection = [t.Problem.has("connection")] * of_one
    return _latest_first(
        place < Tuple(slot("seen_ms"), slot("number")), *_holding(words), *of_connection
    ).limit(slot("limit"))


def _latest_first(*conditions: Any) -> Any:
    latest_first = (t.Problem.last_seen_ms.desc(), t.Problem.id.desc())
    return _select().where(*conditions).order_by(*latest_first)


def counts(
    states: Collection[ProblemState], words: Sequence[str], *, connection_id: int | None = None
) -> dict[str, int]:
    """Return how many problems ``page`` would find without its limit, by code."""
    statement = _counts(len(words), connection_id is not None)
    return dict(statement.all(connection=connection_id, **_wanted(states, words)))


@by_shape
def _counts(words: int, of_one: bool) -> Any:
    of_connection = [t.Problem.has("connection")] * of_one
    return (
        t.Problem.select("code", fn.COUNT(t.Problem.id))
        .join(t.Connection)
        .where(*_holding(words), *of_connection)
        .group_by(t.Problem.code)
    )


def _holding(words: int) -> Iterator[Any]:
    yield among(t.Problem.state, "states")
    searched = (t.Problem.document, t.Problem.message, t.Problem.said)
    yield from holding_words(words, *searched, t.Problem.code, t.Connection.name)


def _wanted(states: Collection[ProblemState], words: Sequence[str]) -> dict[str, Any]:
    return {"states": [state.value for state in states], **patterns(words)}


def about(connection_id: int, object_ids: Iterable[str]) -> list[Problem]:
    """Return every problem with these objects, whatever its state, latest first."""
    return [_PROBLEM.read(row) for row in _ABOUT.all(connection=connection_id, objects=object_ids)]


_ABOUT = Statement(
    lambda: _latest_first(t.Problem.has("connection"), among(t.Problem.object_id, "objects"))
)


def get(problem_id: int) -> Problem:
    """Find a problem by its number; raises NotFound."""
    return _PROBLEM.read(_GET.found("problem", problem_id, id=problem_id))


_GET = Statement(lambda: _select().where(t.Problem.has("id")))


def skipped(connection_id: int, kind: RecordKind) -> frozenset[str]:
    """Return the ids of the objects that an operator has set aside."""
    return frozenset(_SKIPPED.column(connection=connection_id, kind=kind.value))


_SKIPPED = Statement(
    lambda: t.Problem.select("object_id").where(
        t.Problem.has("connection", "kind", state=ProblemState.SKIPPED)
    )
)


def state_of(
    connection_id: int, kind: RecordKind, object_id: str, code: str
) -> ProblemState | None:
    """Return where one problem stands; None when it was never on file."""
    row = _STATE_OF.one(connection=connection_id, kind=kind.value, object=object_id, code=code)
    return None if row is None else ProblemState(row[0])


_STATE_OF = Statement(
    lambda: t.Problem.select("state").where(
        t.Problem.has("connection", "kind", "code", object_id=slot("object"))
    )
)


def waiting(connection_id: int, kind: RecordKind, codes: Collection[str]) -> dict[str, str]:
    """Return the ids of objects about which one of these codes waits, open or to be retried.

    Of several codes about one object, the one seen last.
    """
    return dict(_WAITING_CODES.all(connection=connection_id, kind=kind.value, codes=codes))


_WAITING_CODES = Statement(
    lambda: (
        t.Problem.select("object_id", "code")
        .where(
            t.Problem.has("connection", "kind", code=AnyOf("codes")),
            t.Problem.state.in_([state.value for state in _WAITING]),
        )
        .order_by(t.Problem.last_seen_ms, t.Problem.id)
    )
)


def decide_all(
    connection_id: int,
    kind: RecordKind,
    object_id: str,
    before: Collection[ProblemState],
    after: ProblemState,
    *,
    but: Collection[str],
    note: str,
    who: str,
    now: datetime,
) -> int:
    """Bring all problems of an object from one of ``before`` to ``after``; return how many.

    Not those under a code of ``but``.
    """
    decided = _DECIDE_ALL.all(
        connection=connection_id,
        kind=kind.value,
        object=object_id,
        states=[one.value for one in before],
        state=after.value,
        but=but,
        note=note,
        who=who,
        now_ms=millis(now),
    )
    _tell_decided(after, sorted(decided))
    return len(decided)


def _tell_decided(state: ProblemState, rows: Sequence[Row]) -> None:
    """Record a decision, which may open a problem again or close it."""
    if state is ProblemState.OPEN:
        _tell(EventKind.PROBLEM_OPENED, rows)
    elif state is not ProblemState.RETRY:
        _tell(EventKind.PROBLEM_CLOSED, rows)


_DECIDE_ALL = Statement(
    lambda: (
        t.Problem.update(
            **slots("state", "note"), changed_by=slot("who"), changed_ms=slot("now_ms")
        )
        .where(
            t.Problem.has("connection", "kind", object_id=slot("object"), state=AnyOf("states")),
            ~among(t.Problem.code, "but"),
        )
        .returning(*_TOLD)
    )
)


def change(problem_id: int, state: ProblemState, note: str, who: str, now: datetime) -> None:
    """Write down what a person decided; ``note`` says why, or is empty."""
    columns = _PROBLEM.changes(state=state, note=note, changed_by=who, changed_at=now)
    update_columns(t.Problem, id=problem_id, **columns)
    _tell_decided(state, _DECIDED.all(id=problem_id))


_DECIDED = Statement(lambda: t.Problem.select(*_TOLD).where(t.Problem.has("id")))


def _select() -> Any:
    return t.Problem.select(*_PROBLEM.fields).join(t.Connection)


_PROBLEM = Mapper(Problem, t.Problem, connection=t.Connection.name)
