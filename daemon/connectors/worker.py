"""Carries records to the platform of one connection, as long as it runs and no other daemon does.

Everything that counts is in the store (``shared/models/platforms/``): which events were taken,
what waits, the bytes that left. So a daemon that is killed anywhere goes on where it was. The Web
Connector never waits: the ledger is read beside those who write, and what is written are a few rows
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from attrs import define, field
from twisted.internet.defer import Deferred

from daemon.connectors.asking import Asking
from daemon.connectors.comparing import Comparer
from daemon.connectors.outcomes import Outcomes
from daemon.connectors.platform import Books, Company, Inbox, NotNow, Platform, Unknown
from daemon.connectors.receiving import Receiver
from daemon.connectors.sending import Sender
from daemon.connectors.turns import batch
from daemon.connectors.units import words
from daemon.connectors.wanted import named
from daemon.held_work import FAILED_SECONDS, REST_SECONDS, HeldWork
from daemon.read_thread import Reads
from shared.models import events, outlets
from shared.models.outlets import Progress
from shared.models.platforms import accounts, copies, outbox, stopped
from shared.models.store import Store
from shared.operations import platform_intake
from shared.rules.connectors import INVOICE_EVENTS, SENDING_EVENTS, AccountState, PlatformAccount
from shared.rules.outlets import OutletStanding, Refused

EVENTS_AT_ONCE = 500
READ_AT_ONCE = 40
LOOK_SECONDS = 2.0
"""How soon it sees what people decide while it has nothing to do."""
ASK_COMPANY_AGAIN = timedelta(hours=1)
ANOTHER_KEY = timedelta(minutes=5)
"""So long a key that is refused is not tried again."""


@define(eq=False, repr=False, kw_only=True)
class ConnectorWorker(HeldWork):
    """The worker of one account. ``new_key`` makes the key of a request, a new one each time."""

    account: PlatformAccount
    _platform: Platform
    _reads: Reads
    _store: Store
    _chance: Callable[[], float]
    _new_key: Callable[[], str]
    _poll_seconds: float
    _ask_company_at: datetime | None = field(default=None, init=False)
    _asking: Asking = field(init=False)
    _outcomes: Outcomes = field(init=False)
    _sender: Sender = field(init=False)
    _receiver: Receiver | None = field(default=None, init=False)
    _comparer: Comparer | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._asking = Asking(self._reactor, self.called)
        self._outcomes = Outcomes(self._id, self.thd_hold, self._chance, self._new_key)
        self._sender = Sender(
            self._platform, self._outcomes, self._asking, self._threads, lambda: bool(self.running)
        )
        can, held = self._platform.capabilities, (self._asking, self.thd_hold)
        if can.arrivals:
            self._receiver = Receiver(
                cast(Inbox, self._platform),
                self._threads,
                self._reads,
                *held,
                store=self._store,
                new_key=self._new_key,
                every=timedelta(seconds=self._poll_seconds),
            )
        if can.balances:
            books = cast(Books, self._platform)
            self._comparer = Comparer(books, self._threads, self._reads, *held)

    @property
    def outlet_name(self) -> str:
        return accounts.outlet_name(self._id)

    @property
    def _id(self) -> int:
        return self.account.connection_id

    def stopService(self) -> Deferred[Any]:
        return super().stopService().addCallback(lambda _: self._platform.close())

    @property
    def called(self) -> str:
        return f"The connector of {self.account.connection} ({self.account.platform})"

    async def _after_failure(self, why: Exception) -> float:
        """Leave it alone for longer each time, and have a person told when that lasts."""
        try:
            await self._threads.store(self._thd_pause, NotNow(words(why), whole=True))
        except Exception:  # the store itself is out of order: there is nowhere to tell it
            return FAILED_SECONDS
        return LOOK_SECONDS

    async def _turn(self) -> float:
        now, held = await self._threads.store(self.thd_hold)
        account = await self._reads.view(lambda _store: accounts.find(self._id))
        if account is None:
            return REST_SECONDS
        if held.pause_until_at > now:
            return min((held.pause_until_at - now).total_seconds(), REST_SECONDS)
        if not await self._knows_company(account, now):
            return LOOK_SECONDS
        if await self._take_events(account, held):
            return 0
        now_told = await self._reads.view(lambda _store: accounts.find(self._id))
        account = now_told or account  # as the company told
        is_live = account.state is AccountState.LIVE
        if not is_live and not account.is_looking:
            return LOOK_SECONDS
        received = await self._receive(account, now) if is_live else False
        if not isinstance(received, bool):
            return await self._pause(received)
        found = await self._reads.view(batch, self._id, now, READ_AT_ONCE, looking=not is_live)
        if not found:
            return 0 if received else await self._nothing_to_do(account, now)
        stops = await (self._sender.send(found) if is_live else self._sender.look(found))
        return await self._pause(stops) if stops else 0

    async def _receive(self, account: PlatformAccount, now: datetime) -> NotNow | Unknown | bool:
        """Take in what is due; tells whether there is more, or why nothing would go through."""
        if self._receiver is None:
            return False
        received = await self._receiver.receive(account, now)
        return received if isinstance(received, bool) or received.whole else False

    async def _nothing_to_do(self, account: PlatformAccount, now: datetime) -> float:
        if account.is_looking:
            late = await self._receiver.begin(account) if self._receiver else None
            if late is not None:
                return await self._pause(late)
            await self._threads.store(lambda: accounts.set_looking(self._id, is_looking=False))
        look_at = await self._reads.view(lambda _store: outbox.next_look(self._id))
        if look_at and look_at <= now:
            await self._threads.store(outbox.look_once_more, self._id, now)
            return 0
        if self._comparer is None or account.state is not AccountState.LIVE:
            return LOOK_SECONDS
        compared = await self._comparer.compare(account, now)
        if isinstance(compared, bool):
            return 0 if compared else LOOK_SECONDS
        return await self._pause(compared)

    async def _pause(self, why: NotNow | Unknown | Refused) -> float:
        await self._threads.store(self._thd_pause, why)
        return LOOK_SECONDS

    def _thd_pause(self, why: NotNow | Unknown | Refused) -> None:
        """Leave the platform alone for a while, and tell a person of what does not pass soon."""
        now, held = self.thd_hold()
        after = ANOTHER_KEY if isinstance(why, Refused) else why.after
        outlets.rest(held, why.reason, after=after, chance=self._chance, now=now)
        if isinstance(why, Refused) or held.attempts + 1 >= stopped.PATIENCE_ATTEMPTS:
            stopped.tell(self.account, stopped.ALL, why.reason)

    # Whom the key opens the door to.

    async def _knows_company(self, account: PlatformAccount, now: datetime) -> bool:
        """Ask now and then whose account it is: nothing goes to any other one."""
        if account.identity and self._ask_company_at and now < self._ask_company_at:
            return True
        answer = await self._asking.read(self._platform.company, whole=True)
        if isinstance(answer, Company) and account.identity not in ("", answer.identity):
            answer = Refused(
                f"The key belongs to the account of {answer.name}, which is another one."
            )
        if isinstance(answer, Company):
            identity = answer.identity
            other = await self._reads.view(
                lambda _store: accounts.with_identity(self._id, identity)
            )
            answer = Refused(_shared(other)) if other else answer
        if not isinstance(answer, Company):
            self._ask_company_at = None
            await self._pause(answer)
            return False
        if self._ask_company_at is None or not _is_as_known(account, answer):
            await self._threads.store(self._thd_know, answer)
        self._ask_company_at = now + ASK_COMPANY_AGAIN
        return True

    def _thd_know(self, company: Company) -> None:
        now, held = self.thd_hold()
        self._outcomes.goes(held)
        known = accounts.get(self._id, self.account.connection)
        is_first = not known.identity
        if is_first:  # which of its records are there is known from now on
            outbox.want(self._id, copies.there_before(self._id, company.identity), now)
        accounts.told(
            self._id,
            identity=company.identity,
            company=company.name,
            currency=company.currency,
            time_zone=company.time_zone,
            warning=" ".join(company.warnings),
        )
        if is_first:
            told = accounts.get(self._id, self.account.connection)
            waiting = platform_intake.view_to_look_at(self._store, told, None)
            platform_intake.look_again(told, waiting, now)

    # What happened is what may have to go out.

    async def _take_events(self, account: PlatformAccount, held: OutletStanding) -> bool:
        """Have the records of events sent; tells whether there may be more of them."""
        found = await self._reads.run(
            events.after,
            held.position,
            connections=[self._id],
            kinds=SENDING_EVENTS,
            limit=EVENTS_AT_ONCE,
        )
        if found.events or found.cursor - held.position >= EVENTS_AT_ONCE:
            numbers = [one.document for one in found.events if one.kind.value in INVOICE_EVENTS]
            waiting = await self._reads.view(_to_look_at, account, numbers)
            await self._threads.store(self._thd_take, found, waiting)
        return bool(found.events)

    def _thd_take(self, found: events.Slice, waiting: Sequence[str]) -> None:
        """In one transaction: what they name waits, and they were taken.

        ``waiting`` are payments of the platform that wait for invoices of these numbers.
        """
        now, held = self.thd_hold()
        account = accounts.get(self._id, self.account.connection)
        outbox.want(self._id, named(self._id, account.identity, found.events), now)
        platform_intake.look_again(account, waiting, now)
        progress = Progress(found.cursor)
        outlets.note(held, progress, gives_up_after=timedelta(), chance=self._chance, now=now)


def _shared(other: str) -> str:
    return (
        f"{other} is connected to the same account, and each would import the payments of the"
        f" other. Disconnect one of the two: deskbridge invoiced disconnect {other}"
    )


def _is_as_known(account: PlatformAccount, company: Company) -> bool:
    told = (account.identity, account.company, account.currency, account.time_zone)
    now = (company.identity, company.name, company.currency, company.time_zone)
    return told == now and account.warning == " ".join(company.warnings)


def _to_look_at(store: Store, account: PlatformAccount, numbers: Sequence[str]) -> Sequence[str]:
    return platform_intake.view_to_look_at(store, account, numbers) if numbers else ()
