"""What Payments shows: the queue by state, or one page of it, and what decisions would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from console.tui.snapshots.problems import told_of_payments
from shared.errors import NotPossible
from shared.models import connections, overview
from shared.models.payments import listing, postings, queue, sets, states
from shared.models.payments.queue import Figure, PaymentFilter
from shared.models.store import Store
from shared.rules.payments.values import MessageSet, Payment, PaymentStatus

PAGE = 100
OF_EACH = 10
AT_ONCE = 200

S = PaymentStatus
AT_WORK = (S.UNKNOWN, S.PARKED, S.REFUSED, S.WAITING, S.READY, S.SENT)
"""What is on its way to QuickBooks; what a person has to look at first."""
OVER = (S.NOT_ELIGIBLE, S.SKIPPED, S.POSTED, S.IMPORTED)
NEEDS_PERSON = (S.UNKNOWN, S.PARKED, S.REFUSED)
_OURS = tuple(status for status in PaymentStatus if status is not S.IMPORTED)
_SOURCES: Mapping[str, tuple[PaymentStatus, ...]] = MappingProxyType(
    {"invoiced": _OURS, "quickbooks": (S.IMPORTED,)}
)


def word_of(status: PaymentStatus) -> str:
    """The state as it is typed in a filter: one word."""
    return status.value.replace("_", "-")


_STATUSES = MappingProxyType({word_of(status): status for status in PaymentStatus})


def read_filter(text: str) -> PaymentFilter:
    """Understand what was typed: ``refused larkspur 1042``.

    States may be several. ``invoiced`` and ``quickbooks`` are where a payment was recorded
    first, ``deleted`` those that QuickBooks has no more. Any other word is looked for.
    """
    typed = text.casefold().split()
    wanted = [_STATUSES[word] for word in typed if word in _STATUSES]
    for source in (word for word in typed if word in _SOURCES):
        wanted = [one for one in _SOURCES[source] if not wanted or one in wanted]
    known = {*_STATUSES, *_SOURCES, "deleted"}
    return PaymentFilter(
        statuses=(S.IMPORTED,) if "deleted" in typed else tuple(wanted),
        words=tuple(word for word in text.split() if word.casefold() not in known),
        deleted="deleted" in typed,
    )


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment with the name of its connection."""

    payment: Payment
    connection: str


@dataclass(frozen=True, slots=True)
class Group:
    """The payments of one state: a figure for each currency, and the newest of them."""

    status: PaymentStatus
    figures: tuple[Figure, ...]
    lines: tuple[PaymentLine, ...]


@dataclass(frozen=True, slots=True)
class Payments:
    """The queue in ``groups``, or with a filter one page of ``lines``; ``older``: there is more.

    ``figures`` are of everything, whatever is listed.
    """

    figures: tuple[Figure, ...]
    groups: tuple[Group, ...] = ()
    lines: tuple[PaymentLine, ...] = ()
    older: bool = False

    def count(self, statuses: Iterable[PaymentStatus]) -> int:
        """How many payments stand in these states."""
        wanted = set(statuses)
        return sum(figure.count for figure in self.figures if figure.status in wanted)


def read(_store: Store, wanted: PaymentFilter, before_id: int | None) -> Payments:
    """Read the queue, or the page before ``before_id`` of what the filter lets through."""
    figures = tuple(queue.figures(wanted.connection_id))
    names = {id_: name for name, id_ in overview.names().items()}
    if wanted == PaymentFilter(wanted.connection_id):
        return Payments(figures, groups=_groups(figures, wanted, names))
    found = queue.page(wanted, PAGE + 1, before_id)
    lines = tuple(PaymentLine(one, names[one.connection_id]) for one in found[:PAGE])
    return Payments(figures, lines=lines, older=len(found) > PAGE)


def _groups(
    figures: Sequence[Figure], wanted: PaymentFilter, names: Mapping[int, str]
) -> tuple[Group, ...]:
    return tuple(
        _group(status, figures, wanted, names)
        for status in (*AT_WORK, *OVER)
        if any(figure.status is status for figure in figures)
    )


