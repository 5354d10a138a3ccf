"""Decisions of a person who confirms whatever they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, Plan, carry_out


def decide(
    store: Store, plan_of: Callable[..., Plan[Outcome]], *arguments: Any, who: str = "ada"
) -> str:
    """Plan, confirm and carry out in one transaction; the sentence that tells it."""
    with store.transaction():
        plan = plan_of(store, *arguments)
        return carry_out(Operator(store, who), plan, [need.code for need in plan.needs]).sentence
