"""Records go out, a few at a time, or are looked at for a dry run.

    read  ->  prepare  ->  keep request and key  ->  send  ->  write down the answer

What may have arrived is repeated as it left, never composed anew. A record that fails at any step
is tried again later, alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import define
from twisted.internet.defer import Deferred, gatherResults

from daemon.connectors.asking import Asking
from daemon.connectors.outcomes import Looked, Outcomes
from daemon.connectors.platform import Answer, LeaveAlone, NotNow, Platform, Prepared, Unknown
from daemon.connectors.turns import Planned, Turn
from daemon.connectors.units import parts, together, whole
from daemon.store_thread import Threads
from shared.rules.connectors import Change, Ended, Outgoing, Stays
from shared.rules.values import RecordKind

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 8
"""So many records are on their way at one time at most; Invoiced refuses more than 20 requests."""


@define(eq=False, repr=False)
class Sender:
    """The outbox of one account; ``is_running`` tells whether its worker still is."""

    _platform: Platform
    _outcomes: Outcomes
    _asking: Asking
    _threads: Threads
    _is_running: Callable[[], bool]

    async def look(self, turns: Sequence[Turn]) -> NotNow | Unknown | None:
        """Look what sending these would do, and write it down; nothing is sent.

        Returns why nothing goes through, None where it does; as ``send``.
        """
        for window in parts(turns, AT_ONCE):
            looked = await self._looked(window)
            await self._written(self._outcomes.thd_looked, looked, lambda one: one[0])
            stops = whole([became for _, _, became in looked])
            if stops or not self._is_running():
                return stops
        return None

    async def send(self, turns: Sequence[Turn]) -> NotNow | Unknown | None:
        """Send these, or write down why one is not sent."""
        stays = [after for _, after in turns if isinstance(after, Stays)]
        await self._written(self._outcomes.thd_stay, stays, lambda stay: stay.outgoing)
        going = [turn for turn in turns if not isinstance(turn[1], Stays)]
        for window in parts(going, AT_ONCE):
            if not self._is_running():
                return None
            stops = await self._send_window(window)
            if stops:
                return stops
        return None

    async def _send_window(self, window: Sequence[Turn]) -> NotNow | Unknown | None:
        prepared = await self._looked(window)
        leaving = await self._written(self._outcomes.thd_begin, prepared, lambda one: one[0])
        answers = await gatherResults(
            [Deferred.fromCoroutine(self._answer(one.one)) for one in leaving]
        )
        ended = [*zip(leaving, answers, strict=True)]
        await self._written(self._outcomes.thd_end, ended, lambda end: end[0].one)
        return whole([*(became for _, _, became in prepared), *answers])

    async def _written(
        self,
        thd: Callable[[Sequence[T]], Sequence[R]],
        items: Sequence[T],
        record: Callable[[T], Outgoing],
    ) -> list[R]:
        """Write all down together; an item that fails has its ``record`` set aside."""
        aside = self._outcomes.thd_set_aside
        return await together(self._threads, thd, items, lambda one, why: aside(record(one), why))

    async def _looked(self, window: Sequence[Turn]) -> list[Looked]:
        prepared = await gatherResults(
            [Deferred.fromCoroutine(self._prepared(after)) for _, after in window]
        )
        return [(one, after, became) for (one, after), became in zip(window, prepared, strict=True)]

    async def _prepared(self, after: Planned) -> Prepared | None:
        """What sending a record would do; None for one whose bytes are on their way, or stays."""
        if isinstance(after, NotNow):
            return after
        if not isinstance(after, Change):
            return None
        prepared: Prepared = self._cannot(after) or await self._asking.read(
            self._platform.prepare, after
        )
        return prepared

    def _cannot(self, change: Change) -> LeaveAlone | None:
        """Why the platform keeps a record as it is: it offers no such change."""
        can, known = self._platform.capabilities, change.mapped
        if change.outgoing.kind is RecordKind.PAYMENT and not can.payments:
            return LeaveAlone("This platform does not accept payments from QuickBooks.")
        if known is None:
            return None
        offered = {Ended.NO: can.updates, Ended.VOIDED: can.voids, Ended.DELETED: can.deletions}
        if offered[change.ended]:
            return None
        return LeaveAlone(f"This platform cannot have it {change.ended.value or 'changed'}.")

    async def _answer(self, one: Outgoing) -> Answer:
        assert one.request is not None, "it was kept before it leaves"
        answer: Answer = await self._asking.write(self._platform.send, one.request, one.request_key)
        return answer
