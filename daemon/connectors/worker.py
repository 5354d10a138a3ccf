"""Carries records to the platform of one connection, as long as it runs and no other daemon does.

Everything that counts is in the store (``shared/models/platforms/``): which events were taken,
what waits, the bytes that left. So a daemon that is killed anywhere goes on where it was, and what
may have arrived is repeated as it left, never composed anew. The Web Connector never waits: the
ledger is read beside those who write, and what is written are a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed
from twisted.python.failure import Failure

from daemon.connectors.platform import (
    Ambiguous,
    Answer,
    Company,
    Done,
    Inbox,
    LeaveAlone,
    NotNow,
    Platform,
    Prepared,
    Request,
    Unknown,
)
from daemon.connectors.receiving import Receiver
from daemon.held_work import FAILED_SECONDS, REST_SECONDS, HeldByAnother, HeldWork
from daemon.parts import parts
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.models import connections, events, outlets
from shared.models.outlets import Progress
from shared.models.platforms import accounts, copies, outbox, paid, records, sending, stopped
from shared.models.platforms.outbox import Named, Standing
from shared.models.store import Store
from shared.rules.connectors import (
    AccountState,
    Change,
    Ended,
    InvoiceCopy,
    Next,
    Outgoing,
    PaymentCopy,
    PlatformAccount,
    SendState,
    Stays,
    Would,
)
from shared.rules.events import Event, EventKind
from shared.rules.outlets import OutletStanding, Refused
from shared.rules.values import RecordKind

EVENTS_AT_ONCE = 500
READ_AT_ONCE = 40
SENT_AT_ONCE = 8
"""So many records are on their way at one time at most; Invoiced refuses more than 20 requests."""
ASK_SECONDS = 90.0
"""So long one question to the platform may take; less than a worker is held without a word."""
LOOK_SECONDS = 2.0
"""How soon it sees what people decide while it has nothing to do."""
ASK_COMPANY_AGAIN = timedelta(hours=1)
_WOULD = {SendState.REFUSED: Would.REFUSE}
_CUSTOMER, _INVOICE, _PAYMENT = RecordKind.CUSTOMER, RecordKind.INVOICE, RecordKind.PAYMENT
_INVOICES = frozenset(one.value for one in EventKind if one.about == "invoice")
_CUSTOMERS = frozenset(one.value for one in EventKind if one.about == "customer")
_PAYMENTS = frozenset(
    one.value
    for one in (
        *(EventKind.PAYMENT_IMPORTED, EventKind.PAYMENT_EDITED),
        *(EventKind.PAYMENT_DELETED, EventKind.PAYMENT_RECOGNIZED, EventKind.PAYMENT_POSTED),
    )
)
KINDS = _INVOICES | _CUSTOMERS | _PAYMENTS
"""The events after which a record may have to go out."""


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A write that is on its way: its record with the bytes, and what it does there.

    ``again``: the bytes left before, and the record may have changed since.
    """

    one: Outgoing
    would: Would = Would.UNKNOWN
    again: bool = False


