"""What keeps work waiting: old payments, problems, missed runs, locked sign-ins, hanging syncs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared import dates
from shared.health.checks import Check, count, fail, ok, span, warn
from shared.health.snapshot import StoreSnapshot
from shared.models.queues import Queue
from shared.rules.payments.values import PaymentStatus
from shared.rules.throttling import Source

DOUBT_IS_LONG = timedelta(hours=1)
DOUBT_IS_TOO_LONG = timedelta(days=1)
READY_IS_LONG = timedelta(days=1)
WAITING_IS_LONG = timedelta(days=7)
SYNC_HANGS_AFTER = timedelta(hours=2)
_MISSED_RUNS = 2
_LEAST_DELAY = timedelta(minutes=15)
_NAMED = 5
_SYNC_RUNS = "Check that the Web Connector is running on that PC, and run Payment Sync there."


def of_queues(snapshot: StoreSnapshot) -> Iterator[Check]:
    """Check what waits, over all connections."""
    yield from _payments(snapshot)
    yield _problems(snapshot)
    yield _late_runs(snapshot)
    yield from _locks(snapshot)
    yield _hanging(snapshot)


def is_late(last_seen_at: datetime | None, run_every_minutes: int, now: datetime) -> bool:
    """Tell whether Auto-Run stopped: two runs were missed, and a quarter of an hour passed.

    False where nothing is to run by itself (0 minutes), or nothing ever ran.
    """
    if last_seen_at is None or not run_every_minutes:
        return False
    allowed = max(timedelta(minutes=run_every_minutes * _MISSED_RUNS), _LEAST_DELAY)
    return now - last_seen_at > allowed


def _payments(snapshot: StoreSnapshot) -> Iterator[Check]:
    waiting = snapshot.payments
    faults = [
        *_doubt(waiting.get(PaymentStatus.UNKNOWN), snapshot.now),
        *_parked(waiting.get(PaymentStatus.PARKED), snapshot.now),
        *_old(waiting.get(PaymentStatus.READY), snapshot.now, READY_IS_LONG, "ready", _SYNC_RUNS),
        *_old(
            waiting.get(PaymentStatus.WAITING),
            snapshot.now,
            WAITING_IS_LONG,
            "waiting",
            "To see what each is waiting for: deskbridge payments list NAME --status waiting.",
        ),
    ]
    yield from faults or [ok("payments", _standing(snapshot))]


def _standing(snapshot: StoreSnapshot) -> str:
    if not snapshot.payments:
        return "None is waiting to be posted to QuickBooks."
    standing = [
        f"{queue.count:,} {status} (the oldest for {span(snapshot.now - queue.oldest_at)})"
        for status, queue in snapshot.payments.items()
    ]
    return f"Waiting to be posted to QuickBooks: {', '.join(standing)}."


def _doubt(queue: Queue | None, now: datetime) -> Iterator[Check]:
    if queue is None or (age := now - queue.oldest_at) <= DOUBT_IS_LONG:
        return
    told = f"{count(queue.count, 'payment')} with an unknown outcome, the oldest for {span(age)}."
    remedy = f"The next Payment Sync settles it and posts nothing else before that. {_SYNC_RUNS}"
    too_long = age > DOUBT_IS_TOO_LONG
    yield fail("payments", told, remedy) if too_long else warn("payments", told, remedy)


def _parked(queue: Queue | None, now: datetime) -> Iterator[Check]:
    if queue is not None:
        age = span(now - queue.oldest_at)
        told = f"{count(queue.count, 'payment')} parked, the oldest for {age}."
        yield warn("payments", told, "Somebody has to check them: deskbridge problems list.")


def _old(
    queue: Queue | None, now: datetime, long: timedelta, state: str, remedy: str
) -> Iterator[Check]:
    if queue is not None and (age := now - queue.oldest_at) > long:
        told = f"{count(queue.count, 'payment')} {state}, the oldest for {span(age)}."
        yield warn("payments", told, remedy)


def _problems(snapshot: StoreSnapshot) -> Check:
    if snapshot.problems is None:
        return ok("problems", "None is open.")
    age = span(snapshot.now - snapshot.problems.oldest_at)
    told = f"{count(snapshot.problems.count, 'problem')} open, the oldest for {age}."
    return warn("problems", told, "Next: deskbridge problems list.")


def _late_runs(snapshot: StoreSnapshot) -> Check:
    late = [
        f"{application.kind.label} of {connection.name} (for {span(snapshot.now - last_seen_at)})"
        for connection, application in snapshot.scheduled
        if (last_seen_at := application.last_seen_at) is not None
        and is_late(last_seen_at, connection.run_every_minutes, snapshot.now)
    ]
    if not late:
        return ok("auto-run", "No application with Auto-Run is late.")
    return warn(
        "auto-run",
        f"No call from {_some(late)}.",
        "Check that the PC is on, a user is logged in to Windows, the Web Connector is open "
        "and Auto-Run is selected.",
    )


def _locks(snapshot: StoreSnapshot) -> Iterator[Check]:
    locked = [
        f"{application.kind.label} of {connection.name} (until {dates.time_of(until)})"
        for connection, application in snapshot.locked
        if (until := application.locked(snapshot.now)) is not None
    ]
    addresses = [
        f"{lock.name} (until {dates.time_of(lock.until)})"
        for lock in snapshot.locks
        if lock.source is not Source.USER_NAME
    ]
    if locked:
        yield warn(
            "sign-in",
            f"Too many wrong passwords have locked sign-in for {_some(locked)}.",
            "Type the newest password in the Web Connector on that PC, then unlock sign-in: "
            "deskbridge password unlock NAME.",
        )
    if addresses:
        yield warn(
            "sign-in",
            f"Too many wrong passwords or tokens came from {_some(addresses)}.",
            "The right ones are still accepted from there. To unlock an address: deskbridge"
            " password unlock --address ADDRESS.",
        )
    if not locked and not addresses:
        yield ok("sign-in", "Not locked for any application or address.")


def _hanging(snapshot: StoreSnapshot) -> Check:
    hanging = [
        f"sync {sync.id} of {sync.connection} (for {span(snapshot.now - sync.last_heard_at)})"
        for sync in snapshot.running
        if snapshot.now - sync.last_heard_at > SYNC_HANGS_AFTER
    ]
    if not snapshot.running:
        return ok("syncs", "None is running.")
    if not hanging:
        return ok("syncs", f"{count(len(snapshot.running), 'sync')} running, none stuck.")
    told = f"No call for {_some(hanging)}."
    return warn(
        "syncs", told, "A running daemon ends such a sync by itself: check that one is running."
    )


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
