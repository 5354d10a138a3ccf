"""Problems: what needs a person, grouped by what is to be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.deciding import DecidesProblems
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Heading
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph
from console.tui.worker import Company
from shared.models.store import Store
from shared.operations import problems
from shared.operations.describe import problems as describe
from shared.operations.problems import Choice, Groups
from shared.rules.values import WAITING, Problem, ProblemState

PROBLEMS = Records[Problem](
    lambda one: str(one.id),
    field("Document", describe.document_of, least=24, fair=40),
    field("Status", lambda one: render.state(one.state.value), drop=4),
    field("Connection", lambda one: one.connection, least=14, fair=20, drop=3),
    field("Last seen", lambda one: one.last_seen_at, drop=2),
    field("What happened", lambda one: one.message, least=20, drop=1),
)
SHOWN = (
    ("open", WAITING),
    ("acknowledged", (ProblemState.ACKNOWLEDGED,)),
    ("skipped", (ProblemState.SKIPPED,)),
    ("resolved", (ProblemState.RESOLVED,)),
)


class ProblemsScreen(
    DecidesProblems[Groups], PagedScreen[Groups, Problem, None], ReadsDetail[Groups]
):
    """The problems of all connections; the one under the cursor is explained below."""

    PLACE = "Problems"
    TABLE = PROBLEMS.columns
    EXAMPLE = "A document, a connection, words of the text"
    COPIED = "the problem"
    BINDINGS = bindings(
        bind("R", "retry_kind", "Retry all like this", "Retry all open problems of this kind."),
        bind("d", "resolve", "Resolved", "Close it: you settled it yourself. Asks first."),
        bind(
            "f",
            "states",
            "Other states",
            "Show open, then acknowledged, skipped and resolved ones.",
        ),
        bind("slash", "filter", "Filter", "A document, a connection, words of the text."),
        bind("C", "copy", "Copy", "Copy the problem to your terminal's clipboard."),
    )

    def __init__(self, typed: str = "", *, cursor_on: str = "") -> None:
        super().__init__(typed, cursor_on=cursor_on)
        self._shown = 0

    def question(self) -> Callable[[Store], Groups]:
        _, states = SHOWN[self._shown]
        return partial(
            problems.view_groups,
            states_wanted=states,
            words=self._words(),
            connection_id=self.connection_id,
        )

    def listed(self, snapshot: Groups) -> Iterator[Listed[Problem]]:
        for group in snapshot.groups:
            yield Heading(f"{group.title}: {group.total:,}. {group.remedy}")
            yield from self.rows(PROBLEMS, group.problems)

    def told(self, one: Problem) -> Iterator[Paragraph]:
        happened, stands = describe.sections(one)
        yield from render.lines(happened)
        yield from self.choices(one)
        yield from render.lines(stands)

    def company_of(self, one: Problem) -> Company:
        return Company(one.connection_id, one.connection)

    def place(self, snapshot: Groups) -> str:
        word, _ = SHOWN[self._shown]
        listed = f", the latest {snapshot.listed:,}" if snapshot.listed < snapshot.total else ""
        return f"Problems{self.of_company} ({snapshot.total:,} {word}{listed})"

    def nothing(self, _snapshot: Groups) -> str:
        word, _ = SHOWN[self._shown]
        if self._words():
            return "No problem has these words. / changes them; Esc in that line clears them."
        if word == "open":
            return (
                f"No open problems{self.of_company}: nothing needs attention.\n\n"
                "y shows how the last syncs went."
            )
        return f"No {word} problems{self.of_company}. f shows the others."

    def able(self) -> dict[str, bool]:
        problem = self.problem()
        return super().able() | {
            "retry_kind": problem is not None and problem.state is ProblemState.OPEN,
            "resolve": problem is not None and Choice.RESOLVE in problems.choices(problem),
        }

    def problem(self) -> Problem | None:
        return self.chosen()

    def fresh(self) -> None:
        self._shown = 0
        super().fresh()

    def action_states(self) -> None:
        """Show the next kind of state."""
        self._shown = (self._shown + 1) % len(SHOWN)
        self.ask()

    def action_retry_kind(self) -> None:
        """Retry all open problems of the kind under the cursor, after asking."""
        if (problem := self.problem()) is not None:
            alike = partial(
                problems.plan_retry_alike,
                code=problem.code,
                words=self._words(),
                connection_id=self.connection_id,
            )
            self.decide(alike, asks=True)

    def action_resolve(self) -> None:
        """Ask, then close the problem."""
        if (problem := self.problem()) is not None:
            self.decide(partial(problems.plan_resolve, problem_ids=(problem.id,)), asks=True)

    def _words(self) -> tuple[str, ...]:
        return tuple(self.query_one(FilterLine).value.split())
