"""What Problems shows: what needs a person, grouped by remedy, and what retrying would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from shared import hints
from shared.errors import NotFound
from shared.models import problems
from shared.models.payments import states
from shared.models.payments.parts import ABOUT_POSTED
from shared.models.store import Store
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus
from shared.rules.values import Problem, ProblemState, RecordKind

MOST = 500
AT_ONCE = 1000
WAITING = (ProblemState.OPEN, ProblemState.RETRY)


@dataclass(frozen=True, slots=True)
class Group:
    """Problems of one kind: the same code, so the same remedy. ``total`` may be more."""

    code: str
    title: str
    remedy: str
    total: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Problems:
    """The latest problems in groups, by the title of the group."""

    groups: tuple[Group, ...]
    total: int

    @property
    def listed(self) -> int:
        """How many of the total are here."""
        return sum(len(group.problems) for group in self.groups)


def read(_store: Store, states_wanted: Sequence[ProblemState], words: Sequence[str]) -> Problems:
    """Read the latest problems in these states that hold all the words."""
    counts = problems.counts(states_wanted, words)
    found = sorted(problems.page(states_wanted, words, MOST), key=lambda one: one.code)
    groups = [
        _group(code, counts.get(code, 0), tuple(same))
        for code, same in groupby(found, key=lambda one: one.code)
    ]
    groups.sort(key=lambda group: group.title.casefold())
    return Problems(tuple(groups), sum(counts.values()))


def _group(code: str, total: int, same: tuple[Problem, ...]) -> Group:
    hint = hints.hint(code)
    title = hint.title if hint else f"QuickBooks' code {code}"
    return Group(code, title, hints.tell(code).remedy, total, same)


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What retrying would do, said before it is done.

    ``agreed`` are the numbers of payments that would be posted as new ones: QuickBooks may have
    them already. ``ask``: a person has to say yes to it.
    """

    problem_ids: tuple[int, ...]
    title: str
    told: tuple[str, ...]
    ask: bool
    agreed: frozenset[int] = frozenset()


def plan_retry(_store: Store, problem_ids: Sequence[int]) -> RetryPlan:
    """Tell what retrying these problems would do; raises NotFound."""
    chosen = [problems.get(number) for number in problem_ids]
    ours = [(problem, payment) for problem in chosen if (payment := payment_of(problem))]
    parked = [payment for _, payment in ours if payment.status is PaymentStatus.PARKED]
    again = [payment for _, payment in ours if payment not in parked and states.may_retry(payment)]
    return RetryPlan(
        tuple(problem_ids),
        _title(chosen),
        (*told_of_payments(again, parked), *_told_of_records(chosen)),
        ask=len(chosen) > 1 or bool(ours),
        agreed=frozenset(payment.id for payment in parked),
    )


def plan_retry_of_kind(store: Store, code: str, words: Sequence[str]) -> RetryPlan:
    """Tell what retrying all open problems of a kind would do, a thousand at the most.

    Not those of payments that QuickBooks may have: each of them is a decision of its own.
    """
    found = [
        one for one in problems.page([ProblemState.OPEN], words, MOST * 20) if one.code == code
    ]
    payments = ((problem, payment_of(problem)) for problem in found)
    chosen = [one.id for one, its in payments if not its or its.status is not PaymentStatus.PARKED]
    return plan_retry(store, chosen[:AT_ONCE])


def payment_of(problem: Problem) -> Payment | None:
    """The payment of the platform that a decision about the problem is a decision about."""
    if problem.kind is not RecordKind.PAYMENT or not problem.object_id.isdecimal():
        return None
    if problem.code in ABOUT_POSTED:
        return None
    try:
        payment = states.find(int(problem.object_id))
    except NotFound:
        return None
    return payment if payment.source is PaymentSource.INVOICED else None


def _title(chosen: Sequence[Problem]) -> str:
    if len(chosen) == 1:
        return f"Retry {chosen[0].document or chosen[0].object_id}?"
    return f"Retry {len(chosen):,} problems?"


def told_of_payments(again: Sequence[Payment], parked: Sequence[Payment]) -> list[str]:
    """What retrying does to payments that are judged ``again``, and to those that are parked."""
    told = []
    if again:
        told.append(
            f"{_amounts(again)} will be judged again, and posted to QuickBooks by the next Payment"
            " Sync if nothing stands against it."
        )
    if parked:
        told.append(
            f"{_amounts(parked)} will be posted to QuickBooks as a NEW payment. QuickBooks may have"
            " it already: look there first, or it is there twice."
        )
    return told


def _amounts(payments: Sequence[Payment]) -> str:
    """The document of one payment, else how many they are and their sum in each currency."""
    if len(payments) == 1:
        return payments[0].document
    sums: dict[str, Decimal] = {}
    for payment in payments:
        sums[payment.currency] = sums.get(payment.currency, Decimal(0)) + payment.amount
    amounts = " and ".join(f"{total:,.2f} {currency}".strip() for currency, total in sums.items())
    return f"{len(payments):,} payments of {amounts} together"


def _told_of_records(chosen: Sequence[Problem]) -> list[str]:
    records = [one for one in chosen if one.kind in (RecordKind.INVOICE, RecordKind.CUSTOMER)]
    if not records:
        return []
    what = "1 record" if len(records) == 1 else f"{len(records):,} records"
    return [f"{what} will be read again by the next Invoice Sync. QuickBooks is not changed."]
