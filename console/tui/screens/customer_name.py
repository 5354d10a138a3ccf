"""A name of the platform: the customers that it may mean, and a person matches it to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.base import StoreScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import TextView
from shared import dates
from shared.models.store import Store
from shared.operations import customers as operations
from shared.operations.customers import CustomerName
from shared.operations.describe import customers as describe
from shared.operations.describe.text import grouped
from shared.rules.ledger import Candidate

COLUMNS = (
    Column("Customer in QuickBooks", least=20, fair=40),
    Column("Status"),
    Column("Open invoices they pay", least=16, drop=2),
    Column("ListID", drop=1),
)
_SHOWN = 4


class CustomerNameScreen(StoreScreen[CustomerName]):
    """Candidates for one name; Enter chooses one, after it was asked."""

    PLACE = "Customer"
    BINDINGS = bindings(
        bind("slash", "filter", "Find another", "Customers with these words in their name."),
        bind("u", "unmap", "Unmatch", "Remove the match of this name. Asks first."),
    )

    def __init__(self, connection_id: int, name: str) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._platform_name = name

    def body(self) -> ComposeResult:
        yield TextView(classes="about")
        yield RecordTable(COLUMNS)
        yield FilterLine("Words of the customer's name")

    def question(self) -> Callable[[Store], CustomerName]:
        return partial(
            operations.view_name,
            connection_id=self._connection_id,
            name=self._platform_name,
            words=tuple(self.query_one(FilterLine).value.split()),
        )

    def show(self, snapshot: CustomerName) -> None:
        self.show_place(f"Match customer {self._platform_name} ({snapshot.connection})")
        self.query_one(TextView).show(list(self._about(snapshot)))
        self.query_one(RecordTable).show(list(self._rows(snapshot)))

    def able(self) -> dict[str, bool]:
        return super().able() | {"unmap": bool(self.snapshot and self.snapshot.mapping)}

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.ask()

    @on(RecordTable.Opened)
    def _choose(self, event: RecordTable.Opened) -> None:
        plan_of = partial(
            operations.plan_map,
            connection_id=self._connection_id,
            name=self._platform_name,
            list_id=event.key,
        )
        self.decide(plan_of, asks=True)

    def action_unmap(self) -> None:
        """Ask, then take the mapping back."""
        self.decide(
            partial(
                operations.plan_unmap, connection=self._connection_id, name=self._platform_name
            ),
            asks=True,
        )

    def _about(self, snapshot: CustomerName) -> Iterator[Text]:
        mapping = snapshot.mapping
        if mapping is not None:
            said = f"by {mapping.who}, {dates.moment(mapping.at)}"
            yield render.titled("Matched to", f"{describe.meant(mapping)}, {said}.")
            yield render.titled("u", "removes this match. Asks first.")
        yield render.titled("Payments of that name", describe.waiting(snapshot.affected))
        yield render.titled(
            "Enter", "matches the name to the customer under the cursor. Asks first."
        )
        yield render.titled("/", "finds another customer by words of the name.")

    def _rows(self, snapshot: CustomerName) -> Iterator[Row | Heading]:
        if snapshot.candidates:
            yield Heading("Customers of the invoices that these payments name, and their parents")
        else:
            yield Heading("No imported open invoice matches these payments. / finds customers")
        yield from map(_candidate_row, snapshot.candidates)
        if snapshot.others:
            yield Heading("Other customers with these words")
            for one in snapshot.others:
                yield Row(one.list_id, (one.full_name, _state(one.active), "", one.list_id))
        elif self.query_one(FilterLine).value.strip():
            yield Heading("No other customer has these words")


def _candidate_row(one: Candidate) -> Row:
    invoices = [
        f"{invoice.number or invoice.txn_id} {grouped(invoice.balance)} {invoice.currency}".rstrip()
        for invoice in one.invoices[:_SHOWN]
    ]
    more = len(one.invoices) - len(invoices)
    told = ", ".join([*invoices, *([f"{more:,} more"] if more else [])])
    return Row(one.list_id, (one.customer, _state(one.active), told, one.list_id))


def _state(active: bool) -> Text:
    return Text("active") if active else render.state("left-out", "inactive")
