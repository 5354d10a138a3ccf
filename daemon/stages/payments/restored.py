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
from daemon.stages.moves import GoOn, Move
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
from shared.qbxml.responses import ReceivePaymentRet, TxnDeletedRet
from shared.rules.payments.values import Posting
from shared.rules.values import ProblemState, RecordKind, Session, Trouble

RESTORED = "company-restored"
LOST = "payment-lost"
COMPANY_FILE = "company-file"
"""What the problem is about, in place of a record's ID."""
QUESTIONS = 2
GO_ON = frozenset({ProblemState.RETRY, ProblemState.SKIPPED})


def thd_latest(session: Session, state: PaymentSync) -> list[str]:
    """The TxnIDs that a copy from before would lack: the latest that were posted and imported."""
    connection_id, limit = session.connection.id, state.known_limit
    posted = postings.recently_posted(connection_id, limit)
    imported = incoming.latest(connection_id, limit) if limit > 1 or not posted else []
    return [*(one.txn_id for one in posted), *(one.txn_id for one in imported)]


def thd_known(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to KNOWN: the latest posted payments, and what was deleted."""
    if reading.unreadable or len(reading.heads) < QUESTIONS:
        return paging.unreadable(state, reading.unreadable or "it lacked a part of what was asked")
    shown, deletions = reading.heads[:QUESTIONS]
    nothing_shown = shown.status.code == plan.NOT_FOUND
    failed = unanswered((deletions,) if nothing_shown else (shown, deletions))
    if failed is not None:
        if statuses.is_transient(failed.status.code, failed.status.message):
            return paging.try_again(state, failed.status.message)
        telling.thd_stopped(session, str(failed.status.code), failed.status.message, now)
        return plan.stop_pushing(state), GoOn()
    if nothing_shown and len(state.asked) > 1:
        # One ID that is gone may have refused them all: the latest one alone tells enough.
        return replace(state, asked=(), known_limit=1), GoOn()
    seen = _Seen.of(reading.rows)
    gone = _thd_gone(session, state.asked, seen)
    imported = _thd_imported(session, state)
    if gone or any(seen.lacks(one) for one in imported):
        return _thd_restored(session, state, gone, now), GoOn()
    if any(seen.has_older(one) for one in imported):
        state = replace(state, compare=True)
    problems.resolve(session.connection.id, RecordKind.SYNC, [COMPANY_FILE], [RESTORED], now)
    return plan.advance(state), GoOn()


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


def _thd_imported(session: Session, state: PaymentSync) -> list[Latest]:
    latest = incoming.latest(session.connection.id, state.known_limit)
    return [one for one in latest if one.txn_id in state.asked]


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
    connection = session.connection
    decided = problems.state_of(connection.id, RecordKind.SYNC, COMPANY_FILE, RESTORED)
    if decided in GO_ON:
        thd_lost(session, gone, now)
        problems.resolve(connection.id, RecordKind.SYNC, [COMPANY_FILE], [RESTORED], now)
        return plan.advance(replace(state, compare=True, restored=True))
    told = tell(RESTORED)
    binding = connection.binding
    document = binding.company_name if binding else connection.name
    telling.thd_trouble(
        session,
        Trouble(RESTORED, RecordKind.SYNC, COMPANY_FILE, document, told.message, told.remedy),
        now,
    )
    # Nor is anything taken for deleted before somebody has decided.
    return plan.stop_pushing(replace(state, compare=False, failed=state.failed + 1))


def thd_lost(session: Session, gone: Sequence[Posting], now: datetime) -> None:
    """Payments that went with the newer copy of the file: a person decides about each."""
    for posting in gone:
        outcomes.thd_parked(session, posting, LOST, "", now)
