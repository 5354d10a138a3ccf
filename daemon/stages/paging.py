"""A list that is read page by page: where it stands, and what to do when it breaks off.

A page should take QuickBooks a few seconds and stay small enough to travel well: the Web
Connector gives a call up after about 100 seconds, and users feel a busy QuickBooks. Iterators
live in one QuickBooks session; whatever is lost of one is read from its first page again.
Pure: the plans of both syncs stand on this.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from daemon.stages.moves import Answered, Fail, GoOn, Move, NotTakenIn, Pause
from shared.structs import Value, replace

NOT_FOUND = 3120
NOT_THERE = frozenset({3000, NOT_FOUND, 3140})
"""Refusals that speak of an ID: QuickBooks has no such record, or never gave such an ID."""
DELETIONS_DAYS = 90
"""QuickBooks tells of deletions for 90 days."""
IDS_PER_REQUEST = 100
MOST_RESTARTS = 2
MOST_EMPTY_PAGES = 5
SMALLEST_PAGE = 10
QUICK_SECONDS = 8.0
SLOW_SECONDS = 25.0
LARGE_BYTES = 4 * 1024 * 1024
SHRINK = 8
"""What could not be taken in is asked for again in pages so many times smaller."""


DELETED = "TxnDeletedQueryRs"
"""The name of an answer that tells what was deleted."""


class Beside(StrEnum):
    """How far what else changed is known from the message set of a list's first page."""

    TO_ASK = "to-ask"
    ASKED = "asked"  # once: where that goes wrong, list and changes are asked for one by one
    TOLD = "told"


class Shown(NamedTuple):
    """What people see of a step: what is being done, and its part of the percent."""

    doing: str
    low: int
    high: int


class Paged(Value, kw_only=True, omit_defaults=True):
    """Where the current step's list stands; the plan of a sync adds what is its own.

    Between two callbacks the store keeps, as JSON, what is not as at the start.

    ``remaining`` is the iteratorRemainingCount of the last page, -1 while not iterating.
    ``furthest`` is how many rows of the step were read before it had to begin again,
    ``empty_pages`` how many in a row brought none. ``is_doubtful``: rows may be missing. ``asked``
    are the IDs that are asked for, ``checked_until`` the last of those that were compared.
    ``beside`` tells how far that is that the first page is asked for with what was deleted.
    ``newest`` is the largest TimeModified that a record showed. ``position`` counts records
    that were taken in, ``failed`` those that need a person.
    """

    page_size: int
    largest_page: int
    most_tries: int
    iterator_id: str = ""
    remaining: int = -1
    rows_read: int = 0
    furthest: int = 0
    empty_pages: int = 0
    is_doubtful: bool = False
    tries: int = 0
    restarts: int = 0
    asked: tuple[str, ...] = ()
    ids_per_request: int = IDS_PER_REQUEST
    checked_until: str = ""
    beside: Beside = Beside.TO_ASK
    newest: str = ""
    position: int = 0
    failed: int = 0
    percent: int = 0

    @property
    def iterates(self) -> bool:
        """Whether the step turns pages, so that it can only be begun again as a whole."""
        return True

    @property
    def asked_rows(self) -> int:
        """MaxReturned of the current page, in rows."""
        return self.page_size


State = TypeVar("State", bound=Paged)


