from __future__ import annotations

import pytest

from shared.models import problems
from shared.models import tables as t
from shared.models.ledger import rereads
from shared.models.payments import from_quickbooks
from shared.models.statements import insert_rows
from shared.operations.invoices import OPEN_ONES, read_filter
from shared.operations.pages import AT_ONCE as PAGE
from shared.rules.ledger import InvoiceFilter, Kept
from shared.rules.values import InvoiceStatus, ProblemState, RecordKind
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.console.tui.screens.lists import survives
from tests.models.builders import NOON, customer, invoice, line, paid, swept, trouble
from tests.models.payments.builders import JUNIPER, Till, applied, money, pays, received

LOBBY = {"customer_list_id": "80-4", "customer_full_name": "Larkspur Tile:Lobby"}
GONE = {"customer_list_id": "80-5", "customer_full_name": "Gone Ltd"}


@pytest.fixture
def till(office):
    """Three open invoices, one of them of a job, two left out, one paid, one that differs."""
    till = Till(office.store)
    till.hold(
        customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"),
        customer("80-5", "Gone Ltd", active=False),
    )
    till.owes(
        invoice("1A-100"),
        invoice("1A-200", "1234567.89", **JUNIPER),
        invoice("1A-300", "500.00", **LOBBY),
        invoice("1A-400", "70.00", **GONE),
        invoice("1A-500", "60.00", pending=True),
        paid(invoice("1A-600", "10.00")),
    )
    till.sweep(swept(invoice("1A-200", **JUNIPER), balance=money("1234000.00")))
    return till


def numbers(at):
    """The numbers in the table, from the top."""
    rows = at.lines[2 : next(n for n, one in enumerate(at.lines) if one.startswith("─"))]
    return [row.split()[0] for row in rows if row]


def test_before_the_first_invoice_the_next_step_is_said(office):
    async def scenario(at: Driver) -> None:
        await at.press("i")
        assert "No open invoice." in at.text
        assert "run Invoice Sync in the Web Connector" in at.text

    sit_down(office.url, scenario)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_open_invoices_are_shown_with_both_sides(office, till, size):
    async def scenario(at: Driver) -> None:
        await at.press("i")
        assert "Invoices (open; 1 differing, 2 left out)" in at.lines[0]
        assert numbers(at) == ["300", "200", "100"]
        row = next(line for line in at.lines if line.startswith("200"))
        assert "1,234,567.89 1,234,000.00 " in " ".join(row.split())
        assert "open, differs" in row
        assert ("2024-05-31" in row) == (size == LARGE)
        assert "Customer: Larkspur Tile:Lobby, billed to Larkspur Tile" in at.text
        assert "Connection: Larkspur" in at.text
        assert "Owed: 500.00 here; QuickBooks last showed 500.00." in at.text

    sit_down(office.url, scenario, size=size)


def test_f_goes_to_differences_then_to_what_is_left_out_and_why(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "f")
        assert "Invoices (differing;" in at.lines[0]
        assert numbers(at) == ["200"]
        assert "Owed: 1,234,567.89 here; QuickBooks last showed 1,234,000.00." in at.text
        assert "What to do: Run Invoice Sync: it reads what differs again." in at.text
        await at.press("f")
        assert numbers(at) == ["500", "400"]
        assert "Left out: Left out: the invoice is pending in QuickBooks." in at.text
        await at.press("down")
        assert "its customer is inactive in QuickBooks." in at.text
        await at.press("t")
        assert "Troubleshooting, left-out-inactive-customer" in at.lines[0]
        await at.press("escape", "f")
        assert numbers(at) == ["600"]
        await at.press("f", "f", "f")
        assert numbers(at) == ["300", "200", "100"]

    sit_down(office.url, scenario)


def test_without_a_difference_that_is_said(office):
    till = Till(office.store)
    till.owes(invoice("1A-100"))

    async def scenario(at: Driver) -> None:
        await at.press("i", "f")
        assert "No differences: every imported invoice is the same on both sides." in at.text
        await at.press("f", "f", "f", "f", "f")
        assert numbers(at) == ["100"]

    sit_down(office.url, scenario)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", OPEN_ONES),
        ("1042", InvoiceFilter(words=("1042",))),
        ("Open Larkspur", InvoiceFilter(statuses=(InvoiceStatus.OPEN,), words=("larkspur",))),
        ("paid void", InvoiceFilter(statuses=(InvoiceStatus.PAID, InvoiceStatus.VOID))),
        ("left-out gone", InvoiceFilter(Kept.LEFT_OUT, words=("gone",))),
        ("differing", InvoiceFilter(Kept.DIFFERING)),
    ],
)
def test_a_filter_is_understood(typed, understood):
    assert read_filter(typed) == understood


def test_a_number_or_a_customer_is_found_in_whatever_status(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "slash")
        await at.type("600")
        await at.press("enter")
        assert numbers(at) == ["600"]
        assert "paid" in at.lines[2]
        await at.press("escape", "slash")
        await at.type("tile 0")
        assert numbers(at) == ["600", "300", "100"]
        await at.type("x")
        assert "No invoice matches the filter." in at.text
        await at.press("escape")
        assert numbers(at) == ["300", "200", "100"]

    sit_down(office.url, scenario)


def test_the_company_of_an_invoice_comes_into_focus(office, till):
    other = Till(office.store, "Bramble")
    other.owes(invoice("1A-100", "5.00", number="B7"))

    async def scenario(at: Driver) -> None:
        await at.press("i")
        assert numbers(at) == ["B7", "300", "200", "100"]
        await at.press("full_stop")
        assert "Invoices of Bramble (open; 0 differing, 0 left out)" in at.lines[0]
        assert numbers(at) == ["B7"]
        await at.press("0")
        assert numbers(at) == ["B7", "300", "200", "100"]

    sit_down(office.url, scenario)


