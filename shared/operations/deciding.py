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
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, Self, TypeVar

from shared.errors import NotAllowed, NotFound, NotPossible
from shared.rules.operators import Role
from shared.structs import PartlyCompared, Value

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.operators import Grants


class Operator(Value):
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

        audit.add(named(self), action, connection, detail, self.now)


def named(by: Operator) -> str:
    """The name for the audit trail, with those of the operators that the person is."""
    others = [name for name in by.store.grants().names if name != by.who]
    return f"{by.who} [{', '.join(others)}]" if others else by.who


class Need(Value):
    """What must be confirmed before a plan is carried out, and why.

    ``code`` is for programs and stays the same, ``sentence`` is for people.
    """

    code: str
    sentence: str


class Effect(Value):
    """What a plan does to one record. ``amount`` is None where no money is concerned."""

    connection: str
    document: str
    becomes: str
    amount: Decimal | None = None
    currency: str = ""


class Outcome(Value):
    """What became of a plan: the sentence that tells it, and how many records it touched."""

    sentence: Annotated[str, "the result, for people"]
    count: Annotated[int, "number of records affected"] = 1


Became = TypeVar("Became", bound=Outcome)
Became_co = TypeVar("Became_co", bound=Outcome, covariant=True)


class Plan(PartlyCompared, Generic[Became_co], kw_only=True):
    """A decision as it would be carried out now. Two plans of the same store compare equal.

    ``title`` is the question that a person answers ("Retry payment pay_1, 250.00 USD?"), ``told``
    what follows from a yes, ``verb`` the word on the button and ``keep`` on the other one. A
    subclass adds what it needs to
    plan again and to act; it holds no time of day and nothing that changes by itself.

    ``role`` is the right that it takes, the highest where a plan names none: where the plan acts
    or, if ``everywhere``, in all connections, since it concerns none, or others too.
    """

    role: ClassVar[Role] = Role.MANAGE

    @property
    def everywhere(self) -> bool:
        """Whether the right must be one for all connections."""
        return False

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


class PlanForAll(Plan[Became_co]):
    """A decision that concerns all connections, or none: the right must be one for all."""

    @property
    def everywhere(self) -> bool:
        return True


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
            " ".join(need.sentence for need in needs) + " Nothing was done.", "Confirm to continue."
        )
        self.needs = tuple(needs)


def carry_out(by: Operator, plan: Plan[Became], confirmed: Collection[str] = ()) -> Became:
    """Carry a plan out in one transaction and return what became of it.

    ``confirmed`` are the codes of the needs that a person confirmed. Raises NotConfirmed,
    PlanIsStale, NotAllowed, or what planning and acting refuse (StoreError); nothing is changed
    then.
    """
    plan = allowed(by.store, plan)
    with plan.prepared(by) as ready, _checked(by, ready, confirmed):
        return ready.apply(by)


@contextmanager
def _checked(by: Operator, plan: Plan[Outcome], confirmed: Collection[str]) -> Iterator[None]:
    """One transaction in which a plan still holds and is confirmed."""
    with by.store.transaction():
        with by.store.seeing(plan.role):
            fresh = plan.again(by.store)
        if fresh != plan:
            raise PlanIsStale(fresh)
        missing = [need for need in plan.needs if need.code not in confirmed]
        if missing:
            raise NotConfirmed(missing)
        yield


Planned = TypeVar("Planned", bound=Plan[Outcome])


def allowed(store: Store, plan: Planned) -> Planned:
    """Return the plan, where the person at the keyboard may carry it out. Outside of a unit.

    Front ends ask before they have something confirmed, and ``carry_out`` asks again. Raises
    NotAllowed.
    """
    role, grants = plan.role, store.grants()
    if not grants.allows(role, everywhere=plan.everywhere):
        raise lacking(grants, role)
    if not grants.are_alike(role, Role.LOOK) and not _is_seen(store, plan):
        raise NotAllowed(f"{grants.who} may view this, but not do it.", role)
    return plan


def lacking(grants: Grants, role: Role) -> NotAllowed:
    """Why somebody with these grants may not do what takes this role."""
    has = grants.highest
    if has is None:
        told = f"{grants.who} is not an operator of this Deskbridge."
    elif has.includes(role):
        told = f"{grants.who} is an operator of some connections, and this concerns all of them."
    else:
        told = f"{grants.who} has the role {has}, which does not include this."
    return NotAllowed(told, role)


def _is_seen(store: Store, plan: Plan[Outcome]) -> bool:
    """Whether the plan is the same where nothing but the connections of its role is seen."""
    with store.reading(plan.role):
        try:
            return plan.again(store) == plan
        except NotFound:
            return False
