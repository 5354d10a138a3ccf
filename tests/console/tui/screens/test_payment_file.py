"""Import a file at the console: choose it, say how it is read, look, take it in."""

from __future__ import annotations

import pytest

from console.tui.widgets.form import Form
from shared.models.payments import payment_pages, saved_profiles
from shared.rules.payments.views import PaymentFilter
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.models.builders import invoice
from tests.models.payments.builders import JUNIPER, Till
from tests.operations.reports import PAYPAL, STRIPE_PAYMENTS, activity, charge, written

STRIPE = written(
    STRIPE_PAYMENTS,
    charge("ch_1", "100.00", **{"invoice_number (metadata)": "100"}),
    charge("ch_2", Status="Failed"),
    charge("ch_3"),
)
MAP = "invoice_number (metadata)=invoice"


@pytest.fixture
def till(office):
    """Larkspur owes 250.00 by invoice 100, Juniper 40.00 by 200."""
    till = Till(office.store)
    till.owes(invoice("1A-100"), invoice("1A-200", "40.00", **JUNIPER))
    return till


@pytest.fixture(autouse=True)
def here(office, monkeypatch):
    """Paths are short: they are typed key by key."""
    monkeypatch.chdir(office.path.parent)


def file_of(office, text: str, name: str = "e.csv") -> str:
    (office.path.parent / name).write_text(text)
    return name


def on_file(till) -> list[str]:
    with till.store.reading():
        found = payment_pages.page(PaymentFilter(till.id), 10)
        return [one.external_id for one in found]


async def choose(at: Driver, path: str, maps: str = "") -> None:
    """Open the screen, fill the file and the columns in."""
    await at.press("m", "plus")
    await at.type(path)
    await at.press("enter", "enter")
    at.screen.query_one(Form).fill("maps", maps)


async def look(at: Driver) -> None:
    await at.press("enter", "enter", "enter")


def test_a_file_is_looked_at_and_taken_in_by_keys_alone(office, till):
    path = file_of(office, STRIPE)

    async def scenario(at: Driver) -> None:
        await choose(at, path, MAP)
        await look(at)
        assert "Nothing is written. 3 rows would be: 1 new" in at.text
        assert "Read as stripe-payments" in at.text
        assert "1 row left out, line 3: failed or were canceled" in at.text
        assert on_file(till) == []
        await at.press("plus")
        assert "3 rows: 1 new" in at.text
        assert "Payments" in at.lines[0]

    sit_down(office.url, scenario)
    assert on_file(till) == ["ch_1"]


def test_refused_rows_are_told_with_what_to_do(office, till):
    path = file_of(office, STRIPE)

    async def scenario(at: Driver) -> None:
        await choose(at, path, MAP)
        await look(at)
        await at.press("end")
        assert "line 4: ch_3" in at.text
        assert "What to do: Map the column" in at.text

    sit_down(office.url, scenario, size=LARGE)


def test_leaving_takes_nothing_in(office, till):
    path = file_of(office, STRIPE)

    async def scenario(at: Driver) -> None:
        await choose(at, path, MAP)
        await look(at)
        await at.press("escape")
        assert "Import a file of payments" in at.text
        await at.press("escape")
        assert "Payments" in at.lines[0]

    sit_down(office.url, scenario)
    assert on_file(till) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("no.csv", "There is no such file"), ("e.pdf", "Its name should end with")],
)
def test_what_cannot_be_the_file_is_said_below_it(office, till, name, told):
    file_of(office, STRIPE, "e.pdf")

    async def scenario(at: Driver) -> None:
        await choose(at, name)
        await look(at)
        assert told in at.text

    sit_down(office.url, scenario)


def test_a_column_that_is_no_field_is_said_below_it(office, till):
    path = file_of(office, STRIPE)

    async def scenario(at: Driver) -> None:
        await choose(at, path, "Amount=ammount")
        await look(at)
        assert "Did you mean amount?" in at.text

    sit_down(office.url, scenario)


def test_the_path_is_completed(office, till):
    path = file_of(office, STRIPE, "stripe-2026.csv")

    async def scenario(at: Driver) -> None:
        await at.press("m", "plus")
        await at.type("stri")
        for _ in range(100):
            if "stripe-2026.csv" in at.text.replace(" ", ""):
                break
            await at.pilot.pause(0.01)
        await at.press("right")
        assert at.screen.query_one("Form").filled("path") == path

    sit_down(office.url, scenario, size=LARGE)


def test_dates_that_may_be_read_in_two_ways_are_asked_about(office, till):
    row = activity("5TX1", "100.00", Date="10/09/2026")
    path = file_of(office, written(PAYPAL, row))

    async def scenario(at: Driver) -> None:
        await choose(at, path)
        await look(at)
        assert "is 10/09/2026 October 9 (MM/DD/YYYY) or September 10" in at.text
        await at.press("shift+tab", "down", "down", "enter", "enter")
        assert "Dates are DD/MM/YYYY." in at.text
        await at.press("plus")

    sit_down(office.url, scenario, size=LARGE)
    assert till.payment("5TX1").date.isoformat() == "2026-09-10"


def test_how_it_was_read_is_kept_for_later_files(office, till):
    path = file_of(office, STRIPE)

    async def scenario(at: Driver) -> None:
        await choose(at, path, MAP)
        await at.press("enter", "enter")
        await at.type("ours")
        await at.press("enter", "plus")

    sit_down(office.url, scenario)
    with till.store.reading():
        [saved] = saved_profiles.of_connection(till.id)
    assert (saved.label, saved.base, saved.maps) == ("ours", "stripe-payments", (MAP,))
