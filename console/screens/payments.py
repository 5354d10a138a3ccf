"""Payments: the queue by state, what needs a person first, and every payment behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console import words
from console.cli.payments import name_of, status_word
from console.cli.text import count, grouped
from console.screens.payment import PaymentScreen
from console.screens.payment_deciding import DecidesPayments
from console.snapshots import payments as snapshots
from console.snapshots.payments import (
    AT_WORK,
    NEEDS_PERSON,
    OF_EACH,
    OVER,
    Group,
    PaymentLine,
    Payments,
    word_of,
)
from console.widgets.filter_line import FilterLine
from console.widgets.record_table import Column, RecordTable, Row
from console.widgets.text_view import TextView
from shared import hints
from shared.models.payment_values import Payment, PaymentStatus
from shared.models.payments.queue import Figure, PaymentFilter
from shared.models.store import Store

COLUMNS = (
    Column("Payment", least=16),
    Column("Status", drop=5),
    Column("Customer", least=12, drop=4),
    Column("Since", drop=6),
    Column("Amount", right=True),
    Column(""),
    Column("Connection", least=10, drop=3),
    Column("Date", drop=2),
    Column("Why", least=20, drop=1),
)
S = PaymentStatus
MEANINGS = MappingProxyType(
    {
        S.UNKNOWN: "Outcome not known yet: the next Payment Sync settles that before anything else"
        " is posted.",
        S.PARKED: "Only a person can tell what QuickBooks holds: look there, then retry or skip.",
        S.REFUSED: "Does not go out before something is put right: then retry, or skip.",
        S.WAITING: "Goes out by itself once the reason is gone.",
        S.READY: "Goes out with the next Payment Sync.",
        S.SENT: "Out at this moment.",
        S.NOT_ELIGIBLE: "Never goes out as it is: offline, pending, too old and the like.",
        S.SKIPPED: "Left out by a person; u takes that back.",
        S.POSTED: "In QuickBooks.",
        S.IMPORTED: "Recorded in QuickBooks and read from there.",
    }
)


class PaymentsScreen(DecidesPayments[Payments]):
    """The payments of all connections, or of one; the one under the cursor is explained below."""

    PLACE = "Payments"
    CSS_PATH = "payments.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "R",
            "retry_alike",
            "Retry all alike",
            tooltip="Retry all that stand here for the same reason. It asks.",
        ),
        Binding("f", "state", "Next state", tooltip="Only the payments of one state, then all."),
        Binding(
            "slash",
            "filter",
            "Filter",
            tooltip="States, quickbooks, invoiced, deleted, an id, an invoice, a customer.",
        ),
        Binding(
            "g",
            "company",
            "Only its company",
            tooltip="Only the company of the payment under the cursor, or all again.",
        ),
        Binding("n", "older", "Older", tooltip="The next page of older payments."),
        Binding("b", "newer", "Newer", tooltip="Back to the page of newer payments."),
    ]

    def __init__(self, connection_id: int | None = None, name: str = "") -> None:
        super().__init__()
        self._connection_id = connection_id
        self._company = name
        self._pages: list[int | None] = [None]
        self._lines: dict[str, PaymentLine] = {}
        self._groups: dict[str, Group] = {}
        self._left_at = ""

    def body(self) -> ComposeResult:
        """Table, explanation, and the line to filter with."""
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        yield FilterLine("refused quickbooks pay_8Kd2 1042 larkspur")

    def question(self) -> Callable[[Store], Payments]:
        """The queue, or the page that is open of what the filter lets through."""
        return partial(snapshots.read, wanted=self._wanted(), before_id=self._pages[-1])

    def show(self, snapshot: Payments) -> None:
        """Fill the table: group by group, or the page."""
        listed = [*snapshot.lines, *(line for one in snapshot.groups for line in one.lines)]
        self._lines = {str(line.payment.id): line for line in listed}
        self._groups = {_key(figure): one for one in snapshot.groups for figure in one.figures}
        self.set_class(not self._lines and not self._groups, "-empty")
        self.query_one(".empty", Static).update(self._nothing())
        table = self.query_one(RecordTable)
        table.show(list(self._rows(snapshot)))
        if snapshot.groups and self._left_at:
            table.go_to(self._left_at)
            self._left_at = ""
        self.show_place(self._place(snapshot))
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        able = {
            "older": self.snapshot is not None and self.snapshot.older,
            "newer": len(self._pages) > 1,
            "company": self._connection_id is not None or self.payment() is not None,
            "state": bool(self._states()),
        }
        if action == "retry_alike":
            return self.check_action("retry", parameters)
        return (
            (True if able[action] else None)
            if action in able
            else super().check_action(action, parameters)
        )

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        self.query_one(TextView).show(list(self._told()))
        self.refresh_bindings()

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        group = self._groups.get(event.key)
        if group is None:
            self.app.push_screen(PaymentScreen(int(event.key)))
        else:
            self._type(word_of(group.status))
            self._left_at = event.key

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._pages = [None]
        self.ask()

    def action_back(self) -> None:
        """From a filter back to the queue, else leave."""
        if self.query_one(FilterLine).value:
            self._type("")
        else:
            super().action_back()

    def payment(self) -> Payment | None:
        """The payment under the cursor; None on the line of a state."""
        if not self.is_mounted:
            return None
        line = self._lines.get(self.query_one(RecordTable).key or "")
        return line.payment if line else None

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterLine).open()

    def action_state(self) -> None:
        """Put the next state that any payment has into the filter; after the last one, none."""
        typed = self.query_one(FilterLine).value.split()
        order = [word_of(status) for status in self._states()]
        held = next((word for word in typed if word.casefold() in order), None)
        place = order.index(held.casefold()) + 1 if held else 0
        others = [word for word in typed if word != held]
        self._type(" ".join([*order[place : place + 1], *others]))

    def action_company(self) -> None:
        """Narrow to the company of the payment under the cursor, or widen again."""
        line = self._lines.get(self.query_one(RecordTable).key or "")
        if self._connection_id is not None:
            self._connection_id, self._company = None, ""
        elif line is not None:
            self._connection_id, self._company = line.payment.connection_id, line.connection
        self._turn([None])

    def action_older(self) -> None:
        """Turn to the next page."""
        if self.snapshot and self.snapshot.lines:
            self._turn([*self._pages, self.snapshot.lines[-1].payment.id])

    def action_newer(self) -> None:
        """Turn back."""
        self._turn(self._pages[:-1])

    def action_retry_alike(self) -> None:
        """Retry all payments of the kind under the cursor, after asking."""
        payment = self.payment()
        if payment is not None:
            alike = replace(
                self._wanted(), statuses=(payment.status,), code=payment.code, deleted=False
            )
            self.look(partial(snapshots.plan_retry_alike, wanted=alike), self.retry_as_planned)

    def _turn(self, pages: list[int | None]) -> None:
        self._pages = pages
        self.query_one(RecordTable).action_first()
        self.ask()

    def _type(self, text: str) -> None:
        line = self.query_one(FilterLine)
        line.value = text
        line.set_class(bool(text), "-open")
        self.query_one(RecordTable).action_first()

    def _states(self) -> list[PaymentStatus]:
        """The states that any payment has, in the order of the queue."""
        held = {one.status for one in self.snapshot.figures} if self.snapshot else set()
        return [status for status in (*AT_WORK, *OVER) if status in held]

    def _wanted(self) -> PaymentFilter:
        typed = snapshots.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self._connection_id)

    def _rows(self, snapshot: Payments) -> Iterator[Row]:
        yield from map(self._row, snapshot.lines)
        for group in snapshot.groups:
            yield from (self._group_row(figure) for figure in group.figures)
            yield from map(self._row, group.lines)

    def _row(self, line: PaymentLine) -> Row:
        payment = line.payment
        return Row(
            str(payment.id),
            (
                name_of(payment),
                words.state(status_word(payment)),
                payment.customer,
                words.when(payment.changed_at, self.backstage.clock()),
                grouped(payment.amount),
                payment.currency,
                line.connection,
                payment.date.isoformat(),
                payment.reason,
            ),
        )

    def _group_row(self, figure: Figure) -> Row:
        word = figure.status.replace("_", " ")
        cells = (
            f"{word.capitalize()}: {figure.count:,}",
            *("", ""),
            words.when(figure.since, self.backstage.clock()),
            *(grouped(figure.amount), figure.currency),
            *("", "", ""),
        )
        return Row(_key(figure), tuple(Text(cell, style="bold") for cell in cells))

    def _told(self) -> Iterator[Text]:
        key = self.query_one(RecordTable).key or ""
        if key in self._groups:
            yield from self._told_of_group(self._groups[key])
        elif key in self._lines:
            yield from self._told_of_payment(self._lines[key].payment)

    def _told_of_group(self, group: Group) -> Iterator[Text]:
        number = sum(figure.count for figure in group.figures)
        word = group.status.replace("_", " ").capitalize()
        yield words.titled(word, f"{count(number, 'payment')}. {MEANINGS[group.status]}")
        if number > len(group.lines):
            newest = f"the newest {OF_EACH}" if group.lines else "none"
            yield words.titled("Listed here", f"{newest}. Enter lists all of this state.")
        since = min(figure.since for figure in group.figures)
        yield words.titled("Since", f"{since.astimezone():%Y-%m-%d %H:%M} the first of them.")

    def _told_of_payment(self, payment: Payment) -> Iterator[Text]:
        yield words.titled("What happened", payment.reason or MEANINGS[payment.status])
        if payment.code:
            yield words.titled("What to do", hints.tell(payment.code).remedy)
        yield from self.choices(payment)
        if payment.note:
            by = f" (by {payment.changed_by})" if payment.changed_by else ""
            yield words.titled("Skipped because", f"{payment.note}{by}")

    def _place(self, snapshot: Payments) -> str:
        of = f" of {self._company}" if self._company else ""
        if snapshot.groups:
            look, way = snapshot.count(NEEDS_PERSON), snapshot.count(AT_WORK)
            return f"Payments{of} ({look:,} to look at, {way - look:,} on their way)"
        wanted = self._wanted()
        page = f", page {len(self._pages)}" if len(self._pages) > 1 else ""
        number = ""
        if wanted.statuses and not wanted.words and not wanted.deleted:
            number = f": {snapshot.count(wanted.statuses):,}"
        shown = ", ".join(one.replace("_", " ") for one in wanted.statuses[:3]) or "all states"
        shown = "deleted in QuickBooks" if wanted.deleted else shown
        return f"Payments{of} ({shown}{number}{page})"

    def _nothing(self) -> str:
        of = f" of {self._company}" if self._company else ""
        if len(self._pages) > 1:
            return "No older payments. b goes back to the newer ones."
        if self._wanted() != PaymentFilter(self._connection_id):
            return "No payment fits the filter. / changes it, Esc clears it."
        return (
            f"No payment yet{of}.\n\nNext: deskbridge payments import NAME FILE takes in those of"
            " the billing platform. Payment Sync reads those that QuickBooks has."
        )


def _key(figure: Figure) -> str:
    return f"{figure.status.value} {figure.currency}"
