"""Problems: what needs a person, grouped by what is to be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console.tui import render
from console.tui.screens.deciding import DecidesProblems
from console.tui.screens.hint import HintScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import Paragraph, TextView
from shared.models.store import Store
from shared.operations import problems
from shared.operations.describe import problems as describe
from shared.operations.problems import WAITING, Choice, Groups
from shared.rules.values import Problem, ProblemState

COLUMNS = (
    Column("Document", least=24),
    Column("Status", drop=4),
    Column("Connection", least=14, drop=3),
    Column("Last met", drop=2),
    Column("What happened", least=20, drop=1),
)
SHOWN = (
    ("open", WAITING),
    ("acknowledged", (ProblemState.ACKNOWLEDGED,)),
    ("skipped", (ProblemState.SKIPPED,)),
    ("resolved", (ProblemState.RESOLVED,)),
)


class ProblemsScreen(DecidesProblems[Groups]):
    """The problems of all connections; the one under the cursor is explained below."""

    PLACE = "Problems"
    CSS_PATH = "problems.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "retry_kind", "Retry all alike", tooltip="Retry all open ones of this kind."),
        Binding("v", "resolve", "Resolved", tooltip="Close it: you settled it yourself. It asks."),
        Binding(
            "f",
            "states",
            "Other states",
            tooltip="Show open, then acknowledged, skipped and resolved ones.",
        ),
        Binding(
            "slash", "filter", "Filter", tooltip="A document, a connection, words of the text."
        ),
        Binding("C", "copy", "Copy", tooltip="Copy the problem to your terminal's clipboard."),
    ]

    def __init__(self, typed: str = "") -> None:
        super().__init__()
        self._typed = typed
        self._shown = 0
        self._problems: dict[str, Problem] = {}

    def body(self) -> ComposeResult:
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        line = FilterLine("A document, a connection, words of the text")
        line.value = self._typed
        line.set_class(bool(self._typed), "-open")
        yield line

    def question(self) -> Callable[[Store], Groups]:
        _, states = SHOWN[self._shown]
        return partial(problems.view_groups, states_wanted=states, words=self._words())

    def show(self, snapshot: Groups) -> None:
        self._problems = {str(one.id): one for group in snapshot.groups for one in group.problems}
        self.set_class(not self._problems, "-empty")
        self.query_one(".empty", Static).update(self._nothing())
        self.query_one(RecordTable).show(list(self._lines(snapshot)))
        word, _ = SHOWN[self._shown]
        listed = f", the latest {snapshot.listed:,}" if snapshot.listed < snapshot.total else ""
        self.show_place(f"Problems ({snapshot.total:,} {word}{listed})")
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        problem = self.problem()
        if action == "retry_kind":
            return True if problem and problem.state is ProblemState.OPEN else None
        if action == Choice.RESOLVE:
            return True if problem and Choice.RESOLVE in problems.choices(problem) else None
        if action in ("hint", "copy"):
            return True if problem else None
        return super().check_action(action, parameters)

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        self.query_one(TextView).show(list(self._told()))
        self.refresh_bindings()

    @on(RecordTable.Opened)
    def _open(self) -> None:
        self.add_class("-detail")
        self.query_one(TextView).focus()

    def action_back(self) -> None:
        """From the detail back to the list, else leave."""
        if self.has_class("-detail"):
            self.remove_class("-detail")
            self.query_one(RecordTable).focus()
        else:
            super().action_back()

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.ask()

    def problem(self) -> Problem | None:
        if not self.is_mounted:
            return None
        return self._problems.get(self.query_one(RecordTable).key or "")

    def action_filter(self) -> None:
        """Type words to look for."""
        self.query_one(FilterLine).open()

    def action_states(self) -> None:
        """Show the next kind of state."""
        self._shown = (self._shown + 1) % len(SHOWN)
        self.ask()

    def action_retry_kind(self) -> None:
        """Retry all open problems of the kind under the cursor, after asking."""
        problem = self.problem()
        if problem is not None:
            alike = partial(problems.plan_retry_alike, code=problem.code, words=self._words())
            self.decide(alike, asks=True)

    def action_resolve(self) -> None:
        """Ask, then close the problem."""
        problem = self.problem()
        if problem is not None:
            self.decide(partial(problems.plan_resolve, problem_ids=(problem.id,)), asks=True)

    def action_hint(self) -> None:
        """Open the troubleshooting entry."""
        problem = self.problem()
        if problem is not None:
            self.app.push_screen(HintScreen(problem.code))

    def action_copy(self) -> None:
        """Copy what is said of the problem."""
        self.copy(self.query_one(TextView).text, "the problem")

    def _words(self) -> tuple[str, ...]:
        return tuple(self.query_one(FilterLine).value.split())

    def _lines(self, snapshot: Groups) -> Iterator[Row | Heading]:
        for group in snapshot.groups:
            yield Heading(f"{group.title}: {group.total:,}. {group.remedy}")
            yield from map(self._row, group.problems)

    def _row(self, one: Problem) -> Row:
        return Row(
            str(one.id),
            (
                describe.document_of(one),
                render.state(one.state.value),
                one.connection,
                render.when(one.last_seen_at, self.worker.clock()),
                one.message,
            ),
        )

    def _told(self) -> Iterator[Paragraph]:
        one = self.problem()
        if one is None:
            return
        happened, stands = describe.sections(one)
        yield from render.lines(happened)
        yield from self.choices(one)
        yield from render.lines(stands)

    def _nothing(self) -> str:
        word, _ = SHOWN[self._shown]
        if self._words():
            return "No problem has these words. / changes them, Esc in that line clears them."
        if word == "open":
            return (
                "No open problems: nothing waits for a person.\n\ny shows how the last syncs went."
            )
        return f"No {word} problems. f shows the others."
