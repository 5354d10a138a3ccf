"""Decisions about payments: again, never, after all, and that a doubt is over."""

from __future__ import annotations

from collections.abc import Sequence

from console.tui.actions import Operator
from console.tui.snapshots.payments import RetryPlan, SettlePlan
from shared.errors import NotPossible
from shared.models import connections
from shared.models.payments import deciding, listing, sets
from shared.operations.describe.text import count
from shared.rules.payments.values import Payment, PaymentStatus


def retry(by: Operator, plan: RetryPlan) -> str:
    """Judge the payments again at once; what is ready then goes out with the next Payment Sync.

    Raises NotPossible where one was parked since the plan was made: nobody agreed to post that
    one anew.
    """
    done = []
    for payment_id in plan.payment_ids:
        payment = listing.get(payment_id)
        if payment.status is PaymentStatus.PARKED and payment.id not in plan.agreed:
            raise NotPossible(
                f"{payment.document} was parked meanwhile. Nothing was changed.",
                "Look at it, then decide again.",
            )
        done.append(deciding.retry(payment_id, by.who, by.now))
        _note(by, "payment.retry", payment)
    if len(done) == 1:
        return _where_it_stands(done[0])
    ready = sum(payment.status is PaymentStatus.READY for payment in done)
    return (
        f"{count(len(done), 'payment')} judged again: {ready:,} ready for the next Payment Sync,"
        f" {len(done) - ready:,} not."
    )


def _where_it_stands(payment: Payment) -> str:
    if payment.status is PaymentStatus.READY:
        return f"{payment.document} is ready: it goes out with the next Payment Sync."
    return f"{payment.document} is {payment.status.replace('_', ' ')}: {payment.reason}"


def skip(by: Operator, payment_ids: Sequence[int], because: str) -> str:
    """Keep the payments from QuickBooks until a person takes that back."""
    for payment_id in payment_ids:
        payment = listing.get(payment_id)
        deciding.skip(payment_id, because, by.who, by.now)
        _note(by, "payment.skip", payment, f": {because}")
    return f"{count(len(payment_ids), 'payment')} will not be posted. u takes that back."


def unskip(by: Operator, payment_ids: Sequence[int]) -> str:
    """Take skipped payments in again, and judge them at once."""
    done = []
    for payment_id in payment_ids:
        done.append(deciding.unskip(payment_id, by.who, by.now))
        _note(by, "payment.unskip", done[-1])
    if len(done) == 1:
        return _where_it_stands(done[0])
    return f"{count(len(done), 'payment')} will be looked at by the next Payment Sync."


def settle(by: Operator, plan: SettlePlan) -> str:
    """Note that no copy of the open request is left; raises NotPossible for another doubt."""
    vouched = sets.settle_now(plan.connection_id, by.who, by.now)
    if (vouched.set_id, vouched.sends) != (plan.set_id, plan.sends):
        raise NotPossible(
            "A sync went on meanwhile: it is another doubt now. Nothing was changed.",
            "Look at it, then decide again.",
        )
    by.note("payment.settle", plan.connection, plan.document)
    return (
        f"{plan.document} will be settled by the next Payment Sync: it is looked for once more,"
        " and sent again if QuickBooks does not have it."
    )


def _note(by: Operator, action: str, payment: Payment, more: str = "") -> None:
    connection = connections.by_id(payment.connection_id)
    by.note(action, connection.name, f"{payment.document} ({payment.id}){more}")
