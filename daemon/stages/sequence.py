"""The stages of a sync, one after the other: invoices, credit memos, payments, balances.

Each stage is a plan of its own; where it stands travels in the session row as JSON. The
handlers of callbacks talk to the stages alone and never ask which one is on. Store-thread code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from daemon.stages import known_copy
from daemon.stages.balances import Balances
from daemon.stages.credit_memos import CreditMemos
from daemon.stages.invoices import work as invoices
from daemon.stages.moves import Ask, AskWrite, GiveUpOn, Gone, Move, NotTakenIn, Progress
from daemon.stages.payments import work as payments
from daemon.stages.reading import Reading, Tally
from daemon.stages.retried import Retried
from shared.models import syncs
from shared.models.payments import long_waits, rejudging
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.payments import reasons
from shared.rules.values import ApplicationKind, Outcome, Session, SyncState
from shared.settings import Settings


class Stage(StrEnum):
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


class Work(Protocol):
    """What a stage can do; each function takes the session with the stage's own plan."""

    def begin(self, session: Session, settings: Settings, now: datetime) -> str:
        """The plan at its start."""

    def next_ask(
        self, session: Session, request_id: str, now: datetime
    ) -> tuple[Session, Ask | AskWrite | None]:
        """What to ask next; None when the stage is over."""

    def has_more(self, session: Session, now: datetime) -> bool:
        """Whether anything is left to ask."""

    def record_reader(self, session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
        """How records of the current step are read; needs no store."""

    def in_batches(self, session: Session) -> bool:
        """Whether rows may be stored before the whole answer was read; needs no store."""

    def asked_again(self, session: Session, now: datetime) -> Session | None:
        """The request that is out is asked for again; None when it may be handed out again."""

    def store_rows(self, session: Session, rows: Sequence[object], now: datetime) -> Tally:
        """Store rows of the current step ahead of the end of their answer."""

    def take_answer(
        self, session: Session, reading: Reading, now: datetime
    ) -> tuple[Session, Move]:
        """Store an answer and decide what it means."""

    def refused(
        self, session: Session, code: str, said: str, *, passing: bool, now: datetime
    ) -> tuple[Session, Move]:
        """QuickBooks did not take the message set as a whole."""

    def give_up_on(
        self, session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime
    ) -> Session:
        """Never ask for a record again in this sync."""

    def settle(self, session: Session, now: datetime) -> tuple[Session, bool]:
        """The stage is over: settle a slice of what it brought; whether nothing of it is left."""

    def conclude(self, session: Session, settings: Settings, now: datetime) -> Session:
        """What the stage brought is settled."""

    def progress(self, session: Session) -> Progress:
        """How far the stage is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Which stage a sync is in, and where that one stands."""

    stage: Stage
    plan: str

    def to_json(self) -> str:
        """As the store keeps it between two callbacks."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Standing:
        """Read what to_json wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "stage": Stage(fields["stage"])})


STAGES: Mapping[ApplicationKind, tuple[Stage, ...]] = {
    ApplicationKind.INVOICE: (Stage.KNOWN_COPY, Stage.INVOICES, Stage.CREDIT_MEMOS),
    ApplicationKind.PAYMENT: (Stage.RETRIED, Stage.PAYMENTS, Stage.BALANCES),
    ApplicationKind.COMBINED: tuple(Stage),
}
SHARE: Mapping[ApplicationKind, Mapping[Stage, tuple[int, int]]] = {
    ApplicationKind.INVOICE: {
        Stage.KNOWN_COPY: (0, 0),
        Stage.INVOICES: (0, 100),
        Stage.CREDIT_MEMOS: (99, 100),
    },
    ApplicationKind.PAYMENT: {
        Stage.RETRIED: (0, 2),
        Stage.PAYMENTS: (2, 85),
        Stage.BALANCES: (85, 100),
    },
    ApplicationKind.COMBINED: {
        Stage.KNOWN_COPY: (0, 0),
        Stage.INVOICES: (0, 60),
        Stage.CREDIT_MEMOS: (60, 60),
        Stage.RETRIED: (60, 60),
        Stage.PAYMENTS: (60, 90),
        Stage.BALANCES: (90, 100),
    },
}
"""Which part of the Web Connector's bar each stage fills, in percent."""

WORK: Mapping[Stage, Work] = {
    Stage.KNOWN_COPY: known_copy,
    Stage.INVOICES: invoices,
    Stage.CREDIT_MEMOS: CreditMemos(),
    Stage.RETRIED: Retried(),
    Stage.PAYMENTS: payments,
    Stage.BALANCES: Balances(),
}


def begin(session: Session, settings: Settings, now: datetime) -> Session:
    """The first stage of a new session's sync."""
    return _enter(session, Standing(STAGES[session.application.kind][0], ""), settings, now)


def next_ask(
    session: Session, request_id: str, settings: Settings, now: datetime
) -> tuple[Session, Ask | AskWrite | Left]:
    """What to ask next, in this stage or one that follows; else what else is left."""
    while True:
        work, inner = _work(session)
        inner, asked = work.next_ask(inner, request_id, now)
        session = _back(session, inner)
        if asked is not None:
            return session, asked
        session, left = _go_over(session, settings, now)
        if left is not Left.TO_ASK:
            return session, left


