"""Whether the company file still has what was posted to it: it may be a copy from a backup.

QuickBooks shows payments by their TxnIDs. One that is gone without having been deleted, or an
ID that is another record now, means that an older copy is open: posting stops until a person
has decided. Store-thread code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from daemon.stages import paging
from daemon.stages.moves import GoOn, Move, Pause
from daemon.stages.payments import deletions, describe, outcomes, own_payments, plan
from daemon.stages.payments.doubting import first_unanswered
from daemon.stages.payments.own_payments import is_same, tags_of
from daemon.stages.payments.plan import KNOWN_LIMIT, PaymentSync, WhichCopy
from daemon.stages.reading import Reading
from daemon.stages.troubles import report, trouble
from shared.models import problems
from shared.models.ledger import rereads
from shared.models.payments import from_quickbooks, postings
from shared.models.payments.from_quickbooks import Latest
from shared.models.payments.holds import COMPANY_FILE
from shared.qbxml import statuses
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.qbxml.responses import BadRecord, ResponseHead, TxnDeletedRet
from shared.rules.payments.values import Posting
from shared.rules.values import ProblemState, RecordKind, Session
from shared.structs import Value, replace

RESTORED, NOT_TOLD = "company-restored", "company-copy-unknown"
ABOUT_THE_COPY = (RESTORED, NOT_TOLD)
LOST = "payment-lost"
QUESTIONS = 2
LATER = 3
"""So many payments that changed later are asked for where the latest one tells nothing."""
GO_ON = frozenset({ProblemState.RETRY, ProblemState.SKIPPED})

State = TypeVar("State", bound=WhichCopy)


class Compared(Value):
    """Our latest payments beside those of QuickBooks.

    ``gone`` are postings without a trace. ``was_undone``: a payment is as it was before a change.
    """

    gone: tuple[Posting, ...]
    is_older_copy: bool
    was_undone: bool


class NotTold(Value):
    """No answer tells which copy is open; ``said`` is why, as a clause."""

    said: str


def ids_to_ask(session: Session, state: WhichCopy) -> list[str]:
    """The TxnIDs of the payments to ask for next; none where nothing was posted or imported.

    Or RefNumbers, where they are looked for by those.
    """
    return list(state.numbers or state.singly[:1]) or latest_ids(session, state.known_limit)


def latest_ids(session: Session, limit: int) -> list[str]:
    """The TxnIDs that a copy from before would lack: the latest that were posted and imported."""
    connection_id = session.connection.id
    posted = postings.recently_posted(connection_id, limit)
    imported = from_quickbooks.latest(connection_id, limit) if limit > 1 or not posted else []
    return [*(one.txn_id for one in posted), *(one.txn_id for one in imported)]


def take_known(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """The answer to KNOWN: the latest posted payments, and what was deleted."""
    state, found = judge(session, state, reading, now)
    match found:
        case Compared(is_older_copy=False):
            close_copy_question(session, now)
            state = replace(state, compare=state.compare or found.was_undone)
            if not state.singly:
                state = deletions.note_listed(session, state, reading.rows)
            return plan.advance(state), GoOn()
        case Compared() | NotTold():
            return _stop_or_go_on(session, state, found, now), GoOn()
        case ResponseHead():
            describe.report_stop(session, str(found.status.code), found.status.message, now)
            return plan.stop_pushing(state), GoOn()
        case _:
            return state, found


# Which copy it is


def judge(
    session: Session, state: State, reading: Reading, now: datetime
) -> tuple[State, Move | Compared | NotTold | ResponseHead]:
    """Judge by an answer which copy is open, or ask once more, for less.

    Where the latest payment and the deletions cannot be read together, payments are asked for
    alone: one that is there as we know it, and that an older copy would lack, is proof enough.
    What is not there under its TxnID is looked for by its RefNumber, before it counts as gone.
    A ResponseHead is a question that QuickBooks refuses.
    """
    if state.numbers:
        return _looked(session, state, reading, now)
    if state.singly:
        return _judged_alone(session, state, reading)
    if _is_unread(reading, state.asked[0], QUESTIONS):
        return _for_less(session, state)
    failed = _unanswered_of(reading)
    if failed is not None and statuses.is_transient(failed.status.code, failed.status.message):
        return paging.try_again(state, failed.status.message)
    if failed is reading.heads[0]:
        return state, failed
    # One ID that is gone may have refused them all: the latest one alone tells enough.
    if failed is not None or (_nothing_shown(reading) and len(state.asked) > 1):
        return _for_less(session, state)
    found = compare(session, state.asked, reading)
    return _by_number(state, found) if _is_to_look(state, found) else (state, found)


def _is_to_look(state: WhichCopy, found: Compared) -> bool:
    return bool(found.gone) and not state.looked


def _by_number(state: State, found: Compared) -> tuple[State, Move]:
    """Look for payments by their tags: the answer that told a TxnID may have come garbled."""
    gone = postings.parts([one.id for one in found.gone]).values()
    tags = [number for part in gone for number in tags_of(part).ref_numbers]
    return replace(state, asked=(), numbers=tuple(tags), tries=0), GoOn()


def _looked(session: Session, state: State, reading: Reading, now: datetime) -> tuple[State, Move]:
    """Put TxnIDs right by what was found, and ask again which copy it is.

    What cannot be read shows nothing; then a TxnID that is not there counts as gone.
    """
    failed = first_unanswered(reading.heads)
    if failed is not None and statuses.is_transient(failed.status.code, failed.status.message):
        return paging.try_again(state, failed.status.message)
    known = postings.by_tags(session.connection.id, ref_numbers=state.numbers)
    shown = [row for row in reading.rows if isinstance(row, ReceivePaymentRet)]
    for posting in known:
        own_payments.put_id_right(session, posting, shown, now)
    return replace(state, asked=(), numbers=(), looked=True, tries=0), GoOn()


def _for_less(session: Session, state: State) -> tuple[State, Move]:
    """Ask for the latest payment and the deletions, and then for payments without them."""
    if len(state.asked) > 1:
        return replace(state, asked=(), known_limit=1), GoOn()
    singly = (*state.asked, *_later(session, state.asked))
    return replace(state, asked=(), singly=singly), GoOn()


def _later(session: Session, posted: Sequence[str]) -> list[str]:
    """Payments that changed later than this one was made: a copy that has them so has it, too.

    Later by a day at least: QuickBooks' wall clock shows an hour twice when summer ends.
    """
    connection_id = session.connection.id
    made = [one.time_created[:10] for one in postings.by_tags(connection_id, txn_ids=posted)]
    if not made or not all(made):
        return []
    latest = from_quickbooks.latest(connection_id, LATER)
    return [one.txn_id for one in latest if one.time_modified[:10] > max(made)]


def _judged_alone(
    session: Session, state: State, reading: Reading
) -> tuple[State, Move | Compared | NotTold | ResponseHead]:
    """One payment, without the deletions: it is proof, or the next one is asked for.

    After the last one both are asked for together again, a few times, after longer pauses.
    """
    failed = first_unanswered(reading.heads)
    if failed is not None and statuses.is_transient(failed.status.code, failed.status.message):
        return paging.try_again(state, failed.status.message)
    if failed is not None and not _nothing_shown(reading):
        return state, failed
    found = compare(session, state.asked, reading)
    if not _is_unread(reading, state.asked[0], 1) and not (found.is_older_copy or found.was_undone):
        return state, found
    if _is_to_look(state, found):
        return _by_number(state, found)
    if len(state.singly) > 1:
        return replace(state, asked=(), singly=state.singly[1:]), GoOn()
    if state.tries < state.most_tries:
        return replace(state, asked=(), singly=(), tries=state.tries + 1), Pause(2**state.tries)
    return state, NotTold(reading.unreadable or "what was deleted is not known")


def _is_unread(reading: Reading, latest: str, questions: int) -> bool:
    """Whether an answer is cut, lacks a part, or shows a value of the latest that is none."""
    lacks = len(reading.heads) < questions
    return bool(reading.unreadable) or lacks or latest in _Seen.of(reading.rows).unread


def _nothing_shown(reading: Reading) -> bool:
    """Whether QuickBooks has none of the payments, or one that it lacks refused them all."""
    return reading.heads[0].status.code in paging.NOT_THERE


def _unanswered_of(reading: Reading) -> ResponseHead | None:
    """The one of both questions that QuickBooks did not answer."""
    shown, deleted = reading.heads[:QUESTIONS]
    return first_unanswered((deleted,) if _nothing_shown(reading) else (shown, deleted))


def compare(session: Session, asked: Sequence[str], reading: Reading) -> Compared:
    """Hold what was asked for against what QuickBooks showed."""
    seen = _Seen.of(reading.rows)
    gone = tuple(_gone(session, asked, seen))
    latest = from_quickbooks.latest(session.connection.id, KNOWN_LIMIT)
    imported = [one for one in latest if one.txn_id in asked]
    return Compared(
        gone,
        is_older_copy=bool(gone) or any(seen.lacks(one) for one in imported),
        was_undone=any(seen.has_older(one) for one in imported),
    )


class _Seen(Value):
    """What QuickBooks showed, by TxnID, and the TxnIDs that were deleted.

    ``unread`` are there, with a value in them that cannot be read.
    """

    payments: Mapping[str, ReceivePaymentRet]
    unread: frozenset[str]
    deleted: frozenset[str]

    @classmethod
    def of(cls, rows: Sequence[object]) -> _Seen:
        payments = {row.txn_id: row for row in rows if isinstance(row, ReceivePaymentRet)}
        gone = (row.txn_id for row in rows if isinstance(row, TxnDeletedRet))
        bad = (row for row in rows if isinstance(row, BadRecord))
        unread = (row.object_id for row in bad if row.kind == ReceivePaymentRet.__name__)
        return cls(payments, frozenset(unread), frozenset(gone))

    def lacks(self, one: Latest) -> bool:
        """Whether it is gone without a trace."""
        return one.txn_id not in {*self.payments, *self.unread, *self.deleted}

    def has_older(self, one: Latest) -> bool:
        """Whether a change to it was undone, as only an older copy does."""
        ret = self.payments.get(one.txn_id)
        return ret is not None and ret.time_modified < one.time_modified


def _gone(session: Session, asked: Sequence[str], seen: _Seen) -> list[Posting]:
    known = postings.by_tags(session.connection.id, txn_ids=asked)
    there = {
        one.id
        for one in known
        if one.txn_id in seen.payments and is_same(one, seen.payments[one.txn_id])
    }
    told = seen.unread | seen.deleted
    return [one for one in known if one.id not in there and one.txn_id not in told]


# What follows from it


def _stop_or_go_on(
    session: Session, state: PaymentSync, found: Compared | NotTold, now: datetime
) -> PaymentSync:
    """Stop posting and ask; or go on, once a person said that this file is the one."""
    if is_to_go_on(session):
        park_lost(session, found.gone if isinstance(found, Compared) else (), now)
        close_copy_question(session, now)
        return plan.advance(replace(state, compare=True, restored=True))
    ask_which_copy(session, found, now)
    # Nor is anything taken for deleted before somebody has decided.
    return plan.cannot_tell_copy(replace(state, failed=state.failed + 1))


def is_to_go_on(session: Session) -> bool:
    """Whether a person said that this copy is the one to go on with."""
    about = (session.connection.id, RecordKind.SYNC, COMPANY_FILE)
    return any(problems.state_of(*about, code) in GO_ON for code in ABOUT_THE_COPY)


def ask_which_copy(session: Session, found: Compared | NotTold, now: datetime) -> str:
    """A person must say which copy counts; returns the code of the problem.

    Whichever it is, Invoice Sync then looks at everything that is open in it.
    """
    code, said = (NOT_TOLD, found.said) if isinstance(found, NotTold) else (RESTORED, "")
    rereads.compare_next(session.connection.id)
    others = [one for one in ABOUT_THE_COPY if one != code]
    problems.resolve(session.connection.id, RecordKind.SYNC, [COMPANY_FILE], others, now)
    binding = session.connection.binding
    document = binding.company_name if binding else session.connection.name
    told = trouble(code, RecordKind.SYNC, object_id=COMPANY_FILE, document=document, said=said)
    report(session, [told], now)
    return code


def close_copy_question(session: Session, now: datetime) -> None:
    """It is the copy that we know, or the one to go on with."""
    problems.resolve(session.connection.id, RecordKind.SYNC, [COMPANY_FILE], ABOUT_THE_COPY, now)


def park_lost(session: Session, gone: Sequence[Posting], now: datetime) -> None:
    """Payments that went with the newer copy of the file: a person decides about each."""
    for part in postings.parts([one.id for one in gone]).values():
        outcomes.park(session, part, LOST, "", now)
