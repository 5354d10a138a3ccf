"""QuickBooks' answers, read beside the reactor: rows in batches, and what they came with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from daemon.stages.moves import Answered
from shared.qbxml import statuses
from shared.qbxml.reader import Repaired, UnreadableAnswer, read_message_set
from shared.qbxml.responses import (
    BadRecord,
    CompanyRet,
    HostRet,
    MessageSetHead,
    PreferencesRet,
    ResponseHead,
    Ret,
)
from shared.rules.values import Exchange
from shared.structs import Value, field, replace

BATCH = 125
"""Rows that are stored in one transaction; a larger answer takes several, so that memory and
lock time stay flat whatever its size. So many invoices keep the store for some 10 ms: with 500,
one in a hundred calls of another company took 40 ms; now 25."""
_MOST_TOLD = 20


NO_SUCH_OWNER = 3121
"""No application with this OwnerID has left anything in the company file."""


class Introduced(Value):
    """What QuickBooks said of itself; each part may be missing.

    ``company`` carries the stamps of every application that was asked for; ``stamps_read`` are
    the requestIDs under which QuickBooks told them, or that there are none.
    """

    host: HostRet | None = None
    company: CompanyRet | None = None
    preferences: PreferencesRet | None = None
    stamps_read: frozenset[str] = frozenset()


class Tally(Value):
    """What a batch of rows came to; the numbers are those of ``plan.Answered``.

    ``taken_ids`` are the records that could be read, ``seen_ids`` all that QuickBooks showed.
    ``beside`` are rows of other answers in the same message set.
    """

    rows: int = 0
    changed: int = 0
    idle: int = 0
    failed: int = 0
    newest: str = ""
    beside: int = 0
    taken_ids: frozenset[str] = field(default_factory=frozenset)
    seen_ids: frozenset[str] = field(default_factory=frozenset)

    def plus(self, other: Tally) -> Tally:
        """Two batches of one answer taken together."""
        return Tally(
            self.rows + other.rows,
            self.changed + other.changed,
            self.idle + other.idle,
            self.failed + other.failed,
            max(self.newest, other.newest),
            self.beside + other.beside,
            self.taken_ids | other.taken_ids,
            self.seen_ids | other.seen_ids,
        )


class Reading(Value):
    """An answer without the rows that were stored on the way.

    ``heads`` are the response elements in order; ``rows`` the last batch, not yet stored;
    ``tally`` what came of the batches before. ``set_status`` is the messageSetStatusCode, None
    where QuickBooks gave none. ``unreadable`` says why reading stopped,
    ``foreign`` that the answer belongs to another request: then it has no rows. ``repaired`` are
    the first records out of which characters were left that XML does not allow.
    """

    heads: tuple[ResponseHead, ...] = ()
    rows: tuple[object, ...] = ()
    tally: Tally = field(default_factory=Tally)
    introduced: Introduced = field(default_factory=Introduced)
    set_status: int | None = None
    unreadable: str = ""
    foreign: bool = False
    repaired: tuple[Repaired, ...] = ()

    @property
    def worst(self) -> ResponseHead | None:
        """The head that decides: the first that failed, else the first."""
        for head in self.heads:
            if not statuses.is_success(head.status.code):
                return head
        return self.heads[0] if self.heads else None

    @property
    def went_well(self) -> frozenset[str]:
        """The names of the responses that are no error."""
        return frozenset(one.name for one in self.heads if statuses.is_success(one.status.code))

    def of(self, name: str) -> Reading:
        """The same answer, with only the responses of this name to decide."""
        return replace(self, heads=tuple(one for one in self.heads if one.name == name))


StoreBatch = Callable[[list[object]], Callable[[], Tally]]
"""Begins to store a batch; what it returns waits until that is done."""


def read_answer(
    pieces: Iterable[str | bytes],
    request_id: str,
    take: Callable[[Ret | BadRecord], Iterable[object]],
    store_batch: StoreBatch | None,
) -> Reading:
    """Read a whole answer, record by record; full batches are handed to store_batch, if any.

    While one is stored, the next is read, and no more than that.
    A response that does not carry ``request_id`` makes it foreign, before any row is taken.

    Never raises for what QuickBooks or the network did to the answer: that is ``unreadable``.
    """
    heads: list[ResponseHead] = []
    rows: list[object] = []
    tally = Tally()
    stored: Callable[[], Tally] = Tally
    repaired: list[Repaired] = []
    parts: list[HostRet | CompanyRet | PreferencesRet] = []
    set_status: int | None = None
    try:
        for one in read_message_set(pieces):
            if isinstance(one, ResponseHead):
                heads.append(one)
                if not _is_ours(one, request_id):
                    return Reading(tuple(heads), (), tally.plus(stored()), foreign=True)
            elif isinstance(one, HostRet | CompanyRet | PreferencesRet):
                parts.append(one)
            elif isinstance(one, MessageSetHead):
                set_status = one.status_code
            elif isinstance(one, Repaired):
                repaired.append(one)
            else:
                # Another row follows: the last batch is stored with the answer itself.
                if store_batch is not None and len(rows) >= BATCH:
                    tally = tally.plus(stored())
                    stored, rows = store_batch(rows), []
                rows.extend(take(one))
    except UnreadableAnswer as failure:
        return Reading(tuple(heads), (), tally.plus(stored()), unreadable=str(failure))
    return Reading(
        tuple(heads),
        tuple(rows),
        tally.plus(stored()),
        _introduced(parts, heads),
        set_status,
        repaired=tuple(repaired[:_MOST_TOLD]),
    )


def answered(reading: Reading, tally: Tally, exchange: Exchange, now: datetime) -> Answered:
    """What a plan is told of an answer that had a response to our request."""
    worst = reading.worst
    assert worst is not None
    return Answered(
        status=worst.status.code,
        said=worst.status.message,
        rows=tally.rows,
        changed=tally.changed,
        idle=tally.idle,
        failed=tally.failed,
        remaining=worst.iterator_remaining,
        iterator_id=worst.iterator_id,
        newest=tally.newest,
        asked_twice=exchange.handed_out > 1,
        seconds=(now - exchange.sent_at).total_seconds(),
        size_bytes=exchange.response_bytes,
    )


def read_introduction(text: str) -> Introduced:
    """Read the host, company and preferences reply; empty where it cannot be read."""
    return read_answer((text,), "", lambda _ret: (), None).introduced


def _introduced(
    parts: Sequence[HostRet | CompanyRet | PreferencesRet], heads: Sequence[ResponseHead]
) -> Introduced:
    companies = [part for part in parts if isinstance(part, CompanyRet)]
    stamps = tuple(stamp for company in companies for stamp in company.data_exts)
    return Introduced(
        next((part for part in parts if isinstance(part, HostRet)), None),
        companies[0]._replace(data_exts=stamps) if companies else None,
        next((part for part in parts if isinstance(part, PreferencesRet)), None),
        frozenset(head.request_id or "" for head in heads if _tells_of_stamps(head)),
    )


def _tells_of_stamps(head: ResponseHead) -> bool:
    code = head.status.code
    return head.name == "CompanyQueryRs" and (statuses.is_success(code) or code == NO_SUCH_OWNER)


def _is_ours(head: ResponseHead, request_id: str) -> bool:
    """Whether a response answers this request; a requestID that is missing may be ours.

    The parts of a message set carry the request's ID with a number behind it. An empty
    ``request_id`` takes any: the Web Connector's own questions are numbered by itself.
    """
    said = head.request_id
    return not said or not request_id or said == request_id or said.startswith(f"{request_id}-")
