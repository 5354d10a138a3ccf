"""Daemons that work on this store: each says every few seconds that it is alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.models import tables as t
from shared.models.convert import millis, moment, moment_or_none
from shared.models.mapper import Mapper
from shared.models.statements import Row, Statement, put_rows, slot
from shared.structs import Value

BEAT_EVERY = timedelta(seconds=15)
SILENT_AFTER = 3 * BEAT_EVERY
KEPT = timedelta(days=30)


class DaemonFacts(Value):
    """What a daemon says of itself. ``instance`` is random, another one after each start.

    ``listening`` are the addresses that it is bound to, such as ``http://127.0.0.1:8085``.
    ``certificate_expires_at`` is None where it serves no TLS itself.
    """

    instance: str
    host: str
    pid: int
    version: str
    listening: tuple[str, ...]
    public_url: str
    certificate_expires_at: datetime | None
    started_at: datetime


class Daemon(Value):
    """A daemon as the store knows it; ``stopped_at`` is None until it said that it ends."""

    facts: DaemonFacts
    last_beat_at: datetime
    stopped_at: datetime | None

    def runs(self, now: datetime) -> bool:
        """Tell whether it is alive: it did not stop, and was heard of lately."""
        return self.stopped_at is None and now - self.last_beat_at < SILENT_AFTER


_FACTS = Mapper(DaemonFacts, t.Daemon, but=["listening"])


def beat(facts: DaemonFacts, now: datetime) -> None:
    """Note that a daemon is alive, and what it says of itself."""
    _BEAT.many([(*_FACTS.row(facts), " ".join(facts.listening), millis(now))])


_BEAT = put_rows(
    t.Daemon,
    *(*_FACTS.names, "listening", "beat_ms"),
    replaces=("listening", "certificate_expires_ms", "beat_ms"),
)


def stopped(instance: str, now: datetime) -> None:
    """Note that a daemon ends as it should."""
    _STOPPED.run(instance=instance, now_ms=millis(now))


_STOPPED = Statement(
    lambda: t.Daemon.update(stopped_ms=slot("now_ms")).where(t.Daemon.has("instance"))
)


def has_begun_between(since: datetime, until: datetime) -> bool:
    """Whether any daemon of this store was started after ``since``, and not after ``until``."""
    return _BEGUN.one(since_ms=millis(since), until_ms=millis(until)) is not None


_BEGUN = Statement(
    lambda: (
        t.Daemon.select("id")
        .where((t.Daemon.started_ms > slot("since_ms")) & (t.Daemon.started_ms <= slot("until_ms")))
        .limit(1)
    )
)


def known() -> list[Daemon]:
    """Return every daemon that is not forgotten yet, the one last heard of first."""
    return [_read(row) for row in _KNOWN.all()]


_KNOWN = Statement(
    lambda: t.Daemon.select("listening", "beat_ms", "stopped_ms", *_FACTS.fields).order_by(
        t.Daemon.beat_ms.desc(), t.Daemon.id.desc()
    )
)


def running(now: datetime) -> list[Daemon]:
    """Return the daemons that are alive, the one last heard of first."""
    return [daemon for daemon in known() if daemon.runs(now)]


def alive(now: datetime) -> list[tuple[str, int]]:
    """Return host and process of each daemon that is alive.

    Reads only columns that every version of the store has, so that an upgrade may ask.
    """
    return list(_ALIVE.all(since_ms=millis(now - SILENT_AFTER)))


_ALIVE = Statement(
    lambda: (
        t.Daemon.select("host", "pid")
        .where(t.Daemon.stopped_ms.is_null() & (t.Daemon.beat_ms > slot("since_ms")))
        .order_by(t.Daemon.id)
    )
)


def forget_old(now: datetime) -> int:
    """Forget daemons not heard of for ``KEPT``; return how many."""
    return _FORGET.run(before_ms=millis(now - KEPT))


_FORGET = Statement(lambda: t.Daemon.delete().where(t.Daemon.beat_ms < slot("before_ms")))


def _read(row: Row) -> Daemon:
    listening, beat_ms, stopped_ms, *said = row
    facts = _FACTS.read(tuple(said), listening=tuple(listening.split()))
    return Daemon(facts, moment(beat_ms), moment_or_none(stopped_ms))
