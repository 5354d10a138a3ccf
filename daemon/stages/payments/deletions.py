"""Which payments were deleted in QuickBooks: all of them once a session, then only news of it.

QuickBooks lists deletions of 90 days, and a company may have thousands of them. So they are asked
for in full once, and each look after that asks for those since the newest, which are few, and for
how many there are in all, which is a number::

    listed in full    |<------------ before ------------>|<- since the newest ->|
    each later look   |<- their number = all - since   ->|<- listed again     ->|

The clocks of two PCs may differ by days, and one hour comes twice in autumn, so a later deletion
may have an earlier time. Then the number before is another one, and all are listed again: what is
known at each look is what a list of all of them would tell. Store-thread code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from daemon.stages.payments.plan import PaymentSync, deleted_payments
from shared.models.payments import deleted_numbers
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, ResponseHead, TxnDeletedRet
from shared.rules.payments import tags
from shared.rules.payments.values import Posting
from shared.rules.values import Session
from shared.structs import replace

NOT_LISTED = -1
MOST_RECOUNTS = 3
"""Where the numbers so often do not agree, all are listed at each look of this session."""


def questions(state: PaymentSync, request_id: str) -> tuple[ask.Request, ...]:
    """What a look asks of deletions; of both questions the second only counts."""
    if state.deleted_before == NOT_LISTED:
        every = deleted_payments(f"{request_id}-del")
        return (replace(every, metadata=ask.Metadata.WITH_RECORDS),)
    count = replace(deleted_payments(f"{request_id}-count"), metadata=ask.Metadata.ONLY)
    return (deleted_payments(f"{request_id}-del", state.deleted_since), count)


def note_listed(session: Session, state: PaymentSync, rows: Sequence[object]) -> PaymentSync:
    """Remember a list of all deletions; not one with a record, or a time, that cannot be read."""
    deleted = _deleted(rows)
    times = [one.time_deleted for one in deleted]
    if not all(times) or _some_unread(rows) or state.recounts >= MOST_RECOUNTS or not times:
        return replace(state, deleted_before=NOT_LISTED)
    deleted_numbers.forget(session.connection.id)
    deleted_numbers.note(session.id, _numbers(deleted))
    newest = max(times)
    before = sum(one < newest for one in times)
    return replace(state, deleted_since=newest, deleted_before=before)


def take_listed(
    session: Session, state: PaymentSync, rows: Sequence[object], heads: Sequence[ResponseHead]
) -> tuple[PaymentSync, bool]:
    """Remember what a look listed; False where it listed too few, so that all are to be listed.

    ``heads`` answer the ``questions``, which were all answered but for the count.
    """
    if state.deleted_before == NOT_LISTED:
        (listed,) = heads
        is_counted = listed.ret_count == len(_deleted(rows))
        return (note_listed(session, state, rows) if is_counted else state), True
    _, count = heads
    deleted = _deleted(rows)
    in_all = count.ret_count if statuses.is_success(count.status.code) else None
    if _some_unread(rows) or in_all != state.deleted_before + len(deleted):
        recounts = state.recounts + 1
        return replace(state, deleted_before=NOT_LISTED, recounts=recounts), False
    return state, True


def deletion_of(session: Session, state: PaymentSync, posting: Posting) -> Iterator[TxnDeletedRet]:
    """The deletion of a payment with a posting's RefNumber, where this session was told of one."""
    known = state.deleted_before != NOT_LISTED
    if known and deleted_numbers.is_noted(session.id, posting.ref_number):
        yield TxnDeletedRet(ref_number=posting.ref_number)


def without_others(rows: Iterable[object]) -> Iterator[object]:
    """What a look showed without deletions of what cannot be ours, which may be thousands."""
    for row in rows:
        if not isinstance(row, TxnDeletedRet) or tags.may_be_ours(row.ref_number):
            yield row


def _deleted(rows: Sequence[object]) -> list[TxnDeletedRet]:
    return [row for row in rows if isinstance(row, TxnDeletedRet)]


def _some_unread(rows: Sequence[object]) -> bool:
    name = TxnDeletedRet.__name__
    return any(isinstance(row, BadRecord) and row.kind == name for row in rows)


def _numbers(deleted: Sequence[TxnDeletedRet]) -> Iterator[str]:
    """Of all that was deleted only what may be ours: the rest is never looked for."""
    return (one.ref_number for one in deleted if tags.may_be_ours(one.ref_number))
