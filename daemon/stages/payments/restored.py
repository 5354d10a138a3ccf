"""Whether the company file still has what was posted to it: it may be a copy from a backup.

QuickBooks shows payments by their TxnIDs. One that is gone without having been deleted, or an
ID that is another record now, means that an older copy is open: posting stops until a person
has decided. Store-thread code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from daemon.stages import paging
from daemon.stages.moves import Fail, GoOn, Move
from daemon.stages.payments import outcomes, plan, telling
from daemon.stages.payments.doubting import unanswered
from daemon.stages.payments.ours import is_same
from daemon.stages.payments.plan import PaymentSync
from daemon.stages.reading import Reading
from shared.hints import tell
from shared.models import problems
from shared.models.payments import incoming, postings
from shared.models.payments.incoming import Latest
from shared.qbxml import statuses
from shared.qbxml.responses import ReceivePaymentRet, ResponseHead, TxnDeletedRet
from shared.rules.payments.values import Posting
from shared.rules.values import ProblemState, RecordKind, Session, Trouble

RESTORED = "company-restored"
LOST = "payment-lost"
COMPANY_FILE = "company-file"
"""What the problem is about, in place of a record's ID."""
QUESTIONS = 2
GO_ON = frozenset({ProblemState.RETRY, ProblemState.SKIPPED})


def thd_latest(session: Session, limit: int) -> list[str]:
    """The TxnIDs that a copy from before would lack: the latest that were posted and imported."""
    connection_id = session.connection.id
    posted = postings.recently_posted(connection_id, limit)
    imported = incoming.latest(connection_id, limit) if limit > 1 or not posted else []
    return [*(one.txn_id for one in posted), *(one.txn_id for one in imported)]


def thd_known(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to KNOWN: the latest posted payments, and what was deleted."""
    if reading.unreadable or len(reading.heads) < QUESTIONS:
        said = reading.unreadable or "it lacked a part of what was asked"
        return _thd_not_taken(session, state, said, now)
    failed = unanswered_of(reading)
    if failed is not None:
        if statuses.is_transient(failed.status.code, failed.status.message):
            return paging.try_again(state, failed.status.message)
        telling.thd_stopped(session, str(failed.status.code), failed.status.message, now)
        return plan.stop_pushing(state), GoOn()
    if nothing_shown(reading) and len(state.asked) > 1:
        # One ID that is gone may have refused them all: the latest one alone tells enough.
        return replace(state, asked=(), known_limit=1), GoOn()
    found = thd_compared(session, state.asked, state.known_limit, reading)
    if found.is_older_copy:
        return _thd_restored(session, state, found.gone, now), GoOn()
    if found.was_undone:
        state = replace(state, compare=True)
    thd_right_copy(session, now)
    return plan.advance(state), GoOn()


def _thd_not_taken(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """Ask for the latest payment alone; where even that does not come in, nothing is posted."""
    if len(state.asked) > 1:
        return replace(state, asked=(), known_limit=1), GoOn()
    state, move = paging.unreadable(state, said)
    if not isinstance(move, Fail):
        return state, move
    telling.thd_not_taken(session, said, now)
    return plan.cannot_tell_copy(state), GoOn()


def nothing_shown(reading: Reading) -> bool:
    """Whether QuickBooks has none of the payments, or one that it lacks refused them all."""
    return reading.heads[0].status.code == plan.NOT_FOUND


def unanswered_of(reading: Reading) -> ResponseHead | None:
    """The one of both questions that QuickBooks did not answer."""
    shown, deletions = reading.heads[:QUESTIONS]
    return unanswered((deletions,) if nothing_shown(reading) else (shown, deletions))


@dataclass(frozen=True, slots=True)
class Compared:
    """Our latest payments beside those of QuickBooks.

    ``gone`` are postings without a trace. ``was_undone``: a payment is as it was before a change.
    """

    gone: tuple[Posting, ...]
    is_older_copy: bool
    was_undone: bool


def thd_compared(session: Session, asked: Sequence[str], limit: int, reading: Reading) -> Compared:
    """Hold what was asked for against what QuickBooks showed."""
    seen = _Seen.of(reading.rows)
    gone = tuple(_thd_gone(session, asked, seen))
    latest = incoming.latest(session.connection.id, limit)
    imported = [one for one in latest if one.txn_id in asked]
    return Compared(
        gone,
        is_older_copy=bool(gone) or any(seen.lacks(one) for one in imported),
        was_undone=any(seen.has_older(one) for one in imported),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What QuickBooks showed, by TxnID, and the TxnIDs that were deleted."""

    payments: Mapping[str, ReceivePaymentRet]
    deleted: frozenset[str]

    @classmethod
    def of(cls, rows: Sequence[object]) -> _Seen:
        payments = {row.txn_id: row for row in rows if isinstance(row, ReceivePaymentRet)}
        gone = (row.txn_id for row in rows if isinstance(row, TxnDeletedRet))
        return cls(payments, frozenset(gone))

    def lacks(self, one: Latest) -> bool:
        """Whether it is gone without a trace."""
        return one.txn_id not in self.payments and one.txn_id not in self.deleted

    def has_older(self, one: Latest) -> bool:
        """Whether a change to it was undone, as only an older copy does."""
        ret = self.payments.get(one.txn_id)
        return ret is not None and ret.time_modified < one.time_modified


def _thd_gone(session: Session, asked: Sequence[str], seen: _Seen) -> list[Posting]:
    known = postings.by_tags(session.connection.id, txn_ids=asked)
    there = {
        one.id
        for one in known
        if one.txn_id in seen.payments and is_same(one, seen.payments[one.txn_id])
    }
    return [one for one in known if one.id not in there and one.txn_id not in seen.deleted]


def _thd_restored(
    session: Session, state: PaymentSync, gone: Sequence[Posting], now: datetime
) -> PaymentSync:
    """Stop posting and ask; or go on, once a person said that this file is the one."""
    if thd_is_to_go_on(session):
        thd_lost(session, gone, now)
        thd_right_copy(session, now)
        return plan.advance(replace(state, compare=True, restored=True))
    thd_ask_which_copy(session, now)
    # Nor is anything taken for deleted before somebody has decided.
    return plan.stop_pushing(replace(state, compare=False, failed=state.failed + 1))


def thd_is_to_go_on(session: Session) -> bool:
    """Whether a person said that this copy is the one to go on with."""
    about = (session.connection.id, RecordKind.SYNC, COMPANY_FILE, RESTORED)
    return problems.state_of(*about) in GO_ON


def thd_ask_which_copy(session: Session, now: datetime) -> None:
    """A person must say which copy counts."""
    told = tell(RESTORED)
    binding = session.connection.binding
    document = binding.company_name if binding else session.connection.name
    telling.thd_trouble(
        session,
        Trouble(RESTORED, RecordKind.SYNC, COMPANY_FILE, document, told.message, told.remedy),
        now,
    )


def thd_right_copy(session: Session, now: datetime) -> None:
    """It is the copy that we know, or the one to go on with."""
    problems.resolve(session.connection.id, RecordKind.SYNC, [COMPANY_FILE], [RESTORED], now)


def thd_lost(session: Session, gone: Sequence[Posting], now: datetime) -> None:
    """Payments that went with the newer copy of the file: a person decides about each."""
    for posting in gone:
        outcomes.thd_parked(session, posting, LOST, "", now)
