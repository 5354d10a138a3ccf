"""What goes out: which records are on their way to the platform, and what became of each.

An event only says that a record is wanted there; what is sent is the record as it stands when its
turn comes. So nothing is sent twice because of two events, and the first run is no other one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from peewee import SQL, Case, fn

from shared.errors import NotFound
from shared.models import tables as t
from shared.models.convert import cents_or_none, millis, moment
from shared.models.mapper import Mapper
from shared.models.platforms import sending
from shared.models.searching import ALL
from shared.models.statements import Statement, among, put_rows, slot, slots
from shared.rules.connectors import ORDER, Outgoing, SendState, Would
from shared.rules.outlets import pause
from shared.rules.values import RecordKind
from shared.structs import Value

Named = tuple[RecordKind, str, str]
"""A record: its kind, ListID or TxnID, and what a person calls it."""
_OUTGOING = Mapper(Outgoing, t.Outgoing)
_WAITING = SendState.WAITING.value
LATE_MS = 10 * 60 * 1000
"""So late a write may still be carried out of which nobody knew whether it was."""
_NOT_BY_TIME_MS = 2**42  # in the year 2109: another record gives it its turn


def want(connection_id: int, records: Iterable[Named], now: datetime) -> None:
    """Have these records sent as they are by then; skipped ones stay skipped."""
    now_ms = millis(now)
    _WANT.many(
        (connection_id, kind.value, id_, ORDER.index(kind), document, now_ms, now_ms)
        for kind, id_, document in records
    )


_WANT = put_rows(
    t.Outgoing,
    *("connection", "kind", "object_id", "place", "document", "due_ms", "changed_ms"),
    state=_WAITING,
    wanted=1,
    replaces=["document", "would"],
    update={
        "wanted": SQL("outgoing.wanted + 1"),
        "state": SQL(
            "CASE WHEN outgoing.state = 'skipped' THEN outgoing.state ELSE EXCLUDED.state END"
        ),
        # One that is tried again keeps its turn: what is wanted is no reason to hurry.
        "due_ms": SQL(
            "CASE WHEN outgoing.attempts > 0 AND outgoing.state = 'waiting'"
            " THEN outgoing.due_ms ELSE EXCLUDED.due_ms END"
        ),
    },
)


def known(connection_id: int, kind: RecordKind, ids: Collection[str]) -> frozenset[str]:
    """Return those of these records that are on their way, or were."""
    return frozenset(_KNOWN.column(connection=connection_id, kind=kind.value, ids=ids))


_KNOWN = Statement(
    lambda: t.Outgoing.select("object_id").where(_of_kind() & among(t.Outgoing.object_id, "ids"))
)


def want_again(connection_id: int, kind: RecordKind, ids: Collection[str], now: datetime) -> None:
    """Have those of these records looked at again that were on their way; not skipped ones."""
    _WANT_AGAIN.run(connection=connection_id, kind=kind.value, ids=ids, now_ms=millis(now))


_WANT_AGAIN = Statement(
    lambda: t.Outgoing.update(
        state=_WAITING,
        would="",
        waits_for="",
        wanted=SQL("outgoing.wanted + 1"),
        due_ms=slot("now_ms"),
    ).where(
        _of_kind()
        & among(t.Outgoing.object_id, "ids")
        & (t.Outgoing.state != SendState.SKIPPED.value)
    )
)


def state_of(connection_id: int, kind: RecordKind, object_id: str) -> SendState | None:
    """Return where a record stands; None: it never was on its way."""
    row = _STATE_OF.one(connection=connection_id, kind=kind.value, object_id=object_id)
    return None if row is None else SendState(row[0])


_STATE_OF = Statement(lambda: t.Outgoing.select("state").where(_this()))


def _of_connection() -> Any:
    return t.Outgoing.has("connection")


def _of_kind() -> Any:
    return _of_connection() & t.Outgoing.has("kind")


def _this() -> Any:
    return _of_kind() & t.Outgoing.has("object_id")


def due(connection_id: int, now: datetime, limit: int, *, looking: bool = False) -> list[Outgoing]:
    """Return records whose turn it is, in the order of their kinds.

    ``looking``: for a dry run, those that it did not look at yet.
    """
    statement = _TO_LOOK_AT if looking else _DUE
    rows = statement.all(connection=connection_id, now_ms=millis(now), limit=limit)
    return [_OUTGOING.read(row) for row in rows]


def _due(*conditions: Any) -> Any:
    waiting = (_of_connection(), t.Outgoing.state == _WAITING)
    return (
        t.Outgoing.select(*_OUTGOING.fields)
        .where(*waiting, t.Outgoing.due_ms <= slot("now_ms"), *conditions)
        .order_by(t.Outgoing.place, t.Outgoing.due_ms, t.Outgoing.object_id)
        .limit(slot("limit"))
    )


_DUE = Statement(_due)
_TO_LOOK_AT = Statement(lambda: _due(t.Outgoing.would == ""))


def next_due(connection_id: int) -> datetime | None:
    """When the next record has its turn; None where none waits."""
    due_ms = _NEXT_DUE.value(connection=connection_id)
    return None if due_ms is None else moment(due_ms)


_NEXT_DUE = Statement(
    lambda: t.Outgoing.select(fn.MIN(t.Outgoing.due_ms)).where(
        _of_connection(), t.Outgoing.state == _WAITING
    )
)


def look_once_more(connection_id: int, now: datetime) -> None:
    """Have records looked at again of which a write may have been carried out late."""
    _LOOK_ONCE_MORE.run(connection=connection_id, now_ms=millis(now))


_LOOK_ONCE_MORE = Statement(
    lambda: t.Outgoing.update(
        state=_WAITING, due_ms=slot("now_ms"), wanted=SQL("outgoing.wanted + 1")
    ).where(
        _of_connection(),
        t.Outgoing.look_ms <= slot("now_ms"),
        t.Outgoing.state.not_in([_WAITING, SendState.SKIPPED.value]),
    )
)


def next_look(connection_id: int) -> datetime | None:
    """When the next record is to be looked at once more; None: none is."""
    look_ms = _NEXT_LOOK.value(connection=connection_id)
    return None if look_ms is None else moment(look_ms)


_NEXT_LOOK = Statement(
    lambda: t.Outgoing.select(fn.MIN(t.Outgoing.look_ms)).where(
        _of_connection(), t.Outgoing.state.not_in([_WAITING, SendState.SKIPPED.value])
    )
)


def begin(connection_id: int, one: Outgoing) -> None:
    """Keep the bytes that leave now: whatever happens, they go again until their end is known."""
    _BEGIN.run(
        **_names(connection_id, one),
        request=one.request,
        request_key=one.request_key,
        request_digest=one.request_digest,
        baseline_cents=cents_or_none(one.baseline),
    )


_BEGIN = Statement(
    lambda: t.Outgoing.update(
        **slots("request", "request_key", "request_digest", "baseline_cents")
    ).where(_this())
)


class Standing(Value):
    """How a record stands from now on."""

    state: SendState
    reason: str = ""
    would: Would = Would.UNKNOWN
    digest: str | None = None
    waits_for: str = ""
    sent: bool = False
    look_at: datetime | None = None


def stands(connection_id: int, one: Outgoing, standing: Standing, now: datetime) -> None:
    """Write down how a record stands; what was sent of it has a known end.

    One that was wanted again meanwhile waits for its next turn instead. Those that waited for it
    have theirs.
    """
    names = _names(connection_id, one)
    _stands.run(
        **names,
        wanted=one.wanted,
        state=standing.state.value,
        reason=standing.reason,
        would=standing.would.value,
        waits_for=standing.waits_for,
        digest=one.digest if standing.digest is None else standing.digest,
        now_ms=millis(now),
        sent_ms=millis(now) if standing.sent else (one.sent_at and millis(one.sent_at)),
        due_ms=_NOT_BY_TIME_MS if standing.waits_for else millis(now),
        look_ms=standing.look_at and millis(standing.look_at),
    )
    if standing.waits_for and _went_on(connection_id, standing.waits_for):
        wake(connection_id, standing.waits_for, now)
    if standing.state is not SendState.WAITING:
        wake(connection_id, one.name, now)
        sending.tell(connection_id, one, standing.state, standing.would, standing.reason, now)


def _went_on(connection_id: int, name: str) -> bool:
    """Whether a record has its end that another one was found to wait for, both looked at at once.

    Nobody else would give that one its turn. A refused invoice and a customer that is not there are
    waited for as long as it takes.
    """
    kind, _, object_id = name.partition("/")
    state = state_of(connection_id, RecordKind(kind), object_id)
    ends = {SendState.WAITING, SendState.REFUSED, None}
    return state is SendState.SENT or (kind == RecordKind.INVOICE.value and state not in ends)


@Statement
def _stands() -> Any:
    same = t.Outgoing.has("wanted")
    return t.Outgoing.update(
        **slots("reason", "would", "waits_for", "digest", "sent_ms"),
        state=Case(None, [(same, slot("state"))], t.Outgoing.state),
        attempts=0,
        changed_ms=slot("now_ms"),
        due_ms=Case(None, [(same, slot("due_ms"))], t.Outgoing.due_ms),
        request=None,
        request_key="",
        look_ms=Case(
            None, [(t.Outgoing.look_ms > slot("now_ms"), t.Outgoing.look_ms)], slot("look_ms")
        ),
    ).where(_this())


def _names(connection_id: int, one: Outgoing) -> dict[str, Any]:
    return {"connection": connection_id, "kind": one.kind.value, "object_id": one.object_id}


def wake(connection_id: int, name: str, now: datetime) -> None:
    """Give those their turn that waited for a record."""
    _WAKE.run(connection=connection_id, name=name, now_ms=millis(now))


_WAKE = Statement(
    lambda: t.Outgoing.update(due_ms=slot("now_ms"), waits_for="", would="").where(
        _of_connection(), t.Outgoing.waits_for == slot("name"), t.Outgoing.state == _WAITING
    )
)


def looked(connection_id: int, one: Outgoing, would: Would, reason: str) -> None:
    """Write down what a dry run found; how the record stands is another matter."""
    _LOOKED.run(**_names(connection_id, one), would=would.value, reason=reason)


_LOOKED = Statement(
    lambda: t.Outgoing.update(**slots("would", "reason")).where(
        _this(), t.Outgoing.state == _WAITING
    )
)


def look_again(connection_id: int) -> None:
    """Have a dry run look at all that waits."""
    _LOOK_AGAIN.run(connection=connection_id)


_LOOK_AGAIN = Statement(
    lambda: t.Outgoing.update(would="", due_ms=0).where(
        _of_connection(), t.Outgoing.state == _WAITING, t.Outgoing.request.is_null()
    )
)


def try_later(
    connection_id: int,
    one: Outgoing,
    reason: str,
    *,
    known_end: bool,
    after: float,
    chance: Callable[[], float],
    now: datetime,
) -> None:
    """Try a record again later. Where the end of a write is known, with new bytes and a new key."""
    wait = pause(one.attempts + 1, chance).total_seconds()
    _LATER.run(
        **_names(connection_id, one),
        reason=reason,
        due_ms=millis(now) + int(max(wait, after) * 1000),
        request=None if known_end else one.request,
        request_key="" if known_end else one.request_key,
        look_ms=None if known_end else millis(now) + LATE_MS,
    )


_LATER = Statement(
    lambda: t.Outgoing.update(
        **slots("reason", "due_ms", "request", "request_key"),
        attempts=t.Outgoing.attempts + 1,
        look_ms=fn.COALESCE(slot("look_ms"), t.Outgoing.look_ms),
    ).where(_this())
)


def get(connection_id: int, text: str) -> list[Outgoing]:
    """Return the records of that id or document, however it is typed. Raises NotFound."""
    rows = _CALLED.all(connection=connection_id, text=text, folded=text.lower())
    if not rows:
        raise NotFound("record", text, where="on its way to the platform")
    return [_OUTGOING.read(row) for row in rows]


_CALLED = Statement(
    lambda: (
        t.Outgoing.select(*_OUTGOING.fields)
        .where(
            _of_connection(),
            (t.Outgoing.object_id == slot("text"))
            | (t.Lowered(t.Outgoing.document) == slot("folded")),
        )
        .order_by(t.Outgoing.place, t.Outgoing.object_id)
    )
)


def decide(
    connection_id: int, one: Outgoing, state: SendState, reason: str, choice: str, now: datetime
) -> None:
    """Set how a person wants a record to stand; a waiting one has its turn now.

    Those that wait for it are looked at again: they wait for something else by then.
    """
    sending.settle(connection_id, one, now)
    wake(connection_id, one.name, now)
    _DECIDE.run(
        **_names(connection_id, one),
        state=state.value,
        reason=reason,
        choice=choice,
        now_ms=millis(now),
    )


_DECIDE = Statement(
    lambda: t.Outgoing.update(
        **slots("state", "reason", "choice"),
        would="",
        waits_for="",
        attempts=0,
        wanted=SQL("outgoing.wanted + 1"),
        due_ms=slot("now_ms"),
        changed_ms=slot("now_ms"),
    ).where(_this())
)


def behind(connection_id: int, limit: int = ALL) -> list[Outgoing]:
    """Return records that wait for another one, in the order of their kinds and names."""
    rows = _BEHIND.all(connection=connection_id, limit=limit)
    return [_OUTGOING.read(row) for row in rows]


_BEHIND = Statement(
    lambda: (
        t.Outgoing.select(*_OUTGOING.fields)
        .where(_of_connection(), t.Outgoing.state == _WAITING, t.Outgoing.waits_for != "")
        .order_by(t.Outgoing.place, t.Outgoing.document, t.Outgoing.object_id)
        .limit(slot("limit"))
    )
)


def counts(connection_id: int) -> list[tuple[str, str, str, int]]:
    """Return how many records stand how: (kind, state, what a dry run found, number)."""
    return [tuple(row) for row in _counts.all(connection=connection_id)]


@Statement
def _counts() -> Any:
    groups = (t.Outgoing.kind, t.Outgoing.state, t.Outgoing.would)
    return (
        t.Outgoing.select(*groups, fn.COUNT(t.Outgoing.object_id))
        .where(_of_connection())
        .group_by(*groups)
        .order_by(*groups)
    )


def counts_of_all() -> dict[tuple[int, SendState], int]:
    """Return how many records of each connection stand how."""
    rows = _counts_of_all.all()
    return {(connection, SendState(state)): number for connection, state, number in rows}


@Statement
def _counts_of_all() -> Any:
    groups = (t.Outgoing.connection, t.Outgoing.state)
    return t.Outgoing.select(*groups, fn.COUNT(t.Outgoing.object_id)).group_by(*groups)


def listed(connection_id: int, states: Collection[SendState], limit: int = ALL) -> list[Outgoing]:
    """Return records in these states, in the order of their kinds and names."""
    rows = _LISTED.all(connection=connection_id, states=[one.value for one in states], limit=limit)
    return [_OUTGOING.read(row) for row in rows]


_LISTED = Statement(
    lambda: (
        t.Outgoing.select(*_OUTGOING.fields)
        .where(_of_connection(), among(t.Outgoing.state, "states"))
        .order_by(t.Outgoing.place, t.Outgoing.document, t.Outgoing.object_id)
        .limit(slot("limit"))
    )
)
