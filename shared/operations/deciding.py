"""How a decision is made: planned, confirmed where it must be, then carried out as planned.

    plan = payments.plan_retry(store, payment_ids)       # nothing is written
    outcome = carry_out(by, plan, confirmed={"post-again"})

``carry_out`` is the only way from a plan to the store, so what stands here holds for every
command, key and request: nothing happens that its plan did not tell, and nothing that needs a
person's word happens without it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Generic, Self, TypeVar

from shared.errors import NotPossible

if TYPE_CHECKING:
    from shared.models.store import Store


@dataclass(frozen=True, slots=True)
class Operator:
    """Who decides, and in which store. ``who`` is the name that the audit trail keeps."""

    store: Store
    who: str

    @property
    def now(self) -> datetime:
        """The store's time."""
        return self.store.now()

    def note(self, action: str, connection: str, detail: str) -> None:
        """Write to the audit trail; ``action`` is a word such as ``payment.retry``."""
        # The console paints its first screen before the store's library is imported.
        from shared.models import audit

        audit.add(self.who, action, connection, detail, self.now)


@dataclass(frozen=True, slots=True)
class Need:
    """What must be confirmed before a plan is carried out, and why.

    ``code`` is for programs and stays the same, ``sentence`` is for people.
    """

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a plan does to one record. ``amount`` is None where no money is concerned."""

    connection: str
    document: str
    becomes: str
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plan: the sentence that tells it, and how many records it touched."""

    sentence: Annotated[str, "the result, for people"]
    count: Annotated[int, "number of records affected"] = 1


Became = TypeVar("Became", bound=Outcome)
Became_co = TypeVar("Became_co", bound=Outcome, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Plan(Generic[Became_co]):
    """A decision as it would be carried out now. Two plans of the same store compare equal.

    ``title`` is the question that a person answers ("Retry payment pay_1, 250.00 USD?"), ``told``
    what follows from a yes, ``verb`` the word on the button and ``keep`` on the other one. A
    subclass adds what it needs to
    plan again and to act; it holds no time of day and nothing that changes by itself.
    """

    title: str
    verb: str
    keep: str = "Cancel"
    told: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    needs: tuple[Need, ...] = ()

    @abstractmethod
    def again(self, store: Store) -> Plan[Became_co]:
        """Plan the same decision on the store as it is now. Raises StoreError."""

    @contextmanager
    def prepared(self, by: Operator) -> Iterator[Self]:
        """The plan as it is applied, with what has to stand around the transaction.

        Such as a password that is hashed slowly, files that go back when nothing is committed, or
        rows that nobody sees before that. It is this plan that is planned again.
        """
        yield self

    @abstractmethod
    def apply(self, by: Operator) -> Became_co:
        """Do it, in the transaction of ``carry_out``, with a line in the audit trail."""


class PlanIsStale(NotPossible):
    """The records are not what they were when the plan was made; ``fresh`` is what it is now."""

    def __init__(self, fresh: Plan[Outcome]) -> None:
        super().__init__(
            "This changed while you were deciding, so nothing was done.",
            "Check it again, then decide.",
        )
        self.fresh = fresh


class NotConfirmed(NotPossible):
    """The plan needs a person's word on ``needs``, which was not given."""

    def __init__(self, needs: Collection[Need]) -> None:
        super().__init__(
            " ".join(need.sentence for need in needs) + " Nothing was done.",
            "Confirm to continue.",
        )
        self.needs = tuple(needs)


def carry_out(by: Operator, plan: Plan[Became], confirmed: Collection[str] = ()) -> Became:
    """Carry a plan out in one transaction and return what became of it.

    ``confirmed`` are the codes of the needs that a person confirmed. Raises NotConfirmed,
    PlanIsStale, or what planning and acting refuse (StoreError); nothing is changed then.
    """
    with plan.prepared(by) as ready, _checked(by, ready, confirmed):
        return ready.apply(by)


@contextmanager
def _checked(by: Operator, plan: Plan[Outcome], confirmed: Collection[str]) -> Iterator[None]:
    """One transaction in which a plan still holds and is confirmed."""
    with by.store.transaction():
        fresh = plan.again(by.store)
        if fresh != plan:
            raise PlanIsStale(fresh)
        missing = [need for need in plan.needs if need.code not in confirmed]
        if missing:
            raise NotConfirmed(missing)
        yield
