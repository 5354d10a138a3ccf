"""The stages of a sync, one after the other: invoices, credit memos, payments, balances.

Each stage has a plan of its own. Which one is on and where it stands travel in the session row as
JSON: read once in a transaction, written once. The handlers of callbacks never ask which stage is
on. Store-thread code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from daemon.stages.balances import BalancesStage
from daemon.stages.base import Stage
from daemon.stages.credit_memos import CreditMemoStage
from daemon.stages.invoices.stage import CUT, InvoiceStage
from daemon.stages.known_copy import KnownCopyStage
from daemon.stages.moves import Ask, AskWrite
from daemon.stages.payments.stage import PaymentStage
from daemon.stages.retried import RetriedStage
from shared.models import syncs
from shared.models.ledger import rereads
from shared.models.payments import long_waits, rejudging
from shared.rules.payments import reasons
from shared.rules.values import ApplicationKind, Outcome, Session, SyncState
from shared.settings import Settings
from shared.structs import Raw, Value, decode, encode, replace


class StageName(StrEnum):
    """What a sync does, in this order."""

    KNOWN_COPY = "known-copy"  # is it the copy of the company file that we know?
    INVOICES = "invoices"  # what QuickBooks bills
    CREDIT_MEMOS = "credit-memos"  # what is left of credits, where that is wanted
    RETRIED = "retried"  # what retried payments name, read again
    PAYMENTS = "payments"  # posted there, and read from there
    BALANCES = "balances"  # the invoices that payments touched, read again


class Left(StrEnum):
    """What a sync still has to do."""

    TO_ASK = "to-ask"  # QuickBooks is to be asked for more
    TO_SETTLE = "to-settle"  # a slice of the books was settled: go on in another transaction
    NOTHING = "nothing"  # all stages are concluded


STAGES: Mapping[StageName, type[Stage[Any]]] = {
    StageName.KNOWN_COPY: KnownCopyStage,
    StageName.INVOICES: InvoiceStage,
    StageName.CREDIT_MEMOS: CreditMemoStage,
    StageName.RETRIED: RetriedStage,
    StageName.PAYMENTS: PaymentStage,
    StageName.BALANCES: BalancesStage,
}
SHARE: Mapping[ApplicationKind, Mapping[StageName, tuple[int, int]]] = {
    ApplicationKind.INVOICE: {
        StageName.KNOWN_COPY: (0, 0),
        StageName.INVOICES: (0, 100),
        StageName.CREDIT_MEMOS: (99, 100),
    },
    ApplicationKind.PAYMENT: {
        StageName.RETRIED: (0, 2),
        StageName.PAYMENTS: (2, 85),
        StageName.BALANCES: (85, 100),
    },
    ApplicationKind.COMBINED: {
        StageName.KNOWN_COPY: (0, 0),
        StageName.INVOICES: (0, 60),
        StageName.CREDIT_MEMOS: (60, 60),
        StageName.RETRIED: (60, 60),
        StageName.PAYMENTS: (60, 90),
        StageName.BALANCES: (90, 100),
    },
}
"""The stages of each application in their order, and which part of the Web Connector's bar each
one fills, in percent."""


class _Kept(Value):
    """What the session row has of them: which one is on, and its plan."""

    stage: StageName
    plan: Raw


class StageSequence:
    """The stages of a session's sync within one transaction.

    A session without a plan begins its sync. ``stage`` is the one that is on.
    """

    def __init__(self, session: Session, settings: Settings, now: datetime) -> None:
        self.session, self._settings, self._now = session, settings, now
        self._share = SHARE[session.application.kind]
        if session.plan:
            kept = decode(session.plan, type=_Kept)
            self._enter(kept.stage, kept.plan)
        else:
            self._enter(next(iter(self._share)))

    def _enter(self, name: StageName, kept: Raw | None = None) -> None:
        self._name = name
        self.stage = STAGES[name](self.session, self._settings, self._now, kept)

    def go_on_as(self, session: Session) -> None:
        """The same session, with its exchange as it is by now."""
        self.session = self.stage.session = session

    def moved(self) -> Session:
        """The session with the plan as it is now, to be saved."""
        kept = {"stage": self._name, "plan": self.stage.plan}
        return replace(self.session, plan=encode(kept).decode())

    def next_ask(self, request_id: str) -> Ask | AskWrite | Left:
        """What to ask next, in this stage or one that follows; else what else is left."""
        while True:
            asked = self.stage.next_ask(request_id)
            if asked is not None:
                return asked
            left = self._go_over()
            if left is not Left.TO_ASK:
                return left

    def onward(self) -> Left:
        """What is left; goes over to the stage that has something to ask.

        Asked before every percent: 100 must be answered with the last answer, since an empty
        sendRequestXML means "ask me for the error".
        """
        while not self.stage.has_more():
            left = self._go_over()
            if left is not Left.TO_ASK:
                return left
        return Left.TO_ASK

    def _go_over(self) -> Left:
        """Settle a slice of what a stage brought; after the last, conclude it, enter the next."""
        if not self.stage.settle():
            return Left.TO_SETTLE
        self.stage.conclude()
        names = list(self._share)
        following = names[names.index(self._name) + 1 :]
        if not following:
            return Left.NOTHING
        self._enter(following[0])
        return Left.TO_ASK

    def percent(self) -> int:
        """How far the sync is, for the Web Connector's bar: never 100 before the end."""
        low, high = self._share[self._name]
        return min(low + (high - low) * self.stage.progress().percent // 100, 99)

    def show_progress(self) -> None:
        """Write position, total and step where Recent Syncs reads them."""
        if self.session.sync_id is None:
            return
        now = self.stage.progress()
        syncs.save(
            self.session.sync_id,
            state=SyncState.STARTED,
            position=now.position,
            total=now.total,
            failed=now.failed,
            message=now.doing,
        )


def note_cut(session: Session) -> None:
    """Remember that a sync ends before its work: the next one compares instead of reading anew."""
    if session.plan and decode(session.plan, type=_Kept).stage is StageName.INVOICES:
        rereads.set_watermark(session.connection.id, CUT, str(session.id))


def finish(session: Session, settings: Settings, now: datetime) -> str:
    """All stages are concluded: count what was done, and say how it went."""
    # What waited for an invoice may go out with the next Payment Sync.
    rejudging.judge_again(session.connection.id, now, but=reasons.PUT_OFF)
    after = timedelta(hours=settings.waiting_is_a_problem_after_hours)
    long_waits.report(session.connection.id, session.sync_id, after, now)
    if session.sync_id is None:
        return result_sentence(0, 0, 0)
    # A record may have been met in several steps: in the end each one counts once.
    counts = syncs.record_counts(session.sync_id)
    touched = sum(counts.values())
    failed, posted = counts.get(Outcome.FAILED, 0), counts.get(Outcome.POSTED, 0)
    held = 0 if touched else long_waits.not_on_their_way(session.connection.id)
    sentence = result_sentence(posted, touched - failed - posted, failed, held)
    syncs.save(
        session.sync_id,
        state=SyncState.FINISHED,
        position=touched - failed,
        total=touched,
        failed=failed,
        message=sentence,
        ended_at=now,
    )
    return sentence


def result_sentence(posted: int, others: int, failed: int, held: int = 0) -> str:
    """What the bookkeeper reads in the status column.

    ``held`` payments wait or were refused: told where nothing else happened.
    """
    if not posted and not others and not failed:
        if held:
            waiting = "1 payment is" if held == 1 else f"{held} payments are"
            return f"Finished: {waiting} not posted yet"
        return "Finished: nothing has changed since the last sync"
    parts = []
    if posted:
        parts.append("1 payment posted" if posted == 1 else f"{posted} payments posted")
    if others or not (posted or failed):
        parts.append("1 record up to date" if others == 1 else f"{others} records up to date")
    if failed:
        parts.append(
            "1 record needs attention" if failed == 1 else f"{failed} records need attention"
        )
    return f"Finished: {', '.join(parts)}"
