"""Clocks that are set while something waits: found by what a machine says of its uptime.

Uptime goes on evenly whatever becomes of the clock. Each look keeps both; where the clock went
another way than the uptime since the last look, it was set, and what waits is moved along with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.payments import sets
from shared.models.statements import Statement, locking, put_rows, slot

TOLERANCE = timedelta(seconds=5)
"""Clocks that are slewed, and slow statements, are no jumps."""
UNSEEN = timedelta(minutes=1)
"""A machine that was started while others look on, or quickly, has missed nothing."""
KEPT = timedelta(days=30)


def look(boot: str, uptime: timedelta, now: datetime) -> timedelta:
    """Note how the clock stands; return by how much it was set since the last look.

    The ends of open doubt windows are moved by that, in the same transaction. Several daemons may
    look at once: the looks of all are moved, so that only the first one finds the jump.
    """
    uptime_ms, now_ms = _span_ms(uptime), millis(now)
    jump_ms = _jump(boot, uptime_ms, now_ms)
    if jump_ms:
        _MOVE.run(by_ms=jump_ms)
        sets.move_windows(jump_ms)
    _NOTE.many([(boot, uptime_ms, now_ms)])
    _FORGET.run(before_ms=now_ms - _span_ms(KEPT))
    return timedelta(milliseconds=jump_ms)


def _jump(boot: str, uptime_ms: int, now_ms: int) -> int:
    """By how much the clock was set, in milliseconds; 0 when it was not, or not by much.

    After a start of the machine nobody knows how long it was off, and how much of the difference
    is a clock that was set. Then none of it counts: a window may be longer, never shorter.
    """
    looks = {one: (up_ms, wall_ms) for one, up_ms, wall_ms in _LOOKS.all()}
    if boot in looks:
        up_ms, wall_ms = looks[boot]
        jump_ms, tolerance = now_ms - wall_ms - (uptime_ms - up_ms), TOLERANCE
    else:
        jump_ms = now_ms - max((wall_ms for _, wall_ms in looks.values()), default=now_ms)
        tolerance = UNSEEN if jump_ms > 0 else TOLERANCE
    return jump_ms if abs(jump_ms) > _span_ms(tolerance) else 0


def _span_ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


_LOOKS = Statement(
    lambda: locking(
        t.ClockLook.select("boot", "uptime_ms", "wall_ms").order_by(t.ClockLook.id), t.ClockLook
    )
)
_MOVE = Statement(lambda: t.ClockLook.update(wall_ms=t.ClockLook.wall_ms + slot("by_ms")))
_NOTE = put_rows(t.ClockLook)
_FORGET = Statement(lambda: t.ClockLook.delete().where(t.ClockLook.wall_ms < slot("before_ms")))
