"""Payments: the queue by state, what needs a person first, and every payment behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.text import Text
from textual import on

from console.fields import field, money
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.payment import PaymentScreen
from console.tui.screens.payment_deciding import DecidesPayments
from console.tui.screens.payment_file import TakeFileScreen
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import CURRENCY, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.worker import Company
from shared import dates
from shared.models.store import Store
from shared.operations import payment_profiles, payment_views, payments
from shared.operations.describe.payments import MEANINGS, name_of, status_word
from shared.operations.describe.text import count, grouped
from shared.operations.payment_profiles import Takes
from shared.operations.payment_views import AT_WORK, NEEDS_PERSON, OF_EACH, OVER, word_of
from shared.rules.payments.values import Payment, PaymentStatus
from shared.rules.payments.views import (
    PaymentFigure,
    PaymentFilter,
    PaymentGroup,
    PaymentLine,
    PaymentQueue,
)
from shared.structs import replace

PAYMENTS = Records[PaymentLine](
    lambda line: str(line.payment.id),
    field("Payment", lambda line: name_of(line.payment), least=16, fair=32),
    field("Status", lambda line: render.state(status_word(line.payment)), drop=5),
    field("Customer", lambda line: line.payment.customer, least=12, fair=20, drop=4),
    field("Since", lambda line: line.payment.changed_at, drop=6),
    money("Amount", lambda line: line.payment.amount),
    (CURRENCY, lambda line: line.payment.currency),
    field("Connection", lambda line: line.connection, least=10, fair=20, drop=3),
    field("Date", lambda line: dates.day(line.payment.date), drop=2),
    field("Why", lambda line: line.payment.reason, least=20, drop=1),
)


class PaymentsScreen(
    DecidesPayments[PaymentQueue], PagedScreen[PaymentQueue, PaymentLine | PaymentGroup, int]
):
    """The payments of all connections, or of one; the one under the cursor is explained below."""

    PLACE = "Payments"
    TABLE = PAYMENTS.columns
    EXAMPLE = "refused quickbooks pay_8Kd2 1042 larkspur"
    NO_MORE = "No older payments. b goes back to the newer ones."
    BINDINGS = bindings(
        bind(
            "R",
            "retry_alike",
            "Retry all like this",
            "Retry all payments with the same reason. Asks first.",
        ),
        bind("f", "state", "Next state", "Only the payments of one state, then all."),
        bind(
            "slash",
            "filter",
            "Filter",
            "States, quickbooks, invoiced, deleted, an id, an invoice, a customer.",
        ),
        bind(
            "plus",
            "take_file",
            "Import a file",
            "Check a file of payments, such as an export from Stripe, and import it.",
        ),
        bind("n", "next_page", "Older", "The next page of older payments."),
        bind("b", "page_before", "Newer", "Back to the page of newer payments."),
    )

    def question(self) -> Callable[[Store], PaymentQueue]:
        return partial(payment_views.view_queue, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: PaymentQueue) -> Iterator[Listed[PaymentLine | PaymentGroup]]:
        yield from self.rows(PAYMENTS, snapshot.lines)
        for group in snapshot.groups:
            yield from ((self._group_row(figure), group) for figure in group.figures)
            yield from self.rows(PAYMENTS, group.lines)

    def next_start(self, snapshot: PaymentQueue) -> int | None:
        return snapshot.next

    def told(self, record: PaymentLine | PaymentGroup) -> Iterator[Text]:
        if isinstance(record, PaymentGroup):
            return _told_of_group(record)
        return self._told_of_payment(record)

    def place(self, snapshot: PaymentQueue) -> str:
        """What waits, or what the filter lets through."""
        if snapshot.groups:
            look, way = snapshot.count(NEEDS_PERSON), snapshot.count(AT_WORK)
            attention = f"{look:,} {'needs' if look == 1 else 'need'} attention"
            return f"Payments{self.of_company} ({attention}, {way - look:,} on their way)"
        wanted = self._wanted()
        number = ""
        if wanted.statuses and not wanted.words and not wanted.deleted:
            number = f": {snapshot.count(wanted.statuses):,}"
        shown = ", ".join(one.replace("_", " ") for one in wanted.statuses[:3]) or "all states"
        shown = "deleted in QuickBooks" if wanted.deleted else shown
        return f"Payments{self.of_company} ({shown}{number}{self.page})"

    def nothing(self, _snapshot: PaymentQueue) -> str:
        if self._wanted() != PaymentFilter(self.connection_id):
            return "No payment matches the filter. / changes it, Esc clears it."
        return (
            f"No payment yet{self.of_company}.\n\nNext: press + to import a file of payments, or"
            " run Payment Sync to import those recorded in QuickBooks."
        )

    def company_of(self, record: PaymentLine | PaymentGroup) -> Company | None:
        """That of the payment; a state has none."""
        if isinstance(record, PaymentGroup):
            return None
        return Company(record.payment.connection_id, record.connection)

    def action_take_file(self) -> None:
        """Ask which file, for the company that is shown if it is one."""
        self.look(payment_profiles.view_takers, self._ask_for_file)

    def _ask_for_file(self, takers: Sequence[Takes]) -> None:
        if not takers:
            self.say("No connection yet. Press h, then +, to set one up.")
            return
        company = self.company or self._company_chosen()
        name = company.name if company else ""
        ask_with(self, TakeFileScreen(takers, name), self._file_taken)

    def _file_taken(self, became: str) -> None:
        self.say(became)
        self.ask()

    def able(self) -> dict[str, bool]:
        return super().able() | {
            "retry_alike": bool(self.check_action("retry", ())),
            "state": bool(self._states()),
        }

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        record = self.records.get(event.key)
        if isinstance(record, PaymentGroup):
            self.come_back_to(event.key)
            self.fill_filter(word_of(record.status))
        else:
            self.app.push_screen(PaymentScreen(int(event.key)))

    def payment(self) -> Payment | None:
        """The payment under the cursor; None on the line of a state."""
        record = self.chosen()
        return record.payment if isinstance(record, PaymentLine) else None

    def action_state(self) -> None:
        """Put the next state that any payment has into the filter; after the last one, none."""
        self.turn_word([word_of(status) for status in self._states()])

    def action_retry_alike(self) -> None:
        """Retry all payments of the kind under the cursor, after asking."""
        if (payment := self.payment()) is not None:
            alike = replace(
                self._wanted(), statuses=(payment.status,), code=payment.code, deleted=False
            )
            self.decide(partial(payments.plan_retry_alike, wanted=alike), asks=True)

    def _states(self) -> list[PaymentStatus]:
        """The states that any payment has, in the order of the queue."""
        held = {one.status for one in self.snapshot.figures} if self.snapshot else set()
        return [status for status in (*AT_WORK, *OVER) if status in held]

    def _wanted(self) -> PaymentFilter:
        typed = payment_views.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self.connection_id)

    def _group_row(self, figure: PaymentFigure) -> Row:
        word = figure.status.replace("_", " ")
        cells = (
            f"{word.capitalize()}: {figure.count:,}",
            *("", ""),
            dates.short(figure.since, self.worker.clock()),
            *(grouped(figure.amount), figure.currency),
            *("", "", ""),
        )
        return Row(
            f"{figure.status.value} {figure.currency}",
            tuple(Text(cell, style="bold") for cell in cells),
        )

    def _told_of_payment(self, line: PaymentLine) -> Iterator[Text]:
        payment = line.payment
        yield render.titled("What happened", payment.reason or MEANINGS[payment.status])
        if line.remedy:
            yield render.titled("What to do", line.remedy)
        yield from self.choices(payment)
        if payment.note:
            by = f" (by {payment.changed_by})" if payment.changed_by else ""
            yield render.titled("Skipped because", f"{payment.note}{by}")


def _told_of_group(group: PaymentGroup) -> Iterator[Text]:
    number = sum(figure.count for figure in group.figures)
    word = group.status.replace("_", " ").capitalize()
    yield render.titled(word, f"{count(number, 'payment')}. {MEANINGS[group.status]}")
    if number > len(group.lines):
        newest = f"the newest {OF_EACH}" if group.lines else "none"
        yield render.titled("Listed here", f"{newest}. Enter lists all of this state.")
    held = [line for line in group.lines if line.is_held]
    told = dict.fromkeys((line.connection, line.payment.reason, line.remedy) for line in held)
    for connection, reason, remedy in told:
        yield render.titled(f"Held back, {connection}", reason)
        yield render.titled("What to do", remedy)
    since = min(figure.since for figure in group.figures)
    yield render.titled("Oldest since", dates.moment(since))