def next_page_size(size: int, *, seconds: float, size_bytes: int, largest: int) -> int:
    """The MaxReturned of the next page, from what the last one cost.

    Halved when the page took longer than ``SLOW_SECONDS`` or weighed more than
    ``LARGE_BYTES``; doubled when it was quick and doubling stays within both bounds.
    """
    if seconds > SLOW_SECONDS or size_bytes > LARGE_BYTES:
        return max(SMALLEST_PAGE, size // 2)
    if seconds < QUICK_SECONDS and size_bytes * 2 <= LARGE_BYTES:
        return max(min(size * 2, largest), min(size, largest))
    return size


AFRESH: Mapping[str, Any] = {
    "iterator_id": "",
    "remaining": -1,
    "rows_read": 0,
    "furthest": 0,
    "empty_pages": 0,
    "ids_per_request": IDS_PER_REQUEST,
    "asked": (),
    "tries": 0,
    "restarts": 0,
}
"""What every step begins with."""


def turn_page(state: State, answer: Answered) -> State:
    """On to the next page of the iterator."""
    page = next_page_size(
        state.page_size,
        seconds=answer.seconds,
        size_bytes=answer.size_bytes,
        largest=state.largest_page,
    )
    remaining = -1 if answer.remaining is None else answer.remaining
    iterator_id = answer.iterator_id or state.iterator_id
    return replace(state, iterator_id=iterator_id, remaining=remaining, page_size=page)


def has_another_page(state: Paged, answer: Answered) -> bool:
    """Whether the list goes on, judged by what came: MaxReturned is no promise of QuickBooks'.

    Where it does not say how much is left, a page without rows is the end; where it does, pages
    may be empty in between, but not for ever.
    """
    if not (answer.iterator_id or state.iterator_id):
        return False
    if answer.remaining is None:
        return answer.rows > 0
    return answer.remaining > 0 and state.empty_pages < MOST_EMPTY_PAGES


def counted(state: State, answer: Answered) -> State:
    """The answer's rows added to what was read.

    Only headway makes earlier tries forgotten: a list that always breaks off at its second
    page must not be begun again for ever.
    """
    rows_read = state.rows_read + answer.rows
    return replace(
        state,
        tries=0 if rows_read > state.furthest else state.tries,
        furthest=max(state.furthest, rows_read),
        rows_read=rows_read,
        empty_pages=0 if answer.rows else state.empty_pages + 1,
        is_doubtful=state.is_doubtful or _rows_are_missing(state, answer),
        position=state.position + answer.changed,
        failed=state.failed + answer.failed,
    )


def told_beside(state: State, asked: Collection[str], answers: Collection[str]) -> State:
    """Note that all that was ``asked`` beside the list, by the answers' names, was told."""
    if state.beside is not Beside.ASKED or not set(asked) <= set(answers):
        return state
    return replace(state, beside=Beside.TOLD)


def page_was_skipped(state: Paged, answer: Answered) -> bool:
    """A page that QuickBooks turned but we never saw (its answer was lost) must be read again.

    Once: where the count jumps in the second reading as well, it is a habit of this QuickBooks,
    and the list is only noted as doubtful.
    """
    return state.restarts == 0 and _rows_are_missing(state, answer)


def _rows_are_missing(state: Paged, answer: Answered) -> bool:
    """More rows have left the iterator than a page has: a page went by that we did not see.

    A page may be thin, where QuickBooks keeps rows to itself; but a Continue that went out twice
    may have turned two thin ones.
    """
    if not state.iterator_id:
        return False
    if answer.remaining is None or state.remaining < 0:
        return answer.asked_twice
    gone = state.remaining - answer.remaining
    return gone > (answer.rows if answer.asked_twice else max(answer.rows, state.asked_rows))


def ended_without_count(state: Paged) -> bool:
    """Whether a refusal may be the end of a list whose length was never told."""
    return bool(state.iterator_id) and state.remaining < 0


def start_over(state: State, said: str) -> tuple[State, Move]:
    """The iterator is lost: read the list from its start, but not without end."""
    if state.restarts >= MOST_RESTARTS:
        return state, Fail("iterator-lost", said)
    return replace(_from_first_page(state), restarts=state.restarts + 1), GoOn()


def unreadable(state: State, said: str) -> tuple[State, Move]:
    """The answer could not be read, or lacked ours: ask again, from the first page.

    Whatever garbled it may be over in a while, so each try waits longer than the one before.
    """
    return _once_more(state, Fail("answer-unreadable", said, facts={"reason": said}))


def for_less(state: State, said: str) -> tuple[State, Move]:
    """The answer could not be taken in, or lacked ours: ask again, for less at a time.

    A list is begun again in smaller pages; IDs are asked for in smaller groups, down to one
    alone, which is then given up. Only what cannot be asked in a smaller way is tried a few
    times as it is.
    """
    if state.asked:
        return _fewer_ids(state, said)
    if state.iterates and state.page_size > 1:
        size = max(1, state.page_size // SHRINK)
        state = replace(state, page_size=size, largest_page=max(1, state.page_size // 2))
        return _from_first_page(state), GoOn()
    return unreadable(state, said)


def _fewer_ids(state: State, said: str) -> tuple[State, Move]:
    if len(state.asked) > 1:
        fewer = max(1, len(state.asked) // SHRINK)
        return replace(state, ids_per_request=fewer, asked=()), GoOn()
    if state.tries < state.most_tries:
        return replace(state, tries=state.tries + 1), Pause(2**state.tries)
    (object_id,) = state.asked
    return replace(state, tries=0), NotTakenIn(object_id, said)


def try_again(state: State, said: str) -> tuple[State, Move]:
    """QuickBooks is busy: ask once more after a pause, which gets longer each time."""
    return _once_more(state, Fail("retries-exhausted", said, facts={"times": str(state.tries + 1)}))


def _once_more(state: State, at_the_end: Fail) -> tuple[State, Move]:
    if state.tries >= state.most_tries:
        return state, at_the_end
    state = replace(_from_first_page(state), tries=state.tries + 1)
    return state, Pause(2 ** (state.tries - 1))


def refused(state: State, code: str, said: str, *, passing: bool) -> tuple[State, Move]:
    """QuickBooks did not take a query at all (an hresult came instead of an answer)."""
    return try_again(state, said) if passing else (state, Fail(code, said))


def share_read(state: Paged) -> float:
    """How much of the list was read, from 0 to 1."""
    if not state.rows_read or state.remaining < 0:
        return 0.0
    return state.rows_read / (state.rows_read + state.remaining)


def _from_first_page(state: State) -> State:
    if not state.iterates:
        return state
    return replace(state, iterator_id="", remaining=-1, rows_read=0)
