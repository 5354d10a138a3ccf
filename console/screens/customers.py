"""Customers: names that nobody could be found for, who is billed, what both sides say is owed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from console import words
from console.cli.text import count, grouped
from console.screens.base import StoreScreen
from console.screens.customer import CustomerScreen
from console.screens.customer_name import CustomerNameScreen
from console.screens.customer_names import MappedNamesScreen
from console.screens.customer_telling import state_of, told_of
from console.screens.hint import HintScreen
from console.snapshots import customers as snapshots
from console.snapshots.customers import Customers, Kind, Wanted
from console.widgets.filter_line import FilterLine
from console.widgets.record_table import Column, Heading, RecordTable, Row
from console.widgets.text_view import TextView
from shared.models.ledger.customer_pages import CustomerSides, Owing, Place
from shared.models.payments.naming import UnresolvedName
from shared.models.store import Store

COLUMNS = (
    Column("Customer", least=16),
    Column("Status", drop=5),
    Column("Open", right=True, drop=4),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    Column(""),
    Column("Left out", right=True, drop=3),
    Column("Connection", least=10, drop=2),
    Column("ListID", drop=1),
)
KINDS = (Kind.BILLED, Kind.INACTIVE, Kind.NAMES)


class CustomersScreen(StoreScreen[Customers]):
    """The customers of all connections, or of one, by name; names to resolve stand above them."""

    PLACE = "Customers"
    CSS_PATH = "customers.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "kind",
            "Next kind",
            tooltip="Billed customers, then inactive ones, then names to resolve.",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            tooltip="A part of a name, inactive, names.",
        ),
        Binding(
            "g",
            "company",
            "Only its company",
            tooltip="Only the company of the line under the cursor, or all again.",
        ),
        Binding("M", "mapped", "Mapped names", tooltip="The names that were resolved by hand."),
        Binding("n", "more", "Next", tooltip="The next page of customers."),
        Binding("b", "before", "Before", tooltip="Back to the page before."),
        Binding(
            "t",
            "hint",
            "Troubleshooting",
            show=False,
            tooltip="Everything known about why invoices of it are left out.",
        ),
    ]

    def __init__(self, connection_id: int | None = None, name: str = "") -> None:
        super().__init__()
        self._connection_id = connection_id
        self._company = name
        self._pages: list[Place | None] = [None]
        self._lines: dict[str, UnresolvedName | CustomerSides] = {}

    def body(self) -> ComposeResult:
        """Table, explanation, and the line to filter with."""
        yield Static("", classes="body empty")
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")
        yield FilterLine("larkspur inactive names")

    def question(self) -> Callable[[Store], Customers]:
        """The page that is open of what the filter lets through."""
        return partial(snapshots.read, wanted=self._wanted(), after=self._pages[-1])

    def show(self, snapshot: Customers) -> None:
        """Fill the table: names to resolve, then customers or mapped names."""
        self._lines = {}
        lines = list(self._rows(snapshot))
        self.set_class(not self._lines, "-empty")
        self.query_one(".empty", Static).update(self._nothing(snapshot))
        self.query_one(RecordTable).show(lines)
        self.show_place(self._place(snapshot))
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what has nothing to work on."""
        line = self._chosen()
        able = {
            "more": self.snapshot is not None and self.snapshot.more,
            "before": len(self._pages) > 1,
            "company": self._connection_id is not None or line is not None,
            "hint": bool(self._code()),
        }
        if action in able:
            return True if able[action] else None
        return super().check_action(action, parameters)

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        self.query_one(TextView).show(list(self._told()))
        self.refresh_bindings()

    @on(RecordTable.Opened)
    def _open(self) -> None:
        line = self._chosen()
        if isinstance(line, UnresolvedName):
            self.app.push_screen(CustomerNameScreen(line.connection_id, line.name))
        elif line is not None:
            self.app.push_screen(CustomerScreen(line.connection_id, line.list_id))

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self._pages = [None]
        self.ask()

    def action_back(self) -> None:
        """From a filter back to all that are billed, else leave."""
        if self.query_one(FilterLine).value:
            self._type("")
        else:
            super().action_back()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterLine).open()

    def action_kind(self) -> None:
        """Put the next kind into the filter; after the last one, none."""
        wanted = self._wanted()
        kind = KINDS[(KINDS.index(wanted.kind) + 1) % len(KINDS)]
        self._type(" ".join([*([] if kind is Kind.BILLED else [kind.value]), *wanted.words]))

    def action_company(self) -> None:
        """Narrow to the company of the line under the cursor, or widen again."""
        line = self._chosen()
        if self._connection_id is not None:
            self._connection_id, self._company = None, ""
        elif line is not None:
            self._connection_id, self._company = line.connection_id, line.connection
        self._turn([None])

    def action_mapped(self) -> None:
        """Show the names that were mapped."""
        self.app.push_screen(MappedNamesScreen(self._connection_id, self._company))

    def action_more(self) -> None:
        """Turn to the next page."""
        if self.snapshot and self.snapshot.customers:
            self._turn([*self._pages, self.snapshot.customers[-1].place])

    def action_before(self) -> None:
        """Turn back."""
        self._turn(self._pages[:-1])

    def action_hint(self) -> None:
        """Open the troubleshooting entry of why invoices are left out."""
        self.app.push_screen(HintScreen(self._code()))

    def _turn(self, pages: list[Place | None]) -> None:
        self._pages = pages
        self.query_one(RecordTable).action_first()
        self.ask()

    def _type(self, text: str) -> None:
        line = self.query_one(FilterLine)
        line.value = text
        line.set_class(bool(text), "-open")
        self.query_one(RecordTable).action_first()

    def _chosen(self) -> UnresolvedName | CustomerSides | None:
        if not self.is_mounted:
            return None
        return self._lines.get(self.query_one(RecordTable).key or "")

    def _code(self) -> str:
        line = self._chosen()
        if isinstance(line, CustomerSides) and line.left_out:
            return line.left_out[0].reason
        return ""

    def _wanted(self) -> Wanted:
        typed = snapshots.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self._connection_id)

    def _rows(self, snapshot: Customers) -> Iterator[Row | Heading]:
        if snapshot.names:
            yield Heading("Names to resolve: Enter shows who may be meant")
            for name in snapshot.names:
                yield self._keep(_name_row(name), name)
        if snapshot.names and snapshot.customers:
            yield Heading("Customers")
        for customer in snapshot.customers:
            for row in _customer_rows(customer):
                yield self._keep(row, customer)

    def _keep(self, row: Row, line: UnresolvedName | CustomerSides) -> Row:
        self._lines[row.key] = line
        return row

    def _told(self) -> Iterator[Text]:
        line = self._chosen()
        if isinstance(line, UnresolvedName):
            yield from _told_of_name(line)
        elif line is not None:
            yield from told_of(line, self.snapshot.mapped if self.snapshot else ())

    def _place(self, snapshot: Customers) -> str:
        of = f" of {self._company}" if self._company else ""
        page = f", page {len(self._pages)}" if len(self._pages) > 1 else ""
        kind = self._wanted().kind
        if kind is Kind.NAMES:
            return f"Names to resolve{of}"
        names = count(snapshot.unresolved, "name")
        return f"Customers{of} ({kind}{page}; {names} to resolve)"

    def _nothing(self, snapshot: Customers) -> str:
        of = f" of {self._company}" if self._company else ""
        wanted = self._wanted()
        if len(self._pages) > 1:
            return "No more customers. b goes back to the page before."
        if wanted.words:
            return "Nothing fits the filter. / changes it, Esc clears it; f shows other kinds."
        return f"{_NOTHING[wanted.kind].format(of=of)}"


