"""Trends: syncs by the day, money by the week, and the last syncs of each application in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.base import StoreScreen
from console.tui.screens.syncs import SyncsScreen
from console.tui.widgets.record_table import CURRENCY, Column, RecordTable, Row
from shared import dates
from shared.models.store import Store
from shared.operations import trends
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.text import grouped
from shared.operations.describe.trends import bar, day_label, most_money, most_syncs
from shared.operations.trends import Trends
from shared.rules.trends import MoneyWeek, SyncDay

_DAY, _WEEK = 42, 52
"""What the other columns of a table take, roughly; bars have the rest."""
_BETWEEN = 2
_SHORTEST, _LONGEST = 6, 60
DAYS = (
    Column("Day"),
    Column("Syncs", right=True),
    Column("", least=_SHORTEST, drop=1),
    Column("Failed", right=True),
    Column("Some failed", right=True, drop=2),
)
WEEKS = (
    Column("Week of"),
    Column("Collected", right=True),
    Column("", least=_SHORTEST, drop=1),
    Column("Open", right=True),
    CURRENCY,
    Column("", least=_SHORTEST, drop=2),
)


class TrendsScreen(StoreScreen[Trends]):
    """The company in focus, or all, as bars with their numbers; the newest day is on top."""

    PLACE = "Trends"
    AUTO_FOCUS = "#days"
    BINDINGS = bindings(
        bind("r", "reread", "Read again", "Read the numbers again, as they are now.")
    )

    def body(self) -> ComposeResult:
        yield Static("", id="history", classes="body")
        with Container(id="charts"):
            yield RecordTable(DAYS, id="days")
            yield RecordTable(WEEKS, id="weeks")

    def question(self) -> Callable[[Store], Trends]:
        return partial(trends.view, connection=self.connection_id)

    def is_final(self, snapshot: Trends) -> bool:
        """Days do not change while somebody looks; the key of the screen reads them again."""
        return True

    def show(self, snapshot: Trends) -> None:
        self.show_place(f"Trends{self.of_company}")
        self.query_one("#history", Static).update(history(snapshot))
        days, weeks = self.query_one("#days", RecordTable), self.query_one("#weeks", RecordTable)
        days.show(list(_day_rows(snapshot.days, _room(self._wide - _DAY))))
        weeks.show(list(_week_rows(snapshot.weeks, _room((self._wide - _WEEK) // 2))))

    @property
    def _wide(self) -> int:
        """How wide a table is; it does not know that itself before it is laid out."""
        beside = self.has_class("-wide") or self.has_class("-broad")
        return (self.app.size.width - _BETWEEN) // 2 if beside else self.app.size.width

    def on_resize(self) -> None:
        """Bars take the room there is."""
        if self.snapshot is not None:
            self.show(self.snapshot)

    def on_screen_resume(self) -> None:
        """Another company may have come into focus meanwhile."""
        self.follow_company()

    def follow_company(self) -> None:
        super().follow_company()
        wanted = self.company.name if self.company else ""
        if self.snapshot is not None and self.snapshot.connection != wanted:
            self.snapshot = None
            for table in self.query(RecordTable):
                table.show([])
            self.ask()

    def fresh(self) -> None:
        super().fresh()
        self.ask()

    def action_reread(self) -> None:
        """Read it again."""
        self.ask()

    @on(RecordTable.Opened, "#days")
    def _open_day(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(SyncsScreen(event.key))


def history(found: Trends) -> Text:
    """The last syncs of each application as one mark each, oldest first, and what they mean."""
    told = Text()
    for application in sorted({one.application for one in found.latest}):
        its = [one for one in reversed(found.latest) if one.application == application]
        told.append(f"{application_name(application) or 'Refused sign-in'}: ", style="bold")
        told.append_text(render.marks(its)).append("\n")
    told.rstrip()
    return told


def _room(cells: int) -> int:
    return min(max(cells, _SHORTEST), _LONGEST)


def _day_rows(days: Sequence[SyncDay], room: int) -> Iterator[Row]:
    most = most_syncs(days)
    for one in reversed(days):
        yield Row(
            dates.day(one.day),
            (
                day_label(one.day),
                f"{one.syncs:,}",
                bar(one.syncs, most, room),
                render.figure(one.failed, "failed"),
                render.figure(one.some_failed, "some failed"),
            ),
        )


def _week_rows(weeks: Sequence[MoneyWeek], room: int) -> Iterator[Row]:
    for one in reversed(weeks):
        collected, owed = most_money(weeks, one.currency)
        yield Row(
            f"{one.monday} {one.currency}",
            (
                day_label(one.monday),
                grouped(one.collected),
                bar(one.collected, collected, room),
                grouped(one.open),
                one.currency,
                bar(one.open, owed, room),
            ),
        )
