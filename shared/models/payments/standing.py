"""Where a payment of the platform stands, and the one place that writes it.

By its parts (``by_parts``), or by what a person decided: again, never, after all, taken back.
Whether it may be decided is ``shared.rules.payments.decisions``; its problems follow it in
``shared.operations.payments``. What is held alone is judged in ``rejudging``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shared.errors import NotFound
from shared.hints import tell
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.installation import origin
from shared.models.payments import rows, telling
from shared.models.statements import AnyOf, Statement, among, insert_rows, slot, update_columns
from shared.rules.payments import reasons, tags
from shared.rules.payments.values import (
    Allowances,
    Asking,
    Payment,
    PaymentStatus,
    Posting,
    PostingState,
)

_S = PaymentStatus
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


def by_parts(parts: Sequence[Posting]) -> tuple[PaymentStatus, Posting]:
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


ADD_EVENTS = insert_rows(t.PostingEvent)
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
    telling.tell_status(payment_id, status, code)
    update_columns(
        t.Payment,
        id=payment_id,
        status=status.value,
        code=code,
        reason=reason,
        changed_ms=millis(now),
        **columns,
        **({"waiting_ms": None} if status not in _MAY_WAIT else {}),
    )
    if status is PaymentStatus.WAITING:
        keep_waiting_since([(payment_id, status)], now)


_MAY_WAIT = frozenset({PaymentStatus.WAITING, PaymentStatus.READY})


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
    lambda: t.Payment.update(waiting_ms=slot("now_ms")).where(
        t.Payment.has(id=AnyOf("ids"), waiting_ms=None)
    )
)
_WAITS_NO_MORE = Statement(
    lambda: t.Payment.update(waiting_ms=None).where(
        among(t.Payment.id, "ids") & t.Payment.waiting_ms.is_null(False)
    )
)


# What a person decided.


def _find(payment_id: int) -> Payment:
    """Find a payment by its number, as it came in; raises NotFound."""
    found = rows.given(rows.PAYMENTS.all(ids=[payment_id]))
    if not found:
        raise NotFound("payment", payment_id)
    return found[0]


def retry(payment_id: int, who: str, now: datetime) -> None:
    """Have a payment judged again; refused and parked parts of it are planned again.

    A parked part gets new tags and goes out as a new payment, unless QuickBooks shows one with
    its earlier tags when it is looked at. Raises NotFound.
    """
    _plan_parts(payment_id, who, now)
    _ask_again(payment_id, who, now)


def take_up(payment_id: int, who: str, now: datetime) -> None:
    """Have a payment judged again as ``retry`` does, but by what we hold, without asking first.

    For a decision that settles what kept it back. Raises NotFound.
    """
    _plan_parts(payment_id, who, now)
    set_status(payment_id, _S.WAITING, now, "", "", note="", changed_by=who)


def _plan_parts(payment_id: int, who: str, now: datetime) -> None:
    payment = _find(payment_id)
    for part in rows.postings_of([payment_id])[payment_id]:
        if part.state is PostingState.PARKED:
            _plan_anew(payment, part, who, now)
        elif _stopped_here(part):
            _plan_again(part, who, now)


def _ask_again(payment_id: int, who: str, now: datetime) -> None:
    """The next Payment Sync reads what the payment names, judges it by that, and posts it."""
    update_columns(t.Payment, id=payment_id, asking=Asking.WANTED.value, waiting_ms=None)
    told = tell(reasons.RETRIED).message
    set_status(payment_id, _S.WAITING, now, reasons.RETRIED, told, note="", changed_by=who)


def allow(payment_id: int, allowances: Allowances, now: datetime) -> None:
    """Keep what is allowed for a payment alone."""
    terms = rows.ALLOWANCES.stored(allowances)
    update_columns(t.Payment, id=payment_id, changed_ms=millis(now), **terms)


def skip(payment_id: int, note: str, who: str, now: datetime) -> None:
    """Keep a payment from QuickBooks until ``unskip``. Raises NotFound.

    Its code and reason stay, ``note`` says why it was skipped.
    """
    payment = _find(payment_id)
    _tell_all(payment_id, "skipped", note, who, now)
    set_status(payment_id, _S.SKIPPED, now, payment.code, payment.reason, note=note, changed_by=who)


def unskip(payment_id: int, who: str, now: datetime) -> None:
    """Take a skip back: the payment is judged again. Raises NotFound.

    What QuickBooks refused is planned again. A parked part stays parked: QuickBooks may have
    it, and taking back a skip does not say otherwise.
    """
    payment = _find(payment_id)
    _tell_all(payment_id, "unskipped", "", who, now)
    postings = rows.postings_of([payment_id])[payment_id]
    parked = next((part for part in postings if part.state is PostingState.PARKED), None)
    if parked is not None:
        set_status(payment_id, _S.PARKED, now, parked.code, payment.reason, note="", changed_by=who)
        return
    for part in postings:
        if _stopped_here(part):
            _plan_again(part, who, now)
    _ask_again(payment_id, who, now)


def withdraw(payment_id: int, note: str, who: str, now: datetime) -> None:
    """Take a payment of which nothing has left out of the books; ``note`` may say why."""
    _tell_all(payment_id, "withdrawn", note, who, now)
    update_columns(t.Payment, id=payment_id, asking=Asking.NO.value)
    set_status(payment_id, _S.WITHDRAWN, now, note=note, changed_by=who)


def _stopped_here(part: Posting) -> bool:
    """Whether a part was refused, or put off before: its next try is a first one again."""
    put_off = part.state is PostingState.PLANNED and part.attempts > 0
    return part.state is PostingState.REFUSED or put_off


def _plan_again(part: Posting, who: str, now: datetime) -> None:
    check_move(part, PostingState.PLANNED)
    update_columns(
        t.Posting,
        id=part.id,
        state=PostingState.PLANNED.value,
        code="",
        said="",
        attempts=0,
        pause_ms=None,
    )
    add_event(part.id, now, "retried", who=who)


def _plan_anew(payment: Payment, part: Posting, who: str, now: datetime) -> None:
    check_move(part, PostingState.PLANNED)
    generation = part.generation + 1
    key = (origin(payment.connection_id), payment.external_id, part.part, generation)
    update_columns(
        t.Posting,
        id=part.id,
        state=PostingState.PLANNED.value,
        generation=generation,
        ref_number=tags.ref_number(*key),
        external_guid=tags.external_guid(*key),
        **dict.fromkeys(("code", "said", "txn_id", "edit_sequence", "time_created"), ""),
        attempts=0,
        unused_cents=0,
        posted_ms=None,
        verified_ms=None,
        pause_ms=None,
        date="",
        deleted=False,
    )
    _FORGET_EXPECTED.run(posting=part.id)
    detail = (
        f"It will be posted again, as {tags.ref_number(*key)}; it was {part.ref_number}"
        f" before{f' (TxnID {part.txn_id})' if part.txn_id else ''}."
    )
    add_event(part.id, now, "retried", detail, who=who)


_FORGET_EXPECTED = Statement(
    lambda: t.PostingUse.update(expected_cents=None, fitting_cents=None).where(
        t.PostingUse.has("posting")
    )
)


def _tell_all(payment_id: int, event: str, detail: str, who: str, now: datetime) -> None:
    for part in rows.postings_of([payment_id])[payment_id]:
        add_event(part.id, now, event, detail, who=who)
