"""Retry, acknowledge, skip, unskip: the same keys and questions wherever a problem is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from rich.text import Text

from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.render import titled
from console.tui.screens.hint import OpensHint
from console.tui.widgets.dialogs import AskReason, ask_with
from shared.models.store import Store
from shared.operations import problems
from shared.operations.deciding import Outcome, Plan
from shared.operations.describe import problems as describe
from shared.operations.problems import Choice
from shared.rules.values import Problem, RecordKind

Snapshot = TypeVar("Snapshot")
WithReason = Callable[[Store, Sequence[int], str], Plan[Outcome]]

_KEYS: Mapping[str, str] = {
    Choice.RETRY: "r",
    Choice.ACKNOWLEDGE: "o",
    Choice.SKIP: "s",
    Choice.UNSKIP: "u",
}


class DecidesProblems(OpensHint[Snapshot]):
    """A screen on which a problem is under the cursor: ``problem`` says which."""

    BINDINGS = bindings(
        bind("r", "retry", "Retry", "Try this record again in the next sync."),
        bind(
            "o",
            "acknowledge",
            "Acknowledge",
            "This is intended: close the problem and keep the record, with a reason.",
        ),
        bind("s", "skip", "Skip", "Leave this record out from now on, with a reason."),
        bind("u", "unskip", "Unskip", "Include a skipped record again."),
        troubleshooting("this failure and its remedy"),
    )

    def problem(self) -> Problem | None:
        """The problem under the cursor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what cannot be done now; only some problems may be acknowledged at all."""
        if action not in _KEYS:
            return super().check_action(action, parameters)
        problem = self.problem()
        able = problem is not None and action in problems.choices(problem)
        return able if action == Choice.ACKNOWLEDGE else able or None

    def hint_code(self) -> str:
        problem = self.problem()
        return problem.code if problem is not None else ""

    def choices(self, problem: Problem | None) -> Iterator[Text]:
        """What the keys would do to a problem, before one is pressed."""
        if problem is None:
            return
        allowed = problems.choices(problem).intersection(_KEYS)
        for word, does in describe.choices(problem, allowed):
            yield titled(_KEYS[word], f"{does}.")

    def action_retry(self) -> None:
        """Retry the problem under the cursor, after asking where money may move."""
        if (problem := self.problem()) is not None:
            question = partial(problems.plan_retry, problem_ids=(problem.id,))
            self.decide(question, asks=problem.kind is RecordKind.PAYMENT)

    def action_acknowledge(self) -> None:
        """Ask for the reason, then acknowledge."""
        self._with_reason(
            problems.plan_acknowledge,
            "Acknowledge",
            "This is intended: the problem closes and the record stays. The problem opens again"
            " when there is news about it.",
        )

    def action_skip(self) -> None:
        """Ask for the reason, then skip."""
        self._with_reason(
            problems.plan_skip, "Skip", "It is left out of future syncs until somebody unskips it."
        )

    def _with_reason(self, plan_of: WithReason, verb: str, told: str) -> None:
        if (problem := self.problem()) is not None:
            problem_ids = (problem.id,)
            title = f"{verb} {describe.document_of(problem)}?"
            ask_with(
                self,
                AskReason(title, [told], "The reason, for the record"),
                lambda reason: self.decide(lambda store: plan_of(store, problem_ids, reason)),
            )

    def action_unskip(self) -> None:
        """Take the skip back."""
        if (problem := self.problem()) is not None:
            self.decide(partial(problems.plan_unskip, problem_ids=(problem.id,)))
