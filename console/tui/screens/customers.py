"""Customers: names that nobody could be found for, who is billed, what both sides say is owed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from rich.text import Text
from textual import on

from console.tui import render
from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.screens.customer import CustomerScreen
from console.tui.screens.customer_names import CustomerNameScreen, MappedNamesScreen
from console.tui.screens.hint import OpensHint
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import CURRENCY, Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import Paragraph
from console.tui.worker import Company
from shared.models.store import Store
from shared.operations import customers as operations
from shared.operations.customers import Customers, Kind, Wanted
from shared.operations.describe import customers as describe
from shared.operations.describe.text import count, grouped, sums
from shared.rules.ledger import CustomerSides, Owing, Place, UnresolvedName
from shared.structs import replace

COLUMNS = (
    Column("Customer", least=16, fair=32),
    Column("Status", drop=5),
    Column("Open", right=True, drop=4),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    CURRENCY,
    Column("Left out", right=True, drop=3),
    Column("Connection", least=10, fair=20, drop=2),
    Column("ListID", drop=1),
)
KINDS = (Kind.BILLED, Kind.INACTIVE, Kind.NAMES)
Line: TypeAlias = UnresolvedName | CustomerSides


class CustomersScreen(PagedScreen[Customers, Line, Place], OpensHint[Customers]):
    """The customers of all connections, or of one, by name; names to resolve stand above them."""

    PLACE = "Customers"
    TABLE = COLUMNS
    EXAMPLE = "larkspur inactive names"
    NO_MORE = "No more customers. b goes back to the page before."
    BINDINGS = bindings(
        bind(
            "f",
            "kind",
            "Next kind",
            "Billed customers, inactive ones, and names to match, in turn.",
        ),
        bind("slash", "filter", "Filter", "A part of a name, inactive, names."),
        bind("w", "mapped", "Matched names", "Names that were matched to customers."),
        bind("n", "next_page", "Next page", "The next page of customers."),
        bind("b", "page_before", "Previous page", "Back to the page before."),
        troubleshooting("why its invoices are left out", show=False),
    )

    def question(self) -> Callable[[Store], Customers]:
        return partial(operations.view_with_names, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: Customers) -> Iterator[Listed[Line]]:
        if snapshot.names:
            yield Heading("Names to match: Enter shows possible customers")
            yield from ((_name_row(name), name) for name in snapshot.names)
        if snapshot.names and snapshot.page.rows:
            yield Heading("Customers")
        for customer in snapshot.page.rows:
            yield from ((row, customer) for row in _customer_rows(customer))

    def next_start(self, snapshot: Customers) -> Place | None:
        return snapshot.page.next

    def told(self, line: Line) -> Iterator[Paragraph]:
        if isinstance(line, UnresolvedName):
            return _told_of_name(line)
        its = (line.connection_id, line.list_id)
        names = self.snapshot.also_called.get(its, ()) if self.snapshot else ()
        return render.lines(describe.summary(line, names))

    def place(self, snapshot: Customers) -> str:
        """Which customers, and how many names wait."""
        kind = self._wanted().kind
        if kind is Kind.NAMES:
            return f"Names to match{self.of_company}"
        names = count(snapshot.unresolved, "name")
        return f"Customers{self.of_company} ({kind}{self.page}; {names} to match)"

    def nothing(self, _snapshot: Customers) -> str:
        wanted = self._wanted()
        if wanted.words:
            return "Nothing matches the filter. / changes it, Esc clears it; f shows other kinds."
        return _NOTHING[wanted.kind].format(of=self.of_company)

    def company_of(self, line: Line) -> Company:
        return Company(line.connection_id, line.connection)

    @on(RecordTable.Opened)
    def _open(self) -> None:
        if isinstance(line := self.chosen(), UnresolvedName):
            self.app.push_screen(CustomerNameScreen(line.connection_id, line.name))
        elif line is not None:
            self.app.push_screen(CustomerScreen(line.connection_id, line.list_id))

    def action_kind(self) -> None:
        """Put the next kind into the filter; after the last one, none."""
        wanted = self._wanted()
        kind = KINDS[(KINDS.index(wanted.kind) + 1) % len(KINDS)]
        self.fill_filter(" ".join([*([] if kind is Kind.BILLED else [kind.value]), *wanted.words]))

    def action_mapped(self) -> None:
        """Show the names that were mapped."""
        self.app.push_screen(MappedNamesScreen())

    def hint_code(self) -> str:
        line = self.chosen()
        if isinstance(line, CustomerSides) and line.left_out:
            return line.left_out[0].reason
        return ""

    def _wanted(self) -> Wanted:
        typed = operations.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self.connection_id)


_NOTHING = {
    Kind.BILLED: (
        "No customer yet{of}: they are imported with their invoices.\n\nNext, on the PC with"
        " QuickBooks: run Invoice Sync in the Web Connector."
    ),
    Kind.INACTIVE: "No invoice{of} belongs to an inactive or missing customer.",
    Kind.NAMES: (
        "No names to match{of}: every payment names a customer in QuickBooks, or none.\n\nw"
        " shows the matched names."
    ),
}


def _name_row(name: UnresolvedName) -> Row:
    state = render.state("refused", count(name.payments, "payment"))
    cells = (name.name, state, "", "", "", "", "", name.connection, "")
    return Row(f"name {name.connection_id} {name.name}", cells)


def _customer_rows(customer: CustomerSides) -> Iterator[Row]:
    """One for each currency, since sums over several would be wrong."""
    sides: tuple[Owing | None, ...] = customer.owing or (None,)
    left_out = sum(one.count for one in customer.left_out)
    for owing in sides:
        figures: tuple[str | Text, ...] = ("0", "0.00", "0.00", "")
        if owing:
            seen = render.state(
                "" if owing.seen == owing.balance else "refused", grouped(owing.seen)
            )
            figures = (f"{owing.open:,}", grouped(owing.balance), seen, owing.currency)
        yield Row(
            f"{customer.id} {owing.currency if owing else ''}",
            (
                customer.full_name or "(no name known)",
                customer_state(customer),
                *figures,
                f"{left_out:,}" if left_out else "",
                customer.connection,
                customer.list_id,
            ),
        )


def customer_state(customer: CustomerSides) -> Text:
    """The state as a word, in its color."""
    word = describe.state(customer)
    if word == "active":
        return Text(word)
    return render.state("left-out" if word == "inactive" else "failed", word)


def _told_of_name(name: UnresolvedName) -> Iterator[Text]:
    refused = f"{count(name.payments, 'payment')} of {sums(name.amounts)}"
    yield render.titled(
        "What happened", f"{refused} refused: no customer, or more than one, has this name."
    )
    yield render.titled("What to do", "Enter shows possible customers. Choose one and confirm.")
    yield render.titled(
        "Then",
        "the payments are checked again at once, and from then on the name stands for"
        " that customer.",
    )
