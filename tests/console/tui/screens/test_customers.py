from __future__ import annotations

import pytest

from shared.models import mappings
from shared.models import tables as t
from shared.models.ledger import incoming_customers
from shared.models.payments import customer_matching
from shared.models.statements import insert_rows
from shared.operations.customers import Kind, Wanted, read_filter
from shared.operations.pages import AT_ONCE as PAGE
from shared.rules.payments.values import PaymentStatus
from tests.console.tui.screens.driver import Driver, sit_down
from tests.console.tui.screens.lists import survives
from tests.models.builders import NOON, customer, invoice, swept
from tests.models.payments.builders import JUNIPER, Till, money, pays

S = PaymentStatus
LOBBY_OF_LARKSPUR = {"customer_list_id": "80-4", "customer_full_name": "Larkspur Tile:Lobby"}
LOBBY_OF_JUNIPER = {"customer_list_id": "80-6", "customer_full_name": "Juniper Yoga:Lobby"}
GONE = {"customer_list_id": "80-5", "customer_full_name": "Gone Ltd"}


@pytest.fixture
def till(office):
    """Larkspur, Juniper, a Lobby of each, and Gone Ltd, which is inactive."""
    till = Till(office.store)
    till.hold(
        customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"),
        customer("80-5", "Gone Ltd", active=False),
        customer("80-6", "Juniper Yoga:Lobby", parent_list_id="80-2"),
    )
    till.owes(
        invoice("1A-100"),
        invoice("1A-200", "1234567.89", **JUNIPER),
        invoice("1A-300", "500.00", number="300", **LOBBY_OF_LARKSPUR),
        invoice("1A-301", "500.00", number="300", **LOBBY_OF_JUNIPER),
        invoice("1A-400", "70.00", **GONE),
    )
    return till


@pytest.fixture
def refused(till):
    """Payments of names that nobody has, or two."""
    till.take_in(
        pays("pay_1", "100.00", customer="Acme Holdings", currency="USD"),
        pays("pay_2", "50.00", customer="ACME holdings", currency="USD"),
        pays("pay_3", "20.00", ("300", "20.00"), customer="Lobby", currency="USD"),
    )
    return till


def shows(at, *beginnings):
    """Whether the table has just these lines, as they begin."""
    end = next(n for n, one in enumerate(at.lines) if one.startswith("─"))
    lines = [line for line in at.lines[2:end] if line]
    assert len(lines) == len(beginnings), lines
    assert all(map(str.startswith, lines, beginnings)), lines
    return True


def decisions(office):
    """What the audit trail has of names that were matched or taken back, latest first."""
    return [one for one in office.audit() if one.action.startswith("customer.")]


def test_before_the_first_customer_the_next_step_is_said(office):
    async def scenario(at: Driver) -> None:
        await at.press("c")
        assert "No customer yet: they are imported with their invoices." in at.text
        assert "run Invoice Sync" in at.text

    sit_down(office.url, scenario)


def test_customers_are_shown_by_name_with_both_sides(office, till):
    till.sweep(swept(invoice("1A-200", **JUNIPER), balance=money("1.00")))

    async def scenario(at: Driver) -> None:
        await at.press("c")
        assert "Customers (billed; 0 names to match)" in at.lines[0]
        assert shows(at, "Gone Ltd", "Juniper Yoga", "Larkspur Tile")
        juniper = at.lines[3].split()
        assert juniper[2:6] == ["active", "2", "1,235,067.89", "501.00"]
        assert "Status: inactive in QuickBooks, so its invoices are left out." in at.text
        assert "Left out: 1 open invoice, 70.00 USD in QuickBooks." in at.text
        await at.press("down")
        assert "1,235,067.89 USD here by 2 open invoices; QuickBooks last showed 501.00" in at.text

    sit_down(office.url, scenario)