def onward(session: Session, settings: Settings, now: datetime) -> tuple[Session, Left]:
    """What is left; goes over to the stage that has something to ask.

    Asked before every percent: 100 must be answered with the last answer, since an empty
    sendRequestXML means "ask me for the error".
    """
    while True:
        work, inner = _work(session)
        if work.has_more(inner, now):
            return session, Left.TO_ASK
        session, left = _go_over(session, settings, now)
        if left is not Left.TO_ASK:
            return session, left


def record_reader(session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
    """How records of the current step are read; needs no store."""
    work, inner = _work(session)
    return work.record_reader(inner)


def in_batches(session: Session) -> bool:
    """Whether rows may be stored before the whole answer was read; needs no store."""
    work, inner = _work(session)
    return work.in_batches(inner)


def asked_again(session: Session, now: datetime) -> Session | None:
    """The request that is out is asked for again; None when it may be handed out again."""
    work, inner = _work(session)
    after = work.asked_again(inner, now)
    return None if after is None else _back(session, after)


def store_rows(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Store rows of the current step."""
    work, inner = _work(session)
    return work.store_rows(inner, rows, now)


def take_answer(session: Session, reading: Reading, now: datetime) -> tuple[Session, Move]:
    """Store an answer's last rows and let the stage decide what it means."""
    work, inner = _work(session)
    inner, move = work.take_answer(inner, reading, now)
    return _back(session, inner), move


def refused(
    session: Session, code: str, said: str, *, passing: bool, now: datetime
) -> tuple[Session, Move]:
    """QuickBooks refused the message set; ``passing`` when it may take it in a while."""
    work, inner = _work(session)
    inner, move = work.refused(inner, code, said, passing=passing, now=now)
    return _back(session, inner), move


def give_up_on(session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime) -> Session:
    """Never ask for a record again in this sync."""
    work, inner = _work(session)
    return _back(session, work.give_up_on(inner, move, now))


def percent(session: Session) -> int:
    """How far the sync is, for the Web Connector's bar: never 100 before the end."""
    low, high = SHARE[session.application.kind][_standing(session).stage]
    work, inner = _work(session)
    return min(low + (high - low) * work.progress(inner).percent // 100, 99)


def show_progress(session: Session) -> None:
    """Write position, total and step where Recent Syncs reads them."""
    if session.sync_id is None:
        return
    work, inner = _work(session)
    now = work.progress(inner)
    syncs.save(
        session.sync_id,
        state=SyncState.STARTED,
        position=now.position,
        total=now.total,
        failed=now.failed,
        message=now.doing,
    )


def finish(session: Session, settings: Settings, now: datetime) -> tuple[Session, str]:
    """All stages are concluded: count what was done, and say how it went."""
    # What waited for an invoice may go out with the next Payment Sync.
    rejudging.judge_again(session.connection.id, now, but=reasons.PUT_OFF)
    after = timedelta(hours=settings.waiting_is_a_problem_after_hours)
    long_waits.report(session.connection.id, session.sync_id, after, now)
    if session.sync_id is None:
        return session, result_sentence(0, 0, 0)
    # A record may have been met in several steps: in the end each one counts once.
    counts = syncs.record_counts(session.sync_id)
    touched = sum(counts.values())
    failed, posted = counts.get(Outcome.FAILED, 0), counts.get(Outcome.POSTED, 0)
    sentence = result_sentence(posted, touched - failed - posted, failed)
    syncs.save(
        session.sync_id,
        state=SyncState.FINISHED,
        position=touched - failed,
        total=touched,
        failed=failed,
        message=sentence,
        ended_at=now,
    )
    return session, sentence


def result_sentence(posted: int, others: int, failed: int) -> str:
    """What the bookkeeper reads in the status column."""
    if not posted and not others and not failed:
        return "Finished: nothing has changed since the last run"
    parts = []
    if posted:
        parts.append("1 payment posted" if posted == 1 else f"{posted} payments posted")
    if others or not posted:
        parts.append("1 record up to date" if others == 1 else f"{others} records up to date")
    if failed:
        parts.append("1 needs your attention" if failed == 1 else f"{failed} need your attention")
    return f"Finished: {', '.join(parts)}"


def _go_over(session: Session, settings: Settings, now: datetime) -> tuple[Session, Left]:
    """Settle a slice of what a stage brought; after the last, conclude it and enter the next."""
    work, inner = _work(session)
    inner, is_settled = work.settle(inner, now)
    if not is_settled:
        return _back(session, inner), Left.TO_SETTLE
    session = _back(session, work.conclude(inner, settings, now))
    following = _following(session)
    if following is None:
        return session, Left.NOTHING
    standing = replace(_standing(session), stage=following)
    return _enter(session, standing, settings, now), Left.TO_ASK


def _enter(session: Session, standing: Standing, settings: Settings, now: datetime) -> Session:
    session = replace(session, plan=replace(standing, plan="").to_json())
    plan = WORK[standing.stage].begin(session, settings, now)
    return replace(session, plan=replace(standing, plan=plan).to_json())


def _following(session: Session) -> Stage | None:
    stages = STAGES[session.application.kind]
    at = stages.index(_standing(session).stage)
    return stages[at + 1] if at + 1 < len(stages) else None


def _work(session: Session) -> tuple[Work, Session]:
    """The stage that is on, and the session as that stage sees it: with its own plan."""
    standing = _standing(session)
    return WORK[standing.stage], replace(session, plan=standing.plan)


def _back(session: Session, inner: Session) -> Session:
    return replace(inner, plan=replace(_standing(session), plan=inner.plan).to_json())


def _standing(session: Session) -> Standing:
    return Standing.from_json(session.plan)
