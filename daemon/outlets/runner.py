"""Delivers the events of one outlet: in order for each record, as often as it takes.

A kind of outlet is a small class with ``deliver(event)``, which answers ``Delivered``, ``TryAgain``
or ``Refused`` (``shared/rules/outlets.py``), at once or later. Everything else is here and in
``shared/models/outlets.py``: where it stands, what waits, when it is tried again, what is parked.
An event may be delivered twice, where we are killed before that is written down: its number is the
same then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any, Protocol

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.python.failure import Failure

from daemon.held_work import FAILED_SECONDS, REST_SECONDS, HeldWork
from daemon.outlets.bell import EventBell
from daemon.read_thread import Reads
from shared.models import events, outlets
from shared.models.outlets import Progress
from shared.rules.events import Event
from shared.rules.outlets import Became, OutletStanding, TryAgain
from shared.structs import Value, replace

AT_ONCE = 100
"""How many events are read at once."""
MOST_ASIDE = 100
"""With so many records set aside, nothing new is tried: the receiver seems to be out of order."""
DELIVER_SECONDS = 60.0
"""So long a delivery may take; less than an outlet is held without a word."""


class Outlet(Protocol):
    """Where events go. Equal outlets deliver alike: one that changed is started anew."""

    @property
    def name(self) -> str:
        """The name of its row in the store."""

    @property
    def kinds(self) -> Collection[str] | None:
        """The kinds of events that it wants; None for all."""

    @property
    def connections(self) -> Collection[int] | None:
        """The connections whose events it wants; None for all."""

    @property
    def at_once(self) -> int:
        """How many events, of different records, it takes at the same time."""

    @property
    def gives_up_after(self) -> timedelta:
        """How long one event is tried before it is parked."""

    def deliver(self, event: Event) -> Became | Deferred[Became]:
        """Deliver an event, or say why not."""


class _Window(Value):
    """Events that follow each other: some to be tried at the same time, some behind others."""

    tried: tuple[Event, ...]
    behind: tuple[Event, ...]
    last: int


def windows(found: Sequence[Event], aside: Collection[str], at_once: int) -> Iterator[_Window]:
    """Cut events so that no window has two of one record to try, nor more than ``at_once``.

    ``aside`` are records with earlier events that wait; it may grow between two windows.
    """
    tried: list[Event] = []
    behind: list[Event] = []
    last = 0
    for event in found:
        repeated = any(one.record == event.record for one in tried)
        if tried and (repeated or len(tried) == at_once):
            yield _Window(tuple(tried), tuple(behind), last)
            tried, behind = [], []
        (behind if event.record in aside else tried).append(event)
        last = event.id
    if tried or behind:
        yield _Window(tuple(tried), tuple(behind), last)


@define(eq=False, repr=False, kw_only=True)
class OutletRunner(HeldWork):
    """Delivers for one outlet as long as it runs, unless another daemon does."""

    outlet: Outlet
    _reads: Reads
    _bell: EventBell
    _chance: Callable[[], float]
    _cursor: int = field(default=0, init=False)
    _may_ring: bool = field(default=False, init=False)

    @property
    def outlet_name(self) -> str:
        return self.outlet.name

    async def _after_failure(self, _why: Exception) -> float:
        self._cursor = 0
        return FAILED_SECONDS

    def _waits(self, seconds: float) -> Deferred[Any]:
        """Wait so long, or until there are events where nothing else keeps it from them."""
        if not self._may_ring:
            return super()._waits(seconds)
        resting: Deferred[Any] = self._bell.after(self._cursor)
        return resting.addTimeout(seconds, self._reactor)

    async def _turn(self) -> float:
        self._may_ring = False
        now, held = await self._threads.store(self.thd_hold)
        if held.pause_until_at > now:
            return min((held.pause_until_at - now).total_seconds(), REST_SECONDS)
        waiting, due_at = await self._reads.view(
            lambda _store: (outlets.waiting(held.id, now, AT_ONCE), outlets.next_due(held.id))
        )
        if waiting.due:
            await self._deliver(held, waiting.due, frozenset(), None)
            return 0
        rest = REST_SECONDS
        if due_at is not None:
            rest = max(min(rest, (due_at - now).total_seconds()), 1.0)
        if len(waiting.records) >= MOST_ASIDE:
            return rest
        found = await self._reads.run(
            events.after,
            max(held.position, self._cursor),
            connections=self.outlet.connections,
            kinds=self.outlet.kinds,
            limit=AT_ONCE,
        )
        if not found.events:
            self._cursor = found.cursor
            await self._keep_up(held, found.cursor)
            self._may_ring = True
            return rest
        await self._deliver(held, found.events, waiting.records, found.cursor)
        return 0

    async def _keep_up(self, held: OutletStanding, cursor: int) -> None:
        """Write down now and then how far it is where nothing was for it: events are kept for it.

        Not each time, since that would be a write for every event of anybody.
        """
        if cursor - held.position >= AT_ONCE:
            await self._threads.store(self._thd_note, held, Progress(cursor))

    async def _deliver(
        self,
        held: OutletStanding,
        found: Sequence[Event],
        records: Collection[str],
        end: int | None,
    ) -> None:
        """Deliver events window by window; ``end`` is where it stands then, None: where it was."""
        aside = set(records)
        for window in windows(found, aside, self.outlet.at_once):
            became = await gatherResults([self._tried(event) for event in window.tried])
            position = held.position if end is None else window.last
            if window.last == found[-1].id and end is not None:
                position = end
            tried = tuple(zip(window.tried, became, strict=True))
            progress = Progress(position, tried, window.behind)
            held = await self._threads.store(self._thd_note, held, progress)
            again = [(event, one) for event, one in tried if isinstance(one, TryAgain)]
            aside.update(event.record for event, _ in again)
            self._cursor = held.position
            if any(one.whole for _, one in again):
                return

    def _tried(self, event: Event) -> Deferred[Became]:
        deliver: Callable[[Event], Any] = self.outlet.deliver  # at once, or a Deferred
        done: Deferred[Became] = maybeDeferred(deliver, event)
        done.addTimeout(DELIVER_SECONDS, self._reactor)
        return done.addErrback(self._failed, event)

    def _failed(self, failure: Failure, event: Event) -> Became:
        name = type(failure.value).__name__
        if name == "TimeoutError":
            return TryAgain(f"There was no answer within {DELIVER_SECONDS:g} seconds.", whole=True)
        self.log.failure(
            "Outlet {outlet} failed with event {event}",
            failure,
            outlet=self.outlet.name,
            event=event.id,
        )
        return TryAgain(f"Delivering it failed: {name}.")

    def _thd_note(self, held: OutletStanding, progress: Progress) -> OutletStanding:
        """Write progress down, as long as no other daemon holds the outlet."""
        now, _ = self.thd_hold()
        outlets.note(
            held, progress, gives_up_after=self.outlet.gives_up_after, chance=self._chance, now=now
        )
        return replace(outlets.get(self.outlet.name), id=held.id)