def test_inactive_customers_are_a_list_of_their_own_with_the_reason(office, till):
    till.read(invoice("1A-900", customer_list_id="80-99", customer_full_name="Never Seen"))
    till.settle()

    async def scenario(at: Driver) -> None:
        await at.press("c", "f")
        assert "Customers (inactive;" in at.lines[0]
        assert shows(at, "Never Seen", "Gone Ltd")
        assert "not read yet" in at.lines[2]
        assert "the next Invoice Sync reads the customer itself" in at.text
        await at.press("down", "t")
        assert "Troubleshooting, left-out-inactive-customer" in at.lines[0]

    sit_down(office.url, scenario)


def test_a_customer_shows_its_open_invoices_and_those_that_are_left_out(office, till):
    till.owes(invoice("1A-500", "60.00", pending=True))

    async def scenario(at: Driver) -> None:
        await at.press("c", "end", "enter")
        assert "Larkspur Tile (Larkspur)" in at.lines[0]
        assert "750.00 USD here by 2 open invoices; QuickBooks last showed the same." in at.text
        place = at.lines.index("Open invoices")
        assert [line.split()[0] for line in at.lines[place + 1 : place + 3]] == ["300", "100"]
        assert at.lines[place + 3] == "Left out"
        assert at.lines[place + 4].startswith("500")
        assert "Larkspur Tile:L" in at.lines[place + 1]
        await at.press("end", "t")
        assert "Troubleshooting, left-out-pending" in at.lines[0]
        await at.press("escape", "enter")
        assert "Invoice 500, Larkspur Tile (Larkspur)" in at.lines[0]
        await at.press("escape", "C")
        assert "Larkspur Tile, ListID 80-1" in at.app.clipboard

    sit_down(office.url, scenario)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", Wanted()),
        ("Larkspur inactive", Wanted(Kind.INACTIVE, words=("Larkspur",))),
        ("NAMES", Wanted(Kind.NAMES)),
    ],
)
def test_a_filter_is_understood(typed, understood):
    assert read_filter(typed) == understood


