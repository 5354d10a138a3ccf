"""QuickBooks' answers, read beside the reactor: rows in batches, and what they came with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from daemon.invoices.importing import Tally
from daemon.invoices.intake import Taken
from daemon.sessions.binding import Introduced
from shared.qbxml import statuses
from shared.qbxml.reader import UnreadableAnswer, read_message_set
from shared.qbxml.responses import (
    BadRecord,
    CompanyRet,
    HostRet,
    MessageSetHead,
    PreferencesRet,
    ResponseHead,
    Ret,
)

BATCH = 125
"""Rows that are stored in one transaction; a larger answer takes several, so that memory and
lock time stay flat whatever its size. So many invoices keep the store for some 10 ms: with 500,
one in a hundred calls of another company took 40 ms; now 25."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer without the rows that were stored on the way.

    ``heads`` are the response elements in order; ``rows`` the last batch, not yet stored;
    ``tally`` what came of the batches before. ``unreadable`` says why reading stopped.
    """

    heads: tuple[ResponseHead, ...] = ()
    rows: tuple[Taken, ...] = ()
    tally: Tally = field(default_factory=Tally)
    introduced: Introduced = field(default_factory=Introduced)
    unreadable: str = ""

    @property
    def worst(self) -> ResponseHead | None:
        """The head that decides: the first that failed, else the first."""
        for head in self.heads:
            if not statuses.is_success(head.status.code):
                return head
        return self.heads[0] if self.heads else None

    @property
    def count(self) -> int:
        """The sum of retCount over the set."""
        return sum(head.ret_count or 0 for head in self.heads)

    def answers(self, request_id: str) -> bool:
        """Whether the set answers this request; a requestID that is missing may be ours."""
        return all(
            not head.request_id
            or head.request_id == request_id
            or head.request_id.startswith(f"{request_id}-")
            for head in self.heads
        )


def read_answer(
    pieces: Iterable[str | bytes],
    take: Callable[[Ret | BadRecord], Iterable[Taken]],
    store_batch: Callable[[list[Taken]], Tally],
) -> Reading:
    """Read a whole answer, record by record; full batches are handed to store_batch.

    Never raises for what QuickBooks or the network did to the answer: that is ``unreadable``.
    """
    heads: list[ResponseHead] = []
    rows: list[Taken] = []
    tally = Tally()
    parts: dict[str, HostRet | CompanyRet | PreferencesRet] = {}
    try:
        for one in read_message_set(pieces):
            if isinstance(one, ResponseHead):
                heads.append(one)
            elif isinstance(one, HostRet | CompanyRet | PreferencesRet):
                parts[type(one).__name__] = one
            elif not isinstance(one, MessageSetHead):
                # Another row follows: the last batch is stored with the answer itself.
                if len(rows) >= BATCH:
                    tally = tally.plus(store_batch(rows))
                    rows = []
                rows.extend(take(one))
    except UnreadableAnswer as failure:
        return Reading(tuple(heads), (), tally, unreadable=str(failure))
    return Reading(tuple(heads), tuple(rows), tally, _introduced(parts))


def read_introduction(text: str) -> Introduced:
    """Read the host, company and preferences reply; empty where it cannot be read."""
    return read_answer((text,), lambda _ret: (), lambda _rows: Tally()).introduced


def _introduced(parts: dict[str, HostRet | CompanyRet | PreferencesRet]) -> Introduced:
    host, company = parts.get("HostRet"), parts.get("CompanyRet")
    preferences = parts.get("PreferencesRet")
    return Introduced(
        host if isinstance(host, HostRet) else None,
        company if isinstance(company, CompanyRet) else None,
        preferences if isinstance(preferences, PreferencesRet) else None,
    )
