"""Home with room beside the list: what there is of the company under the cursor, to go into."""

from __future__ import annotations

import pytest

from console.tui.screens.panels import Panel, heights
from console.tui.widgets.text_view import TextView
from shared.models import connections
from shared.operations import glance
from shared.rules.values import SyncState
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.console.tui.screens.lists import survives
from tests.models.builders import invoice, later
from tests.models.payments.builders import Till, pays

WIDEST = (200, 50)


@pytest.fixture
def office_of_two(office):
    """Aster, with a bit of everything, and Bramble, with nothing at all."""
    till = Till(office.store, "Aster")
    till.owes(invoice("1A-100", "250.00", number="B7"))
    till.take_in(pays("pay_1", "30.00", ("999", "30.00"), currency="USD"))
    with office.store.reading():
        aster = connections.get("Aster")
    office.sync(aster, at=later(days=-2))
    failed = office.failed_sync(aster, "wrong-password", "Not let in.", at=later(days=-1))
    office.sync(aster, application="payment", at=later(days=-1), failed=1)
    office.trouble(aster, failed, document="Invoice B7")
    office.connect("Bramble")
    return office


def panel(at: Driver, name: str) -> Panel:
    found: Panel = at.screen.query_one(f"#{name}", Panel)
    return found


def texts(at: Driver, name: str) -> list[str]:
    """What the lines of a panel say."""
    rows = panel(at, name)._lines
    return [" ".join(str(cell) for cell in line.cells) for line in rows]


@pytest.mark.parametrize("size", [LARGE, WIDEST])
def test_the_panels_follow_the_cursor(office_of_two, size):
    async def scenario(at: Driver) -> None:
        [invoices, payments] = texts(at, "syncs")
        assert invoices.startswith("Invoice Sync .x failed")
        assert payments.startswith("Payment Sync ! some failed")
        assert "Invoice B7" in texts(at, "problems")[0]
        assert "pay_1 waiting 30.00 USD" in texts(at, "payments")[0]
        assert texts(at, "money")[0].startswith("waiting 1 30.00 USD")
        assert "Problems: 1" in at.text
        await at.press("j")
        assert all(texts(at, name) == [] for name in ("syncs", "problems", "payments", "money"))
        assert "No open problems." in at.text
        assert "No payment yet." in at.text

    sit_down(office_of_two.url, scenario, size=size)


def test_enter_in_a_panel_opens_what_it_shows_with_its_company_in_focus(office_of_two):
    opened = ("Sync 3: Aster", "Problems of Aster", "pay_1", "Payments of Aster")

    async def scenario(at: Driver) -> None:
        for panel_at, screen in enumerate(opened, 1):
            await at.press("0", *["right"] * panel_at)
            assert "Aster" not in at.header
            inside = at.screen.focused
            await at.press("enter")
            assert screen in at.lines[0]
            assert "Aster" in at.header
            await at.press("escape")
            assert at.screen.focused is inside, screen
            await at.press(*["left"] * panel_at)
            assert at.screen.focused.id == "companies", screen

    sit_down(office_of_two.url, scenario, size=LARGE)


def test_the_problem_that_was_opened_is_under_the_cursor(office_of_two):
    with office_of_two.store.reading():
        aster = connections.get("Aster")
    office_of_two.trouble(aster, object_id="other", document="Invoice C9")

    async def scenario(at: Driver) -> None:
        await at.press("right", "right", "j")
        wanted = at.screen.focused.key
        await at.press("enter")
        assert str(at.screen.chosen().id) == wanted

    sit_down(office_of_two.url, scenario, size=LARGE)


def test_without_room_the_same_is_told_below_the_list(office_of_two):
    async def scenario(at: Driver) -> None:
        assert not panel(at, "syncs").is_on_screen
        told = at.screen.query_one("TextView.preview", TextView).text
        assert "Last syncs, Invoice Sync: .x  (x failed)" in told
        assert "Money by state: waiting 30.00 USD." in told
        await at.press("j")
        assert "Money by state" not in at.screen.query_one("TextView.preview", TextView).text
        await at.resize(LARGE)
        assert panel(at, "syncs").is_on_screen
        assert "right" in at.screen.active_bindings
        await at.resize(SMALL)
        assert "right" not in at.screen.active_bindings

    sit_down(office_of_two.url, scenario)


def test_what_happens_meanwhile_is_shown(office_of_two):
    async def scenario(at: Driver) -> None:
        before = texts(at, "syncs")
        with office_of_two.store.reading():
            aster = connections.get("Aster")
        office_of_two.sync(aster, state=SyncState.FINISHED)
        await at.second()
        assert texts(at, "syncs") != before

    sit_down(office_of_two.url, scenario, size=LARGE)


def test_nothing_is_known_of_a_connection_that_is_gone(office):
    with office.store.reading():
        assert glance.view(office.store, 7) == glance.Glance(7, (), 0, (), (), ())


def test_it_survives_every_size(office_of_two):
    survives(office_of_two, ("j", "k"))


def test_a_line_of_syncs_has_as_many_marks_as_there_is_room_for_the_latest_last(office):
    larkspur = office.connect()
    for days in range(40, 1, -1):
        office.sync(larkspur, at=later(days=-days))
    office.failed_sync(larkspur, "wrong-password", "Not let in.", at=later(days=-1))

    async def scenario(at: Driver) -> None:
        [line] = [one for one in at.lines if "Invoice Sync ." in one]
        assert ".x failed" in line
        assert "…" not in line

    sit_down(office.url, scenario, size=LARGE)


@pytest.mark.parametrize(
    ("needs", "room", "given"),
    [
        ([4, 3, 3, 3], 40, [5, 4, 4, 27]),
        ([4, 12, 9, 3], 20, [5, 5, 6, 4]),
        ([4, 3, 3, 3], 3, [3, 3, 3, 3]),
    ],
)
def test_each_panel_has_what_it_needs_or_its_share(needs, room, given):
    assert heights(needs, room) == given