def _group(
    status: PaymentStatus,
    figures: Sequence[Figure],
    wanted: PaymentFilter,
    names: Mapping[int, str],
) -> Group:
    own = tuple(figure for figure in figures if figure.status is status)
    newest = []
    if status in AT_WORK:
        newest = queue.page(replace(wanted, statuses=(status,)), OF_EACH)
    lines = tuple(PaymentLine(one, names[one.connection_id]) for one in newest)
    return Group(status, own, lines)


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What retrying payments would do; of ``agreed`` QuickBooks may have one already."""

    payment_ids: tuple[int, ...]
    title: str
    told: tuple[str, ...]
    agreed: frozenset[int] = frozenset()


def plan_retry(_store: Store, payment_ids: Sequence[int]) -> RetryPlan:
    """Tell what retrying these payments would do; raises NotFound or NotPossible."""
    return _plan([listing.get(payment_id) for payment_id in payment_ids], len(payment_ids))


def plan_retry_alike(_store: Store, wanted: PaymentFilter) -> RetryPlan:
    """Tell what retrying all payments of one kind would do, AT_ONCE at the most.

    Raises NotPossible for parked ones: each of them is a decision of its own.
    """
    if S.PARKED in wanted.statuses:
        raise NotPossible(
            "Parked payments are not retried together: QuickBooks may have them already, so each"
            " is a decision of its own."
        )
    return _plan(queue.page(wanted, AT_ONCE), AT_ONCE)


def _plan(payments: Sequence[Payment], most: int) -> RetryPlan:
    for payment in payments:
        if not states.may_retry(payment):
            raise NotPossible(
                f"{payment.document} cannot be retried: it is {_said(payment)} by now."
            )
    parked = [payment for payment in payments if payment.status is S.PARKED]
    again = [payment for payment in payments if payment.status is not S.PARKED]
    told = told_of_payments(again, parked)
    if len(payments) == most > 1:
        told.append(f"These are the newest {most:,}. The others are retried the same way after.")
    title = payments[0].document if len(payments) == 1 else f"{len(payments):,} payments"
    return RetryPlan(
        tuple(payment.id for payment in payments),
        f"Retry {title}?",
        tuple(told),
        frozenset(payment.id for payment in parked),
    )


def _said(payment: Payment) -> str:
    return payment.status.replace("_", " ")


@dataclass(frozen=True, slots=True)
class SettlePlan:
    """The doubt that a person may end: one request as it stood, sent so often."""

    connection_id: int
    connection: str
    payment_id: int
    document: str
    set_id: str
    sends: int

    @property
    def title(self) -> str:
        """What is vouched for, as a question."""
        return f"Is no copy of the request of {self.document} left on any PC?"

    @property
    def told(self) -> tuple[str, ...]:
        """What follows from saying so, and what to see to before."""
        return (
            "Its request got no answer. If a copy of it is still at work on any PC, settling now"
            " can post the payment twice.",
            "Restart the PC of the Web Connector first, and see that no other PC runs one for"
            f" {self.connection}.",
            "Then the next Payment Sync looks for it in QuickBooks once more, and sends it again"
            " at once if it is not there.",
        )


def plan_settle(_store: Store, payment_id: int) -> SettlePlan:
    """Tell what settling the doubt about a payment means; raises NotFound or NotPossible."""
    payment = listing.get(payment_id)
    doubtful = open_set_of(payment)
    if doubtful is None:
        raise NotPossible(f"{payment.document} is not in doubt: there is nothing to settle.")
    if doubtful.phase == "sent":
        raise NotPossible(
            f"{payment.document} is out at this moment, and not in doubt yet.",
            "Wait for the end of the sync; the next Payment Sync looks for it.",
        )
    return SettlePlan(
        connection_id=payment.connection_id,
        connection=connections.by_id(payment.connection_id).name,
        payment_id=payment_id,
        document=payment.document,
        set_id=doubtful.set_id,
        sends=doubtful.sends,
    )


def open_set_of(payment: Payment) -> MessageSet | None:
    """The request of this payment whose outcome is not known, if there is one."""
    found = sets.open_set(payment.connection_id)
    if found is None or postings.get(found.posting_id).payment_id != payment.id:
        return None
    return found