def test_words_narrow_customers_and_names(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c", "slash")
        await at.type("acme")
        await at.press("enter")
        assert shows(at, "Names to match", "ACME holdings")
        await at.press("escape", "slash")
        await at.type("tile")
        assert shows(at, "Larkspur Tile")
        await at.type("x")
        assert "Nothing matches the filter." in at.text

    sit_down(office.url, scenario)


def test_the_company_of_a_customer_comes_into_focus(office, till):
    other = Till(office.store, "Bramble")
    other.owes(invoice("1A-100"))

    async def scenario(at: Driver) -> None:
        await at.press("c", "end", "full_stop")
        assert "Customers of Bramble" in at.lines[0]
        assert shows(at, "Larkspur Tile")
        await at.press("0")
        assert shows(at, "Gone Ltd", "Juniper Yoga", "Larkspur Tile", "Larkspur Tile")

    sit_down(office.url, scenario)


# Names that are resolved by hand.


def test_names_that_payments_were_refused_for_stand_on_top(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c")
        assert "2 names to match" in at.lines[0]
        assert at.lines[2] == "Names to match: Enter shows possible customers"
        assert [line[:5] for line in at.lines[3:6]] == ["ACME ", "Lobby", "Custo"]
        assert "2 payments of 150.00 USD refused" in at.text
        await at.press("f", "f")
        assert "Names to match" in at.lines[0]
        assert shows(at, "Names to match", "ACME holdings", "Lobby")

    sit_down(office.url, scenario)


def test_an_ambiguous_customer_resolved_by_hand_makes_the_payment_ready(office, refused):
    assert refused.stands("pay_3") == (S.REFUSED, "payment-customer-ambiguous")

    async def scenario(at: Driver) -> None:
        await at.press("c", "down", "enter")
        assert "Match customer Lobby (Larkspur)" in at.lines[0]
        place = next(n for n, one in enumerate(at.lines) if one.startswith("Customers of the"))
        names = [line.split("  ")[0] for line in at.lines[place + 1 : place + 5]]
        assert names == [
            *("Juniper Yoga:Lobby", "Juniper Yoga", "Larkspur Tile:Lobby", "Larkspur Tile"),
        ]
        assert "300 500.00 USD" in at.lines[place + 1]
        await at.press("down", "down", "enter")
        assert 'Match "Lobby" to customer "Larkspur Tile:Lobby"?' in at.text
        assert "1 payment of 20.00 USD will be checked again at once, and the next" in at.text
        assert "and for nobody else, on every payment." in at.text
        assert at.app.focused.id == "cancel"
        await at.press("enter")
        assert refused.stands("pay_3")[0] is S.REFUSED
        await at.press("enter", "right", "enter")
        assert "Lobby stands for Larkspur Tile:Lobby (80-4) from now on." in at.text
        assert "Payments: 1 ready for the next Payment Sync." in at.text
        assert "Matched to: Larkspur Tile:Lobby (80-4), by mara, 2024-06-12" in at.text
        await at.press("escape")
        assert "1 name to match" in at.lines[0]

    sit_down(office.url, scenario)
    assert refused.stands("pay_3") == (S.READY, "")
    assert refused.part("pay_3").uses[0].invoice_txn_id == "1A-300"
    [entry] = decisions(office)
    assert (entry.who, entry.action, entry.connection) == ("mara", "customer.map", "Larkspur")
    assert entry.detail == "Lobby stands for Larkspur Tile:Lobby (80-4)"


def test_from_the_refused_payment_the_name_is_one_key_away(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("pay_1")
        await at.press("enter")
        assert "w: matches its customer to one in QuickBooks." in at.text
        await at.press("w")
        assert "Match customer Acme Holdings (Larkspur)" in at.lines[0]
        assert "Payments of that name: 2 payments of 150.00 USD" in at.text
        await at.press("enter", "right", "enter", "escape")
        assert "The next Payment Sync posts it." in at.text

    sit_down(office.url, scenario)
    assert (refused.stands("pay_1"), refused.stands("pay_2")) == ((S.READY, ""), (S.READY, ""))


def test_another_customer_is_looked_for_by_words_of_its_name(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c", "enter", "slash")
        await at.type("yoga lob")
        await at.press("enter")
        place = at.lines.index("Other customers with these words")
        assert at.lines[place + 1].startswith("Juniper Yoga:Lobby")
        await at.press("slash", "x")
        assert "No other customer has these words" in at.text
        await at.press("escape", "slash")
        await at.type("yoga lob")
        await at.press("enter", "end", "enter")
        assert 'Match "ACME holdings" to customer "Juniper Yoga:Lobby"?' in at.text
        await at.press("right", "enter")
        assert "Payments: 2 still refused." in at.text

    sit_down(office.url, scenario)
    assert "mapped to Juniper Yoga:Lobby" in refused.payment("pay_1").reason


def test_mapped_names_are_listed_and_taken_back(office, refused):
    with office.store.transaction():
        customer_matching.resolve(refused.id, "Acme Holdings", "80-1", "noor", NOON)

    async def scenario(at: Driver) -> None:
        await at.press("c", "end")
        assert "Also called: Acme Holdings on the platform." in at.text
        await at.press("w")
        assert "Matched names (1 name)" in at.lines[0]
        assert at.lines[2].split("  ")[0].startswith("Acme Holdings")
        assert "Larkspur Tile" in at.lines[2]
        assert "Acme Holdings: stands for Larkspur Tile (80-1) and the jobs below it." in at.text
        assert "Who: noor, 2024-06-12 12:00" in at.text
        await at.press("u")
        assert 'Remove the match of "Acme Holdings" to customer "Larkspur Tile"?' in at.text
        assert at.app.focused.id == "cancel"
        await at.press("escape", "u", "right", "enter")
        assert "Acme Holdings no longer stands for Larkspur Tile (80-1)." in at.text
        assert "No name is matched" in at.text
        await at.press("escape")
        assert "2 names to match" in at.lines[0]

    sit_down(office.url, scenario)
    assert refused.stands("pay_1") == (S.REFUSED, "payment-customer-mismatch")
    assert [entry.action for entry in decisions(office)] == ["customer.unmap"]


def test_mapped_names_are_looked_through_and_one_may_mean_somebody_else(office, refused):
    with office.store.transaction():
        customer_matching.resolve(refused.id, "Acme Holdings", "80-2", "noor", NOON)
        customer_matching.resolve(refused.id, "Zed", "80-1", "noor", NOON)
        incoming_customers.mark_customers_deleted(refused.id, ["80-2"])

    async def scenario(at: Driver) -> None:
        await at.press("c", "w", "slash")
        await at.type("acme")
        await at.press("enter")
        assert shows(at, "Acme Holdings")
        assert "(no longer in QuickBoo" in at.lines[2]
        assert "the customer with ListID 80-2, which is no longer in QuickBooks" in at.text
        await at.press("enter")
        assert "Matched to: a customer that no longer exists (80-2), by noor" in at.text
        await at.press("enter", "right", "enter")
        assert "Acme Holdings stands for Larkspur Tile (80-1) from now on." in at.text
        await at.press("escape", "slash", "x")
        assert "No matched name has these words." in at.text

    sit_down(office.url, scenario)
    assert refused.stands("pay_1") == (S.READY, "")


def test_a_customer_that_is_gone_cannot_be_chosen_any_more(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c", "enter", "enter")
        with office.store.transaction():
            incoming_customers.mark_customers_deleted(refused.id, ["80-1"])
        await at.press("right", "enter")
        assert "There is no customer '80-1'." in at.text

    sit_down(office.url, scenario)
    assert decisions(office) == []


def test_a_console_that_only_looks_maps_nothing(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c", "enter", "enter", "right", "enter")
        assert "Nothing was changed: this console is read-only." in at.text

    sit_down(office.url, scenario, read_only=True)
    with office.store.reading():
        assert mappings.listed() == []


def test_news_keeps_the_cursor_on_its_line(office, refused):
    async def scenario(at: Driver) -> None:
        await at.press("c", "down")
        refused.take_in(pays("pay_4", "5.00", customer="Aardvark", currency="USD"))
        await at.second()
        assert [line[:5] for line in at.lines[3:6]] == ["Aardv", "ACME ", "Lobby"]
        assert "1 payment of 20.00 USD refused" in at.text

    sit_down(office.url, scenario)


def test_amounts_are_never_cut_however_narrow_the_window(office, till):
    async def scenario(at: Driver) -> None:
        await at.press("c")
        for width in range(120, 20, -3):
            await at.resize((width, 30))
            parts = [part for line in at.lines[:6] for part in line.split() if "," in part]
            figures = [part for part in parts if part[0].isdigit()]
            assert set(figures) <= {"1,235,067.89"}, at.lines[3]

    sit_down(office.url, scenario)


def fill(till, count):
    """So many customers with an invoice each."""
    numbered = [f"{n:05}" for n in range(count)]
    held = insert_rows(
        t.Customer, "list_id", "full_name", connection=till.id, state="held", active=True
    )
    owed = insert_rows(
        t.Invoice,
        *("txn_id", "number", "bill_to_list_id"),
        connection=till.id,
        date="2024-05-01",
        status="open",
        balance_cents=100,
        seen_cents=100,
    )
    with till.store.transaction():
        held.many((f"C-{n}", f"Cust {n}") for n in numbered)
        owed.many((f"X-{n}", n, f"C-{n}") for n in numbered)


def test_of_ten_thousand_customers_only_a_page_is_read(office, till, counted):
    fill(till, 10_000)

    async def scenario(at: Driver) -> None:
        await at.press("c")
        assert at.lines[2].startswith("Cust 00000")
        for keys in (["n"], ["n"], ["b"], ["b"]):
            counted.clear()
            await at.press(*keys)
            assert sum(counted) < 2 * (PAGE + 20)
            assert len(counted) < 8
        await at.press("n")
        assert "Customers (billed, page 2;" in at.lines[0]
        assert at.lines[2].startswith(f"Cust {PAGE:05}")

    sit_down(office.url, scenario)


def test_every_size_is_survived(office, refused):
    survives(office, ("c",), ("enter",), ("enter",), ("escape", "escape", "end", "enter"))
