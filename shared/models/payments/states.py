"""What a person decided about a payment of the platform, as rows: again, never, after all.

Whether it may be decided, and what becomes of its problems, is ``shared.operations.payments``.
"""

from __future__ import annotations

from datetime import datetime

from shared.errors import NotFound
from shared.hints import tell
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.installation import origin
from shared.models.payments import parts, rows
from shared.models.statements import Statement, slot, update_columns
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


def find(payment_id: int) -> Payment:
    """Find a payment by its number, as it came in; raises NotFound."""
    found = rows.given(_FIND.all(id=payment_id))
    if not found:
        raise NotFound("payment", payment_id)
    return found[0]


_FIND = Statement(lambda: t.Payment.select(*rows.PAYMENT_FIELDS).where(t.Payment.id == slot("id")))


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
    parts.set_status(payment_id, _S.WAITING, now, "", "", note="", changed_by=who)


def _plan_parts(payment_id: int, who: str, now: datetime) -> None:
    payment = find(payment_id)
    for part in rows.postings_of([payment_id])[payment_id]:
        if part.state is PostingState.PARKED:
            _plan_anew(payment, part, who, now)
        elif _stopped_here(part):
            _plan_again(part, who, now)


def _ask_again(payment_id: int, who: str, now: datetime) -> None:
    """The next Payment Sync reads what the payment names, judges it by that, and posts it."""
    update_columns(t.Payment, id=payment_id, asking=Asking.WANTED.value, waiting_ms=None)
    told = tell(reasons.RETRIED).message
    parts.set_status(payment_id, _S.WAITING, now, reasons.RETRIED, told, note="", changed_by=who)


def allow(payment_id: int, allowances: Allowances, now: datetime) -> None:
    """Keep what is allowed for a payment alone."""
    own = (allowances.overpayment, allowances.on_account, allowances.closed_period)
    overpayment, on_account, closed_period = (term.value if term else "" for term in own)
    update_columns(
        t.Payment,
        id=payment_id,
        overpayment=overpayment,
        on_account=on_account,
        closed_period=closed_period,
        closed_too=allowances.closed_too,
        changed_ms=millis(now),
    )


def skip(payment_id: int, note: str, who: str, now: datetime) -> None:
    """Keep a payment from QuickBooks until ``unskip``. Raises NotFound.

    Its code and reason stay, ``note`` says why it was skipped.
    """
    payment = find(payment_id)
    _tell_all(payment_id, "skipped", note, who, now)
    parts.set_status(
        payment_id, _S.SKIPPED, now, payment.code, payment.reason, note=note, changed_by=who
    )


def unskip(payment_id: int, who: str, now: datetime) -> None:
    """Take a skip back: the payment is judged again. Raises NotFound.

    What QuickBooks refused is planned again. A parked part stays parked: QuickBooks may have
    it, and taking back a skip does not say otherwise.
    """
    payment = find(payment_id)
    _tell_all(payment_id, "unskipped", "", who, now)
    postings = rows.postings_of([payment_id])[payment_id]
    parked = next((part for part in postings if part.state is PostingState.PARKED), None)
    if parked is not None:
        parts.set_status(
            payment_id, _S.PARKED, now, parked.code, payment.reason, note="", changed_by=who
        )
        return
    for part in postings:
        if _stopped_here(part):
            _plan_again(part, who, now)
    _ask_again(payment_id, who, now)


def withdraw(payment_id: int, note: str, who: str, now: datetime) -> None:
    """Take a payment of which nothing has left out of the books; ``note`` may say why."""
    _tell_all(payment_id, "withdrawn", note, who, now)
    update_columns(t.Payment, id=payment_id, asking=Asking.NO.value)
    parts.set_status(payment_id, _S.WITHDRAWN, now, note=note, changed_by=who)


def _stopped_here(part: Posting) -> bool:
    """Whether a part was refused, or put off before: its next try is a first one again."""
    put_off = part.state is PostingState.PLANNED and part.attempts > 0
    return part.state is PostingState.REFUSED or put_off


def _plan_again(part: Posting, who: str, now: datetime) -> None:
    parts.check_move(part, PostingState.PLANNED)
    update_columns(
        t.Posting,
        id=part.id,
        state=PostingState.PLANNED.value,
        code="",
        said="",
        attempts=0,
        pause_ms=None,
    )
    parts.add_event(part.id, now, "retried", who=who)


def _plan_anew(payment: Payment, part: Posting, who: str, now: datetime) -> None:
    parts.check_move(part, PostingState.PLANNED)
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
        f"It will be posted anew, as {tags.ref_number(*key)};"
        f" it was {part.ref_number} before{f' (TxnID {part.txn_id})' if part.txn_id else ''}."
    )
    parts.add_event(part.id, now, "retried", detail, who=who)


_FORGET_EXPECTED = Statement(
    lambda: t.PostingUse.update(
        {t.PostingUse.expected_cents: None, t.PostingUse.fitting_cents: None}
    ).where(t.PostingUse.posting == slot("posting"))
)


def _tell_all(payment_id: int, event: str, detail: str, who: str, now: datetime) -> None:
    for part in rows.postings_of([payment_id])[payment_id]:
        parts.add_event(part.id, now, event, detail, who=who)
