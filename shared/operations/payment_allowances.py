"""What a person allows for single payments: a credit, posting on account, a later date.

A connection says what holds for all of its payments; this is for one that was refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.errors import NotPossible
from shared.models import connections
from shared.models.payments import payment_pages, standing
from shared.models.store import Store
from shared.operations import payments
from shared.operations.deciding import Need, Operator, Outcome
from shared.rules.operators import Role
from shared.rules.payments.values import Allowances, Payment, PaymentStatus
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment
from shared.structs import replace

MAY_BE_RECORDED = "may-be-recorded"
CLOSED = "payment-invoice-closed"

WAYS_OUT: Mapping[str, Allowances] = {
    "payment-overpays": Allowances(overpayment=Overpayment.CREDIT),
    CLOSED: Allowances(overpayment=Overpayment.CREDIT),
    "payment-no-invoice": Allowances(on_account=OnAccount.POST),
    "payment-closed-period": Allowances(closed_period=ClosedPeriod.NEXT_OPEN_DAY),
}
"""What would let a payment go out that is kept back under one of these codes."""

_TOLD = {
    Overpayment.CREDIT: (
        "Whatever exceeds the balance of its invoices is kept as the customer's credit."
    ),
    Overpayment.REFUSE: "It is refused if its invoices have a smaller balance than it pays.",
    OnAccount.POST: "Without an invoice, it is posted to the customer's account, unapplied.",
    OnAccount.REFUSE: "Without an invoice, it is not posted.",
    ClosedPeriod.NEXT_OPEN_DAY: "In a closed period, it is posted on the first open day, with its"
    " own date in the memo.",
    ClosedPeriod.HOLD: "In a closed period, it is refused.",
}

_ASKED = {
    Overpayment.CREDIT: ("Keep the rest of {} as the customer's credit?", "Keep as credit"),
    Overpayment.REFUSE: ("Refuse {} if it is an overpayment?", "Refuse"),
    OnAccount.POST: ("Post {} on account?", "Post on account"),
    OnAccount.REFUSE: ("Refuse {} without an invoice?", "Refuse"),
    ClosedPeriod.NEXT_OPEN_DAY: ("Post {} on the first open day?", "Post on open day"),
    ClosedPeriod.HOLD: ("Hold {} in a closed period?", "Hold"),
}


class Allow(payments.Retry, kw_only=True):
    """What is allowed for these payments from now on; they are tried again with it."""

    role = Role.RUN
    wanted: Allowances

    def again(self, store: Store) -> Allow:
        return _allow([payment_pages.get(one) for one in self.payment_ids], self.wanted)

    def apply(self, by: Operator) -> Outcome:
        """Keep what is allowed, then try the payments again."""
        for payment in self.payments():
            standing.allow(payment.id, _becomes(payment, self.wanted), by.now)
            connection = connections.by_id(payment.connection_id).name
            by.note("payment.allow", connection, f"{payment.document}: {_words(self.wanted)}")
        return super().apply(by)


def plan_allow(
    _store: Store,
    payment_ids: Iterable[int],
    *,
    overpayment: Overpayment | None = None,
    on_account: OnAccount | None = None,
    closed_period: ClosedPeriod | None = None,
) -> Allow:
    """What allowing this for these payments would do; None leaves a term as it is.

    Raises NotFound, or NotPossible for a payment that is, or may be, in QuickBooks.
    """
    found = [payment_pages.get(payment_id) for payment_id in dict.fromkeys(payment_ids)]
    return _allow(found, Allowances(overpayment, on_account, closed_period))


def plan_way_out(_store: Store, payment_id: int) -> Allow:
    """What would let a refused payment go out. Raises NotFound, NotPossible."""
    payment = payment_pages.get(payment_id)
    if not has_way_out(payment):
        raise NotPossible(f"{payment.document} is not held for a reason that you can allow.")
    return _allow([payment], WAYS_OUT[payment.code])


def has_way_out(payment: Payment) -> bool:
    """Whether what keeps a payment back is something that a person may allow."""
    stopped = payment.status in (PaymentStatus.REFUSED, PaymentStatus.NOT_ELIGIBLE)
    return stopped and payment.code in WAYS_OUT


def _allow(found: list[Payment], wanted: Allowances) -> Allow:
    if not _terms(wanted):
        raise NotPossible("Nothing to allow was given.")
    for payment in found:
        if payment.status is PaymentStatus.PARKED:
            raise NotPossible(
                f"{payment.document} is parked: QuickBooks may already have it.",
                "Look in QuickBooks first, then retry or skip it.",
            )
    retry = payments.plan_retry_of(found)
    title, verb = _question(payments.amounts(found), wanted)
    return Allow(
        title=title,
        verb=verb,
        told=(*(_TOLD[term] for term in _terms(wanted)), *retry.told),
        effects=retry.effects,
        needs=tuple(_needs(found, wanted)),
        payment_ids=retry.payment_ids,
        wanted=wanted,
    )


def _question(amounts: str, wanted: Allowances) -> tuple[str, str]:
    """What is asked about these payments, and the word on the button."""
    [term, *more] = _terms(wanted)
    if more:
        return f"Change what is allowed for {amounts}?", "Change"
    question, verb = _ASKED[term]
    return question.format(amounts), verb


def _needs(found: Iterable[Payment], wanted: Allowances) -> Iterator[Need]:
    closed = [payment.document for payment in found if payment.code == CLOSED]
    if closed and wanted.overpayment is Overpayment.CREDIT:
        yield Need(
            MAY_BE_RECORDED,
            f"{'; '.join(closed)}: the invoice is already paid, so somebody may have"
            " recorded this payment in QuickBooks. Check there first, or the customer is"
            " credited twice.",
        )


def _becomes(payment: Payment, wanted: Allowances) -> Allowances:
    """What is allowed for a payment then; a closed invoice counts only where that was asked."""
    before = payment.allowances
    credit = wanted.overpayment is Overpayment.CREDIT
    return replace(
        before,
        overpayment=wanted.overpayment or before.overpayment,
        on_account=wanted.on_account or before.on_account,
        closed_period=wanted.closed_period or before.closed_period,
        closed_too=credit and payment.code == CLOSED,
    )


def _terms(wanted: Allowances) -> list[Overpayment | OnAccount | ClosedPeriod]:
    terms = (wanted.overpayment, wanted.on_account, wanted.closed_period)
    return [term for term in terms if term is not None]


def _words(wanted: Allowances) -> str:
    named = {
        "overpayment": wanted.overpayment,
        "on account": wanted.on_account,
        "closed period": wanted.closed_period,
    }
    return ", ".join(f"{name} {term.value}" for name, term in named.items() if term)
