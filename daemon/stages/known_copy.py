"""The first stage of Invoice Sync: is this the copy of the company file that we know?

An older copy shows invoices as open that our payments have paid. So nothing is read from it before
a person has said that it is the one to go on with. Payment Sync asks the same by itself
(``daemon.stages.payments.restored``), and decides about each payment that is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from daemon.stages import paging
from daemon.stages.moves import (
    Ask,
    AskWrite,
    Fail,
    GiveUpOn,
    Gone,
    GoOn,
    Move,
    NotTakenIn,
    Progress,
)
from daemon.stages.paging import Paged
from daemon.stages.payments import intake, plan, restored
from daemon.stages.payments.plan import KNOWN_LIMIT, Step
from daemon.stages.reading import Reading, Tally
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.values import Session
from shared.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCopy(Paged):
    """Whether it is known yet; ``limit`` is how many of the latest payments are asked for."""

    limit: int = KNOWN_LIMIT
    over: bool = False

    @property
    def iterates(self) -> bool:
        """One question, one answer."""
        return False


def thd_begin(session: Session, settings: Settings, now: datetime) -> str:
    """The question is still to be asked."""
    tries = settings.transient_retries
    return json.dumps(asdict(KnownCopy(page_size=1, largest_page=1, most_tries=tries)))


def thd_next(
    session: Session, request_id: str, now: datetime
) -> tuple[Session, Ask | AskWrite | None]:
    """Ask for the latest payments that a copy from before would lack; None without any."""
    state = _state(session)
    latest = () if state.over else tuple(restored.thd_latest(session, state.limit))
    if not latest:
        return session, None
    asked = Ask(Step.KNOWN.value, request_id, plan.known(latest, request_id))
    return _with(session, replace(state, asked=latest)), asked


def thd_has_more(session: Session, now: datetime) -> bool:
    """Whether the question is still to be asked."""
    return thd_next(session, "0", now)[1] is not None


def taker(session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
    """Records are looked at as they are."""
    return lambda ret: intake.take(ret, step=Step.KNOWN, home_currency="")


def in_batches(session: Session) -> bool:
    """The answer decides as a whole."""
    return False


def thd_unheard(session: Session, now: datetime) -> Session | None:
    """A query may simply be handed out again."""
    return None


def thd_store(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Nothing of it is stored."""
    return Tally()


def thd_take(session: Session, reading: Reading, now: datetime) -> tuple[Session, Move]:
    """Go on with the copy that we know, or with one that a person has said to go on with."""
    state, move = _thd_judged(session, _state(session), reading, now)
    return _with(session, state), move


def _thd_judged(
    session: Session, state: KnownCopy, reading: Reading, now: datetime
) -> tuple[KnownCopy, Move]:
    if reading.unreadable or len(reading.heads) < restored.QUESTIONS:
        if len(state.asked) > 1:
            return replace(state, asked=(), limit=1), GoOn()
        return paging.unreadable(state, reading.unreadable or "it lacked a part of what was asked")
    failed = restored.unanswered_of(reading)
    if failed is not None and statuses.is_transient(failed.status.code, failed.status.message):
        return paging.try_again(state, failed.status.message)
    if failed is not None:
        return state, Fail(str(failed.status.code), failed.status.message)
    if restored.nothing_shown(reading) and len(state.asked) > 1:
        # One ID that is gone may have refused them all: the latest one alone tells enough.
        return replace(state, asked=(), limit=1), GoOn()
    found = restored.thd_compared(session, state.asked, state.limit, reading)
    if not found.is_older_copy:
        restored.thd_right_copy(session, now)
    elif not restored.thd_is_to_go_on(session):
        restored.thd_ask_which_copy(session, now)
        return state, Fail(restored.RESTORED, "", on_file=True)
    return replace(state, over=True), GoOn()


def thd_refused(
    session: Session, code: str, said: str, *, passing: bool, now: datetime
) -> tuple[Session, Move]:
    """QuickBooks refused the question; ``passing`` when it may take it in a while."""
    state, move = paging.refused(_state(session), code, said, passing=passing)
    return _with(session, state), move


def thd_give_up_on(session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime) -> Session:
    """No record is given up on: a copy that cannot be told is asked about again."""
    return session


def thd_conclude(session: Session, settings: Settings, now: datetime) -> Session:
    """Nothing was changed."""
    return session


def progress(session: Session) -> Progress:
    """One question: none of it is done before it is answered."""
    return Progress(Step.KNOWN.value, plan.DOING[Step.KNOWN], 0, 0, 0, 0)


def _state(session: Session) -> KnownCopy:
    fields = json.loads(session.plan)
    return KnownCopy(**{**fields, "asked": tuple(fields["asked"])})


def _with(session: Session, state: KnownCopy) -> Session:
    return replace(session, plan=json.dumps(asdict(state)))
