"""A company in focus: every list is about it, until all are wanted again."""

from __future__ import annotations

import pytest

from console.tui.main_screens import MAIN_SCREENS
from shared.models import connections, webhooks
from shared.models.platforms import accounts
from shared.operations import problems as operations
from shared.operations.alerts import Wanted, plan_add
from shared.rules.values import RecordKind
from shared.structs import replace
from tests.console.tui.screens.driver import Driver, sit_down
from tests.daemon.connectors.rig import ACCOUNT
from tests.deciding import decide
from tests.models.builders import NOON, invoice
from tests.models.payments.builders import Till, pays

NO_LISTS = {"connections", "operators", "troubleshooting", "health", "audit", "trends", "backups"}
"""Home lists all to choose from, operators are of several, a backup is of all, an audit entry was
about what its words say, and trends have tests of their own."""
LISTS = [main for main in MAIN_SCREENS if main.name not in NO_LISTS]


@pytest.fixture
def two(office):
    """Aster and Cedar, each with one of everything; Aster is first on home."""
    for name in ("Aster", "Cedar"):
        till = Till(office.store, name)
        till.owes(invoice(f"1A-{name}", "5.00", number=f"{name}-7"))
        till.take_in(pays(f"pay_{name}", "3.00", ("999", "3.00")))
        with office.store.reading():
            connection = connections.get(name)
        sync = office.failed_sync(connection, "wrong-password", f"{name} was not let in.")
        office.trouble(connection, sync, object_id=name, document=f"Invoice {name}")
        is_told(office, connection)
    return office


def is_told(office, connection) -> None:
    """A webhook, somebody who is told of alerts, and an account on a billing platform."""
    with office.store.transaction():
        webhooks.add(connection.id, f"https://{connection.name}.example.com/", (), "mara", NOON)
        accounts.add(replace(ACCOUNT, connection_id=connection.id, company="Toys"), b"", 0)
    address = f"ann@{connection.name}.example.com"
    decide(office.store, plan_add, address, Wanted(), connection.id)


def test_a_company_goes_along_to_every_list_and_back(two):
    async def scenario(at: Driver) -> None:
        for main in LISTS:
            await at.press("h", "enter")
            assert at.header.startswith(" Deskbridge  Aster")
            await at.press(main.key)
            assert " of Aster" in at.lines[0]
            assert "Cedar" not in " ".join(at.lines[:14]), main
            await at.press("h", "j", "enter", main.key)  # another one
            assert " of Cedar" in at.lines[0]
            assert "Aster" not in " ".join(at.lines[:14]), main
            await at.press("0")
            assert at.header.startswith(" Deskbridge  All companies")
            assert "Aster" in at.text, main
            assert "Cedar" in at.text, main

    sit_down(two.url, scenario, size=(160, 24))


def test_only_the_focus_says_whose_audit_entries_are_listed(two):
    async def scenario(at: Driver) -> None:
        await at.press("full_stop", "a")
        assert "Audit log of Aster" in at.lines[0]
        assert "Cedar" not in at.text

    sit_down(two.url, scenario)


def test_home_keeps_all_companies_with_the_cursor_on_the_one_in_focus(two):
    async def scenario(at: Driver) -> None:
        await at.press("j", "enter", "h")
        assert "Aster" in at.lines[2]
        assert at.screen._chosen().overview.connection.name == "Cedar"
        await at.press("escape")
        assert "Recent Syncs of Cedar" in at.lines[0]

    sit_down(two.url, scenario)


def test_a_screen_that_was_left_open_shows_nobody_elses_rows_when_it_comes_back(two):
    async def scenario(at: Driver) -> None:
        await at.press("full_stop", "i")
        assert [record.number for record in at.screen.records.values()] == ["Aster-7"]
        await at.press("h", "j", "full_stop", "escape")
        assert "Invoices of Cedar" in at.lines[0]
        assert [record.number for record in at.screen.records.values()] == ["Cedar-7"]

    sit_down(two.url, scenario)


def test_a_company_that_is_renamed_or_removed_meanwhile_is_followed(two):
    def now(change):
        with two.store.transaction():
            change(connections.get("Aster").id)

    async def scenario(at: Driver) -> None:
        await at.press("full_stop")
        now(lambda number: connections.edit(number, name="Aster & Co"))
        at.app.ask_pulse()
        await at.settle()
        assert "Aster & Co" in at.header
        with two.store.transaction():
            connections.remove(connections.get("Aster & Co").id)
        at.app.ask_pulse()
        await at.settle()
        assert "All companies" in at.header

    sit_down(two.url, scenario)


def test_retrying_all_alike_leaves_other_companies_alone(two):
    async def scenario(at: Driver) -> None:
        await at.press("full_stop", "p", "R", "tab", "enter")
        with two.store.reading():
            waiting = operations.view_groups(two.store, operations.WAITING, []).groups
        states = {
            one.connection: one.state
            for group in waiting
            for one in group.problems
            if one.kind is RecordKind.INVOICE
        }
        assert states == {"Aster": "retry", "Cedar": "open"}

    sit_down(two.url, scenario)


def test_0_is_offered_only_while_a_company_is_in_focus(two):
    async def scenario(at: Driver) -> None:
        await at.press("y")
        assert "All companies" not in at.lines[-1]
        await at.press("full_stop")
        assert "0 All companies" in at.lines[-1]

    sit_down(two.url, scenario, size=(200, 24))
