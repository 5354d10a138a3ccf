"""What a person is asked to look at, and what that person decides about it.

Retry: the next sync looks again. Skip: the record is left out from now on. Acknowledge: it is meant
to be so, the record stays. Resolve: it was settled by hand. A decision about the problem of a
payment that is not in QuickBooks yet is the payment's own, with what that one demands.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import ClassVar

from shared import hints
from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import outlets, parked_deliveries, problems
from shared.models.ledger import invoice_pages, rereads
from shared.models.payments import payment_pages
from shared.models.payments.standing import ABOUT_POSTED
from shared.models.problems import Seen
from shared.models.store import Store
from shared.operations import pages, payments, platform_problems, which
from shared.operations.deciding import Effect, Need, Operator, Outcome, Plan
from shared.operations.describe.problems import STANDS, document_of
from shared.operations.describe.text import count, money
from shared.operations.pages import Page, page_of
from shared.operations.which import Which
from shared.rules.ledger import InvoiceSides
from shared.rules.operators import Role
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus
from shared.rules.values import WAITING, InvoiceStatus, Problem, ProblemState, RecordKind
from shared.structs import Value

LEAVE_OUT = "leave-out"
MOST = 500
"""How many problems are listed at once."""
AT_ONCE = 1000
"""How many problems are retried together at the most."""

_NOTHING = "Nothing was changed."
_READ_AGAIN = (RecordKind.INVOICE, RecordKind.CUSTOMER)


class Choice(StrEnum):
    """What can be decided about a problem."""

    RETRY = "retry"
    SKIP = "skip"
    UNSKIP = "unskip"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


_S = ProblemState
_FROM: Mapping[Choice, Collection[ProblemState]] = {
    Choice.RETRY: (*WAITING, _S.ACKNOWLEDGED),
    Choice.SKIP: (*WAITING, _S.ACKNOWLEDGED),
    Choice.UNSKIP: (_S.SKIPPED,),
    Choice.ACKNOWLEDGE: WAITING,
    Choice.RESOLVE: WAITING,
}
_DONE: Mapping[Choice, str] = {
    Choice.RETRY: "retried",
    Choice.SKIP: "skipped",
    Choice.UNSKIP: "unskipped",
    Choice.ACKNOWLEDGE: "acknowledged",
    Choice.RESOLVE: "resolved",
}


# What is on file.


def view(_store: Store, problem_id: int) -> Problem:
    """One problem; raises NotFound."""
    return problems.get(problem_id)


def view_all(
    _store: Store, connection: Which, states_wanted: Collection[ProblemState] = WAITING
) -> list[Problem]:
    """The problems of a connection, or of all, in these states, latest first; raises NotFound."""
    return problems.list_problems(which.number(connection), states_wanted)


def view_page(
    _store: Store,
    connection: Which,
    states_wanted: Collection[ProblemState] = WAITING,
    after: Seen | None = None,
    limit: int = pages.AT_ONCE,
) -> Page[Problem, Seen]:
    """One page of the problems in these states, the one seen last first (see ``pages``).

    ``connection`` None: of all connections. Raises NotFound.
    """
    of = which.number(connection)
    found = problems.page(states_wanted, (), limit + 1, connection_id=of, after=after)
    return page_of(found, limit, lambda one: (one.last_seen_at, one.id))


class Group(Value):
    """Problems of one kind: the same code, so the same remedy. ``total`` may be more."""

    code: str
    title: str
    remedy: str
    total: int
    problems: tuple[Problem, ...]


class Groups(Value):
    """The latest problems in groups, by the title of the group."""

    groups: tuple[Group, ...]
    total: int

    @property
    def listed(self) -> int:
        """How many of the total are here."""
        return sum(len(group.problems) for group in self.groups)


def view_groups(
    _store: Store,
    states_wanted: Sequence[ProblemState],
    words: Sequence[str],
    connection_id: int | None = None,
) -> Groups:
    """The latest problems in these states that hold all the words, of one connection or of all."""
    counts = problems.counts(states_wanted, words, connection_id=connection_id)
    latest = problems.page(states_wanted, words, MOST, connection_id=connection_id)
    found = sorted(latest, key=lambda one: one.code)
    groups = [
        _group(code, counts.get(code, 0), tuple(same))
        for code, same in groupby(found, key=lambda one: one.code)
    ]
    groups.sort(key=lambda group: group.title.casefold())
    return Groups(tuple(groups), sum(counts.values()))


def _group(code: str, total: int, same: tuple[Problem, ...]) -> Group:
    hint = hints.hint(code)
    title = hint.title if hint else f"QuickBooks' code {code}"
    return Group(code, title, hints.tell(code).remedy, total, same)


# What may be decided.


def choices(problem: Problem) -> frozenset[Choice]:
    """What can be decided about a problem as it stands."""
    return frozenset(choice for choice in Choice if not _why_not(choice, problem))


def _why_not(choice: Choice, problem: Problem) -> str:
    """Why a choice is none, as a sentence; empty when it is one."""
    if problem.state not in _FROM[choice]:
        return (
            f"Problem {problem.id} {STANDS[problem.state]}, so it cannot be {_DONE[choice]}."
            f" {_NOTHING}"
        )
    rule = _RULES.get(choice)
    return f"{why} {_NOTHING}" if rule and (why := rule(problem)) else ""


_NO_RECORD = {
    RecordKind.SYNC: "the sync as a whole",
    RecordKind.DELIVERY: "deliveries",
    RecordKind.PLATFORM: "the billing platform",
}


def _why_no_skip(problem: Problem) -> str:
    if problem.kind in _NO_RECORD:
        return f"Problem {problem.id} is about {_NO_RECORD[problem.kind]} and cannot be skipped."
    if problem.code in ABOUT_POSTED:
        return f"{document_of(problem)} is in QuickBooks, so it cannot be left out."
    return ""


def _why_no_acknowledging(problem: Problem) -> str:
    known = hints.hint(problem.code)
    if known is not None and known.acknowledge:
        return ""
    return f"Problem {problem.id} ({problem.code}) cannot be acknowledged: it has to be fixed."


def _why_not_resolved(problem: Problem) -> str:
    if problem.kind is RecordKind.PAYMENT and problem.code not in ABOUT_POSTED:
        return f"{document_of(problem)} still needs a decision: retry it, or skip it."
    return ""


_RULES: Mapping[Choice, Callable[[Problem], str]] = {
    Choice.SKIP: _why_no_skip,
    Choice.ACKNOWLEDGE: _why_no_acknowledging,
    Choice.RESOLVE: _why_not_resolved,
}


def _chosen(choice: Choice, problem_ids: Iterable[int]) -> list[Problem]:
    """These problems, each of which must allow the choice. Raises NotFound, NotPossible."""
    chosen = [problems.get(number) for number in dict.fromkeys(problem_ids)]
    for problem in chosen:
        if why_not := _why_not(choice, problem):
            raise NotPossible(why_not, _instead(choice, problem))
    return chosen


def _instead(choice: Choice, problem: Problem) -> str:
    if problem.state not in _FROM[choice]:
        return f"Check problem {problem.id} as it is now."
    if choice is Choice.SKIP and problem.code in ABOUT_POSTED:
        return "If that is intended, acknowledge it."
    if choice is Choice.ACKNOWLEDGE and not _why_not(Choice.SKIP, problem):
        return f"{problem.remedy} Or skip it: the record is then left out."
    return problem.remedy


def _reason(because: str) -> str:
    if not because.strip():
        raise CannotBeMeant("The reason is empty.", "Give a reason, such as: reconciled in May")
    return because.strip()


# The plans.


class _Decision(Plan[Outcome], kw_only=True):
    """A decision about these problems; what it decides about payments is their own plan.

    ``record_ids`` are those problems that are about no payment that can be decided.
    """

    role = Role.RUN
    choice: ClassVar[Choice]
    problem_ids: tuple[int, ...]
    record_ids: tuple[int, ...]
    payments: Plan[Outcome] | None = None
    because: str = ""

    def apply(self, by: Operator) -> Outcome:
        """Decide about the payments, then about the records."""
        told = [self.payments.apply(by).sentence] if self.payments else []
        records = [problems.get(number) for number in self.record_ids]
        for problem in records:
            self.decide(by, problem)
            note = f": {self.because}" * bool(self.because)
            detail = f"problem {problem.id}, {problem.document}{note}"
            by.note(f"problem.{self.choice}", problem.connection, detail)
        return Outcome(" ".join([*told, *self.tell(records)]), len(self.problem_ids))

    @abstractmethod
    def decide(self, by: Operator, problem: Problem) -> None:
        """Decide about the problem of one record."""

    @abstractmethod
    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        """What became of the records."""


class Retry(_Decision, kw_only=True):
    """Problems that the next sync looks at again.

    ``together``: many at once, so that parked payments are left out. Those are ``parked``.
    """

    choice = Choice.RETRY
    together: bool = False
    parked: tuple[int, ...] = ()

    def again(self, store: Store) -> Retry:
        return _retry(store, self.problem_ids, together=self.together)

    def decide(self, by: Operator, problem: Problem) -> None:
        """Have the record read again, or deliver again: that begins at once."""
        if problem.kind is RecordKind.DELIVERY:
            outlet = outlets.get(problem.object_id)
            parked_deliveries.retry(outlet.id, parked_deliveries.to_retry(outlet.id), by.now)
            problems.change(problem.id, ProblemState.RESOLVED, "", by.who, by.now)
            return
        if problem.kind in platform_problems.KINDS:
            platform_problems.retry(by, problem)
            return
        _read_again(problem)
        problems.change(problem.id, ProblemState.RETRY, "", by.who, by.now)

    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        """What follows."""
        yield from _told_of_retrying(records)
        yield from _told_of_parked(self.parked)


def plan_retry(store: Store, problem_ids: Iterable[int]) -> Retry:
    """What retrying these problems would do. Raises NotFound, NotPossible."""
    return _retry(store, problem_ids, together=False)


def plan_retry_all(store: Store, connection: str | None) -> Retry:
    """What retrying all open problems of a connection, or of all, would do; not of parked payments.

    Raises NotFound for the connection, NotPossible where nothing can be retried together.
    """
    found = view_all(store, connection, [ProblemState.OPEN])
    return _together(store, [one.id for one in found])


def plan_retry_alike(
    store: Store, code: str, words: Sequence[str], connection_id: int | None = None
) -> Retry:
    """What retrying the open problems of a kind would do: those that hold all the words.

    ``connection_id`` None: of all connections.
    """
    found = problems.page([ProblemState.OPEN], words, MOST * 20, connection_id=connection_id)
    return _together(store, [one.id for one in found if one.code == code][:AT_ONCE])


def _together(store: Store, problem_ids: Sequence[int]) -> Retry:
    if not problem_ids:
        raise NotPossible("There is no open problem.")
    return _retry(store, problem_ids, together=True)


def _retry(store: Store, problem_ids: Iterable[int], *, together: bool) -> Retry:
    chosen = _chosen(Choice.RETRY, problem_ids)
    parked = [one for one in chosen if _is_parked(one)] if together else []
    if parked and len(parked) == len(chosen):
        raise NotPossible(*_told_of_parked([one.id for one in parked]))
    wanted = [one for one in chosen if one not in parked]
    records, payment_ids = _parted(wanted, payments.may_retry)
    theirs = payments.plan_retry(store, payment_ids) if payment_ids else None
    return Retry(
        title=f"Retry {_named(wanted)}?",
        verb="Retry",
        told=(
            *(theirs.told if theirs else ()),
            *_told_of_retrying(records),
            *_told_of_parked([one.id for one in parked]),
        ),
        effects=(*(theirs.effects if theirs else ()), *_effects(records, "read again")),
        needs=theirs.needs if theirs else (),
        problem_ids=tuple(one.id for one in chosen),
        record_ids=tuple(one.id for one in records),
        payments=theirs,
        together=together,
        parked=tuple(one.id for one in parked),
    )


def _ours(records: Sequence[Problem]) -> int:
    """How many are about nothing of the billing platform."""
    return sum(one.kind not in platform_problems.KINDS for one in records)


def _is_parked(problem: Problem) -> bool:
    payment = payment_of(problem)
    return payment is not None and payment.status is PaymentStatus.PARKED


def _told_of_retrying(records: Sequence[Problem]) -> Iterator[str]:
    read = [one for one in records if one.kind in _READ_AGAIN]
    if read:
        yield (
            f"{count(len(read), 'record')} will be read again by the next Invoice Sync."
            " QuickBooks is not changed."
        )
    delivered = [one for one in records if one.kind is RecordKind.DELIVERY]
    if delivered:
        outlets_named = ", ".join(one.document for one in delivered)
        yield f"Events that {outlets_named} could not deliver are now tried again for 48 hours."
    yield from platform_problems.told_of_retrying(records)
    if others := _ours(records) - len(read) - len(delivered):
        yield f"{count(others, 'problem')} will be checked by the next sync."


def _told_of_parked(problem_ids: Sequence[int]) -> Iterator[str]:
    if problem_ids:
        numbers = ", ".join(map(str, problem_ids))
        one = len(problem_ids) == 1
        yield (
            f"{count(len(problem_ids), 'parked payment')} {'was' if one else 'were'} left out"
            f" (problem{'' if one else 's'} {numbers}): QuickBooks may have"
            f" {'it' if one else 'them'} already."
        )
        yield "Look for each one in QuickBooks, then retry or skip its problem separately."


class Skip(_Decision, kw_only=True):
    """Records that are left out from now on, until somebody takes that back."""

    choice = Choice.SKIP

    def again(self, store: Store) -> Skip:
        return plan_skip(store, self.problem_ids, self.because)

    def decide(self, by: Operator, problem: Problem) -> None:
        """Leave the record alone; it is not read again either."""
        if problem.kind in platform_problems.KINDS:
            platform_problems.skip(by, problem, self.because)
            return
        rereads.reread_done(problem.connection_id, problem.kind, [problem.object_id])
        problems.change(problem.id, ProblemState.SKIPPED, self.because, by.who, by.now)

    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        yield from platform_problems.told_of_skipping(records)
        if left := _ours(records):
            they = "it is" if left == 1 else "they are"
            yield (
                f"{count(left, 'record')} will be left out of future syncs until {they} unskipped."
            )


def plan_skip(store: Store, problem_ids: Iterable[int], because: str) -> Skip:
    """What skipping these problems would do. Raises NotFound, NotPossible, CannotBeMeant."""
    because = _reason(because)
    chosen = _chosen(Choice.SKIP, problem_ids)
    records, payment_ids = _parted(chosen, payments.may_skip)
    theirs = payments.plan_skip(store, payment_ids, because) if payment_ids else None
    return Skip(
        title=f"Skip {_named(chosen)}?",
        verb="Skip",
        told=theirs.told if theirs else (),
        effects=(*(theirs.effects if theirs else ()), *_leaving(records)),
        needs=(*(theirs.needs if theirs else ()), *_leave_out(records)),
        problem_ids=tuple(one.id for one in chosen),
        record_ids=tuple(one.id for one in records),
        payments=theirs,
        because=because,
    )


def _leave_out(records: Sequence[Problem]) -> Iterator[Need]:
    """An open invoice of the ledger that is left out is money that nobody sees any more."""
    leaving = [
        f"{one.document}: {money(one.amount, one.currency)}"
        for one in _leaving(records)
        if one.amount is not None
    ]
    if not leaving:
        return
    them = "it is" if len(leaving) == 1 else "they are"
    told = (
        f"{count(len(leaving), 'open invoice')} will leave the ledger ({'; '.join(leaving)}), "
        f"and payments wait until {them} unskipped."
    )
    if any(Choice.ACKNOWLEDGE in choices(one) for one in records):
        told += (
            " If this is intended, acknowledge the problem instead: then nothing leaves the ledger."
        )
    yield Need(LEAVE_OUT, told)


def _leaving(records: Iterable[Problem]) -> Iterator[Effect]:
    for problem in records:
        invoice = _open_invoice(problem)
        money = (invoice.balance, invoice.currency) if invoice else ()
        yield Effect(problem.connection, document_of(problem), "left out", *money)


def _open_invoice(problem: Problem) -> InvoiceSides | None:
    """The open invoice that a problem is about, where the ledger shows it."""
    if problem.kind is not RecordKind.INVOICE:
        return None
    try:
        found = invoice_pages.get(problem.connection_id, problem.object_id)
    except NotFound:
        return None
    return found if found.status is InvoiceStatus.OPEN and not found.left_out else None


class Unskip(_Decision, kw_only=True):
    """Skipped records that are taken in again."""

    choice = Choice.UNSKIP

    def again(self, store: Store) -> Unskip:
        return plan_unskip(store, self.problem_ids)

    def decide(self, by: Operator, problem: Problem) -> None:
        """Have the record read again."""
        if problem.kind in platform_problems.KINDS:
            platform_problems.retry(by, problem)
            return
        _read_again(problem)
        problems.change(problem.id, ProblemState.RETRY, "", by.who, by.now)

    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        """What the next sync does."""
        yield from platform_problems.told_of_retrying(records)
        if left := _ours(records):
            yield f"{count(left, 'record')} will be included again in the next sync."


def plan_unskip(store: Store, problem_ids: Iterable[int]) -> Unskip:
    """What taking skips back would do. Raises NotFound, NotPossible."""
    chosen = _chosen(Choice.UNSKIP, problem_ids)
    records, payment_ids = _parted(chosen, lambda one: one.status is PaymentStatus.SKIPPED)
    theirs = payments.plan_unskip(store, payment_ids) if payment_ids else None
    return Unskip(
        title=f"Unskip {_named(chosen)}?",
        verb="Unskip",
        told=theirs.told if theirs else (),
        effects=(*(theirs.effects if theirs else ()), *_effects(records, "included again")),
        needs=theirs.needs if theirs else (),
        problem_ids=tuple(one.id for one in chosen),
        record_ids=tuple(one.id for one in records),
        payments=theirs,
    )


class _Closing(_Decision, kw_only=True):
    """Problems that close, as ``becomes`` says, while their records stay as they are."""

    becomes: ClassVar[ProblemState]

    def decide(self, by: Operator, problem: Problem) -> None:
        problems.change(problem.id, self.becomes, self.because, by.who, by.now)


class Acknowledge(_Closing, kw_only=True):
    """Problems that a person calls meant to be so."""

    choice, becomes = Choice.ACKNOWLEDGE, ProblemState.ACKNOWLEDGED

    def again(self, store: Store) -> Acknowledge:
        return plan_acknowledge(store, self.problem_ids, self.because)

    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        if len(records) == 1:
            yield f"{document_of(records[0])} is acknowledged and stays as it is."
        else:
            yield f"{count(len(records), 'problem')} acknowledged. The records stay as they are."


def plan_acknowledge(_store: Store, problem_ids: Iterable[int], because: str) -> Acknowledge:
    """What acknowledging these problems would do. Raises NotFound, NotPossible, CannotBeMeant."""
    because = _reason(because)
    chosen = _chosen(Choice.ACKNOWLEDGE, problem_ids)
    return Acknowledge(
        title=f"Acknowledge {_named(chosen)}?",
        verb="Acknowledge",
        told=(
            "The problem closes and the record stays as it is. The problem opens again if "
            "something about it changes; a retry undoes the acknowledgment.",
        ),
        effects=tuple(_effects(chosen, "acknowledged")),
        problem_ids=tuple(one.id for one in chosen),
        record_ids=tuple(one.id for one in chosen),
        because=because,
    )


class Resolve(_Closing, kw_only=True):
    """Problems that a person settled outside of Deskbridge."""

    choice, becomes = Choice.RESOLVE, ProblemState.RESOLVED

    def again(self, store: Store) -> Resolve:
        return plan_resolve(store, self.problem_ids)

    def tell(self, records: Sequence[Problem]) -> Iterator[str]:
        yield f"{_named(records)} {'is ' * (len(records) == 1)}resolved."


def plan_resolve(_store: Store, problem_ids: Iterable[int]) -> Resolve:
    """What closing these problems would mean. Raises NotFound, NotPossible."""
    chosen = _chosen(Choice.RESOLVE, problem_ids)
    return Resolve(
        title=f"Mark {_named(chosen)} as resolved?",
        verb="Mark as resolved",
        told=(
            "The problem closes, and nothing else happens. If the cause is still there, the "
            "next sync opens it again.",
        ),
        effects=tuple(_effects(chosen, "resolved")),
        problem_ids=tuple(one.id for one in chosen),
        record_ids=tuple(one.id for one in chosen),
    )


# What the decisions share.


def payment_of(problem: Problem) -> Payment | None:
    """The payment of the platform that a decision about the problem is a decision about.

    One that is in QuickBooks stays what it is: a decision about its problem changes that alone.
    """
    is_ours = problem.kind is RecordKind.PAYMENT and problem.object_id.isdecimal()
    if not is_ours or problem.code in ABOUT_POSTED:
        return None
    try:
        payment = payment_pages.get(int(problem.object_id))
    except NotFound:
        return None
    here = payment.connection_id == problem.connection_id
    return payment if here and payment.source is PaymentSource.INVOICED else None


def _parted(
    chosen: Sequence[Problem], allows: Callable[[Payment], bool]
) -> tuple[list[Problem], list[int]]:
    """Problems that are decided by themselves, and the payments that the others are about."""
    records, payment_ids = [], []
    for problem in chosen:
        payment = payment_of(problem)
        if payment is not None and allows(payment):
            payment_ids.append(payment.id)
        else:
            records.append(problem)
    return records, payment_ids


def _read_again(problem: Problem) -> None:
    if problem.kind in _READ_AGAIN and problem.object_id:
        rereads.queue_reread(problem.connection_id, problem.kind, [problem.object_id])


def _named(chosen: Sequence[Problem]) -> str:
    return document_of(chosen[0]) if len(chosen) == 1 else count(len(chosen), "problem")


def _effects(chosen: Iterable[Problem], becomes: str) -> Iterator[Effect]:
    for problem in chosen:
        yield Effect(problem.connection, document_of(problem), becomes)
