"""Retry, skip, unskip: the same keys and the same questions wherever a problem is shown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.binding import Binding, BindingType

from console.tui.actions import problems as actions
from console.tui.screens.base import StoreScreen
from console.tui.snapshots.problems import WAITING, RetryPlan, plan_retry
from console.tui.widgets.dialogs import AskReason, Confirm
from console.tui.words import titled
from shared.rules.values import Problem, ProblemState, RecordKind

Snapshot = TypeVar("Snapshot")


class DecidesProblems(StoreScreen[Snapshot]):
    """A screen on which a problem is under the cursor: ``problem`` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Retry", tooltip="Have the next sync try this record again."),
        Binding("s", "skip", "Skip", tooltip="Leave this record out from now on, with a reason."),
        Binding("u", "unskip", "Un-skip", tooltip="Take a skipped record in again."),
        Binding(
            "t",
            "hint",
            "Troubleshooting",
            tooltip="Everything known about this failure and its remedy.",
        ),
    ]

    def problem(self) -> Problem | None:
        """The problem under the cursor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what cannot be done in the state that the problem is in."""
        if action not in ("retry", "skip", "unskip"):
            return super().check_action(action, parameters)
        problem = self.problem()
        if problem is None:
            return None
        if action == "unskip":
            return True if problem.state is ProblemState.SKIPPED else None
        able = problem.state in WAITING
        return True if able and (action == "retry" or problem.kind is not RecordKind.SYNC) else None

    def choices(self, problem: Problem | None) -> Iterator[Text]:
        """What the keys would do to a problem, before one is pressed."""
        if problem is None:
            return
        if problem.state in WAITING:
            yield titled("r", _RETRYING[problem.kind])
        if problem.state in WAITING and problem.kind is not RecordKind.SYNC:
            yield titled("s", "leaves it out of future syncs, with your reason; u takes that back.")
        if problem.state is ProblemState.SKIPPED:
            yield titled("u", "takes it in again with the next sync.")

    def action_retry(self) -> None:
        """Retry the problem under the cursor, after asking where money may move."""
        problem = self.problem()
        if problem is not None:
            self.look(partial(plan_retry, problem_ids=[problem.id]), self.retry_as_planned)

    def retry_as_planned(self, plan: RetryPlan) -> None:
        """Carry a plan out; ask before if it says so."""
        retry = partial(actions.retry, plan=plan)
        if not plan.ask:
            self.carry_out(retry)
            return
        self.app.push_screen(
            Confirm(plan.title, plan.told, "Retry"),
            lambda agreed: self.carry_out(retry) if agreed else None,
        )

    def action_skip(self) -> None:
        """Ask for the reason, then skip."""
        problem = self.problem()
        if problem is None:
            return
        problem_id = problem.id

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.carry_out(partial(actions.skip, problem_ids=[problem_id], because=reason))

        self.app.push_screen(
            AskReason(
                f"Skip {problem.document or problem.object_id}?",
                ["It is left out of future syncs until somebody takes that back."],
                "The reason, for those who ask",
            ),
            answered,
        )

    def action_unskip(self) -> None:
        """Take the skip back."""
        problem = self.problem()
        if problem is not None:
            self.carry_out(partial(actions.unskip, problem_ids=[problem.id]))


_RETRYING = {
    RecordKind.INVOICE: (
        "reads the invoice again in the next Invoice Sync; QuickBooks is not changed."
    ),
    RecordKind.CUSTOMER: (
        "reads the customer again in the next Invoice Sync; QuickBooks is not changed."
    ),
    RecordKind.PAYMENT: (
        "has the payment judged again for the next Payment Sync. It says first what that means,"
        " and asks."
    ),
    RecordKind.SYNC: "notes that it is dealt with; the next sync shows whether it is.",
}
