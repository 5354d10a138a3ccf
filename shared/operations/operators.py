"""Operators: who may look, run or manage; added, listed, removed.

What a role allows is held by ``deciding.allowed`` for every plan, and what an operator sees by the
store (``shared/models/scope.py``); nothing here has to be asked on the way.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import CannotBeMeant, NotAllowed, NotPossible
from shared.models import connections, operators
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, PlanForAll
from shared.people import group_exists, user_exists
from shared.rules.operators import OperatorEntry, Role

LONGEST_NAME = 60


def view_all(store: Store) -> list[OperatorEntry]:
    """Every operator, by name. Raises NotAllowed for whoever does not manage all connections."""
    check_manages_all(store)
    return operators.all_entries()


def check_manages_all(store: Store) -> None:
    """Raise NotAllowed unless the person at the keyboard manages all connections."""
    grants = store.grants()
    if not grants.allows(Role.MANAGE, everywhere=True):
        raise NotAllowed(f"{grants.who} does not manage all connections.", Role.MANAGE)


class AddPlan(PlanForAll[Outcome], kw_only=True):
    """An operator to be added; no ``connections``: for all, also those that are added later."""

    role = Role.MANAGE
    name: str
    operator_role: Role
    user: str
    group: str
    connections: tuple[str, ...]

    def again(self, store: Store) -> AddPlan:
        return plan_add(
            store, self.name, self.operator_role, self.connections, user=self.user, group=self.group
        )

    def apply(self, by: Operator) -> Outcome:
        """Add it; raises NotPossible where whoever adds it could not undo that any more."""
        is_first = not operators.all_entries()
        operators.add(
            self.name,
            self.operator_role,
            [connections.get(name).id for name in self.connections] or None,
            user=self.user,
            group=self.group,
            who=by.who,
            now=by.now,
        )
        _check_still_manages(by.store)
        by.note("operator.add", "", f"{self.name}: {_described(self)}")
        from_now_on = " From now on, only operators, root and the store's owner may use it."
        sentence = f"{self.name} is an operator: {_described(self)}."
        return Outcome(sentence + from_now_on * is_first)


def plan_add(
    _store: Store,
    name: str,
    role: Role,
    names: Sequence[str] = (),
    *,
    user: str = "",
    group: str = "",
) -> AddPlan:
    """What adding an operator would do; without a user or a group, the user of its name.

    Raises NotFound for a connection, CannotBeMeant for a user or a group that there is not,
    NotPossible for a name that is taken.
    """
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        told = f"An operator's name needs 1 to {LONGEST_NAME} printable characters."
        raise CannotBeMeant(told, "Name the person, such as: ada")
    if user and group:
        raise CannotBeMeant("An operator is a user or a group.", "Write --user or --group.")
    user = user or (name if not group else "")
    if user and not user_exists(user):
        told = f"This machine has no user {user!r}."
        raise CannotBeMeant(told, "Name the user with --user, or a group with --group.")
    if group and not group_exists(group):
        raise CannotBeMeant(f"This machine has no group {group!r}.", "See: getent group")
    if any(one.name.casefold() == name.casefold() for one in operators.all_entries()):
        told = f"There is already an operator {name!r}."
        raise NotPossible(told, "To change its role, remove it and add it again.")
    return AddPlan(
        title=f"Make {name} an operator?",
        verb="Add",
        name=name,
        operator_role=role,
        user=user,
        group=group,
        connections=tuple(dict.fromkeys(connections.get(one).name for one in names)),
    )


def _described(plan: AddPlan) -> str:
    whose = f"user {plan.user}" if plan.user else f"group {plan.group}"
    where = ", ".join(plan.connections) or "all connections"
    return f"{whose}, {plan.operator_role}, {where}"


def _check_still_manages(store: Store) -> None:
    if not store.grants().allows(Role.MANAGE, everywhere=True):
        raise NotPossible(
            f"{store.grants().who} could no longer manage this. Nothing was changed.",
            "Make yourself an operator with --role manage first, or let root do it.",
        )


class RemovePlan(PlanForAll[Outcome], kw_only=True):
    """An operator who is to be none any more."""

    role = Role.MANAGE
    name: str
    is_last: bool

    def again(self, store: Store) -> RemovePlan:
        return plan_remove(store, self.name)

    def apply(self, by: Operator) -> Outcome:
        """Remove it; raises NotPossible as adding does."""
        operators.remove(self.name)
        _check_still_manages(by.store)
        by.note("operator.remove", "", self.name)
        told = " There are no operators now: anyone who can open the store may do everything."
        return Outcome(f"{self.name} is no longer an operator.{told * self.is_last}")


def plan_remove(_store: Store, name: str) -> RemovePlan:
    """What removing an operator would do. Raises NotFound."""
    one = operators.get(name)
    return RemovePlan(
        title=f"Remove the operator {one.name}?",
        verb="Remove",
        told=("Their rights end at once, even in an open console.",),
        name=one.name,
        is_last=len(operators.all_entries()) == 1,
    )