class ConnectorWorker(HeldWork):
    """The worker of one account. ``new_key`` makes the key of a request, a new one each time."""

    def __init__(
        self,
        account: PlatformAccount,
        platform: Platform,
        *,
        reactor: Any,
        threads: Threads,
        reads: Reads,
        store: Store,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        new_key: Callable[[], str],
        holder: str,
        poll_seconds: float,
    ) -> None:
        super().__init__(
            accounts.outlet_name(account.connection_id),
            reactor=reactor,
            threads=threads,
            now=now,
            holder=holder,
        )
        self.account = account
        self._platform = platform
        self._reads = reads
        self._chance = chance
        self._new_key = new_key
        self._id = account.connection_id
        self._ask_company_at: datetime | None = None
        self._receiver = (
            Receiver(
                cast(Inbox, platform),
                threads=threads,
                reads=reads,
                store=store,
                ask=self._asked_or_not_now,
                new_key=new_key,
                hold=self.thd_hold,
                every=timedelta(seconds=poll_seconds),
            )
            if platform.capabilities.arrivals
            else None
        )

    def stopService(self) -> Deferred[Any]:
        return super().stopService().addCallback(lambda _: self._platform.close())

    @property
    def called(self) -> str:
        return f"The connector of {self.account.connection} ({self.account.platform})"

    async def _failed(self, why: Exception) -> float:
        """Leave it alone for longer each time, and have a person told when that lasts."""
        try:
            told = NotNow(_words(Failure(why)), whole=True)
            await self._threads.store(self._thd_pause, told)
        except Exception:  # the store itself is out of order: there is nowhere to tell it
            return FAILED_SECONDS
        return LOOK_SECONDS

    async def _turn(self) -> float:
        """Do a part of what there is; returns for how long to rest."""
        now, held = await self._threads.store(self.thd_hold)
        account = await self._reads.view(_account, self._id)
        if account is None:
            return REST_SECONDS
        if held.pause_until_at > now:
            return min((held.pause_until_at - now).total_seconds(), REST_SECONDS)
        if not await self._knows_company(account, now):
            return LOOK_SECONDS
        if await self._take_events(held):
            return 0
        is_live = account.state is AccountState.LIVE
        if not is_live and not account.is_looking:
            return LOOK_SECONDS
        received = await self._receive(now) if is_live else False
        if isinstance(received, NotNow | Unknown):
            await self._threads.store(self._thd_pause, received)
            return LOOK_SECONDS
        found = await self._reads.view(_batch, self._id, now, READ_AT_ONCE, looking=not is_live)
        if not found:
            return 0 if received else await self._nothing_to_do(account, now)
        await (self._send(found) if is_live else self._look(found))
        return 0

    async def _receive(self, now: datetime) -> NotNow | Unknown | bool:
        """Take in what is due; tells whether there is more, or why nothing would go through."""
        account = await self._reads.view(_account, self._id)
        if self._receiver is None or account is None:
            return False
        received = await self._receiver.receive(account, now)
        return received if isinstance(received, bool) or received.whole else False

    async def _nothing_to_do(self, account: PlatformAccount, now: datetime) -> float:
        if account.is_looking:
            await self._threads.store(self._thd_looked)
        look_at = await self._reads.view(_next_look, self._id)
        if look_at and look_at <= now:
            await self._threads.store(outbox.look_once_more, self._id, now)
            return 0
        return LOOK_SECONDS

    def _thd_looked(self) -> None:
        accounts.set_looking(self._id, is_looking=False)

    # Whom the key opens the door to.

    async def _knows_company(self, account: PlatformAccount, now: datetime) -> bool:
        """Ask now and then whose account it is: nothing goes to any other one."""
        if account.identity and self._ask_company_at and now < self._ask_company_at:
            return True
        answer = await self._asked(self._platform.company)
        if isinstance(answer, Failure):
            answer = NotNow(_words(answer), whole=True)
        if isinstance(answer, Company) and account.identity not in ("", answer.identity):
            answer = Refused(
                f"The key belongs to the account of {answer.name}, which is another one."
            )
        if not isinstance(answer, Company):
            self._ask_company_at = None
            await self._threads.store(self._thd_pause, answer)
            return False
        if self._ask_company_at is None:
            await self._threads.store(self._thd_goes)
        self._ask_company_at = now + ASK_COMPANY_AGAIN
        if not _is_as_known(account, answer):
            await self._threads.store(self._thd_know, answer)
        return True

    def _thd_know(self, company: Company) -> None:
        self.thd_hold()
        accounts.told(
            self._id,
            identity=company.identity,
            company=company.name,
            currency=company.currency,
            time_zone=company.time_zone,
            warning=" ".join(company.warnings),
        )

    def _thd_pause(self, why: Refused | NotNow | Unknown) -> None:
        """Leave the platform alone for a while, and tell a person of what does not pass soon."""
        now, held = self.thd_hold()
        is_refused = isinstance(why, Refused)
        after = timedelta(minutes=5) if isinstance(why, Refused) else why.after
        outlets.rest(held, why.reason, after=after, chance=self._chance, now=now)
        if is_refused or held.attempts + 1 >= stopped.PATIENCE_ATTEMPTS:
            stopped.tell(self.account, stopped.ALL, why.reason)

    def _thd_goes(self) -> None:
        """Everything goes through again."""
        outlets.goes(self.thd_hold()[1])
        stopped.settle(self.account, stopped.ALL)

    # What happened is what may have to go out.

    async def _take_events(self, held: OutletStanding) -> bool:
        """Have the records of events sent; tells whether there may be more of them."""
        found = await self._reads.run(
            events.after,
            held.position,
            connections=[self._id],
            kinds=KINDS,
            limit=EVENTS_AT_ONCE,
        )
        if found.events or found.cursor - held.position >= EVENTS_AT_ONCE:
            await self._threads.store(self._thd_take, found)
        return bool(found.events)

    def _thd_take(self, found: events.Slice) -> None:
        """In one transaction: what they name waits, and they were taken."""
        now, held = self.thd_hold()
        outbox.want(self._id, _named(self._id, self._identity(), found.events), now)
        progress = Progress(found.cursor)
        outlets.note(held, progress, gives_up_after=timedelta(), chance=self._chance, now=now)

    # A dry run.

    async def _look(self, found: Sequence[tuple[Outgoing, Next | None]]) -> None:
        """Look what sending these would do, and write it down. Nothing is sent."""
        looked: list[Prepared | None] = []
        for window in parts(found, SENT_AT_ONCE):
            looked += await gatherResults([self._prepared(after) for _, after in window])
            if not self.running or any(isinstance(one, NotNow) and one.whole for one in looked):
                break
        ones = [one for one, _ in found[: len(looked)]]
        afters = [after for _, after in found[: len(looked)]]
        await self._threads.store(self._thd_note_looks, ones, afters, looked)

    def _thd_note_looks(
        self, ones: Sequence[Outgoing], afters: Sequence[Next | None], looked: Sequence[Any]
    ) -> None:
        now, _ = self.thd_hold()
        for one, after, became in zip(ones, afters, looked, strict=True):
            if isinstance(became, NotNow):
                self._try_later(one, became, now)
            else:
                would, reason = _found(one, after, became)
                outbox.looked(self._id, one, would, reason)
            if isinstance(after, Stays) and after.wants:
                outbox.want(self._id, [after.wants], now)

    # Sending.

    async def _send(self, found: Sequence[tuple[Outgoing, Next | None]]) -> None:
        """Send these, or write down why one is not sent."""
        stays = [after for _, after in found if isinstance(after, Stays)]
        if stays:
            await self._threads.store(self._thd_stay, stays)
        going = [pair for pair in found if not isinstance(pair[1], Stays)]
        for window in parts(going, SENT_AT_ONCE):
            if not self.running or not await self._send_window(window):
                return

    async def _send_window(self, window: Sequence[tuple[Outgoing, Next | None]]) -> bool:
        """Send a few records at a time; tells whether to go on with others."""
        prepared = await gatherResults([self._prepared(after) for _, after in window])
        leaving = await self._threads.store(self._thd_begin, window, prepared)
        answers = await gatherResults([self._answered(one) for one in leaving])
        await self._threads.store(self._thd_end, leaving, answers)
        whole = [
            one for one in (*prepared, *answers) if isinstance(one, NotNow | Unknown) and one.whole
        ]
        if whole:
            await self._threads.store(self._thd_pause, whole[-1])
        return not whole

    async def _asked(self, ask: Callable[..., Any], *args: Any) -> Any:
        """Ask the platform; a failure is answered as one, and so is silence."""
        try:
            return await maybeDeferred(ask, *args).addTimeout(ASK_SECONDS, self._reactor)
        except Exception:
            return Failure()

    async def _asked_or_not_now(self, ask: Callable[..., Any], *args: Any) -> Any:
        answer = await self._asked(ask, *args)
        if isinstance(answer, Failure):
            self.log.failure(
                "Receiving from {connection} failed", answer, connection=self.account.connection
            )
            return NotNow(_words(answer))
        return answer

    def _prepared(self, after: Next | None) -> Deferred[Prepared | None]:
        """What sending a record would do there; None for one whose bytes are on their way."""
        if not isinstance(after, Change):
            return succeed(None)
        return Deferred.fromCoroutine(self._prepare(after))

    async def _prepare(self, change: Change) -> Prepared:
        cannot = self._cannot(change)
        if cannot:
            return cannot
        prepared = await self._asked(self._platform.prepare, change)
        if isinstance(prepared, Failure):
            self._log(prepared, change.outgoing)
            return NotNow(_words(prepared))
        return prepared  # type: ignore[no-any-return]

    def _cannot(self, change: Change) -> LeaveAlone | None:
        """Why the platform keeps a record as it is: it offers no such change."""
        can, known = self._platform.capabilities, change.mapped
        if change.outgoing.kind is _PAYMENT and not can.payments:
            return LeaveAlone("This platform takes no payments from QuickBooks.")
        if known is None:
            return None
        offered = {Ended.NO: can.updates, Ended.VOIDED: can.voids, Ended.DELETED: can.deletions}
        if offered[change.ended]:
            return None
        return LeaveAlone(f"This platform cannot have it {change.ended.value or 'changed'}.")

    def _log(self, failure: Failure, one: Outgoing) -> None:
        self.log.failure(
            "The connector of {connection} failed with {name}",
            failure,
            connection=self.account.connection,
            name=one.name,
        )

    def _answered(self, leaving: _Leaving) -> Deferred[Answer]:
        return Deferred.fromCoroutine(self._answer(leaving.one))

    async def _answer(self, one: Outgoing) -> Answer:
        assert one.request is not None, "it was kept before it leaves"
        answer = await self._asked(self._platform.send, one.request, one.request_key)
        if isinstance(answer, Failure):
            self._log(answer, one)
            return Unknown(_words(answer))
        return answer  # type: ignore[no-any-return]

    def _thd_stay(self, stays: Sequence[Stays]) -> None:
        now, _ = self.thd_hold()
        for stay in stays:
            one = stay.outgoing
            records.absorb(self._id, self._identity(), one.object_id, stay.absorbed)
            if stay.wants:
                outbox.want(self._id, [stay.wants], now)
            if stay.state is SendState.WAITING and not stay.waits_for:
                self._try_later(one, NotNow(stay.reason), now, passes=True)
            else:
                would = Would.WAIT if stay.waits_for else _WOULD.get(stay.state, Would.NOTHING)
                standing = Standing(stay.state, stay.reason, would, waits_for=stay.waits_for)
                outbox.stands(self._id, one, standing, now)

    def _try_later(
        self, one: Outgoing, why: NotNow | Unknown, now: datetime, *, passes: bool = False
    ) -> None:
        """Try a record again later; ``passes``: a sync of QuickBooks ends it, or nothing."""
        if not (passes or why.whole) and one.attempts + 1 >= sending.PATIENCE_ATTEMPTS:
            sending.tell_late(self._id, one, why.reason, now)
        outbox.try_later(
            self._id,
            one,
            why.reason,
            known_end=isinstance(why, NotNow),
            after=why.after.total_seconds(),
            chance=self._chance,
            now=now,
        )

    def _identity(self) -> str:
        account = accounts.find(self._id)
        if account is None:
            raise HeldByAnother(self.outlet_name)
        return account.identity

    def _thd_begin(
        self,
        window: Sequence[tuple[Outgoing, Next | None]],
        prepared: Sequence[Prepared | None],
    ) -> list[_Leaving]:
        """Keep the bytes of what leaves now; what does not is settled. Returns what leaves."""
        now, _ = self.thd_hold()
        leaving = []
        for (one, after), request in zip(window, prepared, strict=True):
            if request is None:
                leaving.append(_Leaving(one, again=True))
            elif isinstance(request, Request) and isinstance(after, Change):
                if after.mapped and request.digest == one.digest:
                    standing = Standing(SendState.SENT, would=Would.NOTHING)
                    outbox.stands(self._id, one, standing, now)
                else:
                    leaving.append(self._kept(one, after, request))
            else:
                counted = self._counted(one, after) if isinstance(request, Done) else one
                self._settle(counted, request, now, Would.NOTHING)
        return leaving

    def _kept(self, one: Outgoing, change: Change, request: Request) -> _Leaving:
        kept = replace(
            self._counted(one, change),
            request=request.body,
            request_key=self._new_key(),
            request_digest=request.digest,
        )
        outbox.begin(self._id, kept)
        return _Leaving(kept, request.would)

    def _counted(self, one: Outgoing, after: Next | None) -> Outgoing:
        """The record with what is in its baseline, or in those of the invoices that it pays."""
        copy = after.copy if isinstance(after, Change) else None
        if isinstance(copy, PaymentCopy):
            records.absorb(self._id, self._identity(), one.object_id, copy.absorbed)
        return replace(one, baseline=copy.baseline if isinstance(copy, InvoiceCopy) else None)

    def _thd_end(self, leaving: Sequence[_Leaving], answers: Sequence[Answer]) -> None:
        """Write down what became of what left."""
        now, held = self.thd_hold()
        for one, answer in zip(leaving, answers, strict=True):
            self._settle(one.one, _as_of_now(one, answer), now, one.would, again=one.again)
        if held.attempts and any(isinstance(one, Done) for one in answers):
            self._thd_goes()

    def _settle(
        self,
        one: Outgoing,
        became: Any,
        now: datetime,
        would: Would = Would.UNKNOWN,
        *,
        again: bool = False,
    ) -> None:
        """Write down how a record stands after an answer."""
        match became:
            case Done(their_id, differs, look_after):
                self._put(one, their_id, now)
                state = SendState.WAITING if again else SendState.SENT
                standing = Standing(state, differs, would, digest=one.request_digest, sent=True)
                if look_after:
                    standing = replace(standing, look_at=now + look_after)
            case LeaveAlone(reason, their_id):
                if their_id:
                    self._put(one, their_id, now)
                standing = Standing(SendState.LEFT_ALONE, reason, Would.NOTHING)
            case Ambiguous(reason):
                standing = Standing(SendState.REFUSED, reason, Would.AMBIGUOUS)
            case Refused(reason):
                standing = Standing(SendState.REFUSED, reason, Would.REFUSE)
            case _:
                self._try_later(one, became, now)
                return
        outbox.stands(self._id, one, standing, now)

    def _put(self, one: Outgoing, their_id: str, now: datetime) -> None:
        identity = self._identity()
        if not their_id:
            records.remove(self._id, identity, one.kind, one.object_id)
            return
        records.put(
            self._id,
            identity,
            one.kind,
            one.object_id,
            their_id,
            one.document,
            now,
            baseline=one.baseline,
        )


