"""How records stand after a look, a write or an answer: written down on the store thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import define

from daemon.connectors.platform import (
    Ambiguous,
    Answer,
    Done,
    FoundAgain,
    LeaveAlone,
    NotNow,
    Prepared,
    Request,
    Unknown,
)
from daemon.connectors.turns import Planned
from daemon.held_work import HeldByAnother
from shared.models import outlets
from shared.models.platforms import accounts, outbox, paid, records, sending, stopped
from shared.models.platforms.copies import NOTHING_LEFT
from shared.models.platforms.outbox import Standing
from shared.rules.connectors import (
    Change,
    InvoiceCopy,
    Outgoing,
    PaymentCopy,
    SendState,
    Stays,
    Would,
)
from shared.rules.outlets import OutletStanding, Refused
from shared.rules.values import RecordKind
from shared.structs import Value, replace

_WOULD = {SendState.REFUSED: Would.REFUSE}
Hold = Callable[[], tuple[datetime, OutletStanding]]
"""Goes on holding the account; returns the time and how its outlet stands."""
Looked = tuple[Outgoing, Planned, Prepared | None]
"""A record, what is to become of it, and what sending it would do there."""


class Leaving(Value):
    """A write that is on its way: its record with the bytes, and what it does there.

    ``again``: the bytes left before, and the record may have changed since.
    """

    one: Outgoing
    would: Would = Would.UNKNOWN
    again: bool = False


Ended = tuple[Leaving, Answer]


@define(eq=False, repr=False)
class Outcomes:
    """Writes down what becomes of the records of one account, by the ``id`` of its connection.

    Each ``thd_`` is a unit of its own. ``new_key`` makes the key of a request, a new one each time.
    """

    _id: int
    _hold: Hold
    _chance: Callable[[], float]
    _new_key: Callable[[], str]

    def thd_looked(self, looked: Sequence[Looked]) -> Sequence[None]:
        """Write down what a dry run found; nothing was sent."""
        now, _ = self._hold()
        for one, after, became in looked:
            became = became.prepared if isinstance(became, FoundAgain) else became
            if isinstance(became, NotNow):
                self._try_later(one, became, now)
            else:
                outbox.looked(self._id, one, *_found(one, after, became))
            if isinstance(after, Stays) and after.wants:
                outbox.want(self._id, [after.wants], now)
        return ()

    def thd_stay(self, stays: Sequence[Stays]) -> Sequence[None]:
        """Write down why records do not go out now."""
        now, _ = self._hold()
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
        return ()

    def thd_set_aside(self, one: Outgoing, why: str) -> None:
        """Try a record later that failed for a reason of ours; bytes that left stay as they are."""
        now, _ = self._hold()
        self._try_later(one, Unknown(why), now)

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
            raise HeldByAnother(self._id)
        return account.identity

    def thd_begin(self, prepared: Sequence[Looked]) -> list[Leaving]:
        """Keep the bytes of what leaves now; what does not is settled. Returns what leaves."""
        now, _ = self._hold()
        leaving = []
        for one, after, request in prepared:
            if isinstance(request, FoundAgain):
                one, after, request = self._found_again(one, after, request, now)
            if request is None:
                leaving.append(Leaving(one, again=True))
            elif isinstance(request, Request) and isinstance(after, Change):
                if _has_nothing_left(after):
                    self._counted(one, after)
                    standing = Standing(SendState.NOT_NEEDED, NOTHING_LEFT, Would.NOTHING)
                    outbox.stands(self._id, one, standing, now)
                elif not _begins(after, request) and request.digest == one.digest:
                    standing = Standing(SendState.SENT, would=Would.NOTHING)
                    outbox.stands(self._id, one, standing, now)
                else:
                    leaving.append(self._kept(one, after, request, now))
            else:
                counted = self._counted(one, after) if isinstance(request, Done) else one
                self._settle(counted, request, now, Would.NOTHING)
        return leaving

    def _found_again(
        self, one: Outgoing, after: Planned, found: FoundAgain, now: datetime
    ) -> Looked:
        """The record with the baseline that it has there; the payments on it are known again."""
        for our_id, their_id in found.payments:
            where = (self._id, self._identity(), RecordKind.PAYMENT, our_id)
            records.put(*where, their_id, our_id, now)
        if found.baseline is None:
            return one, after, found.prepared
        assert isinstance(after, Change)
        assert isinstance(after.copy, InvoiceCopy)
        after = replace(after, copy=replace(after.copy, baseline=found.baseline))
        return self._counted(one, after), after, found.prepared

    def _kept(self, one: Outgoing, change: Change, request: Request, now: datetime) -> Leaving:
        kept = replace(
            self._counted(one, change),
            request=request.body,
            request_key=self._new_key(),
            request_digest=request.digest,
        )
        outbox.begin(self._id, kept)
        if isinstance(change.copy, InvoiceCopy) and _begins(change, request):
            # What was kept of one that is gone there says nothing of this one. Its payments that
            # were read before it was to go there follow it.
            records.remove(self._id, self._identity(), one.kind, one.object_id)
            found = paid.called_of_invoice(self._id, self._identity(), one.object_id)
            outbox.want(self._id, [(RecordKind.PAYMENT, *named) for named in found], now)
        return Leaving(kept, request.would)

    def _counted(self, one: Outgoing, after: Planned) -> Outgoing:
        """The record with what is in its baseline, or in those of the invoices that it pays."""
        copy = after.copy if isinstance(after, Change) else None
        if isinstance(copy, PaymentCopy):
            records.absorb(self._id, self._identity(), one.object_id, copy.absorbed)
        return replace(one, baseline=copy.baseline if isinstance(copy, InvoiceCopy) else None)

    def thd_end(self, ended: Sequence[Ended]) -> Sequence[None]:
        """Write down what became of what left."""
        now, held = self._hold()
        for leaving, answer in ended:
            became = _as_of_now(leaving, answer)
            self._settle(leaving.one, became, now, leaving.would, again=leaving.again)
        if held.attempts and any(isinstance(answer, Done) for _, answer in ended):
            self.goes(held)
        return ()

    def goes(self, held: OutletStanding) -> None:
        """Say that everything goes through again."""
        outlets.goes(held)
        account = accounts.find(self._id)
        if account is not None:
            stopped.settle(account, stopped.ALL)

    def _settle(
        self,
        one: Outgoing,
        became: Any,
        now: datetime,
        would: Would = Would.UNKNOWN,
        *,
        again: bool = False,
    ) -> None:
        if isinstance(became, Done) and one.kind is RecordKind.CUSTOMER:
            became = self._taken(one, became, now)
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

    def _taken(self, one: Outgoing, became: Done, now: datetime) -> Done | Ambiguous:
        """What became of a customer, unless it was taken for what another one is there.

        That happens where the platform knows names as one that QuickBooks tells apart, and both are
        new. The other one is sent again: what is there is it.
        """
        where = (self._id, self._identity(), one.kind)
        other = records.ours(*where, became.their_id) if became.their_id else None
        if other is None or other.our_id == one.object_id:
            return became
        outbox.want(self._id, [(one.kind, other.our_id, other.document)], now)
        return Ambiguous(
            f"It was taken for {became.their_id}, which is {other.document}: the names are one"
            " there. Create it as a customer of its own."
        )

    def _put(self, one: Outgoing, their_id: str, now: datetime) -> None:
        where = (self._id, self._identity(), one.kind, one.object_id)
        if their_id:
            records.put(*where, their_id, one.document, now, baseline=one.baseline)
        else:
            records.remove(*where)


def _begins(change: Change, request: Request) -> bool:
    """Whether a record begins there: for the first time, or again since the one there is gone."""
    return change.mapped is None or request.would in (Would.CREATE, Would.MATCH)


def _has_nothing_left(change: Change) -> bool:
    """Whether all that a payment pays had been paid before."""
    return isinstance(change.copy, PaymentCopy) and not change.copy.applied


def _as_of_now(leaving: Leaving, answer: Answer) -> Answer:
    """What a refusal of bytes that left before says of the record now: nothing."""
    if leaving.again and isinstance(answer, Refused | LeaveAlone):
        return NotNow(answer.reason)
    return answer


def _found(one: Outgoing, after: Planned, became: Prepared | None) -> tuple[Would, str]:
    match became:
        case Done():
            return Would.NOTHING, ""
        case Request() if isinstance(after, Change) and _has_nothing_left(after):
            return Would.NOTHING, NOTHING_LEFT
        case Request(_, digest, would) as became:
            is_same = isinstance(after, Change) and not _begins(after, became)
            return (Would.NOTHING if is_same and digest == one.digest else would), ""
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
