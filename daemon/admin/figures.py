"""The figures of the store, as Prometheus reads them: read beside those who write, and rarely.

Reading takes longer the more there is in the store, so what is bounded is its share of the time:
after a reading the next one comes at the earliest 50 times as long afterward, and never within
ten seconds. Whoever asks meanwhile gets the figures that are known. Each figure is a reading of
its own, so that no writer ever waits for more than one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, TypeVar

from attrs import define, field
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from daemon.admin.metrics import stamp
from daemon.failures import tell
from daemon.read_thread import Reads
from shared.health.queues import is_late
from shared.models import backups, daemons, figures
from shared.models.figures import ApplicationFigures, Group, OutletFigures
from shared.models.store import Store
from shared.rules.backups import Backups
from shared.rules.store_checks import StoreCheck
from shared.rules.values import SyncState

LEAST_SECONDS = 10.0
SHARE = 50
"""One part in so many of the time is spent on reading figures at the most."""
PATIENCE_SECONDS = 5.0
"""So long somebody who asks waits for a reading; then the figures before it do."""

T = TypeVar("T")
Families = Iterable[Metric]
Groups = Mapping[str, Group]


@define(eq=False, repr=False)
class StoreFigures:
    """The latest figures, and when to read the next ones."""

    log = Logger()

    _reactor: Any
    _reads: Reads
    _text: bytes = field(default=b"", init=False)
    _next_seconds: float = field(default=float("-inf"), init=False)
    # Who waits while they are being read.
    _waiting: list[Deferred[None]] | None = field(default=None, init=False)

    async def text(self) -> bytes:
        """The figures; without a store only that there is none."""
        if self._waiting is not None or self._reactor.seconds() >= self._next_seconds:
            await self._read()
        return self._text

    def _read(self) -> Deferred[None]:
        """Fires when a reading is over, or took too long to be waited for."""
        done: Deferred[None] = Deferred()
        if self._waiting is None:
            self._waiting = [done]
            self._reads.run(_measured).addCallbacks(self._keep, self._failed).addBoth(self._over)
        else:
            self._waiting.append(done)
        return done.addTimeout(PATIENCE_SECONDS, self._reactor).addErrback(_gave_up)

    def _keep(self, read: tuple[bytes, float]) -> None:
        self._text, seconds = read
        self._next_seconds = self._reactor.seconds() + max(LEAST_SECONDS, SHARE * seconds)

    def _failed(self, failure: Any) -> None:
        self._text = _render([_up(False)])
        self._next_seconds = self._reactor.seconds() + LEAST_SECONDS
        tell(self.log, "The figures cannot be read", failure)

    def _over(self, _result: object) -> None:
        waiting, self._waiting = self._waiting or [], None
        for one in waiting:
            one.callback(None)


def _gave_up(failure: Any) -> None:
    failure.trap(defer.TimeoutError)


def _measured(store: Store) -> tuple[bytes, float]:
    begun = perf_counter()
    text = _render([*families(store), _up(True)])
    return text, perf_counter() - begun


class _Once(Collector):
    """What is rendered once."""

    def __init__(self, found: Families) -> None:
        self._found = found

    def collect(self) -> Families:
        return self._found


def _render(found: Families) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(found))
    return generate_latest(registry)


def _up(is_up: bool) -> Metric:
    return _gauge("store_up", "Whether the store could be read.", is_up)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"deskbridge_{name}", told, float(value))


def _gauges(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    """Figures of one name that differ in their labels."""
    return GaugeMetricFamily(f"deskbridge_{name}", told, labels=labels)


def families(store: Store) -> Iterator[Metric]:
    """Read every figure, each in a unit of its own. Raises StoreError."""
    with store.reading():
        now = store.now()
        running = len(daemons.running(now))
    read_at = now.timestamp()
    yield _gauge("figures_timestamp_seconds", "When the figures of the store were read.", read_at)
    yield _gauge("daemons", "Daemons that run on this store.", running)
    for name, label, told, read in _GROUPS:
        yield from _grouped(name, label, told, _in_a_unit(store, read))
    yield _of_locks(_in_a_unit(store, lambda: figures.sign_in_locks(now)))
    if store.path is not None:  # PostgreSQL has backups of its own
        yield from _of_backups(_in_a_unit(store, backups.standing))
        yield _of_check(_in_a_unit(store, backups.last_check))
    yield from _of_outlets(_in_a_unit(store, figures.outlets))
    yield from _of_applications(_in_a_unit(store, figures.applications), now)


def _in_a_unit(store: Store, read: Callable[[], T]) -> T:
    with store.reading():
        return read()


_GROUPS: Sequence[tuple[str, str, str, Callable[[], Groups]]] = (
    ("sessions", "phase", "Sessions of the Web Connector that have not ended", figures.sessions),
    ("syncs", "state", "Syncs that have not ended", figures.running_syncs),
    ("invoices", "status", "Invoices", figures.invoices),
    ("customers", "state", "Customers and jobs", figures.customers),
    ("payments", "status", "Payments", figures.payments),
    ("postings", "state", "Payments as they are posted to QuickBooks", figures.postings),
    ("open_writes", "phase", "Writes whose outcome is not known yet", figures.open_writes),
    ("problems", "code", "Open problems", figures.problems),
    ("outgoing", "state", "Records on their way to billing platforms", figures.outgoing),
)


def _grouped(name: str, label: str, told: str, groups: Groups) -> Families:
    count = _gauges(name, f"{told}, by {label}.", label)
    since = f"{told}: since when the oldest one is in this {label}."
    oldest = _gauges(f"{name}_oldest_timestamp_seconds", since, label)
    for value, group in groups.items():
        count.add_metric([value], group.count)
        if group.oldest_at is not None:
            oldest.add_metric([value], group.oldest_at.timestamp())
    return [count, oldest] if oldest.samples else [count]


def _of_locks(locks: Mapping[str, int]) -> Metric:
    told = "What is locked after too many wrong passwords or tokens, by kind."
    locked = _gauges("sign_in_locks", told, "kind")
    for kind, count in locks.items():
        locked.add_metric([kind], count)
    return locked


def _of_backups(standing: Backups) -> Families:
    made = "When the newest backup was made and checked; 0 for never."
    yield _gauge("backup_made_timestamp_seconds", made, stamp(standing.made_at))
    old = "From when on the newest backup is too old; 0 if there is none."
    yield _gauge("backup_old_timestamp_seconds", old, stamp(standing.old_at))
    failed = "Whether the daemon could not make its latest backup."
    yield _gauge("backup_failed", failed, bool(standing.failure))


def _of_check(check: StoreCheck) -> Metric:
    told = (
        "Whether the daemon found damage when it read all of the store, which it does once a day."
    )
    return _gauge("store_damaged", told, bool(check.damage))


def _of_outlets(outlets: Iterable[OutletFigures]) -> Families:
    behind = _gauges("outlet_behind", "Events that an outlet has not passed yet.", "outlet")
    told = "Events that an outlet has passed without delivering them, by state."
    aside = _gauges("outlet_deliveries", told, "outlet", "state")
    told = "When an outlet delivered something last; 0 for never."
    delivered = _gauges("outlet_delivered_timestamp_seconds", told, "outlet")
    for outlet in outlets:
        behind.add_metric([outlet.name], outlet.behind)
        aside.add_metric([outlet.name, "waiting"], outlet.waiting)
        aside.add_metric([outlet.name, "parked"], outlet.parked)
        delivered.add_metric([outlet.name], stamp(outlet.delivered_at))
    return [behind, aside, delivered]


def _of_applications(applications: Collection[ApplicationFigures], now: datetime) -> Families:
    labels = ("connection", "application")
    told = "When the Web Connector called last for an application; 0 for never."
    seen = _gauges("application_seen_timestamp_seconds", told, *labels)
    told = "Whether an application that runs by itself has missed two runs."
    late = _gauges("application_late", told, *labels)
    told = "Whether the latest sync of an application failed."
    failed = _gauges("application_failed", told, *labels)
    latest = _gauges("latest_syncs", "Applications by the state of their latest sync.", "state")
    for one in applications:
        of_this = [one.connection, one.application]
        is_behind = is_late(one.last_seen_at, one.run_every_minutes, now)
        seen.add_metric(of_this, stamp(one.last_seen_at))
        late.add_metric(of_this, float(is_behind))
        failed.add_metric(of_this, float(one.last_sync == SyncState.FAILED))
    for state, count in Counter(one.last_sync for one in applications if one.last_sync).items():
        latest.add_metric([state], count)
    return [seen, late, failed, latest]
