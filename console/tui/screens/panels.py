"""Beside the list of companies: what there is of the one under the cursor, in lists to go into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.strip import Strip

from console.fields import field, money, number
from console.tui import render
from console.tui.widgets.record_table import CURRENCY, Column, RecordTable, Row
from console.tui.widgets.records import Records
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
_LEAST_MARKS = len("History")
_BETWEEN = 3
"""Blanks between the columns, and the scrollbar."""


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

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: tuple[Glance | None, datetime] | None = None

    def compose(self) -> ComposeResult:
        yield Panel(SYNCS, "Last syncs, newest on the right", "No sync has ended yet.", id="syncs")
        yield Panel(PROBLEMS.columns, "Problems", "No open problems.", id="problems")
        yield Panel(PAYMENTS, "Payments on their way", "No payment is on its way.", id="payments")
        yield Panel(MONEY.columns, "Money by state", "No payment yet.", id="money")

    def show(self, glance: Glance | None, now: datetime) -> None:
        """Show this company; None: nothing was read of it yet."""
        self._shown = (glance, now)
        rows = {
            "syncs": list(_sync_rows(glance.syncs, now, self.size.width)) if glance else [],
            "problems": [PROBLEMS.row(one, now) for one in glance.problems] if glance else [],
            "payments": [_payment_row(one) for one in glance.payments] if glance else [],
            "money": [MONEY.row(one, now) for one in glance.money] if glance else [],
        }
        needs = [_FRAME + max(len(its), 1) for its in rows.values()]
        for panel, high in zip(self.query(Panel), heights(needs, self.size.height), strict=True):
            panel.styles.height = high
            panel.show(rows[panel.id or ""])
        number = glance.open_problems if glance else 0
        self.query_one("#problems", Panel).border_title = (
            f"Problems: {number:,}" if number else "Problems"
        )

    def on_resize(self) -> None:
        """Share the new room out."""
        if self._shown is not None:
            self.show(*self._shown)


_FRAME = 2
"""The lines of a panel that are no rows: its title, and those of its columns."""
_GAP = 1


def heights(needs: Sequence[int], room: int) -> list[int]:
    """How high each panel is: what it needs and a blank line, or its fair share of ``room``.

    What is left over goes to the last one.
    """
    given = [need + _GAP for need in needs]
    while sum(given) > room and max(given) > _FRAME + 1:
        given[given.index(max(given))] -= 1
    given[-1] += max(room - sum(given), 0)
    return given


SYNCS = (Column("Application"), Column("History"), Column("Last"), Column("When", drop=1))
PROBLEMS: Records[Problem] = Records(
    lambda one: str(one.id),
    field("Document", lambda one: one.document or one.object_id, least=16, fair=40),
    field("What happened", lambda one: one.message, least=30, drop=2),
    field("Last seen", lambda one: one.last_seen_at, drop=1),
)
MONEY: Records[PaymentFigure] = Records(
    lambda one: f"{one.status.value.replace('_', '-')} {one.currency}",
    field("State", lambda one: render.state(one.status.value.replace("_", " "))),
    number("Payments", lambda one: one.count),
    money("Amount", lambda one: one.amount),
    (CURRENCY, lambda one: one.currency),
    field("Since", lambda one: one.since, drop=1),
)
PAYMENTS = (
    Column("Payment", least=10, fair=20),
    Column("Status"),
    Column("Amount", right=True),
    CURRENCY,
    Column("Customer", least=8, drop=1),
)


def _sync_rows(syncs: Sequence[Sync], now: datetime, width: int) -> Iterator[Row]:
    """The syncs of each application as marks: as many of the latest as ``width`` has room for."""
    found = [(application_name(name), its) for name, its in by_application(syncs)]
    words = [word(its[0]) for _, its in found]
    others = max(map(len, words), default=0) + max((len(name) for name, _ in found), default=0)
    most = min(max(width - others - _BETWEEN, _LEAST_MARKS), MARKS)
    for (name, its), state in zip(found, words, strict=True):
        marks = "".join(mark(one) for one in reversed(its[:most]))
        cells = (name, marks, render.state(state), dates.short(its[0].ended_at, now))
        yield Row(str(its[0].id), cells)


def by_application(syncs: Sequence[Sync]) -> list[tuple[str, list[Sync]]]:
    """The syncs of each application, in the order in which they come; no refused sign-ins."""
    found: dict[str, list[Sync]] = {}
    for one in syncs:
        if one.application:
            found.setdefault(one.application, []).append(one)
    return sorted(found.items())


def _payment_row(line: PaymentLine) -> Row:
    from shared.operations.describe.payments import name_of, status_word

    one = line.payment
    state = render.state(status_word(one))
    return Row(str(one.id), (name_of(one), state, grouped(one.amount), one.currency, one.customer))


def screen_of(panel: str, key: str) -> Screen[None]:
    """The screen of a row, imported now: it may never have been shown."""
    if panel == "syncs":
        from console.tui.screens.sync import SyncScreen

        return SyncScreen(int(key))
    if panel == "problems":
        from console.tui.screens.problems import ProblemsScreen

        return ProblemsScreen(cursor_on=key)
    if panel == "payments":
        from console.tui.screens.payment import PaymentScreen

        return PaymentScreen(int(key))
    from console.tui.screens.payments import PaymentsScreen

    return PaymentsScreen(key.partition(" ")[0])


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
