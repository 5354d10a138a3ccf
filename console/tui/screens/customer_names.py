"""Mapped names: what a person said that names of the platform mean, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.base import StoreScreen
from console.tui.screens.customer_name import CustomerNameScreen
from console.tui.widgets.beside import Beside
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import TextView
from shared import dates
from shared.models.store import Store
from shared.operations import customers as operations
from shared.operations.describe.text import count
from shared.rules.ledger import Listed
from shared.rules.payments.values import CustomerMapping

MappedName = Listed[CustomerMapping]
NAMES = Records[MappedName](
    lambda one: f"{one.row.connection_id} {one.row.name}",
    field("On the platform", lambda one: one.row.name, least=16, fair=28),
    field(
        "In QuickBooks",
        lambda one: one.row.customer or render.state("refused", "(no longer in QuickBooks)"),
        least=16,
        fair=28,
    ),
    field("Connection", lambda one: one.connection, least=10, drop=3),
    field("ListID", lambda one: one.row.list_id, drop=2),
    field("Who", lambda one: one.row.who, least=8, drop=4),
    field("When", lambda one: dates.moment(one.row.at), drop=1),
)
NOTHING = (
    "No name is matched: payments use the same customer names as QuickBooks.\n\nIf a payment"
    " uses another name, it is refused, and the name is listed under Customers to be matched."
)


class MappedNamesScreen(StoreScreen[tuple[MappedName, ...]]):
    """The names of all connections, or of one; Enter lets one mean somebody else."""

    PLACE = "Matched names"
    BINDINGS = bindings(
        bind("u", "unmap", "Unmatch", "Remove the match of this name. Asks first."),
        bind("slash", "filter", "Filter", "A part of either name or the connection."),
    )

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, MappedName] = {}

    def body(self) -> ComposeResult:
        yield Static("", classes="body empty")
        yield Beside(NAMES.columns)
        yield FilterLine("Words of either name, or of the connection")

    def question(self) -> Callable[[Store], tuple[MappedName, ...]]:
        return partial(operations.view_mapped_names, connection_id=self.connection_id)

    def follow_company(self) -> None:
        super().follow_company()
        self.ask()

    def show(self, snapshot: tuple[MappedName, ...]) -> None:
        typed = self.query_one(FilterLine).value.casefold().split()
        chosen = [one for one in snapshot if all(word in _searched(one) for word in typed)]
        rows = [NAMES.row(one, self.worker.clock()) for one in chosen]
        self._names = {row.key: one for row, one in zip(rows, chosen, strict=True)}
        self.set_class(not chosen, "-empty")
        no_match = "No matched name has these words. / changes them; Esc in that line clears them."
        self.query_one(".empty", Static).update(no_match if typed else NOTHING)
        self.query_one(RecordTable).show(rows)
        of = self.of_company
        self.show_place(f"Matched names{of} ({count(len(chosen), 'name')})")
        self.explain()

    def able(self) -> dict[str, bool]:
        return super().able() | {"unmap": self._chosen() is not None}

    def explain(self) -> None:
        one = self._chosen()
        self.query_one(TextView).show(list(_told(one)) if one else [])

    @on(RecordTable.Opened)
    def _open(self) -> None:
        if (one := self._chosen()) is not None:
            mapping = one.row
            self.app.push_screen(CustomerNameScreen(mapping.connection_id, mapping.name))

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        if self.snapshot is not None:
            self.show(self.snapshot)

    def action_unmap(self) -> None:
        """Ask, then take the mapping back."""
        if (one := self._chosen()) is not None:
            name, connection_id = one.row.name, one.row.connection_id
            self.decide(
                partial(operations.plan_unmap, connection=connection_id, name=name), asks=True
            )

    def _chosen(self) -> MappedName | None:
        return self._names.get(self.under_cursor)


def _searched(one: MappedName) -> str:
    return f"{one.row.name} {one.row.customer} {one.connection}".casefold()


def _told(one: MappedName) -> Iterator[Text]:
    mapping = one.row
    meant = f"{mapping.customer} ({mapping.list_id}) and the jobs below it"
    gone = f"the customer with ListID {mapping.list_id}, which is no longer in QuickBooks"
    yield render.titled(mapping.name, f"stands for {meant if mapping.customer else gone}.")
    yield render.titled("Who", f"{mapping.who}, {dates.moment(mapping.at)}")
    yield render.titled("u", "removes the match; the name itself counts again. Asks first.")
    yield render.titled("Enter", "matches it to another customer. Asks first.")
