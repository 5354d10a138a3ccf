"""Beside the list of companies: what there is of the one under the cursor, in lists to go into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip

from console.tui import render
from console.tui.widgets.record_table import CURRENCY, Column, RecordTable, Row
from shared import dates
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.syncs import word
from shared.operations.describe.text import fit, grouped
from shared.operations.describe.trends import mark

if TYPE_CHECKING:
    from shared.operations.glance import Glance
    from shared.rules.payments.views import PaymentFigure, PaymentLine
    from shared.rules.values import Problem, Sync

MARKS = 24
"""How many syncs of each application are in its line."""


class Panel(RecordTable):
    """A list with its title in the line above it; what it says while it has nothing is inside."""

    DEFAULT_CSS = """
    Panel { border-top: solid $primary; border-title-style: bold; }
    Panel:focus { border-top: heavy $primary; border-title-style: bold reverse; }
    """

    def __init__(self, columns: Sequence[Column], title: str, nothing: str, *, id: str) -> None:  # noqa: A002
        super().__init__(columns, id=id)
        self.border_title = title
        self._nothing = nothing

    def render_line(self, y: int) -> Strip:
        if self.key is None and y <= 1:
            text = self._nothing if y == 0 else ""
            told = Segment(fit(text, self.size.width), self.rich_style)
            return Strip([told]).adjust_cell_length(self.size.width, self.rich_style)
        return super().render_line(y)


class Panels(Vertical):
    """The four lists; a row is named by the number of a sync, problem or payment, or by a state."""

    DEFAULT_CSS = """
    Panels > #syncs { height: 5; }
    Panels > #problems { height: 2fr; min-height: 3; }
    Panels > #payments { height: 2fr; min-height: 3; }
    Panels > #money { height: 1fr; min-height: 3; }
    """

    def compose(self) -> ComposeResult:
        yield Panel(SYNCS, "Last syncs", "No sync has ended yet.", id="syncs")
        yield Panel(PROBLEMS, "Problems", "No open problems.", id="problems")
        yield Panel(PAYMENTS, "Payments on their way", "No payment is on its way.", id="payments")
        yield Panel(MONEY, "Money by state", "No payment yet.", id="money")

    def show(self, glance: Glance | None, now: datetime) -> None:
        """Show this company; None: nothing was read of it yet."""
        rows = {
            "syncs": list(_sync_rows(glance.syncs, now)) if glance else [],
            "problems": [_problem_row(one, now) for one in glance.problems] if glance else [],
            "payments": [_payment_row(one) for one in glance.payments] if glance else [],
            "money": [_money_row(one, now) for one in glance.money] if glance else [],
        }
        for panel in self.query(Panel):
            panel.show(rows[panel.id or ""])
        number = glance.open_problems if glance else 0
        self.query_one("#problems", Panel).border_title = (
            f"Problems: {number:,}" if number else "Problems"
        )


SYNCS = (
    Column("Application"),
    Column("Oldest to newest", least=8),
    Column("Last"),
    Column("When", drop=1),
)
PROBLEMS = (
    Column("Document", least=16, fair=24),
    Column("What happened", least=16, drop=2),
    Column("Last seen", drop=1),
)
PAYMENTS = (
    Column("Payment", least=10, fair=20),
    Column("Status"),
    Column("Amount", right=True),
    CURRENCY,
    Column("Customer", least=8, drop=1),
)
MONEY = (
    Column("State"),
    Column("Payments", right=True),
    Column("Amount", right=True),
    CURRENCY,
    Column("Since", drop=1),
)


def _sync_rows(syncs: Sequence[Sync], now: datetime) -> Iterator[Row]:
    for application, its in by_application(syncs):
        last = its[0]
        marks = "".join(mark(one) for one in reversed(its[:MARKS]))
        state = render.state(word(last))
        cells = (application_name(application), marks, state, dates.short(last.ended_at, now))
        yield Row(str(last.id), cells)


def by_application(syncs: Sequence[Sync]) -> list[tuple[str, list[Sync]]]:
    """The syncs of each application, in the order in which they come; no refused sign-ins."""
    found: dict[str, list[Sync]] = {}
    for one in syncs:
        if one.application:
            found.setdefault(one.application, []).append(one)
    return sorted(found.items())


def _problem_row(one: Problem, now: datetime) -> Row:
    return Row(
        str(one.id),
        (one.document or one.object_id, one.message, dates.short(one.last_seen_at, now)),
    )


def _payment_row(line: PaymentLine) -> Row:
    from shared.operations.describe.payments import name_of, status_word

    one = line.payment
    state = render.state(status_word(one))
    return Row(str(one.id), (name_of(one), state, grouped(one.amount), one.currency, one.customer))


def _money_row(one: PaymentFigure, now: datetime) -> Row:
    return Row(
        f"{one.status.value.replace('_', '-')} {one.currency}",
        (
            render.state(one.status.value.replace("_", " ")),
            f"{one.count:,}",
            grouped(one.amount),
            one.currency,
            dates.short(one.since, now),
        ),
    )


def told(glance: Glance) -> Iterator[Text]:
    """The same in lines of text, for windows without room for the lists."""
    for application, its in by_application(glance.syncs):
        marks = render.marks(list(reversed(its)))
        yield render.titled(f"Last syncs, {application_name(application)}", marks)
    if glance.money:
        sums = (
            f"{one.status.value.replace('_', ' ')} {grouped(one.amount)} {one.currency}".rstrip()
            for one in glance.money
        )
        yield render.titled("Money by state", f"{'; '.join(sums)}.")
