"""Events: what happened, newest first, filtered, the one under the cursor told in full."""

from __future__ import annotations

import pytest

from shared.models import connections, events
from shared.models.events import Told
from shared.operations.pages import AT_ONCE
from shared.rules.events import EventKind
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.models.builders import NOON


@pytest.fixture
def eventful(office):
    with office.store.transaction():
        fern = connections.add("Fern", now=NOON).id
        larkspur = connections.add("Larkspur", now=NOON).id
        paid = Told("1A-1", "1042", 0, 25_000, "USD", "paid")
        events.record(larkspur, EventKind.INVOICE_CLOSED, [paid])
        refused = Told("7", "pay_1", 4000, None, "USD", "refused", "payment-currency")
        events.record(fern, EventKind.PAYMENT_REFUSED, [refused])
    return office


def test_before_anything_happened_it_says_what_will_stand_here(office):
    with office.store.transaction():
        events.forget_connection(0)

    async def scenario(at: Driver) -> None:
        await at.press("v")
        assert "Nothing has happened yet." in at.text

    sit_down(office.url, scenario)


def test_events_come_newest_first_and_the_one_under_the_cursor_is_told_in_full(eventful):
    async def scenario(at: Driver) -> None:
        await at.press("v")
        assert at.lines[0].startswith(" Events")
        assert "payment.refused" in at.lines[2]
        assert "Code: payment-currency" in at.text
        await at.press("down")
        assert "Amount: 0.00 USD (was 250.00)" in at.text
        assert "Connection: Larkspur" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)
        await at.press("enter")
        assert "Invoice: 1042" in at.text

    sit_down(eventful.url, scenario)


def test_typing_narrows_by_kind_and_connection(eventful):
    found = {
        "invoice": ["1042"],
        "payment.refused invoice.closed": ["pay_1", "1042"],
        "larkspur invoice": ["1042"],
        "fern invoice": [],
    }

    async def scenario(at: Driver) -> None:
        await at.press("v", "slash")
        for typed, documents in found.items():
            at.screen.focused.value = typed
            await at.settle()
            assert [one.document for one in at.screen.snapshot.rows] == documents, typed
        assert "No event matches the filter." in at.text

    sit_down(eventful.url, scenario)


def test_pages_are_turned(eventful):
    with eventful.store.transaction():
        told = (Told("1", str(number)) for number in range(AT_ONCE))
        events.record(0, EventKind.CUSTOMER_CHANGED, told)

    async def scenario(at: Driver) -> None:
        await at.press("v")
        assert at.screen.snapshot.rows[0].document == str(AT_ONCE - 1)
        await at.press("n")
        assert "page 2" in at.lines[0]
        assert at.screen.snapshot.rows[0].document == "pay_1"
        await at.press("b")
        assert "page 2" not in at.lines[0]

    sit_down(eventful.url, scenario)
