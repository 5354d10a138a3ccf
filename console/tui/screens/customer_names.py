"""Names of the platform: whom they may mean, what a person said, and taking that back."""

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
from console.tui.widgets.beside import Beside
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import TextView
from shared import dates
from shared.models.store import Store
from shared.operations import customers as operations
from shared.operations.customers import CustomerName
from shared.operations.describe import customers as describe
from shared.operations.describe.text import count, grouped
from shared.rules.ledger import Candidate, Listed
from shared.rules.payments.values import CustomerMapping

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
