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
from daemon.stages.payments import intake, plan, restored
from daemon.stages.payments.plan import Step, WhichCopy
from daemon.stages.payments.restored import Compared, NotTold
from daemon.stages.reading import Reading, Tally
from shared.qbxml.responses import BadRecord, ResponseHead, Ret
from shared.rules.values import Session
from shared.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCopy(WhichCopy):
    """How it is asked, and whether the question is ``over``."""

    over: bool = False

    @property
    def iterates(self) -> bool:
        """One question, one answer."""
        return False


def begin(session: Session, settings: Settings, now: datetime) -> str:
    """The question is still to be asked."""
    tries = settings.transient_retries
    return json.dumps(asdict(KnownCopy(page_size=1, largest_page=1, most_tries=tries)))


def next_ask(
    session: Session, request_id: str, now: datetime
) -> tuple[Session, Ask | AskWrite | None]:
    """Ask for the latest payments that a copy from before would lack; None without any."""
    state = _state(session)
    latest = () if state.over else tuple(restored.asked(session, state))
    if not latest:
        return session, None
    state = replace(state, asked=latest)
    return _with(session, state), Ask(Step.KNOWN.value, request_id, plan.known(state, request_id))


def has_more(session: Session, now: datetime) -> bool:
    """Whether the question is still to be asked."""
    return next_ask(session, "0", now)[1] is not None


def record_reader(session: Session) -> Callable[[Ret | BadRecord], Iterable[object]]:
    """Records are looked at as they are."""
    return lambda ret: intake.take(ret, step=Step.KNOWN, home_currency="")


def in_batches(session: Session) -> bool:
    """The answer decides as a whole."""
    return False


def asked_again(session: Session, now: datetime) -> Session | None:
    """A query may simply be handed out again."""
    return None


def store_rows(session: Session, rows: Sequence[object], now: datetime) -> Tally:
    """Nothing of it is stored."""
    return Tally()


def take_answer(session: Session, reading: Reading, now: datetime) -> tuple[Session, Move]:
    """Go on with the copy that we know, or with one that a person has said to go on with."""
    state, found = restored.judged(session, _state(session), reading, now)
    match found:
        case Compared(is_older_copy=False):
            restored.right_copy(session, now)
        case Compared() | NotTold() if not restored.is_to_go_on(session):
            code = restored.ask_which_copy(session, found, now)
            return _with(session, state), Fail(code, "", on_file=True)
        case Compared() | NotTold():
            pass  # Payment Sync decides about each payment that is gone, and closes the problem.
        case ResponseHead():
            return _with(session, state), Fail(str(found.status.code), found.status.message)
        case _:
            return _with(session, state), found
    return _with(session, replace(state, over=True)), GoOn()


def refused(
    session: Session, code: str, said: str, *, passing: bool, now: datetime
) -> tuple[Session, Move]:
    """QuickBooks refused the question; ``passing`` when it may take it in a while."""
    state, move = paging.refused(_state(session), code, said, passing=passing)
    return _with(session, state), move


def give_up_on(session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime) -> Session:
    """No record is given up on: a copy that cannot be told is asked about again."""
    return session


def settle(session: Session, now: datetime) -> tuple[Session, bool]:
    """Nothing was stored."""
    return session, True


def conclude(session: Session, settings: Settings, now: datetime) -> Session:
    """Nothing was changed."""
    return session


def progress(session: Session) -> Progress:
    """One question: none of it is done before it is answered."""
    return Progress(Step.KNOWN.value, plan.DOING[Step.KNOWN], 0, 0, 0, 0)


def _state(session: Session) -> KnownCopy:
    fields = json.loads(session.plan)
    tuples = {name: tuple(fields[name]) for name in plan.TUPLES}
    return KnownCopy(**{**fields, **tuples})


def _with(session: Session, state: KnownCopy) -> Session:
    return replace(session, plan=json.dumps(asdict(state)))
