"""Decisions about problems: again, not any more, after all, done with."""

from __future__ import annotations

from collections.abc import Sequence

from console.tui.actions import Operator
from console.tui.snapshots.problems import WAITING, RetryPlan, payment_of
from shared.errors import NotPossible
from shared.models import problems
from shared.models.payments.parts import ABOUT_POSTED
from shared.operations.describe.text import count
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import Problem, RecordKind


def retry(by: Operator, plan: RetryPlan) -> str:
    """Have the records read, and the payments judged, again.

    Raises NotPossible where a payment was parked since the plan was made: nobody agreed to post
    that one anew.
    """
    for problem_id in plan.problem_ids:
        problem = problems.get(problem_id)
        payment = payment_of(problem)
        if payment and payment.status is PaymentStatus.PARKED and payment.id not in plan.agreed:
            raise NotPossible(
                f"{payment.document} was parked meanwhile. Nothing was changed.",
                "Look at it, then decide again.",
            )
        problems.retry(problem_id, by.who, by.now)
        by.note("problem.retry", problem.connection, _told(problem))
    done = count(len(plan.problem_ids), "problem")
    return f"{done} will be tried again by the next sync: Update Selected starts one at once."


def skip(by: Operator, problem_ids: Sequence[int], because: str) -> str:
    """Leave the records out of future syncs."""
    for problem_id in problem_ids:
        problem = problems.skip(problem_id, because, by.who, by.now)
        by.note("problem.skip", problem.connection, f"{_told(problem)}: {because}")
    done = count(len(problem_ids), "record")
    return f"{done} will be left out of future syncs. u takes that back."


def unskip(by: Operator, problem_ids: Sequence[int]) -> str:
    """Take skipped records in again."""
    for problem_id in problem_ids:
        problem = problems.unskip(problem_id, by.who, by.now)
        by.note("problem.unskip", problem.connection, _told(problem))
    return f"{count(len(problem_ids), 'record')} will be taken in again by the next sync."


def resolve(by: Operator, problem_id: int) -> str:
    """Close a problem that a person has settled outside of Deskbridge.

    Raises NotPossible for one that is closed, or about a payment that is not in QuickBooks yet.
    """
    problem = problems.get(problem_id)
    if problem.state not in WAITING:
        raise NotPossible(f"Problem {problem_id} is {problem.state} already.")
    if problem.kind is RecordKind.PAYMENT and problem.code not in ABOUT_POSTED:
        raise NotPossible(
            f"{problem.document} is still to be decided. Nothing was changed.",
            "Retry it, or skip it with the reason.",
        )
    problems.resolve(
        problem.connection_id, problem.kind, [problem.object_id], [problem.code], by.now
    )
    by.note("problem.resolve", problem.connection, _told(problem))
    return f"{problem.document or problem.object_id} is resolved."


def _told(problem: Problem) -> str:
    return f"problem {problem.id}, {problem.document}"
