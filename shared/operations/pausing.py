"""Pausing a connection: no sync of it begins or goes on until somebody resumes it."""

from __future__ import annotations

from shared.errors import NotPossible
from shared.models import connections
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.which import Which
from shared.operations.which import connection as chosen
from shared.rules.operators import Role


class PausePlan(Plan[Outcome], kw_only=True):
    """A connection that is to rest."""

    role = Role.RUN
    connection_id: int

    def again(self, store: Store) -> PausePlan:
        return plan_pause(store, self.connection_id)

    def apply(self, by: Operator) -> Outcome:
        held = connections.by_id(self.connection_id)
        connections.pause(held.id, by.who, by.now)
        by.note("connection.pause", held.name, "")
        return Outcome(
            f"{held.name} is paused: no sync starts, and a running one stops after its current"
            " write. The Web Connector shows it. New payments wait."
        )


def plan_pause(_store: Store, which: Which) -> PausePlan:
    """Plan to pause a connection; raises as ``which.connection``, NotPossible if it is paused."""
    held = chosen(which)
    if held.paused_at is not None:
        raise NotPossible(f"{held.name} is already paused.")
    return PausePlan(
        title=f"Pause {held.name}?",
        verb="Pause",
        told=("None of its syncs run until you resume it. Nothing is lost.",),
        connection_id=held.id,
    )


class ResumePlan(Plan[Outcome], kw_only=True):
    """A paused connection whose syncs are to go on."""

    role = Role.RUN
    connection_id: int

    def again(self, store: Store) -> ResumePlan:
        return plan_resume(store, self.connection_id)

    def apply(self, by: Operator) -> Outcome:
        held = connections.by_id(self.connection_id)
        connections.resume(held.id)
        by.note("connection.resume", held.name, "")
        return Outcome(
            f"{held.name} is resumed: the next sync continues where the last one stopped."
        )


def plan_resume(_store: Store, which: Which) -> ResumePlan:
    """Plan to resume a connection; raises as ``which.connection``, NotPossible where it runs."""
    held = chosen(which)
    if held.paused_at is None:
        raise NotPossible(f"{held.name} is not paused.")
    return ResumePlan(
        title=f"Resume {held.name}?",
        verb="Resume",
        told=("Its next sync continues where the last one stopped.",),
        connection_id=held.id,
    )