def test_amounts_are_never_cut_however_narrow_the_window(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "f")
        for width in range(120, 20, -3):
            await at.resize((width, 30))
            row = at.lines[2]
            figures = [part for part in row.split() if part[0].isdigit() and "," in part]
            assert set(figures) <= {"1,234,567.89", "1,234,000.00"}, row

    sit_down(office.url, scenario)


def test_news_keeps_the_cursor_on_its_invoice(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "down", "down")
        assert at.screen.focused.key is not None
        till.owes(invoice("1A-700", "9.00"))
        await at.second()
        assert numbers(at) == ["700", "300", "200", "100"]
        assert "Invoice 100: 2024-05-01" in at.text

    sit_down(office.url, scenario)


# One invoice.


def test_an_invoice_has_its_lines_and_the_payments_of_both_sides(office, till):
    slabs = line("L2", item="Tiles:Granite", description="Granite slabs", quantity="3")
    till.owes(invoice("1A-100", lines=(line(), slabs), edit_sequence="2", ar_account="A/R North"))
    till.take_in(pays("pay_1", "40.00", currency="USD", method="credit_card"))
    with till.store.transaction():
        from_quickbooks.store(till.id, 1, [received("7B-1", applied("1A-100", "1234.50"))], NOON)

    async def scenario(at: Driver) -> None:
        await at.press("i", "end", "enter")
        assert "Invoice 100, Larkspur Tile (Larkspur)" in at.lines[0]
        assert "A/R account A/R North, Terms Net 30, TxnID 1A-100" in at.text
        assert "Owed: 250.00 here; QuickBooks last showed 250.00." in at.text
        place = at.lines.index("Payments of this invoice")
        books, platform = at.lines[place + 1 : place + 3]
        assert platform.startswith("pay_1")
        assert platform.endswith(" 40.00")
        assert "ready" in platform
        assert books.startswith("CHK 77")
        assert books.endswith(" 1,234.50")
        assert "Check from QuickBooks" in books
        first, second = at.lines[place + 4 : place + 6]
        assert first.startswith("Slate, blue (Tiles")
        assert second.startswith("Granite slabs (Ti")
        assert second.endswith(" 25.00")
        await at.press("down", "enter")
        assert "Payment pay_1, 40.00 USD (Larkspur)" in at.lines[0]
        await at.press("escape", "end", "enter")  # a line opens nothing
        assert "Invoice 100, Larkspur Tile (Larkspur)" in at.lines[0]

    sit_down(office.url, scenario)


def test_an_invoice_without_payments_says_so(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "enter")
        assert "This invoice has no known payments" in at.text

    sit_down(office.url, scenario)


def test_a_problem_with_an_invoice_is_decided_there(office, till):
    with till.store.transaction():
        problems.report(till.id, till.sync.id, [trouble(object_id="1A-300")], NOON)

    async def scenario(at: Driver) -> None:
        await at.press("i", "enter")
        assert "Problem: The amount cannot be read. (open)" in at.text
        assert "What to do: Open the invoice in QuickBooks and save it again." in at.text
        await at.press("r")
        assert "1 record will be read again by the next Invoice Sync." in at.text
        await at.press("t")
        assert "Troubleshooting, invoice-unreadable" in at.lines[0]

    sit_down(office.url, scenario)
    with till.store.reading():
        assert rereads.next_reread(till.id, RecordKind.INVOICE, 10) == ["1A-200", "1A-300"]
        [problem] = problems.about(till.id, ["1A-300"])
    assert problem.state is ProblemState.RETRY
    assert [entry.action for entry in office.audit()] == ["problem.retry"]


def test_a_console_that_only_looks_changes_nothing(office, till):
    with till.store.transaction():
        problems.report(till.id, till.sync.id, [trouble(object_id="1A-300")], NOON)

    async def scenario(at: Driver) -> None:
        await at.press("i", "enter", "r")
        assert "Nothing was changed: this console is read-only." in at.text

    sit_down(office.url, scenario, read_only=True)
    assert office.audit() == []


def test_without_a_problem_nothing_is_offered(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("i", "enter")
        able = [
            at.screen.check_action(action, ()) for action in ("retry", "skip", "unskip", "hint")
        ]
        assert able == [None] * 4
        await at.press("C")
        assert "Invoice 300: 2024-05-01" in at.app.clipboard

    sit_down(office.url, scenario)


# Many invoices.


def fill(till, count):
    told = {"connection": till.id, "customer_list_id": "80-1", "bill_to_list_id": "80-1"}
    told |= {"date": "2024-05-01", "status": "open", "balance_cents": 100, "seen_cents": 100}
    add = insert_rows(t.Invoice, "txn_id", "number", **told)
    with till.store.transaction():
        add.many((f"X-{n}", f"N{n}") for n in range(count))


def test_of_twenty_thousand_invoices_only_a_page_is_read(office, till, counted):
    fill(till, 20_000)

    async def scenario(at: Driver) -> None:
        await at.press("i")
        assert numbers(at)[0] == "N19999"
        for keys in (["n"], ["n"], ["b"], ["f"], ["escape"]):
            counted.clear()
            await at.press(*keys)
            assert sum(counted) < PAGE + 20
            assert len(counted) < 12
        await at.press("n")
        assert "Invoices (open, page 2;" in at.lines[0]
        assert numbers(at)[0] == f"N{20_000 - PAGE - 1}"

    sit_down(office.url, scenario)


def test_every_size_is_survived(office, till):
    survives(office, ("i",), ("enter",), ("escape", "f", "f"))
