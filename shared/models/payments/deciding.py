"""What a person decides about a payment, with the problems that it has and a new judgement."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from shared.models import problems
from shared.models.payments import listing, receiving, states
from shared.models.payments.parts import ABOUT_POSTED
from shared.rules.payments.values import Payment
from shared.rules.values import ProblemState, RecordKind

_WAITING = (ProblemState.OPEN, ProblemState.RETRY)
_SKIPPED = (ProblemState.SKIPPED,)


def retry(payment_id: int, who: str, now: datetime) -> Payment:
    """Have a payment judged again at once; see ``states.retry``. Returns it as it is then.

    Raises NotFound or NotPossible.
    """
    states.retry(payment_id, who, now)
    return _decided(payment_id, _WAITING, ProblemState.RETRY, "", who, now)


def skip(payment_id: int, note: str, who: str, now: datetime) -> Payment:
    """Keep a payment from QuickBooks until ``unskip``; see ``states.skip``. Returns it."""
    states.skip(payment_id, note, who, now)
    return _decided(payment_id, _WAITING, ProblemState.SKIPPED, note, who, now)


def unskip(payment_id: int, who: str, now: datetime) -> Payment:
    """Take a skip back; see ``states.unskip``. Returns the payment as it is then."""
    states.unskip(payment_id, who, now)
    return _decided(payment_id, _SKIPPED, ProblemState.RETRY, "", who, now)


def _decided(
    payment_id: int,
    before: Collection[ProblemState],
    after: ProblemState,
    note: str,
    who: str,
    now: datetime,
) -> Payment:
    payment = states.find(payment_id)
    problems.decide_all(
        payment.connection_id,
        RecordKind.PAYMENT,
        str(payment_id),
        before,
        after,
        but=ABOUT_POSTED,
        note=note,
        who=who,
        now=now,
    )
    receiving.prepare(payment.connection_id, now, [payment_id])
    return listing.get(payment_id)
