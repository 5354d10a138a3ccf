"""Payments that a platform brings are taken in, and what QuickBooks made of them is written back.

    what happened since the cursor  ->  on file, some at a time  ->  the cursor with the last

A daemon that is killed anywhere reads the same again, and what is on file already stays as it is.
A payment that fails is set aside with a problem that names it, and the others come in.
Events of payments that were posted are the list of what is written back; how far that went is a
cursor, too. The platform refuses what it has already, so a repetition does no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from attrs import define, field
from twisted.logger import Logger

from daemon.connectors.asking import Asking
from daemon.connectors.platform import Arrivals, Done, Inbox, NotNow, Unknown
from daemon.connectors.units import parts, together
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.models import events, outlets
from shared.models.payments import from_platform, rows
from shared.models.platforms import inbox, records, stopped
from shared.models.store import Store
from shared.operations import platform_intake
from shared.operations.deciding import Operator
from shared.rules.arrivals import Arrival, NumberedThere
from shared.rules.connectors import Owner, PlatformAccount, Watched
from shared.rules.events import Event, EventKind
from shared.rules.outlets import OutletStanding
from shared.rules.values import RecordKind

TAKEN_AT_ONCE = 5
"""So many payments are taken in by one short unit."""
WATCHED_AT_ONCE = 20
POSTED_AT_ONCE = 50
MOST_TRIES = 5
"""So often a payment that does not take its TxnID is tried."""
KEPT_AFTER = 500
"""So many events without one of its own are passed over before that is written down."""


@define(eq=False, repr=False)
class Receiver:
    """The inbox of one account. ``hold`` goes on holding the account, in each unit that writes.

    It raises where another daemon has it by now, and returns the time and how the outlet stands.
    """

    log = Logger()

    _platform: Inbox
    _threads: Threads
    _reads: Reads
    _asking: Asking
    _hold: Callable[[], tuple[datetime, OutletStanding]]
    _store: Store = field(kw_only=True)
    _new_key: Callable[[], str] = field(kw_only=True)
    _every: timedelta = field(kw_only=True)
    _due_at: datetime | None = field(default=None, init=False)
    _tries: Counter[str] = field(factory=Counter, init=False)

    async def begin(self, account: PlatformAccount) -> NotNow | None:
        """Mark where what comes in begins, if it is not marked; tells why that is not possible.

        It belongs to the dry run: what is paid there after it comes in, however long it takes
        until the account goes live, and until its payments can be read.
        """
        text, _ = await self._reads.view(_where, account, self._store.now())
        if text:
            return None
        found = await self._asking.read(self._platform.arrivals, "", ())
        if not isinstance(found, Arrivals):
            return cast(NotNow, found)
        await self._take(account, found, {})
        return None

    async def receive(self, account: PlatformAccount, now: datetime) -> NotNow | Unknown | bool:
        """Take in what is due, a page at most; tells whether there is more at once, or why not."""
        if self._due_at is not None and now < self._due_at:
            return False
        more = await self._receive(account, now)
        if more is not True:
            self._due_at = now + self._every
        return more

    async def _receive(self, account: PlatformAccount, now: datetime) -> NotNow | Unknown | bool:
        text, watched = await self._reads.view(_where, account, now)
        found = await self._asking.read(self._platform.arrivals, text, watched)
        if not isinstance(found, Arrivals):
            return await self._fails(account, found)
        numbers = await self._numbers(account, found.arrived)
        if not isinstance(numbers, Mapping):
            return await self._fails(account, numbers)
        await self._take(account, found, numbers)
        return True if found.has_more else await self._write_back(account)

    async def _fails(self, account: PlatformAccount, why: NotNow) -> NotNow:
        """Nothing comes in: a person is told when that lasts."""
        await self._threads.store(self._thd_fails, account, why)
        return why

    def _thd_fails(self, account: PlatformAccount, why: NotNow) -> None:
        now, _ = self._hold()
        since = inbox.fails(account.connection_id, account.identity, why.reason, now)
        if now - since >= stopped.PATIENCE and not why.whole:
            stopped.tell(account, stopped.RECEIVING, why.reason)

    async def _numbers(
        self, account: PlatformAccount, arrived: Sequence[Arrival]
    ) -> Mapping[str, NumberedThere] | NotNow:
        unknown = await self._reads.view(
            lambda _store: platform_intake.unknown_invoices(account, arrived)
        )
        if not unknown:
            return {}
        numbers: Mapping[str, NumberedThere] | NotNow = await self._asking.read(
            self._platform.numbers, unknown
        )
        return numbers

    async def _take(
        self, account: PlatformAccount, found: Arrivals, numbers: Mapping[str, NumberedThere]
    ) -> None:
        """The cursor is kept after all of it is on file, or set aside."""
        take, aside = (
            partial(self._thd_take, account, numbers),
            partial(self._thd_set_aside, account),
        )
        for part in parts(found.arrived, TAKEN_AT_ONCE):
            await together(self._threads, take, part, aside)
        await self._threads.store(self._thd_reach, account, found.cursor)

    def _thd_take(
        self,
        account: PlatformAccount,
        numbers: Mapping[str, NumberedThere],
        part: Sequence[Arrival],
    ) -> Sequence[None]:
        self._hold()
        platform_intake.take_in(self._by(account), account, part, numbers)
        return ()

    def _thd_set_aside(self, account: PlatformAccount, one: Arrival, told: str) -> None:
        self._hold()
        platform_intake.set_aside(self._by(account), account, one, told)

    def _by(self, account: PlatformAccount) -> Operator:
        return Operator(self._store, account.platform)

    def _thd_reach(self, account: PlatformAccount, cursor: str) -> None:
        now, held = self._hold()
        if held.attempts:
            outlets.goes(held)
            stopped.settle(account, stopped.ALL)
        inbox.set_cursor(account.connection_id, account.identity, cursor)
        if inbox.works(account.connection_id, account.identity, now):
            stopped.settle(account, stopped.RECEIVING)

    async def _write_back(self, account: PlatformAccount) -> NotNow | Unknown | bool:
        """Tell the platform which of its payments QuickBooks has, under which TxnID."""
        position = await self._reads.view(_position, account)
        if position is None:
            end = await self._reads.run(events.end)
            await self._threads.store(self._thd_reached, account, end)
            return False
        found = await self._reads.run(
            events.after,
            position,
            connections=[account.connection_id],
            kinds=[EventKind.PAYMENT_POSTED.value],
            limit=POSTED_AT_ONCE,
        )
        for id_, their_id, txn_id in await self._reads.view(_posted, account, found.events):
            note, key = self._platform.note_posted, self._new_key()
            answer = await self._asking.read(note, their_id, txn_id, key)
            if isinstance(answer, NotNow | Unknown) and not self._gives_up(their_id, answer):
                await self._threads.store(self._thd_reached, account, id_ - 1)
                return answer
            if not isinstance(answer, Done):
                self.log.warn(
                    "Payment {their_id} is not shown its TxnID: {reason}",
                    their_id=their_id,
                    reason=answer.reason,
                )
        if found.events or found.cursor - position >= KEPT_AFTER:
            await self._threads.store(self._thd_reached, account, found.cursor)
        return False

    def _gives_up(self, their_id: str, why: NotNow | Unknown) -> bool:
        """Whether a TxnID that only this payment does not take is left out, so that others go on.

        It is shown to people there, and nothing depends on it.
        """
        if why.whole:
            return False
        self._tries[their_id] += 1
        if self._tries[their_id] < MOST_TRIES:
            return False
        del self._tries[their_id]
        return True

    def _thd_reached(self, account: PlatformAccount, position: int) -> None:
        self._hold()
        inbox.set_cursor(account.connection_id, _feed_of_posted(account), str(position))


def _feed_of_posted(account: PlatformAccount) -> str:
    return f"posted/{account.identity}"


def _where(_store: Store, account: PlatformAccount, now: datetime) -> tuple[str, Sequence[Watched]]:
    where = (account.connection_id, account.identity)
    return inbox.cursor(*where), inbox.watched(*where, now, WATCHED_AT_ONCE)


def _position(_store: Store, account: PlatformAccount) -> int | None:
    text = inbox.cursor(account.connection_id, _feed_of_posted(account))
    return int(text) if text else None


def _posted(
    _store: Store, account: PlatformAccount, found: Sequence[Event]
) -> list[tuple[int, str, str]]:
    """The payments of the platform among those that were posted: (event, its id, TxnID).

    Of a payment in several parts, the first one: the platform has room for one.
    """
    told = {event.document: event.id for event in reversed(found)}
    where = (account.connection_id, account.identity, RecordKind.PAYMENT)
    there = {
        key: one.their_id
        for key, one in records.these(*where, list(told)).items()
        if one.owner is Owner.PLATFORM
    }
    numbers = from_platform.ids(account.connection_id, list(there))
    posted = rows.postings_of(numbers.values())
    txn_ids = {
        key: next((part.txn_id for part in posted[number] if part.txn_id), "")
        for key, number in numbers.items()
    }
    return sorted((told[key], there[key], txn_id) for key, txn_id in txn_ids.items() if txn_id)
