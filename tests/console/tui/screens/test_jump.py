"""Jump: one line finds actions and data, and Enter opens the right screen at the right row."""

from __future__ import annotations

import pytest

from console.tui.screens.connections import ConnectionsScreen
from console.tui.screens.customer import CustomerScreen
from console.tui.screens.hint import HintScreen
from console.tui.screens.invoice import InvoiceScreen
from console.tui.screens.jump import JumpScreen
from console.tui.screens.payment import PaymentScreen
from console.tui.screens.problems import ProblemsScreen
from console.tui.screens.sync import SyncScreen
from console.tui.widgets.record_table import RecordTable
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import customer, invoice
from tests.models.payments.builders import Till


@pytest.fixture
def crowd(office):
    """Three companies; Larkspur has an invoice, a customer, a payment, a problem and syncs."""
    office.connect("Aster")
    larkspur = Till(office.store, "Larkspur")
    larkspur.hold(customer("80-7", "Juniper Yoga"))
    larkspur.owes(invoice("1A-77", number="77042"))
    office.payment(larkspur.connection, "pay_8Kd2", "waiting")
    office.trouble(larkspur.connection, document="Invoice 5, Dunmore", object_id="1A-5")
    office.trouble(larkspur.connection, document="Invoice 6, Dunmore", object_id="1A-6")
    office.connect("Zinnia")
    return office


def keys(at: Driver) -> list[str]:
    return list(at.screen.query_one(RecordTable)._places)


def test_it_opens_by_either_key_and_offers_what_can_be_done_here(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("y")
        for key in ("colon", "ctrl+p"):
            await at.press(key)
            assert isinstance(at.screen, JumpScreen)
            assert "Failed only (f)" in at.text
            await at.press("escape")
            assert "Recent Syncs" in at.lines[0]

    sit_down(crowd.url, scenario)


def test_an_action_is_found_by_its_words_and_done(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("colon")
        await at.type("recent")
        assert "Recent Syncs (y)" in at.text
        await at.press("enter")
        assert "Recent Syncs" in at.lines[0]

    sit_down(crowd.url, scenario)


def test_enter_opens_what_was_found_and_esc_leads_back(crowd):
    found = {
        "77042": (InvoiceScreen, "77042"),
        "1a-77": (InvoiceScreen, "77042"),
        "juniper y": (CustomerScreen, "Juniper Yoga"),
        "PAY_8kd2": (PaymentScreen, "pay_8Kd2"),
        "s1": (SyncScreen, "Sync 1"),
        "wrong-password": (HintScreen, "wrong-password"),
    }

    async def scenario(at: Driver) -> None:
        await at.press("i")
        for typed, (screen, shown) in found.items():
            await at.press("colon")
            await at.type(typed)
            await at.press("enter")
            assert isinstance(at.screen, screen), typed
            assert shown in at.lines[0]
            await at.press("escape")
            assert "Invoices" in at.lines[0]

    sit_down(crowd.url, scenario)


def test_a_company_is_shown_at_home_with_the_cursor_on_it(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("i", "colon")
        await at.type("larks")
        await at.press("enter")
        assert isinstance(at.screen, ConnectionsScreen)
        assert at.screen._chosen().overview.connection.name == "Larkspur"

    sit_down(crowd.url, scenario)


def test_a_problem_is_shown_among_those_alike_with_the_cursor_on_it(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("colon")
        await at.type("invoice 5, dun")
        await at.press("enter")
        assert isinstance(at.screen, ProblemsScreen)
        assert at.screen.problem().document == "Invoice 5, Dunmore"

    sit_down(crowd.url, scenario)


def test_the_cursor_moves_while_the_text_is_typed_and_returns_to_the_best_one(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("colon")
        await at.type("dunmore")
        await at.press("down")
        assert at.screen.query_one(RecordTable).key == keys(at)[1]
        await at.press("backspace")
        assert at.screen.query_one(RecordTable).key == keys(at)[0]

    sit_down(crowd.url, scenario)


def test_enter_before_anything_is_found_takes_the_first_that_comes(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("colon")
        await at.app._press_keys(["7", "7", "0", "4", "2", "enter"])
        await at.settle()
        assert isinstance(at.screen, InvoiceScreen)

    sit_down(crowd.url, scenario)


def test_nothing_found_says_so_and_enter_stays(crowd):
    async def scenario(at: Driver) -> None:
        await at.press("colon")
        await at.type("zzzz")
        assert "Nothing found." in at.text
        await at.press("enter")
        assert isinstance(at.screen, JumpScreen)

    sit_down(crowd.url, scenario)


def test_a_store_that_goes_away_is_told_and_actions_stay(crowd):
    async def scenario(at: Driver) -> None:
        crowd.store.close()
        crowd.path.unlink()
        await at.press("colon")
        await at.type("q")
        assert "Quit (q)" in at.text
        assert "There is no store" in at.text

    sit_down(crowd.url, scenario)
