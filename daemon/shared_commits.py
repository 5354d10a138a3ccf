"""The threads of the store: units that wait for it share a commit, each answered after it.

Most of what a short call costs the store is its commit, which waits for the disk. So on SQLite,
which has one writer, whatever waits when a unit has run is run next in the same transaction, in a
savepoint of its own, and one commit keeps it all. What may take long says so and has a transaction
alone; so has every unit on PostgreSQL, where a shared one would hold the locks of one company for
the units of another, and the server puts commits together itself.

A unit may be run again: where the transaction that it shared was lost, by another unit or at its
commit, each of them runs once more by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from shared.errors import StoreConflict
from shared.models.store import Store
from shared.structs import Value

MOST_UNITS = 32
LONGEST_SECONDS = 0.015
"""After so long no unit joins any more: the first one waits for its answer."""


class Unit(Value, eq=False):
    """Work for the store, and where its result goes; ``alone``: it shares no transaction.

    ``asked_seconds`` is when it was asked for, by the clock of those who run it.
    """

    work: Callable[[], Any]
    answer: Deferred[Any]
    alone: bool
    asked_seconds: float = 0.0


Done = tuple[Unit, Any]
"""A unit with its result, or with the Failure that it met."""


class StoreWorkers:
    """Runs units in the order in which they came, on threads of its own.

    ``hand_back`` is called on such a thread with units that are done and committed.
    """

    def __init__(
        self,
        store: Store,
        threads: int,
        hand_back: Callable[[Sequence[Done]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._hand_back, self._clock = store, hand_back, clock
        self._shares = store.engine == "sqlite"
        self._waiting: SimpleQueue[Unit | None] = SimpleQueue()
        self._held: Unit | None = None  # the next one, which shares nothing
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-{n}") for n in range(threads)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Run what waits, then end the threads."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def add(self, unit: Unit) -> None:
        """Have a unit run after those that wait."""
        self._waiting.put(unit)

    @property
    def waiting(self) -> int:
        """How many units wait for a thread."""
        return self._waiting.qsize() + (self._held is not None)

    def _serve(self) -> None:
        while (unit := self._next()) is not None:
            self._hand_back(self.run(unit))

    def _next(self) -> Unit | None:
        """The unit that waits longest, as soon as there is one; None: it is time to end."""
        held, self._held = self._held, None
        return held or self._waiting.get()

    def _next_to_share(self) -> Unit | None:
        """As ``_next``, where one waits and shares; SQLite alone shares, and has one thread."""
        try:
            unit = self._waiting.get_nowait()
        except Empty:
            return None
        if unit is None:
            self._waiting.put(None)
        elif unit.alone:
            self._held, unit = unit, None
        return unit

    def run(self, first: Unit) -> Sequence[Done]:
        """Run a unit, and with it those that wait; all of them are committed, or have failed."""
        taken = [first]
        try:
            return self._in_one_commit(taken)
        except BaseException as error:
            # A conflict: two units waited for each other and the engine gave one up.
            if len(taken) == 1 and not isinstance(error, StoreConflict):
                return [(first, Failure())]
        return [self._by_itself(unit) for unit in taken]

    def _in_one_commit(self, taken: list[Unit]) -> Sequence[Done]:
        ends_at = self._clock() + LONGEST_SECONDS
        [first] = taken
        may_share = self._shares and not first.alone
        with self._store.transaction():
            done: list[Done] = [(first, first.work())]
            while may_share and len(taken) < MOST_UNITS and self._clock() < ends_at:
                unit = self._next_to_share()
                if unit is None:
                    break
                taken.append(unit)
                done.append((unit, self._in_savepoint(unit)))
        return done

    def _in_savepoint(self, unit: Unit) -> Any:
        try:
            with self._store.transaction():
                return unit.work()
        except Exception:
            if not self._store.transaction_is_open:
                raise  # SQLite rolled back more than this unit
            return Failure()

    def _by_itself(self, unit: Unit) -> Done:
        try:
            with self._store.transaction():
                result = unit.work()
        except BaseException:
            return unit, Failure()
        return unit, result