_NOTHING = {
    Kind.BILLED: (
        "No customer yet{of}: they come with the invoices that bill them.\n\nNext, on the PC with"
        " QuickBooks: run Invoice Sync in the Web Connector."
    ),
    Kind.INACTIVE: "No invoice{of} is of an inactive customer, or of one that is not there.",
    Kind.NAMES: (
        "No name waits{of}: every payment names a customer that QuickBooks knows, or none.\n\n"
        "M shows the names that were resolved by hand."
    ),
}


def _name_row(name: UnresolvedName) -> Row:
    state = words.state("refused", count(name.payments, "payment"))
    cells = (name.name, state, "", "", "", "", "", name.connection, "")
    return Row(f"name {name.connection_id} {name.name}", cells)


def _customer_rows(customer: CustomerSides) -> Iterator[Row]:
    """One for each currency, since sums over several would be wrong."""
    sides: tuple[Owing | None, ...] = customer.owing or (None,)
    left_out = sum(one.count for one in customer.left_out)
    for owing in sides:
        figures = (
            (f"{owing.open:,}", grouped(owing.balance), _seen(owing), owing.currency)
            if owing
            else ("0", "0.00", "0.00", "")
        )
        yield Row(
            f"{customer.id} {owing.currency if owing else ''}",
            (
                customer.full_name or "(no name known)",
                state_of(customer),
                *figures,
                f"{left_out:,}" if left_out else "",
                customer.connection,
                customer.list_id,
            ),
        )


def _seen(owing: Owing) -> Text:
    return words.state("" if owing.seen == owing.balance else "refused", grouped(owing.seen))


def _told_of_name(name: UnresolvedName) -> Iterator[Text]:
    sums = " and ".join(f"{grouped(total)} {code}".rstrip() for code, total in name.amounts)
    refused = f"{count(name.payments, 'payment')} of {sums}"
    yield words.titled("What happened", f"{refused} refused: nobody, or several, have this name.")
    yield words.titled("What to do", "Enter shows who may be meant. Choose one and confirm.")
    yield words.titled(
        "Then", "the payments are judged again at once, and the name means that customer for good."
    )
