"""The parts of a payment: which states follow which, and what the payment makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shared.hints import tell
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.statements import Statement, among, insert_rows, slot, update_columns
from shared.rules.payments.values import PaymentStatus, Posting, PostingState

_P = PostingState

MOVES: Mapping[PostingState, frozenset[PostingState]] = MappingProxyType(
    {
        _P.PLANNED: frozenset({_P.PLANNED, _P.SENT, _P.REFUSED, _P.POSTED, _P.PARKED}),
        _P.SENT: frozenset(_P),
        _P.UNKNOWN: frozenset(_P),
        _P.REFUSED: frozenset({_P.PLANNED, _P.POSTED, _P.PARKED}),
        _P.PARKED: frozenset({_P.PLANNED, _P.POSTED, _P.PARKED}),
        _P.POSTED: frozenset({_P.POSTED, _P.PARKED}),
    }
)
"""Where a posting may go from each state. Once posted, only a person's decision undoes it."""

CHANGED_AFTER_SENDING = "payment-changed-after-sending"
ABOUT_POSTED = frozenset(
    {
        CHANGED_AFTER_SENDING,
        *("payment-edited", "payment-deleted", "payment-balance-differs", "payment-posted-twice"),
        *("payment-refunded", "payment-disputed", "payment-returned", "payment-not-applied"),
    }
)
"""Codes of problems with payments that QuickBooks was asked for: a decision about one never posts
it."""

IN_QUICKBOOKS = frozenset({_P.SENT, _P.UNKNOWN, _P.POSTED, _P.PARKED})
"""States in which QuickBooks has the payment, or may have it."""

_FIRST = (_P.UNKNOWN, _P.SENT, _P.PARKED, _P.REFUSED)


def check_move(posting: Posting, state: PostingState) -> None:
    """Raise ValueError when a posting may not go to ``state``; always a bug."""
    if state not in MOVES[posting.state]:
        raise ValueError(
            f"part {posting.part} of payment {posting.payment_id} is {posting.state.value},"
            f" it cannot become {state.value}"
        )


def standing(parts: Sequence[Posting]) -> tuple[PaymentStatus, Posting]:
    """Return where a payment stands by its parts, and the part that says so.

    A part in doubt comes before all others, then what waits for a person. A planned part with
    a code waits; the payment is posted when all of them are. There must be a part.
    """
    for state in _FIRST:
        for part in parts:
            if part.state is state:
                return PaymentStatus(state.value), part
    planned = [part for part in parts if part.state is _P.PLANNED]
    waiting = [part for part in planned if part.code]
    if waiting:
        return PaymentStatus.WAITING, waiting[0]
    if planned:
        return PaymentStatus.READY, planned[0]
    return PaymentStatus.POSTED, parts[0]


def reason_of(part: Posting) -> str:
    """Return the sentence for the code of a part; empty without one."""
    return tell(part.code, said=part.said).message if part.code else ""


def add_event(
    posting_id: int, now: datetime, event: str, detail: str = "", set_id: str = "", who: str = ""
) -> None:
    """Add a step to the life of a posting."""
    ADD_EVENTS.many([(posting_id, set_id, millis(now), event, detail, who)])


ADD_EVENTS = insert_rows(
    t.PostingEvent,
    [
        *(t.PostingEvent.posting, t.PostingEvent.set_id, t.PostingEvent.at_ms),
        *(t.PostingEvent.event, t.PostingEvent.detail, t.PostingEvent.who),
    ],
)
"""Rows are (posting id, set id, milliseconds, event, detail, who)."""


def set_status(
    payment_id: int,
    status: PaymentStatus,
    now: datetime,
    code: str = "",
    reason: str = "",
    **columns: str,
) -> None:
    """Write where a payment stands; ``columns`` may be ``note`` and ``changed_by``."""
    update_columns(
        t.Payment,
        id=payment_id,
        status=status.value,
        code=code,
        reason=reason,
        changed_ms=millis(now),
        **columns,
    )
    keep_waiting_since([(payment_id, status)], now)


def keep_waiting_since(standings: Iterable[tuple[int, PaymentStatus]], now: datetime) -> None:
    """Keep since when payments wait: from the first reason on, until one goes on or is stopped.

    A payment that is ready has not gone on yet: it may be put off again.
    """
    groups: defaultdict[PaymentStatus, list[int]] = defaultdict(list)
    for payment_id, status in standings:
        groups[status].append(payment_id)
    waiting = groups.pop(PaymentStatus.WAITING, [])
    groups.pop(PaymentStatus.READY, None)
    _WAITS.run(ids=waiting, now_ms=millis(now))
    _WAITS_NO_MORE.run(ids=[one for ids in groups.values() for one in ids])


_WAITS = Statement(
    lambda: t.Payment.update({t.Payment.waiting_ms: slot("now_ms")}).where(
        among(t.Payment.id, "ids") & t.Payment.waiting_ms.is_null()
    )
)
_WAITS_NO_MORE = Statement(
    lambda: t.Payment.update({t.Payment.waiting_ms: None}).where(
        among(t.Payment.id, "ids") & t.Payment.waiting_ms.is_null(False)
    )
)
