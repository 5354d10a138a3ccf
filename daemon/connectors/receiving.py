"""Payments that a platform brings are taken in, and what QuickBooks made of them is written back.

    what happened since the cursor  ->  on file, some at a time  ->  the cursor with the last

A daemon that is killed anywhere reads the same again, and what is on file already stays as it is.
Events of payments that were posted are the list of what is written back; how far that went is a
cursor, too. The platform refuses what it has already, so a repetition does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from twisted.logger import Logger

from daemon.connectors.platform import Arrivals, Inbox, NotNow, Unknown
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.models import events, outlets
from shared.models.payments import from_platform, rows
from shared.models.platforms import inbox, records
from shared.models.store import Store
from shared.operations import platform_intake
from shared.operations.deciding import Operator
from shared.rules.arrivals import Arrival
from shared.rules.connectors import Owner, PlatformAccount, Watched
from shared.rules.events import Event, EventKind
from shared.rules.outlets import OutletStanding
from shared.rules.values import RecordKind

TAKEN_AT_ONCE = 20
"""So many payments are taken in by one short unit."""
WATCHED_AT_ONCE = 20
POSTED_AT_ONCE = 50
KEPT_AFTER = 500
"""So many events without one of its own are passed over before that is written down."""
Ask = Callable[..., Any]
"""Asks the platform, and answers a failure as NotNow."""


class Receiver:
    """The inbox of one account. ``hold`` goes on holding the account, in each unit that writes.

    It raises where another daemon has it by now, and returns how the outlet stands.
    """

    log = Logger()

    def __init__(
        self,
        platform: Inbox,
        *,
        threads: Threads,
        reads: Reads,
        store: Store,
        ask: Ask,
        new_key: Callable[[], str],
        hold: Callable[[], OutletStanding],
        every: timedelta,
    ) -> None:
        self._platform = platform
        self._threads = threads
        self._reads = reads
        self._store = store
        self._ask = ask
        self._new_key = new_key
        self._hold = hold
        self._every = every
        self._due_at: datetime | None = None

    async def receive(self, account: PlatformAccount, now: datetime) -> NotNow | Unknown | bool:
        """Take in what is due, a page at most; tells whether there is more at once, or why not."""
        if self._due_at is not None and now < self._due_at:
            return False
        text, watched = await self._reads.view(_where, account, now)
        found = await self._ask(self._platform.arrivals, text, watched)
        if not isinstance(found, Arrivals):
            self._due_at = now + self._every
            return cast(NotNow, found)
        numbers = await self._numbers(account, found.arrived)
        if not isinstance(numbers, Mapping):
            self._due_at = now + self._every
            return numbers
        await self._take(account, found, numbers)
        if found.has_more:
            return True
        self._due_at = now + self._every
        return await self._write_back(account)

    async def _numbers(
        self, account: PlatformAccount, arrived: Sequence[Arrival]
    ) -> Mapping[str, str] | NotNow:
        unknown = await self._reads.view(_unknown, account, arrived)
        if not unknown:
            return {}
        return cast("Mapping[str, str] | NotNow", await self._ask(self._platform.numbers, unknown))

    async def _take(
        self, account: PlatformAccount, found: Arrivals, numbers: Mapping[str, str]
    ) -> None:
        """The cursor is kept in the unit after which all of it is on file."""
        arrived = found.arrived
        for at in range(0, max(len(arrived), 1), TAKEN_AT_ONCE):
            part = arrived[at : at + TAKEN_AT_ONCE]
            cursor = found.cursor if at + TAKEN_AT_ONCE >= len(arrived) else None
            left_out = await self._threads.store(self._thd_take, account, part, numbers, cursor)
            for told in left_out:
                self.log.warn("{connection}: {told}", connection=account.connection, told=told)

    def _thd_take(
        self,
        account: PlatformAccount,
        part: Sequence[Arrival],
        numbers: Mapping[str, str],
        cursor: str | None,
    ) -> list[str]:
        held = self._hold()
        if held.attempts:
            outlets.goes(held)
        by = Operator(self._store, account.platform)
        told = platform_intake.take_in(by, account, part, numbers)
        if cursor is not None:
            inbox.set_cursor(account.connection_id, account.identity, cursor)
        return told

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
        for their_id, txn_id in await self._reads.view(_posted, account, found.events):
            answer = await self._ask(self._platform.note_posted, their_id, txn_id, self._new_key())
            if isinstance(answer, NotNow | Unknown):
                return answer
        if found.events or found.cursor - position >= KEPT_AFTER:
            await self._threads.store(self._thd_reached, account, found.cursor)
        return False

    def _thd_reached(self, account: PlatformAccount, position: int) -> None:
        self._hold()
        inbox.set_cursor(account.connection_id, _feed_of_posted(account), str(position))


def _feed_of_posted(account: PlatformAccount) -> str:
    return f"posted/{account.identity}"


def _where(_store: Store, account: PlatformAccount, now: datetime) -> tuple[str, Sequence[Watched]]:
    text = inbox.cursor(account.connection_id, account.identity)
    return text, inbox.watched(account.connection_id, now, WATCHED_AT_ONCE)


def _unknown(_store: Store, account: PlatformAccount, arrived: Sequence[Arrival]) -> set[str]:
    return platform_intake.unknown_invoices(account, arrived)


def _position(_store: Store, account: PlatformAccount) -> int | None:
    text = inbox.cursor(account.connection_id, _feed_of_posted(account))
    return int(text) if text else None


def _posted(
    _store: Store, account: PlatformAccount, found: Sequence[Event]
) -> list[tuple[str, str]]:
    """The payments of the platform among those that were posted, with their TxnIDs.

    Of a payment in several parts, the first one: the platform has room for one.
    """
    keys = list(dict.fromkeys(event.document for event in found))
    where = (account.connection_id, account.identity, RecordKind.PAYMENT)
    there = {
        key: one.their_id
        for key, one in records.these(*where, keys).items()
        if one.owner is Owner.PLATFORM
    }
    numbers = from_platform.ids(account.connection_id, list(there))
    parts = rows.postings_of(numbers.values())
    txn_ids = {
        key: next((part.txn_id for part in parts[number] if part.txn_id), "")
        for key, number in numbers.items()
    }
    return [(there[key], txn_id) for key, txn_id in txn_ids.items() if txn_id]