def _as_of_now(leaving: _Leaving, answer: Answer) -> Answer:
    """What a refusal of bytes that left before says of the record now: nothing."""
    if leaving.again and isinstance(answer, Refused | LeaveAlone):
        return NotNow(answer.reason)
    return answer


def _words(failure: Failure) -> str:
    """What a failure is called; its text may hold anything, and stays out."""
    name = type(failure.value).__name__
    return "There was no answer in time." if name == "TimeoutError" else f"It failed: {name}."


def _is_as_known(account: PlatformAccount, company: Company) -> bool:
    told = (account.identity, account.company, account.currency, account.time_zone)
    now = (company.identity, company.name, company.currency, company.time_zone)
    return told == now and account.warning == " ".join(company.warnings)


def _account(_store: Store, connection_id: int) -> PlatformAccount | None:
    return accounts.find(connection_id)


def _next_look(_store: Store, connection_id: int) -> datetime | None:
    return outbox.next_look(connection_id)


def _batch(
    _store: Store, connection_id: int, now: datetime, limit: int, *, looking: bool
) -> list[tuple[Outgoing, Next | None]]:
    """Records whose turn it is, and what is to become of each; None where bytes are on the way.

    Of payments that are counted as paid before an invoice was sent, one of each invoice: what is
    left of that for the next one is known once this is on file.
    """
    account = accounts.find(connection_id)
    if account is None:
        return []
    connection = connections.by_id(connection_id)
    side = copies.Side(connection, account, looking=looking)
    found: list[tuple[Outgoing, Next | None]] = []
    counted: set[str] = set()
    for one in outbox.due(connection_id, now, limit, looking=looking):
        after = None if one.request is not None else side.next_of(one)
        invoices = _counted_on(after)
        if looking or not invoices & counted:
            found.append((one, after))
            counted |= invoices
    return found


