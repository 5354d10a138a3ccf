"""What a person decides about payments: again, never, after all, taken back, a doubt is over.

The payment's problems follow: one decision is one about both. A payment that may be in QuickBooks
already is posted as a new one only where a person has confirmed that (``post-again``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal

from shared.errors import CannotBeMeant, NotPossible
from shared.models import connections, problems
from shared.models.payments import (
    from_platform,
    payment_pages,
    postings,
    rejudging,
    rows,
    sets,
    standing,
)
from shared.models.payments.standing import ABOUT_POSTED
from shared.models.store import Store
from shared.operations.deciding import Effect, Need, Operator, Outcome, Plan, PlanIsStale
from shared.operations.describe.payments import content
from shared.operations.describe.text import count, sums
from shared.operations.which import Which
from shared.operations.which import connection as chosen
from shared.rules.operators import Role
from shared.rules.payments import decisions
from shared.rules.payments.values import MessageSet, Payment, PaymentStatus, PostingState
from shared.rules.payments.views import PaymentFilter
from shared.rules.values import WAITING, ProblemState, RecordKind

POST_AGAIN = "post-again"
NO_COPY_LEFT = "no-copy-left"
AT_ONCE = 200
"""How many payments of one kind are retried together at the most."""

_SKIPPED = (ProblemState.SKIPPED,)
_NOTHING = "Nothing was changed."
_ASKED = "the next Payment Sync checks QuickBooks again and posts what matches."


class _Decision(Plan[Outcome], kw_only=True):
    """A decision about these payments, in their order."""

    role = Role.RUN
    payment_ids: tuple[int, ...]

    def payments(self) -> Iterator[Payment]:
        """The payments, each as it is when its turn comes."""
        return map(payment_pages.get, self.payment_ids)


# Retry.


class Retry(_Decision, kw_only=True):
    """Payments that are tried again. ``newest``: there are more of their kind than these."""

    newest: bool = False

    def again(self, store: Store) -> Retry:
        return plan_retry_of(
            [payment_pages.get(one) for one in self.payment_ids], newest=self.newest
        )

    def apply(self, by: Operator) -> Outcome:
        """Plan anew what was refused or parked, and judge all of them."""
        payments = list(self.payments())
        for payment in payments:
            standing.retry(payment.id, by.who, by.now)
            _decide_problems(by, payment, WAITING, ProblemState.RETRY)
            _note(by, "payment.retry", payment)
        return _judged_again(by, payments, "retried")


def plan_retry(_store: Store, payment_ids: Iterable[int]) -> Retry:
    """What retrying these payments would do. Raises NotFound, NotPossible."""
    return plan_retry_of(_read(payment_ids))


def plan_retry_alike(_store: Store, wanted: PaymentFilter) -> Retry:
    """What retrying all payments of one kind would do: the newest AT_ONCE of them.

    Raises NotPossible where there are none, and for parked ones: each is a decision of its own.
    """
    if not wanted.statuses or PaymentStatus.PARKED in wanted.statuses:
        raise NotPossible(
            "Parked payments cannot be retried together: QuickBooks may already have them.",
            "Check each one in QuickBooks, then retry it separately.",
        )
    payments = [one for one in payment_pages.page(wanted, AT_ONCE) if may_retry(one)]
    if not payments:
        raise NotPossible("No payment of this kind can be retried.")
    return plan_retry_of(payments, newest=len(payments) == AT_ONCE)


def may_retry(payment: Payment) -> bool:
    """Whether a payment can be retried."""
    return not decisions.why_no_retry(payment)


def plan_retry_of(payments: Sequence[Payment], *, newest: bool = False) -> Retry:
    """What retrying these payments, as they were just read, would do. Raises NotPossible."""
    for payment in payments:
        _allowed(decisions.why_no_retry(payment))
    parked = [payment for payment in payments if payment.status is PaymentStatus.PARKED]
    again = [payment for payment in payments if payment.status is not PaymentStatus.PARKED]
    told = [f"{payment.document}: {payment.reason}" for payment in parked if payment.reason]
    if again:
        told.append(f"{amounts(again)}: {_ASKED}")
    if newest:
        told.append(
            f"These are the newest {len(payments):,}. Retry the others the same way afterward."
        )
    return Retry(
        title=f"Retry {_named(payments)}?",
        verb="Retry",
        told=tuple(told),
        effects=(*_effects(again, "checked again"), *_effects(parked, "posted as a new payment")),
        needs=tuple(_post_again(parked)),
        payment_ids=tuple(payment.id for payment in payments),
        newest=newest,
    )


def _post_again(parked: Sequence[Payment]) -> Iterator[Need]:
    if parked:
        listed = "; ".join(payment.document for payment in parked)
        them = "it" if len(parked) == 1 else "them"
        yield Need(
            POST_AGAIN,
            f"{listed}: QuickBooks may already have {them}, and a retry posts {them} as a NEW "
            "payment. Check QuickBooks first, or the customer is credited twice.",
        )


# Skip and unskip.


class Skip(_Decision, kw_only=True):
    """Payments that are never posted, until somebody takes that back."""

    because: str

    def again(self, store: Store) -> Skip:
        return plan_skip(store, self.payment_ids, self.because)

    def apply(self, by: Operator) -> Outcome:
        """Set them aside with their problems."""
        for payment in self.payments():
            standing.skip(payment.id, self.because, by.who, by.now)
            _decide_problems(by, payment, WAITING, ProblemState.SKIPPED, self.because)
            _note(by, "payment.skip", payment, f": {self.because}")
        number = len(self.payment_ids)
        they = "it is" if number == 1 else "they are"
        return Outcome(
            f"{count(number, 'payment')} will not be posted until {they} unskipped.", number
        )


def plan_skip(_store: Store, payment_ids: Iterable[int], because: str) -> Skip:
    """What skipping these payments would do. Raises NotFound, NotPossible, CannotBeMeant."""
    if not because.strip():
        raise CannotBeMeant(
            "The reason is empty.", "Give a reason, such as: recorded in QuickBooks in May"
        )
    payments = _read(payment_ids)
    for payment in payments:
        _allowed(decisions.why_no_skip(payment))
    return Skip(
        title=f"Skip {_named(payments)}?",
        verb="Skip",
        told=(f"{amounts(payments)} will not be posted until somebody unskips it.",),
        effects=tuple(_effects(payments, "skipped")),
        payment_ids=tuple(payment.id for payment in payments),
        because=because.strip(),
    )


def may_skip(payment: Payment) -> bool:
    """Whether a payment can be skipped."""
    return not decisions.why_no_skip(payment)


class Unskip(_Decision, kw_only=True):
    """Skipped payments that are taken in again."""

    def again(self, store: Store) -> Unskip:
        return plan_unskip(store, self.payment_ids)

    def apply(self, by: Operator) -> Outcome:
        """Take them in, with their problems, and judge them."""
        payments = list(self.payments())
        for payment in payments:
            standing.unskip(payment.id, by.who, by.now)
            _decide_problems(by, payment, _SKIPPED, ProblemState.RETRY)
            _note(by, "payment.unskip", payment)
        return _judged_again(by, payments, "unskipped")


def plan_unskip(_store: Store, payment_ids: Iterable[int]) -> Unskip:
    """What taking a skip back would do. Raises NotFound, NotPossible."""
    payments = _read(payment_ids)
    for payment in payments:
        _allowed(decisions.why_no_unskip(payment))
    parked = [payment for payment in payments if _is_parked(payment)]
    again = [payment for payment in payments if payment not in parked]
    told = []
    if len(payments) == 1:
        who = f" (by {payments[0].changed_by})" if payments[0].changed_by else ""
        told.append(f"Skipped because: {payments[0].note}{who}")
    if again:
        told.append(f"{amounts(again)}: {_ASKED}")
    if parked:
        told.append(f"{amounts(parked)} will be parked again, as before the skip.")
    return Unskip(
        title=f"Unskip {_named(payments)}?",
        verb="Unskip",
        told=tuple(told),
        effects=(*_effects(again, "checked again"), *_effects(parked, "parked")),
        payment_ids=tuple(payment.id for payment in payments),
    )


def _is_parked(payment: Payment) -> bool:
    """Whether a part of it is, whatever was decided about the payment since."""
    return any(part.state is PostingState.PARKED for part in postings.of_payment(payment.id))


# Withdraw.


class Withdraw(_Decision, kw_only=True):
    """Payments that are taken back before anything of them has left."""

    because: str

    def again(self, store: Store) -> Withdraw:
        return plan_withdraw(store, self.payment_ids, self.because)

    def apply(self, by: Operator) -> Outcome:
        """Take them out, close their problems, and keep what they said in the audit trail."""
        rows.lock(self.payment_ids)
        if from_platform.left(self.payment_ids):
            raise PlanIsStale(self.again(by.store))
        payments = list(self.payments())
        for payment in payments:
            standing.withdraw(payment.id, self.because, by.who, by.now)
            _decide_problems(by, payment, (*WAITING, *_SKIPPED), ProblemState.RESOLVED)
            why = f" because: {self.because}" if self.because else ""
            _note(by, "payment.withdraw", payment, f": {content(payment)}{why}")
        verb = "is" if len(payments) == 1 else "are"
        return Outcome(
            f"{amounts(payments)} {verb} withdrawn and will not be posted.", len(payments)
        )


def plan_withdraw(_store: Store, payment_ids: Iterable[int], because: str = "") -> Withdraw:
    """What withdrawing these payments would do. Raises NotFound, NotPossible.

    One that has left is refused with what is on file.
    """
    payments = _read(payment_ids)
    left = from_platform.left([payment.id for payment in payments])
    for payment in payments:
        why_not = decisions.why_no_withdrawal(payment, left=payment.id in left)
        if why_not:
            raise NotPossible(f"{why_not} {_on_file(payment)} {_NOTHING}", _instead(payment))
    return Withdraw(
        title=f"Withdraw {_named(payments)}?",
        verb="Withdraw",
        told=(
            *(f"{payment.document}: {content(payment)}." for payment in payments),
            "It is not posted, and imports do not bring it back. Adding it again does.",
        ),
        effects=tuple(_effects(payments, "withdrawn")),
        payment_ids=tuple(payment.id for payment in payments),
        because=because.strip(),
    )


def _on_file(payment: Payment) -> str:
    there = f", TxnID {payment.txn_id}" if payment.txn_id else ""
    return f"On file: {_word(payment)}{there}; {content(payment)}."


def _instead(payment: Payment) -> str:
    if payment.status in (PaymentStatus.POSTED, PaymentStatus.IMPORTED):
        return "If it should not be in QuickBooks, delete or void it there."
    if payment.status in (PaymentStatus.SENT, PaymentStatus.UNKNOWN):
        return "The next Payment Sync settles its outcome."
    if payment.status in (PaymentStatus.REFUSED, PaymentStatus.PARKED, PaymentStatus.WAITING):
        return "To keep it from being posted, skip it."
    return ""


def may_be_withdrawn(payment: Payment) -> bool:
    """Whether it is worth asking to withdraw a payment: whether it has left, the plan says."""
    return decisions.may_be_withdrawn(payment)


# Settle.


class Settle(Plan[Outcome], kw_only=True):
    """The doubt about a payment that a person ends: one request as it stood, sent so often."""

    role = Role.RUN
    connection_id: int
    connection: str
    payment_id: int
    document: str
    set_id: str
    sends: int

    def again(self, store: Store) -> Settle:
        return plan_settle(store, self.payment_id)

    def apply(self, by: Operator) -> Outcome:
        """Note that no copy of the request is left."""
        vouched = sets.settle_now(self.connection_id, by.who, by.now)
        if (vouched.set_id, vouched.sends) != (self.set_id, self.sends):
            raise PlanIsStale(self.again(by.store))
        by.note("payment.settle", self.connection, self.document)
        return Outcome(
            f"The next Payment Sync settles {self.document}: it looks for the payment again, and"
            " resends it if QuickBooks does not have it."
        )


def plan_settle_of(store: Store, which: Which) -> Settle:
    """What settling the doubt of a connection would mean.

    Raises NotPossible without one, and as ``which.connection``.
    """
    connection = chosen(which)
    doubtful = sets.open_set(connection.id)
    if doubtful is None:
        raise NotPossible(
            f"No payment of {connection.name} has an unknown outcome: there is nothing to settle."
        )
    return plan_settle(store, postings.get(doubtful.posting_id).payment_id)


def plan_settle(_store: Store, payment_id: int) -> Settle:
    """What settling the doubt about a payment would mean. Raises NotFound, NotPossible."""
    payment = payment_pages.get(payment_id)
    doubtful = _open_set_of(payment)
    if doubtful is None:
        raise NotPossible(
            f"The outcome of {payment.document} is not unknown: there is nothing to settle."
        )
    if doubtful.phase == sets.SENT:
        raise NotPossible(
            f"{payment.document} is being posted now, so its outcome is not unknown yet.",
            "Wait until the sync ends: the next Payment Sync looks for the payment.",
        )
    connection = connections.by_id(payment.connection_id).name
    return Settle(
        title=f"Settle the request for {payment.document} now?",
        verb="Settle now",
        told=(
            "Its request got no answer, so QuickBooks may have the payment.",
            f"The next Payment Sync of {connection} looks for it in QuickBooks again, and"
            " resends it at once if it is not there.",
        ),
        effects=tuple(_effects([payment], "settled by the next Payment Sync")),
        needs=(
            Need(
                NO_COPY_LEFT,
                f"Confirm that no PC is still running the request for {payment.document}: a "
                "request that is still running would post it twice. First restart the PC "
                "with the Web Connector, and make sure that no other PC runs one for "
                f"{connection}.",
            ),
        ),
        connection_id=payment.connection_id,
        connection=connection,
        payment_id=payment_id,
        document=payment.document,
        set_id=doubtful.set_id,
        sends=doubtful.sends,
    )


def _open_set_of(payment: Payment) -> MessageSet | None:
    """The request of this payment whose outcome is not known, if there is one."""
    found = sets.open_set(payment.connection_id)
    if found is None or postings.get(found.posting_id).payment_id != payment.id:
        return None
    return found


# What the decisions share.


def _read(payment_ids: Iterable[int]) -> list[Payment]:
    """These payments, each once; raises NotFound."""
    return [payment_pages.get(payment_id) for payment_id in dict.fromkeys(payment_ids)]


def _allowed(why_not: str) -> None:
    if why_not:
        raise NotPossible(f"{why_not} {_NOTHING}")


def _decide_problems(
    by: Operator,
    payment: Payment,
    before: Collection[ProblemState],
    after: ProblemState,
    note: str = "",
) -> None:
    """The problems of a payment go with it, but not those with what QuickBooks has of it."""
    problems.decide_all(
        payment.connection_id,
        RecordKind.PAYMENT,
        str(payment.id),
        before,
        after,
        but=ABOUT_POSTED,
        note=note,
        who=by.who,
        now=by.now,
    )


def _judged_again(by: Operator, payments: Sequence[Payment], done: str) -> Outcome:
    """Judge the payments again at once, and tell where they stand then."""
    own: defaultdict[int, list[int]] = defaultdict(list)
    for payment in payments:
        own[payment.connection_id].append(payment.id)
    for connection_id, payment_ids in own.items():
        rejudging.judge_again(connection_id, by.now, payment_ids)
    now = [payment_pages.get(payment.id) for payment in payments]
    return Outcome(_where_they_stand(now, done), len(now))


def _where_they_stand(payments: Sequence[Payment], done: str) -> str:
    """Where one payment stands, with the reason, or how many of several stand where."""
    if len(payments) > 1:
        numbers = Counter(_word(payment) for payment in payments)
        told = ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items()))
        return f"{count(len(payments), 'payment')} {done}: {told}."
    [payment] = payments
    if payment.status is PaymentStatus.READY:
        return f"{payment.document} is ready: the next Payment Sync posts it."
    return f"{payment.document} is {_word(payment)}: {payment.reason}"


def _word(payment: Payment) -> str:
    return payment.status.replace("_", " ")


def _named(payments: Sequence[Payment]) -> str:
    return payments[0].document if len(payments) == 1 else count(len(payments), "payment")


def amounts(payments: Sequence[Payment]) -> str:
    """The document of one payment, else how many they are and their sum in each currency."""
    if len(payments) == 1:
        return payments[0].document
    totals: dict[str, Decimal] = {}
    for payment in payments:
        totals[payment.currency] = totals.get(payment.currency, Decimal(0)) + payment.amount
    return f"{count(len(payments), 'payment')} of {sums(totals.items())} together"


def _effects(payments: Iterable[Payment], becomes: str) -> Iterator[Effect]:
    names: dict[int, str] = {}
    for payment in payments:
        if payment.connection_id not in names:
            names[payment.connection_id] = connections.by_id(payment.connection_id).name
        name = names[payment.connection_id]
        yield Effect(name, payment.document, becomes, payment.amount, payment.currency)


def _note(by: Operator, action: str, payment: Payment, more: str = "") -> None:
    connection = connections.by_id(payment.connection_id)
    by.note(action, connection.name, f"{payment.document} ({payment.id}){more}")
