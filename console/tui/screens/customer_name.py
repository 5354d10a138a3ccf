"""A name of the platform: who may be meant in QuickBooks, and a person says who is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from console.tui import words
from console.tui.actions import customers as actions
from console.tui.screens.base import StoreScreen
from console.tui.snapshots import customer_name as snapshots
from console.tui.snapshots.customer_name import CustomerName
from console.tui.widgets.dialogs import Confirm
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import TextView
from shared.models.ledger.customer_pages import CustomerSides
from shared.models.payments.naming import Affected, Candidate
from shared.models.store import Store
from shared.operations.describe.text import count, grouped
from shared.rules.payments.values import CustomerMapping

COLUMNS = (
    Column("Customer in QuickBooks", least=20),
    Column("Status"),
    Column("Open invoices that are paid", least=16, drop=2),
    Column("ListID", drop=1),
)
_SHOWN = 4


class CustomerNameScreen(StoreScreen[CustomerName]):
    """Candidates for one name; Enter chooses one, after it was asked."""

    PLACE = "Customer"
    CSS_PATH = "customers.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "Find another",
            tooltip="Customers with these words in their name.",
        ),
        Binding("u", "unmap", "Un-map", tooltip="Take the mapping of this name back. It asks."),
    ]

    def __init__(self, connection_id: int, name: str) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._platform_name = name
        self._customers: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """What it is about, who may be meant, and the line to look for others."""
        yield TextView(classes="about")
        yield RecordTable(COLUMNS)
        yield FilterLine("Words of the customer's name")

    def question(self) -> Callable[[Store], CustomerName]:
        """Who may be meant."""
        return partial(
            snapshots.read,
            connection_id=self._connection_id,
            name=self._platform_name,
            words=tuple(self.query_one(FilterLine).value.split()),
        )

    def show(self, snapshot: CustomerName) -> None:
        """Fill in text and table."""
        self.show_place(f"Who is {self._platform_name}? ({snapshot.connection})")
        self._customers = {one.list_id: one.customer for one in snapshot.candidates}
        self._customers |= {one.list_id: one.full_name for one in snapshot.others}
        self.query_one(TextView).show(list(self._about(snapshot)))
        self.query_one(RecordTable).show(list(self._rows(snapshot)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        if action == "unmap":
            return True if self.snapshot is not None and self.snapshot.mapping else None
        return super().check_action(action, parameters)

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.ask()

    @on(RecordTable.Opened)
    def _choose(self, event: RecordTable.Opened) -> None:
        if self.snapshot is None:
            return
        chosen = self._customers[event.key]
        chose = partial(
            actions.map_name,
            connection_id=self._connection_id,
            name=self._platform_name,
            list_id=event.key,
        )
        self.app.push_screen(
            Confirm(
                f"Does {self._platform_name} mean {chosen}?",
                [
                    _consequence(self.snapshot.affected),
                    f"From now on the name means this customer of {self.snapshot.connection} and"
                    " the jobs below it, and nobody else, for every payment. u takes that back.",
                ],
                "It does",
            ),
            lambda agreed: self.carry_out(chose) if agreed else None,
        )

    def action_filter(self) -> None:
        """Type words of another customer's name."""
        self.query_one(FilterLine).open()

    def action_unmap(self) -> None:
        """Ask, then take the mapping back."""
        if self.snapshot is not None and self.snapshot.mapping is not None:
            ask_to_unmap(self, self.snapshot.mapping)

    def _about(self, snapshot: CustomerName) -> Iterator[Text]:
        mapping = snapshot.mapping
        if mapping is not None:
            meant = mapping.customer or "a customer that is not there any more"
            said = f"as {mapping.who} said {mapping.at.astimezone():%Y-%m-%d %H:%M}"
            yield words.titled("Mapped", f"it means {meant} ({mapping.list_id}), {said}.")
            yield words.titled("u", "takes that back. It asks.")
        yield words.titled("Payments of that name", _told_of(snapshot.affected))
        yield words.titled("Enter", "chooses the customer under the cursor. It asks.")
        yield words.titled("/", "looks for another customer by words of the name.")

    def _rows(self, snapshot: CustomerName) -> Iterator[Row | Heading]:
        if snapshot.candidates:
            yield Heading(
                "Customers of the invoices that these payments name, and those above them"
            )
        else:
            yield Heading("No open invoice that these payments name is held. / looks for customers")
        yield from map(_candidate_row, snapshot.candidates)
        if snapshot.others:
            yield Heading("Other customers with these words")
            yield from map(_other_row, snapshot.others)
        elif self.query_one(FilterLine).value.strip():
            yield Heading("No other customer has these words")


def ask_to_unmap(screen: StoreScreen[Any], mapping: CustomerMapping) -> None:
    """Ask whether a name shall mean again whoever is called so."""
    take_back = partial(actions.unmap_name, connection_id=mapping.connection_id, name=mapping.name)
    meant = mapping.customer or mapping.list_id
    screen.app.push_screen(
        Confirm(
            f"Shall {mapping.name} no longer mean {meant}?",
            [
                "The name means again whoever is called so in QuickBooks. Payments of that name"
                " which are not there yet are judged again at once; what is posted stays."
            ],
            "Un-map",
        ),
        lambda agreed: screen.carry_out(take_back) if agreed else None,
    )


def _told_of(affected: Affected) -> str:
    if not affected.count:
        return "none that could be judged again."
    sums = " and ".join(f"{grouped(total)} {code}".rstrip() for code, total in affected.amounts)
    return f"{count(affected.count, 'payment')} of {sums}, not in QuickBooks yet."


def _consequence(affected: Affected) -> str:
    if not affected.count:
        return "No payment is judged again by that now."
    sums = " and ".join(f"{grouped(total)} {code}".rstrip() for code, total in affected.amounts)
    return (
        f"{count(affected.count, 'payment')} of {sums} will be judged again at once, and posted to"
        " QuickBooks by the next Payment Sync if nothing else stands against it."
    )


def _candidate_row(one: Candidate) -> Row:
    invoices = [
        f"{invoice.number or invoice.txn_id} {grouped(invoice.balance)} {invoice.currency}".rstrip()
        for invoice in one.invoices[:_SHOWN]
    ]
    more = len(one.invoices) - len(invoices)
    told = ", ".join([*invoices, *([f"{more:,} more"] if more else [])])
    return Row(one.list_id, (one.customer, _state(one.active), told, one.list_id))


def _other_row(one: CustomerSides) -> Row:
    return Row(one.list_id, (one.full_name, _state(one.active), "", one.list_id))


def _state(active: bool) -> Text:
    return Text("active") if active else words.state("left-out", "inactive")