def _counted_on(after: Next | None) -> set[str]:
    """The invoices in whose baseline something of a payment is."""
    held = after.copy if isinstance(after, Change) else after
    return (
        {txn_id for txn_id, _ in held.absorbed} if isinstance(held, PaymentCopy | Stays) else set()
    )


def _named(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The records that events are about: of customers those alone that invoices are billed to."""
    for event in found:
        if event.kind.value in _INVOICES:
            yield _INVOICE, event.object_id, event.document
    customers = {one.object_id: one.document for one in found if one.kind.value in _CUSTOMERS}
    for list_id in sorted(outbox.known(connection_id, _CUSTOMER, customers)):
        yield _CUSTOMER, list_id, customers[list_id]
    yield from _payments(connection_id, identity, found)


def _payments(connection_id: int, identity: str, found: Sequence[Event]) -> Iterator[Named]:
    """The ReceivePayments that events are about: one posted here is told by the platform's id."""
    told = {one.document: one.kind for one in found if one.kind.value in _PAYMENTS}
    posted = paid.posted_for(connection_id, identity, told)
    for txn_id, key in posted:
        yield _PAYMENT, txn_id, key
    for document in told.keys() - {key for _, key in posted}:
        if told[document] is not EventKind.PAYMENT_POSTED:
            yield _PAYMENT, document, document


def _found(one: Outgoing, after: Next | None, became: Prepared | None) -> tuple[Would, str]:
    """What a dry run found of a record, and why."""
    match became:
        case Done():
            return Would.NOTHING, ""
        case Request(_, digest, would):
            is_same = isinstance(after, Change) and after.mapped and digest == one.digest
            return (Would.NOTHING if is_same else would), ""
        case Ambiguous(reason):
            return Would.AMBIGUOUS, reason
        case Refused(reason):
            return Would.REFUSE, reason
        case LeaveAlone(reason):
            return Would.NOTHING, reason
    assert isinstance(after, Stays)
    if after.state is SendState.REFUSED:
        return Would.REFUSE, after.reason
    return (Would.WAIT if after.state is SendState.WAITING else Would.NOTHING), after.reason
