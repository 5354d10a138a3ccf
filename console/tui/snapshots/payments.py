"""What Payments shows: the queue by state, or one page of it, and what decisions would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.models import overview
from shared.models.payments import queue
from shared.models.payments.queue import Figure, PaymentFilter
from shared.models.store import Store
from shared.rules.payments.values import Payment, PaymentStatus

PAGE = 100
OF_EACH = 10

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
