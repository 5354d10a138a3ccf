"""Locks of addresses and of user names that do not exist, for all daemons on the store.

The first wrong guesses are counted in each daemon's memory; only what locks something is written
here. Of a user name nothing but its digest is kept.
"""

from __future__ import annotations

from datetime import datetime

from peewee import fn

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.statements import Statement, put_rows, slot
from shared.rules.throttling import LOCKS_REMEMBERED, Lock, Source, lock_after
from shared.rules.values import LONGEST_LOCK

MOST_KEPT = 10_000
"""More addresses than that are not remembered, whoever may have them: the oldest go."""


def known(source: Source, name: str, now: datetime) -> Lock | None:
    """Return the lock of a source, also one that is over; None for none, or one long ago."""
    since_ms = millis(now - LOCKS_REMEMBERED)
    row = _KNOWN.one(source=source.value, name=name, since_ms=since_ms)
    return None if row is None else _THROTTLE.read(row)


def lock(source: Source, name: str, guesses: int, now: datetime) -> Lock:
    """Lock a source that has guessed wrong ``guesses`` times, which is more than is free."""
    until = lock_after(guesses, now, source.free)
    assert until is not None
    _LOCK.many([(source.value, name, guesses, millis(now), millis(until))])
    if _COUNT.value() > MOST_KEPT:
        _FORGET_OLDEST.run(others=MOST_KEPT - 1)
    return Lock(source, name, guesses, until)


def locked(now: datetime) -> list[Lock]:
    """Return what is locked at ``now``, the latest end first."""
    rows = _LOCKED.all(now_ms=millis(now), latest_ms=millis(now + LONGEST_LOCK))
    return [_THROTTLE.read(row) for row in rows]


def unlock(name: str) -> int:
    """Forget what an address guessed; return how many locks that ended."""
    return _UNLOCK.run(name=name, but=Source.USER_NAME.value)


def prune(now: datetime) -> int:
    """Forget those that have been quiet for a day; return how many."""
    return _PRUNE.run(before_ms=millis(now - LOCKS_REMEMBERED))


_THROTTLE = Mapper(Lock, t.Throttle, until=t.Throttle.locked_until_ms)
_KNOWN = Statement(
    lambda: t.Throttle.select(*_THROTTLE.fields).where(
        t.Throttle.has("source", "name"), t.Throttle.guessed_ms > slot("since_ms")
    )
)
_LOCK = put_rows(t.Throttle)
_COUNT = Statement(lambda: t.Throttle.select(fn.COUNT(t.Throttle.name)))
_FORGET_OLDEST = Statement(
    lambda: t.Throttle.delete().where(
        t.Throttle.guessed_ms
        < t.Throttle.select("guessed_ms")
        .order_by(t.Throttle.guessed_ms.desc())
        .limit(1)
        .offset(slot("others"))
    )
)
_LOCKED = Statement(
    lambda: (
        t.Throttle.select(*_THROTTLE.fields)
        .where(
            (t.Throttle.locked_until_ms > slot("now_ms"))
            & (t.Throttle.locked_until_ms <= slot("latest_ms"))
        )
        .order_by(t.Throttle.locked_until_ms.desc(), t.Throttle.name)
    )
)
_UNLOCK = Statement(
    lambda: t.Throttle.delete().where(t.Throttle.has("name"), t.Throttle.source != slot("but"))
)
_PRUNE = Statement(lambda: t.Throttle.delete().where(t.Throttle.guessed_ms <= slot("before_ms")))
